// How loud others are to be, kept in DATA_DIR/volumes: a line each, the identity key in hex and percent. Main thread.
#ifndef PARLOUR_VOLUMES_FILE_H
#define PARLOUR_VOLUMES_FILE_H

#include "volumes.h"

// What the file says; nothing when there is none. One that cannot be read is told in one log line.
void volumes_file_read(const char *path, struct volumes *out);
// Replaces the file as a whole, 0600. It is not waited for until it is on the disk: what a power cut takes is set
// again. False (logged) when it could not be written.
bool volumes_file_write(const char *path, const struct volumes *v);

#endif
