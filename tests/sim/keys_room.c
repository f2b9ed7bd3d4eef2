#include "keys_room.h"

#include "shared/box.h"
#include "shared/control.h"
#include "tests/random.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MS = 1000, POLL_US = 5 * MS };

enum kind { UP, DOWN, ENTERS, LEAVES, ROOM, JOINED, LEFT, MEDIA };

struct keys_room_packet {
    uint64_t due_us, order, first_us;
    enum kind kind;
    unsigned from, to;
    uint8_t *data;
    size_t size;
};

// ---- the way ----

static uint64_t chance(struct keys_room *r)
{
    return random_next(&r->seed);
}

static bool earlier(const struct keys_room_packet *a, const struct keys_room_packet *b)
{
    return a->due_us < b->due_us || (a->due_us == b->due_us && a->order < b->order);
}

static void put(struct keys_room *r, struct keys_room_packet p)
{
    if (r->heap_count == r->heap_max) {
        r->heap_max = r->heap_max ? 2 * r->heap_max : 1024;
        r->heap = realloc(r->heap, r->heap_max * sizeof *r->heap);
    }
    p.order = r->order++;
    size_t i = r->heap_count++;
    for (; i > 0 && earlier(&p, &r->heap[(i - 1) / 2]); i = (i - 1) / 2)
        r->heap[i] = r->heap[(i - 1) / 2];
    r->heap[i] = p;
}

static struct keys_room_packet take(struct keys_room *r)
{
    struct keys_room_packet first = r->heap[0], last = r->heap[--r->heap_count];
    size_t i = 0;
    for (size_t child = 1; child < r->heap_count; child = 2 * i + 1) {
        if (child + 1 < r->heap_count && earlier(&r->heap[child + 1], &r->heap[child]))
            child++;
        if (!earlier(&r->heap[child], &last))
            break;
        r->heap[i] = r->heap[child];
        i = child;
    }
    r->heap[i] = last;
    return first;
}

static void send_up(struct keys_room *r, unsigned who, enum kind kind, char *text)
{
    struct keys_room_person *p = &r->people[who];
    if ((p->mute && kind == UP) || p->cut) {
        free(text);
        return;
    }
    p->up_us = MAX(p->up_us, r->now_us + p->delay_us);
    p->bytes_up += text ? strlen(text) : 0;
    put(r,
        (struct keys_room_packet){
            .due_us = p->up_us, .kind = kind, .from = who, .data = (uint8_t *)text, .size = text ? strlen(text) : 0});
}

static void send_down(struct keys_room *r, unsigned to, enum kind kind, unsigned about, const char *text)
{
    struct keys_room_person *p = &r->people[to];
    p->bytes_down += text ? strlen(text) : 0;
    p->down_us = MAX(p->down_us, r->now_us + p->delay_us + p->late_us);
    put(r, (struct keys_room_packet){.due_us = p->down_us,
                                     .kind = kind,
                                     .from = about,
                                     .to = to,
                                     .data = text ? (uint8_t *)base_strdup(text) : NULL,
                                     .size = text ? strlen(text) : 0});
}

// ---- a member ----

static uint64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

struct mouth { // room_keys_io's ctx
    struct keys_room *r;
    unsigned who;
};

static void flush(void *ctx)
{
    struct mouth *m = ctx;
    struct keys_room_person *p = &m->r->people[m->who];
    for (uint64_t from = 0; from < p->box_count; from += WIRE_ROOM_MEMBERS_MAX) {
        struct control c = {.type = CONTROL_BOX};
        c.box.count = MIN(p->box_count - from, (size_t)WIRE_ROOM_MEMBERS_MAX);
        memcpy(c.box.boxes, p->boxes + from, c.box.count * sizeof *p->boxes);
        send_up(m->r, m->who, UP, control_write(&c));
    }
    for (uint64_t i = 0; i < p->box_count; i++)
        free((char *)p->boxes[i].data);
    p->box_count = 0;
}

static void box(void *ctx, uint16_t to, char *data)
{
    struct mouth *m = ctx;
    struct keys_room_person *p = &m->r->people[m->who];
    uint8_t raw[16], first[25] = "", key[32];
    size_t n;
    uint64_t number = 0;
    memcpy(first, data, 20);
    bool read = keys_unbase64(raw, sizeof raw, &n, (char *)first);
    for (unsigned i = 0; read && i < 8; i++)
        number = number << 8 | raw[i + (to == 0)];
    const struct room_keys_peer *peer = to ? room_keys_find(&p->keys, to) : NULL;
    if (peer)
        memcpy(key, room_keys_secret_of(&p->keys, peer)->tx, 32);
    else
        keys_message(key, raw[0] == p->keys.current_number ? p->keys.secret->current : p->keys.secret->next);
    keys_room_used(m->r, key, "box", 0, number);
    if (p->box_count == 4 * WIRE_ROOM_MEMBERS_MAX)
        flush(ctx);
    p->boxes[p->box_count++] = (struct control_box){to, data};
    p->boxes_sent++;
}

static void tick(struct keys_room *r, unsigned who)
{
    struct keys_room_person *p = &r->people[who];
    uint8_t before = p->keys.current_number;
    bool announced = p->keys.announced;
    uint64_t begin = cpu_ns();
    p->tick_us = room_keys_tick(&p->keys, r->now_us);
    flush(p->keys.io.ctx);
    p->cpu_ns += cpu_ns() - begin;
    if (p->keys.current_number != before || announced != p->keys.announced) {
        p->switched_us = r->now_us;
        p->switches++;
    }
}

static void state_to(struct keys_room_person *p, uint16_t id)
{
    uint64_t n;
    room_keys_send(&p->keys, id, "{\"kind\":\"state\",\"mic\":true,\"cam\":false,\"hand\":false}", &n);
}

static void meets(struct keys_room *r, unsigned who, unsigned other)
{
    struct keys_room_person *p = &r->people[who], *o = &r->people[other];
    struct keys_side side = {.join_id = o->join_id};
    memcpy(side.identity, o->identity, 32);
    memcpy(side.key, o->keys.join_public, 32);
    uint64_t begin = cpu_ns();
    if (room_keys_add(&p->keys, o->id, &side, r->now_us))
        state_to(p, o->id);
    p->cpu_ns += cpu_ns() - begin;
}

static void hears_box(struct keys_room *r, struct keys_room_person *p, const struct keys_room_packet *x)
{
    struct control c;
    char *text = NULL;
    uint64_t n, begin = cpu_ns();
    if (!control_read(&c, (const char *)x->data, x->size))
        abort();
    enum room_keys_box kind =
        room_keys_open(&p->keys, c.box.from, c.box.alone ? p->id : c.box.to, c.box.boxes[0].data, r->now_us, &text, &n);
    p->cpu_ns += cpu_ns() - begin;
    p->bad += kind == ROOM_KEYS_BAD;
    if (kind == ROOM_KEYS_TEXT && !strstr(text, "\"state\"")) {
        p->texts++;
        snprintf(p->text, sizeof p->text, "%s", text);
    }
    if (kind == ROOM_KEYS_ASKED)
        state_to(p, c.box.from);
    free(text);
    control_free(&c);
    if (kind == ROOM_KEYS_NEW_BASE)
        keys_room_learn(r, p);
}

// ---- media ----

static void send_media(struct keys_room *r, unsigned who)
{
    struct keys_room_person *p = &r->people[who];
    static const uint8_t metadata[SEAL_METADATA], clear[KEYS_ROOM_PAYLOAD];
    uint8_t out[KEYS_ROOM_PAYLOAD + SEAL_HEADER + SEAL_TAG];
    struct seal_key *key = room_keys_sealing(&p->keys, KEYS_ROOM_SLOT);
    p->media_us = r->now_us + r->media_period_us;
    if (!key)
        return;
    keys_room_used(r, p->keys.secret->current, "media", KEYS_ROOM_SLOT, key->ctr);
    size_t n = seal_packet(key, metadata, clear, KEYS_ROOM_PAYLOAD, out);
    keys_room_record(r, who, true, 0, out, n);
    for (unsigned i = 0; i < r->count; i++) {
        struct keys_room_person *to = &r->people[i];
        if (!to->here || i == who)
            continue;
        uint64_t jitter = to->jitter_us ? chance(r) % to->jitter_us : 0;
        uint8_t *data = base_alloc(n);
        memcpy(data, out, n);
        put(r, (struct keys_room_packet){.due_us = r->now_us + p->delay_us + to->delay_us + jitter,
                                         .kind = MEDIA,
                                         .from = who,
                                         .to = i,
                                         .data = data,
                                         .size = n});
    }
}

// True when it is done with; otherwise it waits for its key.
static bool hears_media(struct keys_room *r, struct keys_room_packet *x)
{
    struct keys_room_person *p = &r->people[x->to];
    uint8_t kid;
    uint64_t ctr;
    x->first_us = x->first_us ? x->first_us : r->now_us;
    if (!seal_peek(x->data, x->size, &kid, &ctr))
        abort();
    uint16_t sender = r->people[x->from].id;
    const struct room_keys_base *base = room_keys_base(&p->keys, sender, kid, r->now_us);
    if (!room_keys_find(&p->keys, sender))
        return true; // it has just left, or I have
    if (base && keys_room_opens(base->base, x->data, x->size)) {
        p->opened[x->from]++;
        return true;
    }
    if (base) {
        p->wrong++;
        return true;
    }
    if (room_keys_has(&p->keys, sender))
        room_keys_ask(&p->keys, sender, r->now_us);
    if (r->now_us - x->first_us < KEYS_ROOM_HOLD_US)
        return false;
    keys_room_lose(r, x->from, x->to, x->first_us, x->data, x->size);
    return true;
}

// ---- the relay ----

static unsigned by_id(const struct keys_room *r, uint16_t id)
{
    for (unsigned i = 0; i < r->count; i++)
        if (r->people[i].id == id)
            return i;
    return r->count;
}

static void hand_on(struct keys_room *r, unsigned from, unsigned to, bool to_all, const char *text)
{
    struct keys_room_person *p = &r->people[to];
    if (to < r->count && p->here && !p->cut && (!r->meddle || r->meddle(r, from, to, to_all, r->meddle_ctx)))
        send_down(r, to, DOWN, from, text);
}

static void relay_boxes(struct keys_room *r, const struct keys_room_packet *x)
{
    struct control c;
    if (!control_read(&c, (const char *)x->data, x->size))
        abort();
    for (size_t i = 0; i < c.box.count && r->people[x->from].here; i++) {
        struct control out = {.type = CONTROL_BOX};
        out.box.from = r->people[x->from].id;
        out.box.to = c.box.boxes[i].to;
        out.box.alone = out.box.to != 0;
        out.box.boxes[0] = c.box.boxes[i];
        out.box.count = 1;
        char *text = control_write(&out);
        keys_room_record(r, x->from, false, out.box.to, c.box.boxes[i].data, strlen(c.box.boxes[i].data));
        if (out.box.to)
            hand_on(r, x->from, by_id(r, out.box.to), false, text);
        for (unsigned to = 0; to < r->count && !out.box.to; to++)
            if (to != x->from)
                hand_on(r, x->from, to, true, text);
        free(text);
    }
    control_free(&c);
}

static void relay_lets_in(struct keys_room *r, unsigned who)
{
    struct keys_room_person *p = &r->people[who];
    p->here = true;
    p->here_us = r->now_us;
    send_down(r, who, ROOM, who, NULL);
    for (unsigned i = 0; i < r->count; i++) {
        if (!r->people[i].here || i == who)
            continue;
        send_down(r, i, JOINED, who, NULL);
        send_down(r, who, JOINED, i, NULL);
    }
}

static void relay_lets_go(struct keys_room *r, unsigned who)
{
    r->people[who].here = r->people[who].sending = false;
    r->people[who].here_us = r->now_us;
    for (unsigned i = 0; i < r->count; i++)
        if (r->people[i].here)
            send_down(r, i, LEFT, who, NULL);
}

// ---- time ----

static void happen(struct keys_room *r, struct keys_room_packet *x)
{
    struct keys_room_person *p = &r->people[x->to];
    switch (x->kind) {
    case UP:
        relay_boxes(r, x);
        return;
    case ENTERS:
        relay_lets_in(r, x->from);
        return;
    case LEAVES:
        relay_lets_go(r, x->from);
        return;
    case ROOM:
        room_keys_enter(&p->keys, r->room, p->id, p->join_id);
        break;
    case JOINED:
        meets(r, x->to, x->from);
        break;
    case LEFT:
        room_keys_remove(&p->keys, r->people[x->from].id, r->now_us);
        break;
    case DOWN:
        if (p->here)
            hears_box(r, p, x);
        break;
    case MEDIA:
        if (p->here && !hears_media(r, x)) {
            x->due_us = r->now_us + POLL_US;
            put(r, *x);
            x->data = NULL;
        }
        break;
    }
    // What lies in the socket is read in one go before the clock is looked at.
    if (p->here && (!r->heap_count || r->heap[0].to != x->to || r->heap[0].due_us > r->now_us))
        tick(r, x->to);
    else
        p->tick_us = r->now_us;
}

void keys_room_run(struct keys_room *r, uint64_t until_us)
{
    for (;;) {
        uint64_t next = r->heap_count ? r->heap[0].due_us : UINT64_MAX;
        for (unsigned i = 0; i < r->count; i++) {
            struct keys_room_person *p = &r->people[i];
            if (p->here)
                next = MIN(next, p->sending ? MIN(p->tick_us, p->media_us) : p->tick_us);
        }
        if (next > until_us)
            break;
        r->now_us = MAX(r->now_us, next);
        while (r->heap_count && r->heap[0].due_us <= r->now_us) {
            struct keys_room_packet x = take(r);
            happen(r, &x);
            free(x.data);
        }
        for (unsigned i = 0; i < r->count; i++) {
            struct keys_room_person *p = &r->people[i];
            if (p->here && p->tick_us <= r->now_us)
                tick(r, i);
            if (p->here && p->sending && p->media_us <= r->now_us)
                send_media(r, i);
        }
    }
    r->now_us = until_us;
}

// ---- what tests do ----

struct keys_room *keys_room_create(uint64_t seed)
{
    struct keys_room *r = base_alloc(sizeof *r);
    r->seed = seed;
    r->now_us = 1000 * MS;
    r->room = 0x1234;
    r->media_period_us = 20 * MS;
    randombytes_buf(r->invite, sizeof r->invite);
    return r;
}

void keys_room_free(struct keys_room *r)
{
    for (unsigned i = 0; i < r->count; i++) {
        struct keys_room_person *p = &r->people[i];
        for (uint64_t b = 0; b < p->box_count; b++)
            free((char *)p->boxes[b].data);
        free(p->keys.io.ctx);
        room_keys_destroy(&p->keys);
        free(p->boxes);
        free(p->known);
    }
    for (size_t i = 0; i < r->heap_count; i++)
        free(r->heap[i].data);
    for (size_t i = 0; i < r->record_count; i++)
        free(r->records[i].data);
    free(r->heap);
    free(r->records);
    free(r->lost);
    free(r->uses);
    free(r);
}

unsigned keys_room_enter(struct keys_room *r, uint64_t delay_us)
{
    unsigned who = r->count++;
    struct keys_room_person *p = &r->people[who];
    struct mouth *m = base_alloc(sizeof *m);
    if (who == KEYS_ROOM_PEOPLE)
        abort();
    *m = (struct mouth){r, who};
    *p = (struct keys_room_person){.exists = true, .id = (uint16_t)(who + 1), .delay_us = delay_us};
    p->join_id = chance(r);
    p->tick_us = UINT64_MAX;
    p->boxes = base_alloc(4 * WIRE_ROOM_MEMBERS_MAX * sizeof *p->boxes);
    crypto_sign_keypair(p->identity, p->secret);
    room_keys_init(&p->keys, &(struct room_keys_io){m, box, flush}, p->identity, p->secret);
    room_keys_begin(&p->keys);
    room_keys_set_invite(&p->keys, r->invite);
    send_up(r, who, ENTERS, NULL);
    return who;
}

void keys_room_leave(struct keys_room *r, unsigned who)
{
    send_up(r, who, LEAVES, NULL);
}

void keys_room_cut(struct keys_room *r, unsigned who)
{
    r->people[who].cut = true;
}

void keys_room_reconnect(struct keys_room *r, unsigned who)
{
    r->people[who].cut = false;
    room_keys_announce(&r->people[who].keys, r->now_us);
    tick(r, who);
}

void keys_room_say(struct keys_room *r, unsigned who, unsigned to, const char *text)
{
    uint64_t n;
    room_keys_send(&r->people[who].keys, to == who ? 0 : r->people[to].id, text, &n);
    tick(r, who);
}

bool keys_room_holds(const struct keys_room *r, unsigned who, unsigned sender)
{
    const struct room_keys *mine = &r->people[who].keys, *theirs = &r->people[sender].keys;
    const struct room_keys_base *base =
        room_keys_base(mine, r->people[sender].id, theirs->current_number % 8, r->now_us);
    return base && memcmp(base->base, theirs->secret->current, 32) == 0;
}

bool keys_room_settled(const struct keys_room *r)
{
    for (unsigned i = 0; i < r->count; i++)
        for (unsigned j = 0; j < r->count; j++)
            if (i != j && r->people[i].here && r->people[j].here &&
                (!keys_room_holds(r, i, j) || !room_keys_confirmed(&r->people[i].keys, r->people[j].id)))
                return false;
    return true;
}
