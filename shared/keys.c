#define _GNU_SOURCE
#include "keys.h"

#include "bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void keys_kdf(uint8_t out[32], const uint8_t *key, size_t key_size, const char *label, const void *data, size_t size)
{
    crypto_generichash_state state;
    uint8_t length = (uint8_t)strlen(label);
    crypto_generichash_init(&state, key, key_size, 32);
    crypto_generichash_update(&state, &length, 1);
    crypto_generichash_update(&state, (const uint8_t *)label, length);
    if (size)
        crypto_generichash_update(&state, data, size);
    crypto_generichash_final(&state, out, 32);
    sodium_memzero(&state, sizeof state);
}

void keys_hop(uint8_t up[16], uint8_t down[16], const uint8_t hop_key[32], uint64_t client_nonce,
              const uint8_t boot_nonce[16])
{
    uint8_t data[24], full[32];
    struct bytes_writer w = bytes_writer(data, sizeof data);
    bytes_put_u64(&w, client_nonce);
    bytes_put(&w, boot_nonce, 16);
    keys_kdf(full, hop_key, 32, "hop up", data, sizeof data);
    memcpy(up, full, KEYS_HOP);
    keys_kdf(full, hop_key, 32, "hop down", data, sizeof data);
    memcpy(down, full, KEYS_HOP);
    sodium_memzero(full, sizeof full);
}

void keys_room_secret(uint8_t out[32], const uint8_t ticket_key[32], uint32_t room, uint32_t epoch)
{
    uint8_t data[8];
    struct bytes_writer w = bytes_writer(data, sizeof data);
    bytes_put_u32(&w, room);
    bytes_put_u32(&w, epoch);
    keys_kdf(out, ticket_key, 32, "room secret", data, sizeof data);
}

void keys_room_down(uint8_t out[16], const uint8_t room_secret[32], const uint8_t boot_nonce[16])
{
    uint8_t full[32];
    keys_kdf(full, room_secret, 32, "room down", boot_nonce, 16);
    memcpy(out, full, KEYS_HOP);
    sodium_memzero(full, sizeof full);
}

void keys_room_token(uint8_t token[32], const uint8_t invite_key[16])
{
    keys_kdf(token, invite_key, KEYS_INVITE, "room token", NULL, 0);
}

void keys_chat_tag(uint8_t tag[32], const uint8_t invite_key[16])
{
    keys_kdf(tag, invite_key, KEYS_INVITE, "chat", NULL, 0);
}

void keys_pass(uint8_t hash[32], const uint8_t admit_hash[32], const uint8_t identity[32])
{
    keys_kdf(hash, admit_hash, 32, "pass", identity, 32);
}

void keys_admit_hash(uint8_t out[32], const uint8_t token[32])
{
    crypto_generichash(out, 32, token, 32, NULL, 0);
}

void keys_slot(uint8_t out[32], const uint8_t base[32], uint8_t slot)
{
    keys_kdf(out, base, 32, "slot", &slot, 1);
}

void keys_ratchet(uint8_t out[32], const uint8_t base[32])
{
    keys_kdf(out, base, 32, "ratchet", NULL, 0);
}

void keys_message(uint8_t out[32], const uint8_t base[32])
{
    keys_kdf(out, base, 32, "message", NULL, 0);
}

static void put_side(struct bytes_writer *w, const struct keys_side *side)
{
    bytes_put_u64(w, side->join_id);
    bytes_put(w, side->identity, 32);
    bytes_put(w, side->key, 32);
}

bool keys_pair(uint8_t rx[32], uint8_t tx[32], const struct keys_side *me, const uint8_t my_secret[32],
               const struct keys_side *them, uint32_t room, const uint8_t invite_key[16])
{
    uint8_t raw_rx[32], raw_tx[32], data[KEYS_INVITE + 4 + 2 * 72];
    bool first = me->join_id < them->join_id;
    if (me->join_id == them->join_id)
        return false;
    int bad = first ? crypto_kx_client_session_keys(raw_rx, raw_tx, me->key, my_secret, them->key)
                    : crypto_kx_server_session_keys(raw_rx, raw_tx, me->key, my_secret, them->key);
    if (bad)
        return false;
    struct bytes_writer w = bytes_writer(data, sizeof data);
    bytes_put(&w, invite_key, KEYS_INVITE);
    bytes_put_u32(&w, room);
    put_side(&w, first ? me : them);
    put_side(&w, first ? them : me);
    keys_kdf(rx, raw_rx, 32, "pair", data, sizeof data);
    keys_kdf(tx, raw_tx, 32, "pair", data, sizeof data);
    sodium_memzero(raw_rx, sizeof raw_rx);
    sodium_memzero(raw_tx, sizeof raw_tx);
    sodium_memzero(data, sizeof data);
    return true;
}

static bool write_all(int fd, const uint8_t *p, size_t n)
{
    while (n) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

bool keys_write_file(const char *path, const void *data, size_t size)
{
    char *temporary = NULL;
    if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
        return false;
    int fd = mkostemp(temporary, O_CLOEXEC); // mode 0600
    bool ok = fd >= 0 && write_all(fd, data, size) && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    ok = ok && rename(temporary, path) == 0;
    if (!ok && fd >= 0) {
        why = errno ? errno : why;
        unlink(temporary);
        errno = why;
    }
    free(temporary);
    return ok;
}

bool keys_read_file(const char *path, void *data, size_t size)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    bool ok = fstat(fd, &st) == 0 && st.st_size == (off_t)size;
    if (!ok) {
        errno = EINVAL;
    } else if (st.st_mode & 077) {
        ok = false;
        errno = EACCES;
    } else {
        ok = read(fd, data, size) == (ssize_t)size;
    }
    int why = errno;
    close(fd);
    errno = why;
    return ok;
}

bool keys_identity_load(const char *path, uint8_t public_key[32], uint8_t secret_key[64], char *error,
                        size_t error_size)
{
    if (keys_read_file(path, secret_key, KEYS_IDENTITY_SECRET)) {
        // The file is seed | public key; a pair that does not belong together would give the seed away by signing.
        uint8_t again[KEYS_IDENTITY_SECRET];
        crypto_sign_seed_keypair(public_key, again, secret_key);
        bool whole = sodium_memcmp(again, secret_key, sizeof again) == 0;
        sodium_memzero(again, sizeof again);
        if (whole)
            return true;
        errno = EINVAL;
    }
    if (errno == EACCES) {
        snprintf(error, error_size, "The identity file %s can be read by others: run chmod 600 on it.", path);
        return false;
    }
    if (errno != ENOENT) {
        snprintf(error, error_size, "The identity file %s cannot be read: mend it or move it away.", path);
        return false;
    }
    crypto_sign_keypair(public_key, secret_key);
    if (!keys_write_file(path, secret_key, KEYS_IDENTITY_SECRET)) {
        snprintf(error, error_size, "The identity file %s cannot be written: check its folder.", path);
        return false;
    }
    return true;
}

void keys_fingerprint_text(char out[KEYS_FINGERPRINT_TEXT], const uint8_t identity[32])
{
    static const char label[] = "parlour identity 1", letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    crypto_generichash_state state;
    uint8_t hash[32];
    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    crypto_generichash_update(&state, (const uint8_t *)label, sizeof label - 1);
    crypto_generichash_update(&state, identity, 32);
    crypto_generichash_final(&state, hash, sizeof hash);
    for (size_t i = 0; i < 16; i++) { // five bits each, the high ones first
        size_t bit = i * 5;
        unsigned two = (unsigned)hash[bit / 8] << 8 | hash[bit / 8 + 1];
        *out++ = letters[two >> (11 - bit % 8) & 31];
        if (i % 4 == 3)
            *out++ = i < 15 ? '-' : 0;
    }
}

size_t keys_base64_size(size_t n)
{
    return sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

char *keys_base64(char *out, size_t out_size, const uint8_t *data, size_t n)
{
    return sodium_bin2base64(out, out_size, data, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool keys_unbase64(uint8_t *out, size_t max, size_t *n, const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t size = strspn(text, digits); // libsodium 1.0.18 takes some bytes above 0x7f for digits
    return text[size] == 0 &&
           sodium_base642bin(out, max, text, size, NULL, n, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0;
}
