"""Build of the compiled kernels, and the layout of the installed package. Everything else is in pyproject.toml.

Each `lpasim_ext/<name>.pyx` becomes the extension module `lpasim_ext.<name>`. The folder has no `__init__.py` on
purpose: as a namespace package it is found in site-packages also by a Python that runs in the source tree.
"""

import os
import sys
from pathlib import Path

import numpy
from Cython.Build import cythonize
from setuptools import Extension, find_packages, setup

os.chdir(Path(__file__).parent)

WINDOWS = sys.platform == "win32"
COMPILE_ARGS = ["/O2"] if WINDOWS else ["-O3", "-ffp-contract=off", "-frounding-math"]  # lp_mac sets rounding modes
LIBRARIES = [] if WINDOWS else ["m"]  # rounding modes

DATA = ("yaml", "yml", "json", "bib", "csv", "md", "html", "css", "js")
"""Kinds of files that packages hold besides modules."""

extensions = [
    Extension(
        f"lpasim_ext.{source.stem}",
        [source.as_posix()],
        include_dirs=[numpy.get_include(), "lpasim_ext"],
        depends=sorted(path.as_posix() for path in source.parent.glob(f"{source.stem}_*.[ch]")),
        define_macros=[("NPY_NO_DEPRECATED_API", "NPY_1_7_API_VERSION")],
        extra_compile_args=COMPILE_ARGS,
        libraries=LIBRARIES,
    )
    for source in sorted(Path("lpasim_ext").glob("*.pyx"))
]

setup(
    packages=[*find_packages(include=["lpasim", "lpasim.*"]), "lpasim.workloads", "lpasim_ext"],
    package_dir={"lpasim.workloads": "workloads"},
    package_data={
        "lpasim": ["py.typed", *(f"**/*.{kind}" for kind in DATA)],
        "lpasim.workloads": ["*.json", "fashion/*"],
        "lpasim_ext": ["*.pyi"],
    },
    include_package_data=False,
    ext_modules=cythonize(extensions, build_dir="build/cython"),
)
