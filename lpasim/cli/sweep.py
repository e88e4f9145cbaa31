"""``lpasim sweep``: simulate every point of a space, and find the best ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpasim.cli import study_options as options
from lpasim.cli.values import AsJson, Form, PrintedForm, Settings, printed_form, read_count

if TYPE_CHECKING:
    from lpasim.studies.coordinator import Listener, Progress
    from lpasim.studies.folder import Finished
    from lpasim.studies.preview import Preview
    from lpasim.studies.sweeps import Sweep


def sweep(
    workloads: options.Workloads = None,
    axes: options.AxisTexts = None,
    space: options.SpacePath = None,
    hardware: options.HardwareChoice = None,
    overrides: Settings = None,
    batch: Annotated[
        int | None, typer.Option(parser=read_count, metavar="N", help="Inferences in one run.", show_default=False)
    ] = None,
    where: options.Where = None,
    sample: Annotated[
        int | None,
        typer.Option(
            parser=read_count, metavar="N", help="Points of a Latin hypercube sample, not all.", show_default=False
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the sample.")] = 0,
    objectives: options.Objectives = None,
    name: options.Name = None,
    out: options.Out = None,
    store: options.StorePath = None,
    jobs: options.Jobs = None,
    scheduler: options.Scheduler = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say how many points there are and how long they take; time a few.")
    ] = False,
    form: PrintedForm = Form.TABLE,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the results alone.")] = False,
) -> None:
    """Simulate all combinations of workloads and hardware values; each point is kept, and none is simulated twice."""
    from lpasim.cli.progress import note
    from lpasim.studies.store import DEFAULT
    from lpasim.studies.sweeps import Sweep, run_sweep

    chosen = printed_form(form, as_json)
    request = options.make_request(workloads, axes, space, hardware, overrides, batch, where, objectives)
    asked = Sweep(request, sample, seed, name, out, store or DEFAULT)
    if dry_run:
        _show_preview(asked, jobs, chosen, quiet)
        return
    with watched(asked.store, quiet) as listener:
        finished = run_sweep(asked, jobs=jobs, scheduler=scheduler, listener=listener)
    show(finished, chosen)
    note(f"results: {finished.path}", quiet)


@contextmanager
def watched(store: Path, quiet: bool) -> Iterator[Listener]:
    """Show progress; say at the end what was simulated, and of a study that is interrupted how it goes on."""
    from lpasim.cli.progress import note
    from lpasim.cli.study_progress import point_progress

    last: list[Progress] = []

    def listen(state: Progress) -> None:
        last[:] = [state]
        show_progress(state)

    try:
        with point_progress(quiet) as show_progress:
            yield listen
    except KeyboardInterrupt:
        if last:
            kept = f"{last[0].settled:,} of {last[0].total:,} points"
            note(f"kept: {kept} ({store}); the same command goes on from there", quiet)
        raise
    if last:
        state = last[0]
        counts = f"{state.evaluated:,} simulated, {state.stored:,} from the store"
        never = f", {state.hopeless:,} excluded or impossible" if state.hopeless else ""
        note(f"points: {state.total:,} planned, {counts}{never}", quiet)


def show(finished: Finished, form: Form) -> None:
    """Print the results of a study."""
    from lpasim.cli.output import write, write_json, write_rich
    from lpasim.reports.study_folder import TABLE
    from lpasim.studies.summary import best_of, render_study

    if form is Form.JSON:
        write_json({**finished.description, "best": best_of(finished), "pareto": finished.front})
    elif form is Form.CSV:
        with (finished.path / TABLE).open(encoding="utf-8", newline="") as rows:
            for row in rows:
                write(row)
    else:
        write_rich(*render_study(finished))


def _show_preview(asked: Sweep, jobs: int | None, form: Form, quiet: bool) -> None:
    """Print what a sweep would do."""
    from dataclasses import asdict

    from lpasim.cli.output import write, write_json
    from lpasim.cli.progress import SURVEY, progress_bar
    from lpasim.studies.crews import cores
    from lpasim.studies.preview import preview
    from lpasim.studies.store import Store

    asked.place()
    with Store(asked.store) as store, progress_bar(quiet, SURVEY) as progress:
        found = preview(asked.study(store), progress)
    lanes = jobs or cores()
    seconds = None if found.seconds_each is None else found.missing * found.seconds_each / lanes
    if form is Form.JSON:
        write_json({**asdict(found), "jobs": lanes, "seconds": seconds})
    else:
        write(_preview_text(found, lanes, seconds))


def _preview_text(found: Preview, lanes: int, seconds: float | None) -> str:
    from lpasim.cli.study_progress import time_left
    from lpasim.reports.numbers import counted

    about, judged = "", ""
    if found.looked_at < found.planned:
        about, judged = "about ", f" (judged by {found.looked_at:,} of them)"
    parts = {"excluded": found.excluded, "impossible": found.impossible, "in the store": found.stored}
    lines = [f"{counted(found.planned, 'point')}", *(f"{about}{n:,} {words}" for words, n in parts.items() if n)]
    text = f"{', '.join(lines)}; {about}{found.missing:,} to simulate{judged}\n"
    if found.why_impossible:
        text += f"the first impossible one: {found.why_impossible}\n"
    if found.seconds_each is None or seconds is None:
        return text
    return f"{text}about {time_left(seconds)} with {counted(lanes, 'job')}: {found.seconds_each:.2f} s a point\n"
