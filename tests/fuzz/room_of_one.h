// A session that a relay takes into a room with nobody in it yet. The relay and time are the test's.
#ifndef PARLOUR_TESTS_FUZZ_ROOM_OF_ONE_H
#define PARLOUR_TESTS_FUZZ_ROOM_OF_ONE_H

#include "client/net/session.h"
#include "shared/control.h"
#include "shared/ctrl.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { MS = 1000, SELF = 7, ROOM = 0x01020304 };

static struct session session;
static uint64_t words, now; // words: datagrams of the relay's own

static void say(const struct control *c)
{
    char *text = control_write(c);
    session_control(&session, text, strlen(text), now);
    free(text);
}

// Up to where a room is asked for: what the relay is to answer, once its members are put in.
static struct control ask_for_room(void)
{
    struct control welcome = {.type = CONTROL_WELCOME, .welcome = {.has_challenge = true}};
    session_link_up(&session, now);
    memcpy(welcome.welcome.version, CONTROL_VERSION, sizeof CONTROL_VERSION);
    say(&welcome);
    session_command(&session, command_new(COMMAND_CREATE), now);
    session_tick(&session, now);
    struct control room = {.type = CONTROL_ROOM, .request = session.request};
    room.room.room = ROOM;
    room.room.code = 428193;
    room.room.self = SELF;
    room.room.join_id = 77;
    room.room.media_port = 5001;
    room.room.ticket_size = 100;
    return room;
}

// So that the datagrams that follow can be proved.
static void shake_hands(void)
{
    uint8_t p[WIRE_DATAGRAM_MAX], up[16], down[16];
    struct ctrl c = {.op = CTRL_CHALLENGE, .nonce = session.hop.nonce};
    keys_hop(up, down, session.hop.hop_key, session.hop.nonce, c.boot_nonce);
    size_t n = ctrl_write(&c, 0, session.hop.room, p);
    wire_stamp(p, n, down, 0, now);
    session_datagram(&session, p, n, now, now);
    c = (struct ctrl){.op = CTRL_PONG, .time = now, .received = now, .sent = now};
    n = ctrl_write(&c, 0, session.hop.room, p);
    wire_stamp(p, n, down, 1, now);
    words = 2;
    session_datagram(&session, p, n, now, now);
    HOLDS(session.hop.state == HOP_UP);
}

#endif
