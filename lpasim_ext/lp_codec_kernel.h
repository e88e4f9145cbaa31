/* Encoding reals to code words of up to 16 bits, and looking up the values of code words.
 *
 * Reals come as the bit patterns of their float32 or float64. A pattern without its sign bit, read as an integer, grows
 * with the magnitude, so the code word of a magnitude is the number of thresholds that are not above its pattern. No
 * floating-point operation (nor a rounding or subnormal mode) is involved, and every path gives the same bits.
 */
#ifndef LP_CODEC_KERNEL_H
#define LP_CODEC_KERNEL_H

#include <stddef.h>
#include <stdint.h>

enum lp_path { LP_PORTABLE = 0, LP_AVX512 = 1 };

enum lp_feature { LP_AVX512F = 1, LP_AVX512BW = 2, LP_AVX512VL = 4, LP_AVX512VBMI = 8 };

/* Whether this build and this processor can run a path. */
int lp_path_available(int path);

/* The features of the processor that a path asks for, as a sum of lp_feature. */
unsigned lp_cpu_features(void);

/* The largest of `count` entries, for a check that a table points inside another. */
uint16_t lp_largest(const uint16_t *entries, size_t count);

/* float32 patterns to codes of up to 8 bits, where no bucket of 2^shift patterns holds more than one threshold.
 * Entry b of the table [2^(31 - shift)] is code * 2^24 + (2^24 - offset of the threshold in the bucket), or code * 2^24
 * where there is none: adding the low bits of a pattern carries into the code exactly from the threshold on. */
struct lp_buckets {
    const uint32_t *table;
    int shift;
    uint32_t code_mask;
};

void lp_encode_buckets(int path, const uint32_t *x, size_t count, const struct lp_buckets *buckets, uint8_t *codes);

/* The same, followed by a look-up in a table of 256 float32 patterns, without storing the codes. */
void lp_quantize_buckets(int path, const uint32_t *x, size_t count, const struct lp_buckets *buckets,
                         const uint32_t *values, uint32_t *out);

/* Any pattern to any code: a bucket (of patterns from `lowest` on) gives the first candidate, and a search of `steps`
 * comparisons ends it. `thresholds` is sorted and followed by 2^steps patterns of all ones. */
struct lp_search32 {
    const uint32_t *thresholds;
    const uint16_t *starts;
    uint32_t lowest, highest;
    int shift, steps;
    uint16_t nar, code_mask;
};

struct lp_search64 {
    const uint64_t *thresholds;
    const uint16_t *starts;
    uint64_t lowest, highest;
    int shift, steps;
    uint16_t nar, code_mask;
};

void lp_encode_search32_u8(const uint32_t *x, size_t count, const struct lp_search32 *search, uint8_t *codes);
void lp_encode_search32_u16(const uint32_t *x, size_t count, const struct lp_search32 *search, uint16_t *codes);
void lp_encode_search64_u8(const uint64_t *x, size_t count, const struct lp_search64 *search, uint8_t *codes);
void lp_encode_search64_u16(const uint64_t *x, size_t count, const struct lp_search64 *search, uint16_t *codes);

/* Values of codes: tables of 2^8 or 2^16 patterns of 2, 4 or 8 bytes, so that no code can point outside. */
void lp_lookup_u8_32(int path, const uint8_t *codes, size_t count, const uint32_t *values, uint32_t *out);
void lp_lookup_u8_16(const uint8_t *codes, size_t count, const uint16_t *values, uint16_t *out);
void lp_lookup_u8_64(const uint8_t *codes, size_t count, const uint64_t *values, uint64_t *out);
void lp_lookup_u16_16(const uint16_t *codes, size_t count, const uint16_t *values, uint16_t *out);
void lp_lookup_u16_32(const uint16_t *codes, size_t count, const uint32_t *values, uint32_t *out);
void lp_lookup_u16_64(const uint16_t *codes, size_t count, const uint64_t *values, uint64_t *out);

#endif
