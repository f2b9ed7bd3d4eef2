// Whom this box has met, kept in a private text file (identity_table.h): judged on the net thread, edited on the main
// thread, written by a thread of its own. Every function may be called from any thread.
//
// Programs with one data directory lose nothing of each other's: under a lock (PATH.lock) the file is read again, what
// has happened here since is done to that, and the result replaces the file. What others have changed is known here
// within seconds.
#ifndef PARLOUR_IDENTITIES_H
#define PARLOUR_IDENTITIES_H

#include "identity_table.h"

struct identities;

enum identities_result {
    IDENTITIES_DONE,
    IDENTITIES_NOBODY, // nothing here is called so
    IDENTITIES_FULL,   // every row is verified or paired
    IDENTITIES_UNSAVED // done here, but not on the disk; tried again with the next change and at the end
};

// NULL with one sentence in `error` when the file is there but can be read by others, cannot be read, or is too large.
// Lines that are damaged are told in one warning.
struct identities *identities_open(const char *path, bool only_paired, char *error, size_t error_size);
// Write what is met from now on within seconds, and see within seconds what other programs change in the file:
// `changed` is then called on that thread, and must not block. False when no thread can be started.
bool identities_start(struct identities *ids, void (*changed)(void *ctx), void *ctx);
void identities_close(struct identities *ids); // writes what is not yet written; NULL is fine

// Never touches the disk.
enum call_trust identities_judge(struct identities *ids, const char *name, const uint8_t identity[32]);
void identities_met(struct identities *ids, const char *name, const uint8_t identity[32], int64_t wall_s);
bool identities_paired(struct identities *ids, const uint8_t identity[32]);
bool identities_met_before(struct identities *ids, const uint8_t identity[32]); // under whatever name

// What a person decides; on the disk when they return.
// The key has been compared: of somebody who is here under this name, or (name NULL) whatever its names.
enum identities_result identities_verify(struct identities *ids, const char *name, const uint8_t identity[32],
                                         int64_t wall_s);
enum identities_result identities_trust(struct identities *ids, const char *name, const uint8_t identity[32],
                                        int64_t wall_s); // a further key of that name
// Put on the list of those this box talks to, or off it; a key that was never met may be put on it.
enum identities_result identities_pair(struct identities *ids, const uint8_t identity[32], bool on);
// A name with all its keys, or (name NULL) a key with all its names.
enum identities_result identities_forget(struct identities *ids, const char *name, const uint8_t identity[32]);

enum identity_found identities_find(struct identities *ids, const char *text, uint8_t identity[32], bool *long_form);
// A copy of all rows, by name; free it.
struct identity *identities_list(struct identities *ids, size_t *count);
// Whom this box has paired: identity_table_list_paired.
unsigned identities_list_paired(struct identities *ids, uint8_t (*out)[32], unsigned most);
// Write now what waits. False with one sentence in `error`.
bool identities_save(struct identities *ids, char *error, size_t error_size);

#endif
