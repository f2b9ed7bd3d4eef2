// Pure: whom this box has met, and what that says about somebody who comes now. The rules stand in client/README.md.
//
// A row is a name with a key that was met under it; names are labels, not identities. In the file each row is a line:
//     KEY FIRST LAST FLAGS NAME
// KEY = base64url of the 32-byte Ed25519 key, FIRST and LAST = seconds since 1970, FLAGS = "-" or letters of "vp"
// (verified, paired), NAME = all the rest; it is missing for a key that was paired before it was met. Lines that start
// with # are comments. A line that is none of this is kept as it is, at the end.
#ifndef PARLOUR_IDENTITY_TABLE_H
#define PARLOUR_IDENTITY_TABLE_H

#include "call.h"

enum {
    IDENTITY_TABLE_MAX = 4096,        // rows; then the unverified, unpaired one seen longest ago goes
    IDENTITY_TABLE_FILE_MAX = 4 << 20 // bytes
};

struct identity {
    char name[CALL_NAME_MAX]; // a label (label_of), or "" = paired before it was met
    uint8_t key[32];
    int64_t first_s, last_s; // seconds since 1970; 0 = never seen
    bool verified;           // a person has compared this key under this name
    bool paired;             // of the key, whatever its names
    bool fresh;              // first met just now: another key under this name is no change
};

struct identity_table {
    struct identity *rows; // owned
    size_t count, room;
    char *kept; // lines that are comments or not understood, each with its line feed; owned
    size_t kept_size;
    // of the last identity_table_read
    unsigned damaged, damaged_line; // lines not understood, and the first of them, counted from 1
    unsigned dropped;               // rows for which there was no place
};

// A zeroed table is empty.
void identity_table_free(struct identity_table *t);
// Add what a file's text says.
void identity_table_read(struct identity_table *t, const char *text, size_t size);
// The file's text, malloced, *size bytes (no end).
char *identity_table_write(const struct identity_table *t, size_t *size);

// Whom one has met longer than an hour ago is known, also in a run that lasts for months.
void identity_table_settle(struct identity_table *t, int64_t now_s);
// NEW, VERIFIED or CHANGED; with `only_paired` also STRANGER.
enum call_trust identity_table_judge(const struct identity_table *t, const char *name, const uint8_t key[32],
                                     bool only_paired);
// Whatever its names: it is paired; it has been met at some time.
bool identity_table_paired(const struct identity_table *t, const uint8_t key[32]);
// The keys that are paired, each once, at most `most`: who was seen last first, never seen last. How many.
unsigned identity_table_list_paired(const struct identity_table *t, uint8_t (*out)[32], unsigned most);
bool identity_table_seen(const struct identity_table *t, const uint8_t key[32]);
// It was met, or a person accepts it as a further key of that name. False when that says nothing new (seen less than a
// minute ago), or when the table is full of verified and paired rows.
bool identity_table_met(struct identity_table *t, const char *name, const uint8_t key[32], int64_t wall_s);
// Mark a key as compared, under this name or (NULL) under all it has. False when there is no such row.
bool identity_table_verify(struct identity_table *t, const char *name, const uint8_t key[32]);
// Pairing takes a key that was never met, too; false when the table is full. Unpairing: false when it was not paired.
bool identity_table_pair(struct identity_table *t, const uint8_t key[32], bool on);
// Forget a name with all its keys, or (name NULL) a key with all its names. False when there is none.
bool identity_table_forget(struct identity_table *t, const char *name, const uint8_t key[32]);

enum identity_found { IDENTITY_FOUND, IDENTITY_UNKNOWN, IDENTITY_AMBIGUOUS, IDENTITY_NO_FINGERPRINT };
// The key that a fingerprint means: 43 characters of base64url, or the short form (keys_fingerprint_text; case and
// dashes do not matter) of a row. `key` is filled also when IDENTITY_UNKNOWN answers the long form.
enum identity_found identity_table_find(const struct identity_table *t, const char *text, uint8_t key[32],
                                        bool *long_form);

#endif
