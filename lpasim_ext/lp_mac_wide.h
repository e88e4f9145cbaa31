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

/* Sums up a block; where lanes cannot hold it all, or are never to, it ends in the totals. */
static void NAME(block)(const struct lp_mac *mac, struct scratch *scratch, size_t row, size_t rows, size_t column,
                        size_t columns, int vectors, int fits)
{
    const size_t width = (size_t)vectors * NAME(LANES);
    LANE *table = scratch->table, *sums = scratch->sums;
    SUM *totals = scratch->totals;
    const uint8_t *first = mac->first + row * mac->depth;
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
}

#define EACH_BLOCK(MAC, ...)                                                                                           \
    for (size_t q = 0; q < (MAC)->columns; q += NAME(BLOCK))                                                           \
        for (size_t p = 0; p < (MAC)->rows; p += ROWS) {                                                               \
            const size_t rows = least(ROWS, (MAC)->rows - p), columns = least(NAME(BLOCK), (MAC)->columns - q);        \
            const int vectors = (int)((columns + NAME(LANES) - 1) / NAME(LANES));                                      \
            const size_t width = (size_t)vectors * NAME(LANES);                                                        \
            __VA_ARGS__                                                                                                \
        }

static int NAME(run)(const struct lp_mac *mac)
{
    struct scratch scratch;
    const int fits = mac->depth <= mac->chunk;
    if (take(&scratch, mac, NAME(BLOCK) * sizeof(LANE), NAME(BLOCK) * sizeof(SUM)))
        return -1;
    EACH_BLOCK(mac, {
        NAME(block)(mac, &scratch, p, rows, q, columns, vectors, fits);
        if (fits)
            NAME(store_sums)(mac, scratch.sums, p, rows, q, columns, width);
        else
            NAME(store_totals)(mac, scratch.totals, p, rows, q, columns, width);
    })
    give_back(&scratch);
    return 0;
}

#ifdef WINDOWS
/* One output of several windows: in limbs, or where there are none in a single sum that holds it. */
static INLINE void NAME(add_window)(const struct lp_mac_windows *job, char *output, SUM total, int32_t offset)
{
    if (job->limbs > 0)
        add_to_limbs((int64_t *)output, total, offset);
    else
        *(SUM *)output += total * ((SUM)1 << offset);
}

static INLINE double NAME(rounded_once)(const struct lp_mac_windows *job, char *output)
{
    return job->limbs > 0 ? rounded((int64_t *)output, job->limbs, job->unit_exponent)
                          : ldexp(real_sum(*(const SUM *)output), job->unit_exponent);
}

static int NAME(windows)(const struct lp_mac_windows *job)
{
    const struct lp_mac *mac = &job->mac;
    const size_t size = job->limbs > 0 ? job->limbs * sizeof(int64_t) : sizeof(SUM);
    struct scratch scratch;
    char *outputs = malloc(least(mac->rows, ROWS) * NAME(BLOCK) * size);
    if (outputs == NULL)
        return -1;
    if (take(&scratch, mac, NAME(BLOCK) * sizeof(LANE), NAME(BLOCK) * sizeof(SUM))) {
        free(outputs);
        return -1;
    }
    EACH_BLOCK(mac, {
        memset(outputs, 0, rows * width * size);
        struct lp_mac window = *mac;
        for (size_t w = 0; w < job->count; w++) {
            NAME(block)(&window, &scratch, p, rows, q, columns, vectors, 0);
            for (size_t i = 0; i < rows * width; i++)
                NAME(add_window)(job, outputs + i * size, ((const SUM *)scratch.totals)[i], job->offsets[w]);
            next_window(&window, sizeof(LANE));
        }
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < columns; j++)
                mac->out[(ptrdiff_t)(p + i) * mac->row_step + (ptrdiff_t)(q + j) * mac->column_step] =
                    NAME(rounded_once)(job, outputs + (i * width + j) * size) * mac->unit;
    })
    give_back(&scratch);
    free(outputs);
    return 0;
}
#endif

#undef EACH_BLOCK
