// What members send while it is recorded, in any order and damaged: whatever comes out of a stream is in the order of
// time, rises in its packets, and nothing is lost or freed twice.
#include "fuzz.h"

#include "client/record_streams.h"
#include "shared/wire.h"

#include <stdlib.h>

enum { MS = 1000, SECOND = 1000000, HOLD_US = 700 * MS, MEMBERS = 8, DATA = 64 };

static const uint8_t SLOTS[] = {WIRE_SLOT(WIRE_STREAM_AUDIO, 0), WIRE_SLOT(WIRE_STREAM_CAMERA, 2),
                                WIRE_SLOT(WIRE_STREAM_CAMERA, 0), WIRE_SLOT(WIRE_STREAM_SCREEN, 1)};

static struct record_streams streams;
static uint64_t now, items;

static void take(const uint8_t *p, const uint8_t *data, size_t size)
{
    enum record_item_type type = p[0] % 8 > 4 ? RECORD_ITEM_VIDEO : (enum record_item_type)(p[0] % 8 % 5);
    uint8_t slot = SLOTS[type == RECORD_ITEM_AUDIO ? 0 : p[0] >> 3 & 3];
    struct record_item *item = record_queue_item(type, p[1] % MEMBERS, slot, data, size);
    struct record_ask ask = {0};
    bool useful, taken = false;
    items++;
    item->ts = (uint32_t)p[2] << 24 | (uint32_t)p[3] << 8;
    item->keyframe = p[0] & 0x20;
    item->at_us = now - p[4] * 20ull * MS;
    if (type == RECORD_ITEM_MEMBER) {
        memset(item->identity, p[2] & 7, sizeof item->identity);
        record_streams_member(&streams, item->member, item->identity, "Name", p[3] & 1);
    } else if (type == RECORD_ITEM_GONE) {
        record_streams_gone(&streams, item->member);
    } else if (type == RECORD_ITEM_CLOCK) {
        record_streams_clock(&streams, item, now);
    } else {
        taken = record_streams_take(&streams, item, now, &ask, &useful);
    }
    if (taken)
        return;
    free(item);
    items--;
}

// As record_writer does where a file begins, and while one is written.
static void write_until(uint64_t until_us)
{
    struct record_stream *st;
    while ((st = record_streams_fresh(&streams)))
        st->track = (int)(st - streams.streams);
    while ((st = record_streams_next(&streams, until_us))) {
        struct record_item *item = record_streams_pop(st);
        HOLDS(item && item->placed && item->at_us <= until_us);
        HOLDS(st->kind == WIRE_STREAM_AUDIO || item->shown_us >= item->at_us);
        free(item);
        items--;
    }
}

static void check_order(void)
{
    for (size_t i = 0; i < RECORD_STREAMS_MAX; i++) {
        const struct record_stream *st = &streams.streams[i];
        size_t bytes = 0;
        for (const struct record_item *item = st->first; item; item = item->next) {
            HOLDS(!item->next || item->next->at_us >= item->at_us);
            HOLDS(item->next || item == st->last);
            bytes += item->size;
        }
        HOLDS(bytes == st->waiting);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    now = 1000ull * SECOND;
    items = 0;
    record_streams_init(&streams, size && data[0] & 1);
    while (size >= 6) {
        const uint8_t *p = data;
        size_t n = MIN(size - 6, (size_t)p[5] % DATA);
        take(p, p + 6, n);
        check_order();
        if (p[1] & 0x80)
            write_until(now - HOLD_US);
        now += p[5] * 10ull * MS;
        data += 6 + n;
        size -= 6 + n;
    }
    record_streams_end(&streams);
    write_until(UINT64_MAX);
    for (size_t i = 0; i < RECORD_STREAMS_MAX; i++)
        for (struct record_item *item; (item = record_streams_pop(&streams.streams[i])); items--)
            free(item);
    record_streams_destroy(&streams);
    HOLDS(items == 0);
    return 0;
}
