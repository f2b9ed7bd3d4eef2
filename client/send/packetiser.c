#include "packetiser.h"

#include <string.h>

enum { NAL_SEI = 6, NAL_SPS = 7, NAL_PPS = 8, NAL_AUD = 9, NAL_FILLER = 12, NAL_STAP_A = 24, NAL_FU_A = 28 };

// The next 00 00 01 at or after `at`; `end` when there is none.
static const uint8_t *find_start_code(const uint8_t *at, const uint8_t *end)
{
    while (end - at >= 3) {
        const uint8_t *one = memchr(at + 2, 1, (size_t)(end - at - 2));
        if (!one)
            break;
        if (one[-1] == 0 && one[-2] == 0)
            return one - 2;
        at = one - 1;
    }
    return end;
}

// The next NAL unit, start codes and trailing zeros taken off. False at the end.
static bool next_nal(struct packetiser *p, const uint8_t **nal, size_t *size)
{
    while (p->at < p->end) {
        const uint8_t *begin = p->at, *stop = find_start_code(begin, p->end);
        p->at = p->end - stop >= 3 ? stop + 3 : p->end;
        while (stop > begin && stop[-1] == 0)
            stop--;
        if (stop > begin) {
            *nal = begin;
            *size = (size_t)(stop - begin);
            return true;
        }
    }
    return false;
}

// Step to the next NAL unit that goes out by itself, putting SPS and PPS aside. False when there is none.
static bool next_sent(struct packetiser *p)
{
    const uint8_t *nal;
    size_t size;
    while (next_nal(p, &nal, &size)) {
        unsigned type = nal[0] & 0x1f;
        if (type == NAL_SEI || type == NAL_AUD || type == NAL_FILLER)
            continue;
        if (type == NAL_SPS && !p->sps && size <= p->max_payload) {
            p->sps = nal;
            p->sps_size = size;
            continue;
        }
        if (type == NAL_PPS && !p->pps && p->sps && size <= p->max_payload) {
            p->pps = nal;
            p->pps_size = size;
            continue;
        }
        p->nal = nal;
        p->nal_size = size;
        p->fragment = 0;
        p->fragments = 1;
        if (size > p->max_payload) // the header byte travels in the fragments' own two bytes
            p->fragments = (size - 1 + p->max_payload - 3) / (p->max_payload - 2);
        return true;
    }
    p->nal = NULL;
    return false;
}

void packetiser_start(struct packetiser *p, const uint8_t *data, size_t size, size_t max_payload)
{
    *p = (struct packetiser){.max_payload = MAX(max_payload, (size_t)PACKETISER_PAYLOAD_MIN), .end = data + size};
    const uint8_t *first = find_start_code(data, p->end);
    p->at = p->end - first >= 3 ? first + 3 : p->end;
    next_sent(p);
}

static size_t write_stap(struct packetiser *p, uint8_t *out)
{
    // Its NRI is the highest of those inside (§5.7).
    out[0] = (uint8_t)(MAX(p->sps[0] & 0x60, p->pps[0] & 0x60) | NAL_STAP_A);
    out[1] = (uint8_t)(p->sps_size >> 8);
    out[2] = (uint8_t)p->sps_size;
    memcpy(out + 3, p->sps, p->sps_size);
    uint8_t *second = out + 3 + p->sps_size;
    second[0] = (uint8_t)(p->pps_size >> 8);
    second[1] = (uint8_t)p->pps_size;
    memcpy(second + 2, p->pps, p->pps_size);
    size_t size = 5 + p->sps_size + p->pps_size;
    p->sps = p->pps = NULL;
    return size;
}

static size_t write_fragment(struct packetiser *p, uint8_t *out)
{
    // Sizes differ by one byte at most, the longer ones first: equal shards for parity, equal segments for GSO.
    size_t body = p->nal_size - 1, left = p->fragments - p->fragment;
    size_t done = p->nal_offset, size = (body - done + left - 1) / left;
    bool first = p->fragment == 0, last = left == 1;
    out[0] = (uint8_t)((p->nal[0] & 0xe0) | NAL_FU_A);
    out[1] = (uint8_t)((first ? 0x80 : 0) | (last ? 0x40 : 0) | (p->nal[0] & 0x1f));
    memcpy(out + 2, p->nal + 1 + done, size);
    p->nal_offset = done + size;
    p->fragment++;
    return size + 2;
}

bool packetiser_next(struct packetiser *p, uint8_t *out, size_t *size, bool *first, bool *last)
{
    *first = !p->started;
    if (p->sps && p->pps && 5 + p->sps_size + p->pps_size <= p->max_payload) {
        *size = write_stap(p, out);
    } else if (p->sps) { // alone, or too long to share a payload
        memcpy(out, p->sps, *size = p->sps_size);
        p->sps = NULL;
    } else if (p->pps) {
        memcpy(out, p->pps, *size = p->pps_size);
        p->pps = NULL;
    } else if (p->nal) {
        if (p->fragments == 1)
            memcpy(out, p->nal, *size = p->nal_size);
        else
            *size = write_fragment(p, out);
        if (p->fragments == 1 || p->fragment == p->fragments) {
            p->nal_offset = 0;
            next_sent(p);
        }
    } else {
        return false;
    }
    p->started = true;
    *last = !p->nal && !p->sps && !p->pps;
    return true;
}

size_t packetiser_count(const uint8_t *data, size_t size, size_t max_payload)
{
    struct packetiser p;
    packetiser_start(&p, data, size, max_payload);
    size_t n = 0;
    // What goes ahead of a NAL unit is known once that unit has been reached, so the walk needs no output.
    for (;;) {
        bool together = p.sps && p.pps && 5 + p.sps_size + p.pps_size <= p.max_payload;
        n += together ? 1u : (p.sps ? 1u : 0u) + (p.pps ? 1u : 0u);
        p.sps = p.pps = NULL;
        if (!p.nal)
            return n;
        n += p.fragments;
        next_sent(&p);
    }
}
