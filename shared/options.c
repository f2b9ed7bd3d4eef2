#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void complain(const struct option_table *t, const char *what, const char *name, const char *advice)
{
    fprintf(stderr, "%s: %s '%s'. %s\n", t->program, what, name, advice);
}

// A value may be an invite link, which has a key in it.
static void drop_string(char **at)
{
    if (*at)
        sodium_memzero(*at, strlen(*at));
    free(*at);
    *at = NULL;
}

// Store a value given as text; false (nothing changed) when it does not fit the row.
static bool store(const struct option_row *row, void *target, const char *text)
{
    void *at = (char *)target + row->offset;
    switch (row->type) {
    case OPTION_BOOL:
        if (!strcmp(text, "yes") || !strcmp(text, "true") || !strcmp(text, "1") || !strcmp(text, "on"))
            *(bool *)at = true;
        else if (!strcmp(text, "no") || !strcmp(text, "false") || !strcmp(text, "0") || !strcmp(text, "off"))
            *(bool *)at = false;
        else
            return false;
        return true;
    case OPTION_COUNT:
    case OPTION_INT: {
        char *end;
        errno = 0;
        long v = strtol(text, &end, 10);
        if (end == text || *end || errno || v < row->min || v > row->max)
            return false;
        *(int *)at = (int)v;
        return true;
    }
    case OPTION_STRING:
        drop_string(at);
        *(char **)at = base_strdup(text);
        return true;
    }
    return false;
}

static const struct option_row *row_by_name(const struct option_table *t, const char *name, size_t n)
{
    for (size_t i = 0; i < t->count; i++)
        if (strlen(t->rows[i].name) == n && !memcmp(t->rows[i].name, name, n))
            return &t->rows[i];
    return NULL;
}

static const struct option_row *row_by_letter(const struct option_table *t, char letter)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->rows[i].letter && t->rows[i].letter == letter)
            return &t->rows[i];
    return NULL;
}

// ---- config file and environment ----

struct config_read {
    FILE *file;
    const struct option_table *table;
    void *target;
    int line, error_line; // the handler is not told the line: lines are counted as they are read
    char error[200];
};

static char *count_line(char *text, int size, void *user)
{
    struct config_read *c = user;
    c->line++;
    return fgets(text, size, c->file);
}

static int config_line(void *user, const char *section, const char *name, const char *value)
{
    struct config_read *c = user;
    (void)section;
    if (c->error_line)
        return 0; // the first error is the one told
    const struct option_row *row = row_by_name(c->table, name, strlen(name));
    if (!row)
        snprintf(c->error, sizeof c->error, "unknown key '%.60s'", name);
    else if (!store(row, c->target, value))
        snprintf(c->error, sizeof c->error, "'%.60s' is not a value for %.60s", value, name);
    if (c->error[0])
        c->error_line = c->line;
    return c->error[0] == 0;
}

static bool read_config(const struct option_table *t, void *target, const char *path, bool must_exist)
{
    struct config_read c = {.file = fopen(path, "re"), .table = t, .target = target};
    char buffer[BUFSIZ]; // ours, so that we can wipe it
    if (c.file)
        setvbuf(c.file, buffer, _IOFBF, sizeof buffer);
    if (!c.file && (errno == ENOENT || errno == ENOTDIR) && !must_exist)
        return true;
    int line = c.file ? ini_parse_stream(count_line, &c, config_line, &c) : -1;
    bool unreadable = !c.file || ferror(c.file); // a folder opens, but cannot be read
    if (c.file)
        fclose(c.file);
    sodium_memzero(buffer, sizeof buffer);
    if (unreadable || line < 0)
        fprintf(stderr, "%s: cannot read the config file %s. Check its name and rights.\n", t->program, path);
    else if (line > 0)
        fprintf(stderr, "%s: %s line %d: %s. Mend or remove this line.\n", t->program, path, line,
                line == c.error_line ? c.error : "not a 'key = value' line");
    return !unreadable && line == 0;
}

static bool read_environment(const struct option_table *t, void *target)
{
    for (size_t i = 0; i < t->count; i++) {
        char name[80] = "PARLOUR_";
        size_t n = strlen(name);
        for (const char *p = t->rows[i].name; *p && n + 1 < sizeof name; p++)
            name[n++] = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
        name[n] = 0;
        const char *value = getenv(name);
        if (value && !store(&t->rows[i], target, value)) {
            complain(t, "unusable value in", name, "See --help.");
            return false;
        }
    }
    return true;
}

// ---- command line ----

struct args {
    int argc, i;
    char **argv;
};

// --name, --name=value, --no-name
static bool long_option(const struct option_table *t, void *target, struct args *a)
{
    const char *name = a->argv[a->i] + 2, *equals = strchr(name, '=');
    size_t n = equals ? (size_t)(equals - name) : strlen(name);
    const struct option_row *row = row_by_name(t, name, n);
    if (!row && !strncmp(name, "no-", 3) && !equals) {
        row = row_by_name(t, name + 3, n - 3);
        if (row && row->type == OPTION_BOOL)
            return store(row, target, "no");
        row = NULL;
    }
    if (!row) {
        complain(t, "unknown option", a->argv[a->i], "See --help.");
        return false;
    }
    const char *value = equals ? equals + 1 : NULL;
    if (row->type == OPTION_COUNT && !value) {
        ++*(int *)((char *)target + row->offset);
        return true;
    }
    if (!value && row->type == OPTION_BOOL)
        value = "yes";
    if (!value && a->i + 1 < a->argc)
        value = a->argv[++a->i];
    if (!value || !store(row, target, value)) {
        complain(t, value ? "unusable value for" : "a value is missing for", row->name, "See --help.");
        return false;
    }
    return true;
}

static bool short_options(const struct option_table *t, void *target, struct args *a)
{
    for (const char *p = a->argv[a->i] + 1; *p; p++) {
        const struct option_row *row = row_by_letter(t, *p);
        if (!row) {
            complain(t, "unknown option", a->argv[a->i], "See --help.");
            return false;
        }
        if (row->type == OPTION_COUNT) {
            ++*(int *)((char *)target + row->offset);
        } else if (row->type == OPTION_BOOL) {
            store(row, target, "yes");
        } else {
            const char *value = p[1] ? p + 1 : a->i + 1 < a->argc ? a->argv[++a->i] : NULL;
            if (!value || !store(row, target, value)) {
                complain(t, "unusable value for", row->name, "See --help.");
                return false;
            }
            return true;
        }
    }
    return true;
}

static enum options_result read_arguments(const struct option_table *t, void *target, struct args *a, char **args,
                                          size_t max, size_t *count)
{
    bool rest = false;
    for (; a->i < a->argc; a->i++) {
        char *word = a->argv[a->i];
        if (!rest && !strcmp(word, "--")) {
            rest = true;
        } else if (!rest && !strcmp(word, "--help")) {
            options_print_help(t);
            return OPTIONS_DONE;
        } else if (!rest && !strcmp(word, "--version")) {
            printf("%s %s\n", t->program, PARLOUR_VERSION);
            return OPTIONS_DONE;
        } else if (!rest && !strcmp(word, "--config")) {
            a->i++; // read before, because the command line wins over it
        } else if (!rest && !strncmp(word, "--config=", 9)) {
            continue;
        } else if (!rest && word[0] == '-' && word[1] == '-') {
            if (!long_option(t, target, a))
                return OPTIONS_USAGE;
        } else if (!rest && word[0] == '-' && word[1]) {
            if (!short_options(t, target, a))
                return OPTIONS_USAGE;
        } else if (*count < max) {
            args[(*count)++] = word;
        } else {
            complain(t, "one word too many:", word, "See --help.");
            return OPTIONS_USAGE;
        }
    }
    return OPTIONS_RUN;
}

bool options_store(const struct option_table *t, void *target, const char *name, const char *value)
{
    const struct option_row *row = row_by_name(t, name, strlen(name));
    return row && store(row, target, value);
}

bool options_show(const struct option_table *t, const void *target, const char *name, char *out, size_t size)
{
    const struct option_row *row = row_by_name(t, name, strlen(name));
    const void *at = row ? (const char *)target + row->offset : NULL;
    const char *text = "";
    int n = -1;
    if (!row)
        return false;
    switch (row->type) {
    case OPTION_BOOL:
        n = snprintf(out, size, "%s", *(const bool *)at ? "yes" : "no");
        break;
    case OPTION_COUNT:
    case OPTION_INT:
        n = snprintf(out, size, "%d", *(const int *)at);
        break;
    case OPTION_STRING:
        text = *(char *const *)at ? *(char *const *)at : "";
        n = snprintf(out, size, "%s", text);
        break;
    }
    return n >= 0 && (size_t)n < size;
}

enum options_result options_parse(const struct option_table *t, void *target, int argc, char **argv,
                                  const char *config_path, char **args, size_t max_args, size_t *arg_count)
{
    return options_parse_with(t, target, argc, argv, config_path, NULL, NULL, args, max_args, arg_count);
}

enum options_result options_parse_with(const struct option_table *t, void *target, int argc, char **argv,
                                       const char *config_path, void (*layer)(void *ctx, void *target), void *ctx,
                                       char **args, size_t max_args, size_t *arg_count)
{
    bool must_exist = false;
    *arg_count = 0;
    for (size_t i = 0; i < t->count; i++)
        if (t->rows[i].fallback)
            store(&t->rows[i], target, t->rows[i].fallback);
    for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
        const char *given = NULL;
        if (!strncmp(argv[i], "--config=", 9))
            given = argv[i] + 9;
        else if (!strcmp(argv[i], "--config"))
            given = i + 1 < argc ? argv[i + 1] : "";
        if (given) {
            config_path = given;
            must_exist = true;
        }
    }
    if (config_path && !read_config(t, target, config_path, must_exist))
        return OPTIONS_CONFIG;
    if (layer)
        layer(ctx, target);
    if (!read_environment(t, target))
        return OPTIONS_CONFIG;
    struct args a = {argc, 1, argv};
    return read_arguments(t, target, &a, args, max_args, arg_count);
}

void options_free(const struct option_table *t, void *target)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->rows[i].type == OPTION_STRING)
            drop_string((char **)((char *)target + t->rows[i].offset));
}

static void help_line(const char *flag, const char *text, const char *fallback)
{
    printf("  %-30s %s", flag, text);
    if (fallback && *fallback)
        printf(" [%s]", fallback);
    putchar('\n');
}

void options_print_help(const struct option_table *t)
{
    printf("Usage: %s %s\n%s\n\n", t->program, t->usage, t->about);
    for (size_t i = 0; i < t->count; i++) {
        const struct option_row *row = &t->rows[i];
        char flag[100];
        int n = row->letter ? snprintf(flag, sizeof flag, "-%c, ", row->letter) : snprintf(flag, sizeof flag, "    ");
        snprintf(flag + n, sizeof flag - (size_t)n, "--%s%s%s%s", row->type == OPTION_BOOL ? "[no-]" : "", row->name,
                 row->value ? " " : "", row->value ? row->value : "");
        help_line(flag, row->help, row->type == OPTION_COUNT ? NULL : row->fallback);
    }
    help_line("    --config FILE", "read settings from FILE (keys are the option names)", NULL);
    help_line("    --help", "print this and end", NULL);
    help_line("    --version", "print the version and end", NULL);
    printf("\nEvery option is also a key of the config file and a variable PARLOUR_NAME.\n");
}
