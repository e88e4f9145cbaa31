/* The products of one path. SUFFIX is its name, VECTOR_BYTES the size of its registers; AVX512 is defined where
 * its own instructions find the larger of two magnitudes and look words up in registers.
 */

#define JOIN(kind, suffix, x) kind##_##suffix##_##x
#define NAMED(kind, suffix, x) JOIN(kind, suffix, x)

#define NAME(x) NAMED(wide32, SUFFIX, x)
#define LANE uint32_t
#define SIGNED int32_t
#define SUM int64_t
#ifdef AVX512
#define UNPACK unpack_int32
#endif
#include "lp_mac_wide.h"
#undef UNPACK
#undef NAME
#undef LANE
#undef SIGNED
#undef SUM

#define NAME(x) NAMED(wide64, SUFFIX, x)
#define LANE uint64_t
#define SIGNED int64_t
#define SUM lp_mac_sum
#define WINDOWS
#ifdef AVX512
#define UNPACK unpack_int64
#endif
#include "lp_mac_wide.h"
#undef UNPACK
#undef NAME
#undef LANE
#undef SIGNED
#undef WINDOWS
#undef SUM

#define NAME(x) NAMED(paper32, SUFFIX, x)
#define LANE float
#define BITS int32_t
#define MANTISSA 23
#define SIGN INT32_MIN
#define EXPONENT 0x7f800000
#define BY_MAGNITUDE(a, b, which) (NAME(vector)) _mm512_range_ps((__m512)(a), (__m512)(b), which)
#ifdef AVX512
#define UNPACK unpack_float
#endif
#include "lp_mac_paper.h"
#undef UNPACK
#undef NAME
#undef LANE
#undef BITS
#undef MANTISSA
#undef SIGN
#undef EXPONENT
#undef BY_MAGNITUDE

#define NAME(x) NAMED(paper64, SUFFIX, x)
#define LANE double
#define BITS int64_t
#define MANTISSA 52
#define SIGN INT64_MIN
#define EXPONENT 0x7ff0000000000000
#define BY_MAGNITUDE(a, b, which) (NAME(vector)) _mm512_range_pd((__m512d)(a), (__m512d)(b), which)
#include "lp_mac_paper.h"
#undef NAME
#undef LANE
#undef BITS
#undef MANTISSA
#undef SIGN
#undef EXPONENT
#undef BY_MAGNITUDE

#undef JOIN
#undef NAMED
