#define _GNU_SOURCE
#include "rtp_dump.h"

#include "shared/base.h"
#include "shared/bytes.h"
#include "shared/log.h"
#include "shared/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    LINKTYPE_RAW = 101, // a packet starts with its IP header
    IP = 20,
    UDP = 8,
    RTP = 12,
    PORT_AUDIO = 5004,
    PORT_VIDEO = 5006,
    PORT_OTHER = 5008,
    TYPE_H264 = 96,
    TYPE_OPUS = 111,
    TYPE_L16 = 112,
    TYPE_OTHER = 127
};

struct rtp_dump {
    FILE *file;
    bool l16, failed;
};

struct rtp_dump *rtp_dump_open(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (!file) {
        int why = errno;
        if (fd >= 0)
            close(fd);
        errno = why;
        return NULL;
    }
    uint8_t header[24];
    struct bytes_writer w = bytes_writer(header, sizeof header);
    bytes_put_u32(&w, 0xa1b2c3d4); // pcap, microseconds, big-endian
    bytes_put_u16(&w, 2);
    bytes_put_u16(&w, 4);
    bytes_put_u64(&w, 0);
    bytes_put_u32(&w, 65535);
    bytes_put_u32(&w, LINKTYPE_RAW);
    struct rtp_dump *d = base_alloc(sizeof *d);
    d->file = file;
    d->failed = fwrite(header, sizeof header, 1, file) != 1;
    return d;
}

void rtp_dump_l16(struct rtp_dump *d)
{
    if (d)
        d->l16 = true;
}

void rtp_dump_close(struct rtp_dump *d)
{
    if (!d)
        return;
    fclose(d->file);
    free(d);
}

static uint16_t ip_checksum(const uint8_t *p)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < IP; i += 2)
        sum += (uint32_t)p[i] << 8 | p[i + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

// Made-up addresses: 10.0.0.0/8 with the member's id, to 127.0.0.1. UDP goes without a checksum (RFC 768).
static void put_ip_udp(struct bytes_writer *w, uint16_t sender, uint16_t port, size_t n)
{
    uint8_t *ip = w->at;
    bytes_put_u16(w, 0x4500);
    bytes_put_u16(w, (uint16_t)(IP + UDP + n));
    bytes_put_u32(w, 0x4000); // don't fragment
    bytes_put_u16(w, 64 << 8 | 17);
    bytes_put_u16(w, 0);
    bytes_put_u32(w, 0x0a000000u | sender);
    bytes_put_u32(w, 0x7f000001u);
    uint16_t sum = ip_checksum(ip);
    ip[10] = (uint8_t)(sum >> 8);
    ip[11] = (uint8_t)sum;
    bytes_put_u16(w, port);
    bytes_put_u16(w, port);
    bytes_put_u16(w, (uint16_t)(UDP + n));
    bytes_put_u16(w, 0);
}

void rtp_dump_packet(struct rtp_dump *d, uint64_t now_us, uint16_t sender, uint8_t slot, uint8_t mark, uint64_t ctr,
                     uint32_t ts, const uint8_t *payload, size_t n)
{
    if (!d || d->failed || n > WIRE_PAYLOAD_MAX)
        return;
    uint8_t out[16 + IP + UDP + RTP + WIRE_PAYLOAD_MAX], type = TYPE_OTHER;
    uint16_t port = PORT_OTHER;
    bool marker = mark & WIRE_MARK_END;
    if (wire_stream(slot) == WIRE_STREAM_AUDIO) {
        port = PORT_AUDIO;
        type = d->l16 ? TYPE_L16 : TYPE_OPUS;
        marker = mark & WIRE_MARK_START; // the first of a talk spurt (RFC 3551 §4.1)
    } else if (wire_stream(slot) == WIRE_STREAM_CAMERA || wire_stream(slot) == WIRE_STREAM_SCREEN) {
        port = PORT_VIDEO;
        type = TYPE_H264;
    }
    struct bytes_writer w = bytes_writer(out, sizeof out);
    uint32_t size = (uint32_t)(IP + UDP + RTP + n);
    bytes_put_u32(&w, (uint32_t)(now_us / 1000000u));
    bytes_put_u32(&w, (uint32_t)(now_us % 1000000u));
    bytes_put_u32(&w, size);
    bytes_put_u32(&w, size);
    put_ip_udp(&w, sender, port, RTP + n);
    bytes_put_u8(&w, 0x80); // RFC 3550 §5.1
    bytes_put_u8(&w, (uint8_t)((marker ? 0x80 : 0) | type));
    bytes_put_u16(&w, (uint16_t)ctr);
    bytes_put_u32(&w, ts);
    bytes_put_u32(&w, (uint32_t)sender << 16 | (uint32_t)slot << 8);
    bytes_put(&w, payload, n);
    if (fwrite(out, sizeof out - w.left, 1, d->file) != 1) {
        d->failed = true;
        log_warn("rtp_dump", "the packet dump cannot be written any more errno=%d", errno);
    }
}
