// H.264 access units in an MPEG transport stream, as stock viewers take it from a plain connection: one may begin with
// any keyframe. No thread, no socket.
#ifndef PARLOUR_TS_MUX_H
#define PARLOUR_TS_MUX_H

#include "send/encoded_frame.h"

struct ts_mux;

struct ts_mux *ts_mux_create(void); // NULL (logged): the library refuses
// One frame without reordering, in the order of their capture. The packets of it stay valid until the next call; NULL:
// it does not fit in the stream.
const uint8_t *ts_mux_put(struct ts_mux *m, const struct encoded_frame *frame, size_t *size);
void ts_mux_destroy(struct ts_mux *m); // NULL is fine

#endif
