#include "parity_down.h"

#include "shared/feedback.h"

#include <stdlib.h>
#include <string.h>

void parity_down_init(struct parity_down *d, struct hop *hop)
{
    memset(d, 0, sizeof *d);
    d->hop = hop;
}

static void drop(struct parity_down *d, size_t i)
{
    free(d->space[i]);
    d->space[i] = d->space[--d->count];
}

void parity_down_reset(struct parity_down *d)
{
    while (d->count)
        drop(d, 0);
}

void parity_down_forget(struct parity_down *d, uint16_t sender)
{
    for (size_t i = 0; i < d->count;)
        if (d->space[i]->sender == sender)
            drop(d, i);
        else
            i++;
}

static struct parity_down_space *space_of(struct parity_down *d, const struct hop_datagram *x, bool make)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->space[i]->sender == x->header.sender && d->space[i]->slot == x->header.slot)
            return d->space[i];
    if (!make || d->count == PARITY_DOWN_SPACES)
        return NULL;
    struct parity_down_space *s = base_alloc(sizeof *s);
    s->sender = x->header.sender;
    s->slot = x->header.slot;
    return d->space[d->count++] = s;
}

static void follow_session(struct parity_down *d)
{
    if (d->sessions != d->hop->sessions)
        parity_down_reset(d);
    d->sessions = d->hop->sessions;
}

void parity_down_keep(struct parity_down *d, const struct hop_datagram *x, const uint8_t *p, size_t n)
{
    follow_session(d);
    struct parity_down_space *s = d->count ? space_of(d, x, false) : NULL;
    if (!s || n > WIRE_MEDIA_MAX)
        return;
    unsigned i = (unsigned)(x->number % PARITY_DOWN_KEPT);
    if (s->kept[i].number > x->number)
        return;
    s->kept[i].number = x->number;
    s->kept[i].size = (uint16_t)n;
    memcpy(s->kept[i].data, p, n);
    s->newest = MAX(s->newest, x->number);
}

static const uint8_t *find(void *ctx, uint64_t number, size_t *n)
{
    const struct parity_down_space *s = ctx;
    unsigned i = (unsigned)(number % PARITY_DOWN_KEPT);
    *n = s->kept[i].size;
    return s->kept[i].number == number ? s->kept[i].data : NULL;
}

void parity_down_push(struct parity_down *d, const struct hop_datagram *x, const uint8_t *p, size_t n)
{
    struct fec_head head;
    follow_session(d);
    struct parity_down_space *s = space_of(d, x, true);
    if (!s || !fec_read(&head, p, n, x->space->window.newest))
        return;
    s->parity_us = x->now_us;
    fec_push(&s->mender, &head, p, n, find, s);
}

const struct fec_mended *parity_down_mend(struct parity_down *d, const struct hop_datagram *x)
{
    struct parity_down_space *s = d->count ? space_of(d, x, false) : NULL;
    return s && s->mender.waiting && fec_mend(&s->mender, &x->header, find, s, &d->mended) ? &d->mended : NULL;
}

static void tell_path(struct parity_down *d, uint64_t now_us)
{
    double loss = loss_share(&d->hop->loss_down, now_us), burst = loss_burst(&d->hop->loss_down, now_us);
    uint8_t out[WIRE_DATAGRAM_MAX];
    if (loss <= 0)
        return;
    struct bytes_writer w = feedback_begin(out, d->hop->sender, d->hop->room);
    const struct feedback_path x = {.loss = (uint16_t)(loss * UINT16_MAX),
                                    .burst = (uint8_t)MIN(burst * 8, 255.0),
                                    .rtt_ms = (uint16_t)CLAMP(d->hop->rtt_ms, 0.0, 65535.0)};
    feedback_put_path(&w, &x);
    hop_send_other(d->hop, out, feedback_end(&w, out), now_us);
}

uint64_t parity_down_tick(struct parity_down *d, uint64_t now_us)
{
    if (d->hop->state != HOP_UP || d->off)
        return UINT64_MAX;
    if (now_us < d->path_us + PARITY_DOWN_PATH_US)
        return d->path_us + PARITY_DOWN_PATH_US;
    d->path_us = now_us;
    tell_path(d, now_us);
    for (size_t i = 0; i < d->count;)
        if (now_us - d->space[i]->parity_us > PARITY_DOWN_IDLE_US)
            drop(d, i);
        else
            i++;
    return now_us + PARITY_DOWN_PATH_US;
}
