#include "lp_mac_kernel.h"

#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#if FLT_EVAL_METHOD != 0
#error "sums in float and double must not be evaluated in a wider type: build for SSE2 or a 64-bit processor"
#endif
#if defined(_MSC_VER)
#pragma fenv_access(on)
#endif

#if defined(__GNUC__) && defined(__x86_64__)
#define LP_X86_64 1
#include <immintrin.h>
#else
#define LP_X86_64 0
#endif

#if defined(__GNUC__)
#define INLINE inline __attribute__((always_inline))
#define LARGER(a, b) ((a) >= (b))
#else
#define INLINE inline
#define LARGER(a, b) (-((a) >= (b)))
#endif

#if defined(__SIZEOF_INT128__)
typedef __int128 lp_mac_sum;
#else
typedef int64_t lp_mac_sum;
#endif

int lp_mac_sum_bits(void)
{
    return 8 * (int)sizeof(lp_mac_sum);
}

/* Vectors of sums that stay in registers while the depth is walked; half of the 32 that AVX-512 has. */
#define VECTORS 8
#define EACH_NUMBER_OF_VECTORS(CASE) CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8)

/* Rows whose sums stay in the second-level cache, and bytes of a table that stays in the first-level one. */
#define ROWS ((size_t)1024)
#define TABLE_BYTES ((size_t)32768)
#define MOST_DEPTH 64

/* With many classes the table goes to the second-level cache, so that sums are not moved for every few steps. */
#define LARGE_TABLE_BYTES ((size_t)524288)
#define LEAST_DEPTH ((size_t)8)
#define CACHE_LINE ((size_t)64)

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Memory of a run: a table of rows for `depth` steps, sums and totals of a block of rows. `scales` are the factors of a
 * table that holds one row a step, in the order of the steps.
 */
struct scratch {
    void *memory, *table, *sums, *totals;
    size_t depth;
    uint8_t steps[MOST_DEPTH];
    uint32_t scales[MOST_DEPTH];
};

static int take(struct scratch *scratch, const struct lp_mac *mac, size_t row_bytes, size_t total_bytes)
{
    const size_t step = mac->classes * row_bytes, rows = least(mac->rows, ROWS);
    const size_t fits = TABLE_BYTES / step, spills = least(LARGE_TABLE_BYTES / step, LEAST_DEPTH);
    scratch->depth = least(fits > spills ? fits : spills > 1 ? spills : 1, MOST_DEPTH);
    const size_t table = scratch->depth * mac->classes * row_bytes, sums = rows * row_bytes;
    scratch->memory = malloc(table + sums + rows * total_bytes + CACHE_LINE);
    if (scratch->memory == NULL)
        return -1;
    char *aligned = (char *)(((uintptr_t)scratch->memory + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
    scratch->table = aligned;
    scratch->sums = aligned + table;
    scratch->totals = aligned + table + sums;
    for (int k = 0; k < MOST_DEPTH; k++)
        scratch->steps[k] = (uint8_t)k;
    return 0;
}

static void give_back(struct scratch *scratch)
{
    free(scratch->memory);
}

/* Defines NAME: it writes a block's results of some type, [rows, width], to their places. A tile at a time, so that
 * neither side leaves the cache where the places are transposed.
 */
#define TILE ((size_t)8)
#define DEFINE_STORE(NAME, TYPE, REAL)                                                                                      \
    static void NAME(const struct lp_mac *mac, const TYPE *results, size_t row, size_t rows, size_t column,            \
                     size_t columns, size_t width)                                                                     \
    {                                                                                                                  \
        double *out = mac->out + (ptrdiff_t)row * mac->row_step + (ptrdiff_t)column * mac->column_step;                \
        const double unit = mac->unit;                                                                                 \
        if (mac->column_step == 1)                                                                                     \
            for (size_t p = 0; p < rows; p++, results += width, out += mac->row_step)                                  \
                for (size_t q = 0; q < columns; q++)                                                                   \
                    out[q] = REAL(results[q]) * unit;                                                                  \
        else                                                                                                           \
            for (size_t from = 0; from < rows; from += TILE)                                                           \
                for (size_t q = 0; q < columns; q++)                                                                   \
                    for (size_t p = from; p < least(from + TILE, rows); p++)                                           \
                        out[(ptrdiff_t)p * mac->row_step + (ptrdiff_t)q * mac->column_step] =                          \
                            REAL(results[p * width + q]) * unit;                                                       \
    }

#define AS_DOUBLE(x) ((double)(x))

static double real_sum(lp_mac_sum sum)
{
    return sum == (int64_t)sum ? (double)(int64_t)sum : (double)sum; /* most are short, and this is far quicker */
}

/* ---- Sums of any size ---- */

#define LIMB_BITS 32

/* Rounds sum(limbs[i] * 2^(32 i + exponent)) to float64, ties to even, after carrying; the limbs are overwritten. */
static double rounded(int64_t *limbs, size_t count, int exponent)
{
    int64_t carry = 0;
    for (size_t i = 0; i < count; i++) {
        const int64_t sum = limbs[i] + carry;
        limbs[i] = sum & 0xffffffff;
        carry = (sum - limbs[i]) / ((int64_t)1 << LIMB_BITS);
    }
    const int negative = carry < 0;
    if (negative) { /* the magnitude: invert and add one */
        carry = -1 - carry;
        int64_t one = 1;
        for (size_t i = 0; i < count; i++) {
            const int64_t sum = (0xffffffff - limbs[i]) + one;
            limbs[i] = sum & 0xffffffff;
            one = sum >> LIMB_BITS;
        }
        carry += one;
    }
    size_t top = count;
    uint64_t head = (uint64_t)carry; /* far below 2^32: fewer than 2^31 terms were added */
    while (head == 0 && top > 0)
        head = (uint64_t)limbs[--top];
    exponent += (int)top * LIMB_BITS;
    for (int more = 0; more < 2 && top > 0 && head < ((uint64_t)1 << LIMB_BITS); more++) {
        head = head << LIMB_BITS | (uint64_t)limbs[--top];
        exponent -= LIMB_BITS;
    }
    int room = 0;
    while (head != 0 && head < ((uint64_t)1 << 63)) {
        head <<= 1;
        room++;
    }
    if (room > 0 && top > 0) {
        const uint64_t next = (uint64_t)limbs[--top];
        head |= room <= LIMB_BITS ? next >> (LIMB_BITS - room) : next << (room - LIMB_BITS);
        head |= room < LIMB_BITS && (next & (((uint64_t)1 << (LIMB_BITS - room)) - 1)) != 0;
    }
    while (top > 0)
        head |= limbs[--top] != 0;
    const double magnitude = ldexp((double)head, exponent - room);
    return negative ? -magnitude : magnitude;
}

/* Adds sum * 2^offset to limbs that are wider than 32 bits, so that carries can wait. */
static void add_to_limbs(int64_t *limbs, lp_mac_sum sum, int32_t offset)
{
    enum { PIECES = sizeof(lp_mac_sum) / 4 };
    limbs += offset / LIMB_BITS;
    for (int i = 0; i < PIECES; i++) {
        const int64_t piece = i < PIECES - 1 ? (int64_t)(uint32_t)(sum >> (LIMB_BITS * i)) : (int64_t)(sum >> (LIMB_BITS * i));
        const int64_t shifted = piece * ((int64_t)1 << offset % LIMB_BITS), low = shifted & 0xffffffff;
        limbs[i] += low;
        limbs[i + 1] += (shifted - low) / ((int64_t)1 << LIMB_BITS);
    }
}

static void next_window(struct lp_mac *mac, size_t lane_bytes)
{
    mac->factor_of += 256;
    mac->values = (const char *)mac->values + mac->classes * 256 * lane_bytes;
    mac->packed = mac->packed == NULL ? NULL : mac->packed + mac->classes * 512;
    mac->twins += mac->classes;
}

#define SUFFIX portable
#define VECTOR_BYTES 16
#include "lp_mac_path.h"
#undef SUFFIX
#undef VECTOR_BYTES

#if LP_X86_64
#pragma GCC push_options
#pragma GCC target("avx2")
#define SUFFIX avx2
#define VECTOR_BYTES 32
#include "lp_mac_path.h"
#undef SUFFIX
#undef VECTOR_BYTES
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")
#include "lp_mac_words_avx512.h"
#define SUFFIX avx512
#define AVX512
#define VECTOR_BYTES 64
#include "lp_mac_path.h"
#undef AVX512
#undef SUFFIX
#undef VECTOR_BYTES
#pragma GCC pop_options
#endif

/* ---- Turning operands ---- */

#define SQUARE ((size_t)16)

void lp_mac_transpose(const uint8_t *words, size_t rows, size_t columns, uint8_t *out)
{
    for (size_t r = 0; r < rows; r += SQUARE)
        for (size_t c = 0; c < columns; c += SQUARE) {
            const size_t height = least(SQUARE, rows - r), width = least(SQUARE, columns - c);
            uint8_t square[SQUARE][SQUARE] = {{0}}, turned[SQUARE][SQUARE];
            const int whole = height == SQUARE && width == SQUARE; /* copies of a known size are single moves */
            for (size_t i = 0; i < height; i++)
                memcpy(square[i], words + (r + i) * columns + c, whole ? SQUARE : width);
            for (size_t j = 0; j < SQUARE; j++)
                for (size_t i = 0; i < SQUARE; i++)
                    turned[j][i] = square[i][j];
            for (size_t j = 0; j < width; j++)
                memcpy(out + (c + j) * rows + r, turned[j], whole ? SQUARE : height);
        }
}

/* ---- Dispatch ---- */

int lp_mac_path_available(int path)
{
#if LP_X86_64
    __builtin_cpu_init();
    if (path == LP_MAC_AVX2)
        return __builtin_cpu_supports("avx2") != 0;
    if (path == LP_MAC_AVX512)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512vbmi");
#endif
    return path == LP_MAC_PORTABLE;
}

#if LP_X86_64
#define DISPATCH(KIND)                                                                                                 \
    int lp_mac_##KIND(int path, const struct lp_mac *mac)                                                              \
    {                                                                                                                  \
        return path == LP_MAC_AVX512 ? KIND##_avx512_run(mac)                                                          \
               : path == LP_MAC_AVX2 ? KIND##_avx2_run(mac)                                                            \
                                     : KIND##_portable_run(mac);                                                       \
    }
#else
#define DISPATCH(KIND)                                                                                                 \
    int lp_mac_##KIND(int path, const struct lp_mac *mac)                                                              \
    {                                                                                                                  \
        (void)path;                                                                                                    \
        return KIND##_portable_run(mac);                                                                               \
    }
#endif

int lp_mac_wide_windows(int path, const struct lp_mac_windows *job)
{
#if LP_X86_64
    if (path != LP_MAC_PORTABLE)
        return path == LP_MAC_AVX512 ? wide64_avx512_windows(job) : wide64_avx2_windows(job);
#endif
    (void)path;
    return wide64_portable_windows(job);
}

DISPATCH(wide32)
DISPATCH(wide64)
DISPATCH(paper32)
DISPATCH(paper64)
