// A microphone that is off: nothing is delivered, and nothing is open. SDL's disk driver stands in for the device: it
// reads a file whose descriptor can be seen.
#define _GNU_SOURCE
#include "tests/unit/unit.h"

#include "client/send/mic.h"
#include "shared/clock.h"

#include <dirent.h>
#include <stdatomic.h>
#include <unistd.h>

enum { PATIENCE_US = 5000000, STEP_US = 5000, SILENCE_US = 150000 };

static char path[64];
static atomic_uint blocks;

static void on_pcm(void *ctx, const int16_t *samples, size_t count, uint64_t capture_us)
{
    (void)ctx;
    (void)samples;
    (void)count;
    (void)capture_us;
    atomic_fetch_add(&blocks, 1);
}

static bool device_is_open(void)
{
    bool found = false;
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        char target[256] = "";
        ssize_t n = readlinkat(dirfd(dir), e->d_name, target, sizeof target - 1);
        found = found || (n > 0 && !strcmp(target, path));
    }
    closedir(dir);
    return found;
}

static void wait_until_open(bool open)
{
    for (uint64_t end = clock_now_us() + PATIENCE_US; device_is_open() != open;) {
        if (clock_now_us() > end)
            fail_msg("the device stays %s", open ? "closed" : "open");
        clock_sleep_until(clock_now_us() + STEP_US);
    }
}

static void wait_for_sound(void)
{
    unsigned before = atomic_load(&blocks);
    for (uint64_t end = clock_now_us() + PATIENCE_US; atomic_load(&blocks) < before + 3;) {
        if (clock_now_us() > end)
            fail_msg("there is no sound");
        clock_sleep_until(clock_now_us() + STEP_US);
    }
}

static void nothing_comes(void)
{
    clock_sleep_until(clock_now_us() + 2 * STEP_US); // the block that was on its way
    unsigned before = atomic_load(&blocks);
    clock_sleep_until(clock_now_us() + SILENCE_US);
    assert_int_equal(atomic_load(&blocks), before);
}

static struct mic *started(const char *spec, bool muted)
{
    struct mic *m = mic_create(&(struct mic_config){.spec = spec, .on_pcm = on_pcm});
    mic_set_muted(m, muted);
    assert_true(mic_start(m));
    return m;
}

static void ended(struct mic *m)
{
    mic_stop(m);
    mic_join(m);
    mic_destroy(m);
}

static void off_closes_the_device(void **state)
{
    (void)state;
    struct mic *m = started("auto", false);
    for (int i = 0; i < 3; i++) {
        wait_until_open(true);
        wait_for_sound();
        mic_set_muted(m, true);
        wait_until_open(false);
        nothing_comes();
        assert_true(mic_level(m) == 0);
        mic_set_muted(m, false);
    }
    wait_until_open(true);
    ended(m);
    assert_false(device_is_open());
}

static void one_that_begins_off_opens_nothing(void **state)
{
    (void)state;
    struct mic *m = started("auto", true);
    nothing_comes();
    assert_false(device_is_open());
    ended(m); // and ends while it is off
}

static void a_tone_stops_and_goes_on(void **state)
{
    (void)state;
    struct mic *m = started("tone:440", false);
    wait_for_sound();
    assert_true(mic_level(m) > 0);
    mic_set_muted(m, true);
    nothing_comes();
    assert_true(mic_level(m) == 0);
    mic_set_muted(m, false);
    wait_for_sound();
    ended(m);
}

static void who_listens_delivers_nothing(void **state)
{
    (void)state;
    struct mic *m = started("tone:440", true);
    mic_set_listening(m, true);
    nothing_comes();
    assert_true(mic_level(m) > 0.1f);
    mic_set_muted(m, false);
    wait_for_sound();
    mic_set_muted(m, true);
    nothing_comes();
    mic_set_listening(m, false);
    nothing_comes();
    assert_true(mic_level(m) == 0);
    ended(m);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/parlour-test-mic-%d.raw", (int)getpid());
    FILE *f = fopen(path, "w");
    if (!f)
        return -1;
    for (int i = 0; i < 48000 * 8; i++)
        fputc(i % 97, f);
    setenv("SDL_AUDIODRIVER", "disk", 1);
    setenv("SDL_DISKAUDIOFILEIN", path, 1);
    return fclose(f);
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(off_closes_the_device),
        cmocka_unit_test(one_that_begins_off_opens_nothing),
        cmocka_unit_test(who_listens_delivers_nothing),
        cmocka_unit_test(a_tone_stops_and_goes_on),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
