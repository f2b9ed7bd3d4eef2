#include "datagram_pieces.h"

#include <string.h>

enum datagram_piece datagram_pieces_take(struct datagram_pieces *d, const void **p, size_t *n, size_t left, bool first,
                                         bool final)
{
    bool whole = left == 0;
    if (*n + left > WIRE_DATAGRAM_MAX - d->size || (whole && !final) || (d->size == 0 && !first))
        return DATAGRAM_PIECE_BAD;
    if (!whole || d->size) {
        memcpy(d->bytes + d->size, *p, *n);
        d->size += *n;
    }
    if (!whole)
        return DATAGRAM_PIECE_MORE;
    if (d->size) {
        *p = d->bytes;
        *n = d->size;
        d->size = 0;
    }
    return *n >= WIRE_DATAGRAM_MIN ? DATAGRAM_PIECE_WHOLE : DATAGRAM_PIECE_BAD;
}
