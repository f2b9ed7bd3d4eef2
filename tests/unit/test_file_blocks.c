// Blocks of a file, the records they travel in, and the map of those that are on the disk.
#include "unit.h"

#include "client/file_blocks.h"
#include "client/file_map.h"
#include "client/file_record.h"
#include "shared/bytes.h"

#include <sodium.h>
#include <zlib.h>

static struct file_blocks blocks, again;
static uint8_t raw[FILE_BLOCK_RAW], record[FILE_RECORD_MAX];

static void test_sizes(void **state)
{
    (void)state;
    static const struct {
        uint64_t size;
        uint32_t count, last;
    } cases[] = {{0, 0, 0},
                 {1, 1, 1},
                 {FILE_BLOCK_RAW, 1, FILE_BLOCK_RAW},
                 {FILE_BLOCK_RAW + 1, 2, 1},
                 {FILE_SIZE_MAX, FILE_BLOCKS_MAX, FILE_BLOCK_RAW}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        file_blocks_init(&blocks, cases[i].size);
        assert_int_equal(blocks.count, cases[i].count);
        assert_int_equal(file_blocks_length(&blocks, cases[i].count), 0);
        if (cases[i].count)
            assert_int_equal(file_blocks_length(&blocks, cases[i].count - 1), cases[i].last);
    }
}

static void test_what_is_here(void **state)
{
    (void)state;
    uint8_t hash[FILE_BLOCK_HASH] = {7};
    file_blocks_init(&blocks, 9 * (uint64_t)FILE_BLOCK_RAW + 5);
    assert_true(file_blocks_add(&blocks, 9, hash));
    assert_false(file_blocks_add(&blocks, 9, hash));
    assert_false(file_blocks_add(&blocks, 10, hash));
    assert_int_equal(file_blocks_bytes(&blocks), 5);
    assert_true(file_blocks_add(&blocks, 0, hash));
    assert_int_equal(file_blocks_bytes(&blocks), FILE_BLOCK_RAW + 5);
    assert_int_equal(file_blocks_missing(&blocks, blocks.have, sizeof blocks.have, 0), 1);
    assert_int_equal(file_blocks_missing(&blocks, blocks.have, sizeof blocks.have, 9), 10);
    assert_int_equal(file_blocks_missing(&blocks, blocks.have, 1, 9), 9); // what is not told is missing
    assert_int_equal(file_blocks_missing(&blocks, NULL, 0, 0), 0);
    assert_true(file_blocks_drop(&blocks, 9));
    assert_false(file_blocks_drop(&blocks, 9));
    assert_int_equal(file_blocks_bytes(&blocks), FILE_BLOCK_RAW);
}

// What python's hashlib says: hashlib.blake2b(struct.pack(">Q", 3) + hashlib.blake2b(b"abc", digest_size=32).digest(),
// digest_size=32), and of no bytes at all hashlib.blake2b(struct.pack(">Q", 0), digest_size=32).
static void test_root(void **state)
{
    (void)state;
    uint8_t hash[FILE_BLOCK_HASH], root[FILE_BLOCK_HASH], expected[FILE_BLOCK_HASH];
    file_blocks_init(&blocks, 3);
    file_blocks_hash(hash, "abc", 3);
    file_blocks_add(&blocks, 0, hash);
    file_blocks_root(&blocks, root);
    unit_hex(expected, sizeof expected, "abc4ebe236a43d06916fa6a9568ed4ac34b0bd6d26c9ec625f905c96ad0039b2");
    assert_memory_equal(root, expected, sizeof root);
    file_blocks_init(&blocks, 0);
    file_blocks_root(&blocks, root);
    unit_hex(expected, sizeof expected, "81e47a19e6b29b0a65b9591762ce5143ed30d0261e5d24a3201752506b20f15c");
    assert_memory_equal(root, expected, sizeof root);
}

static size_t write_record(uint32_t block)
{
    uint8_t hash[FILE_BLOCK_HASH];
    uint32_t size = file_blocks_length(&blocks, block);
    file_blocks_hash(hash, raw, size);
    return file_record_write(record, block, hash, raw, size);
}

// In pieces of up to `most` bytes; the state after the last.
static enum file_record_state feed(struct file_record *r, size_t n, size_t most)
{
    for (size_t at = 0; at < n;) {
        size_t k = n - at < most ? n - at : most;
        size_t used = file_record_read(r, &blocks, record + at, k);
        at += used;
        if (r->state != FILE_RECORD_MORE) {
            if (r->state == FILE_RECORD_WHOLE)
                assert_int_equal(at, n);
            return r->state;
        }
        assert_int_equal(used, k);
    }
    return r->state;
}

static void test_records_come_back(void **state)
{
    (void)state;
    uint64_t random = unit_seed();
    struct file_record r;
    static const uint32_t sizes[] = {1, 2, 19, 20, 21, 1000, 65536, 65537, FILE_BLOCK_RAW};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int plain = 0; plain < 2; plain++) {
            file_blocks_init(&blocks, sizes[i]);
            unit_fill(&random, raw, sizes[i] > 70000 ? 70000 : sizes[i]);
            if (plain)
                memset(raw, 'a', sizes[i]);
            size_t n = write_record(0);
            assert_true(n <= FILE_RECORD_HEAD + sizes[i]);
            if (plain && sizes[i] > 1000)
                assert_true(n < sizes[i] / 10);
            file_record_create(&r);
            assert_int_equal(feed(&r, n, 1 + unit_random(&random) % 1024), FILE_RECORD_WHOLE);
            assert_int_equal(r.size, sizes[i]);
            assert_memory_equal(r.raw, raw, sizes[i]);
            file_record_destroy(&r);
        }
}

static enum file_record_state read_changed(size_t at, uint8_t by, size_t n)
{
    struct file_record r;
    file_record_create(&r);
    record[at] ^= by;
    enum file_record_state s = feed(&r, n, 1024);
    record[at] ^= by;
    if (s == FILE_RECORD_BAD) // and so it stays
        assert_int_equal(file_record_read(&r, &blocks, record, n), 0);
    file_record_destroy(&r);
    return s;
}

static void test_what_is_wrong_is_bad(void **state)
{
    (void)state;
    uint64_t random = 1;
    file_blocks_init(&blocks, 5000);
    unit_fill(&random, raw, 5000);
    size_t n = write_record(0);
    assert_int_equal(n, FILE_RECORD_HEAD + 5000);
    assert_int_equal(read_changed(3, 1, n), FILE_RECORD_BAD);     // there is no block 1
    assert_int_equal(read_changed(6, 0x80, n), FILE_RECORD_BAD);  // longer than the block
    assert_int_equal(read_changed(7, 1, n), FILE_RECORD_BAD);     // and by a byte
    assert_int_equal(read_changed(8, 1, n), FILE_RECORD_BAD);     // another hash
    assert_int_equal(read_changed(n - 1, 1, n), FILE_RECORD_BAD); // other bytes
    memset(raw, 'x', sizeof raw);
    n = write_record(0);
    assert_true(n < FILE_RECORD_HEAD + 5000);
    assert_int_equal(read_changed(FILE_RECORD_HEAD + 4, 0x55, n), FILE_RECORD_BAD); // does not inflate
}

// A block that comes twice, and a length of nothing.
static void test_each_once(void **state)
{
    (void)state;
    struct file_record r;
    file_blocks_init(&blocks, 100);
    size_t n = write_record(0);
    file_record_create(&r);
    assert_int_equal(feed(&r, n, n), FILE_RECORD_WHOLE);
    file_blocks_add(&blocks, r.block, r.hash);
    assert_int_equal(feed(&r, n, n), FILE_RECORD_BAD);
    file_record_destroy(&r);
    file_blocks_init(&blocks, 100);
    memset(record + 4, 0, 4);
    file_record_create(&r);
    assert_int_equal(feed(&r, FILE_RECORD_HEAD, 1024), FILE_RECORD_BAD);
    file_record_destroy(&r);
}

// Deflated bytes that would fill more than the block, fewer, or have something behind them.
static void test_inflating_keeps_to_the_block(void **state)
{
    (void)state;
    static const uint32_t really[] = {4999, 5000, 5001, FILE_BLOCK_RAW};
    for (size_t i = 0; i < sizeof really / sizeof really[0]; i++) {
        struct file_record r;
        uint8_t hash[FILE_BLOCK_HASH];
        uLongf length = 4000;
        memset(raw, 'z', sizeof raw);
        file_blocks_init(&blocks, 5000);
        file_blocks_hash(hash, raw, 5000);
        assert_int_equal(compress2(record + FILE_RECORD_HEAD, &length, raw, really[i], 9), Z_OK);
        struct bytes_writer w = bytes_writer(record, FILE_RECORD_HEAD);
        bytes_put_u32(&w, 0);
        bytes_put_u32(&w, (uint32_t)length);
        bytes_put(&w, hash, sizeof hash);
        file_record_create(&r);
        assert_int_equal(feed(&r, FILE_RECORD_HEAD + length, 100),
                         really[i] == 5000 ? FILE_RECORD_WHOLE : FILE_RECORD_BAD);
        file_record_destroy(&r);
        if (really[i] != 5000)
            continue;
        record[7]++; // one byte more, behind the end
        file_record_create(&r);
        assert_int_equal(feed(&r, FILE_RECORD_HEAD + length + 1, 100), FILE_RECORD_BAD);
        file_record_destroy(&r);
    }
}

static void test_map(void **state)
{
    (void)state;
    static uint8_t data[FILE_MAP_HEAD + 4 * FILE_MAP_ENTRY];
    uint8_t root[FILE_BLOCK_HASH] = {1, 2, 3}, hash[FILE_BLOCK_HASH] = {4}, newer[FILE_BLOCK_HASH] = {5};
    file_map_head(data, root, 3 * (uint64_t)FILE_BLOCK_RAW);
    file_map_entry(data + FILE_MAP_HEAD, 2, hash);
    file_map_entry(data + FILE_MAP_HEAD + FILE_MAP_ENTRY, 77, hash); // there is no such block
    file_map_entry(data + FILE_MAP_HEAD + 2 * FILE_MAP_ENTRY, 2, newer);
    file_map_entry(data + FILE_MAP_HEAD + 3 * FILE_MAP_ENTRY, 0, hash);
    file_blocks_init(&blocks, 3 * (uint64_t)FILE_BLOCK_RAW);
    assert_int_equal(file_map_read(&blocks, root, data, sizeof data - 1), sizeof data - FILE_MAP_ENTRY); // cut short
    assert_int_equal(blocks.had, 1);
    assert_memory_equal(blocks.hash[2], newer, sizeof newer);
    assert_false(file_blocks_here(&blocks, 0));
    file_blocks_init(&again, 3 * (uint64_t)FILE_BLOCK_RAW + 1); // another size, another root, no head
    assert_int_equal(file_map_read(&again, root, data, sizeof data), 0);
    file_blocks_init(&again, 3 * (uint64_t)FILE_BLOCK_RAW);
    assert_int_equal(file_map_read(&again, hash, data, sizeof data), 0);
    assert_int_equal(file_map_read(&again, root, data, FILE_MAP_HEAD - 1), 0);
    assert_int_equal(again.had, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sizes),
                                       cmocka_unit_test(test_what_is_here),
                                       cmocka_unit_test(test_root),
                                       cmocka_unit_test(test_records_come_back),
                                       cmocka_unit_test(test_what_is_wrong_is_bad),
                                       cmocka_unit_test(test_each_once),
                                       cmocka_unit_test(test_inflating_keeps_to_the_block),
                                       cmocka_unit_test(test_map)};
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
