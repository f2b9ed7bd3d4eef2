// `parlour serve DIR`: a library of films as a member of a room. Over IPC:
//   films | playing | quit
#ifndef PARLOUR_LIBRARY_H
#define PARLOUR_LIBRARY_H

#include "client/client_options.h"

// Returns the exit code.
int library_run(const struct client_options *options);

#endif
