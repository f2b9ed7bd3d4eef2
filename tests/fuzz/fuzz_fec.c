// Parity from a stranger: heads that read are within their limits, memory stays bounded, and what is mended has lengths
// that can be, was missing, and belongs to its group. Where nobody lies, what is mended is what was lost.
//
//   steps of: kind u8 | ...   0-1 a datagram comes (number u8)   2 honest parity (first u8, k u8, index u8)
//                             3 a lie (first u8, k u8, m u8, index u8, size u16, byte u8)
//                             4-7 a head far from the newest number (newest u48, first u32): the nearest is meant
#include "tests/fuzz/fuzz.h"

#include "shared/bytes.h"
#include "shared/fec.h"
#include "shared/replay.h"

enum { NUMBERS = 256, SIZE_MIN = WIRE_MEDIA_CLEAR + WIRE_SFRAME_TAG };

static uint8_t sent[NUMBERS][WIRE_MEDIA_MAX];
static bool here[NUMBERS];
static struct fec_maker maker;
static struct fec_mender mender;
static struct fec_mended out;
static const struct wire_header like = {.type = WIRE_FEC, .sender = 3, .room = 9};

static size_t size_of(uint64_t number)
{
    return SIZE_MIN + number * 37 % (WIRE_MEDIA_MAX - SIZE_MIN + 1);
}

static const uint8_t *find_sent(void *ctx, uint64_t number, size_t *n)
{
    (void)ctx;
    *n = size_of(number);
    return number < NUMBERS ? sent[number] : NULL;
}

static const uint8_t *find_here(void *ctx, uint64_t number, size_t *n)
{
    return number < NUMBERS && here[number] ? find_sent(ctx, number, n) : NULL;
}

static void prepare(void)
{
    if (sent[1][0])
        return;
    for (unsigned i = 0; i < NUMBERS; i++) {
        for (size_t b = 0; b < WIRE_MEDIA_MAX; b++)
            sent[i][b] = (uint8_t)(i * 31 + b * 7 + b * b % 11);
        wire_write(&(struct wire_header){.type = WIRE_MEDIA,
                                         .mark = (uint8_t)i,
                                         .sender = like.sender,
                                         .room = like.room,
                                         .slot = (uint8_t)(i * 5)},
                   sent[i]);
    }
}

static void check_mended(bool honest)
{
    for (unsigned i = 0; i < out.count; i++) {
        uint64_t number = out.item[i].number;
        size_t n = out.item[i].size;
        struct wire_header h;
        HOLDS(number < NUMBERS + FEC_GROUP && (number >= NUMBERS || !here[number]));
        HOLDS(n >= SIZE_MIN && n <= WIRE_MEDIA_MAX);
        HOLDS(wire_read(&h, out.item[i].data, n) && h.type == WIRE_MEDIA);
        HOLDS(h.sender == like.sender && h.room == like.room);
        if (!honest || number >= NUMBERS)
            continue;
        HOLDS(n == size_of(number) && memcmp(out.item[i].data, sent[number], 8) == 0);
        HOLDS(memcmp(out.item[i].data + 19, sent[number] + 19, n - 19) == 0);
        here[number] = true;
    }
}

static void mend(bool honest)
{
    unsigned groups = 0;
    while (fec_mend(&mender, &like, find_here, NULL, &out)) {
        HOLDS(out.count <= FEC_ROWS && ++groups <= FEC_WAITING);
        check_mended(honest);
    }
    HOLDS(mender.waiting <= FEC_WAITING);
}

static void push(const uint8_t *p, size_t n)
{
    struct fec_head head;
    if (!fec_read(&head, p, n, 100))
        return;
    HOLDS(head.k > 0 && head.k <= FEC_GROUP && head.index < head.m && head.m <= FEC_ROWS && head.first > 0);
    if (head.first < NUMBERS)
        fec_push(&mender, &head, p, n, find_here, NULL);
}

static void honest_parity(struct bytes_reader *r)
{
    uint8_t p[WIRE_DATAGRAM_MAX];
    uint64_t first = bytes_u8(r);
    first = MAX(first, 1u);
    unsigned k = bytes_u8(r) % FEC_GROUP + 1, index = bytes_u8(r) % FEC_ROWS;
    if (!fec_make(&maker, first, k, index + 1, find_sent, NULL))
        return;
    push(p, fec_write(&maker, index, &like, p));
}

static void lie(struct bytes_reader *r)
{
    uint8_t p[WIRE_DATAGRAM_MAX] = {0};
    wire_write(&like, p);
    p[WIRE_HEADER + 3] = bytes_u8(r);
    for (unsigned i = 0; i < 3; i++)
        p[WIRE_HEADER + 4 + i] = bytes_u8(r);
    size_t n = bytes_u16(r) % (WIRE_DATAGRAM_MAX + 1);
    memset(p + FEC_HEAD, bytes_u8(r), sizeof p - FEC_HEAD);
    if (r->left >= 2) { // a length that may be believed
        p[FEC_HEAD] = bytes_u8(r);
        p[FEC_HEAD + 1] = bytes_u8(r);
    }
    push(p, n);
}

static void unwrap(struct bytes_reader *r)
{
    uint8_t p[WIRE_DATAGRAM_MAX] = {0};
    uint64_t newest = bytes_uint(r, 6);
    uint32_t low = bytes_u32(r);
    struct fec_head head;
    struct bytes_writer w = bytes_writer(p + WIRE_HEADER, FEC_HEAD - WIRE_HEADER);
    bytes_put_u32(&w, low);
    bytes_put_uint(&w, 0x01010000, 4);
    if (!fec_read(&head, p, FEC_HEAD + SIZE_MIN - FEC_SHARD_AT, newest))
        return;
    HOLDS((uint32_t)head.first == low && head.first <= newest + REPLAY_WINDOW);
    HOLDS(head.first >= newest || newest - head.first <= (uint64_t)1 << 31);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes_reader r = bytes_reader(data, MIN(size, (size_t)512));
    bool honest = true;
    prepare();
    memset(here, 0, sizeof here);
    memset(&mender, 0, sizeof mender);
    while (r.left && !r.failed) {
        unsigned kind = bytes_u8(&r) & 7;
        if (kind >= 4)
            unwrap(&r);
        else if (kind < 2)
            here[bytes_u8(&r)] = true;
        else if (kind == 2)
            honest_parity(&r);
        else
            lie(&r);
        honest = honest && kind != 3;
        mend(honest);
    }
    return 0;
}
