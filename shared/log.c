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

// Control bytes would let foreign text forge lines or drive a terminal; 0x80-0x9f are UTF-8 tails and stay.
static void escape(char *out, size_t size, const char *in)
{
    static const char hex[] = "0123456789abcdef";
    size_t n = 0;
    for (; *in && n + 5 < size; in++) {
        unsigned char c = (unsigned char)*in;
        if (c < 0x20 || c == 0x7f) {
            out[n++] = '\\';
            out[n++] = 'x';
            out[n++] = hex[c >> 4];
            out[n++] = hex[c & 15];
        } else if (as_json && (c == '"' || c == '\\')) {
            out[n++] = '\\';
            out[n++] = (char)c;
        } else {
            out[n++] = (char)c;
        }
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
