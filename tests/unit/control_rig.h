// The control plane in virtual time with fake connections, for tests and fuzz targets. No sockets.
#ifndef PARLOUR_TESTS_CONTROL_RIG_H
#define PARLOUR_TESTS_CONTROL_RIG_H

#include "relay/control_logic.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CRIG __attribute__((unused)) static

enum { CRIG_OUT = 4096, CRIG_COMMANDS = 4096 };

struct crig {
    struct control_logic *logic;
    uint64_t now, wall_s, seed;
    bool cold;
    uint8_t key, ticket_key[32]; // the key: all bytes of the ticket key
    struct {
        uint32_t conn;
        char *text;
    } out[CRIG_OUT];
    unsigned out_count;
    bool closed[CONTROL_LOGIC_CONNS];
    struct core_command command[CRIG_COMMANDS];
    unsigned command_count;
};

CRIG void crig_random(void *ctx, void *out, size_t n)
{
    struct crig *r = ctx;
    uint8_t seed[randombytes_SEEDBYTES] = {0};
    r->seed++;
    memcpy(seed, &r->seed, sizeof r->seed);
    randombytes_buf_deterministic(out, n, seed);
}

CRIG void crig_send(void *ctx, uint32_t conn, char *text)
{
    struct crig *r = ctx;
    if (r->out_count == CRIG_OUT) {
        free(text);
        return;
    }
    r->out[r->out_count].conn = conn;
    r->out[r->out_count++].text = text;
}

CRIG void crig_close(void *ctx, uint32_t conn)
{
    ((struct crig *)ctx)->closed[conn] = true;
}

CRIG void crig_command(void *ctx, const struct core_command *c)
{
    struct crig *r = ctx;
    if (r->command_count < CRIG_COMMANDS)
        r->command[r->command_count++] = *c;
}

CRIG void crig_clear(struct crig *r)
{
    for (unsigned i = 0; i < r->out_count; i++)
        free(r->out[i].text);
    r->out_count = r->command_count = 0;
}

CRIG void crig_boot(struct crig *r, bool cold)
{
    struct control_logic_config c = {.cold = cold, .media_port = 5001, .random = crig_random, .send = crig_send};
    crig_clear(r);
    control_logic_destroy(r->logic);
    memset(r->ticket_key, r->key, sizeof r->ticket_key);
    c.ticket_key = r->ticket_key;
    memset(r->closed, 0, sizeof r->closed);
    c.close = crig_close;
    c.command = crig_command;
    c.ctx = r;
    r->logic = control_logic_create(&c, r->now, r->wall_s);
}

CRIG struct crig *crig_start(void)
{
    struct crig *r = calloc(1, sizeof *r);
    if (!r || sodium_init() < 0)
        abort();
    r->now = 1000000000;
    r->wall_s = 1700000000;
    r->key = 7;
    crig_boot(r, false);
    return r;
}

CRIG void crig_end(struct crig *r)
{
    crig_clear(r);
    control_logic_destroy(r->logic);
    free(r);
}

CRIG uint32_t crig_open(struct crig *r)
{
    struct addr from;
    if (!addr_literal(&from, "192.0.2.1", 5))
        abort();
    return control_logic_open(r->logic, &from, r->now);
}

CRIG void crig_say(struct crig *r, uint32_t conn, const struct control *c)
{
    char *text = control_write(c);
    r->now += 60000; // within the rate of messages
    control_logic_message(r->logic, conn, text, strlen(text), r->now);
    free(text);
}

// The newest message of this type sent to a connection; false when there is none. control_free it.
CRIG bool crig_heard(const struct crig *r, uint32_t conn, enum control_type type, struct control *c)
{
    for (unsigned i = r->out_count; i-- > 0;) {
        if (r->out[i].conn != conn || !control_read(c, r->out[i].text, strlen(r->out[i].text)))
            continue;
        if (c->type == type)
            return true;
        control_free(c);
    }
    return false;
}

CRIG unsigned crig_count(const struct crig *r, uint32_t conn, enum control_type type)
{
    struct control c;
    unsigned n = 0;
    for (unsigned i = 0; i < r->out_count; i++) {
        if (r->out[i].conn != conn || !control_read(&c, r->out[i].text, strlen(r->out[i].text)))
            continue;
        n += c.type == type;
        control_free(&c);
    }
    return n;
}

// Everybody's identity follows from the first letter of his name.
CRIG void crig_identity(const char *name, uint8_t public_key[32], uint8_t secret[64])
{
    uint8_t seed[32];
    memset(seed, name[0], sizeof seed);
    crypto_sign_seed_keypair(public_key, secret, seed);
}

CRIG void crig_hello_message(struct control *c, const char *name)
{
    memset(c, 0, sizeof *c);
    c->type = CONTROL_HELLO;
    snprintf(c->hello.version, sizeof c->hello.version, "%s", CONTROL_VERSION);
    snprintf(c->hello.name, sizeof c->hello.name, "%s", name);
    uint8_t secret[64];
    crig_identity(name, c->hello.identity, secret);
}

CRIG uint32_t crig_hello(struct crig *r, const char *name)
{
    struct control c;
    uint32_t conn = crig_open(r);
    crig_hello_message(&c, name);
    crig_say(r, conn, &c);
    return conn;
}

// What goes with a join key in every message.
CRIG void crig_sign(const char *name, const uint8_t key[32], uint8_t signature[STATEMENT_SIZE])
{
    uint8_t identity[32], secret[64];
    crig_identity(name, identity, secret);
    statement_sign(signature, name, key, secret);
}

// `c` is what else the registration says; key and signatures are filled in.
CRIG void crig_register(struct crig *r, uint32_t conn, struct control *c)
{
    const struct control_logic_conn *k = &r->logic->conn[conn];
    uint8_t identity[32], secret[64];
    c->type = CONTROL_REGISTER;
    memset(c->registration.key, (int)conn + 0x40, 32);
    crig_sign(k->name, c->registration.key, c->registration.signature);
    crig_identity(k->name, identity, secret);
    statement_prove(c->registration.proof, k->challenge, secret);
    crig_say(r, conn, c);
}

// Somebody who is in the list of people.
CRIG uint32_t crig_person(struct crig *r, const char *name)
{
    struct control c = {.request = 0};
    uint32_t conn = crig_hello(r, name);
    crig_register(r, conn, &c);
    return conn;
}

CRIG void crig_tick(struct crig *r, uint64_t us)
{
    r->now += us;
    r->wall_s += us / 1000000;
    control_logic_tick(r->logic, r->now, r->wall_s);
}

// The token "t" for every room of a test.
CRIG void crig_create(struct crig *r, uint32_t conn, struct control *room)
{
    struct control c = {.type = CONTROL_CREATE, .request = 1};
    uint8_t token[32] = {'t'};
    keys_admit_hash(c.create.admit_hash, token);
    memset(c.create.key, 0x11, 32);
    crig_sign(r->logic->conn[conn].name, c.create.key, c.create.signature);
    crig_say(r, conn, &c);
    if (!crig_heard(r, conn, CONTROL_ROOM, room))
        memset(room, 0, sizeof *room);
}

CRIG bool crig_join(struct crig *r, uint32_t conn, uint32_t code, char token, struct control *answer)
{
    struct control c = {.type = CONTROL_JOIN, .request = 2};
    c.join.code = code;
    c.join.has_token = token != 0;
    c.join.token[0] = (uint8_t)token;
    memset(c.join.key, (int)conn + 1, 32);
    crig_sign(r->logic->conn[conn].name, c.join.key, c.join.signature);
    crig_say(r, conn, &c);
    return crig_heard(r, conn, CONTROL_ROOM, answer);
}

#endif
