#include "app.h"
#include "identity_orders.h"

#include "shared/log.h"

#include <sodium.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    struct client_options options = {0};
    int exit_code = EXIT_OK;
    if (sodium_init() < 0) {
        fputs("parlour: the cryptographic library does not start.\n", stderr);
        return EXIT_INTERNAL;
    }
    if (client_options_read(&options, argc, argv, &exit_code)) {
        log_setup((enum log_level)options.log_level, options.log_json);
        exit_code = options.has_order ? identity_orders_run(&options) : app_run(&options);
    }
    client_options_free(&options);
    return exit_code;
}
