// Pure: a line of chat to all, as its author signs it: his word wherever it is read, so that a member who was there can
// hand it to one who came later (PROTOCOL.md §6). What is said to one member alone has no such signature.
#ifndef PARLOUR_CHAT_LINE_H
#define PARLOUR_CHAT_LINE_H

#include "client/call.h"
#include "shared/wire.h"

#include <jansson.h>

enum { CHAT_LINE_TAG = 32, CHAT_LINE_ID = 17 }; // of a room; 16 hex digits and the end

struct chat_line {
    uint8_t identity[32]; // the author's
    char name[CALL_NAME_MAX];
    uint64_t id;   // random, the author's
    int64_t at_ms; // wall clock of the author, ms since 1970
    char *text;    // owned; valid UTF-8, as long as a line may be
    uint8_t signature[64];
};

void chat_line_free(struct chat_line *line); // its text, and wipes it
// Is this the text of a line: a string of 1 to 2000 code points, 8192 bytes at most? It stays the object's. Else NULL.
const char *chat_line_text(const json_t *text);

// Ed25519 by the author over "parlour line 1" | room tag 32 | id u64 | at u64 | name length u8 | name | text.
void chat_line_sign(struct chat_line *line, const uint8_t tag[CHAT_LINE_TAG], const uint8_t secret[64]);
MUST_USE bool chat_line_signed(const struct chat_line *line, const uint8_t tag[CHAT_LINE_TAG]);

void chat_line_write_id(char out[CHAT_LINE_ID], uint64_t id);
MUST_USE bool chat_line_read_id(uint64_t *id, const json_t *value);
// `id`, `at` and `signature` of a line that its author says himself.
bool chat_line_put(const struct chat_line *line, json_t *o);
MUST_USE bool chat_line_take(struct chat_line *line, const json_t *o);
// A line as it is handed on, whole. Reading fills an empty line; false leaves it empty.
json_t *chat_line_write(const struct chat_line *line); // NULL when there is no memory
MUST_USE bool chat_line_read(struct chat_line *line, const json_t *o);

#endif
