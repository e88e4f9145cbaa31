"""The per-layer table in CSV, Parquet and pandas: the same numbers everywhere."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pyarrow.parquet as pq

from lpasim.reports.layer_rows import flatten
from lpasim.reports.statistics import LAYER_STATS, columns
from lpasim.reports.tables import csv_text, parquet_bytes

NAMES = [name for stat in LAYER_STATS for name in columns(stat)]


def test_csv_holds_the_rows_exactly(small_report):
    rows = list(csv.DictReader(io.StringIO(csv_text(small_report))))
    assert list(rows[0]) == NAMES
    for got, row in zip(rows, small_report.layer_rows, strict=True):
        for name, value in flatten(row).items():
            assert got[name] == ("" if value is None else str(value)), name


def test_parquet_equals_the_rows(small_report):
    table = pq.read_table(io.BytesIO(parquet_bytes(csv_text(small_report))))
    assert table.column_names == NAMES
    assert table.to_pylist() == [flatten(row) for row in small_report.layer_rows]


def test_parquet_describes_its_columns(small_report):
    schema = pq.read_schema(io.BytesIO(parquet_bytes(csv_text(small_report))))
    assert schema.field("dram_energy_pj").metadata[b"unit"] == b"pJ"
    assert schema.field("weights_late_stall_cycles").metadata[b"unit"] == b"cycles"
    assert str(schema.field("m").type) == "int64"
    assert str(schema.field("utilization").type) == "double"


def test_parquet_is_deterministic(small_report):
    text = csv_text(small_report)
    assert parquet_bytes(text) == parquet_bytes(text)


def test_awkward_names_survive():
    header = ",".join(NAMES)
    row = ",".join(['"a ""quoted"", \nbroken name"', *["" for _ in NAMES[1:]]])
    table = pq.read_table(io.BytesIO(parquet_bytes(f"{header}\n{row}\n"))).to_pylist()
    assert table[0]["name"] == 'a "quoted", \nbroken name'
    assert set(list(table[0].values())[1:]) == {None}


def test_pandas_frame(small_report):
    frame = small_report.layers
    assert list(frame.columns) == NAMES
    assert list(frame["name"]) == [row["name"] for row in small_report.layer_rows]
    assert frame["cycles"].sum() == small_report.summary["cycles"]
    assert frame["m"].dtype == "Int64"
    assert frame.loc[3, "m"] is pd.NA
