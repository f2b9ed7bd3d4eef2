// A relay that sits between two people in a room entered by number alone: nothing in the protocol can stop it there, so
// what the two read to each other must. Ten thousand rooms of a fixed seed, the relay with identities and join keys of
// its own towards each side and every order of steps it could hope for.
#include "tests/unit/unit.h"

#include "client/net/compare.h"
#include "client/net/door.h"
#include "shared/safety.h"

#include <sodium.h>

enum { RUNS = BASE_SANITIZED ? 1000 : 10000, CODE = 428193, ROOM = 7 };

// ---- all randomness from one seed, but for halves the relay chooses ----

static uint64_t seed = 20240607;
static bool chosen;
static uint8_t chosen_half[32];

static const char *random_name(void)
{
    return "seeded";
}

static void random_buf(void *const buf, const size_t size)
{
    if (chosen && size == sizeof chosen_half)
        memcpy(buf, chosen_half, size);
    else
        unit_fill(&seed, buf, size);
}

static uint32_t random_u32(void)
{
    return (uint32_t)unit_random(&seed);
}

static struct randombytes_implementation seeded = {
    .implementation_name = random_name, .random = random_u32, .buf = random_buf};

static int start(void **state)
{
    (void)state;
    return randombytes_set_implementation(&seeded) || sodium_init() < 0 ? -1 : 0;
}

// ---- people, and how they come into the room ----

struct person {
    const char *name;
    uint8_t identity_secret[64], key_secret[32];
    struct door_self self;
    struct compare compare;
};

static void person(struct person *p, const char *name, uint16_t id)
{
    memset(p, 0, sizeof *p);
    p->name = name;
    crypto_sign_keypair(p->self.open.identity, p->identity_secret);
    crypto_kx_keypair(p->self.open.key, p->key_secret);
    p->self.identity_secret = p->identity_secret;
    p->self.key_secret = p->key_secret;
    struct compare_party me = {.id = id};
    memcpy(me.identity, p->self.open.identity, 32);
    memcpy(me.key, p->self.open.key, 32);
    compare_begin(&p->compare, ROOM, &me);
}

// One is let in by a person at the other; the invite key that comes through.
static void let_in(struct person *knocker, const struct person *host, const uint8_t invite[16],
                   struct door_grant *grant)
{
    struct door_knocker k;
    struct door_host h;
    uint8_t message[DOOR_MAX], out[DOOR_MAX];
    size_t n;
    assert_int_equal(door_knock(&k, CODE, &knocker->self, NULL, message), 0);
    door_host_open(&h, CODE, &knocker->self.open);
    n = door_grant(&h, &host->self, invite, NULL, message);
    assert_int_equal(door_knocker_take(&k, &knocker->self, NULL, message, n, out, &n, grant), DOOR_GRANTED);
    assert_memory_equal(grant->invite_key, invite, 16);
}

static void screen_code(char out[SAFETY_TEXT], const struct person *me, const struct person *other)
{
    struct safety_member m[2] = {{.name = me->name}, {.name = other->name}};
    memcpy(m[0].identity, me->self.open.identity, 32);
    memcpy(m[1].identity, other->self.open.identity, 32);
    safety_code(out, "428193", m, 2);
}

// ---- steps between two ----

static bool say(struct person *to, const struct person *from, const struct compare_step *step, struct compare_step *out)
{
    return compare_take(&to->compare, &from->compare.me, step, 1, out);
}

static void begin(struct person *who, const struct person *with, const uint8_t *half, struct compare_step *commit)
{
    chosen = half != NULL;
    if (half)
        memcpy(chosen_half, half, 32);
    assert_true(compare_start(&who->compare, &with->compare.me, 1, commit));
    chosen = false;
}

static void reply(struct person *to, const struct person *from, const struct compare_step *step, const uint8_t *half,
                  struct compare_step *out)
{
    chosen = half != NULL;
    if (half)
        memcpy(chosen_half, half, 32);
    assert_true(say(to, from, step, out));
    chosen = false;
}

struct between {
    struct person ann, bob, as_bob, as_ann; // the relay is bob to ann and ann to bob
};

// Ann begins. The relay first gets bob's half out of him and gives it to ann as its own.
static void bobs_half_for_ann(struct between *b)
{
    struct compare_step commit, toward_bob, answer, to_ann, reveal, none;
    begin(&b->ann, &b->as_bob, NULL, &commit);
    begin(&b->as_ann, &b->bob, NULL, &toward_bob);
    reply(&b->bob, &b->as_ann, &toward_bob, NULL, &answer);
    reply(&b->as_bob, &b->ann, &commit, answer.nonce, &to_ann);
    assert_true(say(&b->ann, &b->as_bob, &to_ann, &reveal));
    assert_true(say(&b->as_ann, &b->bob, &answer, &reveal));
    assert_false(say(&b->bob, &b->as_ann, &reveal, &none));
}

// Ann begins. The relay gets her half first and commits to it towards bob.
static void anns_half_for_bob(struct between *b)
{
    struct compare_step commit, to_ann, reveal, toward_bob, answer, none;
    begin(&b->ann, &b->as_bob, NULL, &commit);
    assert_true(say(&b->as_bob, &b->ann, &commit, &to_ann));
    assert_true(say(&b->ann, &b->as_bob, &to_ann, &reveal));
    begin(&b->as_ann, &b->bob, reveal.nonce, &toward_bob);
    assert_true(say(&b->bob, &b->as_ann, &toward_bob, &answer));
    assert_true(say(&b->as_ann, &b->bob, &answer, &reveal));
    assert_false(say(&b->bob, &b->as_ann, &reveal, &none));
}

// The relay begins with both, with one half for both.
static void one_half_for_both(struct between *b)
{
    struct compare_step commit[2], answer, reveal, none;
    begin(&b->as_bob, &b->ann, NULL, &commit[0]);
    begin(&b->as_ann, &b->bob, b->as_bob.compare.nonce, &commit[1]);
    for (unsigned i = 0; i < 2; i++) {
        struct person *mine = i ? &b->as_ann : &b->as_bob, *theirs = i ? &b->bob : &b->ann;
        assert_true(say(theirs, mine, &commit[i], &answer));
        assert_true(say(mine, theirs, &answer, &reveal));
        assert_false(say(theirs, mine, &reveal, &none));
    }
}

// Ann begins. The relay hands every step on as it is: bob sees another initiator than the commitment names.
static void handed_on(struct between *b)
{
    struct compare_step commit, answer, reveal, stop;
    begin(&b->ann, &b->as_bob, NULL, &commit);
    assert_true(say(&b->bob, &b->as_ann, &commit, &answer));
    assert_true(say(&b->ann, &b->as_bob, &answer, &reveal));
    assert_true(say(&b->bob, &b->as_ann, &reveal, &stop));
    assert_int_equal(stop.kind, COMPARE_STOP);
    assert_int_equal(b->bob.compare.state, CALL_COMPARE_FAILED);
}

static void between_two(void **state)
{
    static void (*const ways[])(struct between *) = {bobs_half_for_ann, anns_half_for_bob, one_half_for_both,
                                                     handed_on};
    struct between b;
    unsigned numbers = 0, codes = 0, failed = 0;
    (void)state;
    for (unsigned i = 0; i < RUNS; i++) {
        struct door_grant grant;
        uint8_t invite[16];
        char seen_by_ann[SAFETY_TEXT], seen_by_bob[SAFETY_TEXT];
        randombytes_buf(invite, sizeof invite);
        person(&b.ann, "Ann", 2);
        person(&b.bob, "Bob", 1);
        person(&b.as_ann, "Ann", 2);
        person(&b.as_bob, "Bob", 1);
        let_in(&b.as_ann, &b.bob, invite, &grant);
        let_in(&b.ann, &b.as_bob, grant.invite_key, &grant);
        if (i % 10 == 0) { // a millisecond each
            screen_code(seen_by_ann, &b.ann, &b.as_bob);
            screen_code(seen_by_bob, &b.bob, &b.as_ann);
            codes += !strcmp(seen_by_ann, seen_by_bob);
        }
        ways[i % ARRAY_LEN(ways)](&b);
        bool both = b.ann.compare.state == CALL_COMPARE_NUMBER && b.bob.compare.state == CALL_COMPARE_NUMBER;
        numbers += both && !strcmp(b.ann.compare.number, b.bob.compare.number);
        failed += !both;
    }
    print_message(
        "somebody between, %u rooms: %u equal numbers (%u times none was shown), %u equal safety codes of %u\n",
        (unsigned)RUNS, numbers, failed, codes, (unsigned)RUNS / 10);
    assert_true(numbers * 1000 <= RUNS - failed);
    assert_int_equal(failed, RUNS / ARRAY_LEN(ways));
    assert_int_equal(codes, 0);
}

static void nobody_between(void **state)
{
    struct person ann, bob;
    unsigned numbers = 0, codes = 0;
    (void)state;
    for (unsigned i = 0; i < RUNS / 10; i++) {
        struct door_grant grant;
        struct compare_step commit, answer, reveal;
        uint8_t invite[16] = {1};
        char seen_by_ann[SAFETY_TEXT], seen_by_bob[SAFETY_TEXT];
        person(&ann, "Ann", 2);
        person(&bob, "Bob", 1);
        let_in(&ann, &bob, invite, &grant);
        screen_code(seen_by_ann, &ann, &bob);
        screen_code(seen_by_bob, &bob, &ann);
        codes += !strcmp(seen_by_ann, seen_by_bob);
        begin(&ann, &bob, NULL, &commit);
        assert_true(say(&bob, &ann, &commit, &answer));
        assert_true(say(&ann, &bob, &answer, &reveal));
        assert_false(say(&bob, &ann, &reveal, &commit));
        numbers += !strcmp(ann.compare.number, bob.compare.number);
    }
    print_message("nobody between, %u rooms: %u equal numbers, %u equal safety codes\n", (unsigned)RUNS / 10, numbers,
                  codes);
    assert_int_equal(numbers, RUNS / 10);
    assert_int_equal(codes, RUNS / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(between_two),
        cmocka_unit_test(nobody_between),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
