// Pure: what members say to each other about files, in sealed boxes (PROTOCOL.md, Files). What others say is bounded
// here; whether it is true is the business of whoever takes it.
#ifndef PARLOUR_FILE_BOX_H
#define PARLOUR_FILE_BOX_H

#include "client/messages.h"
#include "shared/base.h"
#include "shared/wire.h"

#include <jansson.h>

#define FILE_BOX_SIZE_MOST ((uint64_t)2 << 30) // of a file
enum { FILE_BOX_NUMBERS = 16, FILE_BOX_BLOCK = 1 << 20, FILE_BOX_RECORD = 40 };

enum file_box_kind {
    FILE_BOX_OFFER,  // number of the data's slot, key, name, size, root
    FILE_BOX_ACCEPT, // number of the acks' slot, turn, have
    FILE_BOX_REFUSE,
    FILE_BOX_START, // answers an accept: its turn, first, of
    FILE_BOX_LATER, // it held up the others: accept anew
    FILE_BOX_CANCEL,
    FILE_BOX_DONE, // ok
    FILE_BOX_FULL, // there is no room now: it is accepted anew when there is
    FILE_BOX_KINDS
};

struct file_box {
    enum file_box_kind kind;
    uint64_t tag;   // of the offer; follows from its key
    uint8_t number; // 0-15
    uint8_t key[32], root[32];
    char name[MESSAGE_FILE_NAME]; // as he says it
    uint64_t size;
    uint32_t turn;                   // of one receiver's accepts; another one = he begins anew
    uint8_t have[MESSAGE_FILE_HAVE]; // blocks, as in messages.h; zeros beyond what was said
    uint32_t first;                  // chunk the stream begins with
    unsigned of;                     // receivers it goes to
    bool ok;
};

bool file_box_is(const char *kind); // one of these
// False when it is none of them, or not as it should be.
MUST_USE bool file_box_read(struct file_box *b, const json_t *o);
// JSON text, malloced; the name is made UTF-8 that can be sent.
char *file_box_write(const struct file_box *b);
uint64_t file_box_tag(const uint8_t key[32]);
// The most that a whole stream of such a file may come to.
static inline uint64_t file_box_stream_most(uint64_t size)
{
    return size + (size / FILE_BOX_BLOCK + 1) * FILE_BOX_RECORD;
}

#endif
