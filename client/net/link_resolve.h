// Names to addresses off the link thread: getaddrinfo may block for half a minute and cannot be interrupted, so each
// look-up runs on a helper that is simply forgotten when nobody waits any more. At most 4 helpers exist in a process.
#ifndef PARLOUR_LINK_RESOLVE_H
#define PARLOUR_LINK_RESOLVE_H

#include "shared/addr.h"

enum { LINK_RESOLVE_MAX = 8 };

enum link_resolve_state { LINK_RESOLVE_RUNNING, LINK_RESOLVE_DONE, LINK_RESOLVE_FAILED };

struct link_resolve; // one look-up

// Start looking up; `wake` is called on the helper when it is done. NULL when too many are still running.
struct link_resolve *link_resolve_start(const char *host, uint16_t port, void (*wake)(void *ctx), void *ctx);
// The state; when DONE up to LINK_RESOLVE_MAX addresses in the system's order, when FAILED the system's words.
enum link_resolve_state link_resolve_poll(struct link_resolve *r, struct addr *out, size_t *count, const char **why);
// Let go of it, done or not: `wake` is not called after this returns. NULL is fine.
void link_resolve_forget(struct link_resolve *r);

#endif
