// `parlour camera`: several cameras in one process, and what is asked of them over IPC:
//   cameras | stats | update ID name|size|fps VALUE | remove ID | quit
#ifndef PARLOUR_FEEDS_H
#define PARLOUR_FEEDS_H

#include "client_options.h"

// Returns the exit code. A source that is dead ends nothing; when the last of them has been refused, its reason is it.
int feeds_run(const struct client_options *options);

#endif
