// Who passes the lobby because a host's box has paired him: with the room's token and a proof, and not the lock.
#include "control_pair.h"

static void order(uint32_t conn, enum control_type type, bool on)
{
    struct control c = {.type = type, .order.on = on};
    crig_say(rig, conn, &c);
}

static void door_of_ann(void **state)
{
    (void)state;
    pair_up();
    order(ann, CONTROL_LOBBY, true);
    crig_clear(rig);
}

// What the host's client says; NULL = nobody any more.
static void pass(uint32_t conn, const char *whom)
{
    struct control c = {.type = CONTROL_PASS};
    uint8_t identity[32], secret[64], hash[32], token[32] = {'t'};
    keys_admit_hash(hash, token);
    if (whom) {
        crig_identity(whom, identity, secret);
        keys_pass(c.pass.hashes[c.pass.count++], hash, identity);
    }
    crig_say(rig, conn, &c);
}

// Somebody who says he is `name`, and proves to be `prover` (NULL = nobody) on the connection `on` (0 = his own).
static uint32_t comes(const char *name, char token, const char *prover, uint32_t on)
{
    struct control c = {.type = CONTROL_JOIN, .request = 2, .join.code = room.room.code};
    uint8_t public_key[32], secret[64], hash[32];
    uint32_t conn = crig_hello(rig, name);
    c.join.has_token = token != 0;
    c.join.token[0] = (uint8_t)token;
    crig_sign(name, c.join.key, c.join.signature);
    if (prover) {
        crig_identity(prover, public_key, secret);
        keys_admit_hash(hash, c.join.token);
        c.join.has_proof = true;
        descriptor_prove(c.join.proof, rig->logic->conn[on ? on : conn].challenge, hash, secret);
    }
    crig_say(rig, conn, &c);
    return conn;
}

static bool is_in(uint32_t conn)
{
    return rig->logic->conn[conn].member != NULL;
}

static bool waits(uint32_t conn)
{
    return !is_in(conn) && rig->logic->conn[conn].knock;
}

static void who_is_named_and_proves_it_passes_the_lobby(void **state)
{
    door_of_ann(state);
    pass(ann, "Cat");
    uint32_t epoch = rig->logic->conn[ann].room->epoch;
    assert_true(waits(comes("Eve", 't', "Eve", 0)));
    assert_true(waits(comes("Cat", 't', NULL, 0)));    // says so, and proves nothing
    assert_true(waits(comes("Cat", 't', "Eve", 0)));   // or that he is another
    assert_true(waits(comes("Cat", 't', "Cat", bob))); // or what he has from another connection
    assert_true(waits(comes("Cat", 0, NULL, 0)));      // or has the number alone
    uint32_t cat = comes("Cat", 't', "Cat", 0);
    assert_true(is_in(cat));
    assert_int_equal(rig->logic->conn[cat].member->role, ROOM_GUEST);
    assert_int_equal(rig->logic->conn[ann].room->epoch, epoch);
}

static void it_outlasts_the_host_and_ends_when_he_says_so(void **state)
{
    door_of_ann(state);
    pass(ann, "Cat");
    pass(ann, NULL);
    assert_true(waits(comes("Cat", 't', "Cat", 0)));
    pass(ann, "Dan");
    struct control leave = {.type = CONTROL_LEAVE};
    crig_say(rig, ann, &leave);
    assert_int_equal(rig->logic->conn[bob].member->role, ROOM_HOST); // for want of one
    assert_true(is_in(comes("Dan", 't', "Dan", 0)));
    pass(bob, NULL);
    assert_true(waits(comes("Dan", 't', "Dan", 0)));
}

static void the_lock_is_for_them_too(void **state)
{
    door_of_ann(state);
    pass(ann, "Cat");
    order(ann, CONTROL_LOCK, true);
    uint32_t cat = comes("Cat", 't', "Cat", 0), eve = comes("Eve", 't', "Eve", 0);
    assert_true(waits(cat) && waits(eve));
    order(ann, CONTROL_LOCK, false); // the lobby stays
    assert_true(is_in(cat) && waits(eve));
}

static void who_waits_and_is_named_is_in(void **state)
{
    door_of_ann(state);
    uint32_t cat = comes("Cat", 't', "Cat", 0), liar = comes("Cat", 't', "Eve", 0), code = comes("Cat", 0, NULL, 0);
    assert_true(waits(cat) && waits(liar) && waits(code));
    pass(ann, "Cat");
    assert_true(is_in(cat) && waits(liar) && waits(code));
    assert_true(crig_heard(rig, cat, CONTROL_ROOM, &x));
    assert_int_equal(x.request, 2);
    control_free(&x);
    assert_int_equal(crig_count(rig, ann, CONTROL_KNOCK_GONE), 1);
}

static void only_hosts_name_them(void **state)
{
    door_of_ann(state);
    pass(bob, "Cat");
    error_is(bob, CONTROL_ERROR_NOT_ALLOWED);
    uint32_t out = crig_hello(rig, "Out");
    pass(out, "Cat");
    error_is(out, CONTROL_ERROR_NOT_ALLOWED);
    assert_true(waits(comes("Cat", 't', "Cat", 0)));
    assert_int_equal(rig->logic->conn[ann].room->pass_count, 0);
}

static void the_next_room_knows_nothing_of_it(void **state)
{
    door_of_ann(state);
    pass(ann, "Cat");
    const struct room *before = rig->logic->conn[ann].room;
    order(ann, CONTROL_END, false);
    control_free(&room);
    crig_create(rig, ann, &room);
    assert_ptr_equal(rig->logic->conn[ann].room, before); // in the same place
    order(ann, CONTROL_LOBBY, true);
    assert_true(waits(comes("Cat", 't', "Cat", 0)));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start, end)
    const struct CMUnitTest tests[] = {
        T(who_is_named_and_proves_it_passes_the_lobby),
        T(it_outlasts_the_host_and_ends_when_he_says_so),
        T(the_lock_is_for_them_too),
        T(who_waits_and_is_named_is_in),
        T(only_hosts_name_them),
        T(the_next_room_knows_nothing_of_it),
    };
    return cmocka_run_group_tests_name("control_pass", tests, NULL, NULL);
}
