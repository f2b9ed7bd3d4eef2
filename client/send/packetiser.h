// Pure: an H.264 Annex B access unit cut into RTP payloads, RFC 6184 packetisation mode 1: SPS and PPS as one STAP-A
// ahead (§5.7.1), a NAL unit that fits as it is (§5.6), a larger one as equal FU-A fragments (§5.8). Access unit
// delimiters, filler and SEI are left out. Nothing is allocated: payloads are made one at a time into the caller's
// buffer.
#ifndef PARLOUR_PACKETISER_H
#define PARLOUR_PACKETISER_H

#include "shared/base.h"

enum { PACKETISER_PAYLOAD_MIN = 64 };

struct packetiser {
    const uint8_t *at, *end; // what has not been looked at; `at` is just past a start code
    size_t max_payload;
    const uint8_t *nal; // the NAL unit being sent, its header byte included
    size_t nal_size, nal_offset, fragment, fragments;
    const uint8_t *sps, *pps; // waiting to go out together
    size_t sps_size, pps_size;
    bool started;
};

// `data` must stay until the last packetiser_next. max_payload (bytes, at least PACKETISER_PAYLOAD_MIN) is what a
// datagram has room for: WIRE_PAYLOAD_MAX.
void packetiser_start(struct packetiser *p, const uint8_t *data, size_t size, size_t max_payload);
// Write the next payload (at most max_payload bytes) to `out`. False when there is no more. *first and *last tell the
// first and last payload of the access unit (marks S and E).
bool packetiser_next(struct packetiser *p, uint8_t *out, size_t *size, bool *first, bool *last);
// How many payloads the whole access unit makes.
size_t packetiser_count(const uint8_t *data, size_t size, size_t max_payload);

#endif
