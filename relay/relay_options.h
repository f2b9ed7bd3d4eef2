// The relay's options: one row gives the flag, the config key, the PARLOUR_* variable and the line of --help.
#ifndef PARLOUR_RELAY_OPTIONS_H
#define PARLOUR_RELAY_OPTIONS_H

#include "shared/options.h"

struct relay_options {
    char *listen, *state_dir, *advertise, *tls_cert, *tls_key, *log_format, *admin;
    int control_port, media_port, workers, history_mb, socket_buffer, max_members, max_rooms, drain, verbose;
    bool tls, sandbox, quiet;
};

// Fill from command line, environment and file; strings are the caller's until relay_options_free.
enum options_result relay_options_read(struct relay_options *o, int argc, char **argv);
// The configuration file that is read, malloced; NULL when there is none to look for.
char *relay_options_config(int argc, char **argv);
void relay_options_free(struct relay_options *o);

#endif
