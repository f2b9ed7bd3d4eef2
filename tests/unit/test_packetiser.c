// Cutting access units into payloads, and the round trip through the assembler under loss, disorder and repetition.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/recv/assembler.h"
#include "client/send/packetiser.h"
#include "shared/wire.h"

#include <stdlib.h>
#include <string.h>

struct rng {
    uint64_t state;
};

static uint32_t draw(struct rng *r) // xorshift64*
{
    r->state ^= r->state >> 12;
    r->state ^= r->state << 25;
    r->state ^= r->state >> 27;
    return (uint32_t)(r->state * 2685821657736338717u >> 32);
}

struct unit {
    uint8_t data[60000];
    size_t size;
};

static void add_nal(struct unit *u, uint8_t header, size_t size, struct rng *r)
{
    static const uint8_t start[4] = {0, 0, 0, 1};
    memcpy(u->data + u->size, start, 4);
    u->data[u->size + 4] = header;
    for (size_t i = 1; i < size; i++)
        u->data[u->size + 4 + i] = (uint8_t)(draw(r) % 250 + 3); // no start codes inside
    u->size += 4 + size;
}

static void small_nals_go_as_they_are(void **state)
{
    (void)state;
    struct rng r = {1};
    struct unit u = {.size = 0};
    add_nal(&u, 0x41, 500, &r);
    struct packetiser p;
    uint8_t out[WIRE_PAYLOAD_MAX];
    size_t size;
    bool first, last;
    packetiser_start(&p, u.data, u.size, sizeof out);
    assert_true(packetiser_next(&p, out, &size, &first, &last));
    assert_int_equal(size, 500);
    assert_memory_equal(out, u.data + 4, 500);
    assert_true(first && last);
    assert_false(packetiser_next(&p, out, &size, &first, &last));
    assert_int_equal(packetiser_count(u.data, u.size, sizeof out), 1);
}

static void parameter_sets_share_a_payload(void **state)
{
    (void)state;
    struct rng r = {2};
    struct unit u = {.size = 0};
    add_nal(&u, 0x09, 2, &r);   // access unit delimiter
    add_nal(&u, 0x67, 20, &r);  // SPS
    add_nal(&u, 0x68, 5, &r);   // PPS
    add_nal(&u, 0x06, 300, &r); // SEI
    add_nal(&u, 0x65, 900, &r); // IDR
    struct packetiser p;
    uint8_t out[WIRE_PAYLOAD_MAX];
    size_t size;
    bool first, last;
    packetiser_start(&p, u.data, u.size, sizeof out);
    assert_true(packetiser_next(&p, out, &size, &first, &last));
    const uint8_t head[3] = {0x78, 0, 20};
    assert_int_equal(size, 1 + 2 + 20 + 2 + 5);
    assert_memory_equal(out, head, 3);
    assert_int_equal(out[3], 0x67);
    assert_int_equal(out[24], 5);
    assert_int_equal(out[25], 0x68);
    assert_true(first && !last);
    assert_true(packetiser_next(&p, out, &size, &first, &last));
    assert_int_equal(size, 900);
    assert_int_equal(out[0], 0x65);
    assert_true(!first && last);
    assert_false(packetiser_next(&p, out, &size, &first, &last));
    assert_int_equal(packetiser_count(u.data, u.size, sizeof out), 2);
}

static void fragments_are_equal(void **state)
{
    (void)state;
    struct rng r = {3};
    for (size_t nal = 1100; nal < 12000; nal += 37) {
        struct unit u = {.size = 0};
        add_nal(&u, 0x65, nal, &r);
        struct packetiser p;
        uint8_t out[WIRE_PAYLOAD_MAX + 1];
        size_t size, count = 0, total = 0, least = SIZE_MAX, most = 0;
        bool first, last = false;
        packetiser_start(&p, u.data, u.size, WIRE_PAYLOAD_MAX);
        out[WIRE_PAYLOAD_MAX] = 0xa5;
        while (packetiser_next(&p, out, &size, &first, &last)) {
            assert_int_equal(first, count == 0);
            assert_true(size <= WIRE_PAYLOAD_MAX);
            least = MIN(least, size);
            most = MAX(most, size);
            total += size;
            count++;
        }
        assert_int_equal(out[WIRE_PAYLOAD_MAX], 0xa5);
        assert_true(last);
        assert_true(most - least <= 1);
        size_t wanted = nal <= WIRE_PAYLOAD_MAX ? 1 : (nal - 1 + WIRE_PAYLOAD_MAX - 3) / (WIRE_PAYLOAD_MAX - 2);
        assert_int_equal(count, wanted);
        assert_int_equal(total, wanted == 1 ? nal : nal - 1 + 2 * count);
        assert_int_equal(packetiser_count(u.data, u.size, WIRE_PAYLOAD_MAX), count);
    }
}

static void odd_input_is_survived(void **state)
{
    (void)state;
    struct rng r = {4};
    uint8_t data[400], out[WIRE_PAYLOAD_MAX];
    for (unsigned round = 0; round < 20000; round++) {
        size_t n = draw(&r) % sizeof data, size, count = 0;
        bool first, last = true;
        for (size_t i = 0; i < n; i++)
            data[i] = draw(&r) % 3 ? (uint8_t)(draw(&r) % 3) : (uint8_t)draw(&r);
        struct packetiser p;
        packetiser_start(&p, data, n, 100);
        while (packetiser_next(&p, out, &size, &first, &last)) {
            assert_true(size > 0 && size <= 100);
            assert_true(++count < 500);
        }
        assert_true(last);
        assert_int_equal(packetiser_count(data, n, 100), count);
    }
}

struct datagram {
    uint32_t number, ts;
    uint8_t mark;
    uint8_t payload[WIRE_PAYLOAD_MAX];
    size_t size;
    uint64_t at_us;
};

static int by_time(const void *a, const void *b)
{
    const struct datagram *x = a, *y = b;
    return x->at_us != y->at_us ? (x->at_us > y->at_us ? 1 : -1) : (int32_t)(x->number - y->number);
}

enum { FRAMES = 60, DATAGRAMS = 4000 };

struct trip {
    struct unit *frames;
    bool keyframe[FRAMES];
    struct datagram *datagrams;
    size_t count;
};

static void make_frames(struct trip *t, struct rng *r)
{
    for (unsigned f = 0; f < FRAMES; f++) {
        struct unit *u = &t->frames[f];
        u->size = 0;
        t->keyframe[f] = f % 20 == 0;
        if (t->keyframe[f]) {
            add_nal(u, 0x67, 12, r);
            add_nal(u, 0x68, 4, r);
        }
        unsigned slices = 1 + draw(r) % 2;
        for (unsigned s = 0; s < slices; s++)
            add_nal(u, t->keyframe[f] ? 0x65 : 0x41, 1 + draw(r) % (t->keyframe[f] ? 20000 : 6000), r);
    }
}

// Loss and repetition in permille; disorder = most delay of a datagram, us.
static void send_frames(struct trip *t, struct rng *r, uint32_t number, unsigned loss, unsigned again,
                        uint32_t disorder)
{
    t->count = 0;
    for (unsigned f = 0; f < FRAMES; f++) {
        struct packetiser p;
        bool first, last;
        struct datagram d = {.ts = 0xffffff00u + f * 3000};
        packetiser_start(&p, t->frames[f].data, t->frames[f].size, WIRE_PAYLOAD_MAX);
        while (packetiser_next(&p, d.payload, &d.size, &first, &last)) {
            d.number = number++;
            d.mark = (uint8_t)((first ? WIRE_MARK_START : 0) | (last ? WIRE_MARK_END : 0) |
                               (t->keyframe[f] ? WIRE_MARK_INDEPENDENT : 0));
            unsigned copies = draw(r) % 1000 < loss ? 0 : draw(r) % 1000 < again ? 2 : 1;
            while (copies-- > 0) {
                d.at_us = 1000000 + f * 33333u + (disorder ? draw(r) % disorder : 0);
                assert_true(t->count < DATAGRAMS);
                t->datagrams[t->count++] = d;
            }
        }
    }
    qsort(t->datagrams, t->count, sizeof *t->datagrams, by_time);
}

struct result {
    unsigned frames, keyframes;
    bool refresh;
};

// Every frame that comes out is one that went in, whole, and none without its forerunner unless it is a keyframe.
static struct result receive(struct trip *t)
{
    struct assembler *a = assembler_create();
    struct result result = {0};
    int before = -1;
    for (size_t i = 0; i <= t->count; i++) {
        uint64_t now = 10000000;
        if (i < t->count) {
            const struct datagram *d = &t->datagrams[i];
            now = d->at_us;
            assembler_push(a, d->number, d->ts, d->mark, d->payload, d->size, now);
        }
        struct recv_frame out;
        while (assembler_pop(a, now, &out)) {
            int f = (int)((out.ts - 0xffffff00u) / 3000);
            assert_in_range(f, 0, FRAMES - 1);
            assert_int_equal(out.size, t->frames[f].size);
            assert_memory_equal(out.data, t->frames[f].data, out.size);
            assert_int_equal(out.keyframe, t->keyframe[f]);
            assert_true(f > before && (out.keyframe || f == before + 1));
            before = f;
            result.frames++;
            result.keyframes += out.keyframe;
            free(out.data);
        }
    }
    result.refresh = assembler_needs_refresh(a);
    assembler_destroy(a);
    return result;
}

static void round_trips(void **state)
{
    (void)state;
    struct trip t = {.frames = calloc(FRAMES, sizeof *t.frames), .datagrams = calloc(DATAGRAMS, sizeof *t.datagrams)};
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct rng r = {seed * 7919};
        uint32_t number = seed % 3 ? 1u << 24 : 0xffffffe0u; // the counter may wrap
        make_frames(&t, &r);
        send_frames(&t, &r, number, 0, 0, 0);
        assert_int_equal(receive(&t).frames, FRAMES);
        send_frames(&t, &r, number, 0, 100, 15000); // disorder and repetition lose nothing
        assert_int_equal(receive(&t).frames, FRAMES);
        send_frames(&t, &r, number, 20, 50, 15000);
        struct result lossy = receive(&t);
        assert_true(lossy.frames < FRAMES && lossy.frames >= lossy.keyframes);
    }
    free(t.frames);
    free(t.datagrams);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_nals_go_as_they_are),
        cmocka_unit_test(parameter_sets_share_a_payload),
        cmocka_unit_test(fragments_are_equal),
        cmocka_unit_test(odd_input_is_survived),
        cmocka_unit_test(round_trips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
