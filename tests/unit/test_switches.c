// The relay takes a receiver from one layer to another at a keyframe of the new one: nothing missing, nothing useless.
#include "relay_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { ROOM = 0x01020304, FRAME_TS = 3000, PARTS = 3 };
static const uint8_t S = WIRE_MARK_START, E = WIRE_MARK_END, I = WIRE_MARK_INDEPENDENT;

static struct rig rig;
static struct rig_peer a, b, d;
static uint32_t ctr[4];

static int start(void **state)
{
    (void)state;
    rig_start(&rig);
    rig_make_peer(&rig, &a, ROOM, 1);
    rig_make_peer(&rig, &b, ROOM, 2);
    rig_make_peer(&rig, &d, ROOM, 3);
    struct rig_peer *all[] = {&a, &b, &d};
    for (unsigned i = 0; i < ARRAY_LEN(all); i++) {
        rig_add(&rig, all[i]);
        if (!rig_join(&rig, all[i]))
            return 1;
    }
    for (unsigned i = 0; i < ARRAY_LEN(ctr); i++)
        ctr[i] = 1u << 24;
    rig_wait(&rig, 400);
    rig_clear(&rig);
    return 0;
}

static int end(void **state)
{
    (void)state;
    rig_end(&rig);
    return 0;
}

static uint8_t slot(unsigned layer)
{
    return WIRE_SLOT(WIRE_STREAM_CAMERA, layer);
}

// Part `part` of a picture of PARTS.
static size_t make(uint8_t *out, unsigned layer, uint32_t picture, unsigned part, bool keyframe)
{
    uint8_t mark = (uint8_t)((part == 0 ? S : 0) | (part == PARTS - 1 ? E : 0) | (keyframe ? I : 0));
    size_t n = rig_media_bytes(&rig, &a, slot(layer), mark, out);
    struct bytes_writer w = bytes_writer(out + WIRE_HEADER, 9);
    bytes_put_u32(&w, picture * FRAME_TS);
    bytes_put_u8(&w, 0x0b);
    bytes_put_u32(&w, ctr[layer]++);
    wire_stamp(out, n, a.up, a.media, rig.now);
    return n;
}

static void send_part(unsigned layer, uint32_t picture, unsigned part, bool keyframe)
{
    uint8_t p[WIRE_DATAGRAM_MAX];
    size_t n = make(p, layer, picture, part, keyframe);
    rig_give(&rig, p, n, &a.addr);
}

static void send_picture(unsigned layer, uint32_t picture, bool keyframe)
{
    for (unsigned i = 0; i < PARTS; i++)
        send_part(layer, picture, i, keyframe);
}

static uint32_t picture_of(const struct rig_sent *s)
{
    struct bytes_reader r = bytes_reader(s->p + WIRE_HEADER, 4);
    return bytes_u32(&r) / FRAME_TS;
}

// What a member got of a layer, as digits of picture numbers in order.
static const char *got(const struct rig_peer *p, unsigned layer)
{
    static char text[256];
    size_t n = 0;
    for (unsigned i = 0; i < rig.out_count && n + 1 < sizeof text; i++) {
        const struct rig_sent *s = &rig.out[i];
        if (addr_equal(&s->to, &p->addr) && (s->p[0] == WIRE_MEDIA || s->p[0] == WIRE_RTX) && s->p[19] == slot(layer))
            text[n++] = (char)('0' + picture_of(s) % 10);
    }
    text[n] = 0;
    return text;
}

static unsigned refreshes(unsigned layer)
{
    unsigned n = 0;
    for (unsigned i = 0; i < rig.out_count; i++) {
        const struct rig_sent *s = &rig.out[i];
        struct bytes_reader all = feedback_body(s->p, s->n), one;
        struct feedback_refresh f;
        int type;
        if (!addr_equal(&s->to, &a.addr) || s->p[0] != WIRE_FEEDBACK)
            continue;
        while ((type = feedback_next(&all, &one)) > 0)
            n += type == FEEDBACK_REFRESH && feedback_read_refresh(&f, one) && f.slot == slot(layer);
    }
    return n;
}

// Watchers of a layer, and the limit, as the sender was told last; -1 = not told of.
static int watched(unsigned layer, unsigned *kbps)
{
    for (unsigned i = rig.out_count; i-- > 0;) {
        const struct rig_sent *s = &rig.out[i];
        struct bytes_reader all = feedback_body(s->p, s->n), one;
        struct feedback_watched w;
        int type;
        if (!addr_equal(&s->to, &a.addr) || s->p[0] != WIRE_FEEDBACK)
            continue;
        while ((type = feedback_next(&all, &one)) > 0) {
            if (type != FEEDBACK_WATCHED || !feedback_read_watched(&w, one))
                continue;
            for (unsigned k = 0; k < w.count; k++)
                if (w.item[k].slot == slot(layer)) {
                    *kbps = w.item[k].kbps;
                    return w.item[k].watchers;
                }
            return 0;
        }
    }
    return -1;
}

static void watch(struct rig_peer *p, unsigned layer, unsigned kbps)
{
    rig_watch(&rig, p, 1, FEEDBACK_WANT_LAYER(layer), (uint16_t)kbps);
}

// b has the small layer, and wants the large one.
static void b_goes_up(void)
{
    watch(&b, 0, 0);
    send_picture(0, 1, true);
    rig_wait(&rig, 350);
    rig_clear(&rig);
    watch(&b, 2, 0);
}

static void the_old_layer_goes_on_until_the_keyframe_is_whole(void **state)
{
    (void)state;
    b_goes_up();
    assert_int_equal(refreshes(2), 1); // at once
    send_picture(0, 2, false);
    send_picture(2, 2, false); // without the picture it builds on it is of no use
    assert_string_equal(got(&b, 0), "222");
    assert_string_equal(got(&b, 2), "");
    send_part(2, 3, 0, true);
    send_picture(0, 3, false);
    send_part(2, 3, 1, true);
    assert_string_equal(got(&b, 0), "222333");
    assert_string_equal(got(&b, 2), "");
    send_part(2, 3, 2, true);
    assert_string_equal(got(&b, 2), "333");
    send_picture(0, 4, false);
    send_picture(2, 4, false);
    assert_string_equal(got(&b, 0), "222333"); // nothing of a time that the other one shows
    assert_string_equal(got(&b, 2), "333444");
}

static void repeats_come_under_numbers_that_were_told(void **state)
{
    (void)state;
    b_goes_up();
    send_picture(2, 3, true);
    bool told = false;
    uint8_t secret[32], down[16];
    keys_room_secret(secret, rig.ticket_key, ROOM, 1);
    keys_room_down(down, secret, rig.boot_nonce);
    unsigned number = 0;
    for (unsigned i = 0; i < rig.out_count; i++) {
        const struct rig_sent *s = &rig.out[i];
        struct bytes_reader all = feedback_body(s->p, s->n), one;
        struct feedback_heads h;
        if (!addr_equal(&s->to, &b.addr))
            continue;
        if (s->p[0] == WIRE_FEEDBACK && feedback_next(&all, &one) == FEEDBACK_HEADS && feedback_read_heads(&h, one)) {
            assert_int_equal(number, 0); // before them
            assert_int_equal(h.item[0].slot, slot(2));
            assert_int_equal(h.item[0].first, 1);
            assert_int_equal(h.item[0].newest, PARTS);
            told = true;
        } else if (s->p[0] == WIRE_RTX) {
            assert_true(wire_verify(s->p, s->n, down, ++number));
        }
    }
    assert_true(told);
    assert_int_equal(number, PARTS);
}

// The last picture of the old layer is late on its way to the relay.
static void what_is_older_than_the_cut_still_comes(void **state)
{
    (void)state;
    b_goes_up();
    send_part(0, 2, 0, false);
    send_picture(2, 3, true);
    send_part(0, 2, 1, false);
    send_part(0, 2, 2, false);
    send_picture(0, 3, false);
    send_picture(0, 2, false); // the way there is over, whatever comes
    assert_string_equal(got(&b, 0), "222");
    assert_string_equal(got(&b, 2), "333");
}

// A part of the keyframe was lost on the way up, and came again behind others.
static void a_mended_keyframe_is_whole(void **state)
{
    (void)state;
    uint8_t lost[WIRE_DATAGRAM_MAX];
    b_goes_up();
    send_part(2, 3, 0, true);
    size_t n = make(lost, 2, 3, 1, true);
    send_part(2, 3, 2, true);
    send_part(2, 4, 0, false);
    assert_string_equal(got(&b, 2), "");
    lost[0] = WIRE_RTX;
    wire_stamp(lost, n, a.up, a.media - 2, rig.now);
    rig_give(&rig, lost, n, &a.addr);
    assert_string_equal(got(&b, 2), "3343");
    send_part(2, 4, 1, false);
    assert_string_equal(got(&b, 2), "33434");
}

static void a_keyframe_with_a_hole_takes_nobody_over(void **state)
{
    (void)state;
    b_goes_up();
    send_part(2, 3, 0, true);
    ctr[2]++;
    a.media++; // never comes
    send_part(2, 3, 2, true);
    send_picture(0, 4, false);
    assert_string_equal(got(&b, 2), "");
    send_picture(2, 5, true);
    assert_string_equal(got(&b, 2), "555");
}

// It had begun before anybody wanted it: its first part is not held.
static void half_a_keyframe_is_none(void **state)
{
    (void)state;
    watch(&b, 0, 0);
    send_part(2, 3, 0, true);
    watch(&b, 2, 0);
    send_part(2, 3, 1, true);
    send_part(2, 3, 2, true);
    assert_string_equal(got(&b, 2), "");
}

static void it_is_asked_for_again(void **state)
{
    (void)state;
    b_goes_up();
    rig_wait(&rig, 1600);
    assert_int_equal(refreshes(2), 4); // at once, and each 500 ms
    rig_clear(&rig);
    watch(&b, 0, 0); // he does not want it any more
    rig_wait(&rig, 1000);
    assert_int_equal(refreshes(2), 0);
    assert_int_equal(rig.core->table.member[0].switching, 0);
}

static void now_is_at_once(void **state)
{
    (void)state;
    b_goes_up();
    rig_watch(&rig, &b, 1, FEEDBACK_WANT_LAYER(2) | FEEDBACK_NOW, 0);
    send_picture(0, 2, false);
    send_picture(2, 2, false);
    assert_string_equal(got(&b, 0), "");
    assert_string_equal(got(&b, 2), "222");
}

static void without_an_old_layer_it_begins_at_once(void **state)
{
    (void)state;
    watch(&b, 1, 0);
    send_picture(1, 2, false);
    assert_string_equal(got(&b, 1), "222");
    rig_watch(&rig, &b, 1, 0, 0); // paused,
    send_picture(1, 3, false);
    watch(&b, 0, 0); // and back
    send_picture(0, 4, false);
    assert_string_equal(got(&b, 1), "222");
    assert_string_equal(got(&b, 0), "444");
}

static void both_are_watched_while_it_waits(void **state)
{
    (void)state;
    unsigned kbps = 0;
    b_goes_up();
    rig_wait(&rig, 10);
    assert_int_equal(watched(0, &kbps), 1);
    assert_int_equal(watched(2, &kbps), 1);
    send_picture(2, 3, true);
    rig_wait(&rig, 200);
    assert_int_equal(watched(0, &kbps), 0);
    assert_int_equal(watched(2, &kbps), 1);
}

// Who goes down because it is too much for him does not take the others along.
static void who_leaves_limits_nobody(void **state)
{
    (void)state;
    unsigned kbps = 0;
    watch(&b, 2, 0);
    watch(&d, 2, 900);
    rig_wait(&rig, 60);
    assert_int_equal(watched(2, &kbps), 2);
    assert_int_equal(kbps, 900);
    watch(&d, 0, 100);
    rig_wait(&rig, 60);
    assert_int_equal(watched(0, &kbps), 1);
    assert_int_equal(kbps, 100);
    assert_int_equal(watched(2, &kbps), 2);
    assert_int_equal(kbps, 0);
    watch(&b, 0, 0); // nobody stays: then it counts
    rig_wait(&rig, 60);
    assert_int_equal(watched(2, &kbps), 2);
    assert_int_equal(kbps, 100);
}

static void all_who_wait_go_together_and_others_notice_nothing(void **state)
{
    (void)state;
    watch(&d, 2, 0);
    send_picture(2, 1, true);
    b_goes_up();
    rig_clear(&rig);
    send_picture(2, 3, true);
    send_picture(2, 4, false);
    assert_string_equal(got(&d, 2), "333444");
    assert_string_equal(got(&b, 2), "333444");
}

static void he_may_change_his_mind(void **state)
{
    (void)state;
    b_goes_up();
    watch(&b, 1, 0); // another layer meanwhile
    send_picture(2, 3, true);
    assert_string_equal(got(&b, 2), "");
    send_picture(1, 4, true);
    assert_string_equal(got(&b, 1), "444");
    watch(&b, 2, 0);
    watch(&b, 1, 0); // as before: nothing to wait for
    send_picture(1, 5, false);
    assert_string_equal(got(&b, 1), "444555");
}

static void who_goes_waits_no_more(void **state)
{
    (void)state;
    struct core_command c = {.type = CORE_REMOVE, .room = ROOM, .sender = 2, .join_id = b.ticket.join_id};
    b_goes_up();
    core_command(rig.core, &c, rig.now);
    rig_clear(&rig);
    send_picture(2, 3, true);
    assert_string_equal(got(&b, 2), "");
    unsigned kbps = 0;
    rig_wait(&rig, 60);
    assert_int_equal(watched(2, &kbps), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start, end)
    const struct CMUnitTest tests[] = {
        T(the_old_layer_goes_on_until_the_keyframe_is_whole),
        T(repeats_come_under_numbers_that_were_told),
        T(what_is_older_than_the_cut_still_comes),
        T(a_mended_keyframe_is_whole),
        T(a_keyframe_with_a_hole_takes_nobody_over),
        T(half_a_keyframe_is_none),
        T(it_is_asked_for_again),
        T(now_is_at_once),
        T(without_an_old_layer_it_begins_at_once),
        T(both_are_watched_while_it_waits),
        T(who_leaves_limits_nobody),
        T(all_who_wait_go_together_and_others_notice_nothing),
        T(he_may_change_his_mind),
        T(who_goes_waits_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
