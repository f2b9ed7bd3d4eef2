// Pure: what is known of a file's blocks of 1 MiB (the last one shorter): which are here, and the hash of each. The
// root, BLAKE2b-256 over the size (u64) and the blocks' hashes in order, is the name of the file's content.
#ifndef PARLOUR_FILE_BLOCKS_H
#define PARLOUR_FILE_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FILE_BLOCK_RAW = 1 << 20,
    FILE_BLOCKS_MAX = 2048, // 2 GiB
    FILE_BLOCKS_BITS = FILE_BLOCKS_MAX / 8,
    FILE_BLOCK_HASH = 32
};
#define FILE_SIZE_MAX ((uint64_t)FILE_BLOCKS_MAX * FILE_BLOCK_RAW)

struct file_blocks {                                // 64 KiB: in memory of its own
    uint64_t size;                                  // of the file
    uint32_t count;                                 // its blocks; an empty file has none
    uint32_t had;                                   // how many of them are here
    uint8_t have[FILE_BLOCKS_BITS];                 // bit 7 - i mod 8 of byte i / 8 is block i
    uint8_t hash[FILE_BLOCKS_MAX][FILE_BLOCK_HASH]; // of those
};

void file_blocks_init(struct file_blocks *b, uint64_t size);              // size at most FILE_SIZE_MAX
uint32_t file_blocks_length(const struct file_blocks *b, uint32_t block); // bytes; 0 when there is no such block
bool file_blocks_here(const struct file_blocks *b, uint32_t block);
void file_blocks_hash(uint8_t out[FILE_BLOCK_HASH], const void *raw, size_t size);
// A block that is here, or no longer. False when there is no such block, or it was so before.
bool file_blocks_add(struct file_blocks *b, uint32_t block, const uint8_t hash[FILE_BLOCK_HASH]);
bool file_blocks_drop(struct file_blocks *b, uint32_t block);
uint64_t file_blocks_bytes(const struct file_blocks *b);                          // of the blocks that are here
void file_blocks_root(const struct file_blocks *b, uint8_t out[FILE_BLOCK_HASH]); // all have to be
// The first block from `from` on whose bit in `have` (as many bytes as given, the rest is 0) is not set; `count` of b
// when there is none.
uint32_t file_blocks_missing(const struct file_blocks *b, const uint8_t *have, size_t have_size, uint32_t from);

#endif
