// The rows of the settings screen: what a step changes, where it ends, and that no value leads anywhere that does not
// fit.
#include "client/ui/settings_view.h"

#include "client/settings.h"
#include "shared/base.h"
#include "tests/unit/unit.h"

struct box { // a made-up one
    struct settings values;
    bool bare; // has no camera setting at all
    struct settings_devices devices[DEVICES_KINDS];
};

static bool setting(void *ctx, const char *name, char *out, size_t size)
{
    struct box *b = ctx;
    const char *value = settings_get(&b->values, name);
    if (!strcmp(name, "camera-given"))
        value = "/dev/video0";
    if (!strcmp(name, "speaker-given"))
        value = "HDMI 0";
    if (!value || (b->bare && !strcmp(name, "camera")))
        return false;
    snprintf(out, size, "%s", value);
    return true;
}

static const struct ui_known PEOPLE[] = {{"Amina", "AAAA", true, true}, {"Robert", "BBBB", false, false}};

static struct settings_source source_of(struct box *b)
{
    return (struct settings_source){b, setting, PEOPLE, ARRAY_LEN(PEOPLE), b->devices};
}

// One step of the row with this name (the n-th so called); "" when there is none. Done, too, when it fits.
static const char *step(struct box *b, enum settings_group group, const char *name, size_t nth, int direction)
{
    static char out[SETTINGS_WORDS_MAX];
    struct settings_list_row rows[SETTINGS_LIST_MAX];
    struct settings_source s = source_of(b);
    size_t count = settings_list_rows(&s, group, rows);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(settings_list_name(&rows[i]), name) != 0 || nth-- > 0)
            continue;
        if (!settings_list_step(&s, &rows[i], direction, out, sizeof out))
            return "";
        char *equals = strchr(out, '=');
        assert_non_null(equals);
        *equals = 0;
        if (settings_list_kind(&rows[i]) != SETTINGS_PERSON && !settings_put(&b->values, out, equals + 1))
            fail_msg("%s = %s does not fit", out, equals + 1);
        *equals = '=';
        return out;
    }
    fail_msg("no row %s", name);
    return NULL;
}

static struct box box(void)
{
    struct box b = {.bare = false};
    static const char *const first[][2] = {
        {"name", "Hall"},       {"camera", "auto"},       {"mirror", "yes"},         {"volume", "100"},
        {"sound-volume", "70"}, {"sounds", "yes"},        {"quiet-hours", ""},       {"text-scale", "100"},
        {"theme", "dark"},      {"reduced-motion", "no"}, {"screen-edges", "0"},     {"language", "auto"},
        {"idle-after", "7"},    {"auto-answer", "no"},    {"auto-answer-delay", "5"}};
    for (size_t i = 0; i < ARRAY_LEN(first); i++)
        assert_true(settings_put(&b.values, first[i][0], first[i][1]));
    return b;
}

static void steps(void **state)
{
    (void)state;
    struct box b = box();
    assert_string_equal(step(&b, SETTINGS_SCREEN, "text-scale", 0, 1), "text-scale=125");
    assert_string_equal(step(&b, SETTINGS_SCREEN, "text-scale", 0, -1), "text-scale=100");
    assert_string_equal(step(&b, SETTINGS_SCREEN, "text-scale", 0, -1), ""); // ends there
    settings_put(&b.values, "text-scale", "110");
    assert_string_equal(step(&b, SETTINGS_SCREEN, "text-scale", 0, 1), "text-scale=125"); // back onto the steps
    settings_put(&b.values, "text-scale", "110");
    assert_string_equal(step(&b, SETTINGS_SCREEN, "text-scale", 0, -1), "text-scale=100");
    settings_put(&b.values, "text-scale", "300");
    assert_string_equal(step(&b, SETTINGS_SCREEN, "text-scale", 0, 1), "");
    assert_string_equal(step(&b, SETTINGS_SCREEN, "text-scale", 0, 0), ""); // OK says nothing about a number
    assert_string_equal(step(&b, SETTINGS_PICTURE, "mirror", 0, 1), "");    // is on already
    assert_string_equal(step(&b, SETTINGS_PICTURE, "mirror", 0, -1), "mirror=no");
    assert_string_equal(step(&b, SETTINGS_PICTURE, "mirror", 0, 0), "mirror=yes");
    assert_string_equal(step(&b, SETTINGS_SCREEN, "theme", 0, 1), "theme=high-contrast");
    assert_string_equal(step(&b, SETTINGS_SCREEN, "theme", 0, 1), "");
    assert_string_equal(step(&b, SETTINGS_SCREEN, "theme", 0, 0), "theme=dark"); // OK goes round
    // What was configured is always among the choices.
    assert_string_equal(step(&b, SETTINGS_PICTURE, "camera", 0, 1), "camera=none");
    assert_string_equal(step(&b, SETTINGS_PICTURE, "camera", 0, 1), "camera=/dev/video0");
    assert_string_equal(step(&b, SETTINGS_PICTURE, "camera", 0, 1), "");
    // A value that is no choice can be left.
    assert_string_equal(step(&b, SETTINGS_SCREEN, "idle-after", 0, -1), "idle-after=60");
}

// The loudspeaker goes to none and to the configured one, and back.
static void loudspeaker(void **state)
{
    (void)state;
    struct box b = box();
    settings_put(&b.values, "speaker", "auto");
    assert_string_equal(step(&b, SETTINGS_SOUND, "speaker", 0, 1), "speaker=none");
    assert_string_equal(step(&b, SETTINGS_SOUND, "speaker", 0, 1), "speaker=HDMI 0");
    assert_string_equal(step(&b, SETTINGS_SOUND, "speaker", 0, 1), "");
    assert_string_equal(step(&b, SETTINGS_SOUND, "speaker", 0, 0), "speaker=auto"); // OK goes round
    assert_string_equal(step(&b, SETTINGS_SOUND, "speaker", 0, -1), "");
}

// What the row says; "" when there is none.
static const char *words(struct box *b, enum settings_group group, const char *name)
{
    static char out[SETTINGS_WORDS_MAX];
    struct settings_list_row rows[SETTINGS_LIST_MAX];
    struct settings_source s = source_of(b);
    size_t count = settings_list_rows(&s, group, rows);
    for (size_t i = 0; i < count; i++)
        if (!strcmp(settings_list_name(&rows[i]), name)) {
            settings_list_words(&s, &rows[i], out, sizeof out);
            return out;
        }
    return "";
}

static const char *sound_step(struct box *b, int direction)
{
    return step(b, SETTINGS_SOUND, "speaker", 0, direction);
}

// Automatic, those that are there, none, and the configured one, which is not.
static void known_loudspeakers(void **state)
{
    (void)state;
    struct box b = box();
    struct settings_devices *d = &b.devices[DEVICES_SPEAKER];
    settings_put(&b.values, "speaker", "HDMI 0");
    assert_string_equal(words(&b, SETTINGS_SOUND, "speaker"), "HDMI 0"); // nobody has looked: nothing is said
    d->known = true;
    device_names_add(&d->names, "Jabra SPEAK", NULL, NULL);
    device_names_add(&d->names, " Built-in 50% ", NULL, NULL); // blanks as USB has them
    assert_string_equal(words(&b, SETTINGS_SOUND, "speaker"), "HDMI 0 (not there)");
    settings_put(&b.values, "speaker", "auto");
    assert_string_equal(words(&b, SETTINGS_SOUND, "speaker"), "Automatic");
    assert_string_equal(sound_step(&b, 1), "speaker=Jabra SPEAK");
    assert_string_equal(sound_step(&b, 1), "speaker=Built-in 50%");
    assert_string_equal(words(&b, SETTINGS_SOUND, "speaker"), "Built-in 50%");
    assert_string_equal(sound_step(&b, 1), "speaker=none");
    assert_string_equal(sound_step(&b, 1), "speaker=HDMI 0");
    assert_string_equal(sound_step(&b, 1), "");
    assert_string_equal(sound_step(&b, 0), "speaker=auto");
    // The configured one comes: it is one of them, whatever part of its name was configured, and offered once.
    device_names_add(&d->names, "LG HDMI 0", NULL, NULL);
    settings_put(&b.values, "speaker", "HDMI 0");
    assert_string_equal(words(&b, SETTINGS_SOUND, "speaker"), "LG HDMI 0");
    assert_string_equal(sound_step(&b, 1), "speaker=none");
    assert_string_equal(sound_step(&b, 1), "");
    // The chosen one goes: it stays chosen, is said not to be there, and can be left and taken again no more.
    settings_put(&b.values, "speaker", "Jabra SPEAK");
    d->names.count = 0;
    device_names_add(&d->names, "LG HDMI 0", NULL, NULL);
    assert_string_equal(words(&b, SETTINGS_SOUND, "speaker"), "Jabra SPEAK (not there)");
    assert_string_equal(sound_step(&b, 1), "");
    assert_string_equal(sound_step(&b, -1), "speaker=none");
    assert_string_equal(sound_step(&b, 1), "");
}

static void known_cameras(void **state)
{
    (void)state;
    static const char by_id[] = "/dev/v4l/by-id/usb-046d_HD_C920-video-index0";
    struct box b = box();
    struct settings_devices *d = &b.devices[DEVICES_CAMERA];
    d->known = true;
    device_names_add(&d->names, "Built-in", "/dev/video4", "/dev/video4");
    device_names_add(&d->names, "C920", by_id, "/dev/video0"); // the configured one
    device_names_add(&d->names, "C920", "/dev/video2", "/dev/video2");
    device_names_add(&d->names, "lavfi:testsrc", "/dev/video6", "/dev/video6");         // would be an address
    assert_string_equal(step(&b, SETTINGS_PICTURE, "camera", 0, 1), "camera=Built-in"); // numbers change
    assert_int_equal(strncmp(step(&b, SETTINGS_PICTURE, "camera", 0, 1), "camera=/dev/v4l/", 16), 0);
    assert_string_equal(words(&b, SETTINGS_PICTURE, "camera"), "C920 (/dev/video0)"); // not the other one
    assert_string_equal(step(&b, SETTINGS_PICTURE, "camera", 0, 1), "camera=/dev/video2");
    assert_string_equal(words(&b, SETTINGS_PICTURE, "camera"), "C920 (/dev/video2)");
    assert_string_equal(step(&b, SETTINGS_PICTURE, "camera", 0, 1), "camera=/dev/video6");
    assert_string_equal(words(&b, SETTINGS_PICTURE, "camera"), "lavfi:testsrc");
    assert_string_equal(step(&b, SETTINGS_PICTURE, "camera", 0, 1), "camera=none");
    assert_string_equal(step(&b, SETTINGS_PICTURE, "camera", 0, 1), "");
    settings_put(&b.values, "camera", by_id);
    d->names.count = 1;
    assert_string_equal(words(&b, SETTINGS_PICTURE, "camera"), "046d HD C920 (not there)");
    // What is no device is never missing, nor mistaken for one whose name has it.
    device_names_add(&d->names, "Fastest", "/dev/video8", "/dev/video8");
    settings_put(&b.values, "camera", "HP HD Camera: HP HD Camera");
    assert_string_equal(words(&b, SETTINGS_PICTURE, "camera"), "HP HD Camera: HP HD Camera (not there)");
    settings_put(&b.values, "camera", "test");
    assert_string_equal(words(&b, SETTINGS_PICTURE, "camera"), "test");
    settings_put(&b.values, "camera", "rtsp://10.0.0.1/door");
    assert_string_equal(words(&b, SETTINGS_PICTURE, "camera"), "rtsp://10.0.0.1/door");
}

// Whatever a device calls itself: choosing it never means a file or a tone, and nothing odd is written on the screen.
static void hostile_names(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "file:/home/kiosk/.bashrc", " file:/etc/passwd", "tone:440", "auto", "none", " ", "two\nlines"};
    struct box b = box();
    struct settings_devices *d = &b.devices[DEVICES_MICROPHONE];
    d->known = true;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        device_names_add(&d->names, bad[i], NULL, NULL);
    device_names_add(&d->names, "Twin", NULL, NULL);
    device_names_add(&d->names, "Twin", NULL, NULL); // found by the same name: offered once
    settings_put(&b.values, "microphone", "auto");
    assert_string_equal(step(&b, SETTINGS_SOUND, "microphone", 0, 1), "microphone=Twin");
    assert_string_equal(step(&b, SETTINGS_SOUND, "microphone", 0, 1), "microphone=none");
    d->names.count = 0;
    char longest[400];
    for (size_t i = 0; i + 2 < sizeof longest; i += 2)
        memcpy(longest + i, "\xC3\xA4", 3);
    device_names_add(&d->names, longest, NULL, NULL);
    settings_put(&b.values, "microphone", "auto");
    assert_int_equal(strlen(step(&b, SETTINGS_SOUND, "microphone", 0, 1)), strlen("microphone=") + 158);
    const char *shown = words(&b, SETTINGS_SOUND, "microphone");
    assert_string_equal(shown + strlen(shown) - 3, "…");
    assert_true(strlen(shown) < 100);
    for (size_t i = d->names.count; i < DEVICE_NAMES_MAX; i++) { // as many as there can be, and two more
        char name[16];
        snprintf(name, sizeof name, "No. %02u", (unsigned)i);
        device_names_add(&d->names, name, NULL, NULL);
    }
    settings_put(&b.values, "microphone", "gone");
    assert_string_equal(step(&b, SETTINGS_SOUND, "microphone", 0, 0), "microphone=auto");
    for (size_t i = 0; i < DEVICE_NAMES_MAX; i++)
        assert_string_not_equal(step(&b, SETTINGS_SOUND, "microphone", 0, 1), "");
    assert_string_equal(settings_get(&b.values, "microphone"), "No. 31");
}

static void quiet(void **state)
{
    (void)state;
    struct box b = box();
    assert_string_equal(step(&b, SETTINGS_SOUND, "quiet-hours", 1, 1), ""); // no end without a beginning
    assert_string_equal(step(&b, SETTINGS_SOUND, "quiet-hours", 0, 1), "quiet-hours=22:00-07:00");
    assert_string_equal(step(&b, SETTINGS_SOUND, "quiet-hours", 1, -1), "quiet-hours=22:00-06:30");
    for (int i = 0; i < 4; i++)
        step(&b, SETTINGS_SOUND, "quiet-hours", 0, 1);
    assert_string_equal(settings_get(&b.values, "quiet-hours"), "00:00-06:30"); // past midnight
    for (int i = 0; i < 100; i++) { // never as long as a day: the two ends do not meet
        step(&b, SETTINGS_SOUND, "quiet-hours", 0, 1);
        const char *now = settings_get(&b.values, "quiet-hours");
        assert_true(strlen(now) == 11 && strncmp(now, now + 6, 5) != 0);
    }
    assert_string_equal(step(&b, SETTINGS_SOUND, "quiet-hours", 0, 0), "quiet-hours="); // OK: none
    settings_put(&b.values, "quiet-hours", "21:50-05:05");
    assert_string_equal(step(&b, SETTINGS_SOUND, "quiet-hours", 0, 1), "quiet-hours=22:00-05:05");
}

static void people(void **state)
{
    (void)state;
    struct box b = box();
    assert_string_equal(step(&b, SETTINGS_BOX, "pair-identity", 0, 0), "unpair-identity=AAAA");
    assert_string_equal(step(&b, SETTINGS_BOX, "pair-identity", 0, 1), ""); // paired already
    assert_string_equal(step(&b, SETTINGS_BOX, "pair-identity", 1, 1), "pair-identity=BBBB");
    assert_string_equal(step(&b, SETTINGS_BOX, "pair-identity", 1, -1), "");
}

// Any walk with any keys: the focus stays on a row that is there, what is told fits, and Back leads out.
static void any_keys(void **state)
{
    (void)state;
    struct box b = box();
    struct ui_ops ops = {.ctx = &b, .setting = setting};
    static struct settings_view view;
    srandom((unsigned)unit_seed());
    settings_view_open(&view);
    settings_view_refresh(&view, &ops);
    for (int i = 0; i < 20000; i++) {
        char out[SETTINGS_WORDS_MAX];
        long key = random() % 7;
        b.bare = random() % 50 == 0; // a setting may be gone the next moment
        if (key < 2) {
            settings_view_move(&view, &ops, key == 0 ? -1 : 1);
        } else if (key < 5) {
            if (settings_view_turn(&view, &ops, (int)key - 3, out, sizeof out)) {
                char *equals = strchr(out, '=');
                assert_non_null(equals);
                *equals = 0;
                assert_true(settings_put(&b.values, out, equals + 1));
                settings_view_refresh(&view, &ops);
            }
        } else if (key == 5 && view.open) {
            int levels = 0;
            struct settings_view left = view;
            while (settings_view_back(&left))
                assert_true(++levels < 4);
        } else if (!settings_view_back(&view)) {
            settings_view_open(&view);
            settings_view_refresh(&view, &ops);
        }
        struct settings_list_row rows[SETTINGS_LIST_MAX];
        struct settings_source s = settings_view_source(&view, &ops);
        size_t count = settings_list_rows(&s, view.group, rows);
        assert_true(view.group < SETTINGS_GROUPS && (view.row < count + 1 || !view.in_rows));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(loudspeaker),   cmocka_unit_test(known_loudspeakers),
                                       cmocka_unit_test(known_cameras), cmocka_unit_test(hostile_names),
                                       cmocka_unit_test(steps),         cmocka_unit_test(quiet),
                                       cmocka_unit_test(people),        cmocka_unit_test(any_keys)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
