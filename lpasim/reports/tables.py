"""The per-layer table as text and as columns. The Parquet file is made from the CSV text, so that the two agree."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from lpasim.reports.layer_rows import flatten
from lpasim.reports.report import Report
from lpasim.reports.statistics import LAYER_STATS, columns

if TYPE_CHECKING:
    import pyarrow as pa


def csv_text(report: Report) -> str:
    """Spell the per-layer table as CSV: a header, then one line a layer; an empty field stands for None."""
    names = [name for stat in LAYER_STATS for name in columns(stat)]
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(flatten(row) for row in report.layer_rows)
    return text.getvalue()


def arrow_table(text: str) -> pa.Table:
    """Read `csv_text` into typed columns, each with its unit and description as metadata."""
    import pyarrow as pa
    import pyarrow.csv

    types = {str: pa.string(), int: pa.int64(), float: pa.float64()}
    schema = pa.schema(
        [
            pa.field(name, types[stat.kind], metadata={"unit": stat.unit, "description": stat.description})
            for stat in LAYER_STATS
            for name in columns(stat)
        ]
    )
    convert = pyarrow.csv.ConvertOptions(
        column_types={field.name: field.type for field in schema}, null_values=[""], strings_can_be_null=True
    )
    # Reading through pyarrow.csv, not from lists, spares the import of pandas.
    parse = pyarrow.csv.ParseOptions(newlines_in_values=True)
    return pyarrow.csv.read_csv(io.BytesIO(text.encode()), convert_options=convert, parse_options=parse).cast(schema)


def parquet_bytes(text: str) -> bytes:
    """Encode `csv_text` as Parquet; the same text gives the same bytes."""
    import pyarrow.parquet

    sink = io.BytesIO()
    pyarrow.parquet.write_table(arrow_table(text), sink, compression="zstd")
    return sink.getvalue()
