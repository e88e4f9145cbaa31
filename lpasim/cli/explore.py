"""``lpasim explore``: search a space for its Pareto front."""

from __future__ import annotations

from typing import Annotated

import typer

from lpasim.cli import study_options as options
from lpasim.cli.values import AsJson, Form, PrintedForm, Settings, printed_form, read_count


def explore(
    workloads: options.Workloads = None,
    axes: options.AxisTexts = None,
    space: options.SpacePath = None,
    trials: Annotated[int, typer.Option(parser=read_count, metavar="N", help="Points that the search asks for.")] = 300,
    objectives: options.Objectives = None,
    sampler: Annotated[str, typer.Option(metavar="tpe|nsga2", help="Who asks: TPE or NSGA-II, of Optuna.")] = "tpe",
    seed: Annotated[int, typer.Option(help="Of the search; the same seed asks for the same points.")] = 0,
    random: Annotated[
        bool, typer.Option(help="Draw as many points at random, to measure the search against chance.")
    ] = True,
    hardware: options.HardwareChoice = None,
    overrides: Settings = None,
    batch: Annotated[
        int | None, typer.Option(parser=read_count, metavar="N", help="Inferences in one run.", show_default=False)
    ] = None,
    where: options.Where = None,
    name: options.Name = None,
    out: options.Out = None,
    store: options.StorePath = None,
    jobs: options.Jobs = None,
    scheduler: options.Scheduler = None,
    form: PrintedForm = Form.TABLE,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the results alone.")] = False,
) -> None:
    """Search a space that is too large to sweep for the points that no other one beats."""
    from lpasim.cli.progress import note
    from lpasim.cli.sweep import show, watched
    from lpasim.studies.explorations import Exploration, run_exploration
    from lpasim.studies.store import DEFAULT

    chosen = printed_form(form, as_json)
    request = options.make_request(workloads, axes, space, hardware, overrides, batch, where, objectives)
    asked = Exploration(request, trials, sampler, seed, random, name, out, store or DEFAULT)
    with watched(asked.store, quiet) as listener:
        finished = run_exploration(asked, jobs=jobs, scheduler=scheduler, listener=listener)
    show(finished, chosen)
    note(f"results: {finished.path}", quiet)
