// Pure: my encoded media -> sealed datagrams on the hop.
#ifndef PARLOUR_MEDIA_TX_H
#define PARLOUR_MEDIA_TX_H

#include "client/net/outflow.h"
#include "client/net/room_keys.h"

struct media_tx {
    struct hop *hop;
    struct room_keys *keys;
    struct outflow *out;
};

// Seal one payload (at most WIRE_PAYLOAD_MAX bytes) into a MEDIA datagram and send it. False without keys or
// connection.
bool media_tx_packet(struct media_tx *tx, uint8_t slot, uint8_t mark, uint32_t ts, const uint8_t *payload, size_t n,
                     uint64_t now_us);
// Cut an H.264 access unit (Annex B) by RFC 6184 and send it, all of one frame back to back.
bool media_tx_picture(struct media_tx *tx, uint8_t slot, uint32_t ts, bool keyframe, const uint8_t *data, size_t size,
                      uint64_t now_us);

#endif
