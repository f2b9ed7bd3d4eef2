// Small words used everywhere.
#ifndef PARLOUR_BASE_H
#define PARLOUR_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a)            (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)               ((a) < (b) ? (a) : (b))
#define MAX(a, b)               ((a) > (b) ? (a) : (b))
#define CLAMP(v, lo, hi)        ((v) < (lo) ? (lo) : (v) > (hi) ? (hi) : (v))
#define PRINTF_ARGS(fmt, first) __attribute__((format(printf, fmt, first)))
#define MUST_USE                __attribute__((warn_unused_result))

// MIN and MAX work out what they choose twice: not for what does something. The earlier of two times:
static inline uint64_t base_sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

// 1 in a build with a sanitizer (gcc tells by the second, clang by the first way).
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define BASE_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BASE_SANITIZED 1
#endif
#ifndef BASE_SANITIZED
#define BASE_SANITIZED 0
#endif

#define PARLOUR_VERSION "0.1.0"

// Exit codes of both programs (DESIGN §8).
enum exit_code {
    EXIT_OK = 0,
    EXIT_NOT_CONNECTED = 1,
    EXIT_LOST = 2,
    EXIT_REFUSED = 3,
    EXIT_USAGE_ERROR = 64,
    EXIT_NO_DEVICE = 69,
    EXIT_INTERNAL = 70,
    EXIT_BAD_CONFIG = 78
};

// Small allocations that must not fail: they end the process (exit 70) rather than run untested paths.
void *base_alloc(size_t size); // zeroed
char *base_strdup(const char *s);

#endif
