// One table a program: each row is a flag, a config key, a PARLOUR_* variable and a line of --help.
// Precedence: command line, environment, config file (INI, section headers ignored), default.
#ifndef PARLOUR_OPTIONS_H
#define PARLOUR_OPTIONS_H

#include "base.h"

enum option_type { OPTION_BOOL, OPTION_INT, OPTION_STRING, OPTION_COUNT };

struct option_row {
    const char *name; // "relay" gives --relay, key relay, PARLOUR_RELAY
    char letter;      // short flag or 0
    enum option_type type;
    size_t offset;        // of the bool, int or char * in the program's struct
    const char *fallback; // default as text, NULL = zero
    int min, max;         // OPTION_INT only
    const char *value;    // what the help calls the value: "HOST[:PORT]"
    const char *help;     // one line
};

struct option_table {
    const char *program; // "parlour"
    const char *usage;   // "[URL|CODE] [OPTION]..."
    const char *about;   // one sentence
    const struct option_row *rows;
    size_t count;
};

enum options_result { OPTIONS_RUN, OPTIONS_DONE /* --help or --version was printed */, OPTIONS_USAGE, OPTIONS_CONFIG };

// Fill `target` (zeroed by the caller; strings are malloced). `config_path` may be NULL or absent; a `--config FILE` on
// the command line replaces it and must exist. Non-option arguments: at most `max_args`, into args. On OPTIONS_USAGE
// and OPTIONS_CONFIG one clear sentence has been written to stderr; exit with 64 or 78.
enum options_result options_parse(const struct option_table *table, void *target, int argc, char **argv,
                                  const char *config_path, char **args, size_t max_args, size_t *arg_count);
// The same with one more layer: between the config file and the environment `layer` may store values of its own
// (options_store). NULL = none.
enum options_result options_parse_with(const struct option_table *table, void *target, int argc, char **argv,
                                       const char *config_path, void (*layer)(void *ctx, void *target), void *ctx,
                                       char **args, size_t max_args, size_t *arg_count);
// One value as text, of an option by its name. False, and nothing is changed, when there is no such option or the value
// does not fit it.
bool options_store(const struct option_table *table, void *target, const char *name, const char *value);
// The value an option has, as options_store takes it ("" = not set). False when there is no such option or it is too
// long for `size`.
bool options_show(const struct option_table *table, const void *target, const char *name, char *out, size_t size);
void options_free(const struct option_table *table, void *target); // strings are wiped
void options_print_help(const struct option_table *table);

#endif
