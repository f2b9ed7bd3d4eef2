// A datagram's header: what is read is written again as it was, and no datagram verifies that was not stamped.
#include "tests/fuzz/fuzz.h"

#include "shared/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_header h;
    uint8_t head[WIRE_HEADER], p[WIRE_DATAGRAM_MAX];
    const uint8_t key[16] = {1, 2, 3};
    if (!wire_read(&h, data, size))
        return 0;
    HOLDS(size >= WIRE_DATAGRAM_MIN && size <= WIRE_DATAGRAM_MAX);
    HOLDS(!wire_is_media(h.type) || h.type == WIRE_FEC || size >= WIRE_MEDIA_CLEAR + WIRE_SFRAME_TAG);
    wire_write(&h, head);
    HOLDS(memcmp(head, data, WIRE_HEADER) == 0);
    memcpy(p, data, size);
    uint64_t number = (uint64_t)h.tag << 16 | (h.hopseq & 0xffff), now = (uint64_t)h.hopseq * 1000;
    wire_stamp(p, size, key, number, now);
    HOLDS(wire_verify(p, size, key, number));
    HOLDS(wire_is_media(h.type) || !wire_verify(p, size, key, number + 1));
    HOLDS(memcmp(p, data, 8) == 0 && p[19] == data[19]); // a relay relabels nothing
    HOLDS(wire_read(&h, p, size));
    uint64_t back = wire_hoptime_unwrap(h.hoptime, now);
    HOLDS(back + 8 >= now && back <= now + 8);
    return 0;
}
