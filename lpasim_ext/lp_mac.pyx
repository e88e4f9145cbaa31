# cython: language_level=3, boundscheck=False, wraparound=False
"""Matrix products of code words: terms from tables by class of the first operand, added exactly or as the array adds.

Every array is in native byte order, and all but `out` are contiguous; every function releases the GIL and checks its tables against the
factors, so that no input reads outside them.
"""

from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memset

import numpy as np

cdef extern from "lp_mac_kernel.c":
    enum:
        LP_MAC_PORTABLE
        LP_MAC_AVX2
        LP_MAC_AVX512

    struct lp_mac:
        const uint8_t *first
        const uint8_t *second
        const uint32_t *factor_of
        size_t rows
        size_t depth
        size_t columns
        const void *values
        const uint8_t *packed
        const uint8_t *twins
        size_t classes
        size_t chunk
        const void *scales
        int fraction_bits
        double unit
        double *out
        ptrdiff_t row_step
        ptrdiff_t column_step

    struct lp_mac_windows:
        lp_mac mac
        size_t count
        const int32_t *offsets
        int unit_exponent
        size_t limbs

    int lp_mac_path_available(int) noexcept nogil
    int lp_mac_sum_bits() noexcept nogil
    int lp_mac_wide32(int, const lp_mac *) noexcept nogil
    int lp_mac_wide64(int, const lp_mac *) noexcept nogil
    int lp_mac_wide_windows(int, const lp_mac_windows *) noexcept nogil
    int lp_mac_paper32(int, const lp_mac *) noexcept nogil
    int lp_mac_paper64(int, const lp_mac *) noexcept nogil
    void lp_mac_transpose(const uint8_t *, size_t, size_t, uint8_t *) noexcept nogil


def used_words(const uint8_t[::1] words):
    """Return which of the 256 words occur, as 256 bytes."""
    cdef Py_ssize_t size = words.shape[0], i
    cdef uint8_t[256] seen
    memset(seen, 0, 256)
    with nogil:
        for i in range(size):
            seen[words[i]] = 1
    return bytes(seen[:256])


def transposed(const uint8_t[:, :, ::1] words):
    """Return words [groups, rows, columns] as [groups, columns, rows]."""
    cdef Py_ssize_t groups = words.shape[0], rows = words.shape[1], columns = words.shape[2], group
    out = np.empty((groups, columns, rows), np.uint8)
    cdef uint8_t[:, :, ::1] places = out
    if out.size:
        with nogil:
            for group in range(groups):
                lp_mac_transpose(&words[group, 0, 0], rows, columns, &places[group, 0, 0])
    return out


ctypedef fused integer_t:
    uint32_t
    uint64_t

ctypedef fused real_t:
    float
    double

_PATHS = {"avx512": LP_MAC_AVX512, "avx2": LP_MAC_AVX2, "portable": LP_MAC_PORTABLE}

cdef int _SUM_BITS = lp_mac_sum_bits()
SUM_BITS = _SUM_BITS
"""Bits of an exact sum, sign included."""


def available_paths():
    """Return the paths that this processor runs, fastest first; "auto" takes the first."""
    return tuple(name for name, number in _PATHS.items() if lp_mac_path_available(number))


cdef _require(bint holds, str what, str rule):
    if not holds:
        raise ValueError(f"{what} must {rule}")


cdef int _path(str path) except -1:
    name = available_paths()[0] if path == "auto" else path
    _require(name in _PATHS and lp_mac_path_available(_PATHS[name]), "path", "be one that this processor runs")
    return _PATHS[name]


cdef bint _check(const uint8_t[:, :, ::1] first, const uint8_t[:, :, ::1] second, const uint32_t[::1] factor_of,
                 size_t classes, size_t scales, double[:, :, :] out) except -1:
    """Refuse what would read or write outside the arrays; return whether there is anything to do."""
    cdef int word
    _require(first.shape[2] > 0, "first", "have at least one column")
    _require(first.shape[0] == second.shape[0] and first.shape[2] == second.shape[1], "second", "fit the first operand")
    _require(out.shape[0] == first.shape[0] and out.shape[1] == first.shape[1] and out.shape[2] == second.shape[2],
             "out", "be [groups, rows, columns]")
    _require(factor_of.shape[0] == 256, "factor_of", "have an entry for every word")
    for word in range(256):
        _require(factor_of[word] >> 16 < classes and (factor_of[word] & 0xffff) < scales, "factor_of",
                 "be within the tables")
    return first.shape[0] > 0 and first.shape[1] > 0 and second.shape[2] > 0


cdef lp_mac _mac(const uint8_t[:, :, ::1] first, const uint8_t[:, :, ::1] second, const uint32_t[::1] factor_of,
                 double unit, double[:, :, :] out):
    return lp_mac(&first[0, 0, 0], &second[0, 0, 0], &factor_of[0], first.shape[1], first.shape[2], second.shape[2],
                  NULL, NULL, NULL, 0, 0, NULL, 0, unit, &out[0, 0, 0], out.strides[1] // <Py_ssize_t>sizeof(double),
                  out.strides[2] // <Py_ssize_t>sizeof(double))


cdef const uint8_t *_packed(const uint8_t[:, :, ::1] packed, Py_ssize_t classes) except? NULL:
    if packed is None:
        return NULL
    _require(packed.shape[0] == classes and packed.shape[1] == 2 and packed.shape[2] == 256, "packed",
             "be [classes, 2, 256]")
    return &packed[0, 0, 0]


cdef const uint8_t *_twins(const uint8_t[::1] twins, Py_ssize_t classes) except NULL:
    _require(twins.shape[0] == classes and not twins[0], "twins", "have an entry for every class, 0 for the first")
    return &twins[0]


cdef void _next_group(lp_mac *mac, ptrdiff_t step) noexcept nogil:
    mac.first += mac.rows * mac.depth
    mac.second += mac.depth * mac.columns
    mac.out += step


def wide(const uint8_t[:, :, ::1] first, const uint8_t[:, :, ::1] second, const uint32_t[::1] factor_of,
         const integer_t[:, ::1] values, const uint8_t[:, :, ::1] packed, const uint8_t[::1] twins, size_t chunk,
         double unit, double[:, :, :] out, str path="auto"):
    """Write the exact sums over k of values[class, second[k, q]] << shift, times `unit`, to `out`.

    `first` [groups, rows, depth] and `second` [groups, depth, columns] are words; `factor_of` [256] holds class << 16 |
    shift of the first's, `values` [classes, 256] integers with a sign in two's complement. No sum of `chunk` terms may
    leave a lane. `packed` [classes, 2, 256] are the values as significands and exponents (128 for a minus), or None.
    `twins` [classes] tells which classes have the values of the class before with other signs.
    """
    cdef int number = _path(path), failed = 0
    cdef size_t groups = first.shape[0], group
    cdef ptrdiff_t step = out.strides[0] // <Py_ssize_t>sizeof(double)
    cdef lp_mac mac
    _require(values.shape[1] == 256, "values", "have an entry for every code")
    _require(chunk > 0, "chunk", "be at least one")
    if not _check(first, second, factor_of, values.shape[0], 8 * sizeof(integer_t), out):
        return
    mac = _mac(first, second, factor_of, unit, out)
    mac.values, mac.classes, mac.chunk = &values[0, 0], values.shape[0], chunk
    mac.packed, mac.twins = _packed(packed, values.shape[0]), _twins(twins, values.shape[0])
    with nogil:
        for group in range(groups):
            if integer_t is uint32_t:
                failed |= lp_mac_wide32(number, &mac)
            else:
                failed |= lp_mac_wide64(number, &mac)
            _next_group(&mac, step)
    if failed:
        raise MemoryError


def windows(const uint8_t[:, :, ::1] first, const uint8_t[:, :, ::1] second, const uint32_t[:, ::1] factor_of,
            const uint64_t[:, :, ::1] values, const uint8_t[:, :, :, ::1] packed, const uint8_t[:, ::1] twins,
            size_t chunk, const int32_t[::1] offsets, int unit_exponent, double unit, double[:, :, :] out,
            str path="auto"):
    """Write sums of terms of any size: of several windows, whose tables are those of `wide`, one after the other.

    A result of one in window w stands for 2^(offsets[w] + `unit_exponent`) * `unit`; the sum over the windows is
    rounded once. `offsets` [windows] are at least 0, and below 2^20.
    """
    cdef int number = _path(path), failed = 0
    cdef size_t groups = first.shape[0], group, w, count = offsets.shape[0]
    cdef ptrdiff_t step = out.strides[0] // <Py_ssize_t>sizeof(double)
    cdef int32_t highest = 0
    cdef bint some = False
    cdef lp_mac_windows job
    _require(count > 0 and factor_of.shape[0] == <Py_ssize_t>count and values.shape[0] == <Py_ssize_t>count
             and twins.shape[0] == <Py_ssize_t>count, "tables", "have an entry for every window")
    _require(values.shape[2] == 256, "values", "have an entry for every code")
    _require(chunk > 0, "chunk", "be at least one")
    for w in range(count):
        _require(0 <= offsets[w] < 1 << 20, "offsets", "be in 0..2^20 - 1")
        highest = max(highest, offsets[w])
        some = _check(first, second, factor_of[w], values.shape[1], 64, out)
        _twins(twins[w], values.shape[1])
        if packed is not None:
            _require(packed.shape[0] == <Py_ssize_t>count, "packed", "have an entry for every window")
            _packed(packed[w], values.shape[1])
    if not some:
        return
    job.mac = _mac(first, second, factor_of[0], unit, out)
    job.mac.values, job.mac.classes, job.mac.chunk = &values[0, 0, 0], values.shape[1], chunk
    if packed is not None:
        job.mac.packed = &packed[0, 0, 0, 0]
    job.mac.twins = &twins[0, 0]
    job.count, job.offsets, job.unit_exponent = count, &offsets[0], unit_exponent
    job.limbs = highest // 32 + _SUM_BITS // 32 + 3
    if highest + 64 + (<object>first.shape[2]).bit_length() < _SUM_BITS:  # a window's sum has fewer bits than 64 + these
        job.limbs = 0
    with nogil:
        for group in range(groups):
            failed |= lp_mac_wide_windows(number, &job)
            _next_group(&job.mac, step)
    if failed:
        raise MemoryError


def paper(const uint8_t[:, :, ::1] first, const uint8_t[:, :, ::1] second, const uint32_t[::1] factor_of,
          const real_t[:, ::1] values, const uint8_t[:, :, ::1] packed, const uint8_t[::1] twins,
          const real_t[::1] scales, size_t fold, int fraction_bits, double unit, double[:, :, :] out, str path="auto"):
    """Write the sums that the array forms of values[class, second[k, q]] * scales[scale], times `unit`, to `out`.

    Operands are as in `wide`; `factor_of` holds class << 16 | scale, and packed exponents count from 2^-64. Terms are
    added in the order of k inside folds of `fold` terms, which start at zero, and the folds one after the other; a
    partial sum keeps `fraction_bits` bits. Terms have no more than these, and all of them and their sums lie well
    within the range of normal numbers.
    """
    cdef int number = _path(path), failed = 0
    cdef size_t groups = first.shape[0], group
    cdef ptrdiff_t step = out.strides[0] // <Py_ssize_t>sizeof(double)
    cdef lp_mac mac
    _require(values.shape[1] == 256, "values", "have an entry for every code")
    _require(fold > 0, "fold", "be at least one")
    _require(1 <= fraction_bits <= 16, "fraction_bits", "be in 1..16")
    if not _check(first, second, factor_of, values.shape[0], scales.shape[0], out):
        return
    mac = _mac(first, second, factor_of, unit, out)
    mac.values, mac.classes, mac.chunk = &values[0, 0], values.shape[0], fold
    mac.packed, mac.twins = _packed(packed, values.shape[0]), _twins(twins, values.shape[0])
    mac.scales, mac.fraction_bits = &scales[0], fraction_bits
    with nogil:
        for group in range(groups):
            if real_t is float:
                failed |= lp_mac_paper32(number, &mac)
            else:
                failed |= lp_mac_paper64(number, &mac)
            _next_group(&mac, step)
    if failed:
        raise MemoryError
