// The recorder's thread: who starts and ends it waits for no disk.
#include "tests/unit/unit.h"

#include "client/recorder.h"
#include "shared/clock.h"
#include "shared/wire.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MS = 1000, SECOND = 1000000, PICTURE = WIRE_SLOT(WIRE_STREAM_CAMERA, 2) };

static char folder[64], path[160];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/parlour-recorder-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/room.mkv", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(folder); // no file without anything in it is left
}

static atomic_bool stuck;

static void stand_still(void *ctx, uint16_t member, uint8_t slot)
{
    (void)ctx;
    (void)member;
    (void)slot;
    while (atomic_load(&stuck))
        usleep(1000);
}

static void not_told(void *ctx)
{
    (void)ctx;
}

static enum recorder_state state_of(struct recorder *r)
{
    struct recorder_figures f;
    recorder_get_figures(r, &f);
    return f.state;
}

static void wait_until(struct recorder *r, enum recorder_state wanted)
{
    for (unsigned i = 0; i < 5000 && state_of(r) != wanted; i++)
        usleep(1000);
    assert_int_equal(state_of(r), wanted);
}

static void start(struct recorder *r, const char *in)
{
    assert_true(recorder_start(r, &(struct recorder_order){in, path, "", 0}));
    wait_until(r, RECORDER_READY);
    recorder_go(r);
    assert_int_equal(state_of(r), RECORDER_ON);
}

// A folder on a disk that hangs, as a network's does that is gone.
int mkdir(const char *name, mode_t mode)
{
    while (atomic_load(&stuck))
        usleep(1000);
    return (int)syscall(SYS_mkdirat, AT_FDCWD, name, mode);
}

static void no_folder(void **state)
{
    (void)state;
    char inner[128];
    struct recorder_figures f;
    struct recorder *r = recorder_create(&(struct recorder_config){.ask_keyframe = stand_still, .changed = not_told});
    snprintf(inner, sizeof inner, "%s/new", folder);
    snprintf(path, sizeof path, "%s/new/room.mkv", folder);
    atomic_store(&stuck, true);
    assert_true(recorder_start(r, &(struct recorder_order){inner, path, "", 0})); // and not after an hour
    usleep(50000);
    assert_int_equal(state_of(r), RECORDER_STARTING);
    assert_false(recorder_finish(r, clock_now_us() + 50 * MS));
    atomic_store(&stuck, false);
    wait_until(r, RECORDER_ENDED); // it was told to stop before anything began
    recorder_join(r);
    assert_int_equal(access(path, F_OK), -1);
    start(r, inner);
    recorder_stop(r);
    recorder_join(r);
    assert_int_equal(rmdir(inner), 0); // nothing came: nothing is left
    assert_true(recorder_start(r, &(struct recorder_order){NULL, path, "", 0}));
    wait_until(r, RECORDER_ENDED);
    recorder_get_figures(r, &f);
    assert_int_equal(f.trouble, RECORDER_NO_FILE);
    recorder_destroy(r);
}

// Nobody waits for ever for a thread that does not come back.
static void no_answer(void **state)
{
    (void)state;
    static const uint8_t identity[32], data[10];
    struct recorder *r = recorder_create(&(struct recorder_config){.ask_keyframe = stand_still, .changed = not_told});
    assert_true(recorder_finish(r, 0)); // nothing was begun
    start(r, NULL);
    atomic_store(&stuck, true);
    recorder_member(r, 3, identity, "Anna", true);
    recorder_video(r, 3, PICTURE, 0, false, data, sizeof data, clock_now_us());
    assert_false(recorder_finish(r, clock_now_us() + 100 * MS));
    atomic_store(&stuck, false);
    assert_true(recorder_finish(r, clock_now_us() + 10 * SECOND));
    recorder_destroy(r);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(no_folder), TEST(no_answer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
