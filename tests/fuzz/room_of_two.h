// A session in a room with one other member, Eve, whose real keys the test has: what she says is what it likes. The
// relay between them, and time, are the test's, too.
#ifndef PARLOUR_TESTS_FUZZ_ROOM_OF_TWO_H
#define PARLOUR_TESTS_FUZZ_ROOM_OF_TWO_H

#include "shared/log.h"
#include "tests/fuzz/room_of_one.h"

#include <sodium.h>

enum { EVE = 9, SAID = 64 };

static struct room_keys eve;
static struct {
    uint16_t to, from;
    char *data;
} said[SAID]; // boxes, between the two
static unsigned said_first, said_count;
static void (*heard)(const char *text); // by Eve; NULL = she does not listen

static void keep_box(uint16_t from, uint16_t to, char *data)
{
    HOLDS(said_count < SAID);
    said[said_count].from = from;
    said[said_count].to = to;
    said[said_count++].data = data;
}

static void on_control(void *ctx, char *text)
{
    static struct control c;
    (void)ctx;
    HOLDS(control_read(&c, text, strlen(text)));
    for (size_t i = 0; c.type == CONTROL_BOX && i < c.box.count; i++)
        keep_box(SELF, c.box.boxes[i].to, base_strdup(c.box.boxes[i].data));
    control_free(&c);
    free(text);
}

static void on_eve_box(void *ctx, uint16_t to, char *data)
{
    (void)ctx;
    keep_box(EVE, to, data);
}

static void on_eve_flush(void *ctx)
{
    (void)ctx;
}

static void hand_over(void)
{
    for (; said_first < said_count; said_first++) {
        char *data = said[said_first].data, *text = NULL;
        uint16_t to = said[said_first].to;
        uint64_t number;
        if (said[said_first].from == SELF) {
            room_keys_open(&eve, SELF, to ? EVE : 0, data, now, &text, &number);
            if (text && heard)
                heard(text);
            free(text);
        } else {
            struct control c = {.type = CONTROL_BOX, .box = {.from = EVE, .to = to ? SELF : 0, .count = 1}};
            c.box.boxes[0].data = data;
            say(&c);
        }
        free(data);
    }
    said_first = said_count = 0;
}

static void meet(const struct session_config *config, bool third)
{
    static const uint8_t seed[32] = {3};
    static uint8_t identity[32], secret[64];
    crypto_sign_seed_keypair(identity, secret, seed);
    room_keys_init(&eve, &(struct room_keys_io){NULL, on_eve_box, on_eve_flush}, identity, secret);
    room_keys_begin(&eve);
    struct control room = ask_for_room();
    room.room.member_count = third ? 2 : 1;
    room.room.members[1] = (struct control_member){.id = 12, .join_id = 98, .name = "Dan", .identity = {1}};
    struct control_member *m = &room.room.members[0];
    *m = (struct control_member){.id = EVE, .join_id = 99, .name = "Eve", .has_key = true};
    memcpy(m->identity, identity, 32);
    memcpy(m->key, eve.join_public, 32);
    statement_sign(m->signature, m->name, m->key, secret);
    say(&room);
    struct keys_side side = {.join_id = 77};
    memcpy(side.identity, config->identity, 32);
    memcpy(side.key, session.keys.join_public, 32);
    room_keys_set_invite(&eve, session.secret->invite_key);
    room_keys_enter(&eve, ROOM, EVE, 99);
    HOLDS(room_keys_add(&eve, SELF, &side, now));
}

static void passes(uint64_t us)
{
    for (uint64_t until = now + us; now < until;) {
        uint64_t next = session_tick(&session, now);
        next = base_sooner(next, room_keys_tick(&eve, now));
        hand_over();
        now = CLAMP(next, now + MS / 2, until);
    }
}

// Until each can seal for the other. The session was made already.
static void begin(const struct session_config *config, bool third)
{
    now = 1000 * MS;
    meet(config, third);
    shake_hands();
    for (unsigned i = 0; i < 100 && !(room_keys_has(&session.keys, EVE) && room_keys_sealing(&eve, 0)); i++)
        passes(10 * MS);
    HOLDS(room_keys_has(&session.keys, EVE) && room_keys_sealing(&eve, 0));
}

static struct session_config room_of_two_config(void)
{
    static const uint8_t seed[32] = {5};
    static uint8_t secret[64];
    struct session_config config = {.name = "Ann", .camera_kbps = 2500};
    if (sodium_init() < 0)
        abort();
    crypto_sign_seed_keypair(config.identity, secret, seed);
    config.identity_secret = secret;
    log_setup(LOG_ERROR, false);
    return config;
}

#endif
