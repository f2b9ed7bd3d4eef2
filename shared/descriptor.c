#include "descriptor.h"

#include "bytes.h"
#include "keys.h"

#include <sodium.h>

enum { VERSION = 1, LOBBY = 1, LOCKED = 2, CODES = 1000000, SIGNATURE = crypto_sign_BYTES };
static const char ROOM_LABEL[] = "parlour descriptor 1", HELLO_LABEL[] = "parlour hello 1", TAG_LABEL[] = "descriptor";

// What is signed: a label, so that no signature is ever good for another purpose, and the bytes.
static size_t labelled(uint8_t *out, size_t size, const char *label, const uint8_t *p, size_t n)
{
    struct bytes_writer w = bytes_writer(out, size);
    bytes_put(&w, label, strlen(label));
    bytes_put(&w, p, n);
    return size - w.left;
}

size_t descriptor_sign(const struct descriptor *d, const uint8_t secret[64], const uint8_t invite_key[16],
                       uint8_t out[DESCRIPTOR_MAX])
{
    uint8_t text[sizeof ROOM_LABEL + DESCRIPTOR_MAX];
    struct bytes_writer w = bytes_writer(out, DESCRIPTOR_MAX - SIGNATURE - DESCRIPTOR_TAG);
    if (d->host_count > DESCRIPTOR_HOSTS)
        return 0;
    bytes_put_u8(&w, VERSION);
    bytes_put_u32(&w, d->room);
    bytes_put_u24(&w, d->code);
    bytes_put_u8(&w, (uint8_t)((d->lobby ? LOBBY : 0) | (d->locked ? LOCKED : 0)));
    bytes_put_u32(&w, d->epoch);
    bytes_put_u64(&w, d->created);
    bytes_put(&w, d->admit_hash, 32);
    bytes_put_u8(&w, (uint8_t)d->host_count);
    bytes_put(&w, d->hosts, (size_t)32 * d->host_count);
    bytes_put(&w, d->creator, 32);
    size_t n = DESCRIPTOR_MAX - SIGNATURE - DESCRIPTOR_TAG - w.left;
    keys_kdf(out + n, invite_key, KEYS_INVITE, TAG_LABEL, out, n);
    n += DESCRIPTOR_TAG;
    crypto_sign_detached(out + n, NULL, text, labelled(text, sizeof text, ROOM_LABEL, out, n), secret);
    return n + SIGNATURE;
}

bool descriptor_open(struct descriptor *d, const uint8_t *p, size_t n)
{
    uint8_t text[sizeof ROOM_LABEL + DESCRIPTOR_MAX];
    memset(d, 0, sizeof *d);
    if (n < DESCRIPTOR_MIN || n > DESCRIPTOR_MAX)
        return false;
    struct bytes_reader r = bytes_reader(p, n - SIGNATURE);
    uint8_t version = bytes_u8(&r);
    d->room = bytes_u32(&r);
    d->code = bytes_u24(&r);
    uint8_t flags = bytes_u8(&r);
    d->epoch = bytes_u32(&r);
    d->created = bytes_u64(&r);
    bytes_copy(&r, d->admit_hash, 32);
    d->host_count = bytes_u8(&r);
    if (version != VERSION || flags > (LOBBY | LOCKED) || d->host_count > DESCRIPTOR_HOSTS)
        return false;
    d->lobby = flags & LOBBY;
    d->locked = flags & LOCKED;
    bytes_copy(&r, d->hosts, (size_t)32 * d->host_count);
    bytes_copy(&r, d->creator, 32);
    bytes_take(&r, DESCRIPTOR_TAG);
    if (r.failed || r.left || d->room == 0 || d->code >= CODES || d->epoch == 0)
        return false;
    size_t size = labelled(text, sizeof text, ROOM_LABEL, p, n - SIGNATURE);
    return crypto_sign_verify_detached(p + n - SIGNATURE, text, size, d->creator) == 0;
}

bool descriptor_tagged(const uint8_t *p, size_t n, const uint8_t invite_key[16])
{
    uint8_t tag[DESCRIPTOR_TAG];
    if (n < DESCRIPTOR_MIN || n > DESCRIPTOR_MAX)
        return false;
    n -= SIGNATURE + DESCRIPTOR_TAG;
    keys_kdf(tag, invite_key, KEYS_INVITE, TAG_LABEL, p, n);
    return sodium_memcmp(tag, p + n, sizeof tag) == 0;
}

bool descriptor_same(const struct descriptor *a, const struct descriptor *b)
{
    return a->room == b->room && a->code == b->code && a->epoch == b->epoch && a->lobby == b->lobby &&
           a->locked == b->locked && a->created == b->created && a->host_count == b->host_count &&
           memcmp(a->admit_hash, b->admit_hash, 32) == 0 &&
           memcmp(a->hosts, b->hosts, (size_t)32 * MIN(a->host_count, (unsigned)DESCRIPTOR_HOSTS)) == 0;
}

static size_t hello_text(uint8_t out[128], const uint8_t challenge[32], const uint8_t admit_hash[32])
{
    uint8_t both[64];
    memcpy(both, challenge, 32);
    memcpy(both + 32, admit_hash, 32);
    return labelled(out, 128, HELLO_LABEL, both, sizeof both);
}

void descriptor_prove(uint8_t proof[DESCRIPTOR_PROOF], const uint8_t challenge[32], const uint8_t admit_hash[32],
                      const uint8_t secret[64])
{
    uint8_t text[128];
    size_t n = hello_text(text, challenge, admit_hash);
    crypto_sign_detached(proof, NULL, text, n, secret);
}

bool descriptor_proved(const uint8_t proof[DESCRIPTOR_PROOF], const uint8_t challenge[32], const uint8_t admit_hash[32],
                       const uint8_t identity[32])
{
    uint8_t text[128];
    size_t n = hello_text(text, challenge, admit_hash);
    return crypto_sign_verify_detached(proof, text, n, identity) == 0;
}
