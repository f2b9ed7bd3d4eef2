// How a row of the option tables is written, for the files that have such tables.
#ifndef PARLOUR_CLIENT_ROWS_H
#define PARLOUR_CLIENT_ROWS_H

#include "client_options.h"

#include <stddef.h>

#define ROW(name, letter, type, member, fallback, min, max, value, help)                                               \
    {                                                                                                                  \
        name, letter, type, offsetof(struct client_options, member), fallback, min, max, value, help                   \
    }
#define TEXT(name, member, fallback, value, help) ROW(name, 0, OPTION_STRING, member, fallback, 0, 0, value, help)
#define FLAG(name, member, fallback, help)        ROW(name, 0, OPTION_BOOL, member, fallback, 0, 0, NULL, help)
#define NUMBER(name, member, fallback, min, max, value, help)                                                          \
    ROW(name, 0, OPTION_INT, member, fallback, min, max, value, help)

#endif
