// A relay whose places for connections are all wanted by somebody who only sits there.
#include "control_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct crig *rig;

static int start(void **state)
{
    (void)state;
    rig = crig_start();
    return 0;
}

static int end(void **state)
{
    (void)state;
    crig_end(rig);
    return 0;
}

// A greeted connection from 198.51.100.HOST; what the logic closes is gone at once.
static uint32_t sit(unsigned host)
{
    char text[32];
    struct addr from;
    struct control c;
    snprintf(text, sizeof text, "198.51.100.%u", host);
    assert_true(addr_literal(&from, text, 9));
    rig->now += 1000;
    uint32_t conn = control_logic_open(rig->logic, &from, rig->now);
    assert_int_not_equal(conn, ROOM_NO_CONN);
    crig_hello_message(&c, "Sit");
    crig_say(rig, conn, &c);
    for (uint32_t i = 0; i < CONTROL_LOGIC_CONNS; i++) {
        if (rig->closed[i]) {
            rig->closed[i] = false;
            control_logic_closed(rig->logic, i, rig->now);
        }
    }
    crig_clear(rig);
    return conn;
}

static void those_in_rooms_stay_and_others_get_in(void **state)
{
    (void)state;
    struct control room;
    uint32_t ann = crig_hello(rig, "Ann");
    crig_create(rig, ann, &room);
    uint32_t lone = sit(250);
    for (unsigned i = 0; i < 3 * CONTROL_LOGIC_CONNS; i++)
        sit(1 + i % 4);
    assert_true(rig->logic->conn[ann].used && rig->logic->conn[ann].member);
    assert_true(rig->logic->conn[lone].used && rig->logic->conn[lone].greeted); // one place is not greedy
    uint32_t bob = crig_hello(rig, "Bob");
    struct control answer;
    assert_true(crig_join(rig, bob, room.room.code, 't', &answer));
    control_free(&answer);
    control_free(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(those_in_rooms_stay_and_others_get_in, start, end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
