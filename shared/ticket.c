#include "ticket.h"

#include "bytes.h"

#include <sodium.h>

enum {
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    MAC = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    VERSION = 1
};
static const char AD[] = "parlour ticket 1";

size_t ticket_seal(const struct ticket *t, const uint8_t key[32], uint8_t out[WIRE_TICKET_MAX])
{
    uint8_t clear[WIRE_TICKET_MAX];
    struct bytes_writer w = bytes_writer(clear, sizeof clear - NONCE - MAC);
    size_t room_left = w.left, name = strlen(t->name);
    bytes_put_u8(&w, VERSION);
    bytes_put_u32(&w, t->room);
    bytes_put_u24(&w, t->code);
    bytes_put_u16(&w, t->sender);
    bytes_put_u64(&w, t->join_id);
    bytes_put_u8(&w, t->role);
    bytes_put_u8(&w, t->flags);
    bytes_put_u32(&w, t->epoch);
    bytes_put_u64(&w, t->expiry);
    bytes_put(&w, t->hop_key, 32);
    bytes_put(&w, t->identity, 32);
    bytes_put(&w, t->admit_hash, 32);
    bytes_put_u8(&w, (uint8_t)name);
    bytes_put(&w, t->name, name);
    unsigned long long sealed;
    randombytes_buf(out, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE, &sealed, clear, room_left - w.left, (const uint8_t *)AD,
                                               sizeof AD - 1, NULL, out, key);
    sodium_memzero(clear, sizeof clear);
    return NONCE + (size_t)sealed;
}

bool ticket_open(struct ticket *t, const uint8_t key[32], const uint8_t *p, size_t n, uint64_t now_s)
{
    uint8_t clear[WIRE_TICKET_MAX];
    unsigned long long size;
    if (n > WIRE_TICKET_MAX || n < NONCE + MAC)
        return false;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(clear, &size, NULL, p + NONCE, n - NONCE, (const uint8_t *)AD,
                                                   sizeof AD - 1, p, key))
        return false;
    struct bytes_reader r = bytes_reader(clear, (size_t)size);
    memset(t, 0, sizeof *t);
    uint8_t version = bytes_u8(&r);
    t->room = bytes_u32(&r);
    t->code = bytes_u24(&r);
    t->sender = bytes_u16(&r);
    t->join_id = bytes_u64(&r);
    t->role = bytes_u8(&r);
    t->flags = bytes_u8(&r);
    t->epoch = bytes_u32(&r);
    t->expiry = bytes_u64(&r);
    bytes_copy(&r, t->hop_key, 32);
    bytes_copy(&r, t->identity, 32);
    bytes_copy(&r, t->admit_hash, 32);
    uint8_t name = bytes_u8(&r);
    if (name < TICKET_NAME_MAX)
        bytes_copy(&r, t->name, name);
    sodium_memzero(clear, sizeof clear);
    return version == VERSION && !r.failed && r.left == 0 && name < TICKET_NAME_MAX &&
           (t->code < 1000000 || t->code == TICKET_NO_CODE) && t->sender != 0 && t->expiry > now_s;
}
