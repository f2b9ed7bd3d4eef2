// Comparing a number, with steps that come late, twice, mirrored, at the same moment, or from somebody in between who
// waits for the others' halves. The known answers were computed with Python's hashlib.blake2b.
#include "tests/unit/unit.h"

#include "client/net/compare.h"

#include <sodium.h>

enum { SECOND = 1000000, ROOM = 0x0688a1 };

static struct compare_party party(uint16_t id, uint8_t identity, uint8_t key)
{
    struct compare_party p = {.id = id};
    unit_count(p.identity, 32, identity);
    unit_count(p.key, 32, key);
    return p;
}

struct two {
    struct compare_party ann, bob; // ann has the lower identity
    struct compare a, b;
    uint64_t now;
};

static void two(struct two *t)
{
    memset(t, 0, sizeof *t);
    t->ann = party(3, 1, 0x80);
    t->bob = party(9, 2, 0x60);
    t->now = 7 * SECOND;
    compare_begin(&t->a, ROOM, &t->ann);
    compare_begin(&t->b, ROOM, &t->bob);
}

static bool to_a(struct two *t, const struct compare_step *in, struct compare_step *out)
{
    return compare_take(&t->a, &t->bob, in, t->now, out);
}

static bool to_b(struct two *t, const struct compare_step *in, struct compare_step *out)
{
    return compare_take(&t->b, &t->ann, in, t->now, out);
}

static void start_a(struct two *t, struct compare_step *out)
{
    assert_true(compare_start(&t->a, &t->bob, t->now, out));
    assert_int_equal(out->kind, COMPARE_COMMIT);
}

static void assert_equal_numbers(const struct two *t)
{
    assert_int_equal(t->a.state, CALL_COMPARE_NUMBER);
    assert_int_equal(t->b.state, CALL_COMPARE_NUMBER);
    assert_int_equal(strlen(t->a.number), 6);
    assert_string_equal(t->a.number, t->b.number);
}

static void finish(struct two *t, struct compare_step *commit)
{
    struct compare_step answer, reveal, none;
    assert_true(to_b(t, commit, &answer));
    assert_int_equal(answer.kind, COMPARE_ANSWER);
    assert_int_equal(t->b.state, CALL_COMPARE_ASKED);
    assert_true(to_a(t, &answer, &reveal));
    assert_int_equal(reveal.kind, COMPARE_REVEAL);
    assert_false(to_b(t, &reveal, &none));
    assert_equal_numbers(t);
}

static void both_read_the_same_number(void **state)
{
    struct two t;
    struct compare_step commit;
    char before[7] = "";
    (void)state;
    two(&t);
    for (unsigned i = 0; i < 5; i++) {
        start_a(&t, &commit);
        finish(&t, &commit);
        assert_string_not_equal(before, t.a.number); // fresh halves
        memcpy(before, t.a.number, 7);
    }
    // What one of them has read stays on the other's screen until he has, too; and stopping then tells nobody.
    assert_false(compare_stop(&t.a, &commit));
    assert_int_equal(t.a.state, CALL_COMPARE_NONE);
    assert_string_equal(t.a.number, "");
    struct compare_step stop = {.kind = COMPARE_STOP};
    assert_false(to_b(&t, &stop, &commit));
    assert_int_equal(t.b.state, CALL_COMPARE_NUMBER);
    compare_gone(&t.b, 12);
    assert_int_equal(t.b.state, CALL_COMPARE_NUMBER);
    // But it goes with whom it is about: who comes under the same id and name has not been compared.
    compare_gone(&t.b, t.b.them.id);
    assert_int_equal(t.b.state, CALL_COMPARE_NONE);
    assert_string_equal(t.b.number, "");
    compare_begin(&t.b, ROOM, &t.bob);
    assert_int_equal(t.b.state, CALL_COMPARE_NONE);
}

static void known_answers(void **state)
{
    struct two t;
    struct compare_step commit, answer, reveal;
    uint8_t wanted[32];
    (void)state;
    two(&t);
    start_a(&t, &commit);
    unit_count(t.a.nonce, 32, 0x11);
    unit_hex(wanted, 32, "ea6280e2ca783a84cf6c26c4df0878991a7473ce60e9a50e7ff5287b5a5656f2");
    memcpy(t.a.commit, wanted, 32);
    memcpy(commit.commit, wanted, 32);
    assert_true(to_b(&t, &commit, &answer));
    unit_count(t.b.nonce, 32, 0x22);
    unit_count(answer.nonce, 32, 0x22);
    assert_true(to_a(&t, &answer, &reveal));
    assert_false(to_b(&t, &reveal, &answer));
    assert_string_equal(t.a.number, "190615");
    assert_string_equal(t.b.number, "190615");
}

static void everything_named_counts(void **state)
{
    (void)state;
    for (unsigned what = 0; what < 5; what++) {
        struct two t;
        struct compare_step commit, answer, reveal, none;
        two(&t);
        start_a(&t, &commit);
        struct compare_party seen = t.ann;
        t.b.room += what == 0;
        seen.identity[5] ^= what == 1;
        seen.key[5] ^= what == 2;
        t.b.me.identity[5] ^= what == 3;
        t.b.me.key[5] ^= what == 4;
        assert_true(compare_take(&t.b, &seen, &commit, t.now, &answer));
        assert_true(to_a(&t, &answer, &reveal));
        bool stop = compare_take(&t.b, &seen, &reveal, t.now, &none);
        assert_int_equal(stop, what == 1 || what == 2); // the commitment names who made it
        assert_int_equal(t.b.state, stop ? CALL_COMPARE_FAILED : CALL_COMPARE_NUMBER);
        assert_string_not_equal(t.a.number, t.b.number);
    }
}

static void both_start_at_once(void **state)
{
    struct two t;
    struct compare_step from_a, from_b, out;
    (void)state;
    two(&t);
    start_a(&t, &from_a);
    assert_true(compare_start(&t.b, &t.ann, t.now, &from_b));
    assert_false(to_a(&t, &from_b, &out)); // the lower identity leads
    finish(&t, &from_a);
    // One identity on two boxes: the lower key leads.
    two(&t);
    memcpy(t.bob.identity, t.ann.identity, 32);
    compare_begin(&t.b, ROOM, &t.bob);
    start_a(&t, &from_a);
    assert_true(compare_start(&t.b, &t.ann, t.now, &from_b));
    assert_false(to_b(&t, &from_a, &out));
    assert_true(to_a(&t, &from_b, &out));
    assert_true(to_b(&t, &out, &from_b));
    assert_false(to_a(&t, &from_b, &out));
    assert_equal_numbers(&t);
}

static void starting_twice_is_starting_once(void **state)
{
    struct two t;
    struct compare_step commit, again, answer;
    (void)state;
    two(&t);
    start_a(&t, &commit);
    assert_false(compare_start(&t.a, &t.bob, t.now, &again));
    assert_true(to_b(&t, &commit, &answer));
    assert_false(compare_start(&t.b, &t.ann, t.now, &again)); // it is under way already
    assert_true(to_a(&t, &answer, &again));
    assert_false(to_b(&t, &again, &answer));
    assert_equal_numbers(&t);
    struct compare_party cy = party(12, 8, 9);
    assert_true(compare_start(&t.a, &cy, t.now, &commit)); // another one, and anew
    assert_int_equal(t.a.them.id, 12);
    assert_int_equal(t.a.state, CALL_COMPARE_ASKED);
}

static void late_and_repeated_steps_change_nothing(void **state)
{
    struct two t;
    struct compare_step first, commit, answer, reveal, out, stop;
    char number[7];
    (void)state;
    two(&t);
    // The answer to a comparison that was stopped does not belong to the next.
    start_a(&t, &first);
    assert_true(to_b(&t, &first, &answer));
    assert_true(compare_stop(&t.a, &stop));
    assert_int_equal(stop.kind, COMPARE_STOP);
    assert_false(to_a(&t, &answer, &out));
    start_a(&t, &commit);
    assert_false(to_a(&t, &answer, &out));
    assert_int_equal(t.a.state, CALL_COMPARE_ASKED);
    assert_false(to_b(&t, &stop, &out));
    assert_int_equal(t.b.state, CALL_COMPARE_FAILED);
    assert_true(to_b(&t, &commit, &answer));
    assert_false(to_b(&t, &commit, &out)); // said twice
    assert_true(to_a(&t, &answer, &reveal));
    memcpy(number, t.a.number, 7);
    assert_false(to_a(&t, &answer, &out));
    assert_false(to_b(&t, &reveal, &out));
    assert_false(to_b(&t, &reveal, &out));
    assert_false(to_b(&t, &answer, &out));
    assert_false(to_a(&t, &reveal, &out));
    assert_equal_numbers(&t);
    assert_string_equal(number, t.a.number);
    // With nothing under way.
    two(&t);
    assert_false(to_a(&t, &answer, &out));
    assert_false(to_a(&t, &reveal, &out));
    assert_false(to_a(&t, &stop, &out));
    assert_int_equal(t.a.state, CALL_COMPARE_NONE);
}

// Steps sent back to who said them.
static void mirrored_steps_are_no_answers(void **state)
{
    struct two t;
    struct compare_step commit, answer, reveal, out;
    (void)state;
    two(&t);
    start_a(&t, &commit);
    assert_false(to_a(&t, &commit, &out));
    struct compare_step forged = {.kind = COMPARE_ANSWER};
    memcpy(forged.nonce, commit.commit, 32);
    assert_false(to_a(&t, &forged, &out)); // it answers no commitment of mine
    assert_true(to_b(&t, &commit, &answer));
    assert_false(to_b(&t, &answer, &out));
    forged = (struct compare_step){.kind = COMPARE_REVEAL};
    memcpy(forged.nonce, answer.nonce, 32);
    struct compare spared = t.b;
    assert_true(compare_take(&spared, &t.ann, &forged, t.now, &out));
    assert_int_equal(spared.state, CALL_COMPARE_FAILED);
    assert_true(to_a(&t, &answer, &reveal));
    assert_false(to_a(&t, &reveal, &out));
    assert_false(to_b(&t, &reveal, &out));
    assert_equal_numbers(&t);
    // Mine, mirrored, when the mirror would lead.
    two(&t);
    assert_true(compare_start(&t.b, &t.ann, t.now, &commit));
    assert_false(to_b(&t, &commit, &out));
    assert_true(t.b.initiator);
}

static void who_does_not_answer_fails(void **state)
{
    struct two t;
    struct compare_step commit, answer, out;
    (void)state;
    two(&t);
    assert_true(compare_deadline(&t.a) == UINT64_MAX);
    assert_false(compare_late(&t.a, t.now, &out));
    start_a(&t, &commit);
    assert_true(compare_deadline(&t.a) == t.now + COMPARE_WAIT_US);
    assert_false(compare_late(&t.a, t.now + COMPARE_WAIT_US - 1, &out));
    t.now += 30 * SECOND;
    assert_true(to_b(&t, &commit, &answer));
    t.now += 30 * SECOND;
    assert_true(compare_late(&t.a, t.now, &out));
    assert_int_equal(out.kind, COMPARE_STOP);
    assert_int_equal(t.a.state, CALL_COMPARE_FAILED);
    assert_true(compare_deadline(&t.a) == UINT64_MAX);
    assert_false(to_a(&t, &answer, &commit)); // too late: nothing is revealed
    t.now += 30 * SECOND;
    assert_true(compare_late(&t.b, t.now, &out));
    assert_int_equal(t.b.state, CALL_COMPARE_FAILED);
    // Who leaves does not answer either.
    start_a(&t, &commit);
    compare_gone(&t.a, 12);
    assert_int_equal(t.a.state, CALL_COMPARE_ASKED);
    compare_gone(&t.a, 9);
    assert_int_equal(t.a.state, CALL_COMPARE_FAILED);
}

static void one_at_a_time(void **state)
{
    struct two t;
    struct compare c;
    struct compare_step commit, other, out;
    struct compare_party cy = party(12, 0, 9), again = party(9, 2, 0x61); // bob's id, another join
    (void)state;
    two(&t);
    memset(&c, 0, sizeof c);
    compare_begin(&c, ROOM, &cy);
    assert_true(compare_start(&c, &t.ann, t.now, &other));
    start_a(&t, &commit);
    for (unsigned i = 0; i < 2; i++) { // while waiting, and while the number is shown
        assert_true(compare_take(&t.a, &cy, &other, t.now, &out));
        assert_int_equal(out.kind, COMPARE_STOP);
        assert_true(compare_take(&t.a, &again, &other, t.now, &out));
        assert_int_equal(out.kind, COMPARE_STOP);
        struct compare_step stray = {.kind = COMPARE_STOP};
        assert_false(compare_take(&t.a, &cy, &stray, t.now, &out));
        assert_int_equal(t.a.them.id, 9);
        if (i == 0)
            finish(&t, &commit);
    }
    assert_false(compare_take(&c, &t.ann, &out, t.now, &commit));
    assert_int_equal(c.state, CALL_COMPARE_FAILED);
    assert_false(compare_stop(&t.a, &out));
    assert_true(compare_take(&t.a, &cy, &other, t.now, &out));
    assert_int_equal(out.kind, COMPARE_ANSWER);
}

// Somebody between two people, who are a million to one safe only as long as it cannot try by itself.
static void nobody_is_asked_for_ever(void **state)
{
    struct two t;
    struct compare_step commit, answers[2], out;
    (void)state;
    two(&t);
    for (unsigned i = 0; i < COMPARE_ANSWERS; i++) {
        commit = (struct compare_step){.kind = COMPARE_COMMIT};
        commit.commit[0] = (uint8_t)i;
        assert_true(to_b(&t, &commit, &answers[i % 2]));
        assert_int_equal(answers[i % 2].kind, COMPARE_ANSWER);
        if (i) // never one nonce against two commitments
            assert_memory_not_equal(answers[0].nonce, answers[1].nonce, 32);
        t.now += SECOND;
    }
    commit.commit[1] = 1;
    assert_true(to_b(&t, &commit, &out));
    assert_int_equal(out.kind, COMPARE_STOP);
    assert_int_equal(t.b.state, CALL_COMPARE_FAILED);
    assert_false(compare_stop(&t.b, &out));
    assert_true(to_b(&t, &commit, &out));
    assert_int_equal(out.kind, COMPARE_STOP);
    assert_int_equal(t.b.state, CALL_COMPARE_NONE);
    compare_begin(&t.b, ROOM, &t.bob); // coming back does not make it forget
    // A person may begin; the tenth to come back to us from long ago may be answered again.
    assert_true(compare_start(&t.b, &t.ann, t.now, &commit));
    assert_true(to_a(&t, &commit, &out));
    assert_true(to_b(&t, &out, &commit));
    assert_false(to_a(&t, &commit, &out));
    assert_equal_numbers(&t);
    start_a(&t, &commit);
    assert_true(to_b(&t, &commit, &out));
    assert_int_equal(out.kind, COMPARE_STOP);
    assert_int_equal(t.b.state, CALL_COMPARE_NUMBER); // what is shown stays
    t.now = 7 * SECOND + COMPARE_ANSWERS_US;
    assert_true(to_b(&t, &commit, &out));
    assert_int_equal(out.kind, COMPARE_ANSWER);
    commit.commit[0] ^= 1;
    assert_true(to_b(&t, &commit, &out));
    assert_int_equal(out.kind, COMPARE_STOP);
}

// A relay that grinds: it wants bob's screen to show the number ann's does, sees both halves and can try millions, but
// what it committed to is fixed before bob's half is said.
static void a_grinding_relay_does_not_fit_its_commitment(void **state)
{
    struct two t;
    struct compare mallory;
    struct compare_step commit, answer, reveal, out;
    (void)state;
    two(&t);
    memset(&mallory, 0, sizeof mallory);
    struct compare_party as_ann = party(3, 0x33, 0x34); // what bob takes for ann
    compare_begin(&mallory, ROOM, &as_ann);
    assert_true(compare_start(&mallory, &t.bob, t.now, &commit));
    assert_true(compare_take(&t.b, &as_ann, &commit, t.now, &answer));
    assert_true(compare_take(&mallory, &t.bob, &answer, t.now, &reveal));
    for (unsigned i = 0; i < 256; i++) {
        struct compare bob = t.b;
        reveal.nonce[i / 8] ^= (uint8_t)(1 << i % 8); // any other half than the one committed to
        assert_true(compare_take(&bob, &as_ann, &reveal, t.now, &out));
        assert_int_equal(out.kind, COMPARE_STOP);
        assert_int_equal(bob.state, CALL_COMPARE_FAILED);
        assert_string_equal(bob.number, "");
        reveal.nonce[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_false(compare_take(&bob, &as_ann, &reveal, t.now, &out)); // over: no second try
        assert_int_equal(bob.state, CALL_COMPARE_FAILED);
    }
    // Another key behind the same nonce is another commitment, too.
    struct compare_party other_key = as_ann;
    other_key.key[0] ^= 1;
    struct compare bob = t.b;
    bob.them = other_key;
    assert_true(compare_take(&bob, &other_key, &reveal, t.now, &out));
    assert_int_equal(bob.state, CALL_COMPARE_FAILED);
    assert_false(compare_take(&t.b, &as_ann, &reveal, t.now, &out));
    assert_int_equal(t.b.state, CALL_COMPARE_NUMBER);
}

static bool read_text(struct compare_step *s, const char *text)
{
    json_t *o = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(o);
    bool ok = compare_read(s, o);
    json_decref(o);
    return ok;
}

static void steps_as_text(void **state)
{
    struct compare_step s, back;
    (void)state;
    for (unsigned kind = 0; kind < 4; kind++) {
        memset(&s, 0, sizeof s);
        s.kind = (enum compare_kind)kind;
        if (kind == COMPARE_COMMIT || kind == COMPARE_ANSWER)
            unit_count(s.commit, 32, 0xf0);
        if (kind >= COMPARE_ANSWER)
            unit_count(s.nonce, 32, 0x10);
        char *text = compare_write(&s);
        assert_true(strlen(text) < 256);
        assert_true(read_text(&back, text));
        assert_memory_equal(&s, &back, sizeof s);
        free(text);
    }
    char *text = compare_write(&s);
    assert_string_equal(text,
                        "{\"kind\":\"compare\",\"step\":3,\"nonce\":\"EBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8\"}");
    free(text);
    static const char *const bad[] = {
        "{}",
        "[]",
        "0",
        "{\"step\":\"1\"}",
        "{\"step\":4}",
        "{\"step\":-1}",
        "{\"step\":4294967296}",
        "{\"step\":1.0}",
        "{\"step\":1}",
        "{\"step\":3,\"nonce\":7}",
        "{\"step\":3,\"nonce\":\"\"}",
        "{\"step\":3,\"nonce\":\"EBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi\"}",
        "{\"step\":3,\"nonce\":\"EBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8w\"}",
        "{\"step\":3,\"nonce\":\"EBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8=\"}",
        "{\"step\":2,\"nonce\":\"EBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8\"}",
        "{\"step\":3,\"nonce\":\"EBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtL\\u00e9\"}",
    };
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(read_text(&back, bad[i]));
    assert_true(read_text(&back, "{\"step\":0,\"more\":[1]}"));
    json_t *nul =
        json_pack("{s:i,s:s%}", "step", 3, "nonce", "EBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8\0x", (size_t)45);
    assert_non_null(nul);
    assert_false(compare_read(&back, nul));
    json_decref(nul);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_read_the_same_number),
        cmocka_unit_test(known_answers),
        cmocka_unit_test(everything_named_counts),
        cmocka_unit_test(both_start_at_once),
        cmocka_unit_test(starting_twice_is_starting_once),
        cmocka_unit_test(late_and_repeated_steps_change_nothing),
        cmocka_unit_test(mirrored_steps_are_no_answers),
        cmocka_unit_test(who_does_not_answer_fails),
        cmocka_unit_test(one_at_a_time),
        cmocka_unit_test(nobody_is_asked_for_ever),
        cmocka_unit_test(a_grinding_relay_does_not_fit_its_commitment),
        cmocka_unit_test(steps_as_text),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
