#include "file_blocks.h"

#include "shared/bytes.h"

#include <sodium.h>

void file_blocks_init(struct file_blocks *b, uint64_t size)
{
    memset(b, 0, sizeof *b);
    b->size = size;
    b->count = (uint32_t)((size + FILE_BLOCK_RAW - 1) / FILE_BLOCK_RAW);
}

uint32_t file_blocks_length(const struct file_blocks *b, uint32_t block)
{
    if (block >= b->count)
        return 0;
    uint64_t left = b->size - (uint64_t)block * FILE_BLOCK_RAW;
    return left < FILE_BLOCK_RAW ? (uint32_t)left : FILE_BLOCK_RAW;
}

static uint8_t bit(uint32_t block) // as the wire has it
{
    return (uint8_t)(0x80 >> block % 8);
}

bool file_blocks_here(const struct file_blocks *b, uint32_t block)
{
    return block < b->count && (b->have[block / 8] & bit(block));
}

void file_blocks_hash(uint8_t out[FILE_BLOCK_HASH], const void *raw, size_t size)
{
    crypto_generichash(out, FILE_BLOCK_HASH, raw, size, NULL, 0);
}

bool file_blocks_add(struct file_blocks *b, uint32_t block, const uint8_t hash[FILE_BLOCK_HASH])
{
    if (block >= b->count || file_blocks_here(b, block))
        return false;
    b->have[block / 8] = (uint8_t)(b->have[block / 8] | bit(block));
    memcpy(b->hash[block], hash, FILE_BLOCK_HASH);
    b->had++;
    return true;
}

bool file_blocks_drop(struct file_blocks *b, uint32_t block)
{
    if (!file_blocks_here(b, block))
        return false;
    b->have[block / 8] = (uint8_t)(b->have[block / 8] & ~bit(block));
    b->had--;
    return true;
}

uint64_t file_blocks_bytes(const struct file_blocks *b)
{
    if (b->had == 0)
        return 0;
    uint64_t bytes = (uint64_t)b->had * FILE_BLOCK_RAW;
    if (file_blocks_here(b, b->count - 1))
        bytes -= FILE_BLOCK_RAW - file_blocks_length(b, b->count - 1);
    return bytes;
}

void file_blocks_root(const struct file_blocks *b, uint8_t out[FILE_BLOCK_HASH])
{
    crypto_generichash_state state;
    uint8_t size[8];
    struct bytes_writer w = bytes_writer(size, sizeof size);
    bytes_put_u64(&w, b->size);
    crypto_generichash_init(&state, NULL, 0, FILE_BLOCK_HASH);
    crypto_generichash_update(&state, size, sizeof size);
    crypto_generichash_update(&state, b->hash[0], (unsigned long long)b->count * FILE_BLOCK_HASH);
    crypto_generichash_final(&state, out, FILE_BLOCK_HASH);
}

uint32_t file_blocks_missing(const struct file_blocks *b, const uint8_t *have, size_t have_size, uint32_t from)
{
    while (from < b->count && from / 8 < have_size && (have[from / 8] & bit(from)))
        from++;
    return from < b->count ? from : b->count;
}
