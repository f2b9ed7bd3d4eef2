#include "identity_table.h"

#include "shared/base.h"
#include "shared/keys.h"
#include "shared/label.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRESH_S = 3600 };
enum {
    KEY_TEXT = 43, // base64url of a key
    ROW_MAX = 43 + 2 * 21 + 4 + CALL_NAME_MAX + 2,
    SEEN_AGAIN_S = 60, // a box that comes and goes does not make us write each time
    GROWTH = 64        // rows
};
static const int64_t LAST_SECOND = 253402300799; // of the year 9999

static const char header[] = "# Whom this machine has met: key, first and last seen, v = verified, p = paired, name.\n";

// ---- rows ----

static struct identity *row(const struct identity_table *t, const char *label, const uint8_t key[32])
{
    for (size_t i = 0; i < t->count; i++)
        if (!memcmp(t->rows[i].key, key, 32) && !strcmp(t->rows[i].name, label))
            return &t->rows[i];
    return NULL;
}

static void take_out(struct identity_table *t, size_t i)
{
    memmove(&t->rows[i], &t->rows[i + 1], (t->count - i - 1) * sizeof *t->rows);
    t->count--;
}

static bool among(uint8_t (*keys)[32], unsigned count, const uint8_t key[32])
{
    for (unsigned i = 0; i < count; i++)
        if (!memcmp(keys[i], key, 32))
            return true;
    return false;
}

// A place for one more; NULL when all there are must stay.
static struct identity *place(struct identity_table *t)
{
    if (t->count == IDENTITY_TABLE_MAX) {
        size_t oldest = SIZE_MAX;
        for (size_t i = 0; i < t->count; i++)
            if (!t->rows[i].verified && !t->rows[i].paired &&
                (oldest == SIZE_MAX || t->rows[i].last_s < t->rows[oldest].last_s))
                oldest = i;
        if (oldest == SIZE_MAX)
            return NULL;
        take_out(t, oldest);
    }
    if (t->count == t->room) {
        struct identity *more = base_alloc((t->room + GROWTH) * sizeof *more);
        if (t->count)
            memcpy(more, t->rows, t->count * sizeof *more);
        free(t->rows);
        t->rows = more;
        t->room += GROWTH;
    }
    return &t->rows[t->count++];
}

void identity_table_free(struct identity_table *t)
{
    free(t->rows);
    free(t->kept);
    *t = (struct identity_table){.rows = NULL};
}

void identity_table_settle(struct identity_table *t, int64_t now_s)
{
    for (size_t i = 0; i < t->count; i++)
        t->rows[i].fresh = t->rows[i].fresh && now_s - t->rows[i].first_s < FRESH_S;
}

bool identity_table_paired(const struct identity_table *t, const uint8_t key[32])
{
    for (size_t i = 0; i < t->count; i++)
        if (t->rows[i].paired && !memcmp(t->rows[i].key, key, 32))
            return true;
    return false;
}

unsigned identity_table_list_paired(const struct identity_table *t, uint8_t (*out)[32], unsigned most)
{
    unsigned count = 0;
    while (count < most) {
        const struct identity *next = NULL;
        for (size_t i = 0; i < t->count; i++) {
            const struct identity *r = &t->rows[i];
            if (r->paired && (!next || r->last_s > next->last_s) && !among(out, count, r->key))
                next = r;
        }
        if (!next)
            break;
        memcpy(out[count++], next->key, 32);
    }
    return count;
}

bool identity_table_seen(const struct identity_table *t, const uint8_t key[32])
{
    for (size_t i = 0; i < t->count; i++)
        if (t->rows[i].last_s && !memcmp(t->rows[i].key, key, 32))
            return true;
    return false;
}

enum call_trust identity_table_judge(const struct identity_table *t, const char *name, const uint8_t key[32],
                                     bool only_paired)
{
    char label[CALL_NAME_MAX];
    label_of(label, name);
    if (only_paired && !identity_table_paired(t, key))
        return CALL_TRUST_STRANGER;
    const struct identity *known = row(t, label, key);
    if (known)
        return known->verified ? CALL_TRUST_VERIFIED : CALL_TRUST_NEW;
    for (size_t i = 0; i < t->count; i++)
        if (label_same(t->rows[i].name, label) && (!t->rows[i].fresh || t->rows[i].verified))
            return CALL_TRUST_CHANGED;
    const struct identity *awaited = row(t, "", key);
    return awaited && awaited->verified ? CALL_TRUST_VERIFIED : CALL_TRUST_NEW;
}

bool identity_table_met(struct identity_table *t, const char *name, const uint8_t key[32], int64_t wall_s)
{
    char label[CALL_NAME_MAX];
    label_of(label, name);
    wall_s = CLAMP(wall_s, (int64_t)1, LAST_SECOND);
    struct identity *known = row(t, label, key), *awaited = known ? NULL : row(t, "", key);
    if (known) {
        bool old = wall_s - known->last_s >= SEEN_AGAIN_S || wall_s < known->last_s;
        if (old)
            known->last_s = wall_s;
        known->first_s = known->first_s ? MIN(known->first_s, known->last_s) : known->last_s;
        return old;
    }
    if (!awaited) {
        bool paired = identity_table_paired(t, key);
        if (!(awaited = place(t)))
            return false;
        *awaited = (struct identity){.paired = paired};
        memcpy(awaited->key, key, 32);
    }
    memcpy(awaited->name, label, sizeof label);
    awaited->first_s = awaited->last_s = wall_s;
    awaited->fresh = true;
    return true;
}

bool identity_table_verify(struct identity_table *t, const char *name, const uint8_t key[32])
{
    char label[CALL_NAME_MAX];
    bool any = false;
    if (name)
        label_of(label, name);
    for (size_t i = 0; i < t->count; i++)
        if (!memcmp(t->rows[i].key, key, 32) && (!name || !strcmp(t->rows[i].name, label)))
            t->rows[i].verified = any = true;
    return any;
}

bool identity_table_pair(struct identity_table *t, const uint8_t key[32], bool on)
{
    bool any = false;
    for (size_t i = 0; i < t->count;) {
        struct identity *r = &t->rows[i];
        if (!memcmp(r->key, key, 32) && (on || r->paired)) {
            r->paired = on;
            any = true;
            if (!on && !r->name[0]) { // it was here to be paired, and for nothing else
                take_out(t, i);
                continue;
            }
        }
        i++;
    }
    struct identity *new = on && !any ? place(t) : NULL;
    if (new) {
        *new = (struct identity){.paired = true};
        memcpy(new->key, key, 32);
    }
    return any || new;
}

bool identity_table_forget(struct identity_table *t, const char *name, const uint8_t key[32])
{
    char label[CALL_NAME_MAX];
    size_t kept = 0, all = t->count;
    if (name)
        label_of(label, name);
    for (size_t i = 0; i < all; i++)
        if (name ? strcmp(t->rows[i].name, label) != 0 : memcmp(t->rows[i].key, key, 32) != 0)
            t->rows[kept++] = t->rows[i];
    t->count = kept;
    return kept < all;
}

// ---- fingerprints as people write them ----

// The sixteen letters of a short form, dashes and case taken away; false when it is none.
static bool short_form(char out[17], const char *text)
{
    size_t n = 0;
    for (; *text; text++) {
        char c = *text >= 'A' && *text <= 'Z' ? (char)(*text + 'a' - 'A') : *text;
        if (c == '-' && n && n < 16)
            continue;
        if (!((c >= 'a' && c <= 'z') || (c >= '2' && c <= '7')) || n == 16)
            return false;
        out[n++] = c;
    }
    out[n] = 0;
    return n == 16;
}

enum identity_found identity_table_find(const struct identity_table *t, const char *text, uint8_t key[32],
                                        bool *long_form)
{
    char wanted[17], shown[KEYS_FINGERPRINT_TEXT], letters[17];
    const struct identity *found = NULL;
    size_t n = 0;
    *long_form = strlen(text) == KEY_TEXT && keys_unbase64(key, 32, &n, text) && n == 32;
    if (!*long_form && !short_form(wanted, text))
        return IDENTITY_NO_FINGERPRINT;
    for (size_t i = 0; i < t->count; i++) {
        const struct identity *r = &t->rows[i];
        if (!*long_form) {
            keys_fingerprint_text(shown, r->key);
            if (!short_form(letters, shown) || strcmp(letters, wanted))
                continue;
        } else if (memcmp(r->key, key, 32) != 0) {
            continue;
        }
        if (found && memcmp(found->key, r->key, 32) != 0)
            return IDENTITY_AMBIGUOUS;
        found = r;
    }
    if (found)
        memcpy(key, found->key, 32);
    return found ? IDENTITY_FOUND : IDENTITY_UNKNOWN;
}

// ---- the file ----

// Decimal digits and the blank behind them.
static bool read_number(const char **p, int64_t *out)
{
    const char *start = *p;
    for (*out = 0; **p >= '0' && **p <= '9' && *out <= LAST_SECOND; ++*p)
        *out = *out * 10 + (**p - '0');
    return *p != start && *out <= LAST_SECOND && *(*p)++ == ' ';
}

// One line, without its line feed, as a string.
static bool read_line(struct identity *r, const char *line)
{
    char key[KEY_TEXT + 1];
    size_t n = 0;
    *r = (struct identity){.verified = false};
    if (strlen(line) < KEY_TEXT + 1 || line[KEY_TEXT] != ' ')
        return false;
    memcpy(key, line, KEY_TEXT);
    key[KEY_TEXT] = 0;
    const char *p = line + KEY_TEXT + 1;
    if (!keys_unbase64(r->key, sizeof r->key, &n, key) || n != sizeof r->key || !read_number(&p, &r->first_s) ||
        !read_number(&p, &r->last_s) || r->first_s > r->last_s)
        return false;
    if (*p == '-') {
        p++;
    } else {
        r->verified = *p == 'v';
        p += r->verified;
        r->paired = *p == 'p';
        p += r->paired;
        if (!r->verified && !r->paired)
            return false;
    }
    if (*p && *p++ != ' ')
        return false;
    if (strlen(p) >= CALL_NAME_MAX)
        return false;
    if (*p)
        label_of(r->name, p);
    return r->name[0] || r->paired;
}

// False when there is no place for it.
static bool add(struct identity_table *t, const struct identity *r)
{
    struct identity *known = row(t, r->name, r->key);
    if (known) { // twice in the file: as much as both say
        known->first_s = MIN(known->first_s, r->first_s);
        known->last_s = MAX(known->last_s, r->last_s);
        known->verified |= r->verified;
        known->paired |= r->paired;
        return true;
    }
    bool full = t->count == IDENTITY_TABLE_MAX;
    struct identity *new = place(t);
    if (new)
        *new = *r;
    return new && !full;
}

// Pairing belongs to the key: one line that says so stands for all of its names.
static void spread_pairing(struct identity_table *t)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->rows[i].paired)
            identity_table_pair(t, t->rows[i].key, true);
}

void identity_table_read(struct identity_table *t, const char *text, size_t size)
{
    size_t kept = t->kept_size, line_number = 0;
    char *all = base_alloc(kept + size + 1);
    t->damaged = t->damaged_line = t->dropped = 0;
    if (kept)
        memcpy(all, t->kept, kept);
    free(t->kept);
    for (size_t at = 0, n; at < size; at += n + 1) {
        const char *end = memchr(text + at, '\n', size - at);
        char line[ROW_MAX] = "";
        struct identity r;
        n = end ? (size_t)(end - (text + at)) : size - at;
        line_number++;
        if (n == 0 || (n + 1 == sizeof header - 1 && !memcmp(text + at, header, n)))
            continue;
        bool whole = n < sizeof line && !memchr(text + at, 0, n);
        if (whole)
            memcpy(line, text + at, n);
        if (whole && read_line(&r, line)) {
            t->dropped += !add(t, &r);
            continue;
        }
        if (text[at] != '#' && t->damaged++ == 0)
            t->damaged_line = (unsigned)line_number;
        memcpy(all + kept, text + at, n);
        kept += n;
        all[kept++] = '\n';
    }
    spread_pairing(t);
    t->kept = all;
    t->kept_size = kept;
}

char *identity_table_write(const struct identity_table *t, size_t *size)
{
    char *out = base_alloc(sizeof header + t->count * ROW_MAX + t->kept_size);
    size_t n = sizeof header - 1;
    memcpy(out, header, n);
    for (size_t i = 0; i < t->count; i++) {
        const struct identity *r = &t->rows[i];
        char key[KEY_TEXT + 1];
        keys_base64(key, sizeof key, r->key, sizeof r->key);
        n += (size_t)snprintf(out + n, ROW_MAX, "%s %lld %lld %s%s%s%s%s\n", key, (long long)r->first_s,
                              (long long)r->last_s, r->verified ? "v" : "", r->paired ? "p" : "",
                              r->verified || r->paired ? "" : "-", r->name[0] ? " " : "", r->name);
    }
    if (t->kept_size)
        memcpy(out + n, t->kept, t->kept_size);
    *size = n + t->kept_size;
    return out;
}
