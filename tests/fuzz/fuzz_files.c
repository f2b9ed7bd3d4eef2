// What others say about files. Boxes: what is taken of one is within its bounds, and says the same when it is written
// and read again. Chunks in any order, of any number: what comes out is in order, each once, and fits in the window.
// Acks of several receivers, any bytes: nothing is held to be with somebody who was not told of it, and the books
// agree.
#include "tests/fuzz/fuzz.h"

#include "client/net/file_box.h"
#include "client/net/file_in.h"
#include "client/net/file_out.h"
#include "shared/bytes.h"

#include <math.h>

enum { MS = 1000, PEERS = 3 };

static void boxes(const uint8_t *data, size_t size)
{
    struct file_box b, again;
    json_t *o = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    bool good = o && file_box_read(&b, o);
    json_decref(o);
    if (!good)
        return;
    HOLDS(b.kind < FILE_BOX_KINDS && b.number < FILE_BOX_NUMBERS && b.size <= FILE_BOX_SIZE_MOST);
    HOLDS(memchr(b.name, 0, sizeof b.name) && b.of <= WIRE_ROOM_MEMBERS_MAX);
    char *text = file_box_write(&b);
    HOLDS(text);
    o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    HOLDS(o && file_box_read(&again, o));
    HOLDS(again.kind == b.kind && again.tag == b.tag && again.size == b.size);
    HOLDS(b.kind != FILE_BOX_OFFER || memcmp(again.root, b.root, sizeof b.root) == 0);
    HOLDS(b.kind != FILE_BOX_ACCEPT || (again.turn == b.turn && memcmp(again.have, b.have, sizeof b.have) == 0));
    HOLDS(b.kind != FILE_BOX_START || (again.first == b.first && again.of == b.of));
    json_decref(o);
    free(text);
}

// Each chunk's contents are its number; `first` near the end of what a number can be, too.
static void chunks(struct bytes_reader *r)
{
    static struct file_in in;
    uint32_t first = bytes_u32(r) & 0x7fffffff, next = first;
    uint64_t now_us = 1000000;
    file_in_init(&in, first);
    while (r->left > 2 && !r->failed) {
        uint32_t number = first + (uint32_t)(int16_t)bytes_u16(r);
        uint8_t what = bytes_u8(r),
                chunk[4] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
        struct file_ack ack;
        size_t n;
        const uint8_t *data;
        now_us += (what & 7) * MS;
        if (number >= first)
            file_in_push(&in, number, chunk, sizeof chunk, (uint32_t)(now_us / MS));
        while (what & 8 && (data = file_in_look(&in, &n))) {
            HOLDS(n == sizeof chunk && data[3] == (uint8_t)next && data[2] == (uint8_t)(next >> 8));
            file_in_take(&in);
            next++;
        }
        if (file_in_ack(&in, &ack, FILE_IN_ACK_US, now_us))
            HOLDS(ack.una == in.una && ack.window <= FILE_WINDOW && ack.una >= next &&
                  ack.una + ack.window == next + FILE_WINDOW);
        HOLDS(in.taken == next && in.una - in.taken <= FILE_WINDOW && in.again <= in.bytes);
    }
}

static void check(const struct file_out *o)
{
    double flight = 0;
    unsigned lost = 0;
    HOLDS(o->una <= o->next && o->next <= o->end && o->end - o->una <= FILE_WINDOW);
    for (uint32_t i = o->una; i < o->next; i++) {
        const struct file_out_chunk *c = &o->ring[i % FILE_WINDOW];
        lost += c->lost;
        flight += c->times && c->missing && !c->lost ? c->size + 76.0 : 0;
        HOLDS(!c->lost || c->missing);
    }
    HOLDS(lost == o->lost && fabs(flight - o->flight) < 1);
    HOLDS(o->reno.cwnd >= o->reno.mss && file_out_window(o) >= o->reno.mss && o->bytes_again <= o->bytes);
}

static void acks(struct bytes_reader *r)
{
    static struct file_out o;
    static const uint8_t content[FILE_CHUNK];
    uint64_t now_us = 10000000;
    file_out_init(&o, (1u << PEERS) - 1, now_us);
    while (r->left > 2 && !r->failed) {
        uint8_t what = bytes_u8(r), peer = bytes_u8(r);
        uint8_t bytes[FILE_ACK] = {0};
        uint32_t number;
        size_t n;
        now_us += (uint64_t)(what >> 4) * (uint64_t)(what >> 4) * MS;
        for (unsigned i = 0; i < 40 && file_out_room(&o); i++)
            file_out_give(&o, content, 1 + peer * 4u);
        if (what == 0xff)
            file_out_end(&o);
        file_out_yield(&o, what & 8);
        for (unsigned i = 0; i < 64 && file_out_next(&o, &number, &n, now_us); i++)
            HOLDS(number >= o.una && number < o.next && n <= FILE_CHUNK);
        struct file_ack ack;
        size_t said = MIN(r->left, (size_t)8);
        bytes_copy(r, bytes + (peer & 31), said);
        if (file_bytes_read_ack(&ack, bytes, sizeof bytes)) {
            ack.una = ack.una % (o.next + 2); // else hardly one is true
            file_out_ack(&o, peer % (PEERS + 1), &ack, now_us);
        }
        if ((what & 7) == 7)
            file_out_drop(&o, peer % PEERS, now_us);
        if ((what & 7) == 6)
            file_out_resume(&o, now_us);
        file_out_tick(&o, now_us);
        HOLDS((file_out_blockers(&o, 5000000, now_us) & ~o.active) == 0);
        check(&o);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct bytes_reader r = bytes_reader(data + 1, size - 1);
    if (data[0] == '{')
        boxes(data, size);
    else if (data[0] & 1)
        chunks(&r);
    else
        acks(&r);
    return 0;
}
