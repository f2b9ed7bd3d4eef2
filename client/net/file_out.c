#include "file_out.h"

#include <math.h>
#include <string.h>

enum {
    OVERHEAD = 76, // of a chunk on the wire: hop, seal, UDP and IP headers
    BASE_US = 30000000,
    ENOUGH_US = 16000,
    RANDOM_US = 8000, // less of a queue than this: what was lost was not lost to it
    TARGET_US = 20000,
    YIELD_FIRST = 2, // chunks
    YIELD_LEAST = 1,
    LOST_OF = 128
};
static const double CHANCE = 0.3; // more than this is lost by no chance, but to a limit that has no queue

static struct file_out_chunk *chunk_of(struct file_out *o, uint32_t number)
{
    return &o->ring[number % FILE_WINDOW];
}

static double wire_bytes(const struct file_out_chunk *c)
{
    return c->size + (double)OVERHEAD;
}

void file_out_init(struct file_out *o, uint64_t peers, uint64_t now_us)
{
    memset(o, 0, offsetof(struct file_out, ring));
    reno_init(&o->reno, FILE_CHUNK + OVERHEAD);
    o->active = peers;
    o->progress_us = now_us;
    o->base_us = o->base_next_us = INFINITY;
    for (unsigned i = 0; i < FILE_OUT_PEERS; i++)
        o->peer[i] = (struct file_out_peer){.limit = FILE_WINDOW, .news_us = now_us};
}

void file_out_yield(struct file_out *o, bool yields)
{
    if (yields && !o->yields) {
        o->yield = YIELD_FIRST * (double)o->reno.mss;
        o->slow_start = true;
    }
    o->yields = yields;
}

double file_out_window(const struct file_out *o)
{
    return o->yields ? MIN(o->reno.cwnd, o->yield) : o->reno.cwnd;
}

unsigned file_out_room(const struct file_out *o)
{
    return o->ended ? 0 : FILE_WINDOW - (o->end - o->una);
}

void file_out_give(struct file_out *o, const uint8_t *data, size_t n)
{
    memcpy(o->data[o->end % FILE_WINDOW], data, n);
    struct file_out_chunk *c = chunk_of(o, o->end++);
    c->size = (uint16_t)n;
    c->times = 0;
    c->lost = false;
    c->missing = o->active;
}

void file_out_end(struct file_out *o)
{
    o->ended = true;
}

bool file_out_done(const struct file_out *o)
{
    return o->ended && o->una == o->end;
}

static bool under_way(const struct file_out_chunk *c)
{
    return c->times > 0 && c->missing && !c->lost;
}

// ---- what comes back ----

// He has it. Returns the bytes that nobody misses any more.
static double acked(struct file_out *o, uint32_t number, unsigned peer, uint64_t now_us)
{
    struct file_out_chunk *c = chunk_of(o, number);
    uint64_t bit = 1ull << peer;
    if (!(c->missing & bit) || c->times == 0)
        return 0;
    o->peer[peer].news_us = now_us;
    if (c->times == 1) // of one sent twice nobody knows which came
        o->peer[peer].turn = MAX(o->peer[peer].turn, c->turn);
    bool was = under_way(c);
    c->missing &= ~bit;
    if (c->missing)
        return 0;
    o->flight -= was ? wire_bytes(c) : 0;
    o->lost -= c->lost;
    c->lost = false;
    o->loss -= o->loss / LOST_OF;
    return wire_bytes(c);
}

static void move_on(struct file_out *o)
{
    for (; o->una < o->next && !chunk_of(o, o->una)->missing; o->una++)
        o->moved += chunk_of(o, o->una)->size;
}

// What three that were sent later have overtaken, for somebody who misses it, is lost.
static void find_lost(struct file_out *o)
{
    bool random = file_out_queue_us(o) < RANDOM_US;
    double flight = o->flight;
    bool any = false;
    for (uint32_t i = o->una; i < o->next; i++) {
        struct file_out_chunk *c = chunk_of(o, i);
        if (!under_way(c))
            continue;
        for (uint64_t left = c->missing; left; left &= left - 1)
            if (c->turn + FILE_OUT_AFTER <= o->peer[__builtin_ctzll(left)].turn) {
                o->flight -= wire_bytes(c);
                c->lost = any = true;
                o->lost++;
                o->loss += (1 - o->loss) / LOST_OF;
                break;
            }
    }
    double chance = MIN(CHANCE * __builtin_popcountll(o->active), 2 * CHANCE); // of all it came to one missed it
    if (any && (!random || o->loss > chance)) // a way that loses without being full is not to be asked less of
        reno_lost(&o->reno, flight, o->next);
}

static void take_round_trip(struct file_out *o, uint64_t us, uint64_t now_us)
{
    reno_round_trip(&o->reno, us);
    o->rtt_us = (double)us;
    o->trip_us[o->trips++ % FILE_OUT_TRIPS] = (double)us;
    if (now_us >= o->base_at_us + BASE_US) {
        o->base_us = o->base_next_us;
        o->base_next_us = INFINITY;
        o->base_at_us = now_us;
    }
    o->base_next_us = MIN(o->base_next_us, (double)us);
    o->base_us = MIN(o->base_us, (double)us);
    if (file_out_queue_us(o) > ENOUGH_US)
        reno_enough(&o->reno);
}

double file_out_queue_us(const struct file_out *o)
{
    return isinf(o->base_us) ? 0 : o->rtt_us - o->base_us;
}

// One step for so many bytes acked: towards a queue of TARGET_US, seen through the quickest of the last round trips. In
// one of them up by a chunk at the most, down by half: chunk by chunk, what is too long would stand for seconds.
static void follow_queue(struct file_out *o, double bytes, bool full)
{
    double quickest = o->rtt_us, mss = o->reno.mss;
    for (unsigned i = 0; i < MIN(o->trips, (unsigned)FILE_OUT_TRIPS); i++)
        quickest = MIN(quickest, o->trip_us[i]);
    double queue_us = isinf(o->base_us) ? 0 : quickest - o->base_us;
    o->slow_start = o->slow_start && queue_us < TARGET_US * 3 / 4.0;
    double off = (TARGET_US - queue_us) / TARGET_US;
    double step = o->slow_start ? bytes : off > 0 ? off * bytes * mss / o->yield : MAX(off, -0.5) * bytes;
    if (step < 0 || full)
        o->yield = CLAMP(o->yield + step, YIELD_LEAST * mss, FILE_WINDOW * mss);
}

void file_out_ack(struct file_out *o, unsigned peer, const struct file_ack *ack, uint64_t now_us)
{
    struct file_out_peer *p = &o->peer[peer % FILE_OUT_PEERS];
    if (peer >= FILE_OUT_PEERS || !(o->active >> peer & 1) || ack->una > o->next)
        return;
    bool full = o->flight + 2 * (double)o->reno.mss > file_out_window(o);
    double bytes = 0;
    uint64_t turn = p->turn;
    for (uint32_t i = o->una; i < ack->una; i++)
        bytes += acked(o, i, peer, now_us);
    p->una = MAX(p->una, ack->una);
    if (ack->una + ack->window > p->limit) {
        p->limit = ack->una + ack->window;
        p->news_us = now_us;
    }
    for (uint32_t i = 0; i < FILE_ACK_BITS && ack->una + 1 + i < o->next; i++)
        if (file_ack_has(ack, i) && ack->una + 1 + i >= o->una)
            bytes += acked(o, ack->una + 1 + i, peer, now_us);
    uint32_t rtt_ms = (uint32_t)(now_us / 1000) - ack->echo_ms;
    if (p->turn != turn && rtt_ms < 60000)
        take_round_trip(o, rtt_ms * 1000ull, now_us);
    move_on(o);
    if (bytes > 0) {
        o->progress_us = now_us;
        reno_acked(&o->reno, bytes, o->una, full);
        if (o->yields)
            follow_queue(o, bytes, full);
    }
    find_lost(o);
}

void file_out_drop(struct file_out *o, unsigned peer, uint64_t now_us)
{
    o->active &= ~(1ull << peer);
    for (uint32_t i = o->una; i < o->end; i++) {
        struct file_out_chunk *c = chunk_of(o, i);
        bool was = under_way(c);
        c->missing &= o->active;
        if (was && !c->missing)
            o->flight -= wire_bytes(c);
        if (c->lost && !c->missing) {
            c->lost = false;
            o->lost--;
        }
    }
    move_on(o);
    o->progress_us = now_us;
}

uint64_t file_out_blockers(const struct file_out *o, uint64_t us, uint64_t now_us)
{
    uint64_t blockers = 0;
    bool all_came = o->una == o->next; // then it is room that somebody does not give
    for (uint64_t left = o->active; left; left &= left - 1) {
        const struct file_out_peer *p = &o->peer[__builtin_ctzll(left)];
        if (all_came ? p->limit == o->next && o->next < o->end && now_us - p->news_us > us
                     : p->una == o->una && now_us - p->news_us > us && now_us - o->progress_us < us)
            blockers |= left & -left;
    }
    return blockers == o->active ? 0 : blockers;
}

// ---- out ----

static uint32_t limit_of(const struct file_out *o)
{
    uint32_t limit = o->end;
    for (uint64_t left = o->active; left; left &= left - 1)
        limit = MIN(limit, o->peer[__builtin_ctzll(left)].limit);
    return limit;
}

bool file_out_waits(const struct file_out *o)
{
    return o->una < o->next || (o->next < o->end && limit_of(o) == o->next);
}

static bool may(const struct file_out *o)
{
    if (!o->active || (o->flight > 0 && o->flight + o->reno.mss > file_out_window(o)))
        return false;
    return o->lost || o->next < limit_of(o);
}

static uint32_t first_lost(struct file_out *o)
{
    uint32_t i = o->una;
    while (!chunk_of(o, i)->lost)
        i++;
    return i;
}

const uint8_t *file_out_next(struct file_out *o, uint32_t *number, size_t *n, uint64_t now_us)
{
    if (!may(o))
        return NULL;
    *number = o->lost ? first_lost(o) : o->next++;
    struct file_out_chunk *c = chunk_of(o, *number);
    if (o->flight <= 0)
        o->progress_us = now_us;
    o->bytes += c->size;
    o->bytes_again += c->times ? c->size : 0;
    c->times = (uint8_t)MIN(c->times + 1, 255);
    o->lost -= c->lost;
    c->lost = false;
    c->sent_us = now_us;
    c->turn = ++o->turn;
    o->flight += wire_bytes(c);
    *n = c->size;
    return o->data[*number % FILE_WINDOW];
}

static void lose_all(struct file_out *o, uint64_t now_us)
{
    for (uint32_t i = o->una; i < o->next; i++) {
        struct file_out_chunk *c = chunk_of(o, i);
        if (!under_way(c))
            continue;
        c->lost = true;
        o->lost++;
    }
    o->flight = 0;
    o->progress_us = now_us;
}

void file_out_resume(struct file_out *o, uint64_t now_us)
{
    if (o->flight <= 0 && !o->lost)
        return;
    reno_timed_out(&o->reno, o->flight, o->next);
    o->reno.rto_us = RENO_RTO_FIRST_US;
    lose_all(o, now_us);
}

uint64_t file_out_tick(struct file_out *o, uint64_t now_us)
{
    if (o->flight <= 0)
        return UINT64_MAX;
    if (now_us < o->progress_us + o->reno.rto_us)
        return o->progress_us + o->reno.rto_us;
    reno_timed_out(&o->reno, o->flight, o->next);
    lose_all(o, now_us);
    return now_us + o->reno.rto_us;
}
