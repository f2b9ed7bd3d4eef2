// Pure: the stream inside a transfer. One record a block, in any order, each at most once:
//   block u32 | length u32 | BLAKE2b-256 of the raw block | `length` bytes
// As many bytes as the block has are the block; fewer are it deflated (zlib). The reader takes what comes in pieces of
// any size, and never writes more than a block, whatever is deflated in it.
#ifndef PARLOUR_FILE_RECORD_H
#define PARLOUR_FILE_RECORD_H

#include "file_blocks.h"

enum { FILE_RECORD_HEAD = 8 + FILE_BLOCK_HASH, FILE_RECORD_MAX = FILE_RECORD_HEAD + FILE_BLOCK_RAW };

// The record of a block (`size` bytes of it) into `out`; its length. Deflated when that saves a twentieth.
size_t file_record_write(uint8_t out[FILE_RECORD_MAX], uint32_t block, const uint8_t hash[FILE_BLOCK_HASH],
                         const uint8_t *raw, size_t size);

enum file_record_state {
    FILE_RECORD_MORE,  // goes on
    FILE_RECORD_WHOLE, // `block`, `hash`, `raw` are one block, as long as it has to be, and its hash is right
    FILE_RECORD_BAD    // no such block, too long, damaged: nothing more is read
};

struct file_record {
    enum file_record_state state; // of the last read
    uint32_t block, size;         // size: of the raw block
    uint8_t hash[FILE_BLOCK_HASH];
    uint8_t *raw; // FILE_BLOCK_RAW, until the next read

    // Its own.
    uint8_t head[FILE_RECORD_HEAD];
    uint8_t seen[FILE_BLOCKS_BITS]; // which have come in this stream
    uint8_t *packed;                // FILE_BLOCK_RAW
    uint32_t length;
    size_t got; // of head and what follows it
    uint32_t heads;
};

void file_record_create(struct file_record *r);
void file_record_destroy(struct file_record *r);
// Takes from `data` up to the end of a record; how many bytes it took: fewer than n only at WHOLE or BAD.
size_t file_record_read(struct file_record *r, const struct file_blocks *blocks, const uint8_t *data, size_t n);

#endif
