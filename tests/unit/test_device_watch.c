// What is there is told once somebody asks and no more when nothing changes; ends at once, asked or not.
#include "tests/unit/unit.h"

#include "client/device_watch.h"
#include "client/sound_device.h"
#include "shared/clock.h"

#include <stdatomic.h>
#include <unistd.h>

static atomic_uint told;

static void on_changed(void *ctx)
{
    assert_ptr_equal(ctx, &told);
    atomic_fetch_add(&told, 1);
}

static void pause_ms(unsigned ms)
{
    usleep(ms * 1000);
}

static bool known(struct device_watch *w, enum devices_kind kind)
{
    static struct device_names names;
    return device_watch_get(w, kind, &names);
}

static void asked_and_not(void **state)
{
    (void)state;
    atomic_store(&told, 0);
    struct device_watch *w = device_watch_create(on_changed, &told);
    assert_non_null(w);
    pause_ms(50);
    assert_false(known(w, DEVICES_CAMERA)); // nobody has asked
    device_watch_look(w, true);
    uint64_t end_us = clock_now_us() + 20000000;
    while (!(known(w, DEVICES_CAMERA) && known(w, DEVICES_MICROPHONE) && known(w, DEVICES_SPEAKER)) &&
           clock_now_us() < end_us)
        pause_ms(10);
    assert_true(known(w, DEVICES_CAMERA) && known(w, DEVICES_MICROPHONE) && known(w, DEVICES_SPEAKER));
    while (!atomic_load(&told) && clock_now_us() < end_us)
        pause_ms(10);
    assert_true(atomic_load(&told) > 0);
    pause_ms(1300); // what it was about to tell
    unsigned before = atomic_load(&told);
    pause_ms(2300); // it looks at least once more, and there is nothing new
    assert_int_equal(atomic_load(&told), before);
    device_watch_look(w, false);
    assert_true(known(w, DEVICES_SPEAKER)); // still what it was
    uint64_t begin_us = clock_now_us();
    device_watch_destroy(w);
    assert_true(clock_now_us() - begin_us < 5000000);
}

static void ends_at_once(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct device_watch *w = device_watch_create(on_changed, &told);
        assert_non_null(w);
        if (i % 2)
            device_watch_look(w, true);
        device_watch_destroy(w);
    }
    device_watch_destroy(NULL);
}

int main(void)
{
    setenv("SDL_AUDIODRIVER", "dummy", 1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(asked_and_not), cmocka_unit_test(ends_at_once)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sound_device_finish();
    return failed;
}
