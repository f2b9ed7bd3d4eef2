// Pure: which blocks of a file that is coming are on the disk already, as text of bytes beside it (.parlour-ROOT.map):
//   "parlour file 1\n" | root 32 | size u64, and appended for each block: block u32 | its hash 32
// It may be of a client that was ended in the middle of a write: what follows the last whole entry does not count, and
// whoever goes on from it hashes the blocks themselves.
#ifndef PARLOUR_FILE_MAP_H
#define PARLOUR_FILE_MAP_H

#include "file_blocks.h"

enum {
    FILE_MAP_HEAD = 15 + FILE_BLOCK_HASH + 8,
    FILE_MAP_ENTRY = 4 + FILE_BLOCK_HASH,
    FILE_MAP_MOST = FILE_MAP_HEAD + FILE_BLOCKS_MAX * FILE_MAP_ENTRY
};

void file_map_head(uint8_t out[FILE_MAP_HEAD], const uint8_t root[FILE_BLOCK_HASH], uint64_t size);
void file_map_entry(uint8_t out[FILE_MAP_ENTRY], uint32_t block, const uint8_t hash[FILE_BLOCK_HASH]);
// Into `blocks`, which knows the size. Where the last whole entry ends, for the next one; 0 = it is of no such file.
size_t file_map_read(struct file_blocks *blocks, const uint8_t root[FILE_BLOCK_HASH], const uint8_t *data, size_t n);

#endif
