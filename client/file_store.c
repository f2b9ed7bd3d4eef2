#define _GNU_SOURCE
#include "file_store.h"

#include "disk_room.h"
#include "file_map.h"
#include "shared/base.h"
#include "shared/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PREFIX ".parlour-"

// ---- opening ----

// `name` has one component. Nothing is followed out of the folder, not even by somebody who changes it meanwhile.
static int open_inside(int dir, const char *name, int flags)
{
    struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK),
                           .mode = flags & O_CREAT ? 0600 : 0,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV};
    long fd = syscall(SYS_openat2, dir, name, &how, sizeof how);
    if (fd < 0 && (errno == ENOSYS || errno == EPERM)) // an older kernel, or a filter that does not know it
        return openat(dir, name, (int)how.flags, 0600);
    return (int)fd;
}

// One of our own that can be gone on with: a plain file nobody else has a name for.
static int open_own(int dir, const char *name)
{
    struct stat st;
    int fd = open_inside(dir, name, O_RDWR);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 && st.st_uid == geteuid())
        return fd;
    close(fd);
    return -1;
}

static int open_or_make(int dir, const char *name, bool *made)
{
    int fd = open_own(dir, name);
    *made = fd < 0;
    if (fd >= 0)
        return fd;
    unlinkat(dir, name, 0); // whatever else has this name
    return open_inside(dir, name, O_RDWR | O_CREAT | O_EXCL);
}

static int open_folder(const struct file_store *s)
{
    return open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

// ---- trouble ----

static enum file_trouble of_errno(int number)
{
    return number == ENOSPC || number == EDQUOT || number == EFBIG ? FILE_TROUBLE_FULL : FILE_TROUBLE_FOLDER;
}

static enum file_trouble complain(const char *what, const char *name)
{
    int number = errno;
    log_warn("files", "%s name=%s reason=\"%s\"", what, name, strerror(number));
    return of_errno(number);
}

// ---- parts ----

static bool is_ours(const char *name)
{
    size_t n = strlen(name), hex = sizeof PREFIX - 1, end = hex + 2 * (size_t)FILE_BLOCK_HASH;
    if (n < end || strncmp(name, PREFIX, hex) != 0 || strspn(name + hex, "0123456789abcdef") != end - hex)
        return false;
    return !strcmp(name + end, ".part") || !strcmp(name + end, ".map");
}

static void sweep_one(int dir, const char *name)
{
    struct stat st;
    int fd = open_own(dir, name);
    bool old = fd >= 0 && fstat(fd, &st) == 0 && st.st_mtime + FILE_STORE_KEPT_DAYS * 24 * 3600 < time(NULL);
    if (old && flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(dir, name, 0);
    if (fd >= 0)
        close(fd);
}

void file_store_init(struct file_store *s, const char *path, uint64_t floor)
{
    *s = (struct file_store){.floor = floor, .day_file = -1};
    snprintf(s->path, sizeof s->path, "%s", path);
}

void file_store_open_day(struct file_store *s, const char *path)
{
    char text[FILE_DAY_TEXT];
    int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
    s->day_file = path ? open(path, flags, 0600) : -1;
    ssize_t n = s->day_file >= 0 ? pread(s->day_file, text, sizeof text, 0) : 0;
    file_day_read(&s->day, text, n > 0 ? (size_t)n : 0);
}

void file_store_close_day(struct file_store *s)
{
    if (s->day_file >= 0)
        close(s->day_file);
    s->day_file = -1;
}

void file_store_sweep(const struct file_store *s)
{
    int dir = open_folder(s);
    DIR *d = dir >= 0 ? fdopendir(dir) : NULL;
    const struct dirent *e;
    while (d && (e = readdir(d)))
        if (is_ours(e->d_name))
            sweep_one(dir, e->d_name);
    if (d)
        closedir(d);
    else if (dir >= 0)
        close(dir);
}

static void name_it(struct file_part *p, const uint8_t root[FILE_BLOCK_HASH])
{
    char hex[2 * FILE_BLOCK_HASH + 1];
    memcpy(p->root, root, sizeof p->root);
    sodium_bin2hex(hex, sizeof hex, root, FILE_BLOCK_HASH);
    snprintf(p->part_name, sizeof p->part_name, PREFIX "%s.part", hex);
    snprintf(p->map_name, sizeof p->map_name, PREFIX "%s.map", hex);
}

bool file_store_knows(const struct file_store *s, const uint8_t root[FILE_BLOCK_HASH])
{
    struct file_part p;
    int dir = open_folder(s);
    name_it(&p, root);
    int fd = dir >= 0 ? open_own(dir, p.map_name) : -1;
    if (fd >= 0)
        close(fd);
    if (dir >= 0)
        close(dir);
    return fd >= 0;
}

// What the map says; without the part it was of, or when it is of something else, nothing.
static void read_map(struct file_part *p, bool fresh)
{
    uint8_t *data = base_alloc(FILE_MAP_MOST);
    ssize_t n = fresh ? 0 : pread(p->map, data, FILE_MAP_MOST, 0);
    p->map_size = n > 0 ? file_map_read(p->blocks, p->root, data, (size_t)n) : 0;
    p->map_stale = p->map_size == 0;
    free(data);
}

static enum file_trouble open_parts(struct file_part *p)
{
    bool fresh = true, map_fresh = true;
    p->part = open_or_make(p->dir, p->part_name, &fresh);
    if (p->part >= 0 && flock(p->part, LOCK_EX | LOCK_NB))
        return FILE_TROUBLE_TWICE;
    p->map = p->part >= 0 ? open_or_make(p->dir, p->map_name, &map_fresh) : -1;
    if (p->map < 0)
        return complain("a file cannot be begun", p->part_name);
    futimens(p->part, NULL); // nobody sweeps it away now
    futimens(p->map, NULL);
    read_map(p, fresh || map_fresh);
    return FILE_TROUBLE_NONE;
}

static void let_go(struct file_part *p)
{
    int fds[] = {p->map, p->part, p->dir};
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    free(p->blocks);
    p->store->promised -= p->promised;
    p->store->open--;
    *p = (struct file_part){.dir = -1, .part = -1, .map = -1};
}

enum file_trouble file_store_begin(struct file_store *s, struct file_part *p, const uint8_t root[FILE_BLOCK_HASH],
                                   uint64_t size, uint64_t now_s)
{
    if (size > FILE_SIZE_MAX)
        return FILE_TROUBLE_TOO_LARGE;
    if (s->open >= FILE_STORE_AT_ONCE)
        return FILE_TROUBLE_MANY;
    *p = (struct file_part){.store = s, .dir = -1, .part = -1, .map = -1};
    if (!paths_make(s->path) || (p->dir = open_folder(s)) < 0)
        return complain("there is no folder for files", s->path);
    p->blocks = base_alloc(sizeof *p->blocks);
    file_blocks_init(p->blocks, size);
    name_it(p, root);
    s->open++;
    enum file_trouble trouble = open_parts(p);
    uint64_t left = size - file_blocks_bytes(p->blocks);
    if (!trouble && !file_day_allows(&s->day, s->promised + left, FILE_STORE_DAY_MAX, now_s))
        trouble = FILE_TROUBLE_DAY;
    if (!trouble && left + s->promised > disk_room_left(p->dir, s->floor))
        trouble = FILE_TROUBLE_FULL;
    if (!trouble) {
        s->promised += p->promised = left;
        return FILE_TROUBLE_NONE;
    }
    if (trouble == FILE_TROUBLE_TWICE)
        let_go(p);
    else
        file_part_close(p, true);
    return trouble;
}

void file_part_check(struct file_part *p, uint32_t block, uint8_t *scratch)
{
    uint8_t hash[FILE_BLOCK_HASH];
    uint32_t size = file_blocks_length(p->blocks, block);
    if (!file_blocks_here(p->blocks, block))
        return;
    if (pread(p->part, scratch, size, (off_t)block * FILE_BLOCK_RAW) == (ssize_t)size) {
        file_blocks_hash(hash, scratch, size);
        if (memcmp(hash, p->blocks->hash[block], sizeof hash) == 0)
            return;
    }
    file_blocks_drop(p->blocks, block);
    p->promised += size;
    p->store->promised += size;
    p->map_stale = true;
}

// ---- writing ----

static bool write_all(int fd, const void *data, size_t n, uint64_t at)
{
    const uint8_t *from = data;
    while (n > 0) {
        ssize_t k = pwrite(fd, from, n, (off_t)at);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return false;
        from += k;
        at += (uint64_t)k;
        n -= (size_t)k;
    }
    return true;
}

static bool add_to_map(struct file_part *p, uint32_t block, const uint8_t hash[FILE_BLOCK_HASH])
{
    uint8_t entry[FILE_MAP_ENTRY];
    file_map_entry(entry, block, hash);
    if (!write_all(p->map, entry, sizeof entry, p->map_size))
        return false;
    p->map_size += sizeof entry;
    return true;
}

// Anew from what is here.
static bool write_map(struct file_part *p)
{
    uint8_t head[FILE_MAP_HEAD];
    file_map_head(head, p->root, p->blocks->size);
    p->map_size = sizeof head;
    bool ok = ftruncate(p->map, 0) == 0 && write_all(p->map, head, sizeof head, 0);
    for (uint32_t i = 0; ok && i < p->blocks->count; i++)
        if (file_blocks_here(p->blocks, i))
            ok = add_to_map(p, i, p->blocks->hash[i]);
    p->map_stale = !ok;
    return ok;
}

// A disk that cannot take even this is somebody else's trouble: it counts all the same, until the end.
static void came_today(struct file_store *s, uint64_t bytes)
{
    char text[FILE_DAY_TEXT + 1];
    s->day.bytes += bytes;
    file_day_write(text, &s->day);
    if (s->day_file >= 0)
        write_all(s->day_file, text, FILE_DAY_TEXT, 0);
}

enum file_trouble file_part_write(struct file_part *p, uint32_t block, const uint8_t hash[FILE_BLOCK_HASH],
                                  const uint8_t *raw)
{
    uint32_t size = file_blocks_length(p->blocks, block);
    if (size > disk_room_left(p->dir, p->store->floor))
        return disk_room_is_needed(p->dir, p->store->floor) ? FILE_TROUBLE_FULL : FILE_TROUBLE_LOW;
    if (p->map_stale && !write_map(p))
        return complain("the map of a file cannot be written", p->map_name);
    if (!write_all(p->part, raw, size, (uint64_t)block * FILE_BLOCK_RAW) || !add_to_map(p, block, hash))
        return complain("a file cannot be written", p->part_name);
    file_blocks_add(p->blocks, block, hash);
    p->promised -= size;
    p->store->promised -= size;
    came_today(p->store, size);
    return FILE_TROUBLE_NONE;
}

// ---- the end ----

// Like rename, but never over another: EEXIST then. Some network disks cannot say so; they can link.
static bool rename_new(int dir, const char *from, const char *to)
{
    if (renameat2(dir, from, dir, to, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    return linkat(dir, from, dir, to, 0) == 0 && unlinkat(dir, from, 0) == 0;
}

static bool give_name(struct file_part *p, const char *name, char saved[FILE_NAME_SIZE])
{
    char clean[FILE_NAME_SIZE];
    file_name_clean(clean, name, strlen(name));
    snprintf(saved, FILE_NAME_SIZE, "%s", clean);
    for (unsigned i = 2; !rename_new(p->dir, p->part_name, saved); i++) {
        if (errno != EEXIST || i > FILE_NAME_NUMBERS)
            return false;
        file_name_numbered(saved, clean, i);
    }
    return true;
}

enum file_trouble file_part_finish(struct file_part *p, const char *name, char saved[FILE_NAME_SIZE])
{
    uint8_t have[FILE_BLOCK_HASH];
    file_blocks_root(p->blocks, have);
    enum file_trouble trouble = FILE_TROUBLE_NONE;
    if (p->blocks->had != p->blocks->count || memcmp(have, p->root, sizeof have) != 0)
        trouble = FILE_TROUBLE_DAMAGED;
    else if (ftruncate(p->part, (off_t)p->blocks->size) || fsync(p->part) || !give_name(p, name, saved))
        trouble = complain("a file cannot be finished", p->part_name);
    if (trouble) {
        file_part_close(p, false);
        return trouble;
    }
    unlinkat(p->dir, p->map_name, 0);
    fsync(p->dir); // where that cannot be done, the file is there all the same
    let_go(p);
    return FILE_TROUBLE_NONE;
}

void file_part_close(struct file_part *p, bool keep)
{
    if (!keep || p->blocks->had == 0) {
        unlinkat(p->dir, p->part_name, 0);
        unlinkat(p->dir, p->map_name, 0);
    }
    let_go(p);
}
