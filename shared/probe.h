// PROBE datagrams (type 10): how much a way bears beyond what goes there (PROTOCOL.md §4).
//   1 ASK   kbit/s u32 | ms u16      a client asks the relay for some, at most once a second
//   2 FILL  zeros                    of no meaning but its arrival
#ifndef PARLOUR_PROBE_H
#define PARLOUR_PROBE_H

#include "bytes.h"
#include "wire.h"

enum probe_op { PROBE_ASK = 1, PROBE_FILL = 2 };
enum { PROBE_ANSWER_MAX = 16 * WIRE_DATAGRAM_MAX, PROBE_ANSWERS = 5, PROBE_FILL_MIN = 200 };

// Both write a datagram the caller stamps, and return its size, trailer included.
size_t probe_ask(uint8_t *out, uint16_t sender, uint32_t room, uint32_t kbps, uint16_t ms);
size_t probe_fill(uint8_t *out, uint16_t sender, uint32_t room, size_t size); // at least PROBE_FILL_MIN
// How many bytes an ASK wants, at most PROBE_ANSWER_MAX. 0 = it is none.
size_t probe_wanted(const uint8_t *p, size_t n);

#endif
