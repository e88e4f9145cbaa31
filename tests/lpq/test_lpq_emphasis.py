"""The second fit of activations: taken where it does far less harm, by measure, and nowhere else."""

import numpy as np
import pytest
from lpq_graphs import drawn, model, node
from lpq_subjects import fashion, pictures, subject_of, whole_run

from lpasim.lpq.activation_formats import ActivationFits, activation_harm, harm_at_widths, observed
from lpasim.lpq.crowd import team
from lpasim.lpq.emphasis import DECISIVE, MARGIN, emphasised, refitted
from lpasim.lpq.harm import Change, harm_of_each
from lpasim.lpq.quantized_run import Quantized
from lpasim.quantization.sample import draw

BITS, PROBE = (4, 5, 8), 5


def huge():
    """A tensor with one huge channel, which the next product all but ignores."""
    scale = np.ones((6, 48), np.float32)
    scale[:, 0] *= 60
    ignoring = drawn(48, 8)
    ignoring[0] *= 1e-5
    nodes = [node("MatMul", "x u", "h"), node("MatMul", "h v", "y")]
    return subject_of(model(nodes, {"x": ["N", 6]}, "y", {"u": drawn(6, 48) * scale, "v": ignoring}))


def both(subject, images):
    with team(2) as members:
        samples = observed(subject, images, members)
        fits = ActivationFits.of("lp", BITS, samples)
        harm = activation_harm(subject, images, fits, PROBE, members)
        return samples, fits, harm, *refitted(subject, images, "lp", samples, fits, harm, PROBE, members)


def harm_of(subject, images, group, fmt):
    change = Change(-1, Quantized(activations=dict.fromkeys(subject.groups[group], fmt)))
    with team(1) as members:
        return harm_of_each(subject, images, {group: change}, members)[group]


def test_errors_are_weighed_with_the_inverse_of_the_magnitude():
    sample = draw(np.array([0.0, -2.0, 0.5, 4.0]), 10)
    found = emphasised(sample)
    assert list(found.magnitudes) == [0, 0.5, 2, 4]
    assert list(found.weights) == [0, 2, 0.5, 0.25]


def test_a_huge_channel_that_hardly_matters_gets_the_finer_format():
    subject, images = huge(), drawn(64, 6)
    samples, fits, harm, found, harms = both(subject, images)
    finer = ActivationFits.of("lp", BITS, {"h": (emphasised(samples["h"][0]), True)})
    assert harm["h"] == max(harm.values())
    assert found.formats["h"][PROBE] == finer.formats["h"][PROBE] != fits.formats["h"][PROBE]
    exact, plain, fine = (
        whole_run(subject, images, Quantized(activations={"h": fmt} if fmt else {}))
        for fmt in (None, fits.formats["h"][PROBE], found.formats["h"][PROBE])
    )
    assert np.square(fine - exact).sum() < np.square(plain - exact).sum()
    measured = harm_of(subject, images, "h", found.formats["h"][PROBE])
    assert harms["h"][PROBE] == pytest.approx(measured, rel=1e-3)
    assert MARGIN * measured < harm_of(subject, images, "h", fits.formats["h"][PROBE])


def test_all_else_keeps_its_format_of_least_squared_error_and_its_harm():
    subject, images = fashion(), pictures(18)
    _, fits, harm, found, harms = both(subject, images)
    usual = harm_at_widths(fits, harm, PROBE)
    assert set(found.formats) == set(harms) == set(fits.formats)
    kept = [group for group in usual if found.formats[group] == fits.formats[group]]
    assert len(kept) > len(usual) / 2
    for group in kept:
        assert harms[group] == usual[group]
        assert found.errors[group] == fits.errors[group]
    changed = [(group, n) for group in usual for n in (PROBE, BITS[-1])]
    for group, n in ((group, n) for group, n in changed if found.formats[group][n] != fits.formats[group][n]):
        better, plain = (harm_of(subject, images, group, one.formats[group][n]) for one in (found, fits))
        assert MARGIN * better < plain


def test_only_groups_that_do_most_harm_are_looked_at_again():
    subject, images = huge(), drawn(64, 6)
    _, fits, harm, found, _ = both(subject, images)
    assert harm["h"] > DECISIVE * sum(harm.values())
    for group in set(harm) - {"h"}:
        assert found.formats[group] == fits.formats[group]
