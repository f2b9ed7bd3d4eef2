#include "identity_orders.h"

#include "identities.h"
#include "paths.h"

#include "shared/clock.h"
#include "shared/keys.h"
#include "shared/label.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NAME_COLUMN = 24, TIME_TEXT = 32 };

static int complain(int exit_code, const char *format, const char *text)
{
    fputs("parlour: ", stderr);
    fprintf(stderr, format, text);
    fputc('\n', stderr);
    return exit_code;
}

// ---- the list ----

static void print_name(const char *name)
{
    size_t width = 0;
    const char *shown = name[0] ? name : "(not met yet)";
    for (const char *p = shown; *p; p++)
        width += (*p & 0xc0) != 0x80;
    printf("%s%*s", shown, width < NAME_COLUMN ? (int)(NAME_COLUMN - width) : 1, "");
}

static void print_time(int64_t at_s)
{
    char text[TIME_TEXT] = "never";
    time_t at = (time_t)at_s;
    struct tm local;
    if (at_s && localtime_r(&at, &local) && !strftime(text, sizeof text, "%Y-%m-%d %H:%M", &local))
        text[0] = 0;
    printf("%-18s", text);
}

static int list(struct identities *ids, const char *my_name, const uint8_t me[32])
{
    char fingerprint[KEYS_FINGERPRINT_TEXT], whole[44];
    size_t count = 0;
    struct identity *all = identities_list(ids, &count);
    keys_fingerprint_text(fingerprint, me);
    printf("I am %s, fingerprint %s\n", my_name, fingerprint);
    printf("to be paired elsewhere: --pair-identity %s\n\n", keys_base64(whole, sizeof whole, me, 32));
    print_name("NAME");
    printf("%-21s%-18s%-18s%-10s%s\n", "FINGERPRINT", "FIRST SEEN", "LAST SEEN", "VERIFIED", "PAIRED");
    for (size_t i = 0; i < count; i++) {
        print_name(all[i].name);
        keys_fingerprint_text(fingerprint, all[i].key);
        printf("%-21s", fingerprint);
        print_time(all[i].first_s);
        print_time(all[i].last_s);
        printf("%-10s%s\n", all[i].verified ? "yes" : "no", all[i].paired ? "yes" : "no");
    }
    free(all);
    return EXIT_OK;
}

// ---- edits ----

static int done(enum identities_result result, const char *what, const char *whom)
{
    switch (result) {
    case IDENTITIES_DONE:
        printf("%s: %s\n", what, whom);
        return EXIT_OK;
    case IDENTITIES_NOBODY:
        return complain(EXIT_USAGE_ERROR, "Nothing is to be done about '%s': see --list-identities.", whom);
    case IDENTITIES_FULL:
        return complain(EXIT_BAD_CONFIG, "There is no place for %s: forget somebody who is verified or paired.", whom);
    case IDENTITIES_UNSAVED:
        break;
    }
    return complain(EXIT_BAD_CONFIG, "%s is as before: the file could not be written.", whom);
}

// EXIT_OK with the key that is meant; `unmet`: the long form of one that was never met will do.
static int find(struct identities *ids, const char *text, bool unmet, uint8_t key[32])
{
    bool long_form = false;
    switch (identities_find(ids, text, key, &long_form)) {
    case IDENTITY_FOUND:
        return EXIT_OK;
    case IDENTITY_UNKNOWN:
        if (long_form && unmet)
            return EXIT_OK;
        return complain(EXIT_USAGE_ERROR,
                        unmet ? "'%.80s' was never met: give all 43 characters of its --list-identities."
                              : "'%.80s' was never met: see --list-identities.",
                        text);
    case IDENTITY_AMBIGUOUS:
        return complain(EXIT_USAGE_ERROR, "'%.80s' is short for more than one: give all 43 characters.", text);
    case IDENTITY_NO_FINGERPRINT:
        break;
    }
    return complain(EXIT_USAGE_ERROR, "'%.80s' is no fingerprint: see --list-identities.", text);
}

static int forget(struct identities *ids, const char *whom)
{
    char label[CALL_NAME_MAX];
    uint8_t key[32];
    bool long_form = false;
    label_of(label, whom);
    if (identities_find(ids, whom, key, &long_form) == IDENTITY_FOUND)
        return done(identities_forget(ids, NULL, key), "forgotten", label);
    return done(identities_forget(ids, whom, NULL), "forgotten", label);
}

static int edit(struct identities *ids, const struct client_options *o)
{
    uint8_t key[32];
    char fingerprint[KEYS_FINGERPRINT_TEXT];
    if (o->forget_identity)
        return forget(ids, o->forget_identity);
    const char *whom = o->verify_identity ? o->verify_identity
                       : o->pair_identity ? o->pair_identity
                                          : o->unpair_identity;
    int exit_code = find(ids, whom, o->pair_identity != NULL, key);
    if (exit_code != EXIT_OK)
        return exit_code;
    keys_fingerprint_text(fingerprint, key);
    if (o->verify_identity)
        return done(identities_verify(ids, NULL, key, 0), "verified", fingerprint);
    return o->pair_identity ? done(identities_pair(ids, key, true), "paired", fingerprint)
                            : done(identities_pair(ids, key, false), "no longer paired", fingerprint);
}

int identity_orders_run(const struct client_options *o)
{
    char mine[PATHS_MAX], path[PATHS_MAX], error[512] = "";
    uint8_t me[32], secret[KEYS_IDENTITY_SECRET];
    if (!paths_make(o->data_dir) || !paths_join(mine, o->data_dir, "identity") ||
        !paths_join(path, o->data_dir, "identities"))
        return complain(EXIT_BAD_CONFIG, "The folder %s cannot be made. Choose another with --data-dir.", o->data_dir);
    bool ok = keys_identity_load(mine, me, secret, error, sizeof error);
    sodium_memzero(secret, sizeof secret);
    struct identities *ids = ok ? identities_open(path, o->only_paired, error, sizeof error) : NULL;
    if (!ids)
        return complain(EXIT_BAD_CONFIG, "%s", error);
    int exit_code = o->list_identities ? list(ids, o->name, me) : edit(ids, o);
    identities_close(ids);
    return exit_code;
}
