// The ticket key is lost: rooms come back from the descriptors their members bring. And: draining.
#include "control_pair.h"

static struct control newest; // CONTROL_DESCRIPTOR

static void order(uint32_t conn, enum control_type type, uint16_t id, bool on)
{
    struct control c = {.type = type, .order.id = id, .order.on = on};
    crig_say(rig, conn, &c);
}

// The room as the relay last said it to this connection.
static struct descriptor described(uint32_t conn)
{
    struct descriptor d = {.room = room.room.room, .code = room.room.code};
    uint8_t token[32] = {'t'}, secret[64];
    assert_true(crig_heard(rig, conn, CONTROL_ROOM_STATE, &x));
    d.epoch = x.state.epoch;
    d.created = x.state.created;
    d.lobby = x.state.lobby;
    d.locked = x.state.locked;
    d.host_count = (unsigned)x.state.host_key_count;
    memcpy(d.hosts, x.state.host_keys, sizeof d.hosts);
    control_free(&x);
    keys_admit_hash(d.admit_hash, token);
    crig_identity("Ann", d.creator, secret);
    return d;
}

static struct control signed_by(const char *name, struct descriptor d)
{
    struct control c = {.type = CONTROL_DESCRIPTOR};
    uint8_t secret[64];
    crig_identity(name, d.creator, secret);
    c.descriptor.size = descriptor_sign(&d, secret, (const uint8_t[16]){1}, c.descriptor.bytes);
    return c;
}

static void describe_room(void)
{
    newest = signed_by("Ann", described(ann));
    crig_say(rig, ann, &newest);
}

static void two(void)
{
    pair_up();
    describe_room();
}

static uint32_t come_back(const char *name, const struct control *with, bool prove)
{
    struct control c = {.type = CONTROL_JOIN, .request = 5, .join.code = room.room.code, .join.has_token = true};
    uint8_t public_key[32], secret[64], hash[32];
    uint32_t conn = crig_hello(rig, name);
    c.join.token[0] = 't';
    memset(c.join.key, name[0], 32);
    crig_sign(name, c.join.key, c.join.signature);
    if (with) {
        memcpy(c.join.descriptor, with->descriptor.bytes, with->descriptor.size);
        c.join.descriptor_size = with->descriptor.size;
    }
    if (prove) {
        crig_identity(name, public_key, secret);
        keys_admit_hash(hash, c.join.token);
        c.join.has_proof = true;
        descriptor_prove(c.join.proof, rig->logic->conn[conn].challenge, hash, secret);
    }
    crig_say(rig, conn, &c);
    return conn;
}

static void lose_the_key(void)
{
    rig->key++;
    crig_boot(rig, false);
}

static bool is_in(uint32_t conn)
{
    return rig->logic->conn[conn].member != NULL;
}

static bool is_host(uint32_t conn)
{
    return is_in(conn) && rig->logic->conn[conn].member->role == ROOM_HOST;
}

static const struct room *room_of(uint32_t conn)
{
    return rig->logic->conn[conn].room;
}

static void the_creator_describes_the_room_as_it_is(void **state)
{
    (void)state;
    two();
    assert_int_equal(crig_count(rig, bob, CONTROL_DESCRIPTOR), 1);
    assert_int_equal(crig_count(rig, ann, CONTROL_DESCRIPTOR), 1);
    crig_say(rig, ann, &newest); // nothing new
    assert_int_equal(crig_count(rig, bob, CONTROL_DESCRIPTOR), 1);
    struct descriptor d = described(ann);
    struct control c = signed_by("Bob", d);
    crig_say(rig, bob, &c);
    error_is(bob, CONTROL_ERROR_NOT_ALLOWED);
    c = newest;
    c.descriptor.bytes[20] ^= 1;
    crig_say(rig, ann, &c);
    error_is(ann, CONTROL_ERROR_BAD_MESSAGE);
    for (unsigned i = 0; i < 4; i++) {
        d = described(ann);
        d.epoch += i == 0;
        d.locked = i == 1;
        d.host_count -= i == 2;
        d.room += i == 3;
        c = signed_by("Ann", d);
        crig_say(rig, ann, &c);
        error_is(ann, CONTROL_ERROR_NOT_NOW);
    }
    assert_int_equal(crig_count(rig, bob, CONTROL_DESCRIPTOR), 1);
    uint32_t late = crig_hello(rig, "Cat");
    assert_true(crig_join(rig, late, room.room.code, 't', &x));
    control_free(&x);
    assert_true(crig_heard(rig, late, CONTROL_DESCRIPTOR, &x)); // newcomers get the one there is
    assert_memory_equal(x.descriptor.bytes, newest.descriptor.bytes, newest.descriptor.size);
    control_free(&x);
    uint32_t out = crig_hello(rig, "Out");
    crig_say(rig, out, &newest);
    error_is(out, CONTROL_ERROR_NOT_NOW);
}

static void a_lost_key_costs_nobody_his_room(void **state)
{
    (void)state;
    two();
    order(ann, CONTROL_LOBBY, 0, true);
    order(ann, CONTROL_LOCK, 0, true);
    describe_room();
    lose_the_key();
    uint32_t plain = come_back("Bob", NULL, false);
    error_is(plain, CONTROL_ERROR_NO_ROOM); // nobody has brought it back yet
    bob = come_back("Bob", &newest, true);
    assert_true(is_in(bob));
    assert_false(is_host(bob));
    const struct room *r = room_of(bob);
    assert_int_equal(r->id, room.room.room);
    assert_int_equal(r->code, room.room.code);
    assert_int_equal(r->epoch, room.room.epoch + 2);
    assert_true(r->lobby && r->locked && r->rebuilt);
    rig->now += 1000000;
    control_logic_tick(rig->logic, rig->now, rig->wall_s);
    assert_false(is_host(bob)); // the host gets his time
    uint32_t liar = come_back("Ann", NULL, false);
    assert_false(is_in(liar));
    ann = come_back("Ann", &newest, true);
    assert_true(is_host(ann));
    assert_true(is_in(come_back("Cat", &newest, false))); // who has it was in
    uint32_t eve = come_back("Eve", NULL, true);          // who has not knocks
    assert_false(is_in(eve));
    assert_int_equal(crig_count(rig, eve, CONTROL_WAITING), 1);
    order(ann, CONTROL_LOCK, 0, false);
    error_is(ann, CONTROL_ERROR_NOT_NOW);
    rig->now += 30000000;
    assert_false(is_in(come_back("Dan", &newest, false))); // half a minute later nobody comes back any more
    order(ann, CONTROL_LOCK, 0, false);
    assert_int_equal(room_of(ann)->epoch, room.room.epoch + 3);
}

static void a_newer_descriptor_wins(void **state)
{
    (void)state;
    two();
    struct control old = newest;
    order(ann, CONTROL_LOCK, 0, true);
    order(ann, CONTROL_KICK, mine.room.self, false);
    describe_room();
    lose_the_key();
    bob = come_back("Bob", &old, true); // the kicked one is the first
    assert_true(is_in(bob));
    ann = come_back("Ann", &newest, true);
    assert_true(is_host(ann));
    assert_true(room_of(ann)->locked);
    assert_false(is_in(bob)); // and loses his place
    assert_true(crig_heard(rig, bob, CONTROL_LEFT, &x));
    control_free(&x);
    uint32_t again = come_back("Bob", &old, true);
    assert_false(is_in(again));
    assert_int_equal(crig_count(rig, again, CONTROL_WAITING), 1);
    assert_int_equal(rig->logic->rooms.members, 1);
    bool told = false;
    for (unsigned i = 0; i < rig->command_count; i++)
        told |= rig->command[i].type == CORE_EPOCH && rig->command[i].epoch == room_of(ann)->epoch;
    assert_true(told);
}

static void forgeries_bring_nothing_back(void **state)
{
    (void)state;
    two();
    struct descriptor d = described(ann);
    struct control c;
    lose_the_key();
    c = newest;
    c.descriptor.bytes[c.descriptor.size - 1] ^= 1;
    error_is(come_back("Eve", &c, true), CONTROL_ERROR_NO_ROOM);
    d.admit_hash[0] ^= 1; // of a room whose invite she has not
    c = signed_by("Eve", d);
    error_is(come_back("Eve", &c, true), CONTROL_ERROR_NO_ROOM);
    d.admit_hash[0] ^= 1;
    d.code = (d.code + 1) % ROOM_CODES; // of another number
    c = signed_by("Eve", d);
    error_is(come_back("Eve", &c, true), CONTROL_ERROR_NO_ROOM);
    assert_int_equal(rig->logic->rooms.count, 0);
    bob = come_back("Bob", &newest, true);
    assert_true(is_in(bob));
    d = described(bob);
    d.epoch += 5; // who holds the invite signs his own: the first one stands
    c = signed_by("Eve", d);
    uint32_t eve = come_back("Eve", &c, true);
    assert_true(is_in(eve) && !is_host(eve));
    assert_int_equal(room_of(eve)->epoch, room.room.epoch);
}

static void while_tickets_are_good_descriptors_wait(void **state)
{
    (void)state;
    two();
    crig_boot(rig, true);
    error_is(come_back("Eve", &newest, true), CONTROL_ERROR_NOT_NOW);
    assert_int_equal(rig->logic->rooms.count, 0);
    struct control c;
    uint32_t again = crig_open(rig);
    crig_hello_message(&c, "Bob");
    memcpy(c.hello.ticket, mine.room.ticket, mine.room.ticket_size);
    c.hello.ticket_size = mine.room.ticket_size;
    crig_say(rig, again, &c);
    assert_true(is_in(again));
    assert_true(is_in(come_back("Cat", NULL, false)));        // the right token for a room that is there: at once
    struct control lone = signed_by("Bob", described(again)); // who made it is not known any more: a host says
    crig_say(rig, again, &lone);
    error_is(again, CONTROL_ERROR_NOT_ALLOWED);
    ann = crig_open(rig);
    crig_hello_message(&c, "Ann");
    memcpy(c.hello.ticket, room.room.ticket, room.room.ticket_size);
    c.hello.ticket_size = room.room.ticket_size;
    crig_say(rig, ann, &c);
    crig_clear(rig);
    rig->now += 31000000;
    order(ann, CONTROL_LOCK, 0, true);
    describe_room();
    assert_int_equal(crig_count(rig, again, CONTROL_DESCRIPTOR), 1);
}

static void an_id_that_is_taken_is_given_anew(void **state)
{
    (void)state;
    two();
    lose_the_key();
    struct rooms *all = &rig->logic->rooms;
    static const uint8_t hash[32] = {1};
    struct room *r = room_create(all, hash, crig_random, rig);
    room_add(all, r, ROOM_HOST, crig_random, rig);
    r->id = room.room.room;
    r->code = (room.room.code + 1) % ROOM_CODES;
    bob = come_back("Bob", &newest, true);
    assert_true(is_in(bob));
    assert_int_not_equal(room_of(bob)->id, room.room.room);
    assert_int_equal(room_of(bob)->code, room.room.code);
    assert_true(is_host(come_back("Ann", &newest, true)));
}

static void a_draining_relay_takes_nobody_new(void **state)
{
    (void)state;
    two();
    uint32_t cat = crig_hello(rig, "Cat"), quiet = crig_open(rig);
    control_logic_drain(rig->logic);
    assert_int_equal(crig_count(rig, ann, CONTROL_DRAINING), 1);
    assert_int_equal(crig_count(rig, cat, CONTROL_DRAINING), 1);
    assert_int_equal(crig_count(rig, quiet, CONTROL_DRAINING), 0);
    assert_false(crig_join(rig, cat, room.room.code, 't', &x));
    error_is(cat, CONTROL_ERROR_DRAINING);
    crig_clear(rig);
    crig_create(rig, cat, &x);
    error_is(cat, CONTROL_ERROR_DRAINING);
    struct control box = {.type = CONTROL_BOX, .box.boxes = {{0, "AAAA"}}, .box.count = 1};
    crig_say(rig, ann, &box); // who is in goes on
    assert_int_equal(crig_count(rig, bob, CONTROL_BOX), 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start, end)
    const struct CMUnitTest tests[] = {
        T(the_creator_describes_the_room_as_it_is),
        T(a_lost_key_costs_nobody_his_room),
        T(a_newer_descriptor_wins),
        T(forgeries_bring_nothing_back),
        T(while_tickets_are_good_descriptors_wait),
        T(an_id_that_is_taken_is_given_anew),
        T(a_draining_relay_takes_nobody_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
