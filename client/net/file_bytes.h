// Pure: what FILE datagrams carry under their seal (PROTOCOL.md, Files).
#ifndef PARLOUR_FILE_BYTES_H
#define PARLOUR_FILE_BYTES_H

#include "shared/base.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FILE_CHUNK = 1024,
    FILE_WINDOW = 2048, // chunks under way, or waiting for one before them
    FILE_DATA_HEAD = 4,
    FILE_ACK_BITS = 256,
    FILE_ACK = 4 + FILE_ACK_BITS / 8 + 4 + 2
};

struct file_ack {
    uint32_t una;                      // the first chunk that is missing
    uint8_t bitmap[FILE_ACK_BITS / 8]; // bit 7 - i mod 8 of byte i / 8: chunk una + 1 + i is there
    uint32_t echo_ms;                  // ts of the datagram that this answers
    uint16_t window;                   // chunks, from una on, that there is room for
};

void file_bytes_write_ack(uint8_t out[FILE_ACK], const struct file_ack *ack);
MUST_USE bool file_bytes_read_ack(struct file_ack *ack, const uint8_t *p, size_t n);
static inline bool file_ack_has(const struct file_ack *ack, uint32_t i) // i below FILE_ACK_BITS
{
    return ack->bitmap[i / 8] >> (7 - i % 8) & 1;
}
// Returns FILE_DATA_HEAD + n. `out` takes that much.
size_t file_bytes_write_data(uint8_t *out, uint32_t number, const uint8_t *data, size_t n);
// `data` points into p. False when it is too short or too long.
MUST_USE bool file_bytes_read_data(const uint8_t *p, size_t size, uint32_t *number, const uint8_t **data, size_t *n);

#endif
