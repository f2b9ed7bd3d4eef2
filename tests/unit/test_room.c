// Rooms and the control plane: who gets in, who hears what, tickets, restart.
#include "control_pair.h"

static void resume(uint32_t conn, const char *name, const struct control *from)
{
    struct control c;
    crig_hello_message(&c, name);
    c.hello.has_key = true;
    memset(c.hello.key, 0x33, 32);
    crig_sign(name, c.hello.key, c.hello.signature);
    memcpy(c.hello.ticket, from->room.ticket, from->room.ticket_size);
    c.hello.ticket_size = from->room.ticket_size;
    crig_say(rig, conn, &c);
}

static struct core_event event_of(enum core_event_type type, const struct control *r)
{
    return (struct core_event){.type = type, .room = r->room.room, .sender = r->room.self, .join_id = r->room.join_id};
}

static void create_gives_a_room(void **state)
{
    (void)state;
    ann = crig_hello(rig, "Ann");
    assert_int_equal(crig_count(rig, ann, CONTROL_WELCOME), 1);
    crig_create(rig, ann, &room);
    assert_int_equal(room.request, 1);
    assert_int_not_equal(room.room.room, 0);
    assert_int_not_equal(room.room.self, 0);
    assert_in_range(room.room.code, 0, 999999);
    assert_int_equal(room.room.media_port, 5001);
    assert_false(room.room.resumed);
    assert_int_equal(rig->command_count, 1);
    assert_int_equal(rig->command[0].type, CORE_ADD);
    assert_memory_equal(rig->command[0].hop_key, room.room.hop_key, 32);
    struct ticket t;
    uint8_t key[32];
    memset(key, 7, sizeof key);
    assert_true(ticket_open(&t, key, room.room.ticket, room.room.ticket_size, rig->wall_s + 3500));
    assert_int_equal(t.code, room.room.code);
    assert_int_equal(t.role, ROOM_HOST);
    assert_string_equal(t.name, "Ann");
}

static void join_needs_the_right_token(void **state)
{
    (void)state;
    pair_up();
    assert_int_equal(mine.room.member_count, 1);
    assert_string_equal(mine.room.members[0].name, "Ann");
    assert_int_equal(mine.room.members[0].key[0], 0x11);
    is_signed(&mine.room.members[0]);
    assert_true(crig_heard(rig, ann, CONTROL_JOINED, &x));
    assert_string_equal(x.joined.name, "Bob");
    is_signed(&x.joined);
    control_free(&x);
    uint32_t eve = crig_hello(rig, "Eve");
    assert_false(crig_join(rig, eve, room.room.code, 'u', &x));
    error_is(eve, CONTROL_ERROR_NO_ROOM);
    assert_false(crig_join(rig, eve, (room.room.code + 1) % 1000000, 't', &x));
    error_is(eve, CONTROL_ERROR_NO_ROOM);
    assert_int_equal(crig_count(rig, ann, CONTROL_JOINED), 1);
}

static void wrong_and_absent_answer_alike(void **state)
{
    (void)state;
    pair_up();
    uint32_t eve = crig_hello(rig, "Eve");
    crig_clear(rig);
    crig_join(rig, eve, room.room.code, 'u', &x);
    crig_join(rig, eve, (room.room.code + 1) % 1000000, 'u', &x);
    assert_int_equal(rig->out_count, 2);
    assert_string_equal(rig->out[0].text, rig->out[1].text);
}

static void guessing_is_stopped_but_the_right_token_is_not(void **state)
{
    (void)state;
    pair_up();
    uint32_t eve = crig_hello(rig, "Eve");
    for (unsigned i = 0; i < WIRE_WRONG_CODES + 3; i++)
        crig_join(rig, eve, (room.room.code + 1 + i) % 1000000, 0, &x);
    error_is(eve, CONTROL_ERROR_BUSY);
    crig_clear(rig);
    crig_join(rig, eve, room.room.code, 0, &x);
    error_is(eve, CONTROL_ERROR_BUSY); // tells nothing about the code either
    assert_true(crig_join(rig, eve, room.room.code, 't', &x));
    control_free(&x);
}

static void hello_comes_first_and_once(void **state)
{
    (void)state;
    uint32_t k = crig_open(rig);
    struct control c = {.type = CONTROL_LEAVE};
    crig_say(rig, k, &c);
    error_is(k, CONTROL_ERROR_NOT_NOW);
    assert_true(rig->closed[k]);
    ann = crig_hello(rig, "Ann");
    crig_hello_message(&c, "Ann");
    crig_say(rig, ann, &c);
    error_is(ann, CONTROL_ERROR_NOT_NOW);
    assert_false(rig->closed[ann]);
}

static void another_major_version_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"2.0", "10.0", "", "0.9"};
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        struct control c;
        uint32_t k = crig_open(rig);
        crig_hello_message(&c, "Ann");
        snprintf(c.hello.version, sizeof c.hello.version, "%s", bad[i]);
        crig_say(rig, k, &c);
        assert_int_equal(crig_count(rig, k, CONTROL_WELCOME), 0);
        assert_true(rig->closed[k]);
    }
    struct control c;
    uint32_t k = crig_open(rig);
    crig_hello_message(&c, "Ann");
    snprintf(c.hello.version, sizeof c.hello.version, "1.7");
    crig_say(rig, k, &c);
    assert_int_equal(crig_count(rig, k, CONTROL_WELCOME), 1);
}

static void silence_before_hello_is_ended(void **state)
{
    (void)state;
    uint32_t k = crig_open(rig);
    control_logic_tick(rig->logic, rig->now + 4900000, rig->wall_s);
    assert_false(rig->closed[k]);
    control_logic_tick(rig->logic, rig->now + 5100000, rig->wall_s);
    assert_true(rig->closed[k]);
}

static void boxes_reach_whom_they_name(void **state)
{
    (void)state;
    pair_up();
    uint32_t eve = crig_hello(rig, "Eve");
    struct control other, box = {.type = CONTROL_BOX};
    assert_true(crig_join(rig, eve, room.room.code, 't', &other));
    crig_clear(rig);
    box.box.boxes[0] = (struct control_box){mine.room.self, "AAAA"};
    box.box.boxes[1] = (struct control_box){0, "BBBB"};
    box.box.boxes[2] = (struct control_box){(uint16_t)(room.room.self + 999), "CCCC"};
    box.box.count = 3;
    crig_say(rig, ann, &box);
    assert_int_equal(crig_count(rig, bob, CONTROL_BOX), 2);
    assert_int_equal(crig_count(rig, eve, CONTROL_BOX), 1);
    assert_int_equal(crig_count(rig, ann, CONTROL_BOX), 0);
    assert_true(crig_heard(rig, eve, CONTROL_BOX, &x));
    assert_int_equal(x.box.from, room.room.self);
    assert_int_equal(x.box.to, 0);
    assert_string_equal(x.box.boxes[0].data, "BBBB");
    assert_false(x.box.alone);
    control_free(&x);
    assert_true(control_read(&x, rig->out[0].text, strlen(rig->out[0].text)));
    assert_int_equal(rig->out[0].conn, bob);
    assert_true(x.box.alone);
    assert_string_equal(x.box.boxes[0].data, "AAAA");
    control_free(&x);
    control_free(&other);
    uint32_t out = crig_hello(rig, "Out");
    crig_say(rig, out, &box);
    error_is(out, CONTROL_ERROR_NOT_NOW);
}

static void leaving_is_told_and_final(void **state)
{
    (void)state;
    pair_up();
    struct control c = {.type = CONTROL_LEAVE};
    crig_clear(rig);
    crig_say(rig, bob, &c);
    assert_true(crig_heard(rig, ann, CONTROL_LEFT, &x));
    assert_int_equal(x.left.id, mine.room.self);
    assert_string_equal(x.left.reason, "left");
    control_free(&x);
    assert_int_equal(rig->command[0].type, CORE_REMOVE);
    assert_false(rig->command[0].lost);
    uint32_t again = crig_open(rig);
    resume(again, "Bob", &mine);
    error_is(again, CONTROL_ERROR_TICKET);
    crig_say(rig, ann, &c);
    assert_int_equal(rig->logic->rooms.count, 0); // the room goes with its last member
    assert_int_equal(rig->logic->rooms.members, 0);
    again = crig_open(rig);
    resume(again, "Bob", &mine);
    error_is(again, CONTROL_ERROR_TICKET);
}

static void a_closed_websocket_is_not_leaving(void **state)
{
    (void)state;
    pair_up();
    control_logic_closed(rig->logic, bob, rig->now);
    assert_int_equal(crig_count(rig, ann, CONTROL_LEFT), 0);
    crig_clear(rig);
    uint32_t again = crig_open(rig);
    resume(again, "Bob", &mine);
    assert_true(crig_heard(rig, again, CONTROL_ROOM, &x));
    assert_true(x.room.resumed);
    assert_int_equal(x.room.self, mine.room.self);
    assert_int_equal(x.room.code, room.room.code);
    assert_memory_equal(x.room.hop_key, mine.room.hop_key, 32);
    control_free(&x);
    assert_int_equal(rig->command_count, 0);
}

static void a_second_connection_replaces_the_first(void **state)
{
    (void)state;
    pair_up();
    uint32_t again = crig_open(rig);
    resume(again, "Bob", &mine);
    error_is(bob, CONTROL_ERROR_REPLACED);
    assert_true(rig->closed[bob]);
    control_logic_closed(rig->logic, bob, rig->now); // must not take the new one with it
    crig_clear(rig);
    struct control box = {.type = CONTROL_BOX};
    box.box.boxes[0] = (struct control_box){0, "AAAA"};
    box.box.count = 1;
    crig_say(rig, ann, &box);
    assert_int_equal(crig_count(rig, again, CONTROL_BOX), 1);
}

static void a_ticket_is_only_its_owners(void **state)
{
    (void)state;
    pair_up();
    uint32_t eve = crig_open(rig);
    resume(eve, "Eve", &mine); // another identity
    error_is(eve, CONTROL_ERROR_TICKET);
}

static void the_worker_decides_who_is_there(void **state)
{
    (void)state;
    pair_up();
    struct core_event e = event_of(CORE_AWAY, &mine);
    control_logic_event(rig->logic, &e, rig->now);
    control_logic_event(rig->logic, &e, rig->now);
    assert_int_equal(crig_count(rig, ann, CONTROL_AWAY), 1);
    e.type = CORE_BACK;
    control_logic_event(rig->logic, &e, rig->now);
    assert_true(crig_heard(rig, ann, CONTROL_AWAY, &x));
    assert_false(x.away.away);
    control_free(&x);
    e.type = CORE_LEFT;
    e.reason = CORE_LEFT_LOST;
    e.join_id++; // about another join
    control_logic_event(rig->logic, &e, rig->now);
    assert_int_equal(crig_count(rig, ann, CONTROL_LEFT), 0);
    e.join_id--;
    control_logic_event(rig->logic, &e, rig->now);
    assert_true(crig_heard(rig, ann, CONTROL_LEFT, &x));
    assert_string_equal(x.left.reason, "lost");
    control_free(&x);
    assert_int_equal(crig_count(rig, bob, CONTROL_LEFT), 1); // he may join anew
    assert_true(crig_join(rig, bob, room.room.code, 't', &x));
    assert_int_not_equal(x.room.self, mine.room.self); // ids are not reused
    control_free(&x);
}

static void a_restart_rebuilds_over_the_websocket(void **state)
{
    (void)state;
    pair_up();
    crig_boot(rig, true);
    uint32_t b2 = crig_open(rig), a2, n;
    resume(b2, "Bob", &mine);
    assert_true(crig_heard(rig, b2, CONTROL_ROOM, &x));
    assert_int_equal(x.room.room, room.room.room);
    assert_int_equal(x.room.code, room.room.code);
    assert_int_equal(x.room.self, mine.room.self);
    assert_memory_equal(x.room.room_secret, room.room.room_secret, 32);
    control_free(&x);
    assert_int_equal(rig->command_count, 1);
    assert_true(rig->command[0].rebuilt);
    a2 = crig_open(rig);
    resume(a2, "Ann", &room);
    assert_true(crig_heard(rig, b2, CONTROL_JOINED, &x));
    assert_int_equal(x.joined.id, room.room.self);
    is_signed(&x.joined);
    control_free(&x);
    n = crig_hello(rig, "New");
    assert_true(crig_join(rig, n, room.room.code, 't', &x)); // a rebuilt room is open like any
    control_free(&x);
}

static void a_restart_rebuilds_from_the_workers_word(void **state)
{
    (void)state;
    pair_up();
    crig_boot(rig, true);
    struct core_event e = event_of(CORE_PROVED, &mine);
    uint8_t key[32];
    memset(key, 7, sizeof key);
    assert_true(ticket_open(&e.ticket, key, mine.room.ticket, mine.room.ticket_size, rig->wall_s));
    e.rebuilt = true;
    control_logic_event(rig->logic, &e, rig->now);
    uint32_t a2 = crig_open(rig), b2;
    resume(a2, "Ann", &room);
    assert_true(crig_heard(rig, a2, CONTROL_ROOM, &x));
    assert_int_equal(x.room.member_count, 1);
    assert_string_equal(x.room.members[0].name, "Bob");
    assert_false(x.room.members[0].has_key);
    control_free(&x);
    b2 = crig_open(rig);
    resume(b2, "Bob", &mine);
    assert_true(crig_heard(rig, a2, CONTROL_JOINED, &x)); // now that his key is known
    is_signed(&x.joined);
    control_free(&x);
    crig_boot(rig, true); // a code that another room holds by now: he is sent to join anew
    rig->logic->config.cold = false;
    uint32_t other = crig_hello(rig, "Oth");
    control_free(&room);
    crig_create(rig, other, &room);
    e.ticket.code = room.room.code;
    crig_clear(rig);
    control_logic_event(rig->logic, &e, rig->now);
    assert_int_equal(rig->command_count, 1);
    assert_int_equal(rig->command[0].type, CORE_REMOVE);
    assert_true(rig->command[0].lost && !rig->command[0].bye);
}

static void after_a_cold_start_new_rooms_wait_5_s(void **state)
{
    (void)state;
    crig_boot(rig, true);
    ann = crig_hello(rig, "Ann");
    crig_create(rig, ann, &x);
    error_is(ann, CONTROL_ERROR_NOT_NOW);
    assert_false(crig_join(rig, ann, 123456, 't', &x));
    error_is(ann, CONTROL_ERROR_NOT_NOW);
    rig->now += 5000000;
    crig_clear(rig);
    crig_create(rig, ann, &room);
    assert_int_not_equal(room.room.room, 0);
}

static void tickets_are_renewed_each_10_minutes(void **state)
{
    (void)state;
    pair_up();
    crig_clear(rig);
    rig->now += 601000000;
    control_logic_tick(rig->logic, rig->now, rig->wall_s + 601);
    assert_true(crig_heard(rig, bob, CONTROL_TICKET, &x));
    struct ticket t;
    uint8_t key[32];
    memset(key, 7, sizeof key);
    assert_true(ticket_open(&t, key, x.ticket.ticket, x.ticket.ticket_size, rig->wall_s + 4000));
    assert_int_equal(t.join_id, mine.room.join_id);
    assert_memory_equal(t.hop_key, mine.room.hop_key, 32);
    control_free(&x);
    control_logic_tick(rig->logic, rig->now + 1000000, rig->wall_s + 602);
    assert_int_equal(crig_count(rig, bob, CONTROL_TICKET), 1);
}

static void too_many_messages_are_refused(void **state)
{
    (void)state;
    ann = crig_hello(rig, "Ann");
    struct control c = {.type = CONTROL_LEAVE};
    char *text = control_write(&c);
    crig_clear(rig);
    for (unsigned i = 0; i < 300; i++)
        control_logic_message(rig->logic, ann, text, strlen(text), rig->now);
    free(text);
    assert_in_range(crig_count(rig, ann, CONTROL_ERROR), 199, 201);
}

static void a_full_room_and_long_rosters_come_in_pages(void **state)
{
    (void)state;
    ann = crig_hello(rig, "Ann");
    crig_create(rig, ann, &room);
    for (unsigned i = 1; i < WIRE_ROOM_MEMBERS_MAX; i++) {
        uint32_t k = crig_hello(rig, "Bob");
        assert_true(crig_join(rig, k, room.room.code, 't', &x));
        if (i == WIRE_ROOM_MEMBERS_MAX - 1) {
            assert_int_equal(x.room.member_count, 49 - 32);
            assert_false(x.room.more);
            assert_int_equal(crig_count(rig, k, CONTROL_ROOM), 2);
        }
        control_free(&x);
        crig_clear(rig);
    }
    uint32_t k = crig_hello(rig, "Bob");
    assert_false(crig_join(rig, k, room.room.code, 't', &x));
    error_is(k, CONTROL_ERROR_FULL);
}

static void rooms_and_connections_are_bounded(void **state)
{
    (void)state;
    unsigned conns = 0, full = 0;
    for (unsigned i = 0; i < CONTROL_LOGIC_CONNS + 5u; i++) {
        uint32_t k = crig_open(rig);
        if (k == ROOM_NO_CONN)
            continue;
        conns++;
        struct control c;
        crig_hello_message(&c, "Ann");
        crig_say(rig, k, &c);
        if (i < WIRE_ROOMS_MAX + 10u) {
            crig_create(rig, k, &c);
            full += c.type != CONTROL_ROOM;
            if (c.type == CONTROL_ROOM)
                control_free(&c);
        }
        crig_clear(rig);
    }
    assert_int_equal(conns, CONTROL_LOGIC_CONNS);
    assert_int_equal(full, 10);
    assert_int_equal(rig->logic->rooms.count, WIRE_ROOMS_MAX);
}

static void codes_are_spread_evenly(void **state)
{
    (void)state;
    struct rooms *all = calloc(1, sizeof *all);
    unsigned tenth[10] = {0};
    static const uint8_t hash[32];
    for (unsigned i = 0; i < 5000; i++) {
        struct room *r = room_create(all, hash, crig_random, rig);
        struct room_member *m = room_add(all, r, ROOM_HOST, crig_random, rig);
        tenth[r->code / 100000]++;
        room_remove(all, r, m, false);
    }
    for (unsigned i = 0; i < 10; i++)
        assert_in_range(tenth[i], 400, 600);
    assert_int_equal(all->count, 0);
    free(all);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start, end)
    const struct CMUnitTest tests[] = {
        T(create_gives_a_room),
        T(join_needs_the_right_token),
        T(wrong_and_absent_answer_alike),
        T(guessing_is_stopped_but_the_right_token_is_not),
        T(hello_comes_first_and_once),
        T(another_major_version_is_refused),
        T(silence_before_hello_is_ended),
        T(boxes_reach_whom_they_name),
        T(leaving_is_told_and_final),
        T(a_closed_websocket_is_not_leaving),
        T(a_second_connection_replaces_the_first),
        T(a_ticket_is_only_its_owners),
        T(the_worker_decides_who_is_there),
        T(a_restart_rebuilds_over_the_websocket),
        T(a_restart_rebuilds_from_the_workers_word),
        T(after_a_cold_start_new_rooms_wait_5_s),
        T(tickets_are_renewed_each_10_minutes),
        T(too_many_messages_are_refused),
        T(a_full_room_and_long_rosters_come_in_pages),
        T(rooms_and_connections_are_bounded),
        T(codes_are_spread_evenly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
