// What the command line orders about identities: --list-identities, --forget-identity and the like.
#ifndef PARLOUR_IDENTITY_ORDERS_H
#define PARLOUR_IDENTITY_ORDERS_H

#include "client_options.h"

// Do the one order there is (options->has_order), print what was done on stdout and return the exit code: 64 when
// nobody is called so, 78 when the data directory cannot be used; then with a sentence on stderr.
int identity_orders_run(const struct client_options *options);

#endif
