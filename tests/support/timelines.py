"""Timelines of small runs."""

from __future__ import annotations

import io
from collections.abc import Sequence

from perfetto_file import File, read_perfetto

from lpasim.hardware.model import Hardware
from lpasim.mapping import LayerSchedule
from lpasim.quantization.trace import Trace
from lpasim.reports.timeline.timeline import Detail, Timeline
from lpasim.simulation import SimResult, simulate


def drawn(
    trace: Trace, schedule: Sequence[LayerSchedule], hardware: Hardware, detail: Detail, only: int | None = None
) -> tuple[SimResult, bytes]:
    """The run, and its timeline's bytes."""
    file = io.BytesIO()
    timeline = Timeline(file, trace, schedule, hardware, detail, only)
    result = simulate(schedule, hardware, observe=timeline.observe, commands=timeline.commands)
    timeline.close()
    return result, file.getvalue()


def shown(
    trace: Trace, schedule: Sequence[LayerSchedule], hardware: Hardware, detail: Detail, only: int | None = None
) -> tuple[SimResult, File]:
    """The run, and its timeline as the UI shows it."""
    result, content = drawn(trace, schedule, hardware, detail, only)
    return result, read_perfetto(content)
