/* Exact sums in integer lanes. Besides the names of lp_mac_table.h: SIGNED is a lane with a sign, SUM holds any number
 * of lanes.
 */

#include "lp_mac_table.h"

static INLINE void NAME(add_rows)(const uint8_t *first, const uint32_t *factor_of, size_t stride, size_t rows,
                                  size_t depth, size_t classes, const LANE *table, LANE *sums, const int vectors)
{
    const size_t width = (size_t)vectors * NAME(LANES);
    for (size_t p = 0; p < rows; p++, first += stride, sums += width) {
        NAME(vector) sum[VECTORS];
        for (int i = 0; i < vectors; i++)
            sum[i] = ((const NAME(vector) *)sums)[i];
        for (size_t k = 0; k < depth; k++) {
            const uint32_t factor = factor_of[first[k]];
            const NAME(vector) *row = (const NAME(vector) *)(table + (k * classes + (factor >> 16)) * width);
            const int shift = (int)(factor & 0xffff);
            for (int i = 0; i < vectors; i++)
                sum[i] += row[i] << shift;
        }
        for (int i = 0; i < vectors; i++)
            ((NAME(vector) *)sums)[i] = sum[i];
    }
}

#define CASE(N)                                                                                                        \
    case N:                                                                                                            \
        NAME(add_rows)(first, factor_of, stride, rows, depth, classes, table, sums, N);                                \
        break;

static void NAME(add)(const uint8_t *first, const uint32_t *factor_of, size_t stride, size_t rows, size_t depth,
                      size_t classes, const LANE *table, LANE *sums, int vectors)
{
    switch (vectors) { EACH_NUMBER_OF_VECTORS(CASE) }
}

#undef CASE

static void NAME(flush)(LANE *sums, SUM *totals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        totals[i] += (SIGNED)sums[i];
        sums[i] = 0;
    }
}

DEFINE_STORE(NAME(store_sums), SIGNED, AS_DOUBLE)
DEFINE_STORE(NAME(store_totals), SUM, real_sum)

static void NAME(block)(const struct lp_mac *mac, struct scratch *scratch, size_t row, size_t rows, size_t column,
                        size_t columns)
{
    const int vectors = (int)((columns + NAME(LANES) - 1) / NAME(LANES));
    const size_t width = (size_t)vectors * NAME(LANES);
    LANE *table = scratch->table, *sums = scratch->sums;
    SUM *totals = scratch->totals;
    const uint8_t *first = mac->first + row * mac->depth;
    const int fits = mac->depth <= mac->chunk;
    memset(sums, 0, rows * width * sizeof(LANE));
    if (!fits)
        memset(totals, 0, rows * width * sizeof(SUM));
    for (size_t k = 0, held = 0; k < mac->depth;) {
        const size_t depth = least(scratch->depth, least(mac->depth - k, mac->chunk - held));
        if (rows >= mac->classes) {
            NAME(rows_of_all)(mac, k, depth, column, columns, width, table);
            NAME(add)(first + k, mac->factor_of, mac->depth, rows, depth, mac->classes, table, sums, vectors);
        } else
            for (size_t p = 0; p < rows; p++) {
                NAME(rows_of_one)(mac, first + p * mac->depth + k, k, depth, column, columns, width, table,
                                  scratch->scales);
                NAME(add)(scratch->steps, scratch->scales, 0, 1, depth, 1, table, sums + p * width, vectors);
            }
        k += depth;
        held += depth;
        if (!fits && (held == mac->chunk || k == mac->depth)) {
            NAME(flush)(sums, totals, rows * width);
            held = 0;
        }
    }
    if (fits)
        NAME(store_sums)(mac, (const SIGNED *)sums, row, rows, column, columns, width);
    else
        NAME(store_totals)(mac, totals, row, rows, column, columns, width);
}

static int NAME(run)(const struct lp_mac *mac)
{
    struct scratch scratch;
    if (take(&scratch, mac, NAME(BLOCK) * sizeof(LANE), NAME(BLOCK) * sizeof(SUM)))
        return -1;
    for (size_t q = 0; q < mac->columns; q += NAME(BLOCK))
        for (size_t p = 0; p < mac->rows; p += ROWS)
            NAME(block)(mac, &scratch, p, least(ROWS, mac->rows - p), q, least(NAME(BLOCK), mac->columns - q));
    give_back(&scratch);
    return 0;
}
