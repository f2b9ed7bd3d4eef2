#include "feeds.h"

#include "feed.h"
#include "ipc.h"

#include "shared/clock.h"
#include "shared/control.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEEDS_MAX = CLIENT_OPTIONS_WORDS / 2, SECOND = 1000000, SIDE_MIN = 16, SIDE_MAX = 2560, FPS_MAX = 60 };

#define CODED_ALREADY "what is coded already has its own size and rate"

struct feeds {
    const struct client_options *options;
    struct node_group *group;
    struct ipc *ipc;
    struct feed *list[FEEDS_MAX]; // by number
    size_t count;
    bool quit, refused; // refused: the last one that was here
    int exit_code;
};

// ---- lifecycle of one ----

static bool add(struct feeds *s, size_t at, const struct feed_config *config)
{
    struct feed *f = feed_create(config);
    if (!f)
        return false;
    s->list[at] = f;
    if (feed_start(f))
        return true;
    fprintf(stderr, "parlour: %s: a thread for it cannot be started.\n", config->name);
    return true; // what did start is stopped like the others
}

static void end(struct feed *f)
{
    feed_stop(f);
    feed_join(f);
    feed_destroy(f);
}

static void drop(struct feeds *s, size_t at)
{
    end(s->list[at]);
    s->count--;
    memmove(&s->list[at], &s->list[at + 1], (s->count - at) * sizeof *s->list);
}

static bool open_all(struct feeds *s)
{
    const struct client_options *o = s->options;
    for (size_t i = 0; i + 1 < o->word_count; i += 2, s->count++)
        if (!add(s, s->count,
                 &(struct feed_config){.group = s->group,
                                       .id = (unsigned)MAX(o->camera_id, 1) + (unsigned)(i / 2),
                                       .fixed_id = o->camera_id > 0,
                                       .name = o->words[i],
                                       .spec = o->words[i + 1],
                                       .microphone = o->microphone,
                                       .kbps = (unsigned)o->video_bitrate,
                                       .in_room = o->has_invite,
                                       .tcp_address = o->serve_tcp ? o->serve_tcp_address : NULL,
                                       .tcp_port = (uint16_t)(o->serve_tcp + (int)(i / 2))}))
            return false;
    return true;
}

// ---- IPC ----

static json_t *one_json(struct feed *f, uint64_t now_us)
{
    static const char *const phases[] = {"asking", "waiting", "in", "apart", "over"};
    bool in_room = feed_node(f) != NULL;
    struct feed_figures x;
    feed_get_figures(f, now_us, &x);
    return json_pack("{s:i,s:s,s:s,s:i,s:i,s:i,s:f,s:b,s:b,s:I,s:I,s:s,s:i,s:i}", "id", (int)x.id, "name", x.name,
                     "phase", in_room ? phases[x.phase] : "alone", "member", (int)x.member, "width", (int)x.width,
                     "height", (int)x.height, "fps", x.fps, "up", x.up, "direct", x.direct, "seq", (json_int_t)x.seq,
                     "age_ms", (json_int_t)x.age_ms, "sentence", x.sentence, "watchers", (int)x.watchers, "tcp_viewers",
                     (int)x.tcp_viewers);
}

static json_t *cameras_json(struct feeds *s, uint64_t now_us)
{
    json_t *list = json_array();
    for (size_t i = 0; i < s->count; i++)
        json_array_append_new(list, one_json(s->list[i], now_us));
    return list;
}

static json_t *stats_json(struct feeds *s)
{
    struct stats *stats = base_alloc(sizeof *stats);
    json_t *list = json_array();
    for (size_t i = 0; i < s->count; i++) {
        struct node *n = feed_node(s->list[i]);
        if (!n)
            continue;
        json_t *layers = json_array();
        node_stats(n, stats);
        const struct stats_call *c = &stats->call;
        for (unsigned k = 0; k < STATS_LAYERS; k++)
            json_array_append_new(
                layers, json_pack("{s:i,s:b,s:i,s:i,s:i,s:f,s:f}", "layer", (int)k, "offered", c->layers[k].offered,
                                  "watchers", (int)c->layers[k].watchers, "width", (int)c->layers[k].width, "height",
                                  (int)c->layers[k].height, "fps", c->layers[k].fps, "kbps", c->layers[k].kbps));
        json_array_append_new(list,
                              json_pack("{s:i,s:s,s:f,s:f,s:f,s:s,s:o}", "id", (int)feed_settings(s->list[i])->id,
                                        "name", node_name(n), "rtt_ms", c->rtt_ms, "loss_up_pct", c->loss_up_pct,
                                        "bitrate_up_kbps", c->bitrate_up_kbps, "path", c->path, "layers", layers));
    }
    free(stats);
    return list;
}

// Its place in the list; count = there is none.
static size_t by_id(const struct feeds *s, const json_t *id)
{
    size_t at = 0;
    while (at < s->count &&
           (!json_is_integer(id) || feed_settings(s->list[at])->id != (unsigned)json_integer_value(id)))
        at++;
    return at;
}

// Another name is another member: who trusts one by his name does not take it for the other.
static const char *rename_one(struct feeds *s, size_t at, const char *name)
{
    if (!control_name_ok(name))
        return "a name is 1 to 32 characters of plain text";
    for (size_t i = 0; i < s->count; i++)
        if (i != at && strcmp(feed_settings(s->list[i])->name, name) == 0)
            return "another camera is called so";
    struct feed_config config = *feed_settings(s->list[at]);
    char *spec = base_strdup(config.spec), *microphone = config.microphone ? base_strdup(config.microphone) : NULL;
    config.name = name;
    config.spec = spec;
    config.microphone = microphone;
    end(s->list[at]);
    bool good = add(s, at, &config);
    free(spec);
    free(microphone);
    if (good)
        return NULL;
    s->count--;
    memmove(&s->list[at], &s->list[at + 1], (s->count - at) * sizeof *s->list);
    return "it cannot be started anew: it is gone";
}

// Decimal, and nothing else up to `end`. 0: it is none, or not within min and max.
static unsigned number(const char *text, char end, unsigned min, unsigned max, const char **rest)
{
    char *stop = NULL;
    unsigned long n = *text >= '0' && *text <= '9' ? strtoul(text, &stop, 10) : 0;
    bool good = stop && *stop == end && n >= min && n <= max;
    *rest = good ? stop : text;
    return good ? (unsigned)n : 0;
}

static const char *resize(struct feed *f, const char *text)
{
    unsigned width = number(text, 'x', SIDE_MIN, SIDE_MAX, &text);
    unsigned height = width ? number(text + 1, 0, SIDE_MIN, SIDE_MAX, &text) : 0;
    if (!height)
        return "a size is like 640x360, each side 16 to 2560";
    return feed_set_limits(f, width, height, 0) ? NULL : CODED_ALREADY;
}

static const char *set_rate(struct feed *f, const char *text)
{
    unsigned fps = number(text, 0, 1, FPS_MAX, &text);
    if (!fps)
        return "a rate is 1 to 60 pictures a second";
    return feed_set_limits(f, 0, 0, fps) ? NULL : CODED_ALREADY;
}

static const char *update(struct feeds *s, const json_t *args)
{
    size_t at = by_id(s, json_array_get(args, 1));
    const char *what = json_string_value(json_array_get(args, 2));
    const char *text = json_string_value(json_array_get(args, 3));
    char given[24];
    if (json_is_integer(json_array_get(args, 3))) {
        snprintf(given, sizeof given, "%lld", json_integer_value(json_array_get(args, 3)));
        text = given;
    }
    if (at == s->count)
        return "no camera has this number";
    if (what && text && !strcmp(what, "name"))
        return rename_one(s, at, text);
    if (what && text && !strcmp(what, "size"))
        return resize(s->list[at], text);
    if (what && text && !strcmp(what, "fps"))
        return set_rate(s->list[at], text);
    return "this command needs a number, name, size or fps, and a value";
}

static json_t *run_command(struct feeds *s, const json_t *args, const char **error)
{
    const char *name = json_string_value(json_array_get(args, 0));
    *error = NULL;
    if (name && !strcmp(name, "cameras"))
        return cameras_json(s, clock_now_us());
    if (name && !strcmp(name, "stats"))
        return stats_json(s);
    if (name && !strcmp(name, "update")) {
        *error = update(s, args);
    } else if (name && !strcmp(name, "remove")) {
        size_t at = by_id(s, json_array_get(args, 1));
        *error = at < s->count ? NULL : "no camera has this number";
        if (at < s->count)
            drop(s, at);
    } else if (name && !strcmp(name, "quit")) {
        s->quit = true;
    } else {
        *error = "no such command";
    }
    return NULL;
}

static void serve_ipc(struct feeds *s)
{
    struct ipc_command c;
    while (s->ipc && ipc_take(s->ipc, &c)) {
        const char *error = NULL;
        json_t *data = run_command(s, c.args, &error);
        ipc_reply(s->ipc, &c, data, error);
    }
}

// ---- the loop ----

static void loop(struct feeds *s)
{
    const struct client_options *o = s->options;
    uint64_t started = clock_now_us(), deadline = 0;
    while (!s->quit && !node_group_ended()) {
        node_group_wait(s->group, deadline);
        serve_ipc(s);
        uint64_t now = clock_now_us();
        deadline = UINT64_MAX;
        for (size_t i = 0; i < s->count; i++) {
            deadline = MIN(deadline, feed_serve(s->list[i], now));
            const struct node *n = feed_node(s->list[i]);
            if (!n || node_phase(n) != NODE_OVER)
                continue;
            s->exit_code = node_exit_code(n);
            drop(s, i--);
            s->quit = s->refused = s->count == 0;
        }
        if (o->time_limit && now - started >= (uint64_t)o->time_limit * SECOND)
            s->quit = true;
    }
    if (s->count || !s->refused)
        s->exit_code = EXIT_OK; // others have been refused, and it went on; or all were taken away by command
}

int feeds_run(const struct client_options *options)
{
    struct feeds *s = base_alloc(sizeof *s);
    s->options = options;
    s->group = node_group_create(options, &s->exit_code);
    if (s->group && !ipc_open(&s->ipc, options->ipc, node_group_wake, s->group)) {
        s->exit_code = EXIT_BAD_CONFIG;
    } else if (s->group) {
        s->exit_code = EXIT_INTERNAL;
        if (open_all(s))
            loop(s);
    }
    for (size_t i = 0; i < s->count; i++)
        feed_stop(s->list[i]); // all say goodbye at once
    for (size_t i = 0; i < s->count; i++) {
        feed_join(s->list[i]);
        feed_destroy(s->list[i]);
    }
    ipc_close(s->ipc);
    node_group_destroy(s->group);
    int exit_code = s->exit_code;
    free(s);
    return exit_code;
}
