#include "control.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *const TYPES[] = {
    [CONTROL_HELLO] = "hello",
    [CONTROL_WELCOME] = "welcome",
    [CONTROL_CREATE] = "create",
    [CONTROL_JOIN] = "join",
    [CONTROL_ROOM] = "room",
    [CONTROL_JOINED] = "joined",
    [CONTROL_AWAY] = "away",
    [CONTROL_LEFT] = "left",
    [CONTROL_LEAVE] = "leave",
    [CONTROL_BOX] = "box",
    [CONTROL_TICKET] = "ticket",
    [CONTROL_ERROR] = "error",
    [CONTROL_WAITING] = "waiting",
    [CONTROL_KNOCK] = "knock",
    [CONTROL_KNOCK_GONE] = "knock-gone",
    [CONTROL_ADMIT] = "admit",
    [CONTROL_DENY] = "deny",
    [CONTROL_KICK] = "kick",
    [CONTROL_LOCK] = "lock",
    [CONTROL_LOBBY] = "lobby",
    [CONTROL_ROLE] = "role",
    [CONTROL_END] = "end",
    [CONTROL_ROOM_STATE] = "room-state",
    [CONTROL_DESCRIPTOR] = "descriptor",
    [CONTROL_DOOR] = "door",
    [CONTROL_DRAINING] = "draining",
    [CONTROL_REGISTER] = "register",
    [CONTROL_PRESENCE] = "presence",
    [CONTROL_PEOPLE] = "people",
    [CONTROL_CALL] = "call",
    [CONTROL_CALLING] = "calling",
    [CONTROL_RINGING] = "ringing",
    [CONTROL_ANSWER] = "answer",
    [CONTROL_HANGUP] = "hangup",
    [CONTROL_CALL_ENDED] = "call-ended",
    [CONTROL_MISSED] = "missed",
    [CONTROL_PASS] = "pass",
};
static const char *const ERRORS[] = {
    [CONTROL_ERROR_BAD_MESSAGE] = "bad-message",
    [CONTROL_ERROR_VERSION] = "version",
    [CONTROL_ERROR_NO_ROOM] = "no-room",
    [CONTROL_ERROR_FULL] = "full",
    [CONTROL_ERROR_BUSY] = "busy",
    [CONTROL_ERROR_NOT_NOW] = "not-now",
    [CONTROL_ERROR_TICKET] = "ticket",
    [CONTROL_ERROR_REPLACED] = "replaced",
    [CONTROL_ERROR_NOT_ALLOWED] = "not-allowed",
    [CONTROL_ERROR_DENIED] = "denied",
    [CONTROL_ERROR_DRAINING] = "draining",
    [CONTROL_ERROR_NAME_TAKEN] = "name-taken",
    [CONTROL_ERROR_NOT_HERE] = "not-here",
    [CONTROL_ERROR_IN_A_CALL] = "in-a-call",
};
static const char *const STATES[] = {
    [CONTROL_PERSON_FREE] = "free",
    [CONTROL_PERSON_BUSY] = "busy",
    [CONTROL_PERSON_AWAY] = "away",
    [CONTROL_PERSON_GONE] = "gone",
};
static const char *const ENDS[] = {
    [CONTROL_CALL_CANCELLED] = "cancelled", [CONTROL_CALL_NOT_NOW] = "not-now", [CONTROL_CALL_BUSY] = "busy",
    [CONTROL_CALL_NO_ANSWER] = "no-answer", [CONTROL_CALL_GONE] = "gone",
};

const char *control_type_name(enum control_type type)
{
    return type >= 1 && (size_t)type < ARRAY_LEN(TYPES) ? TYPES[type] : "unknown";
}

const char *control_error_name(enum control_error code)
{
    return code >= 1 && (size_t)code < ARRAY_LEN(ERRORS) ? ERRORS[code] : "unknown";
}

const char *control_call_end_name(enum control_call_end end)
{
    return end >= 1 && (size_t)end < ARRAY_LEN(ENDS) ? ENDS[end] : "unknown";
}

const char *control_person_state_name(enum control_person_state state)
{
    return state >= 1 && (size_t)state < ARRAY_LEN(STATES) ? STATES[state] : "unknown";
}

static unsigned find(const char *const *names, size_t count, const char *name)
{
    for (unsigned i = 1; i < count; i++)
        if (names[i] && strcmp(names[i], name) == 0)
            return i;
    return 0;
}

bool control_name_ok(const char *name)
{
    size_t points = 0;
    for (const unsigned char *p = (const unsigned char *)name; *p; p++) {
        if (*p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0))
            return false;
        points += (*p & 0xc0) != 0x80;
    }
    json_t *s = json_string(name); // refuses invalid UTF-8
    json_decref(s);
    return s && points >= 1 && points <= WIRE_NAME_CODEPOINTS;
}

// ---- reading: small getters that turn `ok` false and stay so ----

struct get {
    json_t *o;
    bool ok;
};

static const char *text_or_null(struct get *g, const char *key)
{
    json_t *v = json_object_get(g->o, key);
    if (v && (!json_is_string(v) || strlen(json_string_value(v)) != json_string_length(v)))
        g->ok = false; // wrong kind, or a zero byte inside
    return g->ok && v ? json_string_value(v) : NULL;
}

static void get_text(struct get *g, const char *key, char *out, size_t size)
{
    const char *s = text_or_null(g, key);
    if (!s || strlen(s) >= size)
        g->ok = false;
    else
        memcpy(out, s, strlen(s) + 1);
}

static uint64_t get_uint(struct get *g, const char *key, uint64_t max)
{
    json_t *v = json_object_get(g->o, key);
    if (!json_is_integer(v) || json_integer_value(v) < 0 || (uint64_t)json_integer_value(v) > max) {
        g->ok = false;
        return 0;
    }
    return (uint64_t)json_integer_value(v);
}

static bool get_bool(struct get *g, const char *key)
{
    return json_is_true(json_object_get(g->o, key));
}

static size_t get_bytes(struct get *g, const char *key, uint8_t *out, size_t min, size_t max)
{
    const char *s = text_or_null(g, key);
    size_t n = 0;
    if (!s || !keys_unbase64(out, max, &n, s) || n < min)
        g->ok = false;
    return n;
}

// A join key and the statement that goes with it.
static void get_signed_key(struct get *g, uint8_t key[32], uint8_t signature[STATEMENT_SIZE])
{
    get_bytes(g, "key", key, 32, 32);
    get_bytes(g, "signature", signature, STATEMENT_SIZE, STATEMENT_SIZE);
}

static bool get_optional_signed_key(struct get *g, uint8_t key[32], uint8_t signature[STATEMENT_SIZE])
{
    if (!json_object_get(g->o, "key"))
        return false;
    get_signed_key(g, key, signature);
    return g->ok;
}

static bool get_optional_key(struct get *g, const char *key, uint8_t out[32])
{
    if (!json_object_get(g->o, key))
        return false;
    get_bytes(g, key, out, 32, 32);
    return g->ok;
}

// What is said at the door: somebody else's to understand, but short and base64.
static const char *get_door(struct get *g, const char *key)
{
    uint8_t bytes[WIRE_DOOR_TEXT * 3 / 4];
    get_bytes(g, key, bytes, 1, sizeof bytes);
    return text_or_null(g, key);
}

static uint32_t get_code(struct get *g, const char *key)
{
    char s[7] = "";
    get_text(g, key, s, sizeof s);
    if (strlen(s) != 6 || strspn(s, "0123456789") != 6)
        g->ok = false;
    return (uint32_t)strtoul(s, NULL, 10);
}

static uint64_t get_join_id(struct get *g, const char *key)
{
    char s[17] = "";
    get_text(g, key, s, sizeof s);
    if (strlen(s) != 16 || strspn(s, "0123456789abcdef") != 16)
        g->ok = false;
    return strtoull(s, NULL, 16);
}

static void get_member(struct get *g, struct control_member *m)
{
    m->id = (uint16_t)get_uint(g, "id", UINT16_MAX);
    m->join_id = get_join_id(g, "join");
    get_text(g, "name", m->name, sizeof m->name);
    get_bytes(g, "identity", m->identity, 32, 32);
    m->has_key = get_optional_signed_key(g, m->key, m->signature);
    m->away = get_bool(g, "away");
    if (g->ok && (m->id == 0 || !control_name_ok(m->name)))
        g->ok = false;
}

static void read_hello(struct get *g, struct control *c)
{
    get_text(g, "version", c->hello.version, sizeof c->hello.version);
    get_text(g, "name", c->hello.name, sizeof c->hello.name);
    get_bytes(g, "identity", c->hello.identity, 32, 32);
    c->hello.has_key = get_optional_signed_key(g, c->hello.key, c->hello.signature);
    if (json_object_get(g->o, "ticket"))
        c->hello.ticket_size = get_bytes(g, "ticket", c->hello.ticket, 1, sizeof c->hello.ticket);
    if (g->ok && !control_name_ok(c->hello.name))
        g->ok = false;
}

static void read_room(struct get *g, struct control *c)
{
    c->room.room = (uint32_t)get_uint(g, "room", UINT32_MAX);
    c->room.code = json_object_get(g->o, "code") ? get_code(g, "code") : CONTROL_NO_CODE;
    c->room.epoch = (uint32_t)get_uint(g, "epoch", UINT32_MAX);
    c->room.self = (uint16_t)get_uint(g, "self", UINT16_MAX);
    c->room.join_id = get_join_id(g, "join");
    c->room.resumed = get_bool(g, "resumed");
    c->room.more = get_bool(g, "more");
    get_text(g, "media_host", c->room.media_host, sizeof c->room.media_host);
    c->room.media_port = (uint16_t)get_uint(g, "media_port", UINT16_MAX);
    get_bytes(g, "hop_key", c->room.hop_key, 32, 32);
    get_bytes(g, "room_secret", c->room.room_secret, 32, 32);
    c->room.ticket_size = get_bytes(g, "ticket", c->room.ticket, 1, sizeof c->room.ticket);
    json_t *list = json_object_get(g->o, "members");
    if (!json_is_array(list) || json_array_size(list) > CONTROL_PAGE || c->room.self == 0) {
        g->ok = false;
        return;
    }
    c->room.member_count = json_array_size(list);
    for (size_t i = 0; i < c->room.member_count && g->ok; i++) {
        struct get m = {json_array_get(list, i), true};
        get_member(&m, &c->room.members[i]);
        g->ok = m.ok;
    }
}

static void read_box(struct get *g, struct control *c)
{
    json_t *list = json_object_get(g->o, "boxes");
    if (!list) {
        c->box.from = (uint16_t)get_uint(g, "from", UINT16_MAX);
        c->box.alone = !json_object_get(g->o, "to");
        if (!c->box.alone)
            c->box.to = (uint16_t)get_uint(g, "to", UINT16_MAX);
        c->box.boxes[0] = (struct control_box){c->box.to, text_or_null(g, "data")};
        c->box.count = 1;
        g->ok = g->ok && c->box.from && c->box.boxes[0].data; // 0 is the relay, which says nothing in boxes
        return;
    }
    if (!json_is_array(list) || json_array_size(list) > ARRAY_LEN(c->box.boxes)) {
        g->ok = false;
        return;
    }
    c->box.count = json_array_size(list);
    for (size_t i = 0; i < c->box.count && g->ok; i++) {
        struct get b = {json_array_get(list, i), true};
        c->box.boxes[i].to = (uint16_t)get_uint(&b, "to", UINT16_MAX);
        c->box.boxes[i].data = text_or_null(&b, "data");
        g->ok = b.ok && c->box.boxes[i].data;
    }
}

static void read_join(struct get *g, struct control *c)
{
    c->join.code = get_code(g, "code");
    get_signed_key(g, c->join.key, c->join.signature);
    c->join.has_token = get_optional_key(g, "token", c->join.token);
    if (json_object_get(g->o, "proof"))
        c->join.has_proof = get_bytes(g, "proof", c->join.proof, DESCRIPTOR_PROOF, DESCRIPTOR_PROOF) > 0;
    if (json_object_get(g->o, "descriptor"))
        c->join.descriptor_size =
            get_bytes(g, "descriptor", c->join.descriptor, DESCRIPTOR_MIN, sizeof c->join.descriptor);
    if (json_object_get(g->o, "door"))
        c->join.door = get_door(g, "door");
}

static void read_state(struct get *g, struct control *c)
{
    json_t *ids = json_object_get(g->o, "hosts"), *keys = json_object_get(g->o, "host_keys");
    c->state.epoch = (uint32_t)get_uint(g, "epoch", UINT32_MAX);
    c->state.created = get_uint(g, "created", INT64_MAX);
    c->state.lobby = get_bool(g, "lobby");
    c->state.locked = get_bool(g, "locked");
    c->state.host_count = json_array_size(ids);
    c->state.host_key_count = json_array_size(keys);
    if (!json_is_array(ids) || !json_is_array(keys) || c->state.host_count > DESCRIPTOR_HOSTS ||
        c->state.host_key_count > DESCRIPTOR_HOSTS) {
        g->ok = false;
        return;
    }
    for (size_t i = 0; i < c->state.host_count; i++) {
        json_int_t id = json_integer_value(json_array_get(ids, i)); // 0 when it is none
        g->ok = g->ok && id > 0 && id <= UINT16_MAX;
        c->state.hosts[i] = (uint16_t)id;
    }
    for (size_t i = 0; i < c->state.host_key_count; i++) {
        const char *text = json_string_value(json_array_get(keys, i));
        size_t n = 0;
        g->ok = g->ok && text && keys_unbase64(c->state.host_keys[i], 32, &n, text) && n == 32;
    }
}

static void read_pass(struct get *g, struct control *c)
{
    json_t *list = json_object_get(g->o, "hashes");
    c->pass.count = json_array_size(list);
    if (!json_is_array(list) || c->pass.count > WIRE_PASSES_MAX)
        g->ok = false;
    for (size_t i = 0; i < c->pass.count && g->ok; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        size_t n = 0;
        g->ok = text && keys_unbase64(c->pass.hashes[i], 32, &n, text) && n == 32;
    }
}

static void read_door(struct get *g, struct control *c)
{
    bool knock = json_object_get(g->o, "knock");
    if (knock)
        c->door.knock = (uint32_t)get_uint(g, "knock", UINT32_MAX);
    else
        c->door.id = (uint16_t)get_uint(g, "id", UINT16_MAX);
    c->door.data = get_door(g, "data");
    // One end is named, by whoever is at the other.
    if ((knock ? c->door.knock : c->door.id) == 0 || (knock && json_object_get(g->o, "id")))
        g->ok = false;
}

// What the relay says of hosts, and what hosts say.
static void read_order(struct get *g, struct control *c)
{
    switch (c->type) {
    case CONTROL_KNOCK:
        get_text(g, "name", c->knock.name, sizeof c->knock.name);
        get_bytes(g, "identity", c->knock.identity, 32, 32);
        get_signed_key(g, c->knock.key, c->knock.signature);
        if (g->ok && !control_name_ok(c->knock.name))
            g->ok = false;
        c->knock.id = (uint32_t)get_uint(g, "knock", UINT32_MAX);
        if (json_object_get(g->o, "door"))
            c->knock.door = get_door(g, "door");
        break;
    case CONTROL_KNOCK_GONE:
    case CONTROL_ADMIT:
    case CONTROL_DENY:
        c->knock.id = (uint32_t)get_uint(g, "knock", UINT32_MAX);
        break;
    case CONTROL_LOCK:
    case CONTROL_LOBBY:
        c->order.on = get_bool(g, "on");
        g->ok = g->ok && json_is_boolean(json_object_get(g->o, "on"));
        break;
    case CONTROL_ROLE:
        c->order.on = get_bool(g, "host");
        g->ok = g->ok && json_is_boolean(json_object_get(g->o, "host"));
        c->order.id = (uint16_t)get_uint(g, "id", UINT16_MAX);
        break;
    case CONTROL_KICK:
        c->order.id = (uint16_t)get_uint(g, "id", UINT16_MAX);
        break;
    case CONTROL_ROOM_STATE:
        read_state(g, c);
        break;
    case CONTROL_DOOR:
        read_door(g, c);
        break;
    case CONTROL_PASS:
        read_pass(g, c);
        break;
    case CONTROL_DESCRIPTOR:
        c->descriptor.size =
            get_bytes(g, "descriptor", c->descriptor.bytes, DESCRIPTOR_MIN, sizeof c->descriptor.bytes);
        break;
    default: // nothing but the type
        break;
    }
}

static unsigned get_word(struct get *g, const char *key, const char *const *words, size_t count)
{
    const char *s = text_or_null(g, key);
    unsigned word = s ? find(words, count, s) : 0;
    g->ok = g->ok && word;
    return word;
}

static void get_person(struct get *g, struct control_person *p)
{
    p->state = (enum control_person_state)get_word(g, "state", STATES, ARRAY_LEN(STATES));
    get_bytes(g, "identity", p->identity, 32, 32);
    if (p->state == CONTROL_PERSON_GONE)
        return;
    get_text(g, "name", p->name, sizeof p->name);
    get_signed_key(g, p->key, p->signature);
    p->answers = get_bool(g, "answers");
    if (g->ok && !control_name_ok(p->name))
        g->ok = false;
}

static void read_people(struct get *g, struct control *c)
{
    json_t *list = json_object_get(g->o, "people");
    c->people.whole = get_bool(g, "whole");
    c->people.more = get_bool(g, "more");
    c->people.count = json_array_size(list);
    if (!json_is_array(list) || c->people.count > CONTROL_PAGE)
        g->ok = false;
    for (size_t i = 0; i < c->people.count && g->ok; i++) {
        struct get p = {json_array_get(list, i), true};
        get_person(&p, &c->people.person[i]);
        g->ok = p.ok;
    }
}

static void read_call(struct get *g, struct control *c)
{
    bool who = c->type == CONTROL_RINGING || c->type == CONTROL_MISSED;
    bool key = who || c->type == CONTROL_CALL || c->type == CONTROL_ANSWER;
    if (c->type == CONTROL_CALL)
        get_bytes(g, "to", c->call.to, 32, 32);
    else if (c->type != CONTROL_MISSED)
        c->call.id = (uint32_t)get_uint(g, "call", UINT32_MAX);
    if (who) {
        get_text(g, "name", c->call.name, sizeof c->call.name);
        get_bytes(g, "identity", c->call.identity, 32, 32);
        if (g->ok && !control_name_ok(c->call.name))
            g->ok = false;
    }
    if (key)
        get_signed_key(g, c->call.key, c->call.signature);
    if (c->type == CONTROL_CALL || c->type == CONTROL_RINGING)
        c->call.data = get_door(g, "data");
    if (c->type == CONTROL_HANGUP || c->type == CONTROL_CALL_ENDED)
        c->call.end = (enum control_call_end)get_word(g, "reason", ENDS, ARRAY_LEN(ENDS));
}

static void read_body(struct get *g, struct control *c)
{
    switch (c->type) {
    case CONTROL_HELLO:
        read_hello(g, c);
        break;
    case CONTROL_WELCOME:
        get_text(g, "version", c->welcome.version, sizeof c->welcome.version);
        c->welcome.resumed = get_bool(g, "resumed");
        c->welcome.has_challenge = get_optional_key(g, "challenge", c->welcome.challenge);
        break;
    case CONTROL_CREATE:
        get_signed_key(g, c->create.key, c->create.signature);
        get_bytes(g, "admit_hash", c->create.admit_hash, 32, 32);
        c->create.lobby = get_bool(g, "lobby");
        break;
    case CONTROL_JOIN:
        read_join(g, c);
        break;
    case CONTROL_ROOM:
        read_room(g, c);
        break;
    case CONTROL_JOINED:
        get_member(g, &c->joined);
        break;
    case CONTROL_AWAY:
        c->away.id = (uint16_t)get_uint(g, "id", UINT16_MAX);
        c->away.away = get_bool(g, "away");
        break;
    case CONTROL_LEFT:
        c->left.id = (uint16_t)get_uint(g, "id", UINT16_MAX);
        get_text(g, "reason", c->left.reason, sizeof c->left.reason);
        break;
    case CONTROL_LEAVE:
        break;
    case CONTROL_BOX:
        read_box(g, c);
        break;
    case CONTROL_TICKET:
        c->ticket.epoch = (uint32_t)get_uint(g, "epoch", UINT32_MAX);
        get_bytes(g, "room_secret", c->ticket.room_secret, 32, 32);
        c->ticket.ticket_size = get_bytes(g, "ticket", c->ticket.ticket, 1, sizeof c->ticket.ticket);
        break;
    case CONTROL_ERROR: {
        char name[16] = "";
        get_text(g, "code", name, sizeof name);
        get_text(g, "text", c->error.text, sizeof c->error.text);
        c->error.code = (enum control_error)find(ERRORS, ARRAY_LEN(ERRORS), name);
        break;
    }
    case CONTROL_REGISTER:
        get_signed_key(g, c->registration.key, c->registration.signature);
        get_bytes(g, "proof", c->registration.proof, STATEMENT_SIZE, STATEMENT_SIZE);
        c->registration.away = get_bool(g, "away");
        c->registration.answers = get_bool(g, "answers");
        break;
    case CONTROL_PRESENCE:
        c->presence.away = get_bool(g, "away");
        c->presence.answers = get_bool(g, "answers");
        break;
    case CONTROL_PEOPLE:
        read_people(g, c);
        break;
    case CONTROL_CALL:
    case CONTROL_CALLING:
    case CONTROL_RINGING:
    case CONTROL_ANSWER:
    case CONTROL_HANGUP:
    case CONTROL_CALL_ENDED:
    case CONTROL_MISSED:
        read_call(g, c);
        break;
    default:
        read_order(g, c);
        break;
    }
}

bool control_read(struct control *c, const char *text, size_t n)
{
    memset(c, 0, sizeof *c);
    json_t *o = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
    struct get g = {o, json_is_object(o)};
    const char *type = g.ok ? text_or_null(&g, "type") : NULL;
    c->type = type ? (enum control_type)find(TYPES, ARRAY_LEN(TYPES), type) : 0;
    if (!c->type) {
        json_decref(o);
        return false;
    }
    if (json_object_get(o, "request"))
        c->request = (uint32_t)get_uint(&g, "request", UINT32_MAX);
    read_body(&g, c);
    if (!g.ok) {
        json_decref(o);
        return false;
    }
    c->json = o;
    return true;
}

void control_free(struct control *c)
{
    json_decref(c->json);
    c->json = NULL;
}
