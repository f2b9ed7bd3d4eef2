// Parity, hop by hop (PROTOCOL.md §4): what members send of it mends what of theirs was lost, before it is forwarded;
// and who tells of losses gets rows over each group that went to him, made once for all. Part of the core; pure.
#ifndef PARLOUR_PARITY_H
#define PARLOUR_PARITY_H

#include "core.h"
#include "shared/fec.h"
#include "shared/feedback.h"

// Members whose groups wait for more at a time. When a place is taken, its owner keeps it until he has sent no parity
// for a second; the other is repaired by NACK alone.
enum { PARITY_MENDERS = 256 };
// A receiver's word holds so long; he repeats it each 200 ms while he loses anything.
enum { PARITY_PATH_US = 1000000 };
// Of sound so many datagrams are a group: 40 ms.
enum { PARITY_SOUND = 2 };

struct parity;
struct parity *parity_create(void); // NULL = no memory
void parity_destroy(struct parity *x);

// A member's session begins anew, and with it his numbers.
void parity_session(struct table_member *m);
// ---- what members send ----
// Parity of his has proved itself.
void parity_push(struct core *c, struct table_member *m, const uint8_t *p, size_t n, uint64_t now_us);
// Keep a datagram of his under the number he gave it. While he sends parity, of each that was accepted.
void parity_keep(struct core *c, const struct table_member *m, uint64_t number, const uint8_t *p, size_t n,
                 uint64_t now_us);
// What can be mended now, good until the next call; NULL = nothing (more).
const struct fec_mended *parity_mend(struct core *c, struct table_member *m, uint64_t now_us);
// ---- what members get ----
// A receiver tells what he loses.
void parity_path(struct core *c, struct table_member *m, const struct feedback_path *x, uint64_t now_us);
// A datagram of this slot went out to somebody who loses some. True when a group ends with it.
bool parity_ends(struct parity_slot *s, int slot_index, uint8_t mark, uint64_t number);
// Send the rows of the group that has ended to those of these seats who need them, and begin the next.
void parity_send(struct core *c, struct table_member *from, int slot_index, uint64_t seats, uint64_t now_us);

#endif
