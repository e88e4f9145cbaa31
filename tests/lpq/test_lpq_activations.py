"""Formats of activations and widths of both operands: harm against runs of the whole network, bits within averages."""

import numpy as np
import pytest
from lpq_graphs import drawn, model, node
from lpq_subjects import fashion, pictures, seen_tensors, subject_of, whole_run

from lpasim.errors import SearchError
from lpasim.formats import Flint, LogPosit, Posit, UnsignedFlint
from lpasim.lpq.activation_formats import (
    ActivationFits,
    activation_harm,
    activation_shares,
    average_activation_bits,
    harm_at_widths,
    observed,
    relative_error,
    tied_bits,
)
from lpasim.lpq.allocation import allocate
from lpasim.lpq.crowd import team
from lpasim.lpq.genes import Site, Space
from lpasim.lpq.harm import INPUT, Change, harm_of_each
from lpasim.lpq.quantized_run import Quantized
from lpasim.lpq.rounding import Rounder
from lpasim.lpq.weight_widths import closed_form, weight_harm, weight_shares
from lpasim.quantization.fit_formats import fit_format
from lpasim.quantization.sample import draw

JOINED = model(
    [
        node("Conv", "x u", "c"),
        node("Relu", "c", "left"),
        node("Conv", "x v", "right"),
        node("Concat", "left right", "both", axis=1),
        node("Conv", "both w", "y"),
    ],
    {"x": ["N", 3, 5, 5]},
    "y",
    {"u": drawn(4, 3, 1, 1), "v": drawn(6, 3, 1, 1), "w": drawn(5, 10, 3, 3)},
)
"""Two tensors that lie side by side in an operand, and hence share a format."""


def softmax(logits):
    logits = logits.reshape(len(logits), -1).astype(np.float64)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def harm_by_hand(subject, images, quantized):
    expected, got = softmax(whole_run(subject, images)), softmax(whole_run(subject, images, quantized))
    return float((expected * np.log(expected / got)).sum(axis=1).mean())


def observed_fits(subject, images, bits, kind="lp"):
    with team(2) as members:
        return ActivationFits.of(kind, bits, observed(subject, images, members))


def space_of(subject, bits=(3, 4, 5, 8)):
    block_of = subject.blocks.block_of
    sites = [Site(one.name, one.count, draw(one.matrices, 4096), block_of[one.name]) for one in subject.layers]
    return Space("lp", bits, sites)


@pytest.mark.parametrize("which", ["fashion", "joined"])
def test_harm_of_activations_is_that_of_rounding_each_group_alone(which):
    subject = fashion() if which == "fashion" else subject_of(JOINED)
    images = pictures(18) if which == "fashion" else drawn(18, 3, 5, 5)
    fits = observed_fits(subject, images, (4,))
    with team(2) as members:
        harm = activation_harm(subject, images, fits, 4, members)
    assert set(harm) == set(subject.groups)
    for group, members_of_group in subject.groups.items():
        alone = Quantized(activations=dict.fromkeys(members_of_group, fits.formats[group][4]))
        assert harm[group] == pytest.approx(harm_by_hand(subject, images, alone), rel=1e-3, abs=1e-9)
        assert harm[group] > 0
    if which == "joined":
        assert ("left", "right") in subject.groups.values()


def test_harm_of_weights_is_that_of_rounding_each_layer_alone():
    subject, images = fashion(), pictures(18)
    space, rounder = space_of(subject), Rounder({})
    with team(2) as members:
        harm = weight_harm(subject, images, space, rounder, 4, members)
    for layer, site, measured in zip(subject.layers, space.sites, harm, strict=True):
        alone = Quantized({layer.name: rounder.rounded(layer, space.fitted(site, 4))})
        assert measured == pytest.approx(harm_by_hand(subject, images, alone), rel=1e-3)


def test_changes_may_come_in_any_order():
    subject, images = subject_of(JOINED), drawn(3, 3, 5, 5)
    fmt = LogPosit(4, 1, 3, 0.0)
    places = {"y": 4, "x": INPUT, "left": 1, "right": 2}
    changes = {name: Change(place, Quantized(activations={name: fmt})) for name, place in places.items()}
    with team(1) as members:
        found = harm_of_each(subject, images, changes, members)
    assert list(found) == list(changes)
    for name in places:
        expected = harm_by_hand(subject, images, Quantized(activations={name: fmt}))
        assert found[name] == pytest.approx(expected, rel=1e-3)


def test_what_is_observed_are_the_tensors_values():
    subject, images = subject_of(JOINED), np.abs(drawn(18, 3, 5, 5))
    seen = seen_tensors(subject, images) | {"x": images}
    with team(2) as members:
        samples = observed(subject, images, members)
    assert set(samples) == set(subject.groups)
    for group, members_of_group in subject.groups.items():
        values = np.concatenate([seen[tensor].ravel() for tensor in members_of_group])
        sample, signed = samples[group]
        assert signed == bool((values < 0).any())
        assert sample.weights.sum() == values.size, "few enough that all of them are kept"
        assert sample.weights @ sample.magnitudes == pytest.approx(np.abs(values).astype(np.float64).sum(), rel=1e-5)
    assert not samples["x"][1]


def test_tensors_without_negative_values_get_the_unsigned_twin():
    subject, images = subject_of(JOINED), np.abs(drawn(5, 3, 5, 5))
    fits = observed_fits(subject, images, (4, 6), "flint")
    chosen = fits.chosen(subject, dict.fromkeys(subject.groups, 6))
    assert type(chosen["x"]) is UnsignedFlint
    assert {type(chosen[tensor]) for tensor in ("left", "right", "y")} == {Flint}
    assert chosen["left"] == chosen["right"]
    assert {fmt.n for fmt in chosen.values()} == {6}


ROUNDINGS = {"lp": "log", "int": "linear", "lns": "log", "flint": "linear", "adaptivfloat": "linear", "posit": "log"}


@pytest.mark.parametrize("kind", ROUNDINGS)
def test_fits_are_best_in_the_rounding_that_runs_use(kind):
    subject, images = subject_of(JOINED), drawn(5, 3, 5, 5)
    with team(1) as members:
        samples = observed(subject, images, members)
    fits = ActivationFits.of(kind, (4, 5, 6, 8), samples)
    for group, (sample, _) in samples.items():
        errors = fits.errors[group]
        assert list(errors) == [4, 5, 6, 8]
        assert errors[8] < errors[6] < errors[5] < errors[4] < 1
        fmt = fits.formats[group][5]
        assert errors[5] == relative_error(fmt, sample)
        assert fmt == fit_format(kind, sample, 5, ROUNDINGS[kind])
        if kind == "posit":
            assert errors[5] == min(relative_error(Posit(5, es), sample) for es in range(6))
    if kind in ("lp", "lns"):
        assert any(fits.formats[group][4] != fit_format(kind, samples[group][0], 4, "linear") for group in samples)


def test_the_relative_error_is_of_the_values_themselves():
    values = drawn(50)
    fmt = LogPosit(4, 1, 2, 0.0)
    expected = np.square(fmt.quantize(values, "log") - values).sum() / np.square(values).sum()
    assert relative_error(fmt, draw(values, 100)) == pytest.approx(expected, rel=1e-5)
    assert relative_error(fmt, draw(np.zeros(5), 100)) == 0


def test_bits_of_activations_are_tied_to_those_of_weights():
    assert tied_bits(4.2) == pytest.approx(5.5)
    assert tied_bits(3) == pytest.approx(3 * 5.5 / 4.2)
    assert tied_bits(8) == 8


def activation_widths(subject, fits, harm, probe, average):
    return allocate(activation_shares(subject, harm_at_widths(fits, harm, probe)), average, "activations")


def test_shares_are_the_measured_harm_at_the_probe_and_grow_with_the_error():
    subject, images = fashion(), pictures(8)
    fits = observed_fits(subject, images, (3, 4, 8))
    harm = {group: float(place) for place, group in enumerate(subject.groups)}
    shares = activation_shares(subject, harm_at_widths(fits, harm, 4))
    assert list(shares) == list(subject.groups)
    for group, share in shares.items():
        assert share.size == sum(np.prod(subject.network.shape(tensor)) for tensor in subject.groups[group])
        assert share.harm[4] == pytest.approx(harm[group])
        for n in (3, 8):
            assert share.harm[n] == pytest.approx(harm[group] * fits.errors[group][n] / fits.errors[group][4])


def test_widths_are_within_the_average_and_go_where_harm_is():
    subject, images = fashion(), pictures(8)
    fits = observed_fits(subject, images, (3, 4, 5, 8))
    groups = list(subject.groups)
    harm = dict.fromkeys(groups, 1e-6) | {"pool": 1.0}
    widths = activation_widths(subject, fits, harm, 4, 4.5)
    assert widths["pool"] == 8
    assert set(widths) == set(groups)
    sizes = {name: np.prod(subject.network.shape(name)) for name in groups}
    average = sum(sizes[name] * widths[name] for name in groups) / sum(sizes.values())
    assert average_activation_bits(subject, widths) == pytest.approx(average)
    assert 4.2 < average <= 4.5
    with pytest.raises(SearchError, match=r"^average bits of activations must be at least 3, got 2\.5$"):
        activation_widths(subject, fits, harm, 4, 2.5)


def test_only_widths_with_a_format_are_chosen():
    subject, images = fashion(), pictures(8)
    fits = observed_fits(subject, images, (3, 4, 5))
    narrowed = ActivationFits({group: {4: found[4], 5: found[5]} for group, found in fits.formats.items()}, fits.errors)
    harm = {group: 10.0**-place for place, group in enumerate(subject.groups)}
    assert 3 in activation_widths(subject, fits, harm, 3, 4.3).values()
    assert set(activation_widths(subject, narrowed, harm, 3, 4.3).values()) == {4, 5}


def test_the_closed_form_is_within_the_average_and_spends_it_where_harm_is():
    subject = fashion()
    space, names = space_of(subject), [layer.name for layer in subject.layers]
    harm = [1e-6] * len(names)
    harm[names.index("first_a.conv")] = 1.0
    shares = weight_shares(subject, space, harm, 4)
    found = closed_form(space, shares, 4.0)
    space.check(found, "closed form")
    assert 3.8 < space.average_bits(found) <= 4.0
    assert found[names.index("first_a.conv")].n == 8
    assert all(gene == space.fitted(site, gene.n) for gene, site in zip(found, space.sites, strict=True))
    with pytest.raises(SearchError, match=r"^average bits of weights must be at least 3, got 2\.9$"):
        closed_form(space, shares, 2.9)


def test_the_probe_need_not_be_a_width_that_is_allowed():
    subject = fashion()
    space = space_of(subject, (5, 8))
    shares = weight_shares(subject, space, [1.0] * len(subject.layers), 4)
    assert {width for share in shares.values() for width in share.harm} == {5, 8}
    assert all(share.harm[8] < share.harm[5] < 1 for share in shares.values())
    assert {gene.n for gene in closed_form(space, shares, 6.0)} <= {5, 8}
