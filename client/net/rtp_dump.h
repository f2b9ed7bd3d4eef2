// --rtp-dump FILE: opened media as real RTP (RFC 3550) in a pcap that stock tools read. UDP ports: 5004 audio, 5006
// video (camera and screen, told apart by SSRC), 5008 anything else. Payload types 111 Opus, 112 L16, 96 H.264; the
// SSRC is sender << 16 | slot << 8. From the shell:
//   tshark -r FILE -q -d udp.port==5004,rtp -d udp.port==5006,rtp -z rtp,streams
//   tshark -r FILE -d udp.port==5006,rtp -o h264.dynamic.payload.type:96 -Y h264
//   tshark -r FILE -d udp.port==5004,rtp -o opus.dynamic.payload.type:111 -Y opus
// One thread at a time; the file is buffered and a slow disk can delay the caller: a tool for finding faults.
#ifndef PARLOUR_RTP_DUMP_H
#define PARLOUR_RTP_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rtp_dump;

// Make the file (0600). NULL with errno set.
struct rtp_dump *rtp_dump_open(const char *path);
// One opened payload. `mark` is the datagram's mark byte (enum wire_mark: E gives video's M bit, S audio's), `ctr` the
// SFrame counter, `ts` the RTP timestamp, `now_us` any monotonic clock. Payloads over WIRE_PAYLOAD_MAX are left out.
// After a write error nothing more is written (one warning line). NULL `d` does nothing.
void rtp_dump_packet(struct rtp_dump *d, uint64_t now_us, uint16_t sender, uint8_t slot, uint8_t mark, uint64_t ctr,
                     uint32_t ts, const uint8_t *payload, size_t n);
void rtp_dump_l16(struct rtp_dump *d); // audio is 16-bit PCM from here on (--audio-codec l16)
void rtp_dump_close(struct rtp_dump *d);

#endif
