// The cameras of this machine, as the system lists them. None is opened for longer than it takes to ask what it is.
#ifndef PARLOUR_CAMERA_NODES_H
#define PARLOUR_CAMERA_NODES_H

#include "device_names.h"

#include <stdint.h>

// In the order of their numbers: name, id (/dev/v4l/by-id/... when there is one, else the path) and path. `root`: what
// stands before /dev and /sys, "" but for tests.
void camera_nodes_list(const char *root, struct device_names *out);
// A number that is another one when a camera has come, gone or been handed to somebody. Opens none: that may wake one.
uint64_t camera_nodes_state(const char *root);

struct camera_nodes_seen { // zeroed at first
    bool any, settled;     // settled: it was the same the time before
    uint64_t state;
};

// Listing them anew would say what it said before, so that none needs to be opened to be asked. False until the nodes
// have stayed the same once: names and links come after the nodes.
bool camera_nodes_as_before(struct camera_nodes_seen *seen, const char *root);

#endif
