// Any bytes as the stream of a transfer, in pieces of any size, and as the map of one that is on the disk: a block that
// is taken is there, is as long as it has to be, has the hash it says, and comes once.
#include "tests/fuzz/fuzz.h"

#include "client/file_blocks.h"
#include "client/file_map.h"
#include "client/file_record.h"

static void read_stream(struct file_blocks *blocks, const uint8_t *data, size_t size, size_t piece)
{
    static struct file_record r;
    static bool made;
    if (!made)
        file_record_create(&r);
    made = true;
    r.state = FILE_RECORD_MORE;
    r.got = 0;
    memset(r.seen, 0, sizeof r.seen);
    while (size > 0) {
        size_t given = MIN(size, piece), used = file_record_read(&r, blocks, data, given);
        HOLDS(used <= given);
        if (r.state == FILE_RECORD_BAD)
            return;
        HOLDS(r.state == FILE_RECORD_WHOLE || used == given);
        if (r.state == FILE_RECORD_WHOLE) {
            uint8_t hash[FILE_BLOCK_HASH];
            HOLDS(r.block < blocks->count && r.size == file_blocks_length(blocks, r.block) && r.size > 0);
            file_blocks_hash(hash, r.raw, r.size);
            HOLDS(memcmp(hash, r.hash, sizeof hash) == 0);
            HOLDS(file_blocks_add(blocks, r.block, r.hash));
        }
        data += used;
        size -= used;
    }
}

static void read_map(struct file_blocks *blocks, const uint8_t *data, size_t size)
{
    uint8_t root[FILE_BLOCK_HASH] = {0};
    if (size > FILE_MAP_HEAD) // else it is hardly ever one
        memcpy(root, data + FILE_MAP_HEAD - FILE_BLOCK_HASH - 8, sizeof root);
    size_t end = file_map_read(blocks, root, data, size);
    HOLDS(end <= size && (end == 0 || (end >= FILE_MAP_HEAD && (end - FILE_MAP_HEAD) % FILE_MAP_ENTRY == 0)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct file_blocks blocks;
    if (size < 6)
        return 0;
    uint64_t length = (uint64_t)data[0] << 24 | (uint64_t)data[1] << 16 | (uint64_t)data[2] << 8 | data[3];
    size_t piece = 1 + (size_t)data[4] * 5;
    file_blocks_init(&blocks, length % (FILE_SIZE_MAX + 1));
    if (data[5] & 1)
        read_map(&blocks, data + 6, size - 6);
    else
        read_stream(&blocks, data + 6, size - 6, piece);
    uint32_t had = 0;
    for (uint32_t i = 0; i < FILE_BLOCKS_MAX; i++)
        had += file_blocks_here(&blocks, i);
    HOLDS(had == blocks.had && had <= blocks.count && file_blocks_bytes(&blocks) <= blocks.size);
    return 0;
}
