#include "file_map.h"

#include "shared/bytes.h"

static const char magic[] = "parlour file 1\n";

_Static_assert(FILE_MAP_HEAD == sizeof magic - 1 + FILE_BLOCK_HASH + 8, "the head is the magic, root and size");

void file_map_head(uint8_t out[FILE_MAP_HEAD], const uint8_t root[FILE_BLOCK_HASH], uint64_t size)
{
    struct bytes_writer w = bytes_writer(out + FILE_MAP_HEAD - 8, 8);
    memcpy(out, magic, sizeof magic - 1);
    memcpy(out + sizeof magic - 1, root, FILE_BLOCK_HASH);
    bytes_put_u64(&w, size);
}

void file_map_entry(uint8_t out[FILE_MAP_ENTRY], uint32_t block, const uint8_t hash[FILE_BLOCK_HASH])
{
    struct bytes_writer w = bytes_writer(out, FILE_MAP_ENTRY);
    bytes_put_u32(&w, block);
    bytes_put(&w, hash, FILE_BLOCK_HASH);
}

size_t file_map_read(struct file_blocks *blocks, const uint8_t root[FILE_BLOCK_HASH], const uint8_t *data, size_t n)
{
    uint8_t head[FILE_MAP_HEAD];
    file_map_head(head, root, blocks->size);
    if (n < FILE_MAP_HEAD || memcmp(data, head, FILE_MAP_HEAD) != 0)
        return 0;
    size_t at = FILE_MAP_HEAD;
    for (; n - at >= FILE_MAP_ENTRY; at += FILE_MAP_ENTRY) {
        struct bytes_reader r = bytes_reader(data + at, FILE_MAP_ENTRY);
        uint32_t block = bytes_u32(&r);
        file_blocks_drop(blocks, block); // the later entry is of what was written over it
        file_blocks_add(blocks, block, data + at + 4);
    }
    return at;
}
