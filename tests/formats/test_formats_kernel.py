"""The compiled kernel's own checks: no argument may make it read or write outside its arrays."""

import numpy as np
import pytest

from lpasim.formats import LogPosit, search_tables
from lpasim_ext import lp_codec

X = np.zeros(4, np.uint32)
CODES = np.zeros(4, np.uint8)
FMT = LogPosit(8, 2, 3)
BUCKETS = search_tables.bucket_table(FMT, "log")


def search_arguments(**changes):
    table = search_tables.search_table(FMT, "log", 32)
    arguments = {
        "x": X, "thresholds": table.thresholds, "starts": table.starts, "lowest": table.lowest,
        "highest": table.highest, "shift": table.shift, "steps": table.steps, "nar": 128, "code_mask": 255,
        "codes": CODES,
    }  # fmt: skip
    return arguments | changes


def test_paths_and_features():
    assert lp_codec.available_paths()[-1] == "portable"
    features = lp_codec.cpu_features()
    assert set(features) == {"avx512f", "avx512bw", "avx512vl", "avx512vbmi"}
    assert ("avx512" in lp_codec.available_paths()) == all(features.values())


@pytest.mark.parametrize("path", ["avx1024", "", "AUTO"])
def test_unknown_path_is_refused(path):
    with pytest.raises(ValueError, match="path must be one of auto, "):
        lp_codec.lookup(CODES, np.zeros(256, np.uint32), X.copy(), path)


def test_bucket_arguments_are_checked():
    with pytest.raises(ValueError, match="table must have"):
        lp_codec.encode_buckets(X, BUCKETS.table[:-1], BUCKETS.shift, 255, CODES)
    with pytest.raises(ValueError, match="table must have"):
        lp_codec.encode_buckets(X, BUCKETS.table, BUCKETS.shift - 1, 255, CODES)
    with pytest.raises(ValueError, match="codes must have the size of x"):
        lp_codec.encode_buckets(X, BUCKETS.table, BUCKETS.shift, 255, CODES[:3])
    with pytest.raises(ValueError, match="values must have 256 entries"):
        lp_codec.quantize_buckets(X, BUCKETS.table, BUCKETS.shift, 255, np.zeros(255, np.uint32), X.copy())
    with pytest.raises(ValueError, match="out must have the size of x"):
        lp_codec.quantize_buckets(
            X, BUCKETS.table, BUCKETS.shift, 255, np.zeros(256, np.uint32), np.zeros(5, np.uint32)
        )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"codes": CODES[:3]}, "codes must have the size of x"),
        ({"steps": 17}, "shift and steps must be in range"),
        ({"shift": 32}, "shift and steps must be in range"),
        ({"lowest": 0}, "starts must cover lowest..highest"),
        ({"highest": 0}, "starts must cover lowest..highest"),
        ({"thresholds": np.zeros(3, np.uint32)}, "thresholds must be padded"),
    ],
)
def test_search_arguments_are_checked(changes, message):
    with pytest.raises(ValueError, match=message):
        lp_codec.encode_search(**search_arguments(**changes))


def test_lookup_arguments_are_checked():
    with pytest.raises(ValueError, match="values must have an entry for every code"):
        lp_codec.lookup(CODES, np.zeros(255, np.uint32), X.copy())
    with pytest.raises(ValueError, match="out must have the size of codes"):
        lp_codec.lookup(CODES, np.zeros(256, np.uint32), np.zeros(3, np.uint32))


def test_bucket_and_search_tables_agree_on_random_patterns():
    x = np.random.default_rng(2).integers(0, 1 << 32, 100_000, dtype=np.uint32)
    for rounding in ("log", "linear"):
        for fmt in (FMT, LogPosit(8, 0, 7, 3.3), LogPosit(4, 1, 2, -40.2)):
            buckets, table = search_tables.bucket_table(fmt, rounding), search_tables.search_table(fmt, rounding, 32)
            searched = np.empty(x.size, np.uint8)
            lp_codec.encode_search(
                x, table.thresholds, table.starts, table.lowest, table.highest, table.shift, table.steps, fmt.nar,
                (1 << fmt.n) - 1, searched,
            )  # fmt: skip
            for path in lp_codec.available_paths():
                codes = np.empty(x.size, np.uint8)
                lp_codec.encode_buckets(x, buckets.table, buckets.shift, (1 << fmt.n) - 1, codes, path)
                np.testing.assert_array_equal(codes, searched)


def test_thresholds_that_share_a_bucket_have_no_bucket_table():
    assert search_tables.bucket_table(LogPosit(8, 2, 3, 140.3), "log") is None
    assert search_tables.bucket_table(LogPosit(9, 2, 3), "log") is None
