// Hosts: the lobby, the lock, knocking, kicking, roles, the epoch, and rooms that come back from tickets and
// descriptors.
#include "control_pair.h"

#include "shared/ctrl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void two(void)
{
    pair_up();
    crig_clear(rig);
}

static void order(uint32_t conn, enum control_type type, uint16_t id, bool on)
{
    struct control c = {.type = type, .order.id = id, .order.on = on};
    crig_say(rig, conn, &c);
}

static struct control state_of(uint32_t conn)
{
    assert_true(crig_heard(rig, conn, CONTROL_ROOM_STATE, &x));
    struct control found = x;
    control_free(&x);
    return found;
}

static uint32_t knock_of(uint32_t host)
{
    assert_true(crig_heard(rig, host, CONTROL_KNOCK, &x));
    uint32_t id = x.knock.id;
    control_free(&x);
    return id;
}

static void answer(uint32_t host, enum control_type type, uint32_t knock)
{
    struct control c = {.type = type, .knock.id = knock};
    crig_say(rig, host, &c);
}

static bool is_in(uint32_t conn)
{
    return rig->logic->conn[conn].member != NULL;
}

// What a stranger may hear of a room: nothing.
static void heard_nothing_of_a_room(uint32_t conn)
{
    static const enum control_type inner[] = {CONTROL_ROOM,   CONTROL_JOINED,     CONTROL_AWAY,       CONTROL_BOX,
                                              CONTROL_TICKET, CONTROL_ROOM_STATE, CONTROL_DESCRIPTOR, CONTROL_LEFT};
    for (unsigned i = 0; i < ARRAY_LEN(inner); i++)
        assert_int_equal(crig_count(rig, conn, inner[i]), 0);
}

static struct ticket ticket_of(const struct control *m)
{
    struct ticket t;
    uint8_t key[32];
    memset(key, rig->key, sizeof key);
    assert_true(m->type == CONTROL_ROOM ? ticket_open(&t, key, m->room.ticket, m->room.ticket_size, rig->wall_s)
                                        : ticket_open(&t, key, m->ticket.ticket, m->ticket.ticket_size, rig->wall_s));
    return t;
}

static void resume(uint32_t conn, const char *name, const uint8_t *ticket, size_t size)
{
    struct control c;
    crig_hello_message(&c, name);
    c.hello.has_key = true;
    memset(c.hello.key, 0x33, 32);
    crig_sign(name, c.hello.key, c.hello.signature);
    memcpy(c.hello.ticket, ticket, size);
    c.hello.ticket_size = size;
    crig_say(rig, conn, &c);
}

// ---- the door ----

static void a_code_alone_only_knocks(void **state)
{
    (void)state;
    two();
    uint32_t eve = crig_hello(rig, "Eve");
    assert_false(crig_join(rig, eve, room.room.code, 0, &x));
    assert_int_equal(crig_count(rig, eve, CONTROL_WAITING), 1);
    heard_nothing_of_a_room(eve);
    assert_int_equal(crig_count(rig, bob, CONTROL_KNOCK), 0); // no host
    assert_true(crig_heard(rig, ann, CONTROL_KNOCK, &x));
    assert_string_equal(x.knock.name, "Eve");
    assert_true(statement_signed(x.knock.signature, x.knock.name, x.knock.identity, x.knock.key));
    control_free(&x);
    struct control box = {.type = CONTROL_BOX, .box.boxes = {{0, "AAAA"}}, .box.count = 1};
    crig_say(rig, ann, &box);
    crig_say(rig, eve, &box);
    error_is(eve, CONTROL_ERROR_NOT_NOW);
    heard_nothing_of_a_room(eve);
    answer(bob, CONTROL_ADMIT, knock_of(ann));
    error_is(bob, CONTROL_ERROR_NOT_ALLOWED);
    assert_false(is_in(eve));
    answer(ann, CONTROL_ADMIT, knock_of(ann));
    assert_true(is_in(eve));
    assert_true(crig_heard(rig, eve, CONTROL_ROOM, &x));
    assert_int_equal(x.request, 2);
    assert_int_equal(ticket_of(&x).role, ROOM_GUEST);
    control_free(&x);
    assert_int_equal(crig_count(rig, ann, CONTROL_KNOCK_GONE), 1);
    assert_true(crig_heard(rig, bob, CONTROL_JOINED, &x));
    is_signed(&x.joined);
    control_free(&x);
}

static void the_denied_stay_out(void **state)
{
    (void)state;
    two();
    uint32_t eve = crig_hello(rig, "Eve");
    crig_join(rig, eve, room.room.code, 0, &x);
    answer(ann, CONTROL_DENY, knock_of(ann));
    error_is(eve, CONTROL_ERROR_DENIED);
    assert_false(is_in(eve));
    answer(ann, CONTROL_ADMIT, knock_of(ann)); // too late
    error_is(ann, CONTROL_ERROR_NOT_NOW);
    assert_false(is_in(eve));
    crig_clear(rig);
    crig_join(rig, eve, room.room.code, 0, &x); // he may ask again
    assert_int_equal(crig_count(rig, eve, CONTROL_WAITING), 1);
}

static void behind_a_lobby_or_a_lock_the_invited_knock_too(void **state)
{
    (void)state;
    static const enum control_type doors[] = {CONTROL_LOBBY, CONTROL_LOCK};
    two();
    for (unsigned i = 0; i < ARRAY_LEN(doors); i++) {
        order(ann, doors[i], 0, true);
        assert_true(i ? state_of(bob).state.locked : state_of(bob).state.lobby);
        uint32_t eve = crig_hello(rig, "Eve"), code = crig_hello(rig, "Code");
        assert_false(crig_join(rig, eve, room.room.code, 't', &x));
        assert_false(crig_join(rig, code, room.room.code, 0, &x));
        assert_int_equal(crig_count(rig, eve, CONTROL_WAITING), 1);
        order(ann, doors[i], 0, false); // open again: the invited are in, the others wait on
        assert_true(is_in(eve));
        assert_false(is_in(code));
        control_logic_closed(rig->logic, code, rig->now);
        crig_clear(rig);
    }
}

static void a_room_may_begin_with_its_lobby(void **state)
{
    (void)state;
    struct control c = {.type = CONTROL_CREATE, .create.lobby = true};
    uint8_t token[32] = {'t'};
    ann = crig_hello(rig, "Ann");
    keys_admit_hash(c.create.admit_hash, token);
    crig_say(rig, ann, &c);
    assert_true(crig_heard(rig, ann, CONTROL_ROOM, &room));
    assert_true(state_of(ann).state.lobby);
    assert_int_equal(ticket_of(&room).flags, TICKET_LOBBY | TICKET_WITH_LINK);
    bob = crig_hello(rig, "Bob");
    assert_false(crig_join(rig, bob, room.room.code, 't', &x));
}

static void knocks_are_bounded_and_end(void **state)
{
    (void)state;
    uint32_t k[ROOM_WAITING + 1];
    two();
    for (unsigned i = 0; i <= ROOM_WAITING; i++) {
        k[i] = crig_hello(rig, "Eve");
        crig_join(rig, k[i], room.room.code, 0, &x);
    }
    error_is(k[ROOM_WAITING], CONTROL_ERROR_FULL);
    assert_int_equal(crig_count(rig, ann, CONTROL_KNOCK), ROOM_WAITING);
    control_logic_closed(rig->logic, k[0], rig->now); // who goes away is gone
    assert_int_equal(crig_count(rig, ann, CONTROL_KNOCK_GONE), 1);
    struct control leave = {.type = CONTROL_LEAVE};
    crig_say(rig, k[1], &leave);
    assert_int_equal(crig_count(rig, ann, CONTROL_KNOCK_GONE), 2);
    crig_clear(rig);
    crig_join(rig, k[ROOM_WAITING], room.room.code, 0, &x);
    assert_int_equal(crig_count(rig, k[ROOM_WAITING], CONTROL_WAITING), 1);
    order(ann, CONTROL_END, 0, false); // the room goes: so do those in front of it
    error_is(k[2], CONTROL_ERROR_NO_ROOM);
    assert_int_equal(rig->logic->rooms.count, 0);
    for (unsigned i = 0; i <= ROOM_WAITING; i++)
        assert_int_equal(rig->logic->conn[k[i]].knock, 0);
}

static void a_host_who_comes_back_hears_who_waits(void **state)
{
    (void)state;
    two();
    uint32_t eve = crig_hello(rig, "Eve");
    control_logic_closed(rig->logic, ann, rig->now);
    crig_join(rig, eve, room.room.code, 0, &x);
    ann = crig_open(rig);
    resume(ann, "Ann", room.room.ticket, room.room.ticket_size);
    answer(ann, CONTROL_ADMIT, knock_of(ann));
    assert_true(is_in(eve));
}

// ---- orders ----

static void only_hosts_order(void **state)
{
    (void)state;
    two();
    for (enum control_type t = CONTROL_KICK; t <= CONTROL_END; t++) {
        order(bob, t, room.room.self, true);
        error_is(bob, CONTROL_ERROR_NOT_ALLOWED);
        crig_clear(rig);
    }
    uint32_t out = crig_hello(rig, "Out");
    order(out, CONTROL_END, 0, false);
    error_is(out, CONTROL_ERROR_NOT_ALLOWED);
    assert_true(is_in(ann) && is_in(bob));
    assert_int_equal(rig->command_count, 0);
}

static void each_change_is_a_new_epoch_for_all(void **state)
{
    (void)state;
    two();
    uint32_t epoch = room.room.epoch;
    static const struct {
        enum control_type type;
        bool on, changes;
    } table[] = {{CONTROL_LOCK, true, true},  {CONTROL_LOCK, true, false}, {CONTROL_LOBBY, true, true},
                 {CONTROL_LOCK, false, true}, {CONTROL_ROLE, true, true},  {CONTROL_ROLE, true, false},
                 {CONTROL_ROLE, false, true}};
    for (unsigned i = 0; i < ARRAY_LEN(table); i++) {
        crig_clear(rig);
        order(ann, table[i].type, mine.room.self, table[i].on);
        epoch += table[i].changes;
        assert_int_equal(rig->command_count, table[i].changes);
        if (!table[i].changes)
            continue;
        assert_int_equal(rig->command[0].type, CORE_EPOCH);
        assert_int_equal(rig->command[0].epoch, epoch);
        for (unsigned k = 0; k < 2; k++) {
            uint32_t conn = k ? bob : ann;
            assert_true(crig_heard(rig, conn, CONTROL_TICKET, &x));
            assert_int_equal(x.ticket.epoch, epoch);
            assert_int_equal(ticket_of(&x).epoch, epoch);
            assert_int_equal(ticket_of(&x).role, k ? table[i].type == CONTROL_ROLE && table[i].on : ROOM_HOST);
            control_free(&x);
            assert_int_equal(state_of(conn).state.epoch, epoch);
        }
    }
}

static void the_kicked_are_out_for_good(void **state)
{
    (void)state;
    two();
    order(ann, CONTROL_KICK, mine.room.self, false);
    assert_false(is_in(bob));
    assert_true(crig_heard(rig, bob, CONTROL_LEFT, &x));
    assert_int_equal(x.left.id, mine.room.self);
    assert_string_equal(x.left.reason, "kicked");
    control_free(&x);
    assert_int_equal(crig_count(rig, bob, CONTROL_TICKET), 0);
    assert_int_equal(rig->command[0].type, CORE_REMOVE);
    assert_int_equal(rig->command[0].bye, CTRL_BYE_KICKED);
    assert_false(rig->command[0].lost);
    assert_int_equal(rig->command[1].type, CORE_EPOCH);
    uint32_t again = crig_open(rig);
    resume(again, "Bob", mine.room.ticket, mine.room.ticket_size);
    error_is(again, CONTROL_ERROR_TICKET);
    order(ann, CONTROL_KICK, room.room.self, false); // not oneself
    error_is(ann, CONTROL_ERROR_NOT_NOW);
    order(ann, CONTROL_KICK, 9999, false);
    error_is(ann, CONTROL_ERROR_NOT_NOW);
}

static void an_ended_room_does_not_come_back(void **state)
{
    (void)state;
    two();
    order(ann, CONTROL_END, 0, false);
    for (unsigned i = 0; i < 2; i++) {
        assert_true(crig_heard(rig, i ? bob : ann, CONTROL_LEFT, &x));
        assert_int_equal(x.left.id, i ? mine.room.self : room.room.self);
        assert_string_equal(x.left.reason, "ended");
        control_free(&x);
        assert_int_equal(rig->command[i].bye, CTRL_BYE_ENDED);
    }
    assert_int_equal(rig->logic->rooms.count, 0);
    assert_int_equal(rig->logic->rooms.members, 0);
    struct core_event e = {.type = CORE_PROVED, .room = room.room.room, .rebuilt = true, .ticket = ticket_of(&mine)};
    e.ticket.join_id++; // somebody the relay has not met in this life
    e.ticket.sender = e.sender = 9;
    crig_clear(rig);
    control_logic_event(rig->logic, &e, rig->now);
    assert_int_equal(rig->logic->rooms.count, 0);
    assert_int_equal(rig->command[0].bye, CTRL_BYE_ENDED);
}

static void roles_are_handed_over(void **state)
{
    (void)state;
    two();
    order(ann, CONTROL_ROLE, room.room.self, false); // somebody must be host
    error_is(ann, CONTROL_ERROR_NOT_NOW);
    order(ann, CONTROL_ROLE, mine.room.self, true);
    assert_int_equal(state_of(bob).state.host_count, 2);
    assert_int_equal(state_of(bob).state.host_key_count, 2);
    order(bob, CONTROL_ROLE, room.room.self, false);
    assert_int_equal(state_of(ann).state.host_count, 1);
    assert_int_equal(state_of(ann).state.hosts[0], mine.room.self);
    crig_clear(rig);
    order(ann, CONTROL_LOCK, 0, true);
    error_is(ann, CONTROL_ERROR_NOT_ALLOWED);
}

static void a_room_is_never_without_a_host(void **state)
{
    (void)state;
    two();
    uint32_t eve = crig_hello(rig, "Eve");
    assert_true(crig_join(rig, eve, room.room.code, 't', &x));
    control_free(&x);
    struct control leave = {.type = CONTROL_LEAVE};
    crig_say(rig, ann, &leave);
    struct control s = state_of(eve);
    assert_int_equal(s.state.host_count, 1);
    assert_int_equal(s.state.hosts[0], mine.room.self); // here longest
    assert_int_equal(s.state.host_key_count, 1);        // who left on purpose is none any more
    assert_int_equal(s.state.epoch, room.room.epoch + 1);
    struct core_event e = {.type = CORE_LEFT, .room = room.room.room, .sender = mine.room.self};
    e.join_id = mine.room.join_id;
    e.reason = CORE_LEFT_LOST;
    control_logic_event(rig->logic, &e, rig->now);
    s = state_of(eve);
    assert_int_equal(s.state.host_count, 1);
    assert_int_not_equal(s.state.hosts[0], mine.room.self);
    assert_int_equal(s.state.host_key_count, 2); // who was lost comes back as what he was
}

static void prove(struct control *join, uint32_t conn, const char *name)
{
    uint8_t public_key[32], secret[64], hash[32];
    crig_identity(name, public_key, secret);
    keys_admit_hash(hash, join->join.token);
    join->join.has_proof = true;
    descriptor_prove(join->join.proof, rig->logic->conn[conn].challenge, hash, secret);
}

static bool is_host(uint32_t conn)
{
    return is_in(conn) && rig->logic->conn[conn].member->role == ROOM_HOST;
}

static void a_lost_host_is_known_by_its_key_not_by_its_name(void **state)
{
    (void)state;
    two();
    struct core_event e = {.type = CORE_LEFT, .room = room.room.room, .sender = room.room.self};
    e.join_id = room.room.join_id;
    e.reason = CORE_LEFT_LOST;
    control_logic_event(rig->logic, &e, rig->now);
    assert_true(is_host(bob));
    order(bob, CONTROL_LOCK, 0, true);
    struct control join = {.type = CONTROL_JOIN, .join.code = room.room.code, .join.has_token = true};
    join.join.token[0] = 't';
    uint32_t eve = crig_hello(rig, "Ann"); // says she is Ann
    crig_say(rig, eve, &join);
    assert_false(is_in(eve));
    uint32_t other = crig_hello(rig, "Ann");
    prove(&join, other, "Eve"); // and cannot prove it
    crig_say(rig, other, &join);
    assert_false(is_in(other));
    prove(&join, other, "Ann"); // the proof of another connection
    uint32_t third = crig_hello(rig, "Ann");
    crig_say(rig, third, &join);
    assert_false(is_in(third));
    prove(&join, ann, "Ann");
    crig_say(rig, ann, &join); // the lock does not keep a host out
    assert_true(is_host(ann) && is_host(bob));
}

// ---- restart with the ticket key ----

static void newest_ticket(uint32_t conn, struct control *out)
{
    assert_true(crig_heard(rig, conn, CONTROL_TICKET, out));
}

static void a_restart_brings_hosts_lobby_and_lock_back(void **state)
{
    (void)state;
    struct control a, b;
    two();
    order(ann, CONTROL_LOBBY, 0, true);
    order(ann, CONTROL_LOCK, 0, true);
    newest_ticket(ann, &a);
    newest_ticket(bob, &b);
    crig_boot(rig, true);
    bob = crig_open(rig);
    resume(bob, "Bob", b.ticket.ticket, b.ticket.ticket_size);
    struct control s = state_of(bob);
    assert_true(s.state.lobby && s.state.locked && s.state.host_count == 0);
    rig->now += 1000000;
    control_logic_tick(rig->logic, rig->now, rig->wall_s);
    assert_false(is_host(bob)); // the host gets his time
    uint32_t eve = crig_hello(rig, "Eve");
    assert_false(crig_join(rig, eve, room.room.code, 't', &x));
    ann = crig_open(rig);
    resume(ann, "Ann", a.ticket.ticket, a.ticket.ticket_size);
    assert_true(is_host(ann));
    assert_int_equal(state_of(bob).state.host_count, 1);
    assert_int_equal(crig_count(rig, ann, CONTROL_KNOCK), 1);
    for (enum control_type t = CONTROL_KICK; t <= CONTROL_ROLE; t++) { // 30 s nothing raises the epoch
        crig_clear(rig);
        order(ann, t, mine.room.self, false);
        error_is(ann, CONTROL_ERROR_NOT_NOW);
        assert_int_equal(rig->command_count, 0);
    }
    rig->now += 30000000;
    order(ann, CONTROL_LOCK, 0, false);
    assert_int_equal(state_of(bob).state.epoch, room.room.epoch + 3);
    control_free(&a);
    control_free(&b);
}

static void after_30_s_a_rebuilt_room_gets_its_host(void **state)
{
    (void)state;
    two();
    crig_boot(rig, true);
    bob = crig_open(rig);
    resume(bob, "Bob", mine.room.ticket, mine.room.ticket_size);
    rig->now += 29000000;
    control_logic_tick(rig->logic, rig->now, rig->wall_s);
    assert_false(is_host(bob));
    rig->now += 2000000;
    control_logic_tick(rig->logic, rig->now, rig->wall_s);
    assert_true(is_host(bob));
}

static void a_kicked_ones_ticket_does_not_come_back(void **state)
{
    (void)state;
    struct control a;
    two();
    order(ann, CONTROL_LOCK, 0, true);
    struct control old;
    newest_ticket(bob, &old);
    order(ann, CONTROL_KICK, mine.room.self, false);
    newest_ticket(ann, &a);
    crig_boot(rig, true); // the others first: he is not taken
    ann = crig_open(rig);
    resume(ann, "Ann", a.ticket.ticket, a.ticket.ticket_size);
    bob = crig_open(rig);
    resume(bob, "Bob", old.ticket.ticket, old.ticket.ticket_size);
    error_is(bob, CONTROL_ERROR_TICKET);
    assert_false(is_in(bob));

    for (unsigned by_udp = 0; by_udp < 2; by_udp++) {
        crig_boot(rig, true); // he first: his place is lost when a higher epoch comes
        bob = crig_open(rig);
        resume(bob, "Bob", old.ticket.ticket, old.ticket.ticket_size);
        assert_true(is_in(bob));
        crig_clear(rig);
        if (by_udp) {
            struct core_event e = {.type = CORE_PROVED, .room = room.room.room, .rebuilt = true};
            e.ticket = ticket_of(&a);
            e.sender = e.ticket.sender;
            e.join_id = e.ticket.join_id;
            control_logic_event(rig->logic, &e, rig->now);
        } else {
            ann = crig_open(rig);
            resume(ann, "Ann", a.ticket.ticket, a.ticket.ticket_size);
        }
        assert_false(is_in(bob));
        bool told = false, removed = false;
        for (unsigned i = 0; i < rig->command_count; i++) {
            told |= rig->command[i].type == CORE_EPOCH && rig->command[i].epoch == a.ticket.epoch;
            removed |= rig->command[i].type == CORE_REMOVE && rig->command[i].join_id == mine.room.join_id &&
                       rig->command[i].lost;
        }
        assert_true(told && removed);
        assert_true(crig_heard(rig, bob, CONTROL_LEFT, &x)); // he may join anew, but the door is locked
        control_free(&x);
        assert_false(crig_join(rig, bob, room.room.code, 't', &x));
        assert_int_equal(crig_count(rig, bob, CONTROL_WAITING), 1);
        assert_int_equal(rig->logic->rooms.members, 1);
    }
    control_free(&a);
    control_free(&old);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start, end)
    const struct CMUnitTest tests[] = {
        T(a_code_alone_only_knocks),
        T(the_denied_stay_out),
        T(behind_a_lobby_or_a_lock_the_invited_knock_too),
        T(a_room_may_begin_with_its_lobby),
        T(knocks_are_bounded_and_end),
        T(a_host_who_comes_back_hears_who_waits),
        T(only_hosts_order),
        T(each_change_is_a_new_epoch_for_all),
        T(the_kicked_are_out_for_good),
        T(an_ended_room_does_not_come_back),
        T(roles_are_handed_over),
        T(a_room_is_never_without_a_host),
        T(a_lost_host_is_known_by_its_key_not_by_its_name),
        T(a_restart_brings_hosts_lobby_and_lock_back),
        T(after_30_s_a_rebuilt_room_gets_its_host),
        T(a_kicked_ones_ticket_does_not_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
