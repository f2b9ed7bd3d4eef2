// The JSON of orders.h. Field by field into a bounded structure: what is too long, too much or of the wrong kind makes
// the whole text bad.
#include "orders.h"

#include "shared/keys.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const NAMES[] = {
    [ORDER_ADMIT] = "admit", [ORDER_KICK] = "kick",   [ORDER_MUTE] = "mute", [ORDER_ROLE] = "role",
    [ORDER_LOCK] = "lock",   [ORDER_LOBBY] = "lobby", [ORDER_PASS] = "pass",
};

// The object of that kind in the text, to be released; NULL when it is none.
static bool is_kind(const json_t *o, const char *kind)
{
    const char *is = json_string_value(json_object_get(o, "kind"));
    return is && strcmp(is, kind) == 0;
}

static char *dump(json_t *o)
{
    char *text = json_dumps(o, JSON_COMPACT);
    json_decref(o);
    return text;
}

static bool read_key(uint8_t out[32], const json_t *value)
{
    size_t n;
    const char *text = json_string_value(value);
    return text && keys_unbase64(out, 32, &n, text) && n == 32;
}

static json_t *write_key(const uint8_t key[32])
{
    char text[64];
    return json_string(keys_base64(text, sizeof text, key, 32));
}

// A list of keys; absent = none.
static bool read_keys(uint8_t (*out)[32], unsigned *count, unsigned most, const json_t *list)
{
    size_t n = json_array_size(list);
    *count = (unsigned)n;
    if (n > most || (list && !json_is_array(list)))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!read_key(out[i], json_array_get(list, i)))
            return false;
    return true;
}

static json_t *write_keys(const uint8_t (*keys)[32], unsigned count)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++)
        json_array_append_new(list, write_key(keys[i]));
    return list;
}

static bool read_id(uint16_t *out, const json_t *value)
{
    json_int_t id = json_integer_value(value);
    *out = (uint16_t)id;
    return json_is_integer(value) && id >= 0 && id <= UINT16_MAX;
}

// 16 lower-case hex digits.
static bool read_join(uint64_t *out, const json_t *value)
{
    const char *text = json_string_value(value);
    if (!text || strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
        return false;
    *out = strtoull(text, NULL, 16);
    return true;
}

static bool read_switch(bool *out, const json_t *value)
{
    *out = json_is_true(value);
    return json_is_boolean(value);
}

static bool read_order(struct order *x, const json_t *o)
{
    const json_t *identity = json_object_get(o, "identity");
    switch (x->kind) {
    case ORDER_ADMIT:
        return read_key(x->key, json_object_get(o, "key"));
    case ORDER_KICK:
        return read_id(&x->id, json_object_get(o, "id")) && x->id &&
               read_join(&x->join_id, json_object_get(o, "join")) && (!identity || read_key(x->identity, identity));
    case ORDER_MUTE:
        return read_id(&x->id, json_object_get(o, "id"));
    case ORDER_ROLE:
        return read_key(x->identity, identity) && read_switch(&x->on, json_object_get(o, "host"));
    case ORDER_PASS:
        return read_keys(x->passes, &x->pass_count, ORDERS_PASSES, json_object_get(o, "hashes"));
    case ORDER_LOCK:
    case ORDER_LOBBY:
        return read_switch(&x->on, json_object_get(o, "on"));
    }
    return false;
}

bool order_read(struct order *x, const json_t *o)
{
    const char *name = json_string_value(json_object_get(o, "order"));
    *x = (struct order){.kind = 0};
    for (unsigned i = ORDER_ADMIT; name && i < ARRAY_LEN(NAMES); i++)
        if (strcmp(name, NAMES[i]) == 0)
            x->kind = (enum order_kind)i;
    return is_kind(o, "order") && read_order(x, o);
}

char *order_write(const struct order *x)
{
    static const uint8_t nobody[32];
    char join[24];
    json_t *o = json_pack("{s:s,s:s}", "kind", "order", "order", NAMES[x->kind]);
    switch (x->kind) {
    case ORDER_ADMIT:
        json_object_set_new(o, "key", write_key(x->key));
        break;
    case ORDER_KICK:
        snprintf(join, sizeof join, "%016llx", (unsigned long long)x->join_id);
        json_object_set_new(o, "id", json_integer(x->id));
        json_object_set_new(o, "join", json_string(join));
        if (memcmp(x->identity, nobody, 32) != 0)
            json_object_set_new(o, "identity", write_key(x->identity));
        break;
    case ORDER_MUTE:
        json_object_set_new(o, "id", json_integer(x->id));
        break;
    case ORDER_ROLE:
        json_object_set_new(o, "identity", write_key(x->identity));
        json_object_set_new(o, "host", json_boolean(x->on));
        break;
    case ORDER_LOCK:
    case ORDER_LOBBY:
        json_object_set_new(o, "on", json_boolean(x->on));
        break;
    case ORDER_PASS:
        json_object_set_new(o, "hashes", write_keys(x->passes, x->pass_count));
        break;
    }
    return dump(o);
}

// ---- claims ----

// [{"host":KEY,"hashes":[...]},...], at most ORDERS_HOSTS; absent = nothing is said.
static bool read_passes(struct orders_claim *c, const json_t *list)
{
    uint8_t host[32], hashes[ORDERS_PASSES][32];
    unsigned count;
    c->has_passes = list != NULL;
    if (list && (!json_is_array(list) || json_array_size(list) > ORDERS_HOSTS))
        return false;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        if (!read_key(host, json_object_get(one, "host")) ||
            !read_keys(hashes, &count, ORDERS_PASSES - c->pass_count, json_object_get(one, "hashes")))
            return false;
        for (unsigned k = 0; k < count; k++) {
            memcpy(c->passes[c->pass_count].host, host, 32);
            memcpy(c->passes[c->pass_count++].hash, hashes[k], 32);
        }
    }
    return true;
}

// Those of one host stand together.
static json_t *write_passes(const struct orders_claim *c)
{
    json_t *list = json_array(), *hashes = NULL;
    for (unsigned i = 0; i < c->pass_count; i++) {
        if (i == 0 || memcmp(c->passes[i - 1].host, c->passes[i].host, 32) != 0) {
            hashes = json_array();
            json_array_append_new(list, json_pack("{s:o,s:o}", "host", write_key(c->passes[i].host), "hashes", hashes));
        }
        json_array_append_new(hashes, write_key(c->passes[i].hash));
    }
    return list;
}

bool orders_claim_read(struct orders_claim *c, const json_t *o)
{
    const json_t *identities = json_object_get(o, "identities"), *lobby = json_object_get(o, "lobby");
    memset(c, 0, sizeof *c);
    c->has_door = lobby != NULL;
    return is_kind(o, "hosts") && read_passes(c, json_object_get(o, "passes")) && identities &&
           read_keys(c->hosts, &c->host_count, ORDERS_HOSTS, identities) &&
           read_keys(c->admitted, &c->admitted_count, ARRAY_LEN(c->admitted), json_object_get(o, "admitted")) &&
           read_keys(c->kicked, &c->kicked_count, ORDERS_KICKED, json_object_get(o, "kicked")) &&
           (!c->has_door || (read_switch(&c->lobby, lobby) && read_switch(&c->locked, json_object_get(o, "locked"))));
}

char *orders_claim_write(const struct orders_claim *c)
{
    json_t *o = json_pack("{s:s}", "kind", "hosts");
    json_object_set_new(o, "identities", write_keys(c->hosts, c->host_count));
    json_object_set_new(o, "admitted", write_keys(c->admitted, c->admitted_count));
    json_object_set_new(o, "kicked", write_keys(c->kicked, c->kicked_count));
    if (c->has_passes)
        json_object_set_new(o, "passes", write_passes(c));
    if (c->has_door) {
        json_object_set_new(o, "lobby", json_boolean(c->lobby));
        json_object_set_new(o, "locked", json_boolean(c->locked));
    }
    return dump(o);
}
