// The folder that files of others are written to. While one comes it is ".parlour-ROOT.part" there, with its blocks'
// hashes in ".parlour-ROOT.map", so that it goes on after a cut or a restart; whole and right it gets its name, never
// over another file, never outside the folder. The file thread only: every call may wait for the disk.
#ifndef PARLOUR_FILE_STORE_H
#define PARLOUR_FILE_STORE_H

#include "file_blocks.h"
#include "file_day.h"
#include "file_name.h"
#include "file_trouble.h"
#include "paths.h"

enum { FILE_STORE_AT_ONCE = 4, FILE_STORE_KEPT_DAYS = 7 };
#define FILE_STORE_DAY_MAX ((uint64_t)8 << 30)

struct file_store {
    char path[PATHS_MAX];
    uint64_t floor;    // bytes that stay free (disk_room_left)
    uint64_t promised; // what is still to come of those that are open
    unsigned open;     // how many
    struct file_day day;
    int day_file; // where it is kept; -1 = nowhere
};

struct file_part { // one that comes
    struct file_store *store;
    int dir, part, map;
    uint8_t root[FILE_BLOCK_HASH];
    char part_name[96], map_name[96];
    struct file_blocks *blocks; // owned; those that are on the disk
    size_t map_size;
    uint64_t promised;
    bool map_stale; // says more than `blocks`
};

void file_store_init(struct file_store *s, const char *path, uint64_t floor);
// What came today is counted in this file from now on, and goes on from what it says. Without it, or NULL, it is
// counted from here.
void file_store_open_day(struct file_store *s, const char *path);
void file_store_close_day(struct file_store *s);
// Removes parts nobody came back for. The folder need not be there.
void file_store_sweep(const struct file_store *s);
// Make the folder when there is none, and begin, or go on with what is there of this content: then `blocks` says what
// the map claims, and each of them has to be checked. On trouble nothing is left to close.
enum file_trouble file_store_begin(struct file_store *s, struct file_part *p, const uint8_t root[FILE_BLOCK_HASH],
                                   uint64_t size, uint64_t now_s); // now_s: since 1970
// Some of this content is there: our person wanted it before.
bool file_store_knows(const struct file_store *s, const uint8_t root[FILE_BLOCK_HASH]);
// Hash a block that `blocks` has; it is dropped when it is not on the disk as it should be. `scratch`: FILE_BLOCK_RAW.
void file_part_check(struct file_part *p, uint32_t block, uint8_t *scratch);
// A block whose hash is right. FULL: not even what came may stay; LOW: that may, and it can be gone on with.
enum file_trouble file_part_write(struct file_part *p, uint32_t block, const uint8_t hash[FILE_BLOCK_HASH],
                                  const uint8_t *raw);
// All blocks are here: check the root, and give it its name: `name` made safe, numbered when there is one. What it is
// called then in `saved`. The part is closed; on trouble, and only then, nothing of it is left.
enum file_trouble file_part_finish(struct file_part *p, const char *name, char saved[FILE_NAME_SIZE]);
// Close it: kept for later when some of it is there, or removed.
void file_part_close(struct file_part *p, bool keep);

#endif
