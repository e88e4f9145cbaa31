"""Figures of studies some of whose statistics are missing, or zero everywhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from figure_cases import source

from lpasim.errors import ResultsError
from lpasim.reports.figures.drawing import data_of, draw, find_kind
from lpasim.reports.figures.files import draw_all
from lpasim.reports.figures.kind import Options
from lpasim.reports.figures.style import Page, encode
from lpasim.reports.study_folder import Study

KINDS = ("pareto", "parallel", "heatmap", "scaling")


def changed(studies, workloads: int, **values: float) -> Study:
    """Return a study in which points of its first workloads have other values."""
    study = source("many", {}, studies)
    assert isinstance(study, Study)
    points = study.points.copy()
    those = points["workload"].isin(points["workload"].unique()[:workloads])
    for column, value in values.items():
        points.loc[those, column] = value
    if any(np.isnan(value) for value in values.values()):
        points.loc[those, "pareto"] = False
    return replace(study, points=points)


def drawn(kind: str, study: Study, **options: Any) -> tuple[list[str], list[str]]:
    """Draw a study; return the workloads and the columns of the figure's data."""
    found = find_kind(kind)
    data = data_of(found, study, Options(**options))
    assert encode(draw(found, data, Page()), "svg")
    return list(data["workload"].unique()), list(data.columns)


@pytest.mark.parametrize("kind", KINDS)
def test_a_workload_without_a_statistic(kind, studies):
    study = changed(studies, 1, energy_mj=np.nan)
    first, other = study.points["workload"].unique()
    wanted = [other] if kind == "pareto" else [first, other]
    assert drawn(kind, study)[0] == wanted


def test_a_heat_map_of_what_a_workload_lacks(studies):
    study = changed(studies, 1, energy_mj=np.nan)
    assert drawn("heatmap", study, z="energy_mj")[0] == [study.points["workload"].iloc[-1]]


@pytest.mark.parametrize("kind", KINDS)
def test_an_objective_that_no_point_has(kind, studies):
    study = changed(studies, 2, energy_mj=np.nan)
    workloads, columns = drawn(kind, study)
    assert len(workloads) == 2
    assert "energy_mj" not in columns
    with pytest.raises(ResultsError, match="--z must be a column of statistics, got 'energy_mj'"):
        drawn("heatmap", study, z="energy_mj")


def test_two_statistics_that_no_point_has_together(studies):
    study = changed(studies, 1, energy_mj=np.nan)
    points = study.points.copy()
    points.loc[points["workload"] == points["workload"].iloc[-1], "latency_ms"] = np.nan
    with pytest.raises(ResultsError, match="a point must have latency_ms and energy_mj, got none that has"):
        drawn("pareto", replace(study, points=points))
    figures, left_out = draw_all(replace(study, points=points), None, Page(), ("svg",), Options())
    assert [each.kind.name for each in figures] == ["parallel", "heatmap", "scaling"]
    assert left_out == ["left out: a point must have latency_ms and energy_mj, got none that has"]


@pytest.mark.parametrize("kind", KINDS)
def test_statistics_that_are_zero_everywhere(kind, studies):
    assert len(drawn(kind, changed(studies, 2, latency_ms=0.0, utilization=0.0))[0]) == 2
