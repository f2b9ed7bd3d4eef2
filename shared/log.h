// Logs: logfmt (or JSON) lines on stderr, one record a line, repeats folded, everything foreign escaped.
// Never message text, keys, URL fragments.
#ifndef PARLOUR_LOG_H
#define PARLOUR_LOG_H

#include "base.h"

enum { LOG_PER_S = 10 };
enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

// Before threads start.
void log_setup(enum log_level most, bool json);
void log_set_level(enum log_level most); // at any time
enum log_level log_most(void);
// One record: `component` is the file's name, `fmt` is "words key=value ...". Thread-safe. A line is cut at 512 bytes;
// control and bidi characters are escaped; the same line again within a second is counted and told once; of one
// component and level only LOG_PER_S lines a second are written, then how many were suppressed.
void log_line(enum log_level level, const char *component, const char *fmt, ...) PRINTF_ARGS(3, 4);

// Tell what has been folded or suppressed and is due; to be called now and then where lines may come to an end.
void log_tick(void);
// Lines written, and those that were not because too many came at once.
void log_counts(uint64_t *lines, uint64_t *suppressed);

#define log_error(c, ...) log_line(LOG_ERROR, c, __VA_ARGS__)
#define log_warn(c, ...)  log_line(LOG_WARN, c, __VA_ARGS__)
#define log_info(c, ...)  log_line(LOG_INFO, c, __VA_ARGS__)
#define log_debug(c, ...)                                                                                              \
    do {                                                                                                               \
        if (log_most() >= LOG_DEBUG)                                                                                   \
            log_line(LOG_DEBUG, c, __VA_ARGS__);                                                                       \
    } while (0)

#endif
