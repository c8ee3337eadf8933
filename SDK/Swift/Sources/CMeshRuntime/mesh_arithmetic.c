// Arithmetic that the compiler leaves to a run-time library: 128-bit integers, and the remainder of doubles.

#ifdef __wasm__

#include <stdint.h>

typedef union {
    __int128 value;
    unsigned __int128 natural;
    struct {
        uint64_t low;
        uint64_t high;
    } half;
} wide;

static wide wide_of(uint64_t high, uint64_t low) {
    wide result;
    result.half.high = high;
    result.half.low = low;
    return result;
}

// Schoolbook with digits of 32 bits.
static wide multiply(uint64_t a, uint64_t b) {
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t low = a0 * b0, middle = a1 * b0 + (low >> 32), other = a0 * b1 + (uint32_t)middle;
    return wide_of(a1 * b1 + (middle >> 32) + (other >> 32), other << 32 | (uint32_t)low);
}

__int128 __multi3(__int128 x, __int128 y) {
    wide a = {.value = x}, b = {.value = y};
    wide result = multiply(a.half.low, b.half.low);
    result.half.high += a.half.high * b.half.low + a.half.low * b.half.high;
    return result.value;
}

static wide negated(wide a) {
    wide result = wide_of(~a.half.high, ~a.half.low + 1);
    if (result.half.low == 0) result.half.high++;
    return result;
}

static int is_less(wide a, wide b) {
    return a.half.high != b.half.high ? a.half.high < b.half.high : a.half.low < b.half.low;
}

// Bit by bit: rare enough that short code is worth more than speed.
static wide divide(wide dividend, wide divisor, wide *remainder) {
    wide quotient = wide_of(0, 0), rest = wide_of(0, 0);
    if (divisor.half.high == 0 && divisor.half.low == 0) __builtin_trap();
    for (int bit = 127; bit >= 0; bit--) {
        uint64_t next = bit >= 64 ? dividend.half.high >> (bit - 64) & 1 : dividend.half.low >> bit & 1;
        int overflow = (int)(rest.half.high >> 63);
        rest = wide_of(rest.half.high << 1 | rest.half.low >> 63, rest.half.low << 1 | next);
        if (!overflow && is_less(rest, divisor)) continue;
        uint64_t borrow = rest.half.low < divisor.half.low;
        rest = wide_of(rest.half.high - divisor.half.high - borrow, rest.half.low - divisor.half.low);
        if (bit >= 64) {
            quotient.half.high |= 1ULL << (bit - 64);
        } else {
            quotient.half.low |= 1ULL << bit;
        }
    }
    *remainder = rest;
    return quotient;
}

unsigned __int128 __udivti3(unsigned __int128 x, unsigned __int128 y) {
    wide a = {.natural = x}, b = {.natural = y}, rest;
    return divide(a, b, &rest).natural;
}

unsigned __int128 __umodti3(unsigned __int128 x, unsigned __int128 y) {
    wide a = {.natural = x}, b = {.natural = y}, rest;
    divide(a, b, &rest);
    return rest.natural;
}

static int is_negative(wide a) { return (int)(a.half.high >> 63); }

__int128 __divti3(__int128 x, __int128 y) {
    wide a = {.value = x}, b = {.value = y}, rest;
    int sign = is_negative(a) != is_negative(b);
    wide quotient = divide(is_negative(a) ? negated(a) : a, is_negative(b) ? negated(b) : b, &rest);
    return (sign ? negated(quotient) : quotient).value;
}

__int128 __modti3(__int128 x, __int128 y) {
    wide a = {.value = x}, b = {.value = y}, rest;
    divide(is_negative(a) ? negated(a) : a, is_negative(b) ? negated(b) : b, &rest);
    return (is_negative(a) ? negated(rest) : rest).value;
}

__int128 __ashlti3(__int128 x, int count) {
    wide a = {.value = x};
    if (count == 0) return x;
    if (count >= 64) return wide_of(a.half.low << (count - 64), 0).value;
    return wide_of(a.half.high << count | a.half.low >> (64 - count), a.half.low << count).value;
}

unsigned __int128 __lshrti3(unsigned __int128 x, int count) {
    wide a = {.natural = x};
    if (count == 0) return x;
    if (count >= 64) return wide_of(0, a.half.high >> (count - 64)).natural;
    return wide_of(a.half.high >> count, a.half.low >> count | a.half.high << (64 - count)).natural;
}

__int128 __ashrti3(__int128 x, int count) {
    wide a = {.value = x};
    if (count == 0) return x;
    uint64_t sign = (uint64_t)((int64_t)a.half.high >> 63);
    if (count >= 64) return wide_of(sign, (uint64_t)((int64_t)a.half.high >> (count - 64))).value;
    return wide_of((uint64_t)((int64_t)a.half.high >> count), a.half.low >> count | a.half.high << (64 - count)).value;
}

// Exact: subtracts the divisor, doubled as often as it goes.
double fmod(double x, double y) {
    double rest = __builtin_fabs(x), divisor = __builtin_fabs(y);
    if (divisor == 0 || rest != rest || divisor != divisor || rest == __builtin_inf()) return __builtin_nan("");
    while (rest >= divisor) {
        double part = divisor;
        while (part * 2 <= rest) part *= 2;
        rest -= part;
    }
    return __builtin_copysign(rest, x);
}

float fmodf(float x, float y) { return (float)fmod(x, y); }

#endif
