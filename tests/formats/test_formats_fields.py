"""Code words taken apart."""

from fractions import Fraction

import numpy as np
import pytest

from lpasim.errors import FormatError
from lpasim.formats import BitField, LogPosit, Neighbour, reference


def test_hand_worked_positive_word():
    fields = LogPosit(8, 2, 3, 0.0).fields(0x5A)
    assert (fields.kind, fields.sign, fields.run, fields.regime) == ("positive", 0, 1, 0)
    assert (fields.exponent, fields.fraction, fields.log2) == (3, 0.25, 3.25)
    assert fields.value == float(np.exp2(3.25))
    assert fields.parts == (
        BitField("sign", "0", "positive"),
        BitField("regime", "10", "k = 0"),
        BitField("exponent", "11", "e = 3"),
        BitField("fraction", "010", "f = 0.25"),
    )
    values = LogPosit(8, 2, 3, 0.0).values()
    assert fields.below == Neighbour(0x59, values[0x59])
    assert fields.above == Neighbour(0x5B, values[0x5B])


def test_hand_worked_negative_word():
    fields = LogPosit(8, 2, 3, 1.5).fields(0xA6)
    assert (fields.kind, fields.sign, fields.bits, fields.magnitude_bits) == ("negative", 1, "10100110", "01011010")
    assert (fields.run, fields.regime, fields.exponent, fields.fraction, fields.log2) == (1, 0, 3, 0.25, 1.75)
    assert fields.parts[0] == BitField("sign", "1", "negative")
    assert (fields.below.code, fields.above.code) == (0xA5, 0xA7)


def test_regime_that_leaves_no_room():
    fields = LogPosit(6, 2, 5, 0.0).fields(0b000001)
    assert (fields.run, fields.regime, fields.exponent, fields.fraction) == (4, -4, 0, 0.0)
    assert [part.bits for part in fields.parts] == ["0", "00001", "", ""]
    partial = LogPosit(6, 2, 5, 0.0).fields(0b000011)
    assert [part.bits for part in partial.parts] == ["0", "0001", "1", ""]
    assert partial.exponent == 2


def test_zero_nar_and_the_ends():
    fmt = LogPosit(4, 0, 2, 0.0)
    zero, nar = fmt.fields(0), fmt.fields(8)
    assert (zero.kind, zero.value, zero.below.code, zero.above.code, zero.run) == ("zero", 0.0, 15, 1, None)
    assert (nar.kind, nar.below, nar.above, nar.regime) == ("nar", None, None, None)
    assert np.isnan(nar.value)
    assert (fmt.fields(7).above, fmt.fields(7).below.code) == (None, 6)
    assert (fmt.fields(9).below, fmt.fields(9).above.code) == (None, 10)


@pytest.mark.parametrize("n", range(2, 9))
def test_every_word_says_what_it_is_worth(n):
    for es in range(min(max(0, n - 3), 5) + 1):
        for rs in range(min(2, n - 1), n):
            fmt = LogPosit(n, es, rs, -0.75)
            for code in range(1 << n):
                fields = fmt.fields(code)
                assert np.array_equal(fields.value, reference.decode(fmt, code), equal_nan=True)
                if fields.run is None:
                    continue
                magnitude = int(fields.magnitude_bits, 2)
                exact = (fields.regime << es) + fields.exponent + Fraction(fields.fraction)
                assert exact == reference.position(fmt, magnitude)
                assert fields.log2 == float(exact - Fraction(fmt.sf))
                body = "".join(part.bits for part in fields.parts[1:])
                assert body == fields.magnitude_bits[1:]
                assert fields.run <= rs
                for neighbour, side in ((fields.below, -1), (fields.above, 1)):
                    assert neighbour is None or (neighbour.value - fields.value) * side > 0


@pytest.mark.parametrize("code", [-1, 256, 1 << 40])
def test_code_that_does_not_fit_is_refused(code):
    with pytest.raises(FormatError, match=rf"code must be in 0\.\.255, got {code} \(LP<8,2,3,0>\)"):
        LogPosit(8, 2, 3).fields(code)
