// Room on a disk for what this program writes: whatever it keeps, the rest of the machine needs some, too. May wait for
// the disk.
#ifndef PARLOUR_DISK_ROOM_H
#define PARLOUR_DISK_ROOM_H

#include "shared/base.h"

// How many bytes may still be written to the disk of this open file or folder, so that `floor` stay free; UINT64_MAX as
// floor = the larger of 1 GiB and a twentieth of the disk. UINT64_MAX when the disk does not say: then writing tells.
uint64_t disk_room_left(int fd, uint64_t floor);
// Less than half of what is to stay free is: somebody else needs more than that, and so what of ours can be spared.
bool disk_room_is_needed(int fd, uint64_t floor);

#endif
