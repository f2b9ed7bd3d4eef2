// Rights given up once the ports are open: what a hole in the relay could still do is little more than what the relay
// does. To be called while there is one thread; all later ones inherit it.
#ifndef PARLOUR_SANDBOX_H
#define PARLOUR_SANDBOX_H

#include "shared/base.h"

enum { SANDBOX_DIRS = 8 };

struct sandbox {
    const char *readable[SANDBOX_DIRS]; // directories that stay readable, with what is below; NULL = none
};

// No new privileges, no core dumps, no look from other processes; then Landlock: files can only be read, only below
// `readable`, and no TCP port can be opened or called; then seccomp: no exec, no fork, no new executable memory, no
// ptrace, no socket but UDP, no file opened for writing. A call no program of good intent would make ends the process;
// others fail with EPERM. What this kernel does not know is left out; one log line tells what holds.
void sandbox_enter(const struct sandbox *s);

#endif
