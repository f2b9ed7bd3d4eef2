// Who of the relay's list is shown: one entry an identity, one a name unless what is known tells them apart, no more
// than there is place for, and every change once.
#include "unit.h"

#include "client/net/people_list.h"

static struct people_list list;
static char said[512]; // what was told since the last look: "+Ann " shown or changed, "-Ann " gone

static void tell(void *ctx, const struct people_entry *e, bool gone)
{
    (void)ctx;
    size_t n = strlen(said);
    snprintf(said + n, sizeof said - n, "%s%s%s ", gone ? "-" : "+", e->name,
             e->trust == CALL_TRUST_CHANGED    ? "?"
             : e->trust == CALL_TRUST_VERIFIED ? "!"
                                               : "");
}

static bool put(const char *name, uint8_t who, enum call_trust trust, enum call_person_state state)
{
    struct call_person p = {.trust = trust, .state = state};
    uint8_t key[32] = {who, 1};
    snprintf(p.name, sizeof p.name, "%s", name);
    p.identity[0] = who;
    return people_list_put(&list, &p, key);
}

static bool add(const char *name, uint8_t who)
{
    return put(name, who, CALL_TRUST_NEW, CALL_PERSON_FREE);
}

static void expect(const char *what)
{
    said[0] = 0;
    people_list_settle(&list, tell, NULL);
    assert_string_equal(said, what);
}

static int setup(void **state)
{
    (void)state;
    people_list_init(&list, "Me");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    people_list_destroy(&list);
    return 0;
}

static void changes_are_told_once(void **state)
{
    (void)state;
    add("Ann", 1);
    add("Bob", 2);
    expect("+Ann +Bob ");
    expect("");
    add("Bob", 2);
    expect("");
    put("Bob", 2, CALL_TRUST_NEW, CALL_PERSON_BUSY);
    expect("+Bob ");
    people_list_trust(&list, people_list_find(&list, (uint8_t[32]){1}), CALL_TRUST_VERIFIED);
    expect("+Ann! ");
    people_list_remove(&list, (uint8_t[32]){2});
    expect("-Bob ");
    assert_null(people_list_find(&list, (uint8_t[32]){2}));
    people_list_remove(&list, (uint8_t[32]){9});
    expect("");
}

static void list_that_is_told_anew(void **state)
{
    (void)state;
    add("Ann", 1);
    add("Bob", 2);
    expect("+Ann +Bob ");
    people_list_begin(&list);
    assert_null(people_list_find(&list, (uint8_t[32]){1}));
    add("Bob", 2);
    expect("+Bob ");
    assert_true(people_list_signed(&list, (uint8_t[32]){1}, "Ann", (uint8_t[32]){1, 1}));
    assert_false(people_list_signed(&list, (uint8_t[32]){1}, "Anne", (uint8_t[32]){1, 1}));
    assert_false(people_list_signed(&list, (uint8_t[32]){1}, "Ann", (uint8_t[32]){1, 2}));
    assert_false(people_list_signed(&list, (uint8_t[32]){3}, "Ann", (uint8_t[32]){1, 1}));
}

static void two_who_look_the_same(void **state)
{
    (void)state;
    add("Ann", 1);
    add("aNN", 2);
    add("A\xe2\x80\x8bnn", 3); // an invisible blank in it
    add("Anna", 4);
    expect("+Ann +Anna ");
    people_list_trust(&list, people_list_find(&list, (uint8_t[32]){2}), CALL_TRUST_CHANGED); // known to be another
    expect("+aNN? ");
    people_list_trust(&list, people_list_find(&list, (uint8_t[32]){3}), CALL_TRUST_VERIFIED);
    expect("+A\xe2\x80\x8bnn! ");
    people_list_trust(&list, people_list_find(&list, (uint8_t[32]){3}), CALL_TRUST_NEW);
    people_list_remove(&list, (uint8_t[32]){1}); // now there is nobody else
    expect("-Ann +A\xe2\x80\x8bnn ");
    add("Ann", 1); // who comes back is the later one
    expect("");
}

static void nobody_is_called_as_oneself(void **state)
{
    (void)state;
    add("me ", 1);
    expect("");
    put("Me", 2, CALL_TRUST_VERIFIED, CALL_PERSON_FREE);
    expect("+Me! ");
}

static void full_list_takes_no_newcomers(void **state)
{
    (void)state;
    char name[16];
    struct call_person p = {.trust = CALL_TRUST_NEW};
    uint8_t key[32] = {0};
    for (unsigned i = 0; i <= CALL_PEOPLE_MAX; i++) {
        snprintf(name, sizeof name, "n%u", i);
        snprintf(p.name, sizeof p.name, "%s", name);
        memcpy(p.identity, &i, sizeof i);
        assert_int_equal(people_list_put(&list, &p, key), i < CALL_PEOPLE_MAX);
    }
    people_list_settle(&list, tell, NULL);
    p.state = CALL_PERSON_AWAY;
    p.identity[0] = p.identity[1] = 0;
    snprintf(p.name, sizeof p.name, "n0");
    assert_true(people_list_put(&list, &p, key)); // who is in it stays up to date
    people_list_remove(&list, p.identity);
    expect("-n0 ");
    assert_true(add("late", 200)); // in the place of who has gone
    expect("+late ");
    people_list_begin(&list);
    assert_true(add("later", 201));
    expect("+later ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(changes_are_told_once, setup, teardown),
        cmocka_unit_test_setup_teardown(list_that_is_told_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(two_who_look_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_is_called_as_oneself, setup, teardown),
        cmocka_unit_test_setup_teardown(full_list_takes_no_newcomers, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
