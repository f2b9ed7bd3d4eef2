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

// Names with colons and slashes in them, as uvcvideo makes them, beside addresses.
static void cameras(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        bool camera;
        int at;
    } rows[] = {{"HP HD Camera: HP HD Camera", true, 0},
                {"HP HD Camera:", true, 0},
                {"UVC Camera (046d:0825)", true, 1},
                {"Integrated_Webcam_HD: Integrate", true, 2},
                {"lavfi:testsrc", true, 3}, // called just so
                {"Cam/Mic", true, 4},
                {"/dev/video6", true, 3},
                {"BRIO", true, -1},
                {"Other Camera: Other", true, -1}, // gone: another one serves
                {"Other: Other", true, -1},
                {"/dev/video9", true, -1},
                {"/dev/v4l/by-id/usb-046d_BRIO-video-index0", true, -1},
                {"lavfi:test", false, -1}, // a part is no name of a camera, when it is an address
                {"rtsp://10.0.0.1/door", false, -1},
                {"mpegts:tcp://127.0.0.1:5000", false, -1},
                {"file:my clip: one.mp4", false, -1},
                {"x11grab::0", false, -1},
                {"lavfi:testsrc=size=320x180 [a]", false, -1},
                {"/home/ann/clip.mp4", false, -1},
                {"clip/1.mp4", false, -1},
                {"auto", false, -1},
                {"none", false, -1},
                {"test", false, -1}};
    struct device_names n = {.count = 0};
    device_names_add(&n, "HP HD Camera: HP HD Camera", "/dev/video0", "/dev/video0");
    device_names_add(&n, "UVC Camera (046d:0825)", "/dev/video2", "/dev/video2");
    device_names_add(&n, "Integrated_Webcam_HD: Integrate", "/dev/video4", "/dev/video4");
    device_names_add(&n, "lavfi:testsrc", "/dev/video6", "/dev/video6");
    device_names_add(&n, "Cam/Mic", "/dev/video8", "/dev/video8");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int at;
        bool camera = device_names_camera(&n, rows[i].spec, &at);
        if (camera != rows[i].camera || at != rows[i].at)
            fail_msg("'%s': %d, %d", rows[i].spec, camera, at);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(found), cmocka_unit_test(cameras), cmocka_unit_test(bounds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
