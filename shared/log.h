// Logs: logfmt (or JSON) lines on stderr, one record a line, repeats folded, everything foreign escaped.
// Never message text, keys, URL fragments.
#ifndef PARLOUR_LOG_H
#define PARLOUR_LOG_H

#include "base.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_setup(enum log_level most, bool json);
enum log_level log_most(void);
// One record: `component` is the file's name, `fmt` is "words key=value ...". Thread-safe. A line is cut at 512 bytes,
// control bytes are escaped, the same line again within a second is counted and told once.
void log_line(enum log_level level, const char *component, const char *fmt, ...) PRINTF_ARGS(3, 4);

#define log_error(c, ...) log_line(LOG_ERROR, c, __VA_ARGS__)
#define log_warn(c, ...)  log_line(LOG_WARN, c, __VA_ARGS__)
#define log_info(c, ...)  log_line(LOG_INFO, c, __VA_ARGS__)
#define log_debug(c, ...)                                                                                              \
    do {                                                                                                               \
        if (log_most() >= LOG_DEBUG)                                                                                   \
            log_line(LOG_DEBUG, c, __VA_ARGS__);                                                                       \
    } while (0)

#endif
