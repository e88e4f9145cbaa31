# cython: language_level=3, boundscheck=False, wraparound=False
"""Encoding bit patterns of reals to code words, and looking up the values of code words, over whole arrays.

Every array is one-dimensional, contiguous and in native byte order; every function releases the GIL and checks that its
tables are long enough for any input.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "lp_codec_kernel.c":
    enum:
        LP_PORTABLE
        LP_AVX512
        LP_AVX512F
        LP_AVX512BW
        LP_AVX512VL
        LP_AVX512VBMI

    struct lp_buckets:
        const uint32_t *table
        int shift
        uint32_t code_mask

    struct lp_search32:
        const uint32_t *thresholds
        const uint16_t *starts
        uint32_t lowest
        uint32_t highest
        int shift
        int steps
        uint16_t nar
        uint16_t code_mask

    struct lp_search64:
        const uint64_t *thresholds
        const uint16_t *starts
        uint64_t lowest
        uint64_t highest
        int shift
        int steps
        uint16_t nar
        uint16_t code_mask

    int lp_path_available(int) noexcept nogil
    unsigned lp_cpu_features() noexcept nogil
    uint16_t lp_largest(const uint16_t *, size_t) noexcept nogil
    void lp_encode_buckets(int, const uint32_t *, size_t, const lp_buckets *, uint8_t *) noexcept nogil
    void lp_quantize_buckets(
        int, const uint32_t *, size_t, const lp_buckets *, const uint32_t *, uint32_t *) noexcept nogil
    void lp_encode_search32_u8(const uint32_t *, size_t, const lp_search32 *, uint8_t *) noexcept nogil
    void lp_encode_search32_u16(const uint32_t *, size_t, const lp_search32 *, uint16_t *) noexcept nogil
    void lp_encode_search64_u8(const uint64_t *, size_t, const lp_search64 *, uint8_t *) noexcept nogil
    void lp_encode_search64_u16(const uint64_t *, size_t, const lp_search64 *, uint16_t *) noexcept nogil
    void lp_lookup_u8_16(const uint8_t *, size_t, const uint16_t *, uint16_t *) noexcept nogil
    void lp_lookup_u8_32(int, const uint8_t *, size_t, const uint32_t *, uint32_t *) noexcept nogil
    void lp_lookup_u8_64(const uint8_t *, size_t, const uint64_t *, uint64_t *) noexcept nogil
    void lp_lookup_u16_16(const uint16_t *, size_t, const uint16_t *, uint16_t *) noexcept nogil
    void lp_lookup_u16_32(const uint16_t *, size_t, const uint32_t *, uint32_t *) noexcept nogil
    void lp_lookup_u16_64(const uint16_t *, size_t, const uint64_t *, uint64_t *) noexcept nogil

ctypedef fused pattern_t:
    uint32_t
    uint64_t

ctypedef fused code_t:
    uint8_t
    uint16_t

ctypedef fused value_t:
    uint16_t
    uint32_t
    uint64_t

cdef dict PATHS = {"avx512": LP_AVX512, "portable": LP_PORTABLE}
cdef dict FEATURES = {
    "avx512f": LP_AVX512F, "avx512bw": LP_AVX512BW, "avx512vl": LP_AVX512VL, "avx512vbmi": LP_AVX512VBMI,
}


def cpu_features():
    """Return which of the processor features that a path asks for this machine has."""
    cdef unsigned found = lp_cpu_features()
    return {name: bool(found & feature) for name, feature in FEATURES.items()}


def available_paths():
    """Return the code paths that this build and this machine can run; "auto" takes the first."""
    return tuple(name for name, number in PATHS.items() if lp_path_available(number))


cdef int _path(str name) except -1:
    if name == "auto":
        name = available_paths()[0]
    if name not in PATHS or not lp_path_available(PATHS[name]):
        raise ValueError(f"path must be one of {', '.join(('auto', *available_paths()))}, got {name!r}")
    return PATHS[name]


cdef int _require(bint fits, str what, str rule) except -1:
    if not fits:
        raise ValueError(f"{what} must {rule}")
    return 0


cdef lp_buckets _buckets(const uint32_t[::1] table, int shift, unsigned code_mask) except *:
    cdef lp_buckets buckets
    _require(1 <= shift <= 23 and table.shape[0] == 1 << (31 - shift), "table", "have 2^(31 - shift) entries")
    buckets.table = &table[0]
    buckets.shift = shift
    buckets.code_mask = code_mask
    return buckets


def encode_buckets(const uint32_t[::1] x, const uint32_t[::1] table, int shift, unsigned code_mask, uint8_t[::1] codes,
                   str path="auto"):
    """Encode float32 patterns [size] to `codes` [size] by a table of buckets that hold at most one threshold each.

    Entry b of `table` [2^(31 - shift)] is the code at the start of bucket b in the upper 8 bits, and below it 2^24 less
    the offset of the bucket's threshold, or 0 where there is none. A negative code is the two's complement, under
    `code_mask`.
    """
    cdef lp_buckets buckets = _buckets(table, shift, code_mask)
    cdef int number = _path(path)
    cdef size_t size = x.shape[0]
    _require(codes.shape[0] == x.shape[0], "codes", "have the size of x")
    if size:
        with nogil:
            lp_encode_buckets(number, &x[0], size, &buckets, &codes[0])


def quantize_buckets(const uint32_t[::1] x, const uint32_t[::1] table, int shift, unsigned code_mask,
                     const uint32_t[::1] values, uint32_t[::1] out, str path="auto"):
    """Encode float32 patterns [size] like `encode_buckets` and write the `values` [256] of the codes to `out`."""
    cdef lp_buckets buckets = _buckets(table, shift, code_mask)
    cdef int number = _path(path)
    cdef size_t size = x.shape[0]
    _require(values.shape[0] == 256, "values", "have 256 entries")
    _require(out.shape[0] == x.shape[0], "out", "have the size of x")
    if size:
        with nogil:
            lp_quantize_buckets(number, &x[0], size, &buckets, &values[0], &out[0])


def encode_search(const pattern_t[::1] x, const pattern_t[::1] thresholds, const uint16_t[::1] starts,
                  pattern_t lowest, pattern_t highest, int shift, int steps, unsigned nar, unsigned code_mask,
                  code_t[::1] codes):
    """Encode float32 or float64 patterns [size] to `codes` [size] by a bucket's first code and a search of `steps`.

    `thresholds` are sorted, and padded with 2^steps patterns of all ones. Entry b of `starts` counts the thresholds
    that are not above lowest + b * 2^shift, and a bucket holds fewer than 2^steps more; patterns beyond `lowest` or
    `highest` take the first or last bucket. Infinities and NaN become `nar`.
    """
    cdef size_t size = x.shape[0]
    cdef uint16_t largest
    cdef lp_search32 narrow
    cdef lp_search64 wide
    _require(codes.shape[0] == x.shape[0], "codes", "have the size of x")
    _require(0 <= shift < 8 * <int>sizeof(pattern_t) and 0 <= steps <= 16, "shift and steps", "be in range")
    _require(highest >= lowest and starts.shape[0] == <Py_ssize_t>((highest - lowest) >> shift) + 1, "starts",
             "cover lowest..highest")
    largest = lp_largest(&starts[0], starts.shape[0])
    _require(thresholds.shape[0] >= <Py_ssize_t>(largest + (1 << steps)), "thresholds", "be padded by 2^steps entries")
    if size == 0:
        return
    if pattern_t is uint32_t:
        narrow = lp_search32(&thresholds[0], &starts[0], lowest, highest, shift, steps, nar, code_mask)
        with nogil:
            if code_t is uint8_t:
                lp_encode_search32_u8(&x[0], size, &narrow, &codes[0])
            else:
                lp_encode_search32_u16(&x[0], size, &narrow, &codes[0])
    else:
        wide = lp_search64(&thresholds[0], &starts[0], lowest, highest, shift, steps, nar, code_mask)
        with nogil:
            if code_t is uint8_t:
                lp_encode_search64_u8(&x[0], size, &wide, &codes[0])
            else:
                lp_encode_search64_u16(&x[0], size, &wide, &codes[0])


def lookup(const code_t[::1] codes, const value_t[::1] values, value_t[::1] out, str path="auto"):
    """Write the entries of `values` [256 or 65536] that the uint8 or uint16 `codes` [size] select to `out` [size]."""
    cdef size_t size = codes.shape[0]
    cdef int number = _path(path)
    _require(values.shape[0] == 1 << (8 * sizeof(code_t)), "values", "have an entry for every code")
    _require(out.shape[0] == codes.shape[0], "out", "have the size of codes")
    if size == 0:
        return
    with nogil:
        if code_t is uint8_t:
            if value_t is uint16_t:
                lp_lookup_u8_16(&codes[0], size, &values[0], &out[0])
            elif value_t is uint32_t:
                lp_lookup_u8_32(number, &codes[0], size, &values[0], &out[0])
            else:
                lp_lookup_u8_64(&codes[0], size, &values[0], &out[0])
        else:
            if value_t is uint16_t:
                lp_lookup_u16_16(&codes[0], size, &values[0], &out[0])
            elif value_t is uint32_t:
                lp_lookup_u16_32(&codes[0], size, &values[0], &out[0])
            else:
                lp_lookup_u16_64(&codes[0], size, &values[0], &out[0])
