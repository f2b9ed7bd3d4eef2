#include "nack.h"

#include <string.h>

enum { MS = 1000, SECOND = 1000000 };

struct nack_rule nack_rule(uint64_t rtt_us)
{
    uint64_t rtt = rtt_us ? MIN(rtt_us, (uint64_t)SECOND) : NACK_RTT_US;
    return (struct nack_rule){.wait_us = NACK_WAIT_US,
                              .again_us = (uint32_t)MAX(20u * MS, rtt / 3),
                              .give_up_us = (uint32_t)CLAMP(rtt * 4, 250u * MS, (uint64_t)SECOND)};
}

void nack_reset(struct nack *n, uint64_t first)
{
    n->next = n->from = first;
    n->count = 0;
}

uint64_t nack_unwrap(uint64_t newest, uint32_t low)
{
    int64_t n = (int64_t)newest + (int32_t)(low - (uint32_t)newest);
    return n < 0 ? low : (uint64_t)n;
}

bool nack_in_flight(uint64_t sent_us, bool repeat, uint64_t rtt_us, uint64_t now_us)
{
    return now_us - sent_us < (repeat ? rtt_us * 11 / 10 + 5 * MS : rtt_us * 9 / 10);
}

static uint16_t ms_of(uint64_t us)
{
    return (uint16_t)(us / MS);
}

// Milliseconds on a clock of 16 bits: holes live for a second at most.
static uint32_t age_us(uint16_t then, uint64_t now_us)
{
    return (uint32_t)(uint16_t)(ms_of(now_us) - then) * MS;
}

static void remove_hole(struct nack *n, unsigned i)
{
    n->count--;
    memmove(&n->hole[i], &n->hole[i + 1], (n->count - i) * sizeof n->hole[0]);
}

static void give_up_oldest(struct nack *n, unsigned k)
{
    n->count = (uint16_t)(n->count - k);
    memmove(&n->hole[0], &n->hole[k], n->count * sizeof n->hole[0]);
    n->given_up += k;
}

// Everything from `next` to below `end` is missing; of too many only the newest.
static void miss(struct nack *n, uint64_t end, uint64_t now_us)
{
    if (end <= n->next)
        return;
    uint64_t many = end - n->next, kept = MIN(many, (uint64_t)NACK_HOLES);
    if (n->count + kept > NACK_HOLES)
        give_up_oldest(n, (unsigned)(n->count + kept - NACK_HOLES));
    n->given_up += many - kept;
    for (uint64_t x = end - kept; x < end; x++)
        n->hole[n->count++] = (struct nack_hole){.number = (uint32_t)x, .since_ms = ms_of(now_us)};
    n->next = end;
}

bool nack_arrived(struct nack *n, uint64_t number, uint64_t now_us)
{
    if (n->next == 0)
        n->next = n->from = number;
    if (number >= n->next) {
        miss(n, number, now_us);
        n->next = number + 1;
        return false;
    }
    for (unsigned i = 0; i < n->count; i++)
        if (n->hole[i].number == (uint32_t)number) {
            remove_hole(n, i);
            return true;
        }
    return false;
}

void nack_heads(struct nack *n, uint64_t first, uint64_t newest, uint64_t now_us)
{
    if (first == 0 && n->next == 0)
        n->next = n->from = newest;
    if (first > newest + 1)
        return;
    if (n->next == 0 || first > n->next) { // what comes before is not ours
        n->next = first;
        n->from = n->count ? n->from : first;
    }
    // What came before it was announced: the beginning may still be missing.
    for (; first && n->from > first && n->count < NACK_HOLES; n->from--) {
        memmove(&n->hole[1], &n->hole[0], n->count * sizeof n->hole[0]);
        n->hole[0] = (struct nack_hole){.number = (uint32_t)(n->from - 1), .since_ms = ms_of(now_us)};
        n->count++;
    }
    if (first)
        n->from = MIN(n->from, first);
    miss(n, newest + 1, now_us);
}

static void put(struct feedback_nack *out, uint32_t number)
{
    uint32_t base = out->count ? out->item[out->count - 1].base : 0;
    if (out->count && number - base <= 32)
        out->item[out->count - 1].mask |= 1u << (number - base - 1);
    else
        out->item[out->count++] = (struct feedback_nack_item){.base = number};
}

// Microseconds until a hole is to be asked for; 0 = now.
static uint32_t wait_of(const struct nack_hole *h, const struct nack_rule *rule, uint64_t now_us)
{
    uint32_t wait = h->asked ? rule->again_us : rule->wait_us;
    uint32_t age = age_us(h->asked ? h->asked_ms : h->since_ms, now_us);
    return age >= wait ? 0 : wait - age;
}

unsigned nack_ask(struct nack *n, const struct nack_rule *rule, struct feedback_nack *out, uint64_t now_us)
{
    unsigned asked = 0, kept = 0;
    out->count = 0;
    for (unsigned i = 0; i < n->count; i++) {
        struct nack_hole h = n->hole[i];
        if (age_us(h.since_ms, now_us) > rule->give_up_us) {
            n->given_up++;
            continue;
        }
        if (wait_of(&h, rule, now_us) == 0 && out->count < FEEDBACK_NACK_MAX) {
            put(out, h.number);
            h.asked = (uint8_t)MIN(h.asked + 1, UINT8_MAX);
            h.asked_ms = ms_of(now_us);
            asked++;
        }
        n->hole[kept++] = h;
    }
    n->count = (uint16_t)kept;
    n->asked += asked;
    return asked;
}

uint64_t nack_due(const struct nack *n, const struct nack_rule *rule, uint64_t now_us)
{
    uint64_t due = UINT64_MAX;
    for (unsigned i = 0; i < n->count; i++) {
        const struct nack_hole *h = &n->hole[i];
        uint32_t age = age_us(h->since_ms, now_us);
        uint64_t left = age > rule->give_up_us ? 0 : rule->give_up_us - age + MS;
        due = MIN(due, now_us + MIN(left, wait_of(h, rule, now_us)));
    }
    return due;
}

void nack_sample(struct nack_budget *b, uint64_t bytes, uint64_t now_us)
{
    uint64_t elapsed = now_us - b->since_us;
    if (b->since_us && elapsed < SECOND)
        return;
    double share = b->since_us ? (double)SECOND / (double)elapsed : 1;
    b->before = (uint64_t)((double)(bytes - b->bytes_then) * share);
    b->since_us = now_us;
    b->bytes_then = bytes;
    b->spent = 0;
}

bool nack_afford(struct nack_budget *b, uint64_t bytes, size_t n, uint64_t now_us)
{
    nack_sample(b, bytes, now_us);
    if (b->spent + n > MAX(b->before, bytes - b->bytes_then))
        return false;
    b->spent += n;
    return true;
}
