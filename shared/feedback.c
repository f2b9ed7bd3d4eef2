#include "feedback.h"

struct bytes_writer feedback_begin(uint8_t *out, uint16_t sender, uint32_t room)
{
    wire_write(&(struct wire_header){.type = WIRE_FEEDBACK, .sender = sender, .room = room}, out);
    return bytes_writer(out + WIRE_HEADER, WIRE_DATAGRAM_MAX - WIRE_HEADER - WIRE_TRAILER);
}

size_t feedback_end(const struct bytes_writer *w, const uint8_t *out)
{
    return w->failed ? 0 : (size_t)(w->at - out) + WIRE_TRAILER;
}

static void head(struct bytes_writer *w, enum feedback_type type, size_t length)
{
    bytes_put_u8(w, (uint8_t)type);
    bytes_put_u16(w, (uint16_t)length);
}

void feedback_put_arrivals(struct bytes_writer *w, const struct feedback_arrivals *a)
{
    head(w, FEEDBACK_ARRIVALS, 10u + 2u * a->count);
    bytes_put_u8(w, a->space);
    bytes_put_u32(w, a->base);
    bytes_put_u16(w, a->count);
    bytes_put_u24(w, a->time);
    for (unsigned i = 0; i < a->count; i++)
        bytes_put_u16(w, a->item[i]);
}

void feedback_put_nack(struct bytes_writer *w, const struct feedback_nack *x)
{
    head(w, FEEDBACK_NACK, 4u + 8u * x->count);
    bytes_put_u16(w, x->sender);
    bytes_put_u8(w, x->slot);
    bytes_put_u8(w, x->count);
    for (unsigned i = 0; i < x->count; i++) {
        bytes_put_u32(w, x->item[i].base);
        bytes_put_u32(w, x->item[i].mask);
    }
}

void feedback_put_layers(struct bytes_writer *w, const struct feedback_layers *l)
{
    head(w, FEEDBACK_LAYERS, 2u + 8u * l->count + 3u * l->file_count);
    bytes_put_u8(w, l->count);
    for (unsigned i = 0; i < l->count; i++) {
        bytes_put_u16(w, l->item[i].sender);
        bytes_put_u8(w, l->item[i].camera);
        bytes_put_u8(w, l->item[i].screen);
        bytes_put_u16(w, l->item[i].camera_kbps);
        bytes_put_u16(w, l->item[i].screen_kbps);
    }
    bytes_put_u8(w, l->file_count);
    for (unsigned i = 0; i < l->file_count; i++) {
        bytes_put_u16(w, l->file[i].sender);
        bytes_put_u8(w, l->file[i].slot);
    }
}

void feedback_put_refresh(struct bytes_writer *w, const struct feedback_refresh *r)
{
    head(w, FEEDBACK_REFRESH, 8);
    bytes_put_u16(w, r->sender);
    bytes_put_u8(w, r->slot);
    bytes_put_u8(w, r->has_ts);
    bytes_put_u32(w, r->last_good_ts);
}

void feedback_put_watched(struct bytes_writer *w, const struct feedback_watched *x)
{
    head(w, FEEDBACK_WATCHED, 1u + 4u * x->count);
    bytes_put_u8(w, x->count);
    for (unsigned i = 0; i < x->count; i++) {
        bytes_put_u8(w, x->item[i].slot);
        bytes_put_u8(w, x->item[i].watchers);
        bytes_put_u16(w, x->item[i].kbps);
    }
}

void feedback_put_heads(struct bytes_writer *w, const struct feedback_heads *h)
{
    head(w, FEEDBACK_HEADS, 1u + 15u * h->count);
    bytes_put_u8(w, h->count);
    for (unsigned i = 0; i < h->count; i++) {
        bytes_put_u16(w, h->item[i].sender);
        bytes_put_u8(w, h->item[i].slot);
        bytes_put_u48(w, h->item[i].first);
        bytes_put_u48(w, h->item[i].newest);
    }
}

void feedback_put_path(struct bytes_writer *w, const struct feedback_path *x)
{
    head(w, FEEDBACK_PATH, 6);
    bytes_put_u16(w, x->loss);
    bytes_put_u8(w, x->burst);
    bytes_put_u8(w, 0);
    bytes_put_u16(w, x->rtt_ms);
}

struct bytes_reader feedback_body(const uint8_t *p, size_t n)
{
    return bytes_reader(p + WIRE_HEADER, n - WIRE_HEADER - WIRE_TRAILER);
}

int feedback_next(struct bytes_reader *r, struct bytes_reader *body)
{
    if (r->left == 0)
        return 0;
    uint8_t type = bytes_u8(r);
    size_t length = bytes_u16(r);
    const uint8_t *p = bytes_take(r, length);
    if (!p || type == 0)
        return -1;
    *body = bytes_reader(p, length);
    return type;
}

static bool done(const struct bytes_reader *r)
{
    return !r->failed && r->left == 0;
}

bool feedback_read_arrivals(struct feedback_arrivals *a, struct bytes_reader r)
{
    a->space = bytes_u8(&r);
    a->base = bytes_u32(&r);
    a->count = bytes_u16(&r);
    a->time = bytes_u24(&r);
    if (a->count > FEEDBACK_ARRIVALS_MAX || a->space > 1)
        return false;
    for (unsigned i = 0; i < a->count; i++)
        a->item[i] = bytes_u16(&r);
    return done(&r);
}

bool feedback_read_nack(struct feedback_nack *x, struct bytes_reader r)
{
    x->sender = bytes_u16(&r);
    x->slot = bytes_u8(&r);
    x->count = bytes_u8(&r);
    if (x->count > FEEDBACK_NACK_MAX)
        return false;
    for (unsigned i = 0; i < x->count; i++) {
        x->item[i].base = bytes_u32(&r);
        x->item[i].mask = bytes_u32(&r);
    }
    return done(&r);
}

bool feedback_read_layers(struct feedback_layers *l, struct bytes_reader r)
{
    l->count = bytes_u8(&r);
    if (l->count > FEEDBACK_LIST_MAX)
        return false;
    for (unsigned i = 0; i < l->count; i++) {
        l->item[i].sender = bytes_u16(&r);
        l->item[i].camera = bytes_u8(&r);
        l->item[i].screen = bytes_u8(&r);
        l->item[i].camera_kbps = bytes_u16(&r);
        l->item[i].screen_kbps = bytes_u16(&r);
    }
    l->file_count = bytes_u8(&r);
    if (l->file_count > FEEDBACK_LIST_MAX)
        return false;
    for (unsigned i = 0; i < l->file_count; i++) {
        l->file[i].sender = bytes_u16(&r);
        l->file[i].slot = bytes_u8(&r);
    }
    return done(&r);
}

bool feedback_read_refresh(struct feedback_refresh *f, struct bytes_reader r)
{
    f->sender = bytes_u16(&r);
    f->slot = bytes_u8(&r);
    f->has_ts = bytes_u8(&r) != 0;
    f->last_good_ts = bytes_u32(&r);
    return done(&r);
}

bool feedback_read_watched(struct feedback_watched *x, struct bytes_reader r)
{
    x->count = bytes_u8(&r);
    if (x->count > FEEDBACK_LIST_MAX)
        return false;
    for (unsigned i = 0; i < x->count; i++) {
        x->item[i].slot = bytes_u8(&r);
        x->item[i].watchers = bytes_u8(&r);
        x->item[i].kbps = bytes_u16(&r);
    }
    return done(&r);
}

bool feedback_read_heads(struct feedback_heads *h, struct bytes_reader r)
{
    h->count = bytes_u8(&r);
    if (h->count > FEEDBACK_LIST_MAX)
        return false;
    for (unsigned i = 0; i < h->count; i++) {
        h->item[i].sender = bytes_u16(&r);
        h->item[i].slot = bytes_u8(&r);
        h->item[i].first = bytes_u48(&r);
        h->item[i].newest = bytes_u48(&r);
    }
    return done(&r);
}

bool feedback_read_path(struct feedback_path *x, struct bytes_reader r)
{
    x->loss = bytes_u16(&r);
    x->burst = bytes_u8(&r);
    bytes_u8(&r);
    x->rtt_ms = bytes_u16(&r);
    return done(&r);
}
