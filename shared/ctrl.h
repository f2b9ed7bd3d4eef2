// CTRL datagrams (type 8): the handshake, pings and goodbye (PROTOCOL.md §3). Bodies follow the hop header; all but
// HELLO end in the 16-byte trailer, which wire_stamp writes. HELLO, CHALLENGE and PROOF carry number 0.
#ifndef PARLOUR_CTRL_H
#define PARLOUR_CTRL_H

#include "wire.h"

enum ctrl_op { CTRL_HELLO = 1, CTRL_CHALLENGE, CTRL_PROOF, CTRL_PING, CTRL_PONG, CTRL_BYE };
enum ctrl_bye { CTRL_BYE_LEAVE = 0, CTRL_BYE_KICKED = 1, CTRL_BYE_ENDED = 2, CTRL_BYE_DRAINING = 3 };

struct ctrl {
    enum ctrl_op op;
    uint64_t nonce;         // HELLO, CHALLENGE, PROOF: the client's, strictly rising per join
    uint8_t boot_nonce[16]; // CHALLENGE, PROOF: the relay's, new at each start
    uint32_t t;             // CHALLENGE, PROOF: s, when the cookie was made
    uint8_t cookie[16];     // CHALLENGE, PROOF
    const uint8_t *ticket;  // HELLO, PROOF: points into the datagram
    size_t ticket_size;
    uint64_t media_number, other_number; // PING: numbers to be sent next; down, media_number = 0
    uint32_t epoch;                      // PING: newest epoch known
    uint64_t time;                       // PING: us, own clock; PONG: echoed
    uint64_t received, sent;             // PONG: us, own clock
    uint8_t reason;                      // BYE
};

// Read the body of a datagram whose header has been read. False on any malformed or over-long body.
MUST_USE bool ctrl_read(struct ctrl *c, const uint8_t *p, size_t n);
// Write header (sender, room given) and body; returns the datagram's size including room for the trailer. The caller
// stamps it (wire_stamp), except HELLO, which is complete. `out` has WIRE_DATAGRAM_MAX bytes.
size_t ctrl_write(const struct ctrl *c, uint16_t sender, uint32_t room, uint8_t *out);

// cookie = SipHash-2-4-128(boot secret, address 16 | port u16 | nonce u64 | t u32)
void ctrl_cookie(uint8_t out[16], const uint8_t boot_secret[16], const uint8_t address[16], uint16_t port,
                 uint64_t nonce, uint32_t t);

#endif
