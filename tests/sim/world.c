#include "world.h"

#include "world_files.h"

#include "tests/random.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MS = 1000, STEP_US = 1000, TCP_RETRY_US = 250 * MS, WALL_S = 1700000000 };

double world_random(struct world *w)
{
    return random_part(&w->seed);
}

static void relay_random(void *ctx, void *out, size_t n)
{
    struct world *w = ctx;
    uint8_t *p = out;
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)random_next(&w->seed);
}

// ---- the relay's outlets ----

static void relay_emit(void *ctx, const uint8_t *bytes, size_t n, size_t segment, const struct addr *to)
{
    struct world *w = ctx;
    for (size_t at = 0; at < n; at += segment)
        world_path_down(w, bytes + at, MIN(segment, n - at), to);
}

static bool relay_event(void *ctx, const struct core_event *e)
{
    struct world *w = ctx;
    control_logic_event(w->logic, e, w->now_us);
    return true;
}

static void relay_send(void *ctx, uint32_t connection, char *text)
{
    struct world *w = ctx;
    for (unsigned i = 0; i < WORLD_PEOPLE; i++)
        if (w->people[i].exists && w->people[i].link_up && w->people[i].connection == connection)
            world_send(w, i, false, WORLD_CONTROL, text, strlen(text));
    free(text);
}

static void drop_link(struct world *w, unsigned i, bool tell_relay)
{
    struct world_person *p = &w->people[i];
    if (!p->link_up)
        return;
    p->link_up = p->broken = false;
    p->bridge.length = 0;
    p->connect_at_us = w->now_us + TCP_RETRY_US;
    if (tell_relay && w->logic && p->link.silent)
        world_leave_half_open(p, w->now_us);
    else if (tell_relay && w->logic)
        control_logic_closed(w->logic, p->connection, w->now_us);
    p->tick_us = 0;
    if (p->exists)
        session_link_down(&p->session, w->now_us);
}

static void relay_close(void *ctx, uint32_t connection)
{
    struct world *w = ctx;
    for (unsigned i = 0; i < WORLD_PEOPLE; i++)
        if (w->people[i].link_up && w->people[i].connection == connection)
            drop_link(w, i, true);
}

static void relay_command(void *ctx, const struct core_command *command)
{
    struct world *w = ctx;
    if (w->command_count < ARRAY_LEN(w->commands))
        w->commands[w->command_count++].c = *command;
}

void world_relay_start(struct world *w)
{
    struct core_config core = {.emit = relay_emit, .event = relay_event, .ctx = w};
    core.ticket_key = w->ticket_key;
    relay_random(w, core.boot_nonce, 16);
    relay_random(w, core.boot_secret, 16);
    struct control_logic_config logic = {.cold = w->boots > 0 && !w->key_lost,
                                         .media_port = 5001,
                                         .random = relay_random,
                                         .send = relay_send,
                                         .close = relay_close,
                                         .command = relay_command,
                                         .ctx = w};
    logic.ticket_key = w->ticket_key;
    w->boots++;
    w->boot_us = w->now_us;
    w->key_lost = false;
    w->command_count = 0;
    w->core = core_create(&core, WALL_S + w->now_us / 1000000);
    w->logic = control_logic_create(&logic, w->now_us, WALL_S + w->now_us / 1000000);
}

void world_lose_key(struct world *w)
{
    w->key_lost = true;
    relay_random(w, w->ticket_key, sizeof w->ticket_key);
}

void world_order(struct world *w, unsigned index, enum command_order order, unsigned about, bool on)
{
    struct command *c = command_new(COMMAND_HOST);
    c->order = order;
    c->member = w->people[about].session.self;
    c->flag = on;
    session_command(&w->people[index].session, c, w->now_us);
}

void world_relay_kill(struct world *w)
{
    for (unsigned i = 0; i < WORLD_PEOPLE; i++) {
        drop_link(w, i, false);
        memset(w->people[i].half_open, 0, sizeof w->people[i].half_open);
        w->people[i].half_open_us = 0;
    }
    core_destroy(w->core);
    control_logic_destroy(w->logic);
    w->core = NULL;
    w->logic = NULL;
    world_cut_relay(w);
}

// ---- a session's outlets ----

struct handle { // who a callback belongs to
    struct world *w;
    unsigned index;
};
static struct handle handles[WORLD_PEOPLE];

static struct world_person *me(void *ctx)
{
    struct handle *h = ctx;
    return &h->w->people[h->index];
}

static void on_datagram(void *ctx, const uint8_t *p, size_t n)
{
    struct handle *h = ctx;
    me(ctx)->let_out += p[0] != WIRE_PROBE; // which may begin at any time
    world_path_up(h->w, h->index, p, n);
}

static void on_fresh_socket(void *ctx)
{
    struct handle *h = ctx;
    struct world_person *p = me(ctx);
    char host[32];
    snprintf(host, sizeof host, "10.0.0.%u", h->index + 1);
    addr_literal(&p->addr, host, (uint16_t)(20000 + h->index * 1000 + ++p->port % 1000));
}

static void on_media_address(void *ctx, const char *host, uint16_t port)
{
    struct handle *h = ctx;
    (void)host;
    (void)port;
    world_path_begin(h->w, me(ctx));
}

static void on_control(void *ctx, char *text)
{
    struct handle *h = ctx;
    me(ctx)->let_out++;
    if (me(ctx)->link_up)
        world_send(h->w, h->index, true, WORLD_CONTROL, text, strlen(text));
    free(text);
}

static void roster_change(struct world_person *p, uint16_t id, bool add)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < p->roster_count; i++)
        if (p->roster[i] != id)
            p->roster[kept++] = p->roster[i];
    p->roster_count = kept;
    if (add && kept < ARRAY_LEN(p->roster))
        p->roster[p->roster_count++] = id;
}

static void on_notice(void *ctx, struct notice *n)
{
    struct handle *h = ctx;
    struct world_person *p = me(ctx);
    p->let_out++;
    world_calls_notice(h->w, h->index, n);
    world_files_notice(h->w, h->index, n);
    switch (n->type) {
    case NOTICE_ROOM:
        p->in_room = true;
        p->code = n->code;
        memcpy(p->key, n->invite_key, sizeof p->key);
        break;
    case NOTICE_JOINED:
        p->joined++;
        roster_change(p, n->member, true);
        break;
    case NOTICE_LEFT:
        p->left++;
        roster_change(p, n->member, false);
        break;
    case NOTICE_AWAY:
        p->away += n->flag;
        break;
    case NOTICE_KEY:
        p->keys++;
        break;
    case NOTICE_CHAT:
        p->chats++;
        snprintf(p->last_chat, sizeof p->last_chat, "%s", n->text);
        p->older += n->older;
        p->missed += n->missed;
        p->alone += n->alone;
        snprintf(p->said + strlen(p->said), sizeof p->said - strlen(p->said), "%s%s: %s\n", n->older ? "(older) " : "",
                 n->name, n->text);
        break;
    case NOTICE_STATE:
        p->state.kind = n->kind;
        p->state.screen = n->screen;
        p->state.recording = n->recording;
        snprintf(p->state.about, sizeof p->state.about, "%s", n->text ? n->text : "");
        break;
    case NOTICE_TELL:
        snprintf(p->tells + strlen(p->tells), sizeof p->tells - strlen(p->tells), "%s%s\n", n->alone ? "(alone) " : "",
                 n->text);
        break;
    case NOTICE_CHAT_LOST:
        p->chat_lost++;
        break;
    case NOTICE_DELIVERED:
        p->delivered++;
        break;
    case NOTICE_MUTE:
        p->mutes++;
        break;
    case NOTICE_NOT_DONE:
        p->not_done++;
        break;
    case NOTICE_KNOCK:
        p->knock = n->knock;
        break;
    case NOTICE_CONNECTION:
        p->up_now = n->flag;
        break;
    case NOTICE_REFUSED:
        p->refused = true;
        p->in_room = false;
        p->roster_count = 0;
        break;
    default:
        break;
    }
    notice_free(n);
}

static void on_audio(void *ctx, const struct media_packet *m)
{
    world_audio(((struct handle *)ctx)->w, me(ctx), m);
}

static void on_video(void *ctx, uint16_t member, uint8_t slot, struct recv_frame *frame)
{
    (void)slot;
    world_video(((struct handle *)ctx)->w, me(ctx), member, frame);
}

static void on_clock_map(void *ctx, uint16_t member, uint8_t slot, uint32_t ts, uint64_t local_us)
{
    (void)ctx;
    (void)member;
    (void)slot;
    (void)ts;
    (void)local_us;
}

static void on_gone(void *ctx, uint16_t member)
{
    (void)ctx;
    (void)member;
}

static void on_keyframe(void *ctx, uint8_t slot)
{
    me(ctx)->keyframe_asks++;
    me(ctx)->keyframe_due |= 1u << wire_layer(slot);
}

static void on_rates(void *ctx, const struct outflow_rates *rates)
{
    struct world_person *p = me(ctx);
    for (unsigned i = 0; i < BUDGET_LAYERS; i++)
        if (rates->camera[i].kbps && !p->rates.camera[i].kbps)
            p->keyframe_due |= 1u << i;
    p->rates = *rates;
}

static void on_hold(void *ctx, bool hold)
{
    me(ctx)->hold = hold;
}

// ---- people ----

struct world *world_create(uint64_t seed)
{
    struct world *w = calloc(1, sizeof *w);
    w->seed = seed;
    w->now_us = 1000000;
    w->step_us = STEP_US;
    relay_random(w, w->ticket_key, 32);
    world_network_create(w);
    world_relay_start(w);
    return w;
}

void world_remove(struct world *w, unsigned index)
{
    struct world_person *p = &w->people[index];
    if (!p->exists)
        return;
    p->exists = false; // before the link falls: the dead hear nothing
    drop_link(w, index, true);
    session_destroy(&p->session);
    world_path_destroy(p);
    world_calls_forget(p);
}

void world_destroy(struct world *w)
{
    for (unsigned i = 0; i < WORLD_PEOPLE; i++)
        world_remove(w, i);
    if (w->core) {
        core_destroy(w->core);
        control_logic_destroy(w->logic);
    }
    world_network_destroy(w);
    free(w);
}

struct world_person *world_add(struct world *w, unsigned index, const char *name)
{
    struct world_person *p = &w->people[index];
    struct session_config config = {0};
    struct session_io io = {.ctx = &handles[index],
                            .datagram = on_datagram,
                            .fresh_socket = on_fresh_socket,
                            .media_address = on_media_address,
                            .control = on_control,
                            .notice = on_notice,
                            .audio = on_audio,
                            .video = on_video,
                            .clock_map = on_clock_map,
                            .gone = on_gone,
                            .keyframe = on_keyframe,
                            .rates = on_rates,
                            .hold = on_hold};
    struct world_person before = *p; // the relay may still have connections of his
    memset(p, 0, sizeof *p);
    memcpy(p->half_open, before.half_open, sizeof p->half_open);
    p->half_open_us = before.half_open_us;
    handles[index] = (struct handle){w, index};
    p->exists = p->sending = true;
    p->link = (struct world_link){.delay_us = 20 * MS, .jitter_us = 2 * MS};
    p->connect_at_us = w->now_us;
    snprintf(config.name, sizeof config.name, "%s", name);
    if (!w->has_identity[index])
        relay_random(w, w->identity_seed[index], sizeof w->identity_seed[index]);
    w->has_identity[index] = true;
    crypto_sign_seed_keypair(config.identity, p->identity_secret, w->identity_seed[index]);
    memcpy(w->identity[index], config.identity, sizeof w->identity[index]);
    config.identity_secret = p->identity_secret;
    config.registers = w->registers;
    config.camera_kbps = w->camera_kbps;
    on_fresh_socket(&handles[index]);
    world_path_create(p);
    session_init(&p->session, &config, &io);
    return p;
}

void world_create_room(struct world *w, unsigned index)
{
    session_command(&w->people[index].session, command_new(COMMAND_CREATE), w->now_us);
}

void world_join(struct world *w, unsigned index, unsigned host)
{
    struct command *c = command_new(COMMAND_JOIN);
    c->code = w->people[host].code;
    c->has_invite_key = true;
    memcpy(c->invite_key, w->people[host].key, sizeof c->invite_key);
    session_command(&w->people[index].session, c, w->now_us);
}

void world_leave(struct world *w, unsigned index)
{
    session_command(&w->people[index].session, command_new(COMMAND_LEAVE), w->now_us);
    w->people[index].in_room = false;
    w->people[index].roster_count = 0;
}

void world_move(struct world *w, unsigned index, bool noticed)
{
    struct world_person *p = &w->people[index];
    on_fresh_socket(&handles[index]);
    p->tick_us = 0;
    if (!noticed)
        return;
    world_path_moved(w, p);
    drop_link(w, index, true);
}

void world_break_link(struct world *w, unsigned index)
{
    drop_link(w, index, true);
}

// ---- time ----

static void deliver(struct world *w, struct world_packet *p)
{
    struct world_person *x = &w->people[p->person];
    bool same_connection = x->link_up && x->link_number == p->link;
    x->tick_us = p->up ? x->tick_us : 0;
    if (p->kind == WORLD_DATAGRAM ? !p->up && !(x->exists && addr_equal(&p->from, &x->addr)) : !same_connection)
        return;
    if (p->kind != WORLD_CONTROL && p->up && w->core)
        core_datagram(w->core, p->data, p->size, &p->from, w->now_us);
    else if (p->kind != WORLD_CONTROL && !p->up && x->exists)
        world_path_take(w, p->person, p->kind == WORLD_STREAMED, p->data, p->size);
    else if (p->kind == WORLD_CONTROL && p->up && w->logic)
        control_logic_message(w->logic, x->connection, (char *)p->data, p->size, w->now_us);
    else if (p->kind == WORLD_CONTROL && !p->up && x->exists)
        session_control(&x->session, (char *)p->data, p->size, w->now_us);
}

static void deliver_due(struct world *w)
{
    struct world_packet *p;
    while ((p = world_take_due(w))) {
        for (unsigned i = 1; i < p->copies; i++) { // who gets it may decrypt it in place
            struct world_packet *copy = malloc(sizeof *p + p->size + 1);
            memcpy(copy, p, sizeof *p + p->size + 1);
            deliver(w, copy);
            free(copy);
        }
        deliver(w, p);
        free(p);
    }
}

static void link_person(struct world *w, struct world_person *p)
{
    p->connection = control_logic_open(w->logic, &p->addr, w->now_us);
    p->link_up = p->connection != ROOM_NO_CONN;
    p->link_number = ++w->links;
    p->connect_at_us = w->now_us + TCP_RETRY_US;
    p->tick_us = 0;
    if (p->link_up)
        session_link_up(&p->session, w->now_us);
}

static void tick(struct world *w, struct world_person *p)
{
    p->ticks++;
    p->tick_us = session_tick(&p->session, w->now_us);
}

// Who has nothing to do before his time must do nothing when he is called before it.
static void tick_early(struct world *w, struct world_person *p)
{
    uint64_t before = p->let_out, due_us = p->tick_us;
    tick(w, p);

    if (p->let_out != before)
        w->late_us = MAX(w->late_us, due_us - w->now_us);
}

static void step_person(struct world *w, unsigned i)
{
    struct world_person *p = &w->people[i];
    world_end_half_open(w, p);
    if (!p->exists)
        return;
    if (p->broken)
        drop_link(w, i, true);
    if (!p->link_up && w->logic && !p->link.cut && w->now_us >= p->connect_at_us)
        link_person(w, p);
    world_media_step(w, p);
    world_calls_step(w, i);
    world_files_step(w, i);
    world_path_follow(w, p);
    if (w->now_us >= p->tick_us)
        tick(w, p);
    else if (w->early > 0 && world_random(w) < w->early)
        tick_early(w, p);
}

static uint64_t person_due(const struct world *w, const struct world_person *p)
{
    uint64_t due = p->half_open_us ? p->half_open_us : UINT64_MAX;
    if (!p->exists)
        return due;
    if (p->broken)
        return 0;
    if (!p->link_up && w->logic && !p->link.cut)
        due = MIN(due, p->connect_at_us);
    return MIN(MIN(due, world_media_due(p)), MIN(world_calls_due(p), p->tick_us));
}

// The next step of time at which something can happen: nothing is lost by going there at once.
static void skip(struct world *w, uint64_t end)
{
    uint64_t due = end;
    for (unsigned i = 0; i < WORLD_PEOPLE; i++)
        due = MIN(due, person_due(w, &w->people[i]));
    due = MIN(due, w->lines_due_us);
    if (w->core)
        due = MIN(due, w->command_count ? 0 : MIN(w->core_tick_us, w->logic_tick_us));
    uint64_t steps = due > w->now_us ? (due - w->now_us + w->step_us - 1) / w->step_us : 0;
    w->now_us += MAX(steps, 1u) * w->step_us;
}

void world_run(struct world *w, uint64_t ms)
{
    uint64_t end = w->now_us + ms * MS;
    for (unsigned i = 0; i < WORLD_PEOPLE; i++) // tests do things between two runs
        w->people[i].tick_us = 0;
    while (w->now_us < end) {
        skip(w, end);
        world_network_step(w);
        deliver_due(w);
        for (unsigned i = 0; i < WORLD_PEOPLE; i++)
            step_person(w, i);
        if (w->watch.moment && w->now_us >= w->moment_us) {
            w->moment_us = w->now_us + WORLD_MOMENT_US;
            w->watch.moment(w->watch.ctx);
        }
        if (!w->core)
            continue;
        for (unsigned i = 0; i < w->command_count; i++)
            core_command(w->core, &w->commands[i].c, w->now_us);
        w->command_count = 0;
        uint64_t wall = WALL_S + w->now_us / 1000000;
        if (w->now_us >= w->core_tick_us) {
            core_tick(w->core, w->now_us, wall);
            w->core_tick_us = w->now_us + CORE_TICK_US;
        }
        if (w->now_us >= w->logic_tick_us) {
            control_logic_tick(w->logic, w->now_us, wall);
            w->logic_tick_us = w->now_us + CONTROL_LOGIC_TICK_US;
        }
    }
}
