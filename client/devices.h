// What cameras, microphones and loudspeakers there are, under names that outlast being plugged in anew.
#ifndef PARLOUR_DEVICES_H
#define PARLOUR_DEVICES_H

#include "device_names.h"

#include <stdint.h>
#include <stdio.h>

// Any thread. `id` of each is what --camera, --microphone and --speaker take. Opens none. A sound server that does not
// answer within wait_us (0: it is not waited for) leaves what it said before; false when it has never said anything.
bool devices_list(enum devices_kind kind, struct device_names *out, uint64_t wait_us);
// --list-devices: all of them, for people. Returns the exit code.
int devices_print(FILE *out);

#endif
