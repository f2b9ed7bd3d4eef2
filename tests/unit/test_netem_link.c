// The bad line that sessions and programs are tried on: what it does against the formulas of what it was asked for.
#include "tests/unit/unit.h"

#include "tests/netem/netem_link.h"

#include <math.h>

enum { MS = 1000, ROOM = 4096, MANY = 200000 };

static unsigned freed;

static void drop(void *item)
{
    freed++;
    free(item);
}

struct fate { // of the i-th item
    uint64_t due_us;
    unsigned times;
};

static struct fate *fates;
static struct netem_link *l;

static void collect(uint64_t now_us)
{
    struct netem_out out;
    uint64_t last = 0;
    while (netem_link_take(l, now_us, &out)) {
        uint64_t i = *(uint64_t *)out.item;
        assert_true(out.due_us >= last && out.due_us <= now_us);
        assert_int_equal(out.size, 1000);
        fates[i].due_us = out.due_us;
        fates[i].times += out.copies;
        last = out.due_us;
        free(out.item);
    }
}

static void offer(uint64_t number, bool reliable, uint64_t now_us)
{
    uint64_t *item = malloc(sizeof *item);
    *item = number;
    netem_link_offer(l, item, 1000, reliable, now_us);
}

// One each `every_us`; all that is not lost has come in the end.
static void send_many(const struct netem_settings *s, unsigned count, uint64_t every_us, bool reliable)
{
    netem_link_destroy(l);
    free(fates);
    freed = 0;
    fates = calloc(count, sizeof *fates);
    l = netem_link_create(ROOM, unit_seed(), drop);
    netem_link_set(l, s, 0);
    for (unsigned i = 0; i < count; i++) {
        collect(i * every_us);
        offer(i, reliable, i * every_us);
    }
    collect(count * every_us + 3600000000u);
    assert_true(netem_link_next_us(l) == UINT64_MAX);
    const struct netem_figures *f = netem_link_figures(l);
    assert_int_equal(f->in, count);
    assert_int_equal(f->in + f->duplicated, f->out + freed);
    assert_int_equal(freed, f->lost + f->cut + f->dropped + f->no_room);
}

static int end(void **state)
{
    (void)state;
    netem_link_destroy(l);
    free(fates);
    l = NULL;
    fates = NULL;
    return 0;
}

// Within five standard deviations of a binomial share.
static void assert_share(double got, double expected, double n)
{
    double sigma = sqrt(expected * (1 - expected) / n);
    if (fabs(got - expected) > 5 * sigma)
        fail_msg("%.5f instead of %.5f +- %.5f", got, expected, sigma);
}

static void nothing_wrong(void **state)
{
    (void)state;
    send_many(&(struct netem_settings){.delay_us = 25 * MS}, 1000, 700, false);
    for (unsigned i = 0; i < 1000; i++)
        assert_true(fates[i].times == 1 && fates[i].due_us == i * 700u + 25 * MS);
}

static void random_loss(void **state)
{
    (void)state;
    send_many(&(struct netem_settings){.loss = 0.1}, MANY, 100, false);
    unsigned lost = 0, runs = 0;
    for (unsigned i = 0; i < MANY; i++) {
        lost += fates[i].times == 0;
        runs += fates[i].times == 0 && (i == 0 || fates[i - 1].times != 0);
    }
    assert_share((double)lost / MANY, 0.1, MANY);
    // For each itself: runs of 1 / (1 - p) on average.
    assert_true(fabs((double)lost / runs - 1 / 0.9) < 0.03);
}

// Gilbert-Elliott: share p of all, mean run L, runs geometrically long.
static void burst_loss(void **state)
{
    (void)state;
    send_many(&(struct netem_settings){.burst_loss = 0.3, .burst_length = 4}, MANY, 100, false);
    unsigned lost = 0, runs = 0, ones = 0;
    for (unsigned i = 0; i < MANY; i++) {
        bool begins = fates[i].times == 0 && (i == 0 || fates[i - 1].times != 0);
        lost += fates[i].times == 0;
        runs += begins;
        ones += begins && i + 1 < MANY && fates[i + 1].times != 0;
    }
    // Correlated draws: the variance of the share is (1 + r) / (1 - r) times that of a binomial, r = 1 - 1/L - begins.
    double r = 1 - 0.25 - 0.25 * 3 / 7, spread = (1 + r) / (1 - r);
    assert_share((double)lost / MANY, 0.3, MANY / spread);
    assert_true(fabs((double)lost / runs - 4) < 5 * sqrt(12.0 / runs)); // variance of a geometric run: L (L - 1)
    assert_share((double)ones / runs, 0.25, runs);
}

static void duplicates_and_reordering(void **state)
{
    (void)state;
    send_many(&(struct netem_settings){.delay_us = 5 * MS, .duplicate = 0.02, .reorder = 0.05, .reorder_us = 10 * MS},
              MANY, 1000, false);
    unsigned twice = 0, late = 0;
    for (unsigned i = 0; i < MANY; i++) {
        twice += fates[i].times == 2;
        late += fates[i].due_us == i * 1000u + 15 * MS;
        assert_true(fates[i].due_us == i * 1000u + 5 * MS || fates[i].due_us == i * 1000u + 15 * MS);
    }
    assert_share((double)twice / MANY, 0.02, MANY);
    assert_share((double)late / MANY, 0.05, MANY);
    // Overtaken is who is held back while not all of the ten behind are; they come together with the tenth.
    assert_share((double)netem_link_figures(l)->overtaken / MANY, 0.05 * (1 - pow(0.05, 9)), MANY);
}

static void mean_and_spread(double *mean, double *sigma, uint64_t every_us)
{
    double sum = 0, squares = 0;
    for (unsigned i = 0; i < MANY; i++) {
        double d = (double)fates[i].due_us - (double)i * (double)every_us;
        sum += d / MANY;
        squares += d * d / MANY;
    }
    *mean = sum;
    *sigma = sqrt(squares - sum * sum);
}

static void jitter_is_shaped(void **state)
{
    (void)state;
    static const struct {
        enum netem_jitter shape;
        double mean, sigma, off; // beyond the delay of 100 ms, jitter 6 ms; sigma of Pareto: shape 2.5, scale 9 ms
    } table[] = {{NETEM_UNIFORM, 3, 6 / 3.4641016, 0.05}, {NETEM_NORMAL, 0, 6, 0.1}, {NETEM_PARETO, 6, 0, 0.5}};
    for (unsigned i = 0; i < ARRAY_LEN(table); i++) {
        double mean, sigma;
        send_many(
            &(struct netem_settings){
                .delay_us = 100 * MS, .jitter_us = 6 * MS, .jitter = table[i].shape, .jitter_reorders = true},
            MANY, 1000, false);
        mean_and_spread(&mean, &sigma, 1000);
        assert_true(fabs(mean / MS - 100 - table[i].mean) < table[i].off);
        assert_true(table[i].sigma <= 0 || fabs(sigma / MS - table[i].sigma) < table[i].off);
        assert_true(netem_link_figures(l)->overtaken > MANY / 10);
    }
    // A heavy tail: P(x > 60 ms) = (1 + 60 / 9)^-2.5.
    unsigned far = 0;
    for (unsigned i = 0; i < MANY; i++)
        far += fates[i].due_us > i * 1000u + 160 * MS;
    assert_share((double)far / MANY, pow(1 + 60.0 / 9, -2.5), MANY);
}

static void jitter_in_order(void **state)
{
    (void)state;
    send_many(&(struct netem_settings){.delay_us = 20 * MS, .jitter_us = 15 * MS}, MANY, 1000, false);
    assert_int_equal(netem_link_figures(l)->overtaken, 0);
    for (unsigned i = 1; i < MANY; i++)
        assert_true(fates[i].due_us >= fates[i - 1].due_us && fates[i].due_us <= (i + 35u) * 1000u);
}

// 972 + 28 bytes at 2 Mbit/s are 4 ms each; offered each 2 ms the queue fills to 300 ms and half is dropped.
static void rate_and_queue(void **state)
{
    (void)state;
    struct netem_settings s = {.delay_us = 10 * MS, .rate_bps = 2016000, .queue_us = 300 * MS, .overhead = 8};
    send_many(&s, 20000, 2000, false);
    const struct netem_figures *f = netem_link_figures(l);
    uint64_t last = 0, first_lost = 0;
    for (unsigned i = 0; i < 20000; i++) {
        if (!fates[i].times) {
            first_lost = first_lost ? first_lost : i;
            continue;
        }
        assert_true(!last || fates[i].due_us >= last + 4 * MS);
        assert_true(fates[i].due_us - i * 2000u <= (300 + 4 + 4 + 10) * MS);
        last = fates[i].due_us;
    }
    // The wait grows by 2 ms each: 300 ms are reached after 150 of them.
    assert_true(first_lost > 145 && first_lost < 157);
    assert_true(fabs((double)f->dropped / 20000 - 0.5) < 0.01);
    assert_true(f->waited_us_max >= 296 * MS && f->waited_us_max <= 304 * MS);
    assert_in_range(netem_figures_waited(f, NULL, 0.5), 294, 304);
}

// A line that is always busy carries what it is said to, to the bit: service times that are no whole microseconds add
// up.
static void rate_is_exact(void **state)
{
    (void)state;
    static const uint64_t rate[] = {64000, 2999999, 7777777, 100000000, 987654321};
    for (unsigned i = 0; i < ARRAY_LEN(rate); i++) {
        unsigned count = 4000;
        send_many(&(struct netem_settings){.delay_us = 3 * MS, .rate_bps = rate[i], .overhead = 28}, count, 1, false);
        double each = 1028 * 8e6 / (double)rate[i];
        for (unsigned n = 0; n < count; n++)
            assert_true(fabs((double)fates[n].due_us - 3 * MS - each * (n + 1)) <= 1.5);
    }
}

// Two seeds agree by chance alone: of what one loses the other loses the share it loses of all.
static void seeds_are_independent(void **state)
{
    (void)state;
    static bool gone[2][MANY];
    struct netem_settings s = {.loss = 0.2};
    unsigned both = 0;
    for (unsigned run = 0; run < 2; run++) {
        struct netem_link *line = netem_link_create(ROOM, 77 + run, drop);
        struct netem_out out;
        netem_link_set(line, &s, 0);
        for (unsigned i = 0; i < MANY; i++) {
            netem_link_offer(line, malloc(1), 1000, false, i);
            gone[run][i] = !netem_link_take(line, i, &out);
            if (!gone[run][i])
                free(out.item);
            both += run && gone[0][i] && gone[1][i];
        }
        netem_link_destroy(line);
    }
    assert_share((double)both / MANY, 0.04, MANY);
}

// TCP's repeats: so many late, evenly up to so much, if what follows does not wait for them anyway.
static void reliable_ones_are_late(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    send_many(&(struct netem_settings){.delay_us = 5 * MS, .late = 0.1, .late_us = 80 * MS}, COUNT, 100 * MS, true);
    double late = 0, sum = 0;
    for (unsigned i = 0; i < COUNT; i++) {
        double more = (double)fates[i].due_us - i * 100.0 * MS - 5 * MS;
        assert_true(more >= 0 && more <= 80 * MS);
        late += more > 0;
        sum += more;
    }
    assert_share(late / COUNT, 0.1, COUNT);
    assert_true(fabs(sum / late - 40 * MS) < 5 * 80 * MS / sqrt(12 * late));
}

static void queue_in_bytes(void **state)
{
    (void)state;
    send_many(&(struct netem_settings){.rate_bps = 800000, .queue_bytes = 5000}, 1000, 1000, false);
    assert_in_range(netem_link_figures(l)->waited_us_max, 38 * MS, 40 * MS); // four before it
}

// What waits when the rate changes goes on at the new one.
static void rate_changes_under_way(void **state)
{
    (void)state;
    struct netem_settings s = {.rate_bps = 800000}; // 10 ms each
    send_many(&s, 1, 1000, false);
    uint64_t t = 4000000000u;
    free(fates);
    fates = calloc(4, sizeof *fates);
    for (unsigned i = 0; i < 4; i++)
        offer(i, false, t);
    s.rate_bps = 8000000; // 15 ms later: the second is half sent
    netem_link_set(l, &s, t + 15 * MS);
    s.stall = true; // the third is just out, the fourth half sent
    netem_link_set(l, &s, t + 17 * MS);
    collect(t + 100 * MS);
    assert_true(fates[2].times && !fates[3].times);
    s.stall = false;
    netem_link_set(l, &s, t + 200 * MS);
    collect(t + 300 * MS);
    uint64_t expected[] = {10000, 15500, 16500, 200500};
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(fates[i].due_us - t, expected[i]);
}

static void outage(void **state)
{
    (void)state;
    struct netem_settings s = {.delay_us = 10 * MS};
    send_many(&s, 1, 1000, false);
    free(fates);
    fates = calloc(30, sizeof *fates);
    uint64_t t = 4000000000u;
    for (unsigned i = 0; i < 30; i++) {
        s.cut = i >= 10 && i < 20;
        netem_link_set(l, &s, t + i * 1000u);
        assert_true(netem_link_open(l, t + i * 1000u) != s.cut);
        offer(i, false, t + i * 1000u);
    }
    collect(t + 1000 * MS);
    for (unsigned i = 0; i < 30; i++)
        assert_int_equal(fates[i].times, i < 10 || i >= 20);
}

// Nothing of it is lost, and nothing overtakes, however bad the line.
static void reliable(void **state)
{
    (void)state;
    send_many(&(struct netem_settings){.delay_us = 20 * MS,
                                       .jitter_us = 30 * MS,
                                       .jitter_reorders = true,
                                       .loss = 0.3,
                                       .burst_loss = 0.2,
                                       .burst_length = 3,
                                       .duplicate = 0.1,
                                       .reorder = 0.1,
                                       .reorder_us = 50 * MS,
                                       .late = 0.1,
                                       .late_us = 100 * MS},
              MANY, 1000, true);
    assert_int_equal(freed, 0);
    uint64_t last = 0, most = 0;
    for (unsigned i = 0; i < MANY; i++) {
        assert_true(fates[i].times == 1 && fates[i].due_us >= last);
        last = fates[i].due_us;
        most = MAX(most, last - i * 1000u);
    }
    assert_in_range(most, 120 * MS, 150 * MS);
}

static void memory_is_bounded(void **state)
{
    (void)state;
    send_many(&(struct netem_settings){.delay_us = 10000 * MS}, ROOM * 2, 1, false);
    assert_int_equal(netem_link_figures(l)->no_room, ROOM);
    // And reliable senders are told to wait before that.
    for (unsigned i = 0; i < ROOM; i++)
        if (netem_link_open(l, 9000000000u))
            offer(0, true, 9000000000u);
    assert_int_equal(netem_link_figures(l)->no_room, ROOM);
    netem_link_clear(l, true);
    assert_true(netem_link_next_us(l) == UINT64_MAX);
    assert_int_equal(freed, ROOM + ROOM / 2);
}

// The same seed and the same offers give the same line, whenever it is looked at.
static void seeds(void **state)
{
    (void)state;
    struct netem_settings s = {
        .delay_us = 30 * MS, .jitter_us = 9 * MS, .loss = 0.2, .rate_bps = 7000000, .queue_us = 50 * MS};
    uint64_t due[2][2000];
    for (unsigned run = 0; run < 2; run++) {
        struct netem_link *line = netem_link_create(ROOM, 77, drop);
        struct netem_out out;
        unsigned n = 0;
        netem_link_set(line, &s, 0);
        for (unsigned i = 0; i < 2000; i++) {
            if (run && i % 7 == 0)
                (void)netem_link_open(line, i * 1000u - i % 2);
            netem_link_offer(line, malloc(1), 1000, false, i * 1000u);
        }
        while (netem_link_take(line, 1u << 30, &out)) {
            due[run][n++] = out.due_us;
            free(out.item);
        }
        while (n < 2000)
            due[run][n++] = 0;
        netem_link_destroy(line);
    }
    assert_memory_equal(due[0], due[1], sizeof due[0]);
    // Another kind of trouble moves nothing of the first.
    uint64_t lost[2];
    for (unsigned run = 0; run < 2; run++) {
        struct netem_link *line = netem_link_create(ROOM, 77, drop);
        s.duplicate = run ? 0.5 : 0;
        s.jitter_us = run ? 0 : 9 * MS;
        netem_link_set(line, &s, 0);
        for (unsigned i = 0; i < 1000; i++)
            netem_link_offer(line, malloc(1), 1000, false, i * 10000u);
        lost[run] = netem_link_figures(line)->lost;
        netem_link_destroy(line);
    }
    assert_int_equal(lost[0], lost[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(nothing_wrong, end),
        cmocka_unit_test_teardown(random_loss, end),
        cmocka_unit_test_teardown(burst_loss, end),
        cmocka_unit_test_teardown(duplicates_and_reordering, end),
        cmocka_unit_test_teardown(jitter_is_shaped, end),
        cmocka_unit_test_teardown(jitter_in_order, end),
        cmocka_unit_test_teardown(rate_and_queue, end),
        cmocka_unit_test_teardown(rate_is_exact, end),
        cmocka_unit_test_teardown(seeds_are_independent, end),
        cmocka_unit_test_teardown(reliable_ones_are_late, end),
        cmocka_unit_test_teardown(queue_in_bytes, end),
        cmocka_unit_test_teardown(rate_changes_under_way, end),
        cmocka_unit_test_teardown(outage, end),
        cmocka_unit_test_teardown(reliable, end),
        cmocka_unit_test_teardown(memory_is_bounded, end),
        cmocka_unit_test_teardown(seeds, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
