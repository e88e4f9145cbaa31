#include "lp_codec_kernel.h"

#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
#define LP_X86 1
#include <immintrin.h>
#else
#define LP_X86 0
#endif

#define MAGNITUDE32 0x7fffffffu
#define INFINITY32 0x7f800000u
#define MAGNITUDE64 0x7fffffffffffffffu
#define INFINITY64 0x7ff0000000000000u

/* Codes of one block stay in the first-level cache between encoding and look-up. */
#define BLOCK 4096

/* ---- Portable path ---- */

uint16_t lp_largest(const uint16_t *entries, size_t count)
{
    uint16_t largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = entries[i] > largest ? entries[i] : largest;
    return largest;
}

static void encode_buckets_portable(const uint32_t *x, size_t count, const struct lp_buckets *buckets, uint8_t *codes)
{
    const uint32_t *table = buckets->table;
    const int shift = buckets->shift;
    const uint32_t low = (1u << shift) - 1, code_mask = buckets->code_mask;
    for (size_t i = 0; i < count; i++) {
        const uint32_t pattern = x[i] & MAGNITUDE32, negative = -(x[i] >> 31);
        const uint32_t code = (table[pattern >> shift] + (pattern & low)) >> 24;
        codes[i] = (uint8_t)(((code ^ negative) - negative) & code_mask);
    }
}

#define DEFINE_SEARCH(WIDTH, BITS)                                                                                     \
    void lp_encode_search##WIDTH##_u##BITS(const uint##WIDTH##_t *x, size_t count,                                     \
                                           const struct lp_search##WIDTH *search, uint##BITS##_t *codes)               \
    {                                                                                                                  \
        const struct lp_search##WIDTH s = *search;                                                                     \
        for (size_t i = 0; i < count; i++) {                                                                           \
            const uint##WIDTH##_t pattern = x[i] & MAGNITUDE##WIDTH;                                                   \
            uint##WIDTH##_t inside = pattern < s.lowest ? s.lowest : pattern;                                          \
            inside = inside > s.highest ? s.highest : inside;                                                          \
            uint32_t code = s.starts[(inside - s.lowest) >> s.shift];                                                  \
            for (int step = s.steps; step-- > 0;)                                                                      \
                code += (uint32_t)(s.thresholds[code + (1u << step) - 1] <= pattern) << step;                          \
            code = pattern == 0 ? 0 : code;                                                                            \
            code = pattern >= INFINITY##WIDTH ? s.nar : code;                                                          \
            const uint32_t negative = -(uint32_t)(x[i] >> (WIDTH - 1));                                                \
            codes[i] = (uint##BITS##_t)(((code ^ negative) - negative) & s.code_mask);                                 \
        }                                                                                                              \
    }

DEFINE_SEARCH(32, 8)
DEFINE_SEARCH(32, 16)
DEFINE_SEARCH(64, 8)
DEFINE_SEARCH(64, 16)

#define DEFINE_LOOKUP(NAME, BITS, WIDTH)                                                                               \
    void NAME(const uint##BITS##_t *codes, size_t count, const uint##WIDTH##_t *values, uint##WIDTH##_t *out)          \
    {                                                                                                                  \
        for (size_t i = 0; i < count; i++)                                                                             \
            out[i] = values[codes[i]];                                                                                 \
    }

static DEFINE_LOOKUP(lookup_u8_32_portable, 8, 32)
DEFINE_LOOKUP(lp_lookup_u8_16, 8, 16)
DEFINE_LOOKUP(lp_lookup_u8_64, 8, 64)
DEFINE_LOOKUP(lp_lookup_u16_16, 16, 16)
DEFINE_LOOKUP(lp_lookup_u16_32, 16, 32)
DEFINE_LOOKUP(lp_lookup_u16_64, 16, 64)

/* ---- AVX-512 path; it leaves its remainder to the portable path ----
 *
 * AVX2 has no path: its gathers were measured slower than the portable code (Zen 5), and it has no look-up
 * in a table of 128 bytes. */

#if LP_X86

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi")))

AVX512
static void encode_buckets_avx512(const uint32_t *x, size_t count, const struct lp_buckets *buckets, uint8_t *codes)
{
    const __m512i magnitude = _mm512_set1_epi32((int)MAGNITUDE32);
    const __m512i low = _mm512_set1_epi32((1 << buckets->shift) - 1);
    const __m512i code_mask = _mm512_set1_epi32((int)buckets->code_mask);
    const __m128i shift = _mm_cvtsi32_si128(buckets->shift);
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        const __m512i bits = _mm512_loadu_si512(x + i);
        const __m512i pattern = _mm512_and_si512(bits, magnitude);
        const __m512i entry = _mm512_i32gather_epi32(_mm512_srl_epi32(pattern, shift), buckets->table, 4);
        __m512i code = _mm512_srli_epi32(_mm512_add_epi32(entry, _mm512_and_si512(pattern, low)), 24);
        const __mmask16 negative = _mm512_cmplt_epi32_mask(bits, _mm512_setzero_si512());
        code = _mm512_mask_sub_epi32(code, negative, _mm512_setzero_si512(), code);
        _mm_storeu_si128((__m128i *)(codes + i), _mm512_cvtepi32_epi8(_mm512_and_si512(code, code_mask)));
    }
    encode_buckets_portable(x + i, count - i, buckets, codes + i);
}

/* The four bytes of the 256 values are four tables of 256 bytes, each in four registers. */
AVX512
static inline __m512i lookup_plane(const __m512i plane[4], __m512i code, __mmask64 upper)
{
    const __m512i low_half = _mm512_permutex2var_epi8(plane[0], code, plane[1]);
    const __m512i high_half = _mm512_permutex2var_epi8(plane[2], code, plane[3]);
    return _mm512_mask_blend_epi8(upper, low_half, high_half);
}

AVX512
static void lookup_u8_32_avx512(const uint8_t *codes, size_t count, const uint32_t *values, uint32_t *out)
{
    __m512i plane[4][4];
    for (int byte = 0; byte < 4; byte++)
        for (int quarter = 0; quarter < 4; quarter++) {
            uint8_t bytes[64];
            for (int entry = 0; entry < 64; entry++)
                bytes[entry] = (uint8_t)(values[64 * quarter + entry] >> (8 * byte));
            plane[byte][quarter] = _mm512_loadu_si512(bytes);
        }
    /* Interleaving works within 128-bit lanes: transposing the code words first puts the results in order. */
    const __m512i transpose = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    size_t i = 0;
    for (; i + 64 <= count; i += 64) {
        const __m512i code = _mm512_permutexvar_epi32(transpose, _mm512_loadu_si512(codes + i));
        const __mmask64 upper = _mm512_movepi8_mask(code);
        const __m512i byte0 = lookup_plane(plane[0], code, upper), byte1 = lookup_plane(plane[1], code, upper);
        const __m512i byte2 = lookup_plane(plane[2], code, upper), byte3 = lookup_plane(plane[3], code, upper);
        const __m512i first_low = _mm512_unpacklo_epi8(byte0, byte1), first_high = _mm512_unpacklo_epi8(byte2, byte3);
        const __m512i last_low = _mm512_unpackhi_epi8(byte0, byte1), last_high = _mm512_unpackhi_epi8(byte2, byte3);
        _mm512_storeu_si512(out + i, _mm512_unpacklo_epi16(first_low, first_high));
        _mm512_storeu_si512(out + i + 16, _mm512_unpackhi_epi16(first_low, first_high));
        _mm512_storeu_si512(out + i + 32, _mm512_unpacklo_epi16(last_low, last_high));
        _mm512_storeu_si512(out + i + 48, _mm512_unpackhi_epi16(last_low, last_high));
    }
    lookup_u8_32_portable(codes + i, count - i, values, out + i);
}

unsigned lp_cpu_features(void)
{
    __builtin_cpu_init();
    return (__builtin_cpu_supports("avx512f") ? LP_AVX512F : 0u) |
           (__builtin_cpu_supports("avx512bw") ? LP_AVX512BW : 0u) |
           (__builtin_cpu_supports("avx512vl") ? LP_AVX512VL : 0u) |
           (__builtin_cpu_supports("avx512vbmi") ? LP_AVX512VBMI : 0u);
}

#else

unsigned lp_cpu_features(void)
{
    return 0;
}

#endif

/* ---- Dispatch ---- */

int lp_path_available(int path)
{
    const unsigned needed = LP_AVX512F | LP_AVX512BW | LP_AVX512VL | LP_AVX512VBMI;
    if (path == LP_AVX512)
        return (lp_cpu_features() & needed) == needed;
    return path == LP_PORTABLE;
}

void lp_encode_buckets(int path, const uint32_t *x, size_t count, const struct lp_buckets *buckets, uint8_t *codes)
{
#if LP_X86
    if (path == LP_AVX512) {
        encode_buckets_avx512(x, count, buckets, codes);
        return;
    }
#endif
    (void)path;
    encode_buckets_portable(x, count, buckets, codes);
}

void lp_lookup_u8_32(int path, const uint8_t *codes, size_t count, const uint32_t *values, uint32_t *out)
{
#if LP_X86
    if (path == LP_AVX512) {
        lookup_u8_32_avx512(codes, count, values, out);
        return;
    }
#endif
    (void)path;
    lookup_u8_32_portable(codes, count, values, out);
}

void lp_quantize_buckets(int path, const uint32_t *x, size_t count, const struct lp_buckets *buckets,
                         const uint32_t *values, uint32_t *out)
{
    uint8_t codes[BLOCK];
    for (size_t first = 0; first < count; first += BLOCK) {
        const size_t size = count - first < BLOCK ? count - first : BLOCK;
        lp_encode_buckets(path, x + first, size, buckets, codes);
        lp_lookup_u8_32(path, codes, size, values, out + first);
    }
}
