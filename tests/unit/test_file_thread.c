// The thread that has the disk, with real files: what it offers goes through a pipe into what it takes.
#define _GNU_SOURCE
#include "folder.h"
#include "unit.h"

#include "client/file_thread.h"
#include "client/file_record.h"
#include "client/mailbox.h"
#include "shared/clock.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIZE = 3 * FILE_BLOCK_RAW + 77, OURS = 2, THEIRS = 1, SECOND = 1000000 };

static char top[64], source[100], folder[100];
static struct mailbox events;
static struct file_thread *thread;

static void on_event(void *ctx, struct file_event *e)
{
    (void)ctx;
    assert_true(mailbox_push(&events, e));
}

static void begin(void)
{
    thread = file_thread_create(folder, NULL, 0, on_event, NULL);
    assert_true(file_thread_start(thread));
}

static int setup(void **state)
{
    (void)state;
    uint64_t random = 9;
    uint8_t block[4096];
    snprintf(top, sizeof top, "/tmp/parlour-test-thread-XXXXXX");
    if (!mkdtemp(top))
        return -1;
    snprintf(source, sizeof source, "%s/source", top);
    snprintf(folder, sizeof folder, "%s/in", top);
    int fd = open(source, O_WRONLY | O_CREAT, 0600);
    for (size_t at = 0; at < SIZE; at += sizeof block) {
        unit_fill(&random, block, sizeof block);
        if (pwrite(fd, block, SIZE - at < sizeof block ? SIZE - at : sizeof block, (off_t)at) < 0)
            return -1;
    }
    close(fd);
    mailbox_init(&events, 64, NULL, NULL);
    begin();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    file_thread_stop(thread);
    mailbox_destroy(&events, free);
    folder_remove(folder);
    folder_remove(top);
    return 0;
}

static struct file_event expect(enum file_event_type type, uint32_t id)
{
    struct file_event *e = mailbox_wait(&events, clock_now_us() + 10 * SECOND), out;
    assert_non_null(e);
    out = *e;
    free(e);
    assert_int_equal(out.type, type);
    assert_int_equal(out.id, id);
    return out;
}

static struct file_event prepare(void)
{
    assert_true(file_thread_prepare(thread, OURS, source));
    return expect(FILE_EVENT_READY, OURS);
}

static struct file_pipe *pipe_new(void)
{
    return file_pipe_create(NULL, NULL, NULL, NULL);
}

static void expect_same(const char *name)
{
    char path[300];
    static char a[SIZE + 1], b[SIZE + 1];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int from = open(source, O_RDONLY), to = open(path, O_RDONLY);
    assert_true(from >= 0 && to >= 0);
    assert_int_equal(read(from, a, sizeof a), SIZE);
    assert_int_equal(read(to, b, sizeof b), SIZE);
    assert_memory_equal(a, b, SIZE);
    close(from);
    close(to);
}

static void test_from_disk_to_disk(void **state)
{
    (void)state;
    struct file_event ready = prepare();
    struct file_pipe *pipe = pipe_new();
    struct file_figures f;
    assert_int_equal(ready.size, SIZE);
    assert_true(file_thread_look(thread, THEIRS, ready.root));
    expect(FILE_EVENT_UNKNOWN, THEIRS);
    assert_true(file_thread_take(thread, THEIRS, ready.root, SIZE, "../x.txt", file_pipe_hold(pipe)));
    struct file_event opened = expect(FILE_EVENT_OPENED, THEIRS);
    assert_true(sodium_is_zero(opened.have, sizeof opened.have));
    assert_true(file_thread_stream(thread, OURS, opened.have, sizeof opened.have, pipe));
    struct file_event saved = expect(FILE_EVENT_SAVED, THEIRS);
    expect_same(saved.name);
    assert_string_equal(saved.name, "x.txt");
    assert_true(file_thread_figures(thread, OURS, &f));
    assert_int_equal(f.done, SIZE);
    assert_int_equal(f.sent, SIZE);
    assert_int_equal(f.written, SIZE + 4 * FILE_RECORD_HEAD);
    assert_false(file_thread_figures(thread, THEIRS, &f));
}

// From one pipe to the other so much, and a little of what follows, and until that has come.
static void carry(struct file_pipe *from, struct file_pipe *to, uint64_t until)
{
    uint8_t chunk[FILE_PIPE_CHUNK];
    struct file_figures f = {.done = 0};
    size_t n = 0, moved = 0; // n: in hand
    for (uint64_t end = clock_now_us() + 10 * SECOND; f.done < until;) {
        assert_true(clock_now_us() < end);
        file_thread_figures(thread, THEIRS, &f);
        while (moved < until + 4000 && (n || file_pipe_take(from, chunk, &n)) && file_pipe_put(to, chunk, n)) {
            moved += n;
            n = 0;
        }
        usleep(200);
    }
}

// So much of a file is there, and more of it is on its way.
static struct file_event some_of_it(uint64_t until, struct file_pipe **from, struct file_pipe **to)
{
    struct file_event ready = prepare();
    uint8_t none[1] = {0};
    *from = pipe_new();
    *to = pipe_new();
    assert_true(file_thread_take(thread, THEIRS, ready.root, SIZE, "x", file_pipe_hold(*to)));
    expect(FILE_EVENT_OPENED, THEIRS);
    assert_true(file_thread_stream(thread, OURS, none, 1, file_pipe_hold(*from)));
    carry(*from, *to, until);
    return ready;
}

// Two blocks come, and the program is ended; afterwards only the others are asked for.
static void test_after_a_restart(void **state)
{
    (void)state;
    struct file_pipe *from, *to;
    struct file_event ready = some_of_it(2 * FILE_BLOCK_RAW, &from, &to);
    file_thread_stop(thread);
    assert_int_equal(file_pipe_get_state(to), FILE_PIPE_ABORTED);
    file_pipe_free(from);
    file_pipe_free(to);
    begin();
    prepare();
    assert_true(file_thread_look(thread, THEIRS, ready.root));
    expect(FILE_EVENT_KNOWN, THEIRS);
    struct file_pipe *pipe = pipe_new();
    assert_true(file_thread_take(thread, THEIRS, ready.root, SIZE, "x", file_pipe_hold(pipe)));
    struct file_event opened = expect(FILE_EVENT_OPENED, THEIRS);
    assert_int_equal(opened.have[0] & 0xC0, 0xC0);
    assert_true(file_thread_stream(thread, OURS, opened.have, 1, pipe));
    expect_same(expect(FILE_EVENT_SAVED, THEIRS).name);
    struct file_figures f;
    assert_true(file_thread_figures(thread, OURS, &f));
    assert_true(f.done == SIZE && f.sent <= SIZE - 2 * FILE_BLOCK_RAW);
}

// The stream breaks off, and goes on through another pipe.
static void test_another_pipe(void **state)
{
    (void)state;
    struct file_pipe *from, *to, *again = pipe_new();
    struct file_event ready = some_of_it(FILE_BLOCK_RAW + 100, &from, &to);
    file_pipe_abort(to);
    file_pipe_abort(from);
    file_pipe_free(from);
    file_pipe_free(to);
    assert_true(file_thread_take(thread, THEIRS, ready.root, SIZE, "x", file_pipe_hold(again)));
    struct file_event opened = expect(FILE_EVENT_OPENED, THEIRS);
    assert_true(opened.have[0] & 0x80);
    assert_true(file_thread_stream(thread, OURS, opened.have, sizeof opened.have, again));
    expect_same(expect(FILE_EVENT_SAVED, THEIRS).name);
}

static unsigned files_in_folder(void)
{
    return folder_count(folder);
}

static void test_dropped_leaves_nothing(void **state)
{
    (void)state;
    struct file_pipe *from, *to;
    struct file_event ready = some_of_it(FILE_BLOCK_RAW, &from, &to);
    assert_int_equal(files_in_folder(), 2);
    assert_true(file_thread_drop(thread, THEIRS, false));
    assert_true(file_thread_drop(thread, OURS, false));
    assert_true(file_thread_look(thread, THEIRS, ready.root));
    expect(FILE_EVENT_UNKNOWN, THEIRS);
    assert_int_equal(files_in_folder(), 0);
    assert_int_equal(file_pipe_get_state(from), FILE_PIPE_ABORTED);
    assert_int_equal(file_pipe_get_state(to), FILE_PIPE_ABORTED);
    file_pipe_free(from);
    file_pipe_free(to);
}

// Fewer bytes than a file has, others, and more.
static void test_who_lies(void **state)
{
    (void)state;
    static uint8_t record[FILE_RECORD_MAX];
    uint8_t raw[100] = "what was not offered", hash[FILE_BLOCK_HASH], root[FILE_BLOCK_HASH];
    static struct file_blocks blocks;
    file_blocks_hash(hash, raw, sizeof raw);
    size_t n = file_record_write(record, 0, hash, raw, sizeof raw);
    for (int lie = 0; lie < 4; lie++) {
        struct file_pipe *pipe = pipe_new();
        file_blocks_init(&blocks, sizeof raw);
        file_blocks_add(&blocks, 0, hash);
        file_blocks_root(&blocks, root);
        root[0] ^= lie == 1;
        assert_true(file_thread_take(thread, THEIRS, root, sizeof raw, "x", file_pipe_hold(pipe)));
        expect(FILE_EVENT_OPENED, THEIRS);
        assert_true(file_pipe_put(pipe, record, lie == 0 ? n - 1 : lie == 2 ? n + 1 : n));
        file_pipe_end(pipe);
        if (lie == 3) { // it is the truth
            expect(FILE_EVENT_SAVED, THEIRS);
        } else {
            struct file_event failed = expect(FILE_EVENT_FAILED, THEIRS);
            assert_int_equal(failed.trouble, FILE_TROUBLE_DAMAGED);
            assert_true(failed.begun);
            assert_int_equal(files_in_folder(), 0);
        }
        file_pipe_free(pipe);
    }
}

static void test_what_changes_is_not_sent(void **state)
{
    (void)state;
    struct file_pipe *pipe = pipe_new();
    uint8_t none[1] = {0};
    prepare();
    int fd = open(source, O_WRONLY);
    assert_int_equal(pwrite(fd, "!", 1, 5), 1);
    close(fd);
    assert_true(file_thread_stream(thread, OURS, none, 1, file_pipe_hold(pipe)));
    struct file_event failed = expect(FILE_EVENT_FAILED, OURS);
    assert_int_equal(failed.trouble, FILE_TROUBLE_CHANGED);
    assert_int_equal(file_pipe_get_state(pipe), FILE_PIPE_ABORTED);
    file_pipe_free(pipe);
    assert_true(file_thread_prepare(thread, OURS, "/nowhere/at/all"));
    failed = expect(FILE_EVENT_FAILED, OURS);
    assert_int_equal(failed.trouble, FILE_TROUBLE_GONE);
    assert_false(failed.begun);
    pipe = pipe_new(); // a stream of what is not there
    assert_true(file_thread_stream(thread, 44, none, 1, file_pipe_hold(pipe)));
    assert_true(file_thread_look(thread, 44, failed.root));
    expect(FILE_EVENT_UNKNOWN, 44);
    assert_int_equal(file_pipe_get_state(pipe), FILE_PIPE_ABORTED);
    file_pipe_free(pipe);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_from_disk_to_disk), TEST(test_after_a_restart),
                                       TEST(test_another_pipe),      TEST(test_dropped_leaves_nothing),
                                       TEST(test_who_lies),          TEST(test_what_changes_is_not_sent)};
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
