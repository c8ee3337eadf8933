// Text to double, correctly rounded, for a sandbox that has no C library.
//
// Short numbers are exact in double arithmetic (Clinger's fast path). The others are a quotient of two large integers,
// whose bits are taken one by one: slow, but short, and evidently right.

#include "mesh_number.h"
#include <stddef.h>
#include <stdint.h>

// A decimal with more digits than this can't be told from one that goes on with a 1: a double and its neighbour's midpoint
// have at most 767 digits.
enum { MOST_DIGITS = 780, WORDS = 160 };

typedef struct {
    uint32_t words[WORDS];  // least significant first
    int count;
} natural;

static void multiply_add(natural *n, uint32_t factor, uint32_t addend) {
    uint64_t carry = addend;
    for (int i = 0; i < n->count; i++) {
        carry += (uint64_t)n->words[i] * factor;
        n->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry && n->count < WORDS) n->words[n->count++] = (uint32_t)carry;
}

static void multiply_by_power_of_ten(natural *n, int exponent) {
    for (; exponent >= 9; exponent -= 9) multiply_add(n, 1000000000, 0);
    for (; exponent > 0; exponent--) multiply_add(n, 10, 0);
}

static void shift_left(natural *n, int bits) {
    for (; bits >= 31; bits -= 31) multiply_add(n, 1u << 31, 0);
    if (bits > 0) multiply_add(n, 1u << bits, 0);
}

static int compare(const natural *a, const natural *b) {
    if (a->count != b->count) return a->count < b->count ? -1 : 1;
    for (int i = a->count - 1; i >= 0; i--)
        if (a->words[i] != b->words[i]) return a->words[i] < b->words[i] ? -1 : 1;
    return 0;
}

static void subtract(natural *a, const natural *b) {
    int64_t borrow = 0;
    for (int i = 0; i < a->count; i++) {
        int64_t difference = (int64_t)a->words[i] - (i < b->count ? b->words[i] : 0) + borrow;
        a->words[i] = (uint32_t)difference;
        borrow = difference < 0 ? -1 : 0;
    }
    while (a->count > 0 && a->words[a->count - 1] == 0) a->count--;
}

static int bit_length(const natural *n) {
    return n->count == 0 ? 0 : n->count * 32 - __builtin_clz(n->words[n->count - 1]);
}

static double from_bits(uint64_t bits) {
    union {
        uint64_t bits;
        double value;
    } both = {.bits = bits};
    return both.value;
}

// The double nearest to numerator / denominator.
static double nearest(natural *numerator, natural *denominator) {
    // Scales the quotient into [1, 2); its value is then that times 2^exponent.
    int exponent = bit_length(numerator) - bit_length(denominator);
    if (exponent > 0) shift_left(denominator, exponent); else shift_left(numerator, -exponent);
    if (compare(numerator, denominator) < 0) {
        shift_left(numerator, 1);
        exponent--;
    }
    if (exponent > 1023) return from_bits(0x7FF0000000000000);
    // Subnormal numbers have fewer bits.
    int count = exponent >= -1022 ? 53 : 53 - (-1022 - exponent);
    if (count < 0) return 0;
    uint64_t bits = 0;
    for (int i = 0; i < count; i++) {
        bits <<= 1;
        if (compare(numerator, denominator) >= 0) {
            subtract(numerator, denominator);
            bits |= 1;
        }
        shift_left(numerator, 1);
    }
    int rest = compare(numerator, denominator);
    if (rest > 0 || (rest == 0 && bits & 1)) bits++;
    if (exponent < -1022) return from_bits(bits);
    // A carry out of the 53 bits runs into the exponent, as it should, up to infinity.
    return from_bits(((uint64_t)(exponent + 1023) << 52) + (bits - (1ULL << 52)));
}

static const double exact_powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

// `digits` are significant ones, without point; the value is theirs times 10^exponent.
static double convert(const unsigned char *digits, int count, int64_t exponent) {
    if (count == 0) return 0;
    if (count <= 15 && exponent >= -22 && exponent <= 22) {
        uint64_t value = 0;
        for (int i = 0; i < count; i++) value = value * 10 + digits[i];
        return exponent < 0 ? (double)value / exact_powers[-exponent] : (double)value * exact_powers[exponent];
    }
    if (exponent + count > 310) return from_bits(0x7FF0000000000000);
    if (exponent + count < -326) return 0;
    natural numerator = {.count = 0}, denominator = {.count = 1, .words = {1}};
    for (int i = 0; i < count; i++) multiply_add(&numerator, 10, digits[i]);
    if (exponent >= 0) multiply_by_power_of_ten(&numerator, (int)exponent);
    else multiply_by_power_of_ten(&denominator, (int)-exponent);
    return nearest(&numerator, &denominator);
}

static const char *after_word(const char *text, const char *word) {
    while (*word) {
        if ((*text | 0x20) != *word) return NULL;
        text++;
        word++;
    }
    return text;
}

const char *mesh_parse_double(const char *text, double *result) {
    const char *at = text;
    int is_negative = *at == '-';
    if (*at == '-' || *at == '+') at++;
    double value = 0;
    const char *end;
    if ((end = after_word(at, "infinity")) || (end = after_word(at, "inf"))) {
        value = from_bits(0x7FF0000000000000);
    } else if ((end = after_word(at, "nan"))) {
        value = from_bits(0x7FF8000000000000);
    } else {
        unsigned char digits[MOST_DIGITS + 1];
        int count = 0, seen = 0, is_behind_point = 0;
        int64_t exponent = 0;
        for (;; at++) {
            if (*at == '.' && !is_behind_point) {
                is_behind_point = 1;
                continue;
            }
            if (*at < '0' || *at > '9') break;
            seen = 1;
            if (is_behind_point) exponent--;
            if (count == 0 && *at == '0') continue;
            if (count < MOST_DIGITS) {
                digits[count++] = (unsigned char)(*at - '0');
            } else {
                // Beyond, it only matters whether there is anything.
                if (*at != '0' && count == MOST_DIGITS) digits[count++] = 1, exponent--;
                exponent++;
            }
        }
        if (!seen) return NULL;
        end = at;
        if (*at == 'e' || *at == 'E') {
            const char *next = at + 1;
            int is_small = *next == '-';
            if (*next == '-' || *next == '+') next++;
            if (*next >= '0' && *next <= '9') {
                int64_t power = 0;
                for (; *next >= '0' && *next <= '9'; next++)
                    if (power < 100000000) power = power * 10 + (*next - '0');
                exponent += is_small ? -power : power;
                end = next;
            }
        }
        value = convert(digits, count, exponent);
    }
    *result = is_negative ? -value : value;
    return end;
}

#ifdef __wasm__

// What the standard library calls for `Double("1.5")` and `Float("1.5")`.
const char *_swift_stdlib_strtod_clocale(const char *text, double *result) { return mesh_parse_double(text, result); }

const char *_swift_stdlib_strtof_clocale(const char *text, float *result) {
    double value;
    const char *end = mesh_parse_double(text, &value);
    if (end) *result = (float)value;
    return end;
}

#endif
