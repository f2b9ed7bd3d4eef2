// How the options say to reach the relay, and how long without it is too long: for who has a screen and who has none.
#ifndef PARLOUR_REACH_H
#define PARLOUR_REACH_H

#include "client_options.h"
#include "net/transport.h"

// A transport's configuration as far as options have it. What it points to is theirs and `pins_path`.
struct transport_config reach_config(const struct client_options *o, const char *pins_path);
// Away from the relay since then (CLOCK_MONOTONIC us; 0 = it is there). False: --connect-timeout is over, and stderr
// says so, of `name` when it is not NULL; *exit_code is set. `before`: it was there once.
bool reach_waits(const struct client_options *o, struct transport *t, uint64_t since_us, bool before, const char *name,
                 uint64_t now_us, int *exit_code);

#endif
