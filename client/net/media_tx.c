#include "media_tx.h"

#include "client/send/packetiser.h"
#include "shared/bytes.h"

// Meta goes with the sound: it is little, and late it is of no use.
static enum pacer_class class_of(uint8_t slot)
{
    unsigned stream = wire_stream(slot);
    return stream == WIRE_STREAM_CAMERA ? PACER_CAMERA : stream == WIRE_STREAM_SCREEN ? PACER_SCREEN : PACER_AUDIO;
}

bool media_tx_packet(struct media_tx *tx, uint8_t slot, uint8_t mark, uint32_t ts, const uint8_t *payload, size_t n,
                     uint64_t now_us)
{
    uint8_t p[WIRE_DATAGRAM_MAX], metadata[SEAL_METADATA];
    struct seal_key *key = tx->hop->state == HOP_UP ? room_keys_sealing(tx->keys, slot) : NULL;
    if (!key || n > WIRE_PAYLOAD_MAX)
        return false;
    wire_write(
        &(struct wire_header){
            .type = WIRE_MEDIA, .mark = mark, .sender = tx->hop->sender, .room = tx->hop->room, .slot = slot},
        p);
    struct bytes_writer w = bytes_writer(p + WIRE_HEADER, 4);
    bytes_put_u32(&w, ts);
    seal_metadata(metadata, p);
    size_t sealed = seal_packet(key, metadata, payload, n, p + WIRE_TS_END);
    return sealed && outflow_media(tx->out, class_of(slot), p, WIRE_TS_END + sealed, now_us);
}

bool media_tx_picture(struct media_tx *tx, uint8_t slot, uint32_t ts, bool keyframe, const uint8_t *data, size_t size,
                      uint64_t now_us)
{
    struct packetiser cut;
    uint8_t payload[WIRE_PAYLOAD_MAX];
    size_t n;
    bool first, last;
    packetiser_start(&cut, data, size, WIRE_PAYLOAD_MAX);
    while (packetiser_next(&cut, payload, &n, &first, &last)) {
        uint8_t mark = (uint8_t)((first ? WIRE_MARK_START : 0) | (last ? WIRE_MARK_END : 0) |
                                 (keyframe ? WIRE_MARK_INDEPENDENT | WIRE_MARK_BASE_SYNC : 0));
        if (!media_tx_packet(tx, slot, mark, ts, payload, n, now_us))
            return false;
    }
    return true;
}
