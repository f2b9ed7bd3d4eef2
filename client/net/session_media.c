// What a session makes of proved media and parity.
#include "session_parts.h"

#include "shared/bytes.h"

static void take_media(struct session *s, const uint8_t *p, size_t n, const struct hop_datagram *d, uint64_t now_us)
{
    // Sealed bytes under another member's id fail to open: media is bound to its sender end to end.
    if (!session_room_member(s, d->header.sender) || session_files_datagram(s, p, n, d, now_us))
        return;
    enum media_rx_verdict v = media_rx_push(&s->rx, p, n, d->number, now_us);
    if (v == MEDIA_RX_REFUSED)
        return;
    hop_commit(&s->hop, d);
    struct bytes_reader ts = bytes_reader(p + WIRE_HEADER, WIRE_TS_END - WIRE_HEADER);
    net_repair_arrived(&s->repair, d, bytes_u32(&ts), v == MEDIA_RX_OPENED, now_us);
    parity_down_keep(&s->parity_down, d, p, n);
}

// What parity gives back enters like an arrival; its seal decides.
static void take_mended(struct session *s, const struct hop_datagram *of, uint64_t now_us)
{
    const struct fec_mended *m;
    struct hop_datagram d;
    while ((m = parity_down_mend(&s->parity_down, of)))
        for (unsigned i = 0; i < m->count; i++)
            if (hop_mended(&s->hop, m->item[i].data, m->item[i].size, m->item[i].number, now_us, &d) &&
                d.header.slot == of->header.slot)
                take_media(s, m->item[i].data, m->item[i].size, &d, now_us);
}

void session_media(struct session *s, const uint8_t *p, size_t n, const struct hop_datagram *d, uint64_t now_us)
{
    take_media(s, p, n, d, now_us);
    take_mended(s, d, now_us);
}

void session_parity(struct session *s, const uint8_t *p, size_t n, const struct hop_datagram *d, uint64_t now_us)
{
    if (!session_room_member(s, d->header.sender))
        return;
    net_repair_parity(&s->repair, d->header.sender, d->header.slot, now_us);
    parity_down_push(&s->parity_down, d, p, n);
    take_mended(s, d, now_us);
}
