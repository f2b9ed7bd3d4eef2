#include "fec.h"

#include "bytes.h"
#include "nack.h"
#include "replay.h"

#include <isa-l/erasure_code.h>
#include <string.h>

enum {
    TABLE = 32,
    MARK_AT = 2,
    SLOT_AT = 3,
    SHARD_HEAD = 4,
    SHARD_MIN = WIRE_MEDIA_CLEAR + WIRE_SFRAME_TAG - FEC_SHARD_AT
};

unsigned fec_parts(unsigned count)
{
    return (count + FEC_GROUP - 1) / FEC_GROUP;
}

unsigned fec_part(unsigned count, unsigned i)
{
    unsigned parts = fec_parts(count);
    return count / parts + (i < count % parts);
}

// ISA-L's gf_gen_cauchy1_matrix below the identity: a row does not depend on how many there are.
static uint8_t coefficient(unsigned k, unsigned row, unsigned column)
{
    return gf_inv((uint8_t)((k + row) ^ column));
}

// A datagram's shard, padded to `size`. False when it does not fit.
static bool write_shard(uint8_t *shard, size_t size, const uint8_t *p, size_t n)
{
    size_t length = n - FEC_SHARD_AT;
    if (n <= WIRE_HEADER || n > WIRE_MEDIA_MAX || length > size)
        return false;
    memcpy(shard, p + FEC_SHARD_AT, length);
    memset(shard + length, 0, size - length);
    struct bytes_writer w = bytes_writer(shard, SHARD_HEAD);
    bytes_put_u16(&w, (uint16_t)n);
    bytes_put_u8(&w, p[1]);
    bytes_put_u8(&w, p[WIRE_HEADER - 1]);
    return true;
}

bool fec_make(struct fec_maker *f, uint64_t first, unsigned k, unsigned m, fec_find *find, void *ctx)
{
    uint8_t matrix[FEC_ROWS * FEC_GROUP], tables[TABLE * FEC_ROWS * FEC_GROUP];
    uint8_t *data[FEC_GROUP], *coded[FEC_ROWS];
    size_t longest = 0, n;
    if (k == 0 || k > FEC_GROUP || m == 0 || m > FEC_ROWS)
        return false;
    for (unsigned i = 0; i < k; i++) {
        if (!find(ctx, first + i, &n) || n > WIRE_MEDIA_MAX || n <= WIRE_HEADER)
            return false;
        longest = MAX(longest, n);
    }
    f->first = first;
    f->k = k;
    f->m = m;
    f->size = longest - FEC_SHARD_AT;
    for (unsigned i = 0; i < k; i++) {
        const uint8_t *p = find(ctx, first + i, &n);
        data[i] = f->shard[i];
        if (!p || !write_shard(data[i], f->size, p, n))
            return false;
    }
    for (unsigned r = 0; r < m; r++) {
        coded[r] = f->row[r];
        for (unsigned j = 0; j < k; j++)
            matrix[r * k + j] = coefficient(k, r, j);
    }
    ec_init_tables((int)k, (int)m, matrix, tables);
    ec_encode_data((int)f->size, (int)k, (int)m, tables, data, coded);
    return true;
}

size_t fec_write(const struct fec_maker *f, unsigned index, const struct wire_header *h, uint8_t out[WIRE_DATAGRAM_MAX])
{
    wire_write(&(struct wire_header){.type = WIRE_FEC, .sender = h->sender, .room = h->room, .slot = h->slot}, out);
    struct bytes_writer w = bytes_writer(out + WIRE_HEADER, WIRE_DATAGRAM_MAX - WIRE_HEADER);
    bytes_put_u32(&w, (uint32_t)f->first);
    bytes_put_u8(&w, (uint8_t)f->k);
    bytes_put_u8(&w, (uint8_t)f->m);
    bytes_put_u8(&w, (uint8_t)index);
    bytes_put_u8(&w, 0);
    bytes_put(&w, f->row[index], f->size);
    return FEC_HEAD + f->size;
}

// ---- mending ----

bool fec_read(struct fec_head *head, const uint8_t *p, size_t n, uint64_t newest)
{
    if (n < FEC_HEAD + SHARD_MIN || n > FEC_HEAD + FEC_SHARD_MAX)
        return false;
    struct bytes_reader r = bytes_reader(p + WIRE_HEADER, FEC_HEAD - WIRE_HEADER);
    head->first = nack_unwrap(newest, bytes_u32(&r));
    if (head->first > newest + REPLAY_WINDOW) // no such number is taken, and the group would wait for ever
        return false;
    head->k = bytes_u8(&r);
    head->m = bytes_u8(&r);
    head->index = bytes_u8(&r);
    return head->first > 0 && head->k > 0 && head->k <= FEC_GROUP && head->m <= FEC_ROWS && head->index < head->m;
}

static unsigned missing_of(uint64_t first, unsigned k, fec_find *find, void *ctx, uint8_t index[FEC_GROUP])
{
    unsigned missing = 0;
    size_t n;
    for (unsigned i = 0; i < k; i++)
        if (!find(ctx, first + i, &n))
            index[missing++] = (uint8_t)i;
    return missing;
}

static void drop_group(struct fec_mender *f, struct fec_group *g)
{
    g->k = g->rows = 0;
    f->waiting--;
}

static struct fec_group *group_of(struct fec_mender *f, const struct fec_head *head, size_t size)
{
    struct fec_group *take = NULL;
    for (unsigned i = 0; i < FEC_WAITING; i++) {
        struct fec_group *g = &f->group[i];
        if (g->k && g->first == head->first)
            return g->k == head->k && g->size == size ? g : NULL;
        if (!take || (take->k && (!g->k || g->first < take->first)))
            take = g;
    }
    if (take->k && take->first > head->first)
        return NULL; // all that wait are newer
    f->waiting += take->k == 0;
    take->first = head->first;
    take->k = head->k;
    take->rows = 0;
    take->size = (uint16_t)size;
    return take;
}

void fec_push(struct fec_mender *f, const struct fec_head *head, const uint8_t *p, size_t n, fec_find *find, void *ctx)
{
    uint8_t index[FEC_GROUP];
    if (missing_of(head->first, head->k, find, ctx, index) == 0)
        return;
    struct fec_group *g = group_of(f, head, n - FEC_HEAD);
    if (!g || g->rows >> head->index & 1)
        return;
    memcpy(g->row[head->index], p + FEC_HEAD, g->size);
    g->rows |= (uint8_t)(1u << head->index);
}

// What a missing shard says of itself must hold together.
static bool read_shard(const uint8_t *shard, size_t size, const struct wire_header *h, uint8_t *out, uint16_t *length)
{
    struct bytes_reader r = bytes_reader(shard, SHARD_HEAD);
    size_t n = bytes_u16(&r);
    if (n < WIRE_MEDIA_CLEAR + WIRE_SFRAME_TAG || n > WIRE_MEDIA_MAX || n - FEC_SHARD_AT > size)
        return false;
    for (size_t i = n - FEC_SHARD_AT; i < size; i++)
        if (shard[i])
            return false;
    wire_write(
        &(struct wire_header){
            .type = WIRE_MEDIA, .mark = shard[MARK_AT], .sender = h->sender, .room = h->room, .slot = shard[SLOT_AT]},
        out);
    memcpy(out + WIRE_HEADER, shard + SHARD_HEAD, n - WIRE_HEADER);
    *length = (uint16_t)n;
    return true;
}

// One system of equations: `e` datagrams are missing, and as many rows are there.
struct equations {
    unsigned k, e;
    uint8_t missing[FEC_GROUP], row[FEC_ROWS];
    uint8_t known[FEC_GROUP]; // k - e
};

// The missing ones as sums over the known ones and the rows: inverse of the rows' part for the missing, times all.
static bool solve(const struct equations *q, uint8_t matrix[FEC_ROWS * FEC_GROUP])
{
    uint8_t part[FEC_ROWS * FEC_ROWS], inverse[FEC_ROWS * FEC_ROWS];
    unsigned known = q->k - q->e;
    for (unsigned r = 0; r < q->e; r++)
        for (unsigned c = 0; c < q->e; c++)
            part[r * q->e + c] = coefficient(q->k, q->row[r], q->missing[c]);
    if (gf_invert_matrix(part, inverse, (int)q->e) != 0)
        return false;
    for (unsigned i = 0; i < q->e; i++) {
        for (unsigned j = 0; j < known; j++) {
            uint8_t sum = 0;
            for (unsigned r = 0; r < q->e; r++)
                sum ^= gf_mul(inverse[i * q->e + r], coefficient(q->k, q->row[r], q->known[j]));
            matrix[i * q->k + j] = sum;
        }
        memcpy(&matrix[i * q->k + known], &inverse[i * q->e], q->e);
    }
    return true;
}

static void list_rows_and_known(const struct fec_group *g, struct equations *q)
{
    unsigned rows = 0, known = 0, next = 0;
    for (unsigned r = 0; r < FEC_ROWS && rows < q->e; r++)
        if (g->rows >> r & 1)
            q->row[rows++] = (uint8_t)r;
    for (unsigned i = 0; i < g->k; i++) {
        if (next < q->e && q->missing[next] == i)
            next++;
        else
            q->known[known++] = (uint8_t)i;
    }
}

static bool mend_group(struct fec_group *g, struct equations *q, const struct wire_header *h, fec_find *find, void *ctx,
                       struct fec_mended *out)
{
    uint8_t known[FEC_GROUP][FEC_SHARD_MAX], mended[FEC_ROWS][FEC_SHARD_MAX];
    uint8_t matrix[FEC_ROWS * FEC_GROUP], tables[TABLE * FEC_ROWS * FEC_GROUP];
    uint8_t *data[FEC_GROUP], *coded[FEC_ROWS];
    unsigned there = g->k - q->e;
    size_t n;
    list_rows_and_known(g, q);
    for (unsigned i = 0; i < there; i++) {
        const uint8_t *p = find(ctx, g->first + q->known[i], &n);
        data[i] = known[i];
        if (!p || !write_shard(known[i], g->size, p, n))
            return false;
    }
    for (unsigned i = 0; i < q->e; i++) {
        data[there + i] = g->row[q->row[i]];
        coded[i] = mended[i];
    }
    if (!solve(q, matrix))
        return false;
    ec_init_tables(g->k, (int)q->e, matrix, tables);
    ec_encode_data(g->size, g->k, (int)q->e, tables, data, coded);
    for (unsigned i = 0; i < q->e; i++) {
        if (!read_shard(mended[i], g->size, h, out->item[out->count].data, &out->item[out->count].size))
            return false;
        out->item[out->count++].number = g->first + q->missing[i];
    }
    return true;
}

unsigned fec_mend(struct fec_mender *f, const struct wire_header *h, fec_find *find, void *ctx, struct fec_mended *out)
{
    out->count = 0;
    for (unsigned i = 0; f->waiting && i < FEC_WAITING; i++) {
        struct fec_group *g = &f->group[i];
        struct equations q = {.k = g->k};
        if (!g->k)
            continue;
        q.e = missing_of(g->first, g->k, find, ctx, q.missing);
        if (q.e > (unsigned)__builtin_popcount(g->rows))
            continue;
        // A group that does not hold together is nobody's loss: NACK goes on asking.
        if (q.e && !mend_group(g, &q, h, find, ctx, out))
            out->count = 0;
        drop_group(f, g);
        if (out->count)
            return out->count;
    }
    return 0;
}
