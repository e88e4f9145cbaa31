"""Energy with measured activity: by hand, at its fixed points, and linear in actions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpasim.cost import Actions, energy
from lpasim.cost.switching import price_factors
from lpasim.errors import HardwareError
from lpasim.hardware import load_hardware
from lpasim.quantization.activity import LayerActivity, Operand, Wire

LPA = load_hardware("lpa").hardware
ACTIONS = Actions(
    mac_4bit=1000, weight_decodes=30, activation_decodes=70, encodes=9, ppu_passes=4, input_buffer_read_bits=64
)


def activity(zero_macs: int = 100, weights: int = 80, moving: int = 80, sums: int = 60) -> LayerActivity:
    """Of 1000 MACs and 20 pairs on each wire; by default exactly as random words are."""
    return LayerActivity(
        name="layer",
        k=4,
        n=5,
        weight_format="lp4,1,3,0",
        activation_format="lp8,1,4,0",
        macs=1000,
        zero_macs=zero_macs,
        random_zero_share=0.1,
        weights=Operand(histogram=(1,) * 16, wire=Wire(bits=8, transitions=20, flipped_bits=weights, random_bits=4.0)),
        activations=Operand(
            histogram=(1,) * 256, wire=Wire(bits=8, transitions=20, flipped_bits=moving, random_bits=4.0)
        ),
        partial_sums=Wire(bits=19, transitions=20, flipped_bits=sums, random_bits=3.0),
    )


def test_random_words_cost_what_is_assumed() -> None:
    assert energy(ACTIONS, 10, LPA, activity()) == energy(ACTIONS, 10, LPA)


def test_wires_without_two_words_count_as_random() -> None:
    wire = Wire(bits=8, transitions=0, flipped_bits=0, random_bits=4.0)
    assert wire.mean_bits is None
    still = activity().model_copy(update={"partial_sums": wire})
    assert energy(ACTIONS, 10, LPA, still) == energy(ACTIONS, 10, LPA)


def test_by_hand() -> None:
    """0.45 computes at 0.6 of the rate, 0.2 toggles twice as much, 0.1 a quarter; decoders see half and a quarter."""
    assumed = energy(ACTIONS, 10, LPA)
    found = energy(ACTIONS, 10, LPA, activity(zero_macs=460, weights=40, moving=20, sums=120))
    assert found.pe_array == pytest.approx(assumed.pe_array * (0.25 + 0.45 * 0.6 + 0.2 * 2 + 0.1 * 0.25))
    assert found.decoders == pytest.approx(0.021 * (30 * (0.25 + 0.75 / 2) + 70 * (0.25 + 0.75 / 4)))
    others = {"pe_array", "decoders"}
    for name, pj in assumed.by_component().items():
        assert name in others or found.by_component()[name] == pj


def test_zeros_alone_leave_what_does_not_depend_on_data() -> None:
    silent = energy(ACTIONS, 10, LPA, activity(zero_macs=1000, weights=0, moving=0, sums=0))
    assumed = energy(ACTIONS, 10, LPA)
    assert silent.pe_array == pytest.approx(0.25 * assumed.pe_array)
    assert silent.decoders == pytest.approx(0.25 * assumed.decoders)
    assert silent.total_pj < assumed.total_pj


def test_shares_are_read_from_the_hardware() -> None:
    shares = ("mac_compute_share", "mac_psum_share", "mac_activation_share", "decoder_share")
    none = load_hardware("lpa", [f"switching.{name}=0" for name in shares]).hardware
    silent = activity(zero_macs=1000, weights=0, moving=0, sums=0)
    assert energy(ACTIONS, 10, none, silent) == energy(ACTIONS, 10, none)
    one = load_hardware("lpa", ["switching.mac_psum_share=0.4"]).hardware
    factors = price_factors(activity(sums=0), one.switching)
    assert (factors.mac, factors.weight_decode) == (pytest.approx(0.6), 1.0)
    with pytest.raises(HardwareError, match=r"switching.mac_compute_share must be at most 1 with .*got 1.3 in all"):
        load_hardware("lpa", ["switching.mac_compute_share=1"])


@given(st.integers(0, 1000), st.integers(0, 160), st.integers(0, 160), st.integers(0, 380), st.integers(1, 9))
def test_linear_in_actions_and_never_negative(zero: int, weights: int, moving: int, sums: int, times: int) -> None:
    measured = activity(zero, weights, moving, sums)
    once, total = energy(ACTIONS, 10, LPA, measured), ACTIONS
    for _ in range(times - 1):
        total = total + ACTIONS
    assert energy(total, 10 * times, LPA, measured).total_pj == pytest.approx(times * once.total_pj, rel=1e-12)
    assert all(pj >= 0 for pj in once.by_component().values())
