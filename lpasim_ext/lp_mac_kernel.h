#ifndef LP_MAC_KERNEL_H
#define LP_MAC_KERNEL_H

#include <stddef.h>
#include <stdint.h>

enum { LP_MAC_PORTABLE, LP_MAC_AVX2, LP_MAC_AVX512 };

/* One matrix product [rows, depth] x [depth, columns] of code words, split so that no multiplication of words is left.
 *
 * A term depends on the word of the first operand only through the fraction of its logarithm and its sign, its class,
 * and through a power of two. `values` holds, for every class, the terms with all 256 words of the second operand: a
 * step of the product takes the row of its class and scales it.
 */
struct lp_mac {
    const uint8_t *first;        /* [rows, depth]: words of the first operand */
    const uint8_t *second;       /* [depth, columns] */
    const uint32_t *factor_of;   /* [256], of the first operand's words: class << 16 | scale */
    size_t rows, depth, columns;
    const void *values;      /* [classes, 256]: lanes */
    const uint8_t *packed;   /* the same as [classes, 2, 256]: significands; exponents, with 128 for a minus. Or NULL */
    const uint8_t *twins;    /* [classes]: whether the terms are those of the class before with other signs */
    size_t classes;
    size_t chunk;            /* wide: terms that a lane can add up; paper: rows of the array, the length of a fold */
    const void *scales;      /* paper: powers of two by scale, as lanes; wide shifts by the scale */
    int fraction_bits;       /* paper: of a partial sum, the leading one included */
    double unit;             /* what a result of one stands for */
    double *out;             /* [rows, columns], with these distances between neighbours */
    ptrdiff_t row_step, column_step;
};

/* Terms of a longer range than a lane, as `count` products whose lanes hold a part of the range each: a word or a term
 * outside of a window counts as zero in it. `mac` is the first window; tables of the others follow its own. A result of
 * one in window w stands for 2^(offsets[w] + unit_exponent) * unit. The largest offset and all sums fit `limbs` limbs of
 * 32 bits, or one sum of wide64 where there are none.
 */
struct lp_mac_windows {
    struct lp_mac mac;
    size_t count;
    const int32_t *offsets;
    int unit_exponent;
    size_t limbs;
};

int lp_mac_path_available(int path);

/* Bits of a sum of wide64, sign included: 128, or 64 where the compiler has no wider integer. */
int lp_mac_sum_bits(void);

/* All return 0, or -1 where memory runs out. */
int lp_mac_wide32(int path, const struct lp_mac *mac);
int lp_mac_wide64(int path, const struct lp_mac *mac);
int lp_mac_wide_windows(int path, const struct lp_mac_windows *job);
int lp_mac_paper32(int path, const struct lp_mac *mac);
int lp_mac_paper64(int path, const struct lp_mac *mac);

/* Writes words [rows, columns] to `out` as [columns, rows]. */
void lp_mac_transpose(const uint8_t *words, size_t rows, size_t columns, uint8_t *out);

#endif
