#include "probe.h"

#include <string.h>

static struct bytes_writer begin(uint8_t *out, uint16_t sender, uint32_t room)
{
    memset(out, 0, WIRE_DATAGRAM_MAX);
    wire_write(&(struct wire_header){.type = WIRE_PROBE, .sender = sender, .room = room}, out);
    return bytes_writer(out + WIRE_HEADER, WIRE_DATAGRAM_MAX - WIRE_HEADER - WIRE_TRAILER);
}

size_t probe_ask(uint8_t *out, uint16_t sender, uint32_t room, uint32_t kbps, uint16_t ms)
{
    struct bytes_writer w = begin(out, sender, room);
    bytes_put_u8(&w, PROBE_ASK);
    bytes_put_u32(&w, kbps);
    bytes_put_u16(&w, ms);
    return (size_t)(w.at - out) + WIRE_TRAILER;
}

size_t probe_fill(uint8_t *out, uint16_t sender, uint32_t room, size_t size)
{
    struct bytes_writer w = begin(out, sender, room);
    bytes_put_u8(&w, PROBE_FILL);
    return CLAMP(size, (size_t)PROBE_FILL_MIN, (size_t)WIRE_DATAGRAM_MAX);
}

size_t probe_wanted(const uint8_t *p, size_t n)
{
    if (n < WIRE_HEADER + WIRE_TRAILER)
        return 0;
    struct bytes_reader r = bytes_reader(p + WIRE_HEADER, n - WIRE_HEADER - WIRE_TRAILER);
    uint8_t op = bytes_u8(&r);
    uint64_t kbps = bytes_u32(&r), ms = bytes_u16(&r);
    if (r.failed || op != PROBE_ASK)
        return 0;
    return (size_t)MIN(kbps * ms / 8, (uint64_t)PROBE_ANSWER_MAX);
}
