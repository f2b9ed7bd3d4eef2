// Pure: a datagram that goes over TCP is one frame of a WebSocket, and comes as it was read: where many come at once,
// some in two pieces.
#ifndef PARLOUR_DATAGRAM_PIECES_H
#define PARLOUR_DATAGRAM_PIECES_H

#include "shared/base.h"
#include "shared/wire.h"

enum datagram_piece {
    DATAGRAM_PIECE_BAD,  // no datagram can become of it
    DATAGRAM_PIECE_MORE, // kept until the rest comes
    DATAGRAM_PIECE_WHOLE // *p and *n are all of it, until the next piece
};

struct datagram_pieces {
    size_t size; // kept so far; 0 = nothing is begun
    uint8_t bytes[WIRE_DATAGRAM_MAX];
};

// A piece of a frame: `left` of that frame are still to come; `first` and `final`, of its message.
enum datagram_piece datagram_pieces_take(struct datagram_pieces *d, const void **p, size_t *n, size_t left, bool first,
                                         bool final);

#endif
