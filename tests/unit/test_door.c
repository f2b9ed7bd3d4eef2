// Coming in by number or by passphrase, with a relay on the way that reads, changes, swaps and keeps what it likes.
#include "tests/unit/unit.h"

#include "client/net/door.h"

#include <sodium.h>

enum { CODE = 428193, SECOND = 1000000 };
static const uint8_t invite[16] = "the invite key 1", other_invite[16] = "the invite key 2";
static const uint8_t room_root[32] = "what the passphrase is turned in",
                     wrong_root[32] = "what another one is turned into.";

struct person {
    uint8_t identity_secret[64], key_secret[32];
    struct door_self self;
};

static void person(struct person *p)
{
    crypto_sign_keypair(p->self.open.identity, p->identity_secret);
    crypto_kx_keypair(p->self.open.key, p->key_secret);
    p->self.identity_secret = p->identity_secret;
    p->self.key_secret = p->key_secret;
}

struct message {
    uint8_t data[DOOR_MAX];
    size_t size;
};

// One who knocks and one host, with everything between them in the test's hands.
struct scene {
    struct person ada, bob;
    struct door_knocker knocker;
    struct door_host host;
    struct door_limit limit;
    struct door_grant grant;
    uint64_t now;
};

static void scene_knock(struct scene *s, const uint8_t *root, struct message *out)
{
    person(&s->ada);
    out->size = door_knock(&s->knocker, CODE, &s->ada.self, root, out->data);
    door_host_open(&s->host, CODE, &s->ada.self.open);
}

static void scene(struct scene *s, const uint8_t *root, struct message *out)
{
    memset(s, 0, sizeof *s);
    s->now = 5 * SECOND;
    person(&s->bob);
    scene_knock(s, root, out);
}

static enum door_result to_host(struct scene *s, const uint8_t *root, const struct message *in, struct message *out)
{
    return door_host_take(&s->host, &s->bob.self, root, &s->limit, s->now, in->data, in->size, out->data, &out->size);
}

static enum door_result to_knocker(struct scene *s, const struct message *in, struct message *out)
{
    return door_knocker_take(&s->knocker, &s->ada.self, NULL, in->data, in->size, out->data, &out->size, &s->grant);
}

static void grant(struct scene *s, const uint8_t *root, struct message *out)
{
    out->size = door_grant(&s->host, &s->bob.self, invite, root, out->data);
    assert_int_equal(out->size, DOOR_MAX);
}

// Up to the host's yes.
static void prove(struct scene *s, struct message *m)
{
    struct message answer;
    scene(s, room_root, m);
    assert_int_equal(m->size, 33);
    assert_int_equal(to_host(s, room_root, m, &answer), DOOR_SEND);
    assert_int_equal(answer.size, 193);
    assert_int_equal(to_knocker(s, &answer, m), DOOR_SEND);
    assert_int_equal(to_host(s, room_root, m, &answer), DOOR_ADMIT);
    grant(s, room_root, m);
}

static unsigned tries_held(const struct scene *s)
{
    unsigned n = 0;
    for (unsigned i = 0; i < DOOR_TRIES; i++)
        n += s->limit.tries[i].number != 0;
    return n;
}

static void assert_wiped(const void *p, size_t n)
{
    assert_true(sodium_is_zero(p, n));
}

static void by_number_a_person_decides(void **state)
{
    struct scene s;
    struct message m, out;
    (void)state;
    scene(&s, NULL, &m);
    assert_int_equal(m.size, 0);
    assert_int_equal(to_host(&s, NULL, &m, &out), DOOR_NOTHING);
    grant(&s, NULL, &m);
    assert_int_equal(to_knocker(&s, &m, &out), DOOR_GRANTED);
    assert_memory_equal(s.grant.invite_key, invite, 16);
    assert_false(s.grant.has_root);
    assert_false(s.grant.proven);
    assert_memory_equal(&s.grant.host, &s.bob.self.open, sizeof s.grant.host);
    assert_int_equal(to_knocker(&s, &m, &out), DOOR_NOTHING); // once
}

static void by_passphrase_nobody_needs_to(void **state)
{
    struct scene s;
    struct message m, out;
    (void)state;
    prove(&s, &m);
    assert_int_equal(tries_held(&s), 0);
    assert_int_equal(to_knocker(&s, &m, &out), DOOR_GRANTED);
    assert_true(s.grant.proven);
    assert_true(s.grant.has_root);
    assert_memory_equal(s.grant.root, room_root, 32);
    assert_memory_equal(s.grant.invite_key, invite, 16);
    s.knocker.over = false;
    assert_wiped(&s.knocker, sizeof s.knocker);
    door_host_close(&s.host, &s.limit, true);
    assert_wiped(&s.host, sizeof s.host);
}

static void the_passphrase_may_be_said_later(void **state)
{
    struct scene s;
    struct message none, m, out;
    (void)state;
    scene(&s, NULL, &none);
    assert_int_equal(to_host(&s, room_root, &none, &m), DOOR_SEND);
    assert_int_equal(m.size, 1);
    assert_int_equal(to_knocker(&s, &m, &out), DOOR_ASKED);
    m.size = door_say(&s.knocker, &s.ada.self, wrong_root, m.data); // thought better of before it was answered
    m.size = door_say(&s.knocker, &s.ada.self, room_root, m.data);
    assert_int_equal(to_host(&s, room_root, &m, &out), DOOR_SEND);
    assert_int_equal(to_knocker(&s, &out, &m), DOOR_SEND);
    assert_int_equal(door_say(&s.knocker, &s.ada.self, room_root, out.data), 0);
    assert_int_equal(to_host(&s, room_root, &m, &out), DOOR_ADMIT);
    // A host that came late asks what was said already.
    m = (struct message){{5}, 1};
    assert_int_equal(to_knocker(&s, &m, &out), DOOR_NOTHING);
    grant(&s, room_root, &m);
    assert_int_equal(to_knocker(&s, &m, &out), DOOR_GRANTED);
}

static void a_wrong_passphrase_ends_the_knock(void **state)
{
    struct scene s;
    struct message m, answer, out;
    (void)state;
    scene(&s, wrong_root, &m);
    assert_int_equal(to_host(&s, room_root, &m, &answer), DOOR_SEND);
    assert_int_equal(to_knocker(&s, &answer, &out), DOOR_WRONG);
    assert_int_equal(out.size, 0); // nothing by which the host, or who plays one, could tell more
    assert_wiped(&s.knocker.run, sizeof s.knocker.run);
    assert_wiped(s.knocker.isk, sizeof s.knocker.isk);
    assert_int_equal(to_knocker(&s, &answer, &out), DOOR_NOTHING);
    assert_int_equal(door_say(&s.knocker, &s.ada.self, room_root, out.data), 0);
    grant(&s, room_root, &m);
    assert_int_equal(to_knocker(&s, &m, &out), DOOR_NOTHING);
    door_host_close(&s.host, &s.limit, false);
    assert_int_equal(tries_held(&s), 1);
}

// What a guesser can send after the answer: any confirmation fails, and only once is looked at.
static void one_answer_is_one_guess(void **state)
{
    struct scene s;
    struct message m, answer, out;
    (void)state;
    scene(&s, wrong_root, &m);
    assert_int_equal(to_host(&s, room_root, &m, &answer), DOOR_SEND);
    struct door_host before = s.host;
    struct message confirm = {{3}, 33};
    memcpy(confirm.data + 1, answer.data + 97, 32); // the host's own, sent back
    assert_int_equal(to_host(&s, room_root, &confirm, &out), DOOR_WRONG);
    assert_wiped(s.host.isk, 32);
    assert_int_equal(to_host(&s, room_root, &confirm, &out), DOOR_NOTHING);
    memcpy(confirm.data + 1, before.confirm, 32); // too late even with the right one
    assert_int_equal(to_host(&s, room_root, &confirm, &out), DOOR_NOTHING);
    assert_int_equal(tries_held(&s), 1);
    assert_int_equal(to_host(&s, room_root, &m, &answer), DOOR_SEND); // the next guess counts, too
    assert_int_equal(tries_held(&s), 2);
}

static void ten_wrong_ones_and_a_person_decides(void **state)
{
    struct scene s;
    struct message m, none = {{0}, 0}, out, answer;
    (void)state;
    scene(&s, wrong_root, &m);
    for (unsigned i = 0; i < DOOR_TRIES; i++) {
        assert_int_equal(to_host(&s, room_root, &m, &out), DOOR_SEND);
        door_host_close(&s.host, &s.limit, false);
        s.now += SECOND;
        scene_knock(&s, wrong_root, &m);
    }
    scene_knock(&s, room_root, &m);
    assert_int_equal(to_host(&s, room_root, &m, &out), DOOR_NOTHING);
    assert_int_equal(out.size, 0);
    assert_true(s.host.waiting);
    struct message say = m;
    assert_int_equal(to_host(&s, room_root, &none, &out), DOOR_NOTHING);
    // A person may let it in all the same, and who said the passphrase does not take that for proof.
    grant(&s, room_root, &m);
    assert_int_equal(to_knocker(&s, &m, &out), DOOR_UNPROVEN);
    // Ten minutes after the first of them the share is answered.
    s.now = 5 * SECOND + DOOR_TRIES_US - 1;
    assert_int_equal(door_host_retry(&s.host, &s.bob.self, room_root, &s.limit, s.now, answer.data), 0);
    assert_int_equal(to_host(&s, room_root, &say, &out), DOOR_NOTHING);
    s.now++;
    answer.size = door_host_retry(&s.host, &s.bob.self, room_root, &s.limit, s.now, answer.data);
    assert_int_equal(answer.size, 193);
    assert_int_equal(door_host_retry(&s.host, &s.bob.self, room_root, &s.limit, s.now, out.data), 0);
    assert_int_equal(to_knocker(&s, &answer, &m), DOOR_SEND);
    assert_int_equal(to_host(&s, room_root, &m, &out), DOOR_ADMIT);
    assert_int_equal(tries_held(&s), DOOR_TRIES - 1);
}

static void right_ones_do_not_count(void **state)
{
    struct scene s;
    struct message m, answer, out;
    struct scene crowd[DOOR_TRIES + 1];
    (void)state;
    scene(&s, room_root, &m);
    for (unsigned i = 0; i < 3 * DOOR_TRIES; i++) {
        assert_int_equal(to_host(&s, room_root, &m, &answer), DOOR_SEND);
        assert_int_equal(to_knocker(&s, &answer, &m), DOOR_SEND);
        assert_int_equal(to_host(&s, room_root, &m, &out), DOOR_ADMIT);
        door_host_close(&s.host, &s.limit, true);
        scene_knock(&s, room_root, &m);
    }
    // More than ten at the same moment: the last waits until one of them has shown that it was right.
    for (unsigned i = 0; i <= DOOR_TRIES; i++) {
        crowd[i] = s;
        scene_knock(&crowd[i], room_root, &m);
        enum door_result r = door_host_take(&crowd[i].host, &s.bob.self, room_root, &s.limit, s.now, m.data, m.size,
                                            answer.data, &answer.size);
        assert_int_equal(r, i < DOOR_TRIES ? DOOR_SEND : DOOR_NOTHING);
        if (i == 0)
            assert_int_equal(to_knocker(&crowd[0], &answer, &out), DOOR_SEND);
    }
    struct scene *last = &crowd[DOOR_TRIES];
    assert_int_equal(door_host_retry(&last->host, &s.bob.self, room_root, &s.limit, s.now, answer.data), 0);
    assert_int_equal(
        door_host_take(&crowd[0].host, &s.bob.self, room_root, &s.limit, s.now, out.data, out.size, m.data, &m.size),
        DOOR_ADMIT);
    assert_int_equal(door_host_retry(&last->host, &s.bob.self, room_root, &s.limit, s.now, answer.data), 193);
    // Those another host let in were no guesses either.
    assert_int_equal(tries_held(&s), DOOR_TRIES);
    for (unsigned i = 1; i <= DOOR_TRIES; i++)
        door_host_close(&crowd[i].host, &s.limit, true);
    assert_int_equal(tries_held(&s), 0);
}

static void every_bit_of_every_message_counts(void **state)
{
    struct scene s, at;
    struct message say, answer, confirm, granted, m, out;
    (void)state;
    scene(&s, room_root, &say);
    for (size_t bit = 0; bit < 8 * say.size; bit++) {
        at = s;
        m = say;
        m.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (to_host(&at, room_root, &m, &answer) == DOOR_SEND)
            assert_int_equal(to_knocker(&at, &answer, &out), DOOR_BAD);
    }
    assert_int_equal(to_host(&s, room_root, &say, &answer), DOOR_SEND);
    for (size_t bit = 0; bit < 8 * answer.size; bit++) {
        at = s;
        m = answer;
        m.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        enum door_result r = to_knocker(&at, &m, &out);
        assert_int_equal(r, bit / 8 >= 97 && bit / 8 < 129 ? DOOR_WRONG : DOOR_BAD);
        assert_int_equal(out.size, 0);
    }
    assert_int_equal(to_knocker(&s, &answer, &confirm), DOOR_SEND);
    for (size_t bit = 0; bit < 8 * confirm.size; bit++) {
        at = s;
        m = confirm;
        m.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_not_equal(to_host(&at, room_root, &m, &out), DOOR_ADMIT);
    }
    assert_int_equal(to_host(&s, room_root, &confirm, &out), DOOR_ADMIT);
    grant(&s, room_root, &granted);
    for (size_t bit = 0; bit < 8 * granted.size; bit++) {
        m = granted;
        m.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(to_knocker(&s, &m, &out), DOOR_BAD);
    }
    assert_int_equal(to_knocker(&s, &granted, &out), DOOR_GRANTED);
}

static void every_length_but_the_right_one_is_bad(void **state)
{
    struct scene s;
    struct message granted, m, out;
    uint8_t longer[DOOR_MAX + 1] = {0};
    (void)state;
    prove(&s, &granted);
    memcpy(longer, granted.data, DOOR_MAX);
    for (unsigned what = 0; what < 256; what++)
        for (size_t n = 0; n <= DOOR_MAX + 1; n++) {
            longer[0] = (uint8_t)what;
            if (n == (what == 5 ? 1 : what == 2 ? 193 : what == 4 ? DOOR_MAX : 0) && n)
                continue;
            assert_int_equal(door_knocker_take(&s.knocker, &s.ada.self, NULL, longer, n, out.data, &out.size, &s.grant),
                             DOOR_BAD);
            if (n && n != 33)
                assert_int_equal(
                    door_host_take(&s.host, &s.bob.self, room_root, &s.limit, s.now, longer, n, m.data, &m.size),
                    DOOR_BAD);
        }
    assert_int_equal(to_knocker(&s, &granted, &out), DOOR_GRANTED);
}

// A relay that knows the number, both statements and every byte, and not the passphrase: with its own identity and key
// in the place of either side it gets one wrong guess out of each.
static void a_relay_between_learns_nothing(void **state)
{
    struct scene s, theirs;
    struct message say, m, answer, out;
    (void)state;
    // It hands the knocker's share on under its own identity and key.
    scene(&s, room_root, &say);
    theirs = s;
    person(&theirs.ada);
    door_host_open(&theirs.host, CODE, &theirs.ada.self.open);
    assert_int_equal(to_host(&theirs, room_root, &say, &answer), DOOR_SEND);
    struct scene untouched = s;
    assert_int_equal(to_knocker(&untouched, &answer, &out), DOOR_BAD);
    // It signs the host's shares with an identity of its own.
    struct person mallory;
    person(&mallory);
    uint8_t text[256] = "parlour door 1";
    size_t n = 14;
    memcpy(text + n, (uint8_t[]){CODE >> 16, CODE >> 8 & 255, CODE & 255}, 3);
    memcpy(text + n + 3, s.ada.self.open.identity, 32);
    memcpy(text + n + 35, s.ada.self.open.key, 32);
    memcpy(text + n + 67, mallory.self.open.key, 32);
    memcpy(text + n + 99, say.data + 1, 32);
    memcpy(text + n + 131, answer.data + 65, 32);
    memcpy(answer.data + 1, mallory.self.open.identity, 32);
    memcpy(answer.data + 33, mallory.self.open.key, 32);
    crypto_sign_detached(answer.data + 129, NULL, text, n + 163, mallory.identity_secret);
    assert_int_equal(to_knocker(&s, &answer, &out), DOOR_WRONG);
    assert_int_equal(out.size, 0);
    // It plays the host with a guess: one guess a knock.
    scene(&theirs, room_root, &say);
    assert_int_equal(to_host(&theirs, wrong_root, &say, &answer), DOOR_SEND);
    assert_int_equal(to_knocker(&theirs, &answer, &out), DOOR_WRONG);
    // It lets the knocker in itself, as if by a person's yes, without any passphrase.
    scene(&theirs, room_root, &say);
    grant(&theirs, room_root, &m);
    memset(&theirs.grant, 0x55, sizeof theirs.grant);
    assert_int_equal(to_knocker(&theirs, &m, &out), DOOR_UNPROVEN);
    assert_int_equal(theirs.grant.invite_key[0], 0x55);
}

static void grants_open_for_one_knock_only(void **state)
{
    struct scene s, other;
    struct message m, out;
    uint8_t signed_for[DOOR_MAX];
    (void)state;
    scene(&s, NULL, &m);
    grant(&s, room_root, &m);
    other = s;
    crypto_kx_keypair(other.ada.self.open.key, other.ada.key_secret); // the same person's next join
    other.ada.self.identity_secret = other.ada.identity_secret;
    other.ada.self.key_secret = other.ada.key_secret;
    assert_int_equal(to_knocker(&other, &m, &out), DOOR_BAD);
    other = s;
    crypto_sign_keypair(other.ada.self.open.identity, other.ada.identity_secret); // somebody else with that key
    assert_int_equal(to_knocker(&other, &m, &out), DOOR_BAD);
    other = s;
    other.knocker.code++; // another room
    assert_int_equal(to_knocker(&other, &m, &out), DOOR_BAD);
    // The signature of this knock, around what was sealed for another one.
    other = s;
    person(&other.ada);
    door_host_open(&other.host, CODE, &other.ada.self.open);
    other.knocker.code = CODE;
    memcpy(signed_for, m.data, 129);
    grant(&other, room_root, &m);
    memcpy(m.data, signed_for, 129);
    assert_int_equal(to_knocker(&s, &m, &out), DOOR_BAD);
    assert_int_equal(to_knocker(&other, &m, &out), DOOR_BAD);
    grant(&s, NULL, &m);
    assert_int_equal(to_knocker(&s, &m, &out), DOOR_GRANTED);
}

static void an_invite_key_takes_its_own_grant_only(void **state)
{
    struct scene s;
    struct message m, out;
    (void)state;
    for (unsigned said = 0; said < 2; said++) {
        scene(&s, said ? room_root : NULL, &m);
        grant(&s, NULL, &m);
        assert_int_equal(
            door_knocker_take(&s.knocker, &s.ada.self, other_invite, m.data, m.size, out.data, &out.size, &s.grant),
            DOOR_BAD);
        assert_int_equal(
            door_knocker_take(&s.knocker, &s.ada.self, invite, m.data, m.size, out.data, &out.size, &s.grant),
            DOOR_GRANTED);
        assert_false(s.grant.proven);
    }
}

static void any_host_may_let_in_and_one_is_listened_to(void **state)
{
    struct scene s, second;
    struct message say, m, out, answers[2], confirm;
    (void)state;
    scene(&s, room_root, &say);
    second = s;
    person(&second.bob);
    assert_int_equal(to_host(&s, room_root, &say, &answers[0]), DOOR_SEND);
    assert_int_equal(to_host(&second, room_root, &say, &answers[1]), DOOR_SEND);
    answers[1].data[70] ^= 1; // damaged: the next good one is taken
    assert_int_equal(to_knocker(&s, &answers[1], &out), DOOR_BAD);
    assert_int_equal(to_knocker(&s, &answers[0], &confirm), DOOR_SEND);
    answers[1].data[70] ^= 1;
    assert_int_equal(to_knocker(&s, &answers[1], &out), DOOR_NOTHING);
    assert_int_equal(to_knocker(&s, &answers[0], &out), DOOR_NOTHING); // said again
    // The other host's confirmation is not this one's.
    assert_int_equal(to_host(&second, room_root, &confirm, &out), DOOR_WRONG);
    grant(&second, room_root, &m);
    assert_int_equal(to_knocker(&s, &m, &out), DOOR_UNPROVEN);
    assert_int_equal(to_host(&s, room_root, &confirm, &out), DOOR_ADMIT);
    grant(&s, room_root, &m);
    assert_int_equal(to_knocker(&s, &m, &out), DOOR_GRANTED);
    assert_memory_equal(&s.grant.host, &s.bob.self.open, sizeof s.grant.host);
    // Without a passphrase it is whoever was first.
    scene(&s, NULL, &say);
    person(&s.bob);
    grant(&s, room_root, &m);
    assert_int_equal(to_knocker(&s, &m, &out), DOOR_GRANTED);
    assert_memory_equal(&s.grant.host, &s.bob.self.open, sizeof s.grant.host);
}

static void a_room_without_a_passphrase_does_not_answer(void **state)
{
    struct scene s;
    struct message say, out, confirm = {{3}, 33};
    (void)state;
    scene(&s, room_root, &say);
    assert_int_equal(to_host(&s, NULL, &say, &out), DOOR_NOTHING);
    assert_int_equal(to_host(&s, NULL, &confirm, &out), DOOR_NOTHING);
    assert_int_equal(to_host(&s, room_root, &confirm, &out), DOOR_NOTHING); // nothing was asked
    // A share that is none costs no guess.
    memset(say.data + 1, 0, 32);
    assert_int_equal(to_host(&s, room_root, &say, &out), DOOR_BAD);
    memset(say.data + 1, 0xff, 32);
    assert_int_equal(to_host(&s, room_root, &say, &out), DOOR_BAD);
    assert_int_equal(tries_held(&s), 0);
    assert_int_equal(to_host(&s, room_root, &confirm, &out), DOOR_NOTHING);
}

static void keys_of_small_order_get_nothing(void **state)
{
    struct scene s;
    struct message m, out;
    struct person host;
    (void)state;
    scene(&s, NULL, &m);
    memset(s.host.knocker.key, 0, 32);
    assert_int_equal(door_grant(&s.host, &s.bob.self, invite, NULL, m.data), 0);
    scene(&s, NULL, &m);
    person(&host);
    memset(host.self.open.key, 0, 32); // signed, and no key
    m.size = door_grant(&s.host, &host.self, invite, NULL, m.data);
    assert_int_equal(to_knocker(&s, &m, &out), DOOR_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_number_a_person_decides),
        cmocka_unit_test(by_passphrase_nobody_needs_to),
        cmocka_unit_test(the_passphrase_may_be_said_later),
        cmocka_unit_test(a_wrong_passphrase_ends_the_knock),
        cmocka_unit_test(one_answer_is_one_guess),
        cmocka_unit_test(ten_wrong_ones_and_a_person_decides),
        cmocka_unit_test(right_ones_do_not_count),
        cmocka_unit_test(every_bit_of_every_message_counts),
        cmocka_unit_test(every_length_but_the_right_one_is_bad),
        cmocka_unit_test(a_relay_between_learns_nothing),
        cmocka_unit_test(grants_open_for_one_knock_only),
        cmocka_unit_test(an_invite_key_takes_its_own_grant_only),
        cmocka_unit_test(any_host_may_let_in_and_one_is_listened_to),
        cmocka_unit_test(a_room_without_a_passphrase_does_not_answer),
        cmocka_unit_test(keys_of_small_order_get_nothing),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
