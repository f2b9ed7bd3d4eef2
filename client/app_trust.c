// Whom this box knows: the store, what the session asks of it, and what a person decides about members.
#include "app_parts.h"

#include "shared/clock.h"
#include "shared/keys.h"
#include "shared/safety.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t wall_s(void)
{
    return clock_wall_ms() / 1000;
}

bool app_trust_open(struct app *a)
{
    char path[PATHS_MAX], error[512] = "The name of the data directory is too long.";
    if (paths_join(path, a->options->data_dir, "identities"))
        a->identities = identities_open(path, a->options->only_paired, error, sizeof error);
    if (!a->identities)
        fprintf(stderr, "parlour: %s\n", error);
    return a->identities != NULL;
}

// On the store's thread: somebody was paired, compared or forgotten on the command line.
static void changed(void *ctx)
{
    struct app *a = ctx;
    struct command *c = command_new(COMMAND_VERIFIED);
    if (!transport_command(a->transport, c))
        command_free(c); // asked again when anybody joins
    atomic_store(&a->known_changed, true);
    app_wake(a);
}

bool app_trust_start(struct app *a)
{
    return identities_start(a->identities, changed, a);
}

void app_trust_close(struct app *a)
{
    identities_close(a->identities);
    a->identities = NULL;
}

void app_trust_met(void *ctx)
{
    struct app *a = ctx;
    atomic_store(&a->known_changed, true); // looked at with the notice that comes next
}

// ---- what a person decides ----

static const char *sentence(enum identities_result r)
{
    switch (r) {
    case IDENTITIES_DONE:
        return NULL;
    case IDENTITIES_NOBODY:
        return "nobody is known by this";
    case IDENTITIES_FULL:
        return "too many are verified or paired: forget somebody first";
    case IDENTITIES_UNSAVED:
        break;
    }
    return "done, but it could not be written to the disk: it is forgotten when this program ends";
}

static const char *order(struct app *a, enum command_type type, const struct call_member *m)
{
    struct command *c = command_new(type);
    if (m) {
        c->member = m->id;
        memcpy(c->identity, m->identity, sizeof c->identity);
    }
    return app_send(a, c) ? NULL : "too many commands wait";
}

const char *app_trust_member(struct app *a, enum command_type type, uint16_t id)
{
    const struct call_member *m = call_member_by_id(&a->call, id);
    enum identities_result r = IDENTITIES_DONE;
    if (!m || m->self)
        return "no such member";
    // The store knows it before the session asks again.
    if (type == COMMAND_VERIFIED)
        r = identities_verify(a->identities, m->name, m->identity, wall_s());
    else if (type == COMMAND_TRUST)
        r = identities_trust(a->identities, m->name, m->identity, wall_s());
    const char *why = r == IDENTITIES_FULL ? NULL : order(a, type, m);
    return why ? why : sentence(r);
}

// The session asks about everybody here once more: who was a stranger may be none now, and the other way round.
static const char *judge_again(struct app *a, enum identities_result r)
{
    atomic_store(&a->known_changed, true);
    const char *why = r == IDENTITIES_DONE || r == IDENTITIES_UNSAVED ? order(a, COMMAND_VERIFIED, NULL) : NULL;
    return why ? why : sentence(r);
}

const char *app_trust_pair(struct app *a, uint16_t id, const char *fingerprint, bool on)
{
    uint8_t identity[32];
    bool long_form = false;
    const struct call_member *m = id ? call_member_by_id(&a->call, id) : NULL;
    if (id && (!m || m->self))
        return "no such member";
    if (m) {
        memcpy(identity, m->identity, sizeof identity);
    } else {
        enum identity_found found = identities_find(a->identities, fingerprint, identity, &long_form);
        if (found == IDENTITY_AMBIGUOUS)
            return "short for more than one: give all 43 characters";
        if (found != IDENTITY_FOUND && !(found == IDENTITY_UNKNOWN && long_form && on))
            return "this is nobody's fingerprint";
    }
    return judge_again(a, identities_pair(a->identities, identity, on));
}

const char *app_trust_forget(struct app *a, const char *name)
{
    return judge_again(a, identities_forget(a->identities, name, NULL));
}

// ---- the room ----

// Over those who have proved who they are, whatever else the relay lists.
void app_trust_safety(struct app *a)
{
    struct call *c = &a->call;
    struct safety_member list[CALL_MEMBERS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < c->member_count; i++) {
        const struct call_member *m = &c->members[i];
        if (!call_trust_good(m->trust))
            continue;
        memcpy(list[n].identity, m->identity, sizeof list[n].identity);
        list[n++].name = m->name;
    }
    c->safety_code[0] = 0;
    if (n > 1)
        safety_code(c->safety_code, c->code, list, n);
}

// ---- what IPC clients may know ----

static void set_fingerprints(json_t *o, const uint8_t identity[32])
{
    char whole[44], text[KEYS_FINGERPRINT_TEXT];
    keys_fingerprint_text(text, identity);
    json_object_set_new(o, "fingerprint", json_string(keys_base64(whole, sizeof whole, identity, 32)));
    json_object_set_new(o, "short", json_string(text));
}

json_t *app_trust_self(const struct app *a)
{
    json_t *o = json_pack("{s:s}", "name", a->options->name);
    set_fingerprints(o, a->identity_public);
    return o;
}

json_t *app_trust_list(const struct app *a)
{
    size_t count = 0;
    json_t *list = json_array();
    struct identity *all = identities_list(a->identities, &count);
    for (size_t i = 0; i < count; i++) {
        json_t *o = json_pack("{s:s,s:I,s:I,s:b,s:b}", "name", all[i].name, "first", (json_int_t)all[i].first_s, "last",
                              (json_int_t)all[i].last_s, "verified", all[i].verified, "paired", all[i].paired);
        set_fingerprints(o, all[i].key);
        json_array_append_new(list, o);
    }
    free(all);
    return list;
}
