// Bounded big-endian cursors: the only integer parsing in the tree. A cursor that runs over its end turns `failed` and
// stays so; reads then give zeros, writes do nothing. Check `failed` once, at the end.
#ifndef PARLOUR_BYTES_H
#define PARLOUR_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes_reader {
    const uint8_t *at;
    size_t left;
    bool failed;
};

struct bytes_writer {
    uint8_t *at;
    size_t left;
    bool failed;
};

static inline struct bytes_reader bytes_reader(const void *data, size_t size)
{
    return (struct bytes_reader){(const uint8_t *)data, size, false};
}

static inline struct bytes_writer bytes_writer(void *data, size_t size)
{
    return (struct bytes_writer){(uint8_t *)data, size, false};
}

// `n` bytes of the input, or NULL (and `failed`) when fewer are left.
static inline const uint8_t *bytes_take(struct bytes_reader *r, size_t n)
{
    if (r->failed || r->left < n) {
        r->failed = true;
        return NULL;
    }
    const uint8_t *p = r->at;
    r->at += n;
    r->left -= n;
    return p;
}

static inline uint64_t bytes_uint(struct bytes_reader *r, size_t n)
{
    const uint8_t *p = bytes_take(r, n);
    uint64_t v = 0;
    if (p)
        for (size_t i = 0; i < n; i++)
            v = v << 8 | p[i];
    return v;
}

static inline uint8_t bytes_u8(struct bytes_reader *r)
{
    return (uint8_t)bytes_uint(r, 1);
}
static inline uint16_t bytes_u16(struct bytes_reader *r)
{
    return (uint16_t)bytes_uint(r, 2);
}
static inline uint32_t bytes_u24(struct bytes_reader *r)
{
    return (uint32_t)bytes_uint(r, 3);
}
static inline uint32_t bytes_u32(struct bytes_reader *r)
{
    return (uint32_t)bytes_uint(r, 4);
}
static inline uint64_t bytes_u48(struct bytes_reader *r)
{
    return bytes_uint(r, 6);
}
static inline uint64_t bytes_u64(struct bytes_reader *r)
{
    return bytes_uint(r, 8);
}
static inline void bytes_copy(struct bytes_reader *r, void *out, size_t n)
{
    const uint8_t *p = bytes_take(r, n);
    if (p)
        memcpy(out, p, n);
    else
        memset(out, 0, n);
}

// Room for `n` bytes of output, or NULL (and `failed`).
static inline uint8_t *bytes_room(struct bytes_writer *w, size_t n)
{
    if (w->failed || w->left < n) {
        w->failed = true;
        return NULL;
    }
    uint8_t *p = w->at;
    w->at += n;
    w->left -= n;
    return p;
}

static inline void bytes_put_uint(struct bytes_writer *w, uint64_t v, size_t n)
{
    uint8_t *p = bytes_room(w, n);
    if (p)
        for (size_t i = 0; i < n; i++)
            p[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

static inline void bytes_put_u8(struct bytes_writer *w, uint8_t v)
{
    bytes_put_uint(w, v, 1);
}
static inline void bytes_put_u16(struct bytes_writer *w, uint16_t v)
{
    bytes_put_uint(w, v, 2);
}
static inline void bytes_put_u24(struct bytes_writer *w, uint32_t v)
{
    bytes_put_uint(w, v, 3);
}
static inline void bytes_put_u32(struct bytes_writer *w, uint32_t v)
{
    bytes_put_uint(w, v, 4);
}
static inline void bytes_put_u48(struct bytes_writer *w, uint64_t v)
{
    bytes_put_uint(w, v, 6);
}
static inline void bytes_put_u64(struct bytes_writer *w, uint64_t v)
{
    bytes_put_uint(w, v, 8);
}
static inline void bytes_put(struct bytes_writer *w, const void *data, size_t n)
{
    uint8_t *p = bytes_room(w, n);
    if (p && n)
        memcpy(p, data, n);
}

#endif
