#include "parity_up.h"

#include <string.h>

enum { RTT_MS = 50 };

void parity_up_init(struct parity_up *u, struct hop *hop, struct net_repair *repair, const struct parity_up_io *io)
{
    memset(u, 0, sizeof *u);
    u->io = *io;
    u->hop = hop;
    u->repair = repair;
}

static void send_rows(struct parity_up *u, uint64_t first, unsigned k, unsigned m, uint64_t now_us)
{
    const struct wire_header h = {.sender = u->hop->sender, .room = u->hop->room};
    uint8_t out[WIRE_DATAGRAM_MAX];
    if (m == 0 || !fec_make(&u->maker, first, k, m, net_repair_kept, u->repair))
        return;
    for (unsigned i = 0; i < m; i++) {
        size_t n = fec_write(&u->maker, i, &h, out);
        u->rows += u->io.row(u->io.ctx, u->kind != FEC_SOUND, out, n, now_us);
    }
}

static void close_group(struct parity_up *u, uint64_t now_us)
{
    const struct fec_path path = {.loss = loss_share(&u->hop->loss_up, now_us),
                                  .burst = loss_burst(&u->hop->loss_up, now_us),
                                  .rtt_ms = u->hop->rtt_ms < 0 ? RTT_MS : u->hop->rtt_ms};
    uint64_t first = u->first;
    bool none = u->off || (u->hop->full_up && (u->scarce || u->kind != FEC_SOUND));
    for (unsigned i = 0; i < fec_parts(u->count) && !none; i++) {
        unsigned k = fec_part(u->count, i);
        unsigned m = fec_rule(&u->rule, &path, k, u->kind);
        bool few = u->scarce || (u->thin && u->kind == FEC_SOUND);
        send_rows(u, first, k, few ? MIN(m, k) : m, now_us);
        first += k;
    }
    u->count = 0;
}

void parity_up_sent(struct parity_up *u, uint8_t slot, uint8_t mark, uint64_t now_us)
{
    uint64_t number = u->hop->media_number - 1;
    unsigned stream = wire_stream(slot);
    bool video = stream == WIRE_STREAM_CAMERA || stream == WIRE_STREAM_SCREEN;
    if (u->count && number != u->first + u->count)
        u->count = 0; // another session
    if (u->count && u->kind == FEC_SOUND)
        close_group(u, now_us);
    if (u->count == 0) {
        u->first = number;
        u->since_us = now_us;
        u->kind = video ? FEC_PICTURE : FEC_SOUND;
    }
    u->count++;
    if (video && mark & WIRE_MARK_INDEPENDENT)
        u->kind = FEC_KEYFRAME;
    if ((video && mark & WIRE_MARK_END) || u->count == FEC_FRAME)
        close_group(u, now_us);
}

uint64_t parity_up_tick(struct parity_up *u, uint64_t now_us)
{
    if (u->count && u->kind == FEC_SOUND && now_us >= u->since_us + PARITY_UP_US)
        close_group(u, now_us);
    return u->count && u->kind == FEC_SOUND ? u->since_us + PARITY_UP_US : UINT64_MAX;
}
