"""``lpasim doctor``: what this installation runs on."""

from __future__ import annotations

import typer

BROKEN = 2
"""Exit code when something that lpasim needs is missing."""


def doctor() -> None:
    """Show versions and the state of the compiled kernels."""
    import platform

    from rich.markup import escape
    from rich.table import Table

    from lpasim import __version__
    from lpasim.cli.output import write_rich
    from lpasim.reports.libraries import EXTRAS, REQUIRED, installed_version

    versions, kernels = {name: installed_version(name) for name in REQUIRED}, _kernels()
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    table.add_row("lpasim", __version__)
    table.add_row("Python", f"{platform.python_version()}, {platform.python_implementation()}, {platform.machine()}")
    for name in REQUIRED:
        table.add_row(name, versions[name] or "missing")
    for extra, (names, purpose) in EXTRAS.items():
        for name in names:
            absent = f"not installed; only for {purpose}: pip install '.[{extra}]'"
            table.add_row(name, installed_version(name) or escape(absent))
    for name, (_, state) in kernels.items():
        table.add_row(f"kernel {name}", state)
    write_rich(table)
    if not all(versions[name] for name in REQUIRED) or not all(loaded for loaded, _ in kernels.values()):
        raise typer.Exit(BROKEN)


def _kernels() -> dict[str, tuple[bool, str]]:
    """Load every compiled kernel; by name, whether it loaded, and its code paths or the reason why not."""
    from importlib import import_module
    from pkgutil import iter_modules

    try:
        package = import_module("lpasim_ext")
    except ImportError as error:
        return {"lpasim_ext": (False, f"missing: {error}")}
    found = {}
    for name in sorted(module.name for module in iter_modules(package.__path__)):
        try:
            found[name] = (True, _paths(import_module(f"lpasim_ext.{name}")))
        except ImportError as error:
            found[name] = (False, f"does not load: {error}")
    return found or {"lpasim_ext": (False, "not compiled: pip install .")}


def _paths(kernel: object) -> str:
    """Say which code paths of a kernel run here, and which processor features it found."""
    paths: tuple[str, ...] = getattr(kernel, "available_paths", tuple)()
    features: dict[str, bool] = getattr(kernel, "cpu_features", dict)()
    parts = ["loaded"]
    if paths:
        parts.append(f"runs {paths[0]}")
    if features:
        here = [name for name, there in features.items() if there]
        parts.append(f"processor has {', '.join(here) if here else 'none of ' + ', '.join(features)}")
    return "; ".join(parts)
