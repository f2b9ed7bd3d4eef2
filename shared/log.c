#define _GNU_SOURCE
#include "log.h"

#include "clock.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LINE_MAX = 512, FOLD_US = 1000000 };

static _Atomic int most = LOG_INFO;
static bool as_json; // set once before threads start

// Folding: the last record and how often it came again. Covered by `lock`.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char last[LINE_MAX];
static uint64_t last_us;
static unsigned repeats;

void log_setup(enum log_level level, bool json)
{
    most = (int)level;
    as_json = json;
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

// Control bytes and C1 controls would let foreign text forge lines or drive a terminal; broken UTF-8 would break JSON.
static void escape(char *out, size_t size, const char *in)
{
    static const char hex[] = "0123456789abcdef";
    size_t n = 0;
    for (const unsigned char *p = (const unsigned char *)in; *p && n + 7 < size;) {
        size_t length = utf8_length(p);
        if (length == 0 || *p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0)) {
            for (const char *c = as_json ? "\\u00" : "\\x"; *c; c++)
                out[n++] = *c;
            out[n++] = hex[*p >> 4];
            out[n++] = hex[*p & 15];
            length = 1;
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
        fprintf(stderr, "{\"time\":\"%s.%03ldZ\",\"level\":\"%s\",\"component\":\"%s\",\"msg\":\"%s\"}\n", when,
                now.tv_nsec / 1000000, level, component, text);
    else
        fprintf(stderr, "time=%s.%03ldZ level=%s component=%s msg=%s\n", when, now.tv_nsec / 1000000, level, component,
                text);
}

void log_line(enum log_level level, const char *component, const char *fmt, ...)
{
    static const char *names[] = {"error", "warn", "info", "debug"};
    if ((int)level > most)
        return;
    char raw[LINE_MAX], text[LINE_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(raw, sizeof raw, fmt, ap);
    va_end(ap);
    escape(text, sizeof text, raw);
    uint64_t now = clock_now_us();
    pthread_mutex_lock(&lock);
    if (strcmp(text, last) == 0 && now - last_us < FOLD_US) {
        repeats++;
    } else {
        if (repeats) {
            char folded[64];
            snprintf(folded, sizeof folded, "the line before came %u more times", repeats);
            emit("info", "log", folded);
        }
        repeats = 0;
        memcpy(last, text, sizeof last);
        last_us = now;
        emit(names[level], component, text);
    }
    pthread_mutex_unlock(&lock);
}
