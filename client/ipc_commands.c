#include "ipc_commands.h"

#include "ipc_calls.h"
#include "ipc_files.h"

#include "shared/base.h"
#include "shared/keys.h"
#include "volumes.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static json_t *stream_json(const struct stats_stream *s)
{
    json_t *o = json_object();
    json_object_set_new(o, "member", json_integer(s->member));
    json_object_set_new(o, "slot", json_string(s->slot));
    json_object_set_new(o, "layer", json_integer(s->layer));
    json_object_set_new(o, "width", json_integer(s->width));
    json_object_set_new(o, "height", json_integer(s->height));
    json_object_set_new(o, "fps_in", json_real(s->fps_in));
    json_object_set_new(o, "fps_shown", json_real(s->fps_shown));
    json_object_set_new(o, "frames_decoded", json_integer((json_int_t)s->frames_decoded));
    json_object_set_new(o, "freezes", json_integer((json_int_t)s->freezes));
    json_object_set_new(o, "freeze_ms", json_integer((json_int_t)s->freeze_ms));
    json_object_set_new(o, "latency_ms", json_real(s->latency_ms));
    json_object_set_new(o, "seq", json_integer(s->seq));
    json_object_set_new(o, "age_ms", json_real(s->age_ms));
    json_object_set_new(o, "target_ms", json_real(s->target_ms));
    json_object_set_new(o, "hold_ms", json_real(s->hold_ms));
    json_object_set_new(o, "av_skew_ms", s->has_skew ? json_real(s->av_skew_ms) : json_null());
    json_object_set_new(o, "concealed_pct", json_real(s->concealed_pct));
    json_object_set_new(o, "fec_pct", json_real(s->fec_pct));
    json_object_set_new(o, "copies_pct", json_real(s->copies_pct));
    json_object_set_new(o, "keyframe_requests", json_integer((json_int_t)s->keyframe_requests));
    json_object_set_new(o, "bitrate_kbps", json_real(s->bitrate_kbps));
    json_object_set_new(o, "jitter_ms", json_real(s->jitter_ms));
    json_object_set_new(o, "lost", json_integer((json_int_t)s->lost));
    json_object_set_new(o, "nacks", json_integer((json_int_t)s->nacks));
    json_object_set_new(o, "repaired", json_integer((json_int_t)s->repaired));
    if (!s->reason[0])
        return o;
    json_object_set_new(o, "wanted_layer", json_integer(s->wanted_layer));
    json_object_set_new(o, "reason", json_string(s->reason));
    json_object_set_new(o, "limit_kbps", json_integer(s->limit_kbps));
    return o;
}

static json_t *layers_json(const struct stats_layer *layers, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct stats_layer *l = &layers[i];
        if (l->offered || l->watchers || l->fps > 0)
            json_array_append_new(list, json_pack("{s:i,s:b,s:i,s:i,s:i,s:f,s:f}", "layer", (int)i, "offered",
                                                  l->offered, "watchers", (int)l->watchers, "width", (int)l->width,
                                                  "height", (int)l->height, "fps", l->fps, "kbps", l->kbps));
    }
    return list;
}

static json_t *audio_json(const struct stats_audio *a)
{
    const struct audio_processing_figures *p = &a->processing;
    return json_pack("{s:b,s:b,s:f,s:f,s:f,s:f,s:f,s:I,s:f,s:I,s:i}", "processing", p->on, "far_active", p->far_active,
                     "delay_ms", p->delay_ms, "erle_db", p->erle_db, "near_dbfs", p->near_dbfs, "out_dbfs", p->out_dbfs,
                     "far_dbfs", p->far_dbfs, "far_lost", (json_int_t)p->far_lost, "playout_delay_ms",
                     a->playout_delay_ms, "underruns", (json_int_t)a->underruns, "frame_ms", (int)a->frame_ms);
}

static json_t *recording_json(const struct stats_recording *r)
{
    return json_pack("{s:s,s:f,s:I,s:I,s:i}", "file", r->file, "seconds", r->seconds, "bytes", (json_int_t)r->bytes,
                     "dropped", (json_int_t)r->dropped, "parts", (int)r->parts);
}

// One that goes has a window; one that comes is acknowledged.
static json_t *file_json(const struct stats_file *f)
{
    json_t *o = json_pack("{s:i,s:i,s:b,s:s,s:f,s:I}", "file", (int)f->id, "member", (int)f->member, "out", (int)f->out,
                          "state", f->state, "rate_kbps", f->rate_kbps, "retransmitted", (json_int_t)f->retransmitted);
    if (!o || !f->out)
        return o;
    json_object_set_new(o, "cwnd_bytes", json_real(f->cwnd_bytes));
    json_object_set_new(o, "ssthresh_bytes", isinf(f->ssthresh_bytes) ? json_null() : json_real(f->ssthresh_bytes));
    json_object_set_new(o, "flight_bytes", json_real(f->flight_bytes));
    json_object_set_new(o, "rtt_ms", json_real(f->rtt_ms));
    return o;
}

json_t *ipc_commands_stats(const struct stats *stats)
{
    const struct stats_call *c = &stats->call;
    json_t *call = json_object(), *streams = json_array(), *files = json_array();
    json_object_set_new(call, "rtt_ms", json_real(c->rtt_ms));
    json_object_set_new(call, "loss_up_pct", json_real(c->loss_up_pct));
    json_object_set_new(call, "loss_down_pct", json_real(c->loss_down_pct));
    json_object_set_new(call, "jitter_ms", json_real(c->jitter_ms));
    json_object_set_new(call, "bitrate_up_kbps", json_real(c->bitrate_up_kbps));
    json_object_set_new(call, "bitrate_down_kbps", json_real(c->bitrate_down_kbps));
    json_object_set_new(call, "target_kbps", json_real(c->target_kbps));
    json_object_set_new(call, "target_reason", json_string(c->target_reason));
    json_object_set_new(call, "queue_up_ms", json_real(c->queue_up_ms));
    json_object_set_new(call, "parity_up_pct", json_real(c->parity_up_pct));
    json_object_set_new(call, "parity_down_pct", json_real(c->parity_down_pct));
    json_object_set_new(call, "loss_alone_pct", json_real(c->loss_alone_pct));
    json_object_set_new(call, "path", json_string(c->path));
    json_object_set_new(call, "fps_sent", json_real(c->fps_sent));
    json_object_set_new(call, "width_sent", json_integer(c->width_sent));
    json_object_set_new(call, "height_sent", json_integer(c->height_sent));
    json_object_set_new(call, "bad_datagrams", json_integer((json_int_t)c->bad_datagrams));
    json_object_set_new(call, "process_cpu_pct", json_real(c->process_cpu_pct));
    json_object_set_new(call, "presents_per_s", json_real(c->presents_per_s));
    json_object_set_new(call, "layers", layers_json(c->layers, STATS_LAYERS));
    json_object_set_new(call, "screen", layers_json(c->screen, STATS_SCREENS));
    for (size_t i = 0; i < stats->stream_count; i++)
        json_array_append_new(streams, stream_json(&stats->streams[i]));
    json_t *all = json_pack("{s:o,s:o,s:o}", "call", call, "audio", audio_json(&stats->audio), "streams", streams);
    for (size_t i = 0; i < stats->file_count; i++)
        json_array_append_new(files, file_json(&stats->files[i]));
    json_object_set_new(all, "files", files);
    if (stats->recording.on)
        json_object_set_new(all, "recording", recording_json(&stats->recording));
    return all;
}

static json_t *who(const struct call_member *m)
{
    char fingerprint[KEYS_FINGERPRINT_TEXT];
    keys_fingerprint_text(fingerprint, m->identity);
    return json_pack("{s:i,s:s,s:s,s:s}", "id", (int)m->id, "name", m->name, "fingerprint", fingerprint, "trust",
                     call_trust_name(m->trust));
}

static json_t *trial_json(const struct call *call)
{
    static const char *const steps[] = {"ready", "listens", "records", "plays"};
    static const char *const results[] = {"none", "works", "not-heard", "silent", "played"};
    const struct call_trial *t = &call->trial;
    return json_pack("{s:b,s:s,s:s,s:f}", "open", t->open, "step", steps[t->step], "result", results[t->result],
                     "level", (double)t->level);
}

json_t *ipc_commands_safety(const struct call *call)
{
    static const char *const states[] = {"none", "asked", "number", "failed"};
    json_t *members = json_array();
    for (size_t i = 0; i < call->member_count; i++)
        json_array_append_new(members, who(&call->members[i]));
    json_t *compare = json_pack("{s:i,s:s,s:s}", "with", (int)call->compare_with, "state", states[call->compare],
                                "number", call->compare_number);
    return json_pack("{s:s,s:o,s:o}", "code", call->safety_code, "compare", compare, "members", members);
}

json_t *ipc_commands_members(const struct call *call)
{
    json_t *list = json_array();
    for (size_t i = 0; i < call->member_count; i++) {
        const struct call_member *m = &call->members[i];
        json_t *o = who(m);
        json_object_update_new(o, json_pack("{s:b,s:b,s:b,s:b,s:b,s:b,s:b,s:b}", "self", m->self, "muted", m->muted,
                                            "camera", m->camera, "speaking", m->speaking, "away", m->away, "has_key",
                                            m->has_key, "host", m->host, "hand", m->hand));
        json_object_set_new(o, "volume", json_integer(m->volume));
        json_object_set_new(o, "paused", json_boolean(m->paused));
        json_object_set_new(o, "kind", json_string(call_kind_name(m->kind)));
        json_object_set_new(o, "screen", json_boolean(m->screen));
        json_object_set_new(o, "recording", json_boolean(m->recording));
        json_t *about = m->about[0] ? json_loads(m->about, 0, NULL) : NULL;
        if (about)
            json_object_set_new(o, "about", about);
        json_array_append_new(list, o);
    }
    return list;
}

json_t *ipc_commands_room(const struct call *call)
{
    json_t *knocks = json_array();
    for (size_t i = 0; i < call->knock_count; i++)
        json_array_append_new(
            knocks, json_pack("{s:I,s:s}", "knock", (json_int_t)call->knocks[i].id, "name", call->knocks[i].name));
    return json_pack("{s:b,s:s,s:s,s:b,s:b,s:I,s:b,s:o}", "private", call->private_call, "safety_code",
                     call->safety_code, "code", call->code, "lobby", call->lobby, "locked", call->locked, "epoch",
                     (json_int_t)call->epoch, "waiting", call->waiting, "knocks", knocks);
}

json_t *ipc_commands_chat_log(const struct call *call, size_t last)
{
    json_t *list = json_array();
    size_t from = last && last < call->chat_count ? call->chat_count - last : 0;
    for (size_t i = from; i < call->chat_count; i++) {
        const struct call_chat_line *l = &call->chat[i];
        json_t *o = json_pack("{s:s,s:s,s:I,s:b,s:b}", "from", l->name, "text", l->text, "at", (json_int_t)l->at_ms,
                              "mine", l->mine, "older", l->older);
        json_object_update_new(o, json_pack("{s:i,s:s,s:b,s:b,s:b}", "to", (int)l->to, "to_name", l->to_name, "alone",
                                            l->to != 0, "delivered", l->delivered, "lost", l->lost));
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *tiles(const struct ipc_view *v)
{
    json_t *list = json_array();
    for (size_t i = 0; i < v->call->member_count; i++) {
        int x, y, w, h;
        uint16_t id = v->call->members[i].id;
        if (v->ops->tile_rect(v->ops->ctx, id, &x, &y, &w, &h))
            json_array_append_new(list,
                                  json_pack("{s:i,s:i,s:i,s:i,s:i}", "id", (int)id, "x", x, "y", y, "w", w, "h", h));
        if (v->ops->screen_rect && v->ops->screen_rect(v->ops->ctx, id, &x, &y, &w, &h))
            json_array_append_new(list, json_pack("{s:i,s:b,s:i,s:i,s:i,s:i}", "id", (int)id, "screen", true, "x", x,
                                                  "y", y, "w", w, "h", h));
    }
    return list;
}

static json_t *screen(const struct ipc_view *v)
{
    const char *name = "", *panel = "";
    v->ops->screen(v->ops->ctx, &name, &panel);
    return json_pack("{s:s,s:s}", "screen", name, "panel", panel);
}

static size_t count_argument(const json_t *args)
{
    const json_t *n = json_array_get(args, 1);
    return json_is_integer(n) && json_integer_value(n) > 0 ? (size_t)json_integer_value(n) : 0;
}

// Commands that only answer.
static json_t *ask(const struct ipc_view *v, const char *name, const json_t *args)
{
    if (!strcmp(name, "stats"))
        return ipc_commands_stats(v->stats);
    if (!strcmp(name, "trial"))
        return trial_json(v->call);
    if (!strcmp(name, "members"))
        return ipc_commands_members(v->call);
    if (!strcmp(name, "room"))
        return ipc_commands_room(v->call);
    if (!strcmp(name, "safety"))
        return ipc_commands_safety(v->call);
    if (!strcmp(name, "identity"))
        return v->ops->identity(v->ops->ctx);
    if (!strcmp(name, "identities"))
        return v->ops->identities(v->ops->ctx);
    if (!strcmp(name, "cameras"))
        return v->ops->cameras(v->ops->ctx);
    if (!strcmp(name, "chat-log"))
        return ipc_commands_chat_log(v->call, count_argument(args));
    if (!strcmp(name, "tiles"))
        return tiles(v);
    if (!strcmp(name, "screen"))
        return screen(v);
    return NULL;
}

// Commands that do something: NULL when done, else why not.
static const char *act(const struct ipc_ops *o, const char *name, const char *text)
{
    static const struct {
        const char *name;
        size_t offset; // of the function in ipc_ops
        bool takes_text;
    } table[] = {
        {"screenshot", offsetof(struct ipc_ops, screenshot), true},
        {"key", offsetof(struct ipc_ops, press), true},
        {"join", offsetof(struct ipc_ops, join), true},
        {"forget", offsetof(struct ipc_ops, forget), true},
        {"create", offsetof(struct ipc_ops, create), false},
        {"leave", offsetof(struct ipc_ops, leave), false},
        {"quit", offsetof(struct ipc_ops, quit), false},
        {"record-stop", offsetof(struct ipc_ops, record_stop), false},
        {"unshare", offsetof(struct ipc_ops, unshare), false},
    };
    if (!strcmp(name, "record")) // a file may be named
        return o->record(o->ctx, text && *text ? text : NULL);
    if (!strcmp(name, "share")) // likewise what
        return o->share(o->ctx, text && *text ? text : NULL);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i].name, name) != 0)
            continue;
        const void *at = (const char *)o + table[i].offset;
        if (!table[i].takes_text)
            return (*(const char *(*const *)(void *))at)(o->ctx);
        if (!text || !*text)
            return "this command needs a text";
        return (*(const char *(*const *)(void *, const char *))at)(o->ctx, text);
    }
    return "no such command";
}

static bool number_argument(const json_t *args, json_int_t max, json_int_t *out)
{
    const json_t *n = json_array_get(args, 1);
    *out = json_integer_value(n);
    return json_is_integer(n) && *out > 0 && *out <= max;
}

// What a person decides about a member. False when `name` is no such thing.
static bool about(const struct ipc_ops *o, const char *name, const json_t *args, const char **error)
{
    static const struct {
        const char *name;
        enum command_type type;
    } table[] = {{"compare", COMMAND_COMPARE},
                 {"compare-stop", COMMAND_COMPARE_STOP},
                 {"verify", COMMAND_VERIFIED},
                 {"trust", COMMAND_TRUST}};
    json_int_t id = 0;
    bool number = number_argument(args, UINT16_MAX, &id);
    const char *text = json_string_value(json_array_get(args, 1));
    if (!strcmp(name, "pair")) {
        *error = number || (text && *text) ? o->pair(o->ctx, number ? (uint16_t)id : 0, text)
                                           : "this command needs another argument";
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (strcmp(table[i].name, name) != 0)
            continue;
        *error = number ? o->about(o->ctx, table[i].type, (uint16_t)id) : "this command needs another argument";
        return true;
    }
    return false;
}

// False when `name` is something else.
static bool watch(const struct ipc_ops *o, const char *name, const json_t *args, const char **error)
{
    json_int_t id = 0;
    bool on = !strcmp(name, "watch");
    if (!on && strcmp(name, "unwatch") != 0)
        return false;
    *error = number_argument(args, UINT16_MAX, &id) ? o->watch(o->ctx, (unsigned)id, on)
                                                    : "this command needs the number of a camera";
    return true;
}

// How loud somebody is here: an id and percent. False when `name` is something else.
static bool turn_volume(const struct ipc_ops *o, const char *name, const json_t *args, const char **error)
{
    const json_t *percent = json_array_get(args, 2);
    json_int_t id = 0, value = json_integer_value(percent);
    if (strcmp(name, "volume") != 0)
        return false;
    if (!number_argument(args, UINT16_MAX, &id) || !json_is_integer(percent) || value < 0 || value > VOLUMES_MOST)
        *error = "this command needs an id and a number from 0 to 200";
    else
        *error = o->volume(o->ctx, (uint16_t)id, (int)value);
    return true;
}

// What a person writes, to all or to one alone. False when `name` is neither.
static bool write_chat(const struct ipc_ops *o, const char *name, const json_t *args, const char **error)
{
    bool one = !strcmp(name, "chat-to");
    json_int_t id = 0;
    if (!one && strcmp(name, "chat") != 0)
        return false;
    const char *text = json_string_value(json_array_get(args, one ? 2 : 1));
    if (!text || !*text)
        *error = "this command needs a text";
    else if (one && !number_argument(args, UINT16_MAX, &id))
        *error = "this command needs another argument";
    else
        *error = o->send_chat(o->ctx, (uint16_t)id, text);
    return true;
}

// What hosts order: the argument is a knock, a member's id or a switch. False when `name` is none of them.
static bool order(const struct ipc_ops *o, const char *name, const json_t *args, const char **error)
{
    static const struct {
        const char *name;
        enum command_order order;
    } table[] = {{"admit", COMMAND_ADMIT}, {"deny", COMMAND_DENY}, {"kick", COMMAND_KICK}, {"lock", COMMAND_LOCK},
                 {"lobby", COMMAND_LOBBY}, {"role", COMMAND_ROLE}, {"mute", COMMAND_MUTE}, {"end", COMMAND_END}};
    struct ipc_order x = {.knock = 0};
    json_int_t n = 0;
    size_t i = 0;
    while (i < sizeof table / sizeof table[0] && strcmp(table[i].name, name) != 0)
        i++;
    if (i == sizeof table / sizeof table[0])
        return false;
    const json_t *first = json_array_get(args, 1);
    const char *text = json_string_value(first), *role = json_string_value(json_array_get(args, 2));
    x.order = table[i].order;
    bool ok = true;
    switch (x.order) {
    case COMMAND_ADMIT:
    case COMMAND_DENY:
        ok = number_argument(args, UINT32_MAX, &n);
        x.knock = (uint32_t)n;
        break;
    case COMMAND_LOCK:
    case COMMAND_LOBBY:
        ok = json_is_boolean(first);
        x.on = json_is_true(first);
        break;
    case COMMAND_ROLE:
        ok = role && (!strcmp(role, "host") || !strcmp(role, "guest"));
        x.on = ok && !strcmp(role, "host");
        ok = number_argument(args, UINT16_MAX, &n) && ok;
        break;
    case COMMAND_MUTE:
        ok = (text && !strcmp(text, "all")) || number_argument(args, UINT16_MAX, &n);
        break;
    case COMMAND_KICK:
        ok = number_argument(args, UINT16_MAX, &n);
        break;
    case COMMAND_END:
        break;
    }
    x.member = (uint16_t)n;
    *error = ok ? o->host(o->ctx, &x) : "this command needs another argument";
    return true;
}

json_t *ipc_commands_run(const struct ipc_view *view, const json_t *args, const char **error)
{
    const char *name = json_string_value(json_array_get(args, 0));
    const char *text = json_string_value(json_array_get(args, 1));
    *error = NULL;
    if (!name) {
        *error = "no such command";
        return NULL;
    }
    json_t *data = ask(view, name, args);
    if (!data && !write_chat(view->ops, name, args, error) && !ipc_calls_run(view, name, args, &data, error) &&
        !ipc_files_run(view, name, args, &data, error) && !about(view->ops, name, args, error) &&
        !turn_volume(view->ops, name, args, error) &&
        !(view->ops->films && view->ops->films(view->ops->ctx, name, args, &data, error)) &&
        !order(view->ops, name, args, error) && !watch(view->ops, name, args, error))
        *error = act(view->ops, name, text);
    return data;
}
