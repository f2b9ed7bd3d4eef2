#include "url_secret.h"

#include "shared/base.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { STARS = 3 };

// From `secret` on, `length` bytes. Where the text goes on.
static char *hide(char *secret, size_t length)
{
    size_t stars = MIN(length, (size_t)STARS), rest = strlen(secret + length);
    memset(secret, '*', stars);
    memmove(secret + stars, secret + length, rest);
    memset(secret + stars + rest, 0, length - stars); // it may be an argument of the process: nothing is left behind
    return secret + stars;
}

// user:SECRET@host; the last @ counts, as for who opens it.
static char *hide_in_authority(char *authority)
{
    char *end = authority + strcspn(authority, "/?#"), *at = end;
    while (at > authority && at[-1] != '@')
        at--;
    char *colon = at > authority ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
    return colon ? hide(colon + 1, (size_t)(at - 1 - colon - 1)) : end;
}

// `equals` stands behind a word that says that a secret follows.
static bool is_named(const char *text, const char *equals)
{
    static const char *const names[] = {"password", "passwd", "pass", "pwd", "psw", "token"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        size_t n = strlen(names[i]);
        if ((size_t)(equals - text) > n && strncasecmp(equals - n, names[i], n) == 0 &&
            !isalnum((unsigned char)equals[-(ptrdiff_t)n - 1]))
            return true;
    }
    return false;
}

void url_secret_hide(char *text)
{
    char *scheme = strstr(text, "://");
    if (!scheme)
        return;
    char *at = hide_in_authority(scheme + strlen("://"));
    while ((at = strchr(at, '='))) {
        bool named = is_named(text, at);
        at++;
        if (named)
            at = hide(at, strcspn(at, "&#"));
    }
}
