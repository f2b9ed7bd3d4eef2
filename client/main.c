#include "app.h"
#include "devices.h"
#include "feeds.h"
#include "identity_orders.h"
#include "language.h"
#include "library/library.h"
#include "secrets.h"
#include "sound_device.h"

#include "shared/log.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { STACK_WIPED = 64 << 10 }; // what reading the options may have used

static int run_program(struct client_options *o)
{
    switch (o->program) {
    case CLIENT_CAMERA:
        return feeds_run(o);
    case CLIENT_LIBRARY:
        return library_run(o);
    case CLIENT_CALL:
        break;
    }
    return o->list_devices ? devices_print(stdout) : o->has_order ? identity_orders_run(o) : app_run(o);
}

int main(int argc, char **argv)
{
    int exit_code = EXIT_OK;
    secrets_start();
    // Guarded, for the invite in it.
    struct client_options *options = sodium_init() < 0 ? NULL : sodium_malloc(sizeof *options);
    if (!options) {
        fputs("parlour: the cryptographic library does not start.\n", stderr);
        return EXIT_INTERNAL;
    }
    bool run = client_options_read(options, argc, argv, &exit_code);
    secrets_hide(argc, argv);
    sodium_stackzero(STACK_WIPED);
    secrets_scrub();
    if (run) {
        language_choose(options->language ? options->language : "en");
        log_setup((enum log_level)options->log_level, options->log_json);
        sound_device_introduce();
        exit_code = run_program(options);
    }
    sodium_mprotect_readwrite(options);
    client_options_free(options);
    sodium_free(options);
    return exit_code;
}
