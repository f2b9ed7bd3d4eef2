#include "judge.h"

#include "shared/bytes.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    WINDOW = 20, // moments
    CTR_AT = WIRE_TS_END + 1,
    PLAIN_RUN = 8,
    EARLY_US = 51000 // how often what waits for the window is looked at
};

__attribute__((format(printf, 3, 4))) static void wrong(struct judge *j, unsigned index, const char *format, ...)
{
    char what[160];
    va_list list;
    if (*j->wrong)
        return;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    snprintf(j->wrong, sizeof j->wrong, "at %.3f s, person %u: %s", (double)j->w->now_us / 1e6, index, what);
}

static uint64_t hash(const uint8_t *p, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return h | 1;
}

// ---- what a session lets out ----

// What people say and show is bytes that rise by one: sealed, no eight of them do.
static bool is_plain(const uint8_t *p, size_t n)
{
    size_t at = WIRE_MEDIA_CLEAR + 24;
    if (n < at + PLAIN_RUN + WIRE_SFRAME_TAG)
        return false;
    for (unsigned i = 1; i < PLAIN_RUN; i++)
        if ((uint8_t)(p[at + i] - p[at]) % 0x80 != i)
            return false;
    return true;
}

// A key seals each counter once. What one key has sealed goes out before what the next has.
static void check_counter(struct judge *j, unsigned index, const uint8_t *p)
{
    struct judge_person *x = &j->person[index];
    struct bytes_reader r = bytes_reader(p + CTR_AT, 4);
    uint32_t ctr = bytes_u32(&r);
    uint8_t slot = p[WIRE_HEADER - 1], key = p[WIRE_TS_END];
    uint64_t join_id = j->w->people[index].session.join_id;
    if (x->join_id != join_id)
        memset(x->sealed, 0, sizeof x->sealed);
    x->join_id = join_id;
    if (x->sealed[slot].any && x->sealed[slot].key == key && ctr < x->sealed[slot].next)
        wrong(j, index, "counter %u of slot %02x was used before", ctr, slot);
    x->sealed[slot].any = true;
    x->sealed[slot].key = key;
    x->sealed[slot].next = ctr + 1;
}

static void check_media(struct judge *j, unsigned index, const struct wire_header *h, const uint8_t *p, size_t n)
{
    struct judge_person *x = &j->person[index];
    unsigned at = h->hopseq % JUDGE_KEPT;
    uint64_t sum = hash(p + WIRE_HEADER - 1, n - WIRE_HEADER + 1);
    bool again = h->type == WIRE_RTX;
    if (is_plain(p, n))
        wrong(j, index, "what he says is sent unsealed");
    if (again && (h->hopseq > x->media || x->sent[at].number != h->hopseq || x->sent[at].hash != sum))
        wrong(j, index, "repeats what was not sent under number %u", h->hopseq);
    if (!again && h->hopseq <= x->media)
        wrong(j, index, "media number %u after %u", h->hopseq, x->media);
    if (again)
        return;
    x->media = h->hopseq;
    x->sent[at].number = h->hopseq;
    x->sent[at].hash = sum;
    check_counter(j, index, p);
}

static void follow_session(struct judge *j, unsigned index)
{
    struct judge_person *x = &j->person[index];
    const struct hop *hop = &j->w->people[index].session.hop;
    if (x->sessions == hop->sessions)
        return;
    x->sessions = hop->sessions;
    x->media = x->other = 0;
    memset(x->sent, 0, sizeof x->sent);
}

static void up(struct judge *j, unsigned index, const struct wire_header *h, const uint8_t *p, size_t n)
{
    struct judge_person *x = &j->person[index];
    const struct session *s = &j->w->people[index].session;
    bool media = h->type == WIRE_MEDIA || h->type == WIRE_RTX;
    follow_session(j, index);
    x->up_now.all += n;
    x->up_now.media += h->type == WIRE_MEDIA ? n : 0;
    x->up_now.again += h->type == WIRE_RTX ? n : 0;
    if (media && (s->hop.state != HOP_UP || !s->hop.has_keys))
        wrong(j, index, "media without keys");
    if (media) {
        check_media(j, index, h, p, n);
    } else if (h->type != WIRE_CTRL && h->hopseq <= x->other) {
        wrong(j, index, "number %u after %u", h->hopseq, x->other);
    }
    if (!media && h->type != WIRE_CTRL)
        x->other = h->hopseq;
}

static void on_datagram(void *ctx, unsigned index, bool is_up, const uint8_t *p, size_t n)
{
    struct judge *j = ctx;
    struct judge_person *x = &j->person[index];
    struct wire_header h;
    if (!wire_read(&h, p, n)) {
        wrong(j, index, "a datagram that is none");
    } else if (is_up) {
        up(j, index, &h, p, n);
    } else {
        x->down_now.all += n;
        x->down_now.media += h.type == WIRE_MEDIA ? n : 0;
        x->down_now.again += h.type == WIRE_RTX ? n : 0;
    }
}

// ---- now and then ----

static void check_queues(struct judge *j, unsigned index)
{
    const struct session *s = &j->w->people[index].session;
    const struct pacer *pacer = s->outflow.pacer;
    if (pacer && (pacer->used > PACER_RING || pacer->waiting_bytes > 600000))
        wrong(j, index, "%zu bytes wait to be sent", pacer->waiting_bytes);
    if (s->repair.next - s->repair.oldest > NET_REPAIR_SENT || s->repair.space_count > NET_REPAIR_SPACES)
        wrong(j, index, "repair keeps more than it may");
    if (s->parity_down.count > WORLD_PEOPLE * 8)
        wrong(j, index, "parity keeps %zu spaces", s->parity_down.count);
    if (s->rx.held_count > MEDIA_RX_HELD)
        wrong(j, index, "%zu datagrams wait for a key", s->rx.held_count);
    if (s->box_count)
        wrong(j, index, "%zu boxes were not sent", s->box_count);
    if (s->outflow.log && s->outflow.log->flight > 3000000)
        wrong(j, index, "%zu bytes under way", s->outflow.log->flight);
}

// In no second more is repeated than was sent for the first time in it, or in the one before.
static void check_repairs(struct judge *j, unsigned index, const char *way, const struct judge_flow *now,
                          const struct judge_flow *then, const struct judge_flow *before)
{
    uint64_t again = now->again - then->again, media = now->media - before->media;
    if (again > 2 * media + 10000)
        wrong(j, index, "%s: %llu bytes repeated in 2 s, %llu sent in 4", way, (unsigned long long)again,
              (unsigned long long)media);
}

static void check_rate(struct judge *j, unsigned index)
{
    struct judge_person *x = &j->person[index];
    const struct outflow *o = &j->w->people[index].session.outflow;
    const struct bandwidth *b = &o->bandwidth;
    double most = 0, took;
    if (!o->begun)
        return;
    x->beyond = b->target_bps <= b->limits.max_bps * 1.001 ? 0 : x->beyond + 1; // the next report brings it down
    if (!(b->target_bps >= b->limits.min_bps * 0.999) || x->beyond > WINDOW)
        wrong(j, index, "a rate of %.0f where %.0f to %.0f is allowed", b->target_bps, b->limits.min_bps,
              b->limits.max_bps);
    for (unsigned i = 0; i < WINDOW; i++)
        most = MAX(most, x->target[(j->moments - i) % JUDGE_MOMENTS]);
    took = (double)(x->up_now.all - x->up[(j->moments - WINDOW) % JUDGE_MOMENTS].all) * 8 / (WINDOW / 10.0);
    if (took > most * 2 + 200e3 + 2e6)
        wrong(j, index, "%.0f bit/s sent where %.0f fit", took, most);
}

static void check(struct judge *j, unsigned index)
{
    struct judge_person *x = &j->person[index];
    const struct world_person *p = &j->w->people[index];
    unsigned now = j->moments % JUDGE_MOMENTS, then = (j->moments - WINDOW) % JUDGE_MOMENTS,
             before = (j->moments + 1) % JUDGE_MOMENTS;
    x->target[now] = p->session.outflow.bandwidth.target_bps;
    if (j->moments >= JUDGE_MOMENTS) {
        check_repairs(j, index, "up", &x->up_now, &x->up[then], &x->up[before]);
        check_repairs(j, index, "down", &x->down_now, &x->down[then], &x->down[before]);
        check_rate(j, index);
    }
    x->up[now] = x->up_now;
    x->down[now] = x->down_now;
    check_queues(j, index);
    if (p->corrupt)
        wrong(j, index, "what came is not what was sent");
}

static void on_moment(void *ctx)
{
    struct judge *j = ctx;
    for (unsigned i = 0; i < WORLD_PEOPLE; i++)
        if (j->w->people[i].exists)
            check(j, i);
    if (j->w->late_us > EARLY_US)
        wrong(j, WORLD_PEOPLE, "a session had something to do %llu us before its time",
              (unsigned long long)j->w->late_us);
    j->moments++;
}

void judge_begin(struct judge *j, struct world *w)
{
    memset(j, 0, sizeof *j);
    j->w = w;
    w->watch = (struct world_watch){j, on_datagram, on_moment};
}

void judge_forget(struct judge *j, unsigned index)
{
    memset(&j->person[index], 0, sizeof j->person[index]);
}
