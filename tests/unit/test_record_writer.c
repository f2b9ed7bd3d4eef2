// What is recorded, read back: real pictures and sound through queue, streams and files, in a time of the test's own.
#include "tests/unit/record_rig.h"

#include <signal.h>
#include <sys/resource.h>

static uint64_t dropped(void)
{
    uint64_t n;
    bool slow;
    record_queue_dropped(&t.queue, &n, &slow);
    assert_true(slow == (n > 0));
    return n;
}

static void as_it_was(void **state)
{
    (void)state;
    struct member m[] = {{.id = 3, .first_ts = 0xffffff00u, .pictures = pictures, .slot = CAMERA, .since_us = t.now},
                         {.id = 7, .first_ts = 77, .slot = CAMERA, .since_us = t.now}};
    begin();
    person(3, "Anna", true);
    person(7, "Bert", false);
    run_for(4000, m, 2);
    end();
    read_file("room.mkv");
    assert_int_equal(track_count, 3);
    assert_int_equal(picture("Anna")->packets, 100);
    assert_int_equal(picture("Anna")->decoded, 100);
    assert_int_equal(picture("Anna")->width, 320);
    assert_in_range(picture("Anna")->last_ms - picture("Anna")->first_ms, 3955, 3965);
    same_pictures(picture("Anna"), pictures, 0, 100);
    size_t at = 0;
    for (unsigned i = 0; i < 200; at += sounds[i++].size)
        assert_memory_equal(sound("Bert")->bytes + at, sounds[i].data, sounds[i].size);
    assert_int_equal(at, sound("Bert")->size);
    assert_int_equal(sound("Anna")->packets, 200);
    assert_in_range(sound("Bert")->decoded, 199, 200);
    assert_in_range(llabs(sound("Anna")->first_ms - picture("Anna")->first_ms), 0, 1);
    assert_int_equal(dropped(), 0);
    close_file();
}

// Another layer, smaller, from its keyframe on: the same track goes on, and decodes.
static void another_layer(void **state)
{
    (void)state;
    struct member m = {.id = 3, .first_ts = 9, .pictures = pictures, .slot = CAMERA, .since_us = t.now};
    begin();
    person(3, "Anna", true);
    run_for(2000, &m, 1);
    m.pictures = small;
    m.slot = SMALL;
    run_for(2000, &m, 1);
    end();
    read_file("room.mkv");
    assert_int_equal(picture("Anna")->packets, 100);
    assert_int_equal(picture("Anna")->decoded, 100);
    assert_int_equal(picture("Anna")->decoder->width, 160);
    close_file();
}

// Who comes later begins another file, which all go over to without losing anything; who comes back goes on in his
// track.
static void who_comes_and_goes(void **state)
{
    (void)state;
    struct member m[] = {{.id = 3, .first_ts = 1, .pictures = pictures, .slot = CAMERA, .since_us = t.now},
                         {.id = 4, .first_ts = 5, .pictures = pictures, .slot = CAMERA}};
    begin();
    person(3, "Anna", true);
    run_for(3000, m, 1);
    m[1].since_us = t.now;
    person(4, "Bert", true);
    run_for(4000, m, 2);
    assert_int_equal(t.writer.parts, 2);
    assert_in_range(t.asked[3], 1, 2);
    gone(4);
    run_for(1000, m, 1);
    m[1] = (struct member){.id = 9, .first_ts = 7777, .pictures = pictures, .slot = CAMERA, .since_us = t.now};
    person(9, "Bert", true);
    run_for(2000, m, 2);
    end();
    assert_int_equal(t.writer.parts, 2);
    read_file("room.mkv");
    assert_int_equal(track_count, 2);
    unsigned before = picture("Anna")->packets, heard = sound("Anna")->packets;
    assert_in_range(before, 75, 125);
    assert_int_equal(picture("Anna")->decoded, before);
    same_pictures(picture("Anna"), pictures, 0, before);
    close_file();
    read_file("room-2.mkv");
    assert_int_equal(track_count, 4);
    assert_int_equal(before + picture("Anna")->packets, 250);
    same_pictures(picture("Anna"), pictures, before, 250 - before);
    assert_int_equal(heard + sound("Anna")->packets, 500);
    assert_int_equal(picture("Bert")->packets, 150);
    assert_int_equal(sound("Bert")->packets, 300);
    assert_int_equal(picture("Bert")->decoded, 150);
    assert_in_range(picture("Bert")->first_ms, 0, 50);
    assert_in_range(picture("Bert")->last_ms, 6900, 7000); // the second he was away is there, too
    close_file();
}

// His sound is there at once, his picture two seconds later: the file waits for it, as he says that there is one.
static void a_late_picture(void **state)
{
    (void)state;
    struct member m = {.id = 3, .first_ts = 1, .slot = CAMERA, .since_us = t.now};
    begin();
    person(3, "Anna", true);
    run_for(2000, &m, 1);
    assert_int_equal(t.writer.parts, 0);
    m.pictures = pictures;
    m.picture = 50;
    run_for(3000, &m, 1);
    end();
    assert_int_equal(t.writer.parts, 1);
    read_file("room.mkv");
    assert_int_equal(sound("Anna")->packets, 250);
    assert_in_range(picture("Anna")->first_ms, 1990, 2010);
    close_file();
}

// Losses, copies and late ones of sound: each once, in order, with their gaps.
static void sound_in_any_order(void **state)
{
    (void)state;
    static const unsigned order[] = {0, 1, 3, 2, 2, 5, 1, 8, 6, 7, 20};
    struct member m = {.id = 3, .first_ts = 100, .since_us = t.now};
    begin();
    person(3, "Anna", false);
    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        send_one(&m, RECORD_ITEM_AUDIO, 0, 100 + order[i] * 960, &sounds[order[i]]);
    send_one(&m, RECORD_ITEM_AUDIO, 0, 5000, &(struct packet){(uint8_t *)"\x03\xff", 2, true}); // silence
    send_one(&m, RECORD_ITEM_AUDIO, 0, 6000, &(struct packet){(uint8_t *)"\xff\xff\xff\xff\xff", 5, true});
    end();
    read_file("room.mkv");
    assert_int_equal(sound("Anna")->packets, 9);
    assert_int_equal(sound("Anna")->last_ms, 400);
    close_file();
}

static void nothing_good(void **state)
{
    (void)state;
    static uint8_t bad[64] = {0, 0, 1, 0x67, 100, 0, 30, 0xff, 0, 0, 1, 0x68, 0, 0, 1, 0x65, 1, 2, 3};
    struct member m = {.id = 3, .since_us = t.now}, stranger = {.id = 5};
    begin();
    person(3, "Anna", false);
    send_one(&m, RECORD_ITEM_VIDEO, CAMERA, 0, &(struct packet){bad, sizeof bad, true});
    send_one(&m, RECORD_ITEM_VIDEO, CAMERA, 9, &(struct packet){bad, 0, false});
    send_one(&m, RECORD_ITEM_VIDEO, CAMERA, 3600, &pictures[1]); // before any keyframe
    send_one(&stranger, RECORD_ITEM_VIDEO, CAMERA, 3600, &pictures[0]);
    t.now += SECOND;
    end();
    assert_int_equal(t.writer.parts, 0);
    assert_int_equal(t.asked[3], 1);
    assert_int_equal(access(t.path, F_OK), -1); // nothing came: no file stays
}

static void tell(struct record_streams *s, uint8_t slot, uint32_t ts, uint64_t at_us, uint64_t now_us)
{
    struct record_item i = {.type = RECORD_ITEM_CLOCK, .member = 3, .slot = slot, .ts = ts, .at_us = at_us};
    record_streams_clock(s, &i, now_us);
}

// What we know of his clock shakes, and his picture comes later than his sound: they keep together all the same.
static void together(void **state)
{
    (void)state;
    static struct record_streams s;
    static const uint8_t identity[32];
    uint64_t random = unit_seed();
    bool useful;
    struct record_ask ask;
    record_streams_init(&s, false);
    record_streams_member(&s, 3, identity, "Anna", true);
    for (unsigned i = 0; i < 10; i++, t.now += SECOND) {
        uint64_t shaken = t.now + unit_random(&random) % (40 * MS);
        tell(&s, 0, i * 48000, shaken, t.now + 50 * MS);
        tell(&s, CAMERA, i * 90000, shaken, t.now + 50 * MS);
        if (i < 3)
            continue;
        struct record_item *v = record_queue_item(RECORD_ITEM_VIDEO, 3, CAMERA, pictures[0].data, pictures[0].size);
        struct record_item *a = record_queue_item(RECORD_ITEM_AUDIO, 3, 0, sounds[0].data, sounds[0].size);
        v->keyframe = true;
        v->ts = i * 90000 + 45000;
        a->ts = i * 48000 + 24000;
        assert_true(record_streams_take(&s, v, t.now + 600 * MS, &ask, &useful));
        assert_true(record_streams_take(&s, a, t.now + 600 * MS, &ask, &useful));
        if (i > 3) // until then there was no picture to tell of
            assert_in_range(v->at_us - a->at_us + 100, 0, 200);
    }
    for (size_t i = 0; i < RECORD_STREAMS_MAX; i++)
        for (struct record_item *item; (item = record_streams_pop(&s.streams[i]));)
            free(item);
}

// 27 hours of somebody who talks for two seconds each half hour: all timestamps begin anew meanwhile, and sound lies
// where its picture does to the end.
static void hours(void **state)
{
    (void)state;
    enum { TIMES = 55 };
    struct member m = {.id = 3, .first_ts = 0xfff00000u, .pictures = pictures, .slot = CAMERA, .since_us = t.now};
    uint64_t start = t.now;
    begin();
    person(3, "Anna", true);
    for (unsigned i = 0; i < TIMES; i++) {
        t.now = start + i * 1800ull * SECOND;
        m.picture = (unsigned)((t.now - start) / (40 * MS));
        m.sound = (unsigned)((t.now - start) / (20 * MS));
        run_for(2000, &m, 1);
    }
    end();
    assert_int_equal(t.writer.parts, 1);
    read_file("room.mkv");
    int64_t last = (TIMES - 1) * 1800ll * 1000 + 2000;
    assert_int_equal(picture("Anna")->packets, TIMES * 50);
    assert_int_equal(picture("Anna")->decoded, TIMES * 50);
    assert_int_equal(sound("Anna")->packets, TIMES * 100);
    assert_in_range(picture("Anna")->last_ms, last - 42, last - 38);
    assert_in_range(sound("Anna")->last_ms, last - 22, last - 18);
    close_file();
}

// He tells of his clock after his first pictures, which came late out of a loaded box: they lie where they were made.
static void told_late(void **state)
{
    (void)state;
    struct member m = {.id = 3, .first_ts = 9, .slot = CAMERA, .since_us = t.now};
    begin();
    person(3, "Anna", true);
    uint64_t since = t.now;
    for (unsigned i = 0; t.now < since + 4ull * SECOND; t.now += 20 * MS, i++) {
        if (i % 2 == 0 && i >= 10) { // 150 ms late
            send_one(&m, RECORD_ITEM_VIDEO, CAMERA, m.first_ts + (i - 10) * 1800, &pictures[(i - 10) / 2 % PICTURES]);
        }
        if (i >= 10)
            send_one(&m, RECORD_ITEM_AUDIO, 0, m.first_ts + (i - 3) * 960, &sounds[i % SOUNDS]);
        if (i % 50 == 40) {
            tell_clock(&m, 0, 48000);
            tell_clock(&m, CAMERA, 90000);
        }
        if (t.now % (100 * MS) == 0)
            assert_true(record_writer_turn(&t.writer, t.now, false));
    }
    end();
    read_file("room.mkv");
    // The first picture was made when all began, the first sound 140 ms later.
    assert_in_range(sound("Anna")->first_ms - picture("Anna")->first_ms, 139, 141);
    assert_in_range(picture("Anna")->last_ms - picture("Anna")->first_ms, 3755, 3765);
    close_file();
}

// Whatever strangers send: damaged, cut short, at any time, under any number, from who comes and goes.
static void anything(void **state)
{
    (void)state;
    static const uint8_t slots[] = {0, CAMERA, SMALL, WIRE_SLOT(WIRE_STREAM_SCREEN, 1), 0xf0};
    uint64_t random = unit_seed();
    begin();
    for (unsigned i = 0; i < 4000; i++, t.now += unit_random(&random) % (5 * MS)) {
        uint64_t r = unit_random(&random);
        const struct packet *p = r & 1 ? &pictures[r / 2 % PICTURES] : &sounds[r / 2 % SOUNDS];
        struct member m = {.id = (uint16_t)(r >> 20 & 7)};
        struct packet sent = {malloc(p->size), p->size - (r >> 30 & 3 ? 0 : (r >> 32) % p->size), p->keyframe};
        memcpy(sent.data, p->data, p->size);
        for (unsigned k = 0; k < (r >> 40 & 3); k++)
            sent.data[unit_random(&random) % MIN(sent.size, (size_t)60)] = (uint8_t)unit_random(&random);
        uint8_t slot = slots[(r >> 50) % ARRAY_LEN(slots)];
        uint32_t ts = r >> 55 & 31 ? i * 1000 : (uint32_t)unit_random(&random);
        if (r >> 60 == 0)
            person(m.id, (const char *[]){"Anna", "Bert"}[r & 1], r & 2);
        else if (r >> 60 == 1)
            gone(m.id);
        else
            send_one(&m, slot ? RECORD_ITEM_VIDEO : RECORD_ITEM_AUDIO, slot, ts, &sent);
        free(sent.data);
        if (r >> 16 & 1)
            assert_true(record_writer_turn(&t.writer, t.now, false));
    }
    end();
    assert_in_range(t.writer.parts, 1, 20);
}

static void other_files(void **state)
{
    (void)state;
    struct member m = {.id = 3, .since_us = t.now};
    FILE *there = fopen(t.path, "w");
    fputs("mine", there);
    fclose(there);
    begin();
    assert_non_null(strstr(t.writer.file, "/room (2).mkv"));
    person(3, "Anna", false);
    run_for(2000, &m, 1);
    end();
    char text[8] = "";
    there = fopen(t.path, "r");
    assert_non_null(fgets(text, sizeof text, there));
    fclose(there);
    assert_string_equal(text, "mine");
    read_file("room (2).mkv");
    close_file();
    char name[RECORD_FILE_PATH];
    assert_true(record_file_part_name(name, "/a.b/c", 3));
    assert_string_equal(name, "/a.b/c-3");
    assert_true(record_file_other_name(name, "/a/.mkv", 2));
    assert_string_equal(name, "/a/.mkv (2)");
}

static void no_room(void **state)
{
    (void)state;
    static const struct record_writer_config config = {.ask_keyframe = on_ask};
    errno = 0;
    assert_false(record_writer_begin(&t.writer, &config, &t.queue, t.path, "", INT64_MAX, t.now));
    assert_int_equal(errno, ENOSPC);
    assert_int_equal(access(t.path, F_OK), -1);
    assert_false(record_writer_begin(&t.writer, &config, &t.queue, "/nowhere/at/all.mkv", "", 0, t.now));
    assert_int_equal(errno, ENOENT);
    begin();
    t.writer.floor_bytes = INT64_MAX; // it fills while we record
    t.now += 3 * SECOND;
    assert_false(record_writer_turn(&t.writer, t.now, false));
    assert_int_equal(t.writer.error, ENOSPC);
    record_writer_end(&t.writer);
    struct member m = {.id = 3, .first_ts = 1, .pictures = pictures, .slot = CAMERA, .since_us = t.now};
    begin(); // and where there is something already: all of it can be seen
    person(3, "Anna", true);
    run_for(5000, &m, 1);
    t.writer.floor_bytes = INT64_MAX;
    t.now += 3 * SECOND;
    assert_false(record_writer_turn(&t.writer, t.now, false));
    record_writer_end(&t.writer);
    assert_int_equal(t.writer.error, ENOSPC);
    read_file("room.mkv");
    assert_in_range(picture("Anna")->decoded, 100, 125);
    assert_int_equal(sound("Anna")->packets, 2 * picture("Anna")->packets);
    close_file();
}

// The disk stands still: what there is no room for is dropped, of pictures up to a keyframe, and counted.
static void a_slow_disk(void **state)
{
    (void)state;
    uint8_t *big = calloc(1, 1 << 20);
    for (unsigned i = 0; i < 18; i++)
        record_queue_put(&t.queue, record_queue_item(RECORD_ITEM_VIDEO, 3, CAMERA, big, 1 << 20));
    assert_int_equal(dropped(), 2);
    for (struct record_item *next, *all = record_queue_take(&t.queue, 0); all; all = next) {
        next = all->next;
        record_queue_free(&t.queue, all);
    }
    record_queue_put(&t.queue, record_queue_item(RECORD_ITEM_VIDEO, 3, CAMERA, big, 10));
    record_queue_put(&t.queue, record_queue_item(RECORD_ITEM_AUDIO, 3, 0, big, 10));
    assert_int_equal(dropped(), 3); // it builds on one that was dropped
    struct record_item *key = record_queue_item(RECORD_ITEM_VIDEO, 3, CAMERA, big, 10);
    key->keyframe = true;
    record_queue_put(&t.queue, key);
    record_queue_put(&t.queue, record_queue_item(RECORD_ITEM_VIDEO, 3, CAMERA, big, 10));
    unsigned n = 0;
    for (struct record_item *next, *all = record_queue_take(&t.queue, 0); all; all = next, n++) {
        next = all->next;
        record_queue_free(&t.queue, all);
    }
    assert_int_equal(n, 3);
    free(big);
}

// What is written last may be what the disk does not take: that is said, too.
static void no_end(void **state)
{
    (void)state;
    struct member m = {.id = 3, .since_us = t.now};
    struct rlimit all, little;
    begin();
    person(3, "Anna", false);
    run_for(2000, &m, 1);
    assert_true(t.writer.parts == 1 && !t.writer.error);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &all);
    little = (struct rlimit){record_writer_bytes(&t.writer), all.rlim_max};
    setrlimit(RLIMIT_FSIZE, &little);
    record_writer_end(&t.writer);
    setrlimit(RLIMIT_FSIZE, &all);
    assert_int_equal(t.writer.error, EFBIG);
}

// Many large pictures: nothing waits until the last has settled, and nothing is lost.
static void much_at_once(void **state)
{
    (void)state;
    enum { BIG = 200 << 10 };
    struct packet big[PICTURES];
    for (unsigned i = 0; i < PICTURES; i++) { // filler data after the picture (a NAL unit of type 12)
        big[i] = (struct packet){calloc(1, BIG), BIG, pictures[i].keyframe};
        memset(big[i].data, 0xff, BIG);
        memcpy(big[i].data, pictures[i].data, pictures[i].size);
        memcpy(big[i].data + pictures[i].size, "\0\0\1\14", 4);
    }
    struct member m[] = {{.id = 1, .pictures = big, .slot = CAMERA, .since_us = t.now},
                         {.id = 2, .pictures = big, .slot = CAMERA, .since_us = t.now},
                         {.id = 3, .pictures = big, .slot = CAMERA, .since_us = t.now}};
    begin();
    for (uint16_t i = 1; i <= 3; i++)
        person(i, (const char *[]){"Anna", "Bert", "Carl"}[i - 1], true);
    run_for(2000, m, 3);
    end();
    assert_int_equal(dropped(), 0);
    assert_int_equal(t.writer.parts, 1);
    read_file("room.mkv");
    assert_int_equal(picture("Anna")->packets, 50);
    assert_int_equal(picture("Carl")->packets, 50);
    close_file();
    for (unsigned i = 0; i < PICTURES; i++)
        free(big[i].data);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(as_it_was),
                                       TEST(another_layer),
                                       TEST(a_late_picture),
                                       TEST(together),
                                       TEST(anything),
                                       TEST(who_comes_and_goes),
                                       TEST(sound_in_any_order),
                                       TEST(nothing_good),
                                       TEST(other_files),
                                       TEST(no_room),
                                       TEST(a_slow_disk),
                                       TEST(no_end),
                                       TEST(hours),
                                       TEST(told_late),
                                       TEST(much_at_once)};
    return cmocka_run_group_tests(tests, make_media, free_media);
}
