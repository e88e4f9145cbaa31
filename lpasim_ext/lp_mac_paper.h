/* Partial sums as the array keeps them, in floating-point lanes that round towards zero. Besides the names of
 * lp_mac_table.h: BITS is an integer of a lane's size, MANTISSA the number of its stored fraction bits, SIGN and EXPONENT masks,
 * BY_MAGNITUDE(a, b, 6 or 7) the smaller or larger magnitude with its sign, for AVX-512.
 *
 * Adding a to b drops the bits of the smaller that lie below the last fraction bit of the larger, adds, and drops what
 * the sum has below its own last fraction bit. The first dropping is an addition and subtraction of 2^(exponent of the
 * larger + MANTISSA + 1 - fraction bits), whose last bit lies just there; the second is a mask. All else is exact.
 */

#include "lp_mac_table.h"

#if defined(__GNUC__)
typedef BITS NAME(bits) __attribute__((vector_size(VECTOR_BYTES)));
#else
typedef BITS NAME(bits);
#endif

union NAME(both) {
    NAME(vector) number;
    NAME(bits) bits;
};

static INLINE NAME(vector) NAME(partial_sum)(NAME(vector) a, NAME(vector) b, BITS above, BITS kept)
{
    union NAME(both) larger, smaller, grid, sum;
#ifdef AVX512
    larger.number = BY_MAGNITUDE(a, b, 7);
    smaller.number = BY_MAGNITUDE(a, b, 6);
#else
    const union NAME(both) x = {.number = a}, y = {.number = b};
    const NAME(bits) first = LARGER((x.bits & ~SIGN), (y.bits & ~SIGN));
    larger.bits = (x.bits & first) | (y.bits & ~first);
    smaller.bits = x.bits ^ y.bits ^ larger.bits;
#endif
    grid.bits = ((larger.bits & EXPONENT) + above) | (smaller.bits & SIGN);
    sum.number = larger.number + ((smaller.number + grid.number) - grid.number);
    sum.bits &= kept;
    return sum.number;
}

static INLINE void NAME(add_rows)(const struct lp_mac *mac, const uint8_t *first, const uint32_t *factor_of,
                                  size_t stride, size_t rows, size_t from, size_t depth, size_t classes,
                                  const LANE *table, LANE *folds,
                                  LANE *totals, const int vectors)
{
    const size_t width = (size_t)vectors * NAME(LANES);
    const LANE *scales = mac->scales;
    const BITS above = (BITS)(MANTISSA + 1 - mac->fraction_bits) << MANTISSA;
    const BITS kept = ~(((BITS)1 << (MANTISSA + 1 - mac->fraction_bits)) - 1);
    for (size_t p = 0; p < rows; p++, first += stride, folds += width, totals += width) {
        NAME(vector) fold[VECTORS], *total = (NAME(vector) *)totals;
        size_t place = from % mac->chunk;
        for (int i = 0; i < vectors; i++)
            fold[i] = ((const NAME(vector) *)folds)[i];
        for (size_t k = 0; k < depth; k++) {
            const uint32_t factor = factor_of[first[k]];
            const NAME(vector) *row = (const NAME(vector) *)(table + (k * classes + (factor >> 16)) * width);
            const LANE scale = scales[factor & 0xffff];
            for (int i = 0; i < vectors; i++)
                fold[i] = NAME(partial_sum)(fold[i], row[i] * scale, above, kept);
            if (++place == mac->chunk) {
                for (int i = 0; i < vectors; i++) {
                    total[i] = NAME(partial_sum)(total[i], fold[i], above, kept);
                    fold[i] = (NAME(vector)){0};
                }
                place = 0;
            }
        }
        for (int i = 0; i < vectors; i++)
            ((NAME(vector) *)folds)[i] = fold[i];
        if (from + depth == mac->depth)
            for (int i = 0; i < vectors; i++)
                total[i] = NAME(partial_sum)(total[i], fold[i], above, kept);
    }
}

#define CASE(N)                                                                                                        \
    case N:                                                                                                            \
        NAME(add_rows)(mac, first, factor_of, stride, rows, from, depth, classes, table, folds, totals, N);            \
        break;

static void NAME(add)(const struct lp_mac *mac, const uint8_t *first, const uint32_t *factor_of, size_t stride,
                      size_t rows, size_t from, size_t depth, size_t classes, const LANE *table, LANE *folds,
                      LANE *totals, int vectors)
{
    switch (vectors) { EACH_NUMBER_OF_VECTORS(CASE) }
}

#undef CASE

static void NAME(block)(const struct lp_mac *mac, struct scratch *scratch, size_t row, size_t rows, size_t column,
                        size_t columns, int vectors)
{
    const size_t width = (size_t)vectors * NAME(LANES);
    LANE *table = scratch->table, *folds = scratch->sums, *totals = scratch->totals;
    const uint8_t *first = mac->first + row * mac->depth;
    memset(folds, 0, rows * width * sizeof(LANE));
    memset(totals, 0, rows * width * sizeof(LANE));
    for (size_t k = 0, depth; k < mac->depth; k += depth) {
        depth = least(scratch->depth, mac->depth - k);
        if (rows >= mac->classes) {
            NAME(rows_of_all)(mac, k, depth, column, columns, width, table);
            NAME(add)(mac, first + k, mac->factor_of, mac->depth, rows, k, depth, mac->classes, table, folds, totals,
                      vectors);
        } else
            for (size_t p = 0; p < rows; p++) {
                NAME(rows_of_one)(mac, first + p * mac->depth + k, k, depth, column, columns, width, table,
                                  scratch->scales);
                NAME(add)(mac, scratch->steps, scratch->scales, 0, 1, k, depth, 1, table, folds + p * width,
                          totals + p * width, vectors);
            }
    }
}

DEFINE_STORE(NAME(store), LANE, AS_DOUBLE)

static int NAME(run)(const struct lp_mac *mac)
{
    struct scratch scratch;
    const int rounding = fegetround();
    if (take(&scratch, mac, NAME(BLOCK) * sizeof(LANE), NAME(BLOCK) * sizeof(LANE)))
        return -1;
    for (size_t q = 0; q < mac->columns; q += NAME(BLOCK))
        for (size_t p = 0; p < mac->rows; p += ROWS) {
            const size_t rows = least(ROWS, mac->rows - p), columns = least(NAME(BLOCK), mac->columns - q);
            const size_t vectors = (columns + NAME(LANES) - 1) / NAME(LANES);
            fesetround(FE_TOWARDZERO);
            NAME(block)(mac, &scratch, p, rows, q, columns, (int)vectors);
            fesetround(rounding);
            NAME(store)(mac, scratch.totals, p, rows, q, columns, vectors * NAME(LANES));
        }
    give_back(&scratch);
    return 0;
}
