#include "disk_room.h"

#include <sys/statvfs.h>

#define FLOOR_LEAST ((uint64_t)1 << 30)

uint64_t disk_room_left(int fd, uint64_t floor)
{
    struct statvfs v;
    if (fstatvfs(fd, &v))
        return UINT64_MAX;
    uint64_t unit = v.f_frsize, free_bytes = v.f_bavail * unit;
    uint64_t keep = floor == UINT64_MAX ? MAX(FLOOR_LEAST, v.f_blocks * unit / 20) : floor;
    return free_bytes > keep ? free_bytes - keep : 0;
}
