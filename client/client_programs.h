// What else `parlour` is besides a call: its first word says so, and chooses a table of options.
#ifndef PARLOUR_CLIENT_PROGRAMS_H
#define PARLOUR_CLIENT_PROGRAMS_H

#include "client_options.h"

// True when the first word of a command line names a program other than the call.
bool client_programs_find(const char *word, enum client_program *program);
const struct option_table *client_programs_table(enum client_program program);
// What only this program asks of its words and options. False with one sentence in `why`.
bool client_programs_check(const struct client_options *o, char *why, size_t size);

#endif
