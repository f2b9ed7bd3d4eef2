// What the tables of the control plane start from: a fresh relay, and Ann's room with Bob in it.
#ifndef PARLOUR_TESTS_CONTROL_PAIR_H
#define PARLOUR_TESTS_CONTROL_PAIR_H

#include "control_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct crig *rig;
static struct control room, mine, x; // what Ann's create and Bob's join were answered; what was heard last
static uint32_t ann, bob;

static int start(void **state)
{
    (void)state;
    rig = crig_start();
    return 0;
}

static int end(void **state)
{
    (void)state;
    control_free(&room);
    control_free(&mine);
    memset(&room, 0, sizeof room);
    memset(&mine, 0, sizeof mine);
    crig_end(rig);
    return 0;
}

CRIG void error_is(uint32_t conn, enum control_error code)
{
    assert_true(crig_heard(rig, conn, CONTROL_ERROR, &x));
    assert_int_equal(x.error.code, code);
    assert_true(strlen(x.error.text) > 5);
    control_free(&x);
}

CRIG void is_signed(const struct control_member *m)
{
    assert_true(m->has_key && statement_signed(m->signature, m->name, m->identity, m->key));
}

CRIG void pair_up(void)
{
    ann = crig_hello(rig, "Ann");
    crig_create(rig, ann, &room);
    bob = crig_hello(rig, "Bob");
    assert_true(crig_join(rig, bob, room.room.code, 't', &mine));
}

#endif
