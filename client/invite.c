#include "invite.h"
#include "language.h"

#include "shared/addr.h"
#include "shared/keys.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define SCHEME "parlour:"

enum {
    AUTHORITY_MAX = INVITE_HOST_MAX + 10,
    VALUE_MAX = 64, // longest base64 read
    KEY_TEXT = 23   // base64url of 16 bytes, with the end
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Names and numeric addresses need no other characters, so nothing else gets near a resolver, a header or a log line.
static bool host_ok(const char *host)
{
    if (!*host || *host == '-' || *host == '.')
        return false;
    for (; *host; host++)
        if (!is_letter(*host) && !is_digit(*host) && !strchr("-._:", *host))
            return false;
    return true;
}

bool invite_is_link(const char *text)
{
    while (is_blank(*text))
        text++;
    return strncmp(text, SCHEME, strlen(SCHEME)) == 0;
}

// ---- reading ----

static int hex(char c)
{
    return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Copy the link without blanks around it, undoing %XX: messengers write %3D and %23. Control characters, non-ASCII
// bytes and blanks inside are refused.
static bool clean(char out[INVITE_TEXT_MAX], const char *text)
{
    size_t n = 0, end = strlen(text);
    while (is_blank(*text)) {
        text++;
        end--;
    }
    while (end && is_blank(text[end - 1]))
        end--;
    for (size_t i = 0; i < end; i++) {
        int c = (unsigned char)text[i];
        if (c == '%') {
            int high = i + 1 < end ? hex(text[i + 1]) : -1, low = i + 2 < end ? hex(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = high << 4 | low;
            i += 2;
        }
        if (c <= ' ' || c >= 0x7f || n + 1 >= INVITE_TEXT_MAX)
            return false;
        out[n++] = (char)c;
    }
    out[n] = 0;
    return true;
}

static bool read_code(uint32_t *code, const char *digits)
{
    *code = 0;
    for (int i = 0; i < 6; i++) {
        if (!is_digit(digits[i]))
            return false;
        *code = *code * 10 + (uint32_t)(digits[i] - '0');
    }
    return true;
}

// host[:port]/r/428193
static const char *read_place(struct invite *invite, const char *p, const char *hash)
{
    char authority[AUTHORITY_MAX];
    const char *slash = memchr(p, '/', (size_t)(hash - p));
    if (!slash || (size_t)(slash - p) >= sizeof authority)
        return N_("The invite link has no room number.");
    memcpy(authority, p, (size_t)(slash - p));
    authority[slash - p] = 0;
    // addr_split takes bare IPv6 for convenience elsewhere; in a link the brackets are a must.
    const char *colon = strchr(authority, ':');
    if (authority[0] != '[' && colon && strchr(colon + 1, ':'))
        return N_("The invite link does not name a relay.");
    if (!addr_split(authority, INVITE_PORT, invite->host, sizeof invite->host, &invite->port) || !host_ok(invite->host))
        return N_("The invite link does not name a relay.");
    struct addr literal;
    if ((authority[0] == '[') != (strchr(invite->host, ':') != NULL) ||
        (authority[0] == '[' && !addr_literal(&literal, invite->host, invite->port)))
        return N_("The invite link does not name a relay.");
    if (hash - slash != 9 || memcmp(slash, "/r/", 3) || !read_code(&invite->code, slash + 3))
        return N_("The invite link has no room number.");
    return NULL;
}

static bool read_secret(uint8_t *out, size_t size, const char *text, size_t n)
{
    char value[VALUE_MAX];
    size_t got = 0;
    if (n >= sizeof value)
        return false;
    memcpy(value, text, n);
    value[n] = 0;
    bool ok = keys_unbase64(out, size, &got, value) && got == size;
    sodium_memzero(value, sizeof value);
    return ok;
}

bool invite_set_relay_key(struct invite *invite, const char *text)
{
    invite->is_public = strcmp(text, INVITE_PUBLIC) == 0;
    invite->has_fingerprint =
        !invite->is_public && read_secret(invite->fingerprint, sizeof invite->fingerprint, text, strlen(text));
    if (!invite->has_fingerprint)
        memset(invite->fingerprint, 0, sizeof invite->fingerprint);
    return invite->is_public || invite->has_fingerprint || !*text;
}

void invite_relay_key(const struct invite *invite, char out[INVITE_RELAY_KEY_MAX])
{
    *out = 0;
    if (invite->is_public)
        memcpy(out, INVITE_PUBLIC, sizeof INVITE_PUBLIC);
    else if (invite->has_fingerprint)
        keys_base64(out, INVITE_RELAY_KEY_MAX, invite->fingerprint, sizeof invite->fingerprint);
}

// k=KEY&fp=FINGERPRINT, in any order, each at most once
static const char *read_secrets(struct invite *invite, const char *p)
{
    while (*p) {
        size_t n = strcspn(p, "&");
        if (n >= 2 && !memcmp(p, "k=", 2)) {
            if (invite->has_key || !read_secret(invite->key, sizeof invite->key, p + 2, n - 2))
                return N_("The key of the invite link is damaged: copy the whole link.");
            invite->has_key = true;
        } else if (n >= 3 && !memcmp(p, "fp=", 3)) {
            char text[INVITE_RELAY_KEY_MAX] = "";
            if (n - 3 < sizeof text)
                memcpy(text, p + 3, n - 3);
            if (invite->has_fingerprint || invite->is_public || !text[0] || !invite_set_relay_key(invite, text))
                return N_("The fingerprint of the invite link is damaged: copy the whole link.");
        }
        p += n + (p[n] == '&');
    }
    return NULL;
}

bool invite_parse(struct invite *invite, const char *text, const char **why)
{
    char link[INVITE_TEXT_MAX];
    memset(invite, 0, sizeof *invite);
    *why = NULL;
    if (!invite_is_link(text) || !clean(link, text)) {
        *why = N_("This is not an invite link.");
    } else {
        const char *p = link + strlen(SCHEME), *hash = p + strcspn(p, "#");
        if (strncmp(p, "//", 2))
            *why = N_("This is not an invite link.");
        else if (!(*why = read_place(invite, p + 2, hash)))
            *why = read_secrets(invite, hash + (*hash == '#'));
    }
    sodium_memzero(link, sizeof link);
    if (*why)
        invite_wipe(invite);
    return !*why;
}

bool invite_code(uint32_t *code, const char *text)
{
    char digits[7];
    size_t n = 0, end = strlen(text), first = 0;
    while (first < end && is_blank(text[first]))
        first++;
    while (end > first && is_blank(text[end - 1]))
        end--;
    for (size_t i = first; i < end; i++) {
        if (text[i] == ' ' && n == 3 && end - first == 7)
            continue;
        if (!is_digit(text[i]) || n == 6)
            return false;
        digits[n++] = text[i];
    }
    digits[n] = 0;
    return n == 6 && read_code(code, digits);
}

// ---- writing ----

bool invite_build(const struct invite *invite, char *out, size_t size)
{
    char key[KEY_TEXT] = "", fp[INVITE_RELAY_KEY_MAX], port[8] = "";
    if (!host_ok(invite->host) || invite->code > INVITE_CODE_MAX || !invite->port)
        return false;
    bool v6 = strchr(invite->host, ':') != NULL;
    if (invite->port != INVITE_PORT)
        snprintf(port, sizeof port, ":%u", (unsigned)invite->port);
    if (invite->has_key)
        keys_base64(key, sizeof key, invite->key, sizeof invite->key);
    invite_relay_key(invite, fp);
    const char *and = *key && *fp ? "&" : "";
    int n =
        snprintf(out, size, SCHEME "//%s%s%s%s/r/%06u%s%s%s%s%s%s", v6 ? "[" : "", invite->host, v6 ? "]" : "", port,
                 (unsigned)invite->code, *key || *fp ? "#" : "", *key ? "k=" : "", key, and, *fp ? "fp=" : "", fp);
    sodium_memzero(key, sizeof key);
    return n > 0 && (size_t)n < size;
}

void invite_wipe(struct invite *invite)
{
    sodium_memzero(invite, sizeof *invite);
}
