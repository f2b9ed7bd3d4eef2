#include "ipc_calls.h"

#include "shared/base.h"
#include "shared/keys.h"

#include <string.h>

static const char needs_another[] = "this command needs another argument";

static void set_fingerprint(json_t *o, const uint8_t identity[32])
{
    char text[KEYS_FINGERPRINT_TEXT];
    keys_fingerprint_text(text, identity);
    json_object_set_new(o, "fingerprint", json_string(text));
}

json_t *ipc_calls_people(const struct call *call)
{
    static const char *const states[] = {"free", "busy", "away"};
    json_t *list = json_array();
    for (size_t i = 0; i < call->people_count; i++) {
        const struct call_person *p = &call->people[i];
        json_t *o = json_pack("{s:s,s:s,s:b,s:s,s:b,s:b}", "name", p->name, "state", states[p->state], "answers",
                              p->answers, "trust", call_trust_name(p->trust), "paired", p->paired, "met", p->met);
        set_fingerprint(o, p->identity);
        json_array_append_new(list, o);
    }
    return json_pack("{s:b,s:b,s:o}", "registered", call->registered, "name_taken", call->name_taken, "people", list);
}

json_t *ipc_calls_ring(const struct call *call)
{
    const struct call_ring *r = &call->ring;
    if (call->phase != CALL_RINGING && call->phase != CALL_CALLING)
        return json_pack("{s:s}", "state", "none");
    json_t *o = json_pack("{s:s,s:s,s:s,s:b,s:b,s:b,s:b}", "state", call->phase == CALL_RINGING ? "ringing" : "calling",
                          "name", r->name, "trust", call_trust_name(r->trust), "paired", r->paired, "met", r->met,
                          "picture", r->picture, "answers_itself", r->answers_at_us != 0);
    set_fingerprint(o, r->identity);
    return o;
}

json_t *ipc_calls_missed(const struct call *call)
{
    json_t *list = json_array();
    for (size_t i = 0; i < call->missed_count; i++) {
        const struct call_missed *m = &call->missed[i];
        json_t *o = json_pack("{s:s,s:I,s:b}", "name", m->name, "at", (json_int_t)m->at_ms, "seen", m->seen);
        set_fingerprint(o, m->identity);
        json_array_append_new(list, o);
    }
    return list;
}

// The person that `text` means: a name, a short fingerprint, or all 43 characters. NULL when it means nobody.
static const struct call_person *find(const struct call *call, const char *text)
{
    for (size_t i = 0; i < call->people_count; i++)
        if (!strcmp(call->people[i].name, text))
            return &call->people[i];
    for (size_t i = 0; i < call->people_count; i++) {
        char brief[KEYS_FINGERPRINT_TEXT], whole[44];
        keys_fingerprint_text(brief, call->people[i].identity);
        keys_base64(whole, sizeof whole, call->people[i].identity, 32);
        if (!strcmp(brief, text) || !strcmp(whole, text))
            return &call->people[i];
    }
    return NULL;
}

static const char *call_somebody(const struct ipc_view *v, const char *text)
{
    if (!text || !*text)
        return "this command needs a text";
    const struct call_person *p = find(v->call, text);
    return p ? v->ops->call(v->ops->ctx, p->identity) : "nobody can be called by this";
}

static bool act(const struct ipc_view *v, const char *name, const json_t *args, const char **error)
{
    const struct ipc_ops *o = v->ops;
    const json_t *first = json_array_get(args, 1);
    const char *text = json_string_value(first);
    if (!strcmp(name, "call"))
        *error = call_somebody(v, text);
    else if (!strcmp(name, "answer"))
        *error = !first || (text && !strcmp(text, "sound")) ? o->answer(o->ctx, !first) : needs_another;
    else if (!strcmp(name, "refuse"))
        *error = o->refuse(o->ctx);
    else if (!strcmp(name, "hangup"))
        *error = o->hang_up(o->ctx);
    else if (!strcmp(name, "away"))
        *error = json_is_boolean(first) ? o->away(o->ctx, json_is_true(first)) : needs_another;
    else if (!strcmp(name, "hand"))
        *error = !first || json_is_boolean(first) ? o->hand(o->ctx, first, json_is_true(first)) : needs_another;
    else if (!strcmp(name, "unpair"))
        *error = text && *text ? o->unpair(o->ctx, text) : needs_another;
    else
        return false;
    return true;
}

bool ipc_calls_run(const struct ipc_view *view, const char *name, const json_t *args, json_t **data, const char **error)
{
    if (!strcmp(name, "people"))
        *data = ipc_calls_people(view->call);
    else if (!strcmp(name, "ring"))
        *data = ipc_calls_ring(view->call);
    else if (!strcmp(name, "missed"))
        *data = ipc_calls_missed(view->call);
    else
        return act(view, name, args, error);
    return true;
}
