// The jitter buffer of a voice, alone; in injected time. With all around it: test_voices.c.
#include "tests/unit/unit.h"

#include "client/recv/audio_jitter.h"

#include <math.h>

enum { FRAME = 960, FRAME_US = 20000, PULL_US = 10000 };

struct fixture {
    struct audio_jitter j;
    uint64_t now;
    uint32_t decoded;
    unsigned packets, fec, conceal, silence, skipped;
    uint32_t last_ts;
    int stretch;
};

static struct fixture begin(void)
{
    struct fixture f = {.now = 5000000};
    audio_jitter_init(&f.j);
    return f;
}

// Packet n of a stream whose timestamps wrap. True when it came back.
static bool push(struct fixture *f, uint32_t n, uint64_t now)
{
    struct audio_jitter_packet back,
        p = {.number = 0xfffffff0u + n, .ts = 0xffffe000u + n * FRAME, .samples = FRAME, .fec = true};
    return audio_jitter_push(&f->j, &p, now, &back);
}

static enum audio_jitter_kind pull(struct fixture *f)
{
    struct audio_jitter_step step = {.kind = AUDIO_JITTER_SILENCE};
    while (f->decoded < 480) {
        audio_jitter_pull(&f->j, f->now, f->decoded, &step);
        if (step.kind == AUDIO_JITTER_SKIP) {
            f->skipped++;
            continue;
        }
        assert_true(step.samples > 0 && step.samples <= 5760);
        f->packets += step.kind == AUDIO_JITTER_PACKET;
        f->fec += step.kind == AUDIO_JITTER_FEC;
        f->conceal += step.kind == AUDIO_JITTER_CONCEAL;
        f->silence += step.kind == AUDIO_JITTER_SILENCE;
        if (step.kind == AUDIO_JITTER_PACKET)
            f->last_ts = step.packet.ts;
        int more = step.like > 1 ? 0 : step.stretch * 240; // the voice is never quiet
        f->stretch += more / 240;
        if (more)
            audio_jitter_stretched(&f->j, more, f->now);
        f->decoded += step.samples + (uint32_t)more;
    }
    f->decoded -= 480;
    f->now += PULL_US;
    return step.kind;
}

static void steady_stream_is_played_whole(void **state)
{
    (void)state;
    struct fixture f = begin();
    for (uint32_t n = 0; n < 500; n++) {
        assert_false(push(&f, n, f.now));
        pull(&f);
        pull(&f);
    }
    struct audio_jitter_figures figures;
    audio_jitter_get_figures(&f.j, &figures);
    assert_true(f.packets >= 498);
    assert_int_equal(f.fec + f.conceal, 0);
    assert_in_range(f.stretch + 4, 0, 4); // the delay it began with is more than such a path needs
    assert_int_equal(figures.concealed, 0);
    assert_true(figures.delay_ms <= 20);
    assert_true(figures.target_ms == 10);
}

// A loudspeaker takes its time to open; what came meanwhile is not heard a second late.
static void what_nobody_asked_for_is_skipped(void **state)
{
    (void)state;
    struct fixture f = begin();
    uint32_t n = 0;
    for (; n < 35; n++, f.now += FRAME_US)
        assert_false(push(&f, n, f.now));
    pull(&f);
    assert_in_range(0xffffe000u + (n - 1) * FRAME - f.last_ts, 2 * FRAME, 5 * FRAME);
    assert_in_range(f.skipped, 28, 32);
    f.now -= PULL_US;
    for (; n < 135; n++) {
        assert_false(push(&f, n, f.now));
        pull(&f);
        pull(&f);
    }
    struct audio_jitter_figures figures;
    audio_jitter_get_figures(&f.j, &figures);
    assert_true(figures.delay_ms < 50);
    assert_int_equal(f.fec + f.conceal, 0);
}

static void loss_is_filled(void **state)
{
    (void)state;
    struct fixture f = begin();
    for (uint32_t n = 0; n < 100; n++) {
        if (n != 50 && n != 70 && n != 71 && n != 72)
            push(&f, n, f.now);
        pull(&f);
        pull(&f);
    }
    struct audio_jitter_figures figures;
    audio_jitter_get_figures(&f.j, &figures);
    assert_int_equal(figures.lost, 4);
    assert_true(f.fec >= 1);
    assert_int_equal(figures.fec, 2 * FRAME);
    assert_in_range(figures.concealed, 2 * FRAME, 2 * FRAME + 480);
    assert_true(f.packets >= 94);
}

// A hole too long to be filled to its end is one all the same: its packets are lost, and what they held is missing.
static void long_hole_is_counted(void **state)
{
    (void)state;
    static const uint32_t holes[] = {5, 12, 25, 50};
    for (unsigned i = 0; i < ARRAY_LEN(holes); i++) {
        struct fixture f = begin();
        struct audio_jitter_figures figures;
        for (uint32_t n = 0; n < 200; n++) {
            if (n < 100 || n >= 100 + holes[i])
                push(&f, n, f.now);
            pull(&f);
            pull(&f);
        }
        audio_jitter_get_figures(&f.j, &figures);
        assert_int_equal(figures.lost, holes[i]);
        assert_in_range(figures.concealed, (holes[i] - 1) * FRAME, holes[i] * FRAME + 960);
    }
}

// A sender whose packet is newer by its time and older by its number has not lost four thousand million of them.
static void number_that_goes_back(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct audio_jitter_packet back, p = {.samples = FRAME};
    for (uint32_t n = 0; n < 20; n++) {
        p.number = n < 10 ? 100 + n : 90 + n;
        p.ts = (n < 10 ? n : n + 2) * FRAME;
        assert_false(audio_jitter_push(&f.j, &p, f.now, &back));
        pull(&f);
        pull(&f);
    }
    struct audio_jitter_figures figures;
    audio_jitter_get_figures(&f.j, &figures);
    assert_int_equal(figures.lost, 0);
    assert_in_range(f.packets, 17, 20);
}

static void disorder_and_repetition(void **state)
{
    (void)state;
    struct fixture f = begin();
    push(&f, 1, f.now);
    push(&f, 0, f.now);
    assert_true(push(&f, 1, f.now)); // comes back
    push(&f, 2, f.now + 1000);
    for (unsigned i = 0; i < 8; i++)
        pull(&f);
    assert_int_equal(f.packets, 3);
    assert_int_equal(f.last_ts, 0xffffe000u + 2 * FRAME);
    assert_true(push(&f, 1, f.now)); // too late
    struct audio_jitter_figures figures;
    audio_jitter_get_figures(&f.j, &figures);
    assert_int_equal(figures.duplicates, 1);
    assert_int_equal(figures.late, 1);
}

static void jitter_raises_the_target_and_calm_lowers_it(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct audio_jitter_figures before, after;
    uint32_t late = 0;
    uint64_t random = 1, sent = f.now, arrival[3000];
    for (uint32_t n = 0; n < 3000; n++)
        arrival[n] = sent + n * FRAME_US + (n < 1500 ? unit_random(&random) % 80000 : 0);
    bool done[3000] = {false};
    for (uint32_t step = 0; step < 6000; step++) {
        for (uint32_t n = step > 20 ? step / 2 - 10 : 0; n < 3000 && n <= step / 2; n++)
            if (!done[n] && arrival[n] <= f.now) {
                done[n] = true;
                push(&f, n, arrival[n]);
            }
        if (step == 600)
            audio_jitter_get_figures(&f.j, &before);
        if (step == 3000) {
            audio_jitter_get_figures(&f.j, &after);
            late = (uint32_t)(after.late - before.late + (after.concealed - before.concealed) / FRAME);
            assert_in_range((int)after.target_ms, 65, 90);
        }
        pull(&f);
    }
    assert_true(late < 1200 * 12 / 100);
    audio_jitter_get_figures(&f.j, &after);
    assert_true(after.target_ms <= 40); // forgotten
    assert_true(after.delay_ms < 75);   // and the delay taken out again
    assert_true(f.stretch < 0);
}

static void silence_of_the_sender_is_no_loss(void **state)
{
    (void)state;
    struct fixture f = begin();
    uint32_t ts = 1000, number = 7;
    for (unsigned spurt = 0; spurt < 10; spurt++) {
        for (unsigned n = 0; n < 20; n++) {
            struct audio_jitter_packet back, p = {.number = number++, .ts = ts, .samples = FRAME};
            assert_false(audio_jitter_push(&f.j, &p, f.now, &back));
            ts += FRAME;
            pull(&f);
            pull(&f);
        }
        for (unsigned n = 0; n < (spurt % 2 ? 50 : 3); n++, ts += FRAME) { // long pauses and short ones
            pull(&f);
            pull(&f);
        }
    }
    struct audio_jitter_figures figures;
    audio_jitter_get_figures(&f.j, &figures);
    assert_int_equal(f.packets, 200);
    assert_int_equal(figures.lost, 0);
    assert_int_equal(figures.concealed, 0);
}

static void buffer_is_bounded(void **state)
{
    (void)state;
    struct fixture f = begin();
    unsigned back = 0;
    for (uint32_t n = 0; n < 500; n++)
        back += push(&f, n, f.now);
    assert_int_equal(back, 450);
    struct audio_jitter_packet p;
    unsigned drained = 0;
    while (audio_jitter_drain(&f.j, &p))
        drained++;
    assert_int_equal(drained, AUDIO_JITTER_PACKETS);
}

static void what_overlaps_is_refused(void **state)
{
    (void)state;
    struct fixture f = begin();
    struct audio_jitter_packet back, p = {.number = 1, .ts = 1000, .samples = 960};
    assert_false(audio_jitter_push(&f.j, &p, f.now, &back));
    static const uint32_t wrong[] = {1000, 1480, 1959, 41, 520};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        p.number++;
        p.ts = wrong[i];
        assert_true(audio_jitter_push(&f.j, &p, f.now, &back));
        assert_int_equal(back.ts, wrong[i]);
    }
    p.ts = 1960;
    assert_false(audio_jitter_push(&f.j, &p, f.now, &back));
    p.ts = 40;
    assert_false(audio_jitter_push(&f.j, &p, f.now, &back));
    struct audio_jitter_figures figures;
    audio_jitter_get_figures(&f.j, &figures);
    assert_int_equal(figures.duplicates, ARRAY_LEN(wrong));
}

// The device takes 30 ms at once now and then: not the packets are late, but it is early.
static void uneven_device_gets_more(void **state)
{
    (void)state;
    struct fixture f = begin();
    double most = 0;
    unsigned waits = 0;
    for (uint32_t n = 0; n < 3000; n++) {
        push(&f, n, 5000000 + n * (uint64_t)FRAME_US);
        bool uneven = n >= 500 && n < 1500;
        for (unsigned i = 0; i < 2; i++) {
            pull(&f);
            f.now = 5000000 + n * (uint64_t)FRAME_US + (i + 1) * PULL_US;
        }
        if (uneven && n % 25 == 0) { // and catches up
            for (unsigned i = 0; i < 3; i++)
                pull(&f);
            for (unsigned i = 0; i < 3 && n + 1 < 3000; i++)
                f.now = 5000000 + (n + 1) * (uint64_t)FRAME_US;
        }
        most = uneven ? fmax(most, f.j.floor_us) : most;
        if (n == 499)
            assert_true(f.j.figures.waits == 0 && f.j.target_us <= 10000);
        if (n == 1499)
            waits = (unsigned)f.j.figures.waits;
    }
    assert_true(most >= 20000 && most <= 40000 && waits > 0);
    assert_int_equal(f.j.figures.waits, waits); // and it is over
    assert_true(f.j.target_us <= 10000);
}

static void losses_leave_time_for_the_copy(void **state)
{
    (void)state;
    struct fixture f = begin();
    uint64_t random = 4;
    unsigned lost = 0, fec = 0;
    for (uint32_t n = 0; n < 3000; n++) {
        bool gone = n < 2000 && unit_random(&random) % 20 == 0;
        lost += gone && n > 500;
        if (n == 500)
            fec = f.fec;
        if (!gone)
            push(&f, n, f.now);
        if (n == 1999)
            assert_true(f.j.target_us >= 20000 && f.j.target_us <= 30000);
        pull(&f);
        pull(&f);
    }
    fec = f.fec - fec;
    print_message("%u of %u lost packets by the copy in the next\n", fec, lost);
    assert_true(fec > lost * 8 / 10); // two in a row have but one
    assert_true(f.j.target_us <= 10000);
}

// The way becomes longer by `ms`, at once or by a little with each packet. What is made up until then, ms.
static unsigned made_up_by(unsigned ms, bool at_once, int *put_in)
{
    struct fixture f = begin();
    enum { N = 400, FROM = 100 };
    uint32_t next = 0;
    for (unsigned i = 0; i < 2 * N; i++) {
        for (; next < N; next++) {
            uint64_t slow_us = next < FROM ? 0 : at_once ? ms * 1000u : MIN((next - FROM) * 8000u, ms * 1000u);
            if (5000000 + next * (uint64_t)FRAME_US + slow_us > f.now)
                break;
            push(&f, next, f.now);
        }
        pull(&f);
    }
    assert_int_equal(f.j.figures.lost + f.j.figures.late, 0);
    *put_in = (int)f.j.figures.put_in;
    return (unsigned)(f.j.figures.concealed / 48);
}

// A voice that stops, and goes on later where it stopped, was not silent: all of that is made up, also what was no
// longer than silence. Where the way gets longer little by little, it is spoken more slowly instead.
static void waiting_is_made_up(void **state)
{
    (void)state;
    int put_in;
    assert_in_range(made_up_by(60, true, &put_in), 40, 70);
    assert_in_range(made_up_by(300, true, &put_in), 270, 310);
    assert_in_range(made_up_by(1000, true, &put_in), 970, 1010);
    unsigned slowly = made_up_by(300, false, &put_in);
    assert_in_range(slowly, 0, 190);
    assert_true(put_in / 48 > 100);
}

static void lengths_may_change_at_any_time(void **state)
{
    (void)state;
    struct fixture f = begin();
    uint64_t random = 9, sent = f.now;
    uint32_t ts = 5, number = 1, samples = 480;
    for (unsigned n = 0; n < 5000; n++) {
        while (sent <= f.now) {
            struct audio_jitter_packet back, p = {.number = number++, .ts = ts, .samples = samples};
            assert_false(audio_jitter_push(&f.j, &p, sent, &back));
            ts += samples;
            samples = unit_random(&random) % 9 ? samples : 1440 - samples; // 480 or 960
            sent += samples * 1000 / 48;
        }
        pull(&f);
    }
    struct audio_jitter_figures figures;
    audio_jitter_get_figures(&f.j, &figures);
    assert_int_equal(figures.lost + figures.late + figures.duplicates + figures.evicted, 0);
    assert_true(figures.concealed <= 960 && figures.delay_ms < 35);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steady_stream_is_played_whole),
        cmocka_unit_test(what_nobody_asked_for_is_skipped),
        cmocka_unit_test(loss_is_filled),
        cmocka_unit_test(long_hole_is_counted),
        cmocka_unit_test(number_that_goes_back),
        cmocka_unit_test(disorder_and_repetition),
        cmocka_unit_test(jitter_raises_the_target_and_calm_lowers_it),
        cmocka_unit_test(silence_of_the_sender_is_no_loss),
        cmocka_unit_test(buffer_is_bounded),
        cmocka_unit_test(what_overlaps_is_refused),
        cmocka_unit_test(uneven_device_gets_more),
        cmocka_unit_test(losses_leave_time_for_the_copy),
        cmocka_unit_test(waiting_is_made_up),
        cmocka_unit_test(lengths_may_change_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
