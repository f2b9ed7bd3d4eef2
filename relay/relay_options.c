#define _GNU_SOURCE
#include "relay_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT(field) offsetof(struct relay_options, field)

static const struct option_row rows[] = {
    {"listen", 'l', OPTION_STRING, AT(listen), "", 0, 0, "ADDR", "literal address to listen on; empty = all"},
    {"control-port", 0, OPTION_INT, AT(control_port), "5000", 0, 65535, "PORT", "TCP port; 0 = any free one"},
    {"media-port", 0, OPTION_INT, AT(media_port), "5001", 0, 65535, "PORT", "UDP port; 0 = any free one"},
    {"workers", 0, OPTION_INT, AT(workers), "1", 1, 32, "N",
     "threads that forward, on one port; one serves most sites"},
    {"history-mb", 0, OPTION_INT, AT(history_mb), "32", 1, 2048, "MIB",
     "memory for repeating what was lost, at most 1 s"},
    {"socket-buffer", 0, OPTION_INT, AT(socket_buffer), "4096", 64, 65536, "KIB", "UDP socket buffer asked for"},
    {"max-members", 0, OPTION_INT, AT(max_members), "1000", 2, 4000, "N", "members at a time"},
    {"max-rooms", 0, OPTION_INT, AT(max_rooms), "250", 1, 1000, "N", "rooms at a time"},
    {"state-dir", 0, OPTION_STRING, AT(state_dir), "", 0, 0, "DIR", "where the relay's keys are kept"},
    {"advertise", 0, OPTION_STRING, AT(advertise), "", 0, 0, "HOST[:PORT]", "media address told to clients (NAT)"},
    {"admin", 0, OPTION_STRING, AT(admin), "auto", 0, 0, "ADDR:PORT|none",
     "/healthz and /metrics; auto = 127.0.0.1:5002 when it is free"},
    {"drain", 0, OPTION_INT, AT(drain), "10", 0, 3600, "SECONDS", "after SIGTERM go on so long for those in a call"},
    {"tls", 0, OPTION_BOOL, AT(tls), "yes", 0, 0, NULL, "serve TLS; --no-tls is for tests"},
    {"tls-cert", 0, OPTION_STRING, AT(tls_cert), "", 0, 0, "FILE",
     "own certificate (PEM) instead of a self-signed one"},
    {"tls-key", 0, OPTION_STRING, AT(tls_key), "", 0, 0, "FILE", "its private key (PEM)"},
    {"log-format", 0, OPTION_STRING, AT(log_format), "logfmt", 0, 0, "logfmt|json", "how log lines look"},
    {"sandbox", 0, OPTION_BOOL, AT(sandbox), "yes", 0, 0, NULL, "give up rights after the start"},
    {"verbose", 'v', OPTION_COUNT, AT(verbose), "0", 0, 9, NULL, "say more"},
    {"quiet", 'q', OPTION_BOOL, AT(quiet), "no", 0, 0, NULL, "say errors only"},
};

static const struct option_table table = {
    .program = "parlour-relay",
    .usage = "[OPTION]...",
    .about = "The relay Parlour calls talk through: it forwards sealed datagrams and holds no key to them.",
    .rows = rows,
    .count = ARRAY_LEN(rows),
};

static char *join(const char *a, const char *b)
{
    char *out;
    if (asprintf(&out, "%s%s", a, b) < 0)
        exit(EXIT_INTERNAL);
    return out;
}

static char *config_path(void)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (geteuid() == 0)
        return base_strdup("/etc/parlour/relay.conf");
    if (config && *config)
        return join(config, "/parlour/relay.conf");
    return home && *home ? join(home, "/.config/parlour/relay.conf") : NULL;
}

static char *state_path(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (state && *state)
        return join(state, "/parlour-relay");
    if (geteuid() != 0 && home && *home)
        return join(home, "/.local/state/parlour-relay");
    return base_strdup("/var/lib/parlour-relay");
}

static bool refuse(const char *why)
{
    fprintf(stderr, "parlour-relay: %s. See --help.\n", why);
    return false;
}

static bool sensible(const struct relay_options *o)
{
    if (strcmp(o->log_format, "logfmt") && strcmp(o->log_format, "json"))
        return refuse("--log-format is logfmt or json");
    if (!*o->tls_cert != !*o->tls_key)
        return refuse("--tls-cert and --tls-key go together");
    return true;
}

enum options_result relay_options_read(struct relay_options *o, int argc, char **argv)
{
    char *path = config_path();
    size_t rest;
    memset(o, 0, sizeof *o);
    enum options_result result = options_parse(&table, o, argc, argv, path, NULL, 0, &rest);
    free(path);
    if (result != OPTIONS_RUN)
        return result;
    if (!sensible(o))
        return OPTIONS_USAGE;
    if (!*o->state_dir) {
        free(o->state_dir);
        o->state_dir = state_path();
    }
    return OPTIONS_RUN;
}

char *relay_options_config(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--config=", 9) == 0)
            return base_strdup(argv[i] + 9);
        if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
            return base_strdup(argv[i + 1]);
    }
    return config_path();
}

void relay_options_free(struct relay_options *o)
{
    options_free(&table, o);
}
