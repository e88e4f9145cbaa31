/* Lanes, and tables of rows to add. Included once for each kind of lane; NAME(x), LANE and VECTOR_BYTES are defined by
 * the file that includes it.
 */

#if defined(__GNUC__)
typedef LANE NAME(vector) __attribute__((vector_size(VECTOR_BYTES)));
#else
typedef LANE NAME(vector);
#endif

enum {
    NAME(LANES) = sizeof(NAME(vector)) / sizeof(LANE),
    NAME(BLOCK) = VECTORS * sizeof(NAME(vector)) / sizeof(LANE) /* columns whose sums stay in registers */
};

/* Write the terms of one class with a row of codes, and zeros after them. */
static void NAME(look_up)(const struct lp_mac *mac, size_t class, const uint8_t *codes, size_t columns, size_t width,
                          LANE *row)
{
#ifdef UNPACK
    if (mac->packed != NULL) {
        for (size_t q = 0; q < columns; q += WORDS_AT_ONCE) {
            struct words words;
            read_words(mac->packed + class * 512, codes + q, least(WORDS_AT_ONCE, columns - q), &words);
            for (size_t i = 0; i < WORDS_AT_ONCE && q + i < width; i += NAME(LANES))
                UNPACK(&words, i, row + q + i);
        }
        return;
    }
#endif
    const LANE *value = (const LANE *)mac->values + class * 256;
    for (size_t q = 0; q < columns; q++)
        row[q] = value[codes[q]];
    for (size_t q = columns; q < width; q++)
        row[q] = 0;
}

/* Rows of all classes: table[k][class][column]. */
static void NAME(rows_of_all)(const struct lp_mac *mac, size_t from, size_t depth, size_t column, size_t columns,
                              size_t width, LANE *table)
{
    for (size_t k = 0; k < depth; k++)
        for (size_t c = 0; c < mac->classes; c++, table += width)
            if (mac->twins[c])
                for (size_t q = 0; q < width; q += NAME(LANES))
                    *(NAME(vector) *)(table + q) = -*(const NAME(vector) *)(table + q - width);
            else
                NAME(look_up)(mac, c, mac->second + (from + k) * mac->columns + column, columns, width, table);
}

/* Only the rows that one row of words takes: table[k][column]. Less work where there are fewer rows than classes. */
static void NAME(rows_of_one)(const struct lp_mac *mac, const uint8_t *first, size_t from, size_t depth, size_t column,
                              size_t columns, size_t width, LANE *table, uint32_t *scales)
{
    for (size_t k = 0; k < depth; k++, table += width) {
        const uint32_t factor = mac->factor_of[first[k]];
        NAME(look_up)(mac, factor >> 16, mac->second + (from + k) * mac->columns + column, columns, width, table);
        scales[k] = factor & 0xffff;
    }
}
