// Files between real sessions over the relay's real decisions, in virtual time.
#include "world_files.h"

#include "client/net/session_files.h"

#include "shared/log.h"

#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "seeds.h"

enum { MS = 1000, SECOND = 1000000, MIB = 1 << 20 };

static struct netem_line line_of(uint64_t rate_bps, uint64_t delay_us, uint64_t queue_us, double loss)
{
    struct netem_settings s = {.delay_us = delay_us, .rate_bps = rate_bps, .queue_us = queue_us, .loss = loss};
    struct netem_line line = {.up = s, .down = s};
    return line;
}

// People in a room; nobody says anything but files.
static struct world *meeting(uint64_t seed, unsigned people, const struct netem_line *line)
{
    static const char *const names[] = {"Amina", "Robert", "Samuel", "Nora"};
    struct world *w = world_create(seed);
    w->camera_kbps = 1500;
    for (unsigned i = 0; i < people; i++) {
        world_add(w, i, names[i]);
        w->people[i].sending = false;
        w->people[i].link.delay_us = 12500;
        w->people[i].link.jitter_us = 0;
        w->people[i].link.line = line;
    }
    world_create_room(w, 0);
    world_run(w, 1500);
    for (unsigned i = 1; i < people; i++)
        world_join(w, i, 0);
    world_run(w, 3000);
    return w;
}

static void end(struct world *w)
{
    world_files_reset(w);
    world_destroy(w);
}

// Until it is over; how long it took, seconds.
static double wait_for(struct world *w, const struct world_out *x, unsigned seconds)
{
    for (unsigned i = 0; i < seconds * 10 && !x->over; i++)
        world_run(w, 100);
    return (double)((x->over ? x->over_us : w->now_us) - x->begun_us) / SECOND;
}

static void alone(void **state)
{
    (void)state;
    static const struct {
        double loss, least;
        unsigned size;
    } rows[] = {{0, 0.85, 8 * MIB + 5}, {0.01, 0.6, 8 * MIB}, {0.05, 0.1, 2 * MIB}, {0.2, 0.02, MIB}};
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        struct netem_line line = line_of(10000000, 12500, 300000, rows[i].loss / 2);
        struct world *w = meeting(7 + i, 2, &line);
        struct world_out *x = world_send_file(w, 0, 1, rows[i].size);
        double s = wait_for(w, x, 120), part = rows[i].size * 8 / s / (1e7 * 1024 / 1101);
        print_message("%.0f %% lost: %u bytes in %.1f s, %.0f %% of the line\n", 100 * rows[i].loss, rows[i].size, s,
                      100 * part);
        assert_true(x->over);
        assert_int_equal(x->finished, 1);
        assert_int_equal(world_files_of(1)->in[0].wrong, 0);
        assert_int_equal(world_files_of(1)->in[0].came, rows[i].size);
        assert_true(part > rows[i].least);
        end(w);
    }
}

// ---- beside a call ----

static void talk(struct world *w, unsigned people)
{
    for (unsigned i = 0; i < people; i++)
        w->people[i].sending = true;
    world_run(w, 15000);
}

static double concealed(const struct world *w, uint64_t played_before, uint64_t concealed_before)
{
    uint64_t played, made_up;
    world_played(w, 1, 0, &played, &made_up);
    return (double)(made_up - concealed_before) / (double)MAX(played - played_before, 1u);
}

struct waited {
    double median_ms, ms; // half of all waited less, and 95 in 100
};

static struct waited waited_since(const struct netem_figures *now, const struct netem_figures *before)
{
    return (struct waited){netem_figures_waited(now, before, 0.5), netem_figures_waited(now, before, 0.95)};
}

// A call, and one of two with a narrow line in one direction: who sends the file, or who receives it. The file may add
// `most_ms` to what waits.
static void beside(unsigned narrow, bool up, unsigned kbps, double most_ms, uint64_t seed)
{
    struct netem_line line = line_of(20000000, 12500, 300000, 0), thin;
    line.up.jitter_us = line.down.jitter_us = (unsigned)(seed % 4) * 1500;
    thin = line;
    if (up)
        thin.up.rate_bps = kbps * 1000;
    else
        thin.down.rate_bps = kbps * 1000;
    struct world *w = meeting(10 * seed + narrow, 2, &line);
    w->people[narrow].link.line = &thin;
    const struct netem_figures *figures = world_line(w, narrow, up);
    talk(w, 2);
    uint64_t played, made_up;
    struct netem_figures before = *figures;
    world_run(w, 15000);
    struct waited quiet = waited_since(figures, &before);
    world_played(w, 1, 0, &played, &made_up);
    struct world_out *x = world_send_file(w, 0, 1, 64 * MIB);
    before = *figures;
    uint64_t seen = world_seen(w, 1, 0);
    world_run(w, 30000);
    struct waited with = waited_since(figures, &before);
    double part = concealed(w, played, made_up);
    unsigned camera = w->people[0].rates.camera[LADDER_ALONE].kbps;
    seen = world_seen(w, 1, 0) - seen;
    print_message("%s of %u %u kbit/s: %.2f %% concealed, %u pictures of 900 with %u kbit/s, queue 50/95 of 100: "
                  "%.0f/%.0f ms before, %.0f/%.0f ms beside a file of %.0f kbit/s\n",
                  up ? "way up" : "way down", narrow, kbps, 100 * part, (unsigned)seen, camera, quiet.median_ms,
                  quiet.ms, with.median_ms, with.ms, (double)world_files_of(1)->in[0].came * 8 / 30000);
    EXPECT(seed, part < 0.01);
    EXPECT(seed, with.ms - quiet.ms <= most_ms);
    EXPECT(seed, seen >= 890 && camera >= MIN(1400u, kbps / 2));
    EXPECT(seed, world_files_of(1)->in[0].came * 8 / 30000 > 50);
    EXPECT(seed, x->takers == 1);
    end(w);
}

static void beside_a_call_with(uint64_t seed)
{
    beside(0, true, 2000, 30, seed);
    beside(1, false, 2000, 30, seed);
    beside(1, false, 1000, 35, seed); // where the picture alone would take more than there is
}

static void beside_a_call(void **state)
{
    (void)state;
    seeds_run(beside_a_call_with, 2, 1);
}

// What a wide line has left is the file's, although the call's pictures go no faster for it.
static void beside_a_call_on_a_wide_line(void **state)
{
    (void)state;
    struct netem_line line = line_of(20000000, 12500, 300000, 0);
    struct world *w = meeting(13, 2, &line);
    talk(w, 2);
    world_send_file(w, 0, 1, 64 * MIB);
    world_run(w, 12000);
    uint64_t came = world_files_of(1)->in[0].came;
    world_run(w, 3000);
    double kbps = (double)(world_files_of(1)->in[0].came - came) * 8 / 3000;
    print_message("lines of 20 Mbit/s: %.0f kbit/s beside a call\n", kbps);
    assert_true(kbps > 8000);
    end(w);
}

// ---- what goes wrong ----

// His line is cut for so long: it waits, and goes on where it was.
static void cut_and_resumed(void **state)
{
    (void)state;
    struct netem_line line = line_of(10000000, 12500, 300000, 0);
    struct world *w = meeting(21, 2, &line);
    struct world_out *x = world_send_file(w, 0, 1, 8 * MIB);
    world_run(w, 3000);
    uint64_t came = world_files_of(1)->in[0].came;
    assert_in_range(came, MIB, 6 * MIB);
    w->people[1].link.cut = true;
    world_run(w, 10000);
    assert_true(x->waiting);
    assert_true(world_files_of(1)->in[0].waiting);
    w->people[1].link.cut = false;
    uint64_t back_us = w->now_us;
    wait_for(w, x, 60);
    print_message("a cut of 10 s: whole %.1f s after it\n", (double)(w->now_us - back_us) / SECOND);
    assert_true(x->over && x->finished == 1);
    assert_int_equal(x->streams, 1);
    assert_int_equal(world_files_of(1)->in[0].came, 8 * MIB); // nothing twice
    assert_true(w->now_us - back_us < 12u * SECOND);
    end(w);
}

static void relay_restarts(void **state)
{
    (void)state;
    struct netem_line line = line_of(10000000, 12500, 300000, 0);
    for (unsigned lost = 0; lost < 2; lost++) {
        struct world *w = meeting(31 + lost, 2, &line);
        struct world_out *x = world_send_file(w, 0, 1, 8 * MIB);
        world_run(w, 3000);
        world_relay_kill(w);
        if (lost) // nobody's place is known any more
            world_lose_key(w);
        world_run(w, 2000);
        world_relay_start(w);
        wait_for(w, x, 60);
        print_message("the relay restarts%s: whole after %.1f s\n", lost ? " and knows nobody" : "",
                      (double)(x->over_us - x->begun_us) / SECOND);
        assert_true(x->over && x->finished == 1);
        assert_int_equal(world_files_of(1)->in[0].came, 8 * MIB);
        end(w);
    }
}

static void two_at_once(void **state)
{
    (void)state;
    struct netem_line line = line_of(10000000, 12500, 300000, 0);
    struct world *w = meeting(41, 2, &line);
    struct world_out *x = world_send_file(w, 0, 1, 3 * MIB), *y = world_send_file(w, 0, 1, 3 * MIB);
    struct world_out *back = world_send_file(w, 1, 0, 3 * MIB), *empty = world_send_file(w, 1, 0, 0);
    world_run(w, 2500);
    uint64_t a = world_files_of(1)->in[0].came, b = world_files_of(1)->in[1].came;
    print_message("two at once: %u and %u bytes after 2.5 s\n", (unsigned)a, (unsigned)b);
    assert_true(a > b / 3 && b > a / 3); // neither starves
    assert_true(empty->over && empty->finished == 1);
    wait_for(w, x, 60);
    wait_for(w, y, 60);
    wait_for(w, back, 60);
    assert_int_equal(x->finished + y->finished + back->finished, 3);
    end(w);
}

// One of three has a line that is cut for long: the others do not wait for it, and it is given the rest alone.
static void three_one_of_them_stuck(void **state)
{
    (void)state;
    struct netem_line line = line_of(10000000, 12500, 300000, 0);
    struct world *w = meeting(51, 4, &line);
    struct world_out *x = world_send_file(w, 0, -1, 6 * MIB);
    world_run(w, 2000);
    w->people[3].link.cut = true;
    world_run(w, 14000);
    assert_true(world_files_of(1)->in[0].done && world_files_of(2)->in[0].done);
    assert_false(world_files_of(3)->in[0].done);
    w->people[3].link.cut = false;
    wait_for(w, x, 60);
    assert_true(x->over);
    assert_int_equal(x->takers, 3);
    assert_int_equal(x->finished, 3);
    assert_int_equal(world_files_of(3)->in[0].again, 1);
    assert_true(world_files_of(3)->in[0].came < 8 * MIB); // what it had whole was not sent again
    end(w);
}

// One of three takes nothing out of his pipe, and says that he has no room: the others do not wait for that, either.
static void three_one_without_room(void **state)
{
    (void)state;
    struct netem_line line = line_of(10000000, 12500, 300000, 0);
    struct world *w = meeting(53, 4, &line);
    struct world_out *x = world_send_file(w, 0, -1, 6 * MIB);
    world_run(w, 2000);
    assert_true(world_files_of(3)->in[0].came > 0);
    world_files_of(3)->stalls = true;
    world_run(w, 16000);
    assert_true(world_files_of(1)->in[0].done && world_files_of(2)->in[0].done);
    assert_false(x->over);
    end(w);
}

// All have all; the slowest line is everybody's pace.
static void three_one_of_them_slow(void **state)
{
    (void)state;
    struct netem_line line = line_of(10000000, 12500, 300000, 0), slow = line_of(2000000, 12500, 300000, 0);
    struct world *w = meeting(52, 4, &line);
    w->people[3].link.line = &slow;
    struct world_out *x = world_send_file(w, 0, -1, 3 * MIB);
    double s = wait_for(w, x, 60);
    print_message("3 MiB to three, one of them with 2 Mbit/s: %.1f s\n", s);
    assert_int_equal(x->finished, 3);
    assert_true(s < 20);
    end(w);
}

static void started_anew(void **state)
{
    (void)state;
    struct netem_line line = line_of(10000000, 12500, 300000, 0);
    struct world *w = meeting(61, 2, &line);
    struct world_out *x = world_send_file(w, 0, 1, 8 * MIB);
    world_run(w, 5000);
    uint64_t before = world_files_of(1)->in[0].came;
    world_remove(w, 1);
    world_files_restart(1);
    world_run(w, 3000);
    world_add(w, 1, "Robert");
    w->people[1].sending = false;
    w->people[1].link.line = &line;
    w->people[1].link.delay_us = 12500;
    world_run(w, 500);
    world_join(w, 1, 0);
    wait_for(w, x, 60);
    assert_true(x->over && x->finished == 1);
    assert_int_equal(x->streams, 2);
    uint64_t after = world_files_of(1)->in[0].came;
    assert_true(before >= 4 * MIB && after < 8 * MIB - before + MIB + 1); // the blocks that it had are not sent again
    end(w);
}

static void no_thanks(void **state)
{
    (void)state;
    struct netem_line line = line_of(10000000, 12500, 300000, 0);
    struct world *w = meeting(71, 3, &line);
    world_files_of(1)->refuses = true;
    struct world_out *x = world_send_file(w, 0, -1, MIB);
    wait_for(w, x, 20);
    assert_true(x->over);
    assert_int_equal(x->refused, 1);
    assert_int_equal(x->finished, 1);
    // He who sends gives up; and one who leaves for good is not waited for.
    x = world_send_file(w, 0, 2, 30 * MIB);
    world_run(w, 2000);
    session_command(&w->people[0].session, command_file_new(COMMAND_FILE_CANCEL, x->id), w->now_us);
    world_run(w, 500);
    assert_true(world_files_of(2)->in[1].cancelled && !world_files_of(2)->in[1].lost);
    x = world_send_file(w, 0, 2, 30 * MIB);
    world_run(w, 2000);
    world_remove(w, 2);
    world_run(w, 60000);
    assert_false(x->over);
    assert_true(x->waiting);
    world_run(w, 40000);
    assert_true(x->over && x->lost == 1);
    end(w);
}

// More comes than was offered: it is given up, and said to both.
static void a_lie_about_its_size(void **state)
{
    (void)state;
    struct netem_line line = line_of(10000000, 12500, 300000, 0);
    struct world *w = meeting(91, 2, &line);
    struct world_out *x = world_send_file(w, 0, 1, 100000);
    x->size = 4 * MIB;
    world_run(w, 300);
    world_files_of(1)->in[0].size = 4 * MIB; // his disk would take it all
    wait_for(w, x, 30);
    assert_true(x->over && x->finished == 0 && x->lost == 0);
    assert_true(world_files_of(1)->in[0].damaged);
    assert_true(world_files_of(1)->in[0].came < 300000);
    end(w);
}

// Who was started anew is still listed as the one he was: he is offered a file once.
static void listed_twice(void **state)
{
    (void)state;
    struct netem_line line = line_of(10000000, 12500, 300000, 0);
    struct world *w = meeting(91, 3, &line);
    struct session *s = &w->people[0].session;
    struct session_member *ghost = NULL;
    for (unsigned i = 0; i < ARRAY_LEN(s->members) && !ghost; i++)
        ghost = s->members[i].used ? NULL : &s->members[i];
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
        if (s->members[i].used && &s->members[i] != ghost)
            *ghost = s->members[i];
    ghost->id = 9999;
    struct world_out *x = world_send_file(w, 0, -1, MIB);
    wait_for(w, x, 20);
    assert_true(x->over);
    assert_int_equal(x->takers, 2);
    assert_int_equal(x->finished, 2);
    end(w);
}

// Who sends is there and sends nothing: it waits, as long as our person does.
static void stalls(void **state)
{
    (void)state;
    struct netem_line line = line_of(10000000, 12500, 300000, 0);
    struct world *w = meeting(92, 2, &line);
    struct world_out *x = world_send_file(w, 0, 1, 8 * MIB);
    world_run(w, 3000);
    world_files_of(0)->holds = true;
    world_run(w, 4000);
    assert_false(world_files_of(1)->in[0].waiting);
    world_run(w, 4000);
    assert_true(world_files_of(1)->in[0].waiting && x->waiting);
    world_files_of(0)->holds = false;
    wait_for(w, x, 60);
    assert_true(x->over && x->finished == 1);
    assert_false(world_files_of(1)->in[0].waiting);
    // And when he has left, it is said who it was.
    world_send_file(w, 0, 1, 30 * MIB);
    world_run(w, 2000);
    world_remove(w, 0);
    world_run(w, 100000);
    assert_true(world_files_of(1)->in[1].cancelled && world_files_of(1)->in[1].lost);
    assert_int_not_equal(world_files_of(1)->in[1].by, 0);
    end(w);
}

// What he says of chunks cannot be opened: as if he said nothing, only that he accepts.
static void change_acks(struct world *w, unsigned index)
{
    for (unsigned i = 0; i < FILES_MOST; i++) {
        struct file_take *x = w->people[index].session.files->takes[i];
        if (!x)
            continue;
        x->key[0] ^= 1;
        x->seal_of = 0;
    }
}

// Somebody accepts four files and takes nothing of them: who is offered a fifth has it all the same. It harms nobody to
// begin to take them later.
static void all_places_held(void **state)
{
    (void)state;
    struct netem_line line = line_of(10000000, 12500, 300000, 0);
    struct world *w = meeting(95, 3, &line);
    struct world_out *x[FILES_RUN];
    world_files_of(1)->stalls = true; // not answered yet
    for (unsigned i = 0; i < FILES_RUN; i++)
        x[i] = world_send_file(w, 0, 1, MIB);
    world_run(w, 500);
    change_acks(w, 1);
    world_files_of(1)->stalls = false;
    world_run(w, 3000);
    for (unsigned i = 0; i < FILES_RUN; i++)
        assert_int_equal(x[i]->streams, 1);
    struct world_out *y = world_send_file(w, 0, 2, MIB);
    world_run(w, 4000);
    assert_int_equal(y->streams, 0);
    double s = wait_for(w, y, 60);
    print_message("four places held by who takes nothing: the fifth file is there after %.1f s\n", s);
    assert_true(y->over && y->finished == 1 && s < 30);
    assert_int_equal(x[0]->waiting, MESSAGE_WAIT_STUCK);
    change_acks(w, 1); // they open again
    for (unsigned i = 0; i < FILES_RUN; i++) {
        wait_for(w, x[i], 60);
        assert_true(x[i]->over && x[i]->finished == 1);
    }
    end(w);
}

// Over TCP alone it is the same datagrams.
static void without_udp(void **state)
{
    (void)state;
    struct netem_line line = line_of(10000000, 12500, 300000, 0);
    struct world *w = world_create(81);
    w->falls_back = true;
    for (unsigned i = 0; i < 2; i++) {
        world_add(w, i, i ? "Robert" : "Amina");
        w->people[i].sending = false;
        w->people[i].link = (struct world_link){.delay_us = 12500, .udp_cut = true, .line = &line};
    }
    world_create_room(w, 0);
    world_run(w, 3000);
    world_join(w, 1, 0);
    world_run(w, 5000);
    struct world_out *x = world_send_file(w, 0, 1, 2 * MIB);
    double s = wait_for(w, x, 60);
    print_message("2 MiB over TCP: %.1f s\n", s);
    assert_true(x->over && x->finished == 1);
    assert_int_equal(world_files_of(1)->in[0].wrong, 0);
    end(w);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    log_setup(LOG_ERROR, false);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alone),
        cmocka_unit_test(beside_a_call),
        cmocka_unit_test(beside_a_call_on_a_wide_line),
        cmocka_unit_test(cut_and_resumed),
        cmocka_unit_test(relay_restarts),
        cmocka_unit_test(two_at_once),
        cmocka_unit_test(three_one_of_them_stuck),
        cmocka_unit_test(three_one_without_room),
        cmocka_unit_test(started_anew),
        cmocka_unit_test(three_one_of_them_slow),
        cmocka_unit_test(a_lie_about_its_size),
        cmocka_unit_test(no_thanks),
        cmocka_unit_test(all_places_held),
        cmocka_unit_test(without_udp),
        cmocka_unit_test(listed_twice),
        cmocka_unit_test(stalls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
