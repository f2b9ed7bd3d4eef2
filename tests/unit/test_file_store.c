// The folder files come into: on a real disk, in a folder of this test's own.
#define _GNU_SOURCE
#include "folder.h"
#include "unit.h"

#include "client/file_map.h"
#include "client/file_source.h"
#include "client/file_store.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { SIZE = 2 * FILE_BLOCK_RAW + 100, BLOCKS = 3 };

static char top[64], folder[80];
static struct file_store store;
static uint8_t raw[BLOCKS][FILE_BLOCK_RAW], hash[BLOCKS][FILE_BLOCK_HASH], root[FILE_BLOCK_HASH];
static uint8_t scratch[FILE_BLOCK_RAW];

static int setup(void **state)
{
    (void)state;
    struct file_blocks *blocks = calloc(1, sizeof *blocks);
    uint64_t random = 5;
    snprintf(top, sizeof top, "/tmp/parlour-test-store-XXXXXX");
    if (!mkdtemp(top))
        return -1;
    snprintf(folder, sizeof folder, "%s/new", top);
    file_store_init(&store, folder, 0);
    file_blocks_init(blocks, SIZE);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        unit_fill(&random, raw[i], 5000);
        file_blocks_hash(hash[i], raw[i], file_blocks_length(blocks, i));
        file_blocks_add(blocks, i, hash[i]);
    }
    file_blocks_root(blocks, root);
    free(blocks);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    folder_remove(folder);
    folder_remove(top);
    return 0;
}

static unsigned files(void)
{
    return folder_count(folder);
}

static void begin(struct file_part *p)
{
    assert_int_equal(file_store_begin(&store, p, root, SIZE, 1), FILE_TROUBLE_NONE);
}

static void write_blocks(struct file_part *p, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        assert_int_equal(file_part_write(p, i, hash[i], raw[i]), FILE_TROUBLE_NONE);
}

static void put(const char *name, const char *text)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void expect_file(const char *name)
{
    char path[300];
    struct file_source s;
    uint8_t have[FILE_BLOCK_HASH];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(file_source_open(&s, path), FILE_TROUBLE_NONE);
    while (!file_source_ready(&s))
        assert_int_equal(file_source_hash(&s, scratch), FILE_TROUBLE_NONE);
    file_blocks_root(s.blocks, have);
    assert_memory_equal(have, root, sizeof have);
    file_source_close(&s);
}

static void test_a_file_comes(void **state)
{
    (void)state;
    struct file_part p;
    char saved[FILE_NAME_SIZE];
    begin(&p);
    write_blocks(&p, 2, 3); // in any order
    write_blocks(&p, 0, 2);
    assert_int_equal(file_part_finish(&p, "a.bin", saved), FILE_TROUBLE_NONE);
    assert_string_equal(saved, "a.bin");
    expect_file("a.bin");
    assert_int_equal(files(), 1);
    assert_int_equal(store.open, 0);
    assert_int_equal(store.promised, 0);
    assert_int_equal(store.day.bytes, SIZE);
}

static void test_an_empty_one(void **state)
{
    (void)state;
    struct file_part p;
    struct file_blocks *none = calloc(1, sizeof *none);
    uint8_t of_none[FILE_BLOCK_HASH];
    char saved[FILE_NAME_SIZE];
    file_blocks_root(none, of_none);
    free(none);
    assert_int_equal(file_store_begin(&store, &p, of_none, 0, 1), FILE_TROUBLE_NONE);
    assert_int_equal(file_part_finish(&p, "", saved), FILE_TROUBLE_NONE);
    assert_string_equal(saved, "file");
    assert_int_equal(files(), 1);
}

static void test_nothing_is_written_over(void **state)
{
    (void)state;
    struct file_part p;
    char saved[FILE_NAME_SIZE], path[200];
    static const char *const expected[] = {"a (3).bin", "a (4).bin"};
    assert_int_equal(mkdir(folder, 0700), 0);
    put("a.bin", "mine");
    snprintf(path, sizeof path, "%s/a (2).bin", folder);
    assert_int_equal(symlink("/nowhere", path), 0); // a name is taken by a link to nothing, too
    for (size_t i = 0; i < 2; i++) {
        begin(&p);
        write_blocks(&p, 0, 3);
        assert_int_equal(file_part_finish(&p, "../../a.bin", saved), FILE_TROUBLE_NONE);
        assert_string_equal(saved, expected[i]);
        expect_file(saved);
    }
    struct stat st;
    snprintf(path, sizeof path, "%s/a.bin", folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 4);
}

static void part_path(char *out, size_t size, const char *end)
{
    char hex[2 * FILE_BLOCK_HASH + 1];
    sodium_bin2hex(hex, sizeof hex, root, sizeof root);
    snprintf(out, size, "%s/.parlour-%s.%s", folder, hex, end);
}

// As after kill -9: the map says what is there, and what is not there is noticed.
static void test_it_goes_on(void **state)
{
    (void)state;
    struct file_part p;
    char saved[FILE_NAME_SIZE], path[300];
    begin(&p);
    write_blocks(&p, 0, 2);
    file_part_close(&p, true);
    part_path(path, sizeof path, "part");
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "?", 1, FILE_BLOCK_RAW + 7), 1);
    close(fd);
    begin(&p);
    assert_int_equal(p.blocks->had, 2);
    for (uint32_t i = 0; i < BLOCKS; i++)
        file_part_check(&p, i, scratch);
    assert_int_equal(p.blocks->had, 1);
    assert_int_equal(store.promised, SIZE - FILE_BLOCK_RAW);
    write_blocks(&p, 1, 2); // the map is made anew with it
    file_part_close(&p, true);
    begin(&p);
    for (uint32_t i = 0; i < BLOCKS; i++)
        file_part_check(&p, i, scratch);
    assert_int_equal(p.blocks->had, 2);
    write_blocks(&p, 2, 3);
    assert_int_equal(file_part_finish(&p, "b", saved), FILE_TROUBLE_NONE);
    expect_file("b");
    assert_int_equal(files(), 1);
}

// A map that somebody else wrote, and links in place of what is ours.
static void test_what_is_not_ours_is_not_gone_on_with(void **state)
{
    (void)state;
    struct file_part p;
    struct stat st;
    char path[300], victim[300];
    assert_int_equal(mkdir(folder, 0700), 0);
    put("victim", "precious");
    snprintf(victim, sizeof victim, "%s/victim", folder);
    part_path(path, sizeof path, "part");
    assert_int_equal(symlink(victim, path), 0);
    part_path(path, sizeof path, "map");
    assert_int_equal(link(victim, path), 0);
    begin(&p);
    assert_int_equal(p.blocks->had, 0);
    write_blocks(&p, 0, 1);
    assert_int_equal(stat(victim, &st), 0);
    assert_int_equal(st.st_size, 8);
    assert_int_equal(st.st_nlink, 1);
    file_part_close(&p, false);
    assert_int_equal(files(), 1);
}

static void test_damage_leaves_nothing(void **state)
{
    (void)state;
    struct file_part p;
    char saved[FILE_NAME_SIZE];
    uint8_t other[FILE_BLOCK_HASH];
    begin(&p);
    write_blocks(&p, 0, 2);
    assert_int_equal(file_part_finish(&p, "c", saved), FILE_TROUBLE_DAMAGED); // not whole
    assert_int_equal(files(), 0);
    begin(&p);
    write_blocks(&p, 0, 2);
    raw[2][0] ^= 1; // a block that is what it says, but not what was offered
    file_blocks_hash(other, raw[2], 100);
    assert_int_equal(file_part_write(&p, 2, other, raw[2]), FILE_TROUBLE_NONE);
    raw[2][0] ^= 1;
    assert_int_equal(file_part_finish(&p, "c", saved), FILE_TROUBLE_DAMAGED);
    assert_int_equal(files(), 0);
    assert_int_equal(store.open, 0);
    assert_int_equal(store.promised, 0);
}

static void test_bounds(void **state)
{
    (void)state;
    struct file_part p[FILE_STORE_AT_ONCE + 1];
    uint8_t other[FILE_BLOCK_HASH] = {0};
    assert_int_equal(file_store_begin(&store, &p[0], root, FILE_SIZE_MAX + 1, 1), FILE_TROUBLE_TOO_LARGE);
    begin(&p[0]);
    assert_int_equal(file_store_begin(&store, &p[1], root, SIZE, 1), FILE_TROUBLE_TWICE);
    write_blocks(&p[0], 0, 1); // and that took nothing away from it
    for (int i = 1; i < FILE_STORE_AT_ONCE; i++) {
        other[0] = (uint8_t)i;
        assert_int_equal(file_store_begin(&store, &p[i], other, SIZE, 1), FILE_TROUBLE_NONE);
    }
    other[0] = 99;
    assert_int_equal(file_store_begin(&store, &p[4], other, SIZE, 1), FILE_TROUBLE_MANY);
    for (int i = 0; i < FILE_STORE_AT_ONCE; i++)
        file_part_close(&p[i], false);
    assert_int_equal(files(), 0);
    store.day = (struct file_day){.from_s = 1, .bytes = FILE_STORE_DAY_MAX - SIZE + 1};
    assert_int_equal(file_store_begin(&store, &p[0], root, SIZE, 2), FILE_TROUBLE_DAY);
    assert_int_equal(file_store_begin(&store, &p[0], root, SIZE, 25 * 3600), FILE_TROUBLE_NONE);
    file_part_close(&p[0], false);
}

// What came today is not forgotten with the process; a file that says nothing, or is none, is no trouble.
static void test_the_day_outlives_a_restart(void **state)
{
    (void)state;
    struct file_part p;
    char path[100];
    snprintf(path, sizeof path, "%s/today", top);
    file_store_open_day(&store, path);
    begin(&p);
    write_blocks(&p, 0, 2);
    file_part_close(&p, false); // it was written all the same
    file_store_close_day(&store);
    file_store_init(&store, folder, 0);
    assert_int_equal(store.day.bytes, 0);
    file_store_open_day(&store, path);
    assert_int_equal(store.day.bytes, 2 * FILE_BLOCK_RAW);
    assert_int_equal(store.day.from_s, 1);
    file_store_close_day(&store);
    file_store_init(&store, folder, 0);
    file_store_open_day(&store, folder); // a folder
    assert_int_equal(store.day.bytes, 0);
    begin(&p);
    write_blocks(&p, 0, 1);
    file_part_close(&p, false);
    assert_int_equal(store.day.bytes, FILE_BLOCK_RAW);
    file_store_close_day(&store);
}

static void test_the_floor(void **state)
{
    (void)state;
    struct file_part p, q;
    struct statvfs v;
    uint8_t other[FILE_BLOCK_HASH] = {1};
    assert_int_equal(statvfs("/tmp", &v), 0);
    uint64_t here = (uint64_t)v.f_bavail * v.f_frsize;
    store.floor = here;
    assert_int_equal(file_store_begin(&store, &p, root, SIZE, 1), FILE_TROUBLE_FULL);
    assert_int_equal(files(), 0);
    store.floor = 0;
    begin(&p);
    store.floor = here; // what is to stay free is taken by nobody: what came may stay
    assert_int_equal(file_part_write(&p, 0, hash[0], raw[0]), FILE_TROUBLE_LOW);
    store.floor = 3 * here; // others have taken most of it
    assert_int_equal(file_part_write(&p, 0, hash[0], raw[0]), FILE_TROUBLE_FULL);
    store.floor = 0;
    store.floor = here - ((uint64_t)512 << 20); // what is promised to others counts; other programs write here, too
    store.promised += (uint64_t)1 << 30;
    assert_int_equal(file_store_begin(&store, &q, other, SIZE, 1), FILE_TROUBLE_FULL);
    store.promised -= (uint64_t)1 << 30;
    file_part_close(&p, false);
}

static void age(const char *name)
{
    char path[300];
    struct timespec old[2] = {{time(NULL) - 8 * 24 * 3600, 0}, {time(NULL) - 8 * 24 * 3600, 0}};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
}

static void test_abandoned_ones_go(void **state)
{
    (void)state;
    struct file_part p;
    char old[100], lookalike[100], path[300];
    file_store_sweep(&store); // there is no folder
    begin(&p);                // locked: whatever the clock says
    write_blocks(&p, 0, 1);
    part_path(path, sizeof path, "part");
    age(strrchr(path, '/') + 1);
    snprintf(old, sizeof old, ".parlour-%064d.part", 7);
    snprintf(lookalike, sizeof lookalike, ".parlour-%063d.part", 7);
    put(old, "x");
    put(lookalike, "x");
    put("mine", "x");
    age(old);
    age(lookalike);
    age("mine");
    file_store_sweep(&store);
    assert_int_equal(files(), 4); // part, map, lookalike, mine
    file_part_close(&p, false);
    assert_int_equal(files(), 2);
}

static void test_a_folder_that_cannot_be(void **state)
{
    (void)state;
    struct file_part p;
    char path[200];
    snprintf(path, sizeof path, "%s/file", top);
    close(open(path, O_WRONLY | O_CREAT, 0600));
    file_store_init(&store, path, 0);
    assert_int_equal(file_store_begin(&store, &p, root, SIZE, 1), FILE_TROUBLE_FOLDER);
    file_store_sweep(&store);
    assert_int_equal(store.open, 0);
}

static void test_sources(void **state)
{
    (void)state;
    struct file_source s;
    char path[300];
    assert_int_equal(mkdir(folder, 0700), 0);
    snprintf(path, sizeof path, "%s/s", folder);
    assert_int_equal(file_source_open(&s, path), FILE_TROUBLE_GONE);
    assert_int_equal(file_source_open(&s, folder), FILE_TROUBLE_NO_FILE);
    assert_int_equal(file_source_open(&s, "/dev/null"), FILE_TROUBLE_NO_FILE);
    put("s", "some text");
    assert_int_equal(file_source_open(&s, path), FILE_TROUBLE_NONE);
    assert_int_equal(file_source_hash(&s, scratch), FILE_TROUBLE_NONE);
    assert_true(file_source_ready(&s));
    assert_int_equal(file_source_read(&s, 0, scratch), FILE_TROUBLE_NONE);
    assert_memory_equal(scratch, "some text", 9);
    put("s", "Some text");
    assert_int_equal(file_source_read(&s, 0, scratch), FILE_TROUBLE_CHANGED);
    put("s", "Some");
    assert_int_equal(file_source_read(&s, 0, scratch), FILE_TROUBLE_CHANGED);
    file_source_close(&s);
    int fd = open(path, O_WRONLY);
    assert_int_equal(ftruncate(fd, (off_t)FILE_SIZE_MAX + 1), 0);
    close(fd);
    assert_int_equal(file_source_open(&s, path), FILE_TROUBLE_TOO_LARGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_a_file_comes),
                                       TEST(test_an_empty_one),
                                       TEST(test_nothing_is_written_over),
                                       TEST(test_it_goes_on),
                                       TEST(test_what_is_not_ours_is_not_gone_on_with),
                                       TEST(test_damage_leaves_nothing),
                                       TEST(test_bounds),
                                       TEST(test_the_day_outlives_a_restart),
                                       TEST(test_the_floor),
                                       TEST(test_abandoned_ones_go),
                                       TEST(test_a_folder_that_cannot_be),
                                       TEST(test_sources)};
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
