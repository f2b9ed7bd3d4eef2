#include "reach.h"

#include <stdio.h>

struct transport_config reach_config(const struct client_options *o, const char *pins_path)
{
    return (struct transport_config){.relay_host = o->relay_host,
                                     .relay_port = o->relay_port,
                                     .fingerprint = o->fingerprint,
                                     .tls = o->tls,
                                     .require_fingerprint = o->require_fingerprint,
                                     .pins_path = pins_path};
}

bool reach_waits(const struct client_options *o, struct transport *t, uint64_t since_us, bool before, const char *name,
                 uint64_t now_us, int *exit_code)
{
    if (!o->connect_timeout || !since_us || now_us - since_us < (uint64_t)o->connect_timeout * 1000000)
        return true;
    char why[200] = "";
    transport_last_error(t, why, sizeof why);
    fprintf(stderr, "parlour: %s%s%s the relay %s%s%s. Check the address and that the relay runs.\n", name ? name : "",
            name ? " " : "", before ? "lost" : "cannot reach", o->relay_host, *why ? ": " : "", why);
    *exit_code = before ? EXIT_LOST : EXIT_NOT_CONNECTED;
    return false;
}
