#include "disk_room.h"

#include <sys/statvfs.h>

#define FLOOR_LEAST ((uint64_t)1 << 30)

struct space {
    uint64_t free, keep;
};

static struct space space_of(int fd, uint64_t floor)
{
    struct statvfs v;
    if (fstatvfs(fd, &v))
        return (struct space){UINT64_MAX, 0};
    uint64_t unit = v.f_frsize;
    return (struct space){v.f_bavail * unit, floor == UINT64_MAX ? MAX(FLOOR_LEAST, v.f_blocks * unit / 20) : floor};
}

uint64_t disk_room_left(int fd, uint64_t floor)
{
    struct space s = space_of(fd, floor);
    return s.free - MIN(s.keep, s.free);
}

bool disk_room_is_needed(int fd, uint64_t floor)
{
    struct space s = space_of(fd, floor);
    return s.free < s.keep / 2;
}
