#include "library.h"

#include "client/ipc.h"
#include "film_input.h"
#include "film_player.h"
#include "film_protocol.h"
#include "shared/clock.h"
#include "shared/control.h"
#include "shared/log.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000000, PLAYERS_MAX = 16, ANSWER_US = 20000, SOON_US = SECOND / 2 };

// What somebody asks for that is answered with films: one at a time of each, the newest.
struct question {
    uint16_t member; // 0 = none
    enum film_do what;
    uint32_t from, film;
};

struct library {
    const struct client_options *options;
    struct node_group *group;
    struct node *node;
    struct film_scan *scan;
    struct ipc *ipc;
    struct { // who had one begun; the oldest goes first
        uint16_t member;
        uint64_t at_us;
    } lately[CALL_MEMBERS_MAX];
    size_t lately_next;
    struct film_player *player[PLAYERS_MAX];
    bool said[PLAYERS_MAX]; // who asked has been told that it plays
    size_t count;
    struct question question[CALL_MEMBERS_MAX];
    size_t turn;          // whose answer is next
    uint64_t answered_us; // the last one
    uint64_t listed;      // of what the room was told last,
    uint64_t told_us;     // and when
    bool told, quit;
    int exit_code;
};

static struct film_message message; // one thread

// ---- answers ----

static void say(struct library *l, uint16_t member, struct film_message *m)
{
    char *text = film_protocol_write(m);
    node_tell(l->node, member, text);
    free(text);
}

static void refuse(struct library *l, uint16_t member, uint32_t film, enum film_error error)
{
    message = (struct film_message){.what = FILM_ERROR, .film = film, .error = error};
    say(l, member, &message);
}

static void ask_later(struct library *l, const struct question *q)
{
    struct question *at = NULL;
    for (size_t i = 0; i < CALL_MEMBERS_MAX; i++) {
        struct question *x = &l->question[i];
        if (x->member == q->member) {
            *x = *q;
            return;
        }
        at = x->member || at ? at : x;
    }
    if (at)
        *at = *q;
}

static void answer(struct library *l, const struct question *q)
{
    size_t total = film_scan_count(l->scan);
    if (q->what == FILM_INFO) {
        const struct film *f = film_scan_find(l->scan, q->film);
        message = (struct film_message){.what = FILM_FACTS, .count = 1};
        if (f)
            message.films[0] = *f;
        else
            message = (struct film_message){.what = FILM_ERROR, .film = q->film, .error = FILM_ERROR_UNKNOWN};
    } else {
        message = (struct film_message){
            .what = FILM_PAGE, .from = (uint32_t)MIN((size_t)q->from, total), .total = (uint32_t)total};
        while (message.count < FILM_PAGE_MAX && message.from + message.count < total) {
            message.films[message.count] = *film_scan_at(l->scan, message.from + message.count);
            message.count++;
        }
    }
    say(l, q->member, &message);
}

// One after the other, by turns: a hundred who ask for everything at once wait a little.
static uint64_t answer_next(struct library *l, uint64_t now_us)
{
    if (!film_scan_ready(l->scan))
        return UINT64_MAX;
    for (size_t i = 0; i < CALL_MEMBERS_MAX; i++) {
        struct question *q = &l->question[(l->turn + i) % CALL_MEMBERS_MAX];
        if (!q->member)
            continue;
        if (now_us < l->answered_us + ANSWER_US)
            return l->answered_us + ANSWER_US;
        answer(l, q);
        q->member = 0;
        l->turn = (l->turn + i + 1) % CALL_MEMBERS_MAX;
        l->answered_us = now_us;
    }
    return UINT64_MAX;
}

// ---- playing ----

static void end(struct library *l, size_t at)
{
    struct film_player *p = l->player[at];
    film_player_stop(p);
    film_player_join(p);
    film_player_destroy(p);
    l->count--;
    memmove(&l->player[at], &l->player[at + 1], (l->count - at) * sizeof l->player[0]);
    memmove(&l->said[at], &l->said[at + 1], (l->count - at) * sizeof l->said[0]);
}

static bool name_taken(const struct library *l, const char *name)
{
    bool taken = strcmp(node_name(l->node), name) == 0;
    for (size_t i = 0; i < l->count; i++)
        taken |= strcmp(film_player_settings(l->player[i])->name, name) == 0;
    return taken;
}

// As many letters of the title as a name may have; a second one of that name is counted.
static void name_for(const struct library *l, const char *title, char out[CALL_NAME_MAX])
{
    size_t size = 0, points = 0, most = WIRE_NAME_CODEPOINTS - 5;
    while (title[size] && (points < most || (title[size] & 0xc0) == 0x80))
        points += (title[size++] & 0xc0) != 0x80;
    snprintf(out, CALL_NAME_MAX, "%.*s", (int)size, title);
    if (!control_name_ok(out))
        snprintf(out, CALL_NAME_MAX, "Film");
    size = strlen(out);
    for (unsigned n = 2; name_taken(l, out) && n < 1000; n++)
        snprintf(out + size, CALL_NAME_MAX - size, " (%u)", n);
}

// What may stand in the way of this one; that of the same person ends for it.
static enum film_error make_room(struct library *l, bool room, const struct call_member *by)
{
    for (size_t i = l->count; i-- > 0;) {
        const struct film_player_config *c = film_player_settings(l->player[i]);
        bool his = !c->room && memcmp(c->by_identity, by->identity, sizeof c->by_identity) == 0;
        if (film_player_ended(l->player[i]) || (!room && his))
            end(l, i);
        else if (room && c->room)
            return FILM_ERROR_ROOM;
    }
    return l->count >= (size_t)l->options->films ? FILM_ERROR_FULL : FILM_ERROR_NONE;
}

// Each film is a member that comes and goes: nobody may have one begun ten times a second.
static bool too_soon(struct library *l, uint16_t member, uint64_t now_us)
{
    for (size_t i = 0; i < ARRAY_LEN(l->lately); i++)
        if (l->lately[i].member == member && now_us - l->lately[i].at_us < SOON_US)
            return true;
    l->lately[l->lately_next].member = member;
    l->lately[l->lately_next].at_us = now_us;
    l->lately_next = (l->lately_next + 1) % ARRAY_LEN(l->lately);
    return false;
}

static enum film_error play(struct library *l, const struct film_message *m, const struct call_member *by)
{
    const struct film *f = film_scan_find(l->scan, m->film);
    char name[CALL_NAME_MAX];
    if (!f || !film_playable(f))
        return f ? FILM_ERROR_BROKEN : FILM_ERROR_UNKNOWN;
    enum film_error error = make_room(l, m->room, by);
    if (error != FILM_ERROR_NONE)
        return error;
    struct film_player_config *c = base_alloc(sizeof *c);
    *c = (struct film_player_config){.group = l->group, .film = f, .name = name, .by = by->id, .room = m->room};
    memcpy(c->by_identity, by->identity, sizeof c->by_identity);
    name_for(l, f->title, name);
    for (unsigned i = 0; i < FILM_QUALITIES; i++)
        if (f->quality[i].way == FILM_DIRECT || f->quality[i].way == FILM_MADE)
            film_scan_path(l->scan, f->id, i, c->path[i]);
    struct film_player *p = film_player_create(c);
    free(c);
    if (!p)
        return FILM_ERROR_NOT_IN;
    l->said[l->count] = false;
    l->player[l->count++] = p;
    return film_player_start(p) ? FILM_ERROR_NONE : FILM_ERROR_NOT_IN;
}

static void on_told(void *ctx, const struct notice *n)
{
    static struct film_message m; // the owner's thread, like `message`
    struct library *l = ctx;
    const struct call_member *from = node_member(l->node, n->member);
    if (n->type != NOTICE_TELL || !from || !film_protocol_read(&m, n->text, strlen(n->text)))
        return;
    if (m.what == FILM_LIST || m.what == FILM_INFO)
        ask_later(l, &(struct question){from->id, m.what, m.from, m.film});
    if (m.what != FILM_PLAY || !call_trust_good(from->trust))
        return;
    enum film_error error = too_soon(l, from->id, clock_now_us()) ? FILM_ERROR_FULL : play(l, &m, from);
    log_info("library", "play film=%u room=%d by=%u refused=%s", m.film, m.room, from->id,
             film_protocol_error_name(error));
    if (error != FILM_ERROR_NONE)
        refuse(l, n->member, m.film, error);
}

static uint64_t serve_players(struct library *l, uint64_t now_us)
{
    uint64_t next = UINT64_MAX;
    for (size_t i = l->count; i-- > 0;) {
        struct film_player *p = l->player[i];
        const struct film_player_config *c = film_player_settings(p);
        next = base_sooner(next, film_player_serve(p, now_us));
        enum film_player_phase phase = film_player_phase(p);
        if (phase == FILM_PLAYER_HERE && !l->said[i]) {
            message = (struct film_message){.what = FILM_STARTED, .film = c->film->id, .member = film_player_member(p)};
            say(l, c->by, &message);
            l->said[i] = true;
        }
        if (phase == FILM_PLAYER_REFUSED)
            refuse(l, c->by, c->film->id, FILM_ERROR_NOT_IN);
        if (phase == FILM_PLAYER_REFUSED || phase == FILM_PLAYER_OVER)
            end(l, i);
    }
    return next;
}

// ---- what the room is told ----

// Another number when anything in the list is another.
static uint64_t sum_of(const struct library *l)
{
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < film_scan_count(l->scan); i++) {
        const struct film *f = film_scan_at(l->scan, i);
        h = (h ^ f->id) * 1099511628211u;
        for (unsigned k = 0; k < FILM_QUALITIES; k++)
            h = (h ^ f->quality[k].ms ^ (uint64_t)f->quality[k].way << 40 ^ (uint64_t)f->quality[k].why << 44 ^
                 (uint64_t)f->quality[k].height << 48) *
                1099511628211u;
    }
    return h;
}

// Not oftener than each second: while files that take long are looked into, the list grows by one after the other.
static void tell(struct library *l, uint64_t now_us)
{
    char about[80];
    uint64_t sum = film_scan_ready(l->scan) ? sum_of(l) : l->listed;
    if (l->told && (sum == l->listed || now_us - l->told_us < SECOND))
        return;
    l->told = true;
    l->told_us = now_us;
    l->listed = sum;
    snprintf(about, sizeof about, "{\"films\":%zu,\"list\":%u}", film_scan_count(l->scan), (unsigned)(sum >> 33));
    node_set_state(l->node, false, false, about);
}

// ---- IPC ----

static json_t *films_json(const struct library *l)
{
    static const char *const ways[] = {"missing", "direct", "made", "bad"};
    json_t *list = json_array();
    for (size_t i = 0; i < film_scan_count(l->scan); i++) {
        const struct film *f = film_scan_at(l->scan, i);
        json_t *has = json_array();
        for (unsigned k = 0; k < FILM_QUALITIES; k++) {
            char name[16];
            film_quality_name(f, k, name);
            if (f->quality[k].way != FILM_MISSING || !f->single)
                json_array_append_new(has, json_pack("{s:s,s:s,s:s}", "name", name, "way", ways[f->quality[k].way],
                                                     "why", film_why_name(f->quality[k].why)));
        }
        json_array_append_new(list, json_pack("{s:I,s:s,s:I,s:o}", "id", (json_int_t)f->id, "title", f->title, "ms",
                                              (json_int_t)f->ms, "qualities", has));
    }
    return list;
}

static json_t *playing_json(struct library *l)
{
    json_t *list = json_array();
    for (size_t i = 0; i < l->count; i++) {
        const struct film_player_config *c = film_player_settings(l->player[i]);
        json_array_append_new(list, json_pack("{s:s,s:i,s:i,s:b,s:I,s:b}", "title", c->film->title, "member",
                                              (int)film_player_member(l->player[i]), "by", (int)c->by, "room", c->room,
                                              "ms", (json_int_t)film_player_position_ms(l->player[i]), "ended",
                                              film_player_ended(l->player[i])));
    }
    return list;
}

static void serve_ipc(struct library *l)
{
    struct ipc_command c;
    while (l->ipc && ipc_take(l->ipc, &c)) {
        const char *name = json_string_value(json_array_get(c.args, 0)), *error = NULL;
        json_t *data = NULL;
        if (name && !strcmp(name, "films"))
            data = films_json(l);
        else if (name && !strcmp(name, "playing"))
            data = playing_json(l);
        else if (name && !strcmp(name, "quit"))
            l->quit = true;
        else
            error = "no such command";
        ipc_reply(l->ipc, &c, data, error);
    }
}

// ---- the loop ----

static void loop(struct library *l)
{
    const struct client_options *o = l->options;
    uint64_t started = clock_now_us(), deadline = 0;
    while (!l->quit && !node_group_ended()) {
        node_group_wait(l->group, deadline);
        serve_ipc(l);
        uint64_t now = clock_now_us();
        deadline = film_scan_tick(l->scan, now);
        tell(l, now);
        deadline = base_sooner(deadline, node_serve(l->node, now));
        deadline = base_sooner(deadline, answer_next(l, now));
        deadline = base_sooner(deadline, serve_players(l, now));
        if (node_phase(l->node) == NODE_OVER) {
            l->exit_code = node_exit_code(l->node);
            return;
        }
        l->quit |= o->time_limit && now - started >= (uint64_t)o->time_limit * SECOND;
    }
    l->exit_code = EXIT_OK;
}

static bool open_all(struct library *l)
{
    const char *dir = l->options->words[0];
    l->exit_code = EXIT_BAD_CONFIG;
    l->scan = film_scan_create(dir);
    if (!l->scan) {
        fprintf(stderr, "parlour: the folder %s cannot be read: %s.\n", dir, strerror(errno));
        return false;
    }
    if (!ipc_open(&l->ipc, l->options->ipc, node_group_wake, l->group))
        return false;
    l->exit_code = EXIT_INTERNAL;
    l->node = node_create(
        l->group, &(struct node_config){
                      .name = l->options->name, .kind = CALL_KIND_LIBRARY, .deaf = true, .ctx = l, .told = on_told});
    return l->node && node_start(l->node);
}

int library_run(const struct client_options *options)
{
    struct library *l = base_alloc(sizeof *l);
    film_input_bound_memory();
    l->options = options;
    l->group = node_group_create(options, &l->exit_code);
    if (l->group && open_all(l))
        loop(l);
    for (size_t i = 0; i < l->count; i++)
        film_player_stop(l->player[i]); // all say goodbye at once
    if (l->node)
        node_stop(l->node);
    for (size_t i = 0; i < l->count; i++) {
        film_player_join(l->player[i]);
        film_player_destroy(l->player[i]);
    }
    if (l->node)
        node_join(l->node);
    node_destroy(l->node);
    ipc_close(l->ipc);
    film_scan_destroy(l->scan);
    node_group_destroy(l->group);
    int exit_code = l->exit_code;
    free(l);
    return exit_code;
}
