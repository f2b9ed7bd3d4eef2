// The writing half of control.h.
#include "control.h"

#include <jansson.h>
#include <stdio.h>

static void put_bytes(json_t *o, const char *key, const uint8_t *data, size_t n)
{
    char text[(DESCRIPTOR_MAX + 2) / 3 * 4 + 1];
    keys_base64(text, sizeof text, data, n); // a descriptor is the longest there is
    json_object_set_new(o, key, json_string(text));
}

static void put_signed_key(json_t *o, const uint8_t key[32], const uint8_t signature[STATEMENT_SIZE])
{
    put_bytes(o, "key", key, 32);
    put_bytes(o, "signature", signature, STATEMENT_SIZE);
}

static void put_text(json_t *o, const char *key, const char *text)
{
    json_object_set_new(o, key, json_string(text));
}

static void put_int(json_t *o, const char *key, uint64_t v)
{
    json_object_set_new(o, key, json_integer((json_int_t)v));
}

static void put_bool(json_t *o, const char *key, bool v)
{
    json_object_set_new(o, key, json_boolean(v));
}

static void put_code(json_t *o, uint32_t code)
{
    char text[16];
    snprintf(text, sizeof text, "%06u", code % 1000000u);
    put_text(o, "code", text);
}

static void put_join_id(json_t *o, uint64_t id)
{
    char text[24];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)id);
    put_text(o, "join", text);
}

static void put_member(json_t *o, const struct control_member *m)
{
    put_int(o, "id", m->id);
    put_join_id(o, m->join_id);
    put_text(o, "name", m->name);
    put_bytes(o, "identity", m->identity, 32);
    if (m->has_key)
        put_signed_key(o, m->key, m->signature);
    if (m->away)
        put_bool(o, "away", true);
}

static void write_room(json_t *o, const struct control *c)
{
    put_int(o, "room", c->room.room);
    if (c->room.code != CONTROL_NO_CODE)
        put_code(o, c->room.code);
    put_int(o, "epoch", c->room.epoch);
    put_int(o, "self", c->room.self);
    put_join_id(o, c->room.join_id);
    put_bool(o, "resumed", c->room.resumed);
    put_bool(o, "more", c->room.more);
    put_text(o, "media_host", c->room.media_host);
    put_int(o, "media_port", c->room.media_port);
    put_bytes(o, "hop_key", c->room.hop_key, 32);
    put_bytes(o, "room_secret", c->room.room_secret, 32);
    put_bytes(o, "ticket", c->room.ticket, c->room.ticket_size);
    json_t *list = json_array();
    for (size_t i = 0; i < c->room.member_count; i++) {
        json_t *m = json_object();
        put_member(m, &c->room.members[i]);
        json_array_append_new(list, m);
    }
    json_object_set_new(o, "members", list);
}

static void write_box(json_t *o, const struct control *c)
{
    if (c->box.from) {
        put_int(o, "from", c->box.from);
        if (!c->box.alone)
            put_int(o, "to", c->box.to);
        put_text(o, "data", c->box.boxes[0].data);
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < c->box.count; i++) {
        json_t *b = json_object();
        put_int(b, "to", c->box.boxes[i].to);
        put_text(b, "data", c->box.boxes[i].data);
        json_array_append_new(list, b);
    }
    json_object_set_new(o, "boxes", list);
}

static void write_state(json_t *o, const struct control *c)
{
    json_t *ids = json_array(), *keys = json_array();
    for (size_t i = 0; i < c->state.host_count; i++)
        json_array_append_new(ids, json_integer(c->state.hosts[i]));
    for (size_t i = 0; i < c->state.host_key_count; i++) {
        char text[64];
        json_array_append_new(keys, json_string(keys_base64(text, sizeof text, c->state.host_keys[i], 32)));
    }
    put_int(o, "epoch", c->state.epoch);
    put_int(o, "created", c->state.created);
    put_bool(o, "lobby", c->state.lobby);
    put_bool(o, "locked", c->state.locked);
    json_object_set_new(o, "hosts", ids);
    json_object_set_new(o, "host_keys", keys);
}

static void write_pass(json_t *o, const struct control *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < c->pass.count; i++) {
        char text[64];
        json_array_append_new(list, json_string(keys_base64(text, sizeof text, c->pass.hashes[i], 32)));
    }
    json_object_set_new(o, "hashes", list);
}

static void write_order(json_t *o, const struct control *c)
{
    switch (c->type) {
    case CONTROL_KNOCK:
        put_int(o, "knock", c->knock.id);
        put_text(o, "name", c->knock.name);
        put_bytes(o, "identity", c->knock.identity, 32);
        put_signed_key(o, c->knock.key, c->knock.signature);
        if (c->knock.door)
            put_text(o, "door", c->knock.door);
        break;
    case CONTROL_KNOCK_GONE:
    case CONTROL_ADMIT:
    case CONTROL_DENY:
        put_int(o, "knock", c->knock.id);
        break;
    case CONTROL_LOCK:
    case CONTROL_LOBBY:
        put_bool(o, "on", c->order.on);
        break;
    case CONTROL_ROLE:
        put_int(o, "id", c->order.id);
        put_bool(o, "host", c->order.on);
        break;
    case CONTROL_KICK:
        put_int(o, "id", c->order.id);
        break;
    case CONTROL_ROOM_STATE:
        write_state(o, c);
        break;
    case CONTROL_DOOR:
        if (c->door.knock)
            put_int(o, "knock", c->door.knock);
        else
            put_int(o, "id", c->door.id);
        put_text(o, "data", c->door.data);
        break;
    case CONTROL_PASS:
        write_pass(o, c);
        break;
    case CONTROL_DESCRIPTOR:
        put_bytes(o, "descriptor", c->descriptor.bytes, c->descriptor.size);
        break;
    default: // nothing but the type
        break;
    }
}

static void write_people(json_t *o, const struct control *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < c->people.count; i++) {
        const struct control_person *p = &c->people.person[i];
        json_t *x = json_object();
        put_bytes(x, "identity", p->identity, 32);
        put_text(x, "state", control_person_state_name(p->state));
        if (p->state != CONTROL_PERSON_GONE) {
            put_text(x, "name", p->name);
            put_signed_key(x, p->key, p->signature);
            if (p->answers)
                put_bool(x, "answers", true);
        }
        json_array_append_new(list, x);
    }
    if (c->people.whole)
        put_bool(o, "whole", true);
    if (c->people.more)
        put_bool(o, "more", true);
    json_object_set_new(o, "people", list);
}

static void write_call(json_t *o, const struct control *c)
{
    bool who = c->type == CONTROL_RINGING || c->type == CONTROL_MISSED;
    if (c->type == CONTROL_CALL)
        put_bytes(o, "to", c->call.to, 32);
    else if (c->type != CONTROL_MISSED)
        put_int(o, "call", c->call.id);
    if (who) {
        put_text(o, "name", c->call.name);
        put_bytes(o, "identity", c->call.identity, 32);
    }
    if (who || c->type == CONTROL_CALL || c->type == CONTROL_ANSWER)
        put_signed_key(o, c->call.key, c->call.signature);
    if (c->type == CONTROL_CALL || c->type == CONTROL_RINGING)
        put_text(o, "data", c->call.data);
    if (c->type == CONTROL_HANGUP || c->type == CONTROL_CALL_ENDED)
        put_text(o, "reason", control_call_end_name(c->call.end));
}

static void put_presence(json_t *o, bool away, bool answers)
{
    if (away)
        put_bool(o, "away", true);
    if (answers)
        put_bool(o, "answers", true);
}

static void write_body(json_t *o, const struct control *c)
{
    switch (c->type) {
    case CONTROL_HELLO:
        put_text(o, "version", c->hello.version);
        put_text(o, "name", c->hello.name);
        put_bytes(o, "identity", c->hello.identity, 32);
        if (c->hello.has_key)
            put_signed_key(o, c->hello.key, c->hello.signature);
        if (c->hello.ticket_size)
            put_bytes(o, "ticket", c->hello.ticket, c->hello.ticket_size);
        break;
    case CONTROL_WELCOME:
        put_text(o, "version", c->welcome.version);
        put_bool(o, "resumed", c->welcome.resumed);
        if (c->welcome.has_challenge)
            put_bytes(o, "challenge", c->welcome.challenge, 32);
        break;
    case CONTROL_CREATE:
        put_signed_key(o, c->create.key, c->create.signature);
        put_bytes(o, "admit_hash", c->create.admit_hash, 32);
        if (c->create.lobby)
            put_bool(o, "lobby", true);
        break;
    case CONTROL_JOIN:
        put_code(o, c->join.code);
        put_signed_key(o, c->join.key, c->join.signature);
        if (c->join.has_token)
            put_bytes(o, "token", c->join.token, 32);
        if (c->join.has_proof)
            put_bytes(o, "proof", c->join.proof, sizeof c->join.proof);
        if (c->join.descriptor_size)
            put_bytes(o, "descriptor", c->join.descriptor, c->join.descriptor_size);
        if (c->join.door)
            put_text(o, "door", c->join.door);
        break;
    case CONTROL_ROOM:
        write_room(o, c);
        break;
    case CONTROL_JOINED:
        put_member(o, &c->joined);
        break;
    case CONTROL_AWAY:
        put_int(o, "id", c->away.id);
        put_bool(o, "away", c->away.away);
        break;
    case CONTROL_LEFT:
        put_int(o, "id", c->left.id);
        put_text(o, "reason", c->left.reason);
        break;
    case CONTROL_LEAVE:
        break;
    case CONTROL_BOX:
        write_box(o, c);
        break;
    case CONTROL_TICKET:
        put_int(o, "epoch", c->ticket.epoch);
        put_bytes(o, "room_secret", c->ticket.room_secret, 32);
        put_bytes(o, "ticket", c->ticket.ticket, c->ticket.ticket_size);
        break;
    case CONTROL_ERROR:
        put_text(o, "code", control_error_name(c->error.code));
        put_text(o, "text", c->error.text);
        break;
    case CONTROL_REGISTER:
        put_signed_key(o, c->registration.key, c->registration.signature);
        put_bytes(o, "proof", c->registration.proof, STATEMENT_SIZE);
        put_presence(o, c->registration.away, c->registration.answers);
        break;
    case CONTROL_PRESENCE:
        put_presence(o, c->presence.away, c->presence.answers);
        break;
    case CONTROL_PEOPLE:
        write_people(o, c);
        break;
    case CONTROL_CALL:
    case CONTROL_CALLING:
    case CONTROL_RINGING:
    case CONTROL_ANSWER:
    case CONTROL_HANGUP:
    case CONTROL_CALL_ENDED:
    case CONTROL_MISSED:
        write_call(o, c);
        break;
    default:
        write_order(o, c);
        break;
    }
}

char *control_write(const struct control *c)
{
    json_t *o = json_object();
    put_text(o, "type", control_type_name(c->type));
    if (c->request)
        put_int(o, "request", c->request);
    write_body(o, c);
    char *text = json_dumps(o, JSON_COMPACT);
    json_decref(o);
    return text;
}
