/* Looking 64 words up in tables that are held in registers, and spreading what is found over lanes. */

#define WORDS_AT_ONCE ((size_t)64)

struct words {
    uint8_t significands[64], exponents[64];
    uint64_t minus;
};

static INLINE __m512i look_up_bytes(const uint8_t *table, __m512i codes)
{
    const __m512i low = _mm512_permutex2var_epi8(_mm512_loadu_si512(table), codes, _mm512_loadu_si512(table + 64));
    const __m512i high =
        _mm512_permutex2var_epi8(_mm512_loadu_si512(table + 128), codes, _mm512_loadu_si512(table + 192));
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(codes), low, high);
}

/* Codes that are not there count as zero words, whose significand is 0. */
static INLINE void read_words(const uint8_t *packed, const uint8_t *codes, size_t count, struct words *words)
{
    const __mmask64 there = count == 64 ? ~(__mmask64)0 : ((__mmask64)1 << count) - 1;
    const __m512i code = _mm512_maskz_loadu_epi8(there, codes);
    const __m512i exponents = look_up_bytes(packed + 256, code);
    words->minus = _mm512_movepi8_mask(exponents);
    _mm512_storeu_si512(words->significands, look_up_bytes(packed, code));
    _mm512_storeu_si512(words->exponents, _mm512_and_si512(exponents, _mm512_set1_epi8(127)));
}

static INLINE void unpack_int64(const struct words *words, size_t at, uint64_t *lanes)
{
    const __m512i significands = _mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *)(words->significands + at)));
    const __m512i exponents = _mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *)(words->exponents + at)));
    const __m512i terms = _mm512_sllv_epi64(significands, exponents);
    const __mmask8 minus = (__mmask8)(words->minus >> at);
    _mm512_storeu_si512(lanes, _mm512_mask_sub_epi64(terms, minus, _mm512_setzero_si512(), terms));
}

static INLINE void unpack_int32(const struct words *words, size_t at, uint32_t *lanes)
{
    const __m512i significands = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(words->significands + at)));
    const __m512i exponents = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(words->exponents + at)));
    const __m512i terms = _mm512_sllv_epi32(significands, exponents);
    const __mmask16 minus = (__mmask16)(words->minus >> at);
    _mm512_storeu_si512(lanes, _mm512_mask_sub_epi32(terms, minus, _mm512_setzero_si512(), terms));
}

/* Exponents count from 2^-64 here, so that 0..127 stay within the range of float32. */
static INLINE void unpack_float(const struct words *words, size_t at, float *lanes)
{
    const __m512i significands = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(words->significands + at)));
    const __m512i exponents = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(words->exponents + at)));
    const __m512i biased = _mm512_add_epi32(exponents, _mm512_set1_epi32(127 - 64));
    const __m512 powers = _mm512_castsi512_ps(_mm512_slli_epi32(biased, 23));
    const __m512 terms = _mm512_mul_ps(_mm512_cvtepi32_ps(significands), powers);
    const __mmask16 minus = (__mmask16)(words->minus >> at);
    _mm512_storeu_ps(lanes, _mm512_mask_sub_ps(terms, minus, _mm512_setzero_ps(), terms));
}
