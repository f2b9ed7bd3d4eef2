// CTRL bodies: what is read is written again byte for byte (HELLO but for its padding).
#include "tests/fuzz/fuzz.h"

#include "shared/ctrl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_header h;
    struct ctrl c;
    uint8_t out[WIRE_DATAGRAM_MAX];
    if (!wire_read(&h, data, size) || h.type != WIRE_CTRL || !ctrl_read(&c, data, size))
        return 0;
    HOLDS(c.op >= CTRL_HELLO && c.op <= CTRL_BYE);
    HOLDS(c.ticket_size <= WIRE_TICKET_MAX);
    HOLDS(!c.ticket_size || (c.ticket > data && c.ticket + c.ticket_size <= data + size));
    size_t n = ctrl_write(&c, h.sender, h.room, out);
    if (c.op == CTRL_HELLO) {
        HOLDS(n == WIRE_HELLO_SIZE && n <= size);
        HOLDS(memcmp(out + WIRE_HEADER, data + WIRE_HEADER, 11 + c.ticket_size) == 0);
    } else {
        HOLDS(n == size);
        HOLDS(memcmp(out + WIRE_HEADER, data + WIRE_HEADER, n - WIRE_HEADER - WIRE_TRAILER) == 0);
    }
    return 0;
}
