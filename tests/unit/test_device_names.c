// Which device is meant: by its whole name, by what stays, or by the part that only one has.
#include "tests/unit/unit.h"

#include "client/device_names.h"

static struct device_names some(void)
{
    struct device_names n = {.count = 0};
    device_names_add(&n, "Jabra SPEAK 510 Mono", NULL, NULL);
    device_names_add(&n, "Jabra SPEAK 510 Mono (2)", NULL, NULL);
    device_names_add(&n, "Built-in Audio", NULL, NULL);
    device_names_add(&n, "BRIO", "/dev/v4l/by-id/usb-046d_BRIO-video-index0", "/dev/video2");
    return n;
}

static void found(void **state)
{
    (void)state;
    static const struct {
        const char *wanted;
        int at;
    } rows[] = {{"Jabra SPEAK 510 Mono", 0}, // though another begins with it
                {"Jabra SPEAK 510 Mono (2)", 1},
                {"jabra", -1}, // which of the two?
                {"(2)", 1},
                {"built-IN", 2},
                {"Audio", 2},
                {"audio ", -1},
                {"Built-in Audio and more", -1},
                {"/dev/v4l/by-id/usb-046d_BRIO-video-index0", 3},
                {"/dev/video2", 3},
                {"/dev/video", -1},
                {"", -1},
                {"nothing like it", -1}};
    struct device_names n = some(), none = {.count = 0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (device_names_find(&n, rows[i].wanted) != rows[i].at)
            fail_msg("'%s' is %d", rows[i].wanted, device_names_find(&n, rows[i].wanted));
        assert_int_equal(device_names_find(&none, rows[i].wanted), -1);
    }
}

static void bounds(void **state)
{
    (void)state;
    struct device_names n = {.count = 0};
    char name[400] = "";
    for (size_t i = 0; i < 199; i++)
        memcpy(name + 2 * i, "\xC3\xBC", 3);
    for (int i = 0; i < DEVICE_NAMES_MAX; i++)
        assert_true(device_names_add(&n, name, name + 1, NULL));
    assert_false(device_names_add(&n, "one more", NULL, NULL));
    assert_int_equal(n.count, DEVICE_NAMES_MAX);
    size_t length = strlen(n.list[0].name);
    assert_int_equal(length, DEVICE_NAMES_SIZE - 2); // whole characters
    assert_int_equal((unsigned char)n.list[0].name[length - 1], 0xBC);
    assert_true(strlen(n.list[0].id) < DEVICE_NAMES_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(found), cmocka_unit_test(bounds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
