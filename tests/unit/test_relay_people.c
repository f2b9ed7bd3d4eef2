// The list of people: whose a name is and for how long, who replaces whom, and that what everybody has been told comes
// to what is true, in pages and with the ticks.
#include "control_pair.h"

#include "relay/people.h"
#include "tests/random.h"

static struct people *all;

static int start_table(void **state)
{
    (void)state;
    all = calloc(1, sizeof *all);
    return all ? 0 : -1;
}

static int end_table(void **state)
{
    (void)state;
    free(all);
    return 0;
}

// ---- the table ----

static const uint8_t *id(uint32_t n)
{
    static uint8_t out[2][32];
    static unsigned turn;
    uint8_t *key = out[turn++ % 2];
    memset(key, 0, 32);
    memcpy(key, &n, sizeof n);
    key[31] = 1;
    return key;
}

static uint32_t enter(const char *name, uint32_t identity, uint32_t conn, uint64_t now)
{
    if (people_taken(all, name, id(identity), now))
        return PEOPLE_NOBODY;
    return people_register(all, name, id(identity), conn, 0);
}

static void a_name_is_one_identitys(void **state)
{
    static const char *const same[] = {"Bob", "bob", "BOB", " Bob ", "B\xe2\x80\x8bob"};
    (void)state;
    uint32_t at = enter("Bob", 1, 10, 0);
    assert_true(at != PEOPLE_NOBODY);
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        assert_int_equal(enter(same[i], 2, 11, 0), PEOPLE_NOBODY);
        assert_int_equal(enter(same[i], 1, 10, 0), at);
    }
    assert_int_equal(all->here, 1);
    assert_true(enter("Bobby", 2, 11, 0) != PEOPLE_NOBODY);
    assert_int_equal(enter("Rob", 1, 10, 0), at); // he has another name now, and the old one is free
    assert_true(enter("Bob", 3, 12, 0) != PEOPLE_NOBODY);
    assert_int_equal(all->here, 3);
}

static void a_name_is_kept_for_a_day(void **state)
{
    const uint64_t left = 5000000;
    (void)state;
    uint32_t at = enter("Bob", 1, 10, 0);
    people_leave(all, at, left);
    assert_int_equal(all->here, 0);
    people_forget(all, left + PEOPLE_KEPT_US - 1);
    assert_int_equal(enter("Bob", 2, 11, left + PEOPLE_KEPT_US - 1), PEOPLE_NOBODY);
    assert_int_equal(people_find(all, id(1)), at);
    people_forget(all, left + PEOPLE_KEPT_US);
    assert_int_equal(people_find(all, id(1)), PEOPLE_NOBODY);
    assert_true(enter("Bob", 2, 11, left + PEOPLE_KEPT_US) != PEOPLE_NOBODY);
    // Who is here keeps it for ever.
    assert_int_equal(enter("Bob", 1, 12, left + 1000 * PEOPLE_KEPT_US), PEOPLE_NOBODY);
}

static void the_longest_absent_is_forgotten_first(void **state)
{
    char name[16];
    (void)state;
    for (uint32_t i = 0; i < PEOPLE_MAX; i++) {
        snprintf(name, sizeof name, "P%u", i);
        assert_int_equal(enter(name, i, i, 0), i);
    }
    assert_int_equal(enter("New", PEOPLE_MAX, 1, 0), PEOPLE_NOBODY); // all are here
    people_leave(all, 7, 900);
    people_leave(all, 5, 800);
    people_leave(all, 6, 850);
    all->person[5].told = CONTROL_PERSON_FREE; // the others do not know yet
    assert_int_equal(enter("New", PEOPLE_MAX, 1, 1000), 6);
    assert_int_equal(people_find(all, id(6)), PEOPLE_NOBODY);
    assert_int_equal(enter("P6", PEOPLE_MAX + 1, 1, 1000), 7);
    assert_int_equal(enter("P7", PEOPLE_MAX + 2, 1, 1000), PEOPLE_NOBODY);
    assert_int_equal(all->here, PEOPLE_MAX - 1);
}

// Who comes under thousands of names takes none from people of other places, however long those have been away.
static void a_flood_of_names_forgets_its_own(void **state)
{
    char name[16];
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "Home%u", i);
        people_leave(all, people_register(all, name, id(i), i, 7 + i % 2), 100);
    }
    for (uint32_t i = 0; i < 2 * PEOPLE_MAX; i++) {
        snprintf(name, sizeof name, "X%u", i);
        uint32_t at = people_register(all, name, id(1000 + i), 50, 9);
        assert_true(at != PEOPLE_NOBODY);
        people_leave(all, at, 1000 + i);
    }
    for (uint32_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "Home%u", i);
        assert_true(people_taken(all, name, id(99), 1000000));
        assert_true(people_find(all, id(i)) != PEOPLE_NOBODY);
    }
    assert_int_equal(people_find(all, id(1000)), PEOPLE_NOBODY);
    assert_true(people_find(all, id(1000 + 2 * PEOPLE_MAX - 1)) != PEOPLE_NOBODY);
}

static void states(void **state)
{
    (void)state;
    uint32_t ann_at = enter("Ann", 1, 10, 0), bob_at = enter("Bob", 2, 11, 0);
    assert_int_equal(people_state(all, ann_at, false), CONTROL_PERSON_FREE);
    assert_int_equal(people_state(all, ann_at, true), CONTROL_PERSON_BUSY);
    all->person[ann_at].away = true;
    assert_int_equal(people_state(all, ann_at, false), CONTROL_PERSON_AWAY);
    assert_int_equal(people_state(all, ann_at, true), CONTROL_PERSON_BUSY);
    struct people_call *c = people_ring(all, ann_at, bob_at, 0);
    assert_int_equal(people_state(all, ann_at, false), CONTROL_PERSON_BUSY);
    assert_int_equal(people_state(all, bob_at, false), CONTROL_PERSON_BUSY);
    assert_null(people_overdue(all, WIRE_RING_MS * 1000ull - 1));
    assert_ptr_equal(people_overdue(all, WIRE_RING_MS * 1000ull), c);
    assert_ptr_equal(people_call_of(all, c->id), c);
    uint32_t was = c->id;
    people_end_call(all, c);
    assert_null(people_call_of(all, was));
    assert_null(people_call_of(all, 0));
    assert_int_equal(people_state(all, bob_at, false), CONTROL_PERSON_FREE);
    people_leave(all, bob_at, 1);
    assert_int_equal(people_state(all, bob_at, false), CONTROL_PERSON_GONE);
}

static void no_more_calls_than_places(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < PEOPLE_CALLS; i++)
        assert_non_null(people_ring(all, 2 * i, 2 * i + 1, 0));
    assert_null(people_ring(all, PEOPLE_MAX - 2, PEOPLE_MAX - 1, 0));
    assert_int_equal(all->ringing, PEOPLE_CALLS);
    people_end_call(all, people_call_of(all, 9));
    all->last_call = UINT32_MAX - 1; // numbers begin again, without those that ring
    assert_int_equal(people_ring(all, 16, 17, 0)->id, UINT32_MAX);
    people_end_call(all, people_call_of(all, 30));
    assert_int_equal(people_ring(all, 58, 59, 0)->id, 9);
}

// ---- what everybody is told ----

enum { MANY = 1000 };

static void number_identity(uint32_t n, uint8_t public_key[32], uint8_t secret[64])
{
    uint8_t seed[32] = {0xEE};
    memcpy(seed + 1, &n, sizeof n);
    crypto_sign_seed_keypair(public_key, secret, seed);
}

static uint32_t person(uint32_t n, const char *name)
{
    struct control c;
    uint8_t secret[64], identity[32];
    uint32_t conn = crig_open(rig);
    crig_hello_message(&c, name);
    number_identity(n, c.hello.identity, secret);
    memcpy(identity, c.hello.identity, sizeof identity);
    crig_say(rig, conn, &c);
    struct control r = {.type = CONTROL_REGISTER};
    memset(r.registration.key, (int)n, 32);
    statement_sign(r.registration.signature, name, r.registration.key, secret);
    statement_prove(r.registration.proof, rig->logic->conn[conn].challenge, secret);
    crig_say(rig, conn, &r);
    return conn;
}

struct seen { // what one client makes of the pages it was sent
    bool whole;
    unsigned pages, largest;
    size_t count;
    struct control_person person[MANY + 8];
};

static void take(struct seen *s, const struct control *m)
{
    if (m->people.whole)
        s->count = 0;
    s->whole = s->whole || m->people.whole;
    s->pages++;
    s->largest = MAX(s->largest, (unsigned)m->people.count);
    for (size_t i = 0; i < m->people.count; i++) {
        const struct control_person *p = &m->people.person[i];
        size_t at = 0;
        while (at < s->count && memcmp(s->person[at].identity, p->identity, 32) != 0)
            at++;
        if (p->state == CONTROL_PERSON_GONE) {
            if (at < s->count)
                s->person[at] = s->person[--s->count];
            continue;
        }
        assert_true(statement_signed(p->signature, p->name, p->identity, p->key));
        assert_true(at < MANY + 8);
        s->person[at] = *p;
        s->count = MAX(s->count, at + 1);
    }
}

// Reads on what the connection has been sent since the last crig_clear.
static void look(struct seen *s, uint32_t conn)
{
    for (unsigned i = 0; i < rig->out_count; i++) {
        if (rig->out[i].conn != conn || !strstr(rig->out[i].text, "\"people\""))
            continue;
        assert_true(control_read(&x, rig->out[i].text, strlen(rig->out[i].text)));
        if (x.type == CONTROL_PEOPLE)
            take(s, &x);
        control_free(&x);
    }
}

static const struct control_person *find(const struct seen *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->person[i].name, name) == 0)
            return &s->person[i];
    return NULL;
}

static void is(const struct seen *s, const char *name, enum control_person_state state)
{
    const struct control_person *p = find(s, name);
    if (state == CONTROL_PERSON_GONE) {
        assert_null(p);
        return;
    }
    assert_non_null(p);
    assert_int_equal(p->state, state);
}

static struct seen first, second;

// A tick, and what both have heard by then.
static void on(uint32_t a, uint32_t b)
{
    crig_tick(rig, 200000);
    look(&first, a);
    look(&second, b);
    crig_clear(rig);
}

static void begin(void)
{
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
}

static void everybody_is_told_and_nobody_of_himself(void **state)
{
    struct control c = {.type = CONTROL_PRESENCE, .presence.away = true};
    (void)state;
    begin();
    ann = crig_person(rig, "Ann");
    assert_int_equal(crig_count(rig, ann, CONTROL_PEOPLE), 1); // at once, though it is empty
    on(ann, ann);
    assert_true(first.whole && first.count == 0);
    begin();
    bob = crig_person(rig, "Bob");
    on(ann, bob);
    assert_true(!first.whole && second.whole);
    is(&first, "Bob", CONTROL_PERSON_FREE);
    is(&second, "Ann", CONTROL_PERSON_FREE);
    assert_true(!find(&first, "Ann") && !find(&second, "Bob"));
    crig_say(rig, bob, &c);
    assert_int_equal(crig_count(rig, ann, CONTROL_PEOPLE), 0); // with the tick
    on(ann, bob);
    is(&first, "Bob", CONTROL_PERSON_AWAY);
    c.presence.away = false;
    c.presence.answers = true;
    crig_say(rig, bob, &c);
    on(ann, bob);
    is(&first, "Bob", CONTROL_PERSON_FREE);
    assert_true(find(&first, "Bob")->answers && !find(&second, "Ann")->answers);
    crig_create(rig, bob, &room);
    on(ann, bob);
    is(&first, "Bob", CONTROL_PERSON_BUSY);
    struct control leave = {.type = CONTROL_LEAVE};
    crig_say(rig, bob, &leave);
    on(ann, bob);
    is(&first, "Bob", CONTROL_PERSON_FREE);
    unsigned before = first.pages;
    for (unsigned i = 0; i < 10; i++)
        on(ann, bob);
    assert_int_equal(first.pages, before); // no news, no message
    control_logic_closed(rig->logic, bob, rig->now);
    on(ann, ann);
    is(&first, "Bob", CONTROL_PERSON_GONE);
}

// One who flickers costs everybody's line little; when he is quiet again, all know how he is.
static void who_flickers_is_told_of_slowly(void **state)
{
    struct control c = {.type = CONTROL_PRESENCE};
    (void)state;
    begin();
    ann = crig_person(rig, "Ann");
    bob = crig_person(rig, "Bob");
    on(ann, bob);
    unsigned before = first.pages;
    uint64_t from = rig->now;
    for (unsigned i = 0; i < 300; i++) {
        c.presence.away = i % 2;
        crig_say(rig, bob, &c);
        on(ann, bob);
    }
    uint64_t share = (rig->now - from) / (PEOPLE_TELL_S * 1000000);
    assert_in_range(first.pages - before, share, PEOPLE_TELLS + share + 1);
    c.presence.away = false;
    c.presence.answers = true;
    crig_say(rig, bob, &c);
    for (unsigned i = 0; i < 11; i++)
        on(ann, bob);
    is(&first, "Bob", CONTROL_PERSON_FREE);
    assert_true(find(&first, "Bob")->answers);
}

static void only_who_has_registered_hears(void **state)
{
    struct control c = {.type = CONTROL_PRESENCE};
    (void)state;
    uint32_t cat = crig_hello(rig, "Cat");
    ann = crig_person(rig, "Ann");
    bob = crig_person(rig, "Bob");
    crig_tick(rig, 200000);
    assert_int_equal(crig_count(rig, cat, CONTROL_PEOPLE), 0);
    crig_say(rig, cat, &c);
    error_is(cat, CONTROL_ERROR_NOT_NOW);
    crig_tick(rig, 200000);
    assert_int_equal(rig->logic->people.here, 2);
}

static void it_must_be_proved(void **state)
{
    (void)state;
    for (unsigned wrong = 0; wrong < 4; wrong++) {
        struct control c = {.type = CONTROL_REGISTER};
        uint8_t identity[32], secret[64], eves[64];
        uint32_t conn = crig_hello(rig, "Ann");
        crig_identity("Ann", identity, secret);
        crig_identity("Eve", identity, eves);
        statement_sign(c.registration.signature, wrong == 0 ? "Anna" : "Ann", c.registration.key,
                       wrong == 1 ? eves : secret);
        statement_prove(c.registration.proof, rig->logic->conn[wrong == 2 ? conn + 1 : conn].challenge,
                        wrong == 3 ? eves : secret);
        crig_say(rig, conn, &c);
        error_is(conn, CONTROL_ERROR_NOT_ALLOWED);
        assert_int_equal(rig->logic->people.here, 0);
        assert_int_equal(crig_count(rig, conn, CONTROL_PEOPLE), 0);
    }
}

static void a_taken_name_is_refused(void **state)
{
    (void)state;
    begin();
    ann = crig_person(rig, "Ann");
    bob = person(1, "Bob");
    on(ann, bob);
    uint32_t other = person(2, "b\xe2\x80\x8bOB");
    error_is(other, CONTROL_ERROR_NAME_TAKEN);
    assert_int_equal(crig_count(rig, other, CONTROL_PEOPLE), 0);
    control_logic_closed(rig->logic, bob, rig->now);
    on(ann, ann);
    is(&first, "Bob", CONTROL_PERSON_GONE);
    other = person(2, "Bob"); // he may come back
    error_is(other, CONTROL_ERROR_NAME_TAKEN);
    bob = person(1, "bob");
    on(ann, bob);
    is(&first, "bob", CONTROL_PERSON_FREE);
}

static void who_comes_again_replaces_himself(void **state)
{
    (void)state;
    begin();
    ann = crig_person(rig, "Ann");
    bob = crig_person(rig, "Bob");
    on(ann, bob);
    uint32_t again = crig_person(rig, "Bob");
    error_is(bob, CONTROL_ERROR_REPLACED);
    on(ann, again);
    is(&first, "Bob", CONTROL_PERSON_FREE);
    assert_int_equal(find(&first, "Bob")->key[0], again + 0x40);
    assert_int_equal(first.count, 1);
    unsigned before = first.pages;
    control_logic_closed(rig->logic, bob, rig->now); // the old connection ends at last
    on(ann, again);
    assert_int_equal(first.pages, before);
    assert_int_equal(rig->logic->people.here, 2);
    struct control c = {.type = CONTROL_REGISTER, .registration.answers = true};
    crig_register(rig, again, &c); // the same connection: new words about oneself
    on(ann, again);
    assert_true(find(&first, "Bob")->answers);
    is(&second, "Ann", CONTROL_PERSON_FREE);
    assert_int_equal(rig->logic->people.here, 2);
}

static void names_do_not_outlive_the_relay(void **state)
{
    (void)state;
    person(1, "Bob");
    error_is(person(2, "Bob"), CONTROL_ERROR_NAME_TAKEN);
    crig_boot(rig, true);
    uint32_t conn = person(2, "Bob");
    assert_int_equal(crig_count(rig, conn, CONTROL_ERROR), 0);
    assert_int_equal(rig->logic->people.here, 1);
}

// A thousand come while two look on: one from the start, one from the middle. Nobody is sent much at once.
static void a_thousand(void **state)
{
    char name[16];
    (void)state;
    begin();
    ann = person(MANY, "Ann");
    bob = PEOPLE_NOBODY;
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "P%u", i);
        person(i, name);
        if (i == MANY / 2)
            bob = person(MANY + 1, "Bob");
        look(&first, ann);
        look(&second, bob);
        crig_clear(rig);
        if (i % 100 == 99)
            on(ann, bob);
    }
    for (unsigned i = 0; i < 40; i++) {
        crig_tick(rig, 200000);
        assert_true(crig_count(rig, ann, CONTROL_PEOPLE) <= 4);
        look(&first, ann);
        look(&second, bob);
        crig_clear(rig);
    }
    assert_int_equal(first.count, MANY + 1);
    assert_int_equal(second.count, MANY + 1);
    assert_true(first.largest == CONTROL_PAGE && second.largest == CONTROL_PAGE);
    is(&first, "P999", CONTROL_PERSON_FREE);
    is(&second, "P0", CONTROL_PERSON_FREE);
    // A newcomer has the whole of it after few ticks, from one `whole` to the end of `more`.
    uint32_t late = person(MANY + 2, "Late");
    begin();
    look(&second, late);
    assert_true(second.whole && second.count == CONTROL_PAGE);
    for (unsigned i = 0; i < 20; i++)
        on(ann, late);
    assert_int_equal(second.count, MANY + 2);
    assert_true(second.pages <= 2 + 1 + (MANY + 3 + CONTROL_PAGE - 1) / CONTROL_PAGE);
}

// Anything may happen: after the ticks it takes, everybody's list is what is so.
static void lists_come_to_the_truth(void **state)
{
    enum { PEOPLE = 40, STEPS = 400 };
    static struct seen seen[PEOPLE];
    uint32_t conn[PEOPLE];
    char name[16];
    uint64_t random = 7;
    (void)state;
    memset(seen, 0, sizeof seen);
    memset(conn, 0xFF, sizeof conn);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned i = (unsigned)(random_next(&random) % PEOPLE), what = (unsigned)(random_next(&random) % 8);
        struct control c = {.type = CONTROL_PRESENCE, .presence.away = what & 1, .presence.answers = what & 2};
        snprintf(name, sizeof name, "P%u", i);
        if (conn[i] == PEOPLE_NOBODY) {
            conn[i] = person(i, name);
            memset(&seen[i], 0, sizeof seen[i]);
        } else if (what < 4) {
            crig_say(rig, conn[i], &c);
        } else if (what == 4) {
            control_logic_closed(rig->logic, conn[i], rig->now);
            conn[i] = PEOPLE_NOBODY;
        } else {
            crig_tick(rig, 200000);
        }
        for (unsigned k = 0; k < PEOPLE; k++)
            if (conn[k] != PEOPLE_NOBODY)
                look(&seen[k], conn[k]);
        crig_clear(rig);
    }
    for (unsigned t = 0; t < 60; t++) { // also the lists that are under way come to their end
        crig_tick(rig, 200000);
        for (unsigned k = 0; k < PEOPLE; k++)
            if (conn[k] != PEOPLE_NOBODY)
                look(&seen[k], conn[k]);
        crig_clear(rig);
    }
    for (unsigned k = 0; k < PEOPLE; k++) {
        size_t others = 0;
        for (unsigned i = 0; i < PEOPLE && conn[k] != PEOPLE_NOBODY; i++) {
            snprintf(name, sizeof name, "P%u", i);
            const struct people_person *p =
                &rig->logic->people.person[conn[i] == PEOPLE_NOBODY ? 0 : rig->logic->conn[conn[i]].person - 1];
            bool here = i != k && conn[i] != PEOPLE_NOBODY;
            others += here;
            is(&seen[k], name, !here ? CONTROL_PERSON_GONE : p->away ? CONTROL_PERSON_AWAY : CONTROL_PERSON_FREE);
            if (here)
                assert_int_equal(find(&seen[k], name)->answers, p->answers);
        }
        if (conn[k] != PEOPLE_NOBODY)
            assert_int_equal(seen[k].count, others);
    }
}

int main(void)
{
#define TABLE(f) cmocka_unit_test_setup_teardown(f, start_table, end_table)
#define TEST(f)  cmocka_unit_test_setup_teardown(f, start, end)
    const struct CMUnitTest tests[] = {
        TABLE(a_name_is_one_identitys),
        TABLE(a_flood_of_names_forgets_its_own),
        TABLE(a_name_is_kept_for_a_day),
        TABLE(the_longest_absent_is_forgotten_first),
        TABLE(states),
        TABLE(no_more_calls_than_places),
        TEST(everybody_is_told_and_nobody_of_himself),
        TEST(who_flickers_is_told_of_slowly),
        TEST(only_who_has_registered_hears),
        TEST(it_must_be_proved),
        TEST(a_taken_name_is_refused),
        TEST(who_comes_again_replaces_himself),
        TEST(names_do_not_outlive_the_relay),
        TEST(a_thousand),
        TEST(lists_come_to_the_truth),
    };
    return cmocka_run_group_tests_name("relay_people", tests, NULL, NULL);
}
