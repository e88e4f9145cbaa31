"""Commands of the pages that the tests do not run as they stand, each with its reason. There are no others."""

from __future__ import annotations

IN_CI = ".ci/run runs it in an empty environment"
INSTALLS = "installs packages"
CLUSTER = "needs a cluster; tests/studies runs one"

NOT_RUN = {
    "pip install .": IN_CI,
    "pip install '.[test]'": IN_CI,
    "pytest -n auto": IN_CI,
    "pip install '.[calibrate]'": INSTALLS,
    "pip install '.[page]'": INSTALLS,
    "dask scheduler --port 8786": CLUSTER,
    "dask worker tcp://HOST:8786 --nthreads 1 --nworkers 8": CLUSTER,
    "python -m lpasim sweep resnet18 --space space.yaml --scheduler tcp://HOST:8786": CLUSTER,
    "python -m venv peer && peer/bin/pip install scalesim==3.0.0 'numpy<2.4'": INSTALLS,
    "apt-get install dataset-fashion-mnist": INSTALLS,
    "python -m venv torch && . torch/bin/activate && pip install torch==2.13.0 onnx numpy": INSTALLS,
    "python train_fashion.py --out DIR": "needs PyTorch and the data set, and takes minutes",
}
"""Command -> why no test runs it."""

PROGRAMS = "python benchmarks/"
"""What begins the commands that measure, for minutes or on networks that do not come with lpasim. Only their options
are looked up in what ``--help`` prints."""

SLOW = (
    "python -m lpasim reproduce",
    "python -m lpasim compare",
    "python -m lpasim trace dram resnet18 --format dramsim3",
    "python -m lpasim trace dram resnet18 --format ramulator",
    "python -m lpasim quantize model.onnx",
    "python -m lpasim quantize fashion",
    "python -m lpasim infer model.lpq.onnx",
    "python -m lpasim infer three.onnx",
    "python -m lpasim run model.lpq.json",
    "python -m lpasim run three.json",
    "python -m lpasim sweep resnet18",
    "python -m lpasim explore resnet18",
    "python -m lpasim plot runs/lpa",
)
"""What begins the commands that take longer than a few seconds: they run with ``-m slow``, and
so do those that read what these write."""

NEEDS = {
    r"lpasim trace (?!dram|timeline)\S+ .*--images": ("onnxruntime", "PIL"),
    r"lpasim trace fashion": ("onnxruntime",),
    r"lpasim explore": ("optuna",),
    r"lpasim report": ("plotly", "jinja2"),
    r"--images (photos|others|imagenet_val)": ("PIL",),
}
"""What a command looks like -> optional packages that it takes."""
