#define _GNU_SOURCE
#include "secrets.h"

#include "url_secret.h"

#include "shared/base.h"

#include <jansson.h>
#include <malloc.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

void secrets_free(void *p)
{
    if (p)
        sodium_memzero(p, malloc_usable_size(p));
    free(p);
}

void secrets_scrub(void)
{
    enum { EACH = 16, LARGEST = 1032, STEP = 16, FIRST = 24 }; // the sizes glibc keeps at hand for a thread
    for (size_t size = FIRST; size <= LARGEST; size += STEP) {
        void *p[EACH];
        for (unsigned i = 0; i < EACH; i++)
            if ((p[i] = malloc(size)))
                sodium_memzero(p[i], size);
        for (unsigned i = EACH; i--;)
            free(p[i]);
    }
}

void secrets_start(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    // A core that is piped to a program heeds no limit. And what we may not dump, processes of the same user may not
    // read. Sanitizers look into their own process at its end.
    if (!BASE_SANITIZED)
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    json_set_alloc_funcs(malloc, secrets_free); // links, keys and words pass through JSON
}

static void hide(char *text)
{
    char *secret = strchr(text, '#');
    if (secret)
        sodium_memzero(secret, strlen(secret));
    url_secret_hide(text);
}

void secrets_hide(int argc, char **argv)
{
    static const char prefix[] = "PARLOUR_";
    for (int i = 1; i < argc; i++)
        hide(argv[i]);
    for (char **at = environ; at && *at; at++)
        if (!strncmp(*at, prefix, sizeof prefix - 1))
            hide(*at);
}
