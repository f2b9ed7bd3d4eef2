// Invite links: what is taken can be written and read back the same; what is refused leaves nothing behind.
#include "tests/fuzz/fuzz.h"

#include "client/invite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char start[] = "parlour://";
    static const struct invite nothing;
    struct invite a, b;
    const char *why;
    char out[INVITE_TEXT_MAX], *text = base_alloc(sizeof start + size);
    uint32_t code;
    // Half of the inputs get the beginning for free: the interesting part is behind it.
    size_t given = size && data[0] & 1 ? sizeof start - 1 : 0;
    memcpy(text, start, given);
    if (size)
        memcpy(text + given, data + 1, size - 1);
    if (invite_parse(&a, text, &why)) {
        HOLDS(!why && a.code <= INVITE_CODE_MAX && a.port && a.host[0] && strlen(a.host) < sizeof a.host);
        HOLDS(invite_build(&a, out, sizeof out));
        HOLDS(invite_parse(&b, out, &why));
        HOLDS(!strcmp(a.host, b.host) && a.port == b.port && a.code == b.code && !memcmp(a.key, b.key, sizeof a.key));
        HOLDS(a.has_key == b.has_key);
        HOLDS(a.is_public == b.is_public && !(a.is_public && a.has_fingerprint));
        HOLDS(a.has_fingerprint == b.has_fingerprint && !memcmp(a.fingerprint, b.fingerprint, sizeof a.fingerprint));
    } else {
        HOLDS(why && !memcmp(&a, &nothing, sizeof a));
    }
    HOLDS(!invite_code(&code, text) || (code <= INVITE_CODE_MAX && !invite_is_link(text)));
    free(text);
    return 0;
}
