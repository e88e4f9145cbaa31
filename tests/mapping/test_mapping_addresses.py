"""Blocks of addresses and edges of cuts: closed forms against what listing everything gives."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lpasim.mapping.addresses import AddressBlock, burst_count, bursts
from lpasim.mapping.edges import Edges, balanced_edges, inside, repeated
from lpasim.mapping.geometry import balanced
from lpasim.mapping.place import Place
from lpasim.mapping.regions import Region, assign_bases


@st.composite
def address_blocks(draw: st.DrawFn) -> AddressBlock:
    """Rising runs, with gaps or without, at strides that are whole bursts or are not."""
    run, inner, outer = (draw(st.integers(1, 40)) for _ in range(3))
    inner, outer = inner % 6 + 1, outer % 6 + 1
    gap = st.sampled_from([0, 1, 7, 8, 64])
    inner_stride = run + draw(gap)
    outer_stride = (inner - 1) * inner_stride + run + draw(gap)
    if draw(st.booleans()):
        outer_stride += -outer_stride % 8
    return AddressBlock(draw(st.integers(0, 100)), run, inner, inner_stride, outer, outer_stride)


def bytes_of(*blocks: AddressBlock) -> list[int]:
    return [at for block in blocks for start, end in block.runs() for at in range(start, end)]


@given(address_blocks(), st.sampled_from([1, 3, 8, 64]))
def test_bursts_are_those_that_hold_a_byte(block: AddressBlock, burst: int) -> None:
    expected = sorted({at // burst * burst for at in bytes_of(block)})
    assert list(block.bursts(burst)) == expected
    assert block.burst_count(burst) == len(expected)
    assert block.end_byte == bytes_of(block)[-1] + 1


@given(address_blocks())
def test_joining_keeps_every_byte(block: AddressBlock) -> None:
    joined = block.joined()
    assert bytes_of(joined) == bytes_of(block)
    assert joined.inner * joined.outer <= block.inner * block.outer
    assert len(list(joined.runs())) > 1 or (joined.inner_stride_bytes, joined.outer_stride_bytes) == (0, 0)


@given(address_blocks(), st.integers(0, 600))
def test_splitting_keeps_every_byte_on_its_side(block: AddressBlock, at: int) -> None:
    below, above = block.split(at)
    assert bytes_of(*below) == [byte for byte in bytes_of(block) if byte < at]
    assert bytes_of(*above) == [byte for byte in bytes_of(block) if byte >= at]


@given(address_blocks(), st.lists(st.integers(1, 9), max_size=3), st.sampled_from([1, 8]))
def test_pieces_lie_where_their_makers_put_them(block: AddressBlock, sizes: list[int], burst: int) -> None:
    """Pieces of whole bursts at bases of whole bursts: every byte is found, and no burst is asked for twice."""
    starts = [sum(sizes[: n + 1]) * 8 for n in range(len(sizes))]
    bases = [8 * 1000 * (7 - n) for n in range(len(sizes) + 1)]
    located = Place(tuple(bases), tuple(starts)).locate((block,))
    piece = [sum(byte >= start for start in starts) for byte in bytes_of(block)]
    begins = [0, *starts]
    assert bytes_of(*located) == [bases[n] + byte - begins[n] for n, byte in zip(piece, bytes_of(block), strict=True)]
    found = list(bursts(located, burst))
    assert sorted(found) == sorted({byte // burst * burst for byte in bytes_of(*located)})
    assert burst_count(located, burst) == len(found)


@given(st.integers(1, 60), st.data(), st.integers(1, 4), st.integers(1, 9), st.integers(0, 30))
def test_edges_inside_units(units: int, data: st.DataObject, times: int, unit: int, low: int) -> None:
    parts = data.draw(st.integers(1, units))
    one = [high for _, high in balanced(units, parts)[:-1]]
    assert sorted(places(balanced_edges(units, parts))) == one
    listed = [n * units + edge for n in range(times) for edge in (*one, units)][:-1]
    several = list(repeated(balanced_edges(units, parts), times, units))
    assert sorted(places(several)) == listed
    high = low + data.draw(st.integers(1, 80))
    expected = sum(low < edge < high and (edge - low) % unit != 0 for edge in listed)
    assert inside(several, low, high, unit) == expected


def places(edges: object) -> list[int]:
    found = []
    for each in edges:  # type: ignore[attr-defined]
        assert isinstance(each, Edges)
        found += [each.first + n * each.step for n in range(each.number)]
    return found


@given(
    st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 9), st.integers(0, 9)), max_size=12),
    st.sampled_from([1, 48, 64]),
)
def test_regions_that_are_needed_together_do_not_overlap(drawn: list[tuple[int, int, int]], burst: int) -> None:
    regions = [Region(size, first, first + more) for size, first, more in drawn]
    size_bytes = assign_bases(regions, burst)
    assert all(region.base % burst == 0 for region in regions)
    assert size_bytes == max((region.end for region in regions), default=0)
    for number, one in enumerate(regions):
        for other in regions[:number]:
            together = one.first_layer <= other.last_layer and other.first_layer <= one.last_layer
            assert not together or one.end <= other.base or other.end <= one.base


def test_room_is_used_again() -> None:
    """A chain of three results of 5000 bytes: the third takes the room of the first."""
    chain = [Region(5000, 0, 1), Region(5000, 1, 2), Region(5000, 2, 3)]
    assert assign_bases(chain, 64) == 8192 + 5000
    assert [region.base for region in chain] == [0, 8192, 0]
    assert all(a.base != b.base for a, b in pairwise(chain))
