// When packets of voice last 10 ms and when 20.
#include "tests/unit/unit.h"

#include "client/send/audio_frame.h"

enum { SECOND_US = 1000000 };

static const struct audio_frame_path good = {.rtt_ms = 20, .members = 2, .udp = true};

// The path for so many seconds; what is chosen at the end.
static unsigned go_on(struct audio_frame *f, uint64_t *now_us, struct audio_frame_path path, unsigned seconds)
{
    unsigned ms = 0;
    for (unsigned i = 0; i < seconds; i++)
        ms = audio_frame_choose(f, &path, *now_us += SECOND_US);
    return ms;
}

static void short_after_a_while(void **state)
{
    (void)state;
    struct audio_frame f = {.is_short = false};
    uint64_t now = 5 * SECOND_US;
    assert_int_equal(go_on(&f, &now, good, 10), 20);
    assert_int_equal(go_on(&f, &now, good, 1), 10);
    assert_int_equal(go_on(&f, &now, good, 1000), 10);
}

static void only_where_it_is_worth_it(void **state)
{
    (void)state;
    static const struct {
        struct audio_frame_path path;
        unsigned from_long, from_short; // what is chosen in the end
    } rows[] = {
        {{.rtt_ms = 59, .loss_up_pct = 0.9, .loss_down_pct = 0.9, .members = 8, .udp = true}, 10, 10},
        {{.rtt_ms = 0, .members = 1, .udp = true}, 10, 10},
        {{.rtt_ms = 60, .members = 2, .udp = true}, 20, 10},
        {{.rtt_ms = 89, .members = 2, .udp = true}, 20, 10},
        {{.rtt_ms = 90, .members = 2, .udp = true}, 20, 20},
        {{.rtt_ms = -1, .members = 2, .udp = true}, 20, 20},
        {{.rtt_ms = 20, .loss_up_pct = 1, .members = 2, .udp = true}, 20, 10},
        {{.rtt_ms = 20, .loss_down_pct = 1.9, .members = 2, .udp = true}, 20, 10},
        {{.rtt_ms = 20, .loss_up_pct = 2, .members = 2, .udp = true}, 20, 20},
        {{.rtt_ms = 20, .loss_down_pct = 2, .members = 2, .udp = true}, 20, 20},
        {{.rtt_ms = 20, .members = 9, .udp = true}, 20, 20},
        {{.rtt_ms = 20, .members = 2, .udp = false}, 20, 20},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct audio_frame f = {.is_short = false};
        uint64_t now = SECOND_US;
        if (go_on(&f, &now, rows[i].path, 60) != rows[i].from_long)
            fail_msg("row %zu: from 20 ms", i);
        f = (struct audio_frame){.is_short = false};
        go_on(&f, &now, good, 20);
        if (go_on(&f, &now, rows[i].path, 60) != rows[i].from_short)
            fail_msg("row %zu: from 10 ms", i);
    }
}

static void does_not_flutter(void **state)
{
    (void)state;
    struct audio_frame f = {.is_short = false};
    uint64_t now = SECOND_US;
    struct audio_frame_path bad = good;
    bad.loss_down_pct = 5;
    unsigned changes = 0, before = 20;
    for (unsigned i = 0; i < 100; i++) { // a bad moment every eight seconds
        unsigned ms = audio_frame_choose(&f, i % 8 == 7 ? &bad : &good, now += SECOND_US);
        changes += ms != before;
        before = ms;
    }
    assert_int_equal(changes, 0);
    assert_int_equal(go_on(&f, &now, good, 11), 10);
    assert_int_equal(go_on(&f, &now, bad, 1), 20); // at once
    assert_int_equal(go_on(&f, &now, good, 10), 20);
    assert_int_equal(go_on(&f, &now, good, 1), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_after_a_while),
        cmocka_unit_test(only_where_it_is_worth_it),
        cmocka_unit_test(does_not_flutter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
