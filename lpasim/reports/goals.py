"""Which statistics are better when they are larger; others are better when they are smaller."""

from __future__ import annotations

MORE_IS_BETTER = (
    *("inferences_per_s", "throughput_gops", "peak_gops", "peak_narrowest_gops", "utilization", "dram_utilization"),
    *("tops_per_mm2", "compute_tops_per_mm2", "tops_per_w"),
)
"""Columns of the summary of which more is better, unless somebody says otherwise."""
