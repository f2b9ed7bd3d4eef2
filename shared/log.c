#define _GNU_SOURCE
#include "log.h"

#include "clock.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    LINE_MAX = 512,
    HEAD_MAX = 112, // time, level, component and what JSON needs around them
    TEXT_MAX = LINE_MAX - HEAD_MAX,
    FOLD_US = 1000000,
    RATE_US = 1000000,
    RATES = 32 // components times levels; those that find no place share the last
};

static _Atomic int most = LOG_INFO;
static bool as_json; // set once before threads start

// Covered by `lock`. Folding: the last record and how often it came again.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char last[TEXT_MAX];
static uint64_t last_us;
static unsigned repeats;
static uint64_t written, held_back;
static struct rate {
    const char *component; // NULL = free
    int level;
    uint64_t since_us;
    unsigned count, suppressed;
} rate[RATES];

void log_setup(enum log_level level, bool json)
{
    most = (int)level;
    as_json = json;
    pthread_mutex_lock(&lock);
    memset(rate, 0, sizeof rate);
    pthread_mutex_unlock(&lock);
}

void log_set_level(enum log_level level)
{
    most = (int)level;
}

enum log_level log_most(void)
{
    return (enum log_level)most;
}

// The length of the UTF-8 character at `p`, 0 when it is none (RFC 3629).
static size_t utf8_length(const unsigned char *p)
{
    size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80) // the end, too
            return 0;
    bool too_long = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool no_character = (p[0] == 0xed && p[1] >= 0xa0) || (p[0] == 0xf4 && p[1] >= 0x90);
    return too_long || no_character ? 0 : n;
}

// The code point of a character that turns the direction of text or ends a line, else 0.
static unsigned steering(const unsigned char *p, size_t length)
{
    unsigned c = length == 2   ? (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu)
                 : length == 3 ? (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu)
                               : 0;
    bool is = c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    return is ? c : 0;
}

// Control bytes, C1 controls and what turns the direction would let foreign text forge lines or drive a terminal;
// broken UTF-8 would break JSON.
static void escape(char *out, size_t size, const char *in)
{
    size_t n = 0;
    for (const unsigned char *p = (const unsigned char *)in; *p && n + 9 < size;) {
        size_t length = utf8_length(p);
        unsigned turn = steering(p, length);
        if (length == 0 || *p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0)) {
            n += (size_t)snprintf(out + n, size - n, as_json ? "\\u00%02x" : "\\x%02x", *p);
            length = 1;
        } else if (turn) {
            n += (size_t)snprintf(out + n, size - n, as_json ? "\\u%04x" : "\\u{%x}", turn);
        } else {
            if (as_json && (*p == '"' || *p == '\\'))
                out[n++] = '\\';
            memcpy(out + n, p, length);
            n += length;
        }
        p += length;
    }
    out[n] = 0;
}

static void emit(const char *level, const char *component, const char *text)
{
    char when[40];
    struct timespec now;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &tm);
    if (as_json)
        fprintf(stderr, "{\"time\":\"%s.%03ldZ\",\"level\":\"%s\",\"component\":\"%.24s\",\"msg\":\"%s\"}\n", when,
                now.tv_nsec / 1000000, level, component, text);
    else
        fprintf(stderr, "time=%s.%03ldZ level=%s component=%.24s msg=%s\n", when, now.tv_nsec / 1000000, level,
                component, text);
    written++;
}

static void tell_suppressed(struct rate *r)
{
    char text[96];
    if (r->suppressed == 0)
        return;
    snprintf(text, sizeof text, "%u lines suppressed of component=%.24s", r->suppressed, r->component);
    r->suppressed = 0;
    emit("warn", "log", text);
}

// May `lines` more be written now? Debug lines are asked for and not bounded.
static bool may_write(enum log_level level, const char *component, unsigned lines, uint64_t now)
{
    struct rate *r = rate;
    if (level >= LOG_DEBUG)
        return true;
    while (r < rate + RATES - 1 && r->component && (r->level != (int)level || strcmp(r->component, component)))
        r++;
    if (!r->component) {
        r->component = component;
        r->level = (int)level;
    }
    if (now - r->since_us >= RATE_US) {
        tell_suppressed(r);
        r->since_us = now;
        r->count = 0;
    }
    if (r->count >= LOG_PER_S) {
        r->suppressed++;
        held_back++;
        return false;
    }
    r->count += lines;
    return true;
}

static void tell_repeats(void)
{
    char folded[64];
    if (repeats == 0)
        return;
    snprintf(folded, sizeof folded, "the line before came %u more times", repeats);
    repeats = 0;
    emit("info", "log", folded);
}

void log_line(enum log_level level, const char *component, const char *fmt, ...)
{
    static const char *names[] = {"error", "warn", "info", "debug"};
    if ((int)level > most)
        return;
    char raw[LINE_MAX], text[TEXT_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(raw, sizeof raw, fmt, ap);
    va_end(ap);
    escape(text, sizeof text, raw);
    uint64_t now = clock_now_us();
    pthread_mutex_lock(&lock);
    if (strcmp(text, last) == 0 && now - last_us < FOLD_US) {
        repeats++;
    } else if (may_write(level, component, repeats ? 2 : 1, now)) {
        tell_repeats();
        memcpy(last, text, sizeof last);
        last_us = now;
        emit(names[level], component, text);
    }
    pthread_mutex_unlock(&lock);
}

void log_tick(void)
{
    uint64_t now = clock_now_us();
    pthread_mutex_lock(&lock);
    if (now - last_us >= FOLD_US)
        tell_repeats();
    for (struct rate *r = rate; r < rate + RATES; r++)
        if (r->suppressed && now - r->since_us >= RATE_US)
            tell_suppressed(r);
    pthread_mutex_unlock(&lock);
}

void log_counts(uint64_t *lines, uint64_t *suppressed)
{
    pthread_mutex_lock(&lock);
    *lines = written;
    *suppressed = held_back;
    pthread_mutex_unlock(&lock);
}
