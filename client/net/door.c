#include "door.h"

#include "shared/bytes.h"
#include "shared/keys.h"

#include <sodium.h>
#include <stdio.h>

enum {
    SHARE = 1,
    ANSWER = 2,
    CONFIRM = 3,
    GRANT = 4,
    ASK = 5,
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    GRANT_CLEAR = KEYS_INVITE + 1 + 32,
    SIGNED_MAX = 256
};
_Static_assert(1 + 32 + 32 + 64 + NONCE + GRANT_CLEAR + TAG == DOOR_MAX, "the grant is the longest message");

static const char grant_ad[] = "parlour grant 1";

// ---- what both sides compute ----

static void put_side(struct bytes_writer *w, const struct door_side *s)
{
    bytes_put(w, s->identity, 32);
    bytes_put(w, s->key, 32);
}

static struct door_side take_side(struct bytes_reader *r)
{
    struct door_side s;
    bytes_copy(r, s.identity, 32);
    bytes_copy(r, s.key, 32);
    return s;
}

static bool same_side(const struct door_side *a, const struct door_side *b)
{
    return memcmp(a->identity, b->identity, 32) == 0 && memcmp(a->key, b->key, 32) == 0;
}

// What a host signs: label | code | knocker | its own join key, and the shares of an answer.
static size_t signed_text(uint8_t out[SIGNED_MAX], const char *label, uint32_t code, const struct door_side *knocker,
                          const uint8_t host_key[32], const uint8_t *ya, const uint8_t *yb)
{
    struct bytes_writer w = bytes_writer(out, SIGNED_MAX);
    bytes_put(&w, label, strlen(label));
    bytes_put_u24(&w, code);
    put_side(&w, knocker);
    bytes_put(&w, host_key, 32);
    if (ya) {
        bytes_put(&w, ya, CPACE_SHARE);
        bytes_put(&w, yb, CPACE_SHARE);
    }
    return SIGNED_MAX - w.left;
}

static size_t answer_text(uint8_t out[SIGNED_MAX], uint32_t code, const struct door_side *knocker,
                          const uint8_t host_key[32], const uint8_t ya[32], const uint8_t yb[32])
{
    return signed_text(out, "parlour door 1", code, knocker, host_key, ya, yb);
}

static size_t admit_text(uint8_t out[SIGNED_MAX], uint32_t code, const struct door_side *knocker,
                         const uint8_t host_key[32])
{
    return signed_text(out, "parlour admit 1", code, knocker, host_key, NULL, NULL);
}

static bool run_begin(struct cpace *c, const uint8_t root[32], uint32_t code, const uint8_t knocker_key[32])
{
    char channel[32];
    int n = snprintf(channel, sizeof channel, "parlour room %06u", (unsigned)code);
    return cpace_begin(c, (struct cpace_text){root, 32}, (struct cpace_text){channel, (size_t)n},
                       (struct cpace_text){knocker_key, 32});
}

// The first half of the session key, and what each side shows to prove that it has it.
static bool run_finish(uint8_t isk[32], uint8_t confirm_a[32], uint8_t confirm_b[32], const struct cpace *c,
                       bool is_knocker, const uint8_t share[32], const struct door_side *knocker,
                       const struct door_side *host)
{
    uint8_t ada[64], adb[64], shares[64], full[CPACE_ISK];
    struct bytes_writer a = bytes_writer(ada, sizeof ada), b = bytes_writer(adb, sizeof adb);
    put_side(&a, knocker);
    put_side(&b, host);
    if (!cpace_finish(full, c, is_knocker, share, (struct cpace_text){knocker->key, 32}, (struct cpace_text){ada, 64},
                      (struct cpace_text){adb, 64}))
        return false;
    memcpy(isk, full, 32);
    memcpy(shares, is_knocker ? c->share : share, 32);
    memcpy(shares + 32, is_knocker ? share : c->share, 32);
    keys_kdf(confirm_a, isk, 32, "confirm a", shares, sizeof shares);
    keys_kdf(confirm_b, isk, 32, "confirm b", shares, sizeof shares);
    sodium_memzero(full, sizeof full);
    return true;
}

// The key of a grant. `isk` NULL: no passphrase was proven. False when the other's key is not acceptable.
static bool door_key(uint8_t out[32], const struct door_self *me, bool is_knocker, const uint8_t *isk, uint32_t code,
                     const struct door_side *other)
{
    uint8_t rx[32], tx[32], data[32 + 3 + 128] = {0};
    struct bytes_writer w = bytes_writer(data + 32, sizeof data - 32);
    int bad = is_knocker ? crypto_kx_client_session_keys(rx, tx, me->open.key, me->key_secret, other->key)
                         : crypto_kx_server_session_keys(rx, tx, me->open.key, me->key_secret, other->key);
    if (bad)
        return false;
    if (isk)
        memcpy(data, isk, 32);
    bytes_put_u24(&w, code);
    put_side(&w, is_knocker ? &me->open : other);
    put_side(&w, is_knocker ? other : &me->open);
    keys_kdf(out, is_knocker ? rx : tx, 32, "door", data, sizeof data);
    sodium_memzero(rx, sizeof rx);
    sodium_memzero(tx, sizeof tx);
    sodium_memzero(data, sizeof data);
    return true;
}

// ---- who knocks ----

size_t door_say(struct door_knocker *k, const struct door_self *me, const uint8_t root[32], uint8_t out[DOOR_MAX])
{
    if (k->over || k->proven || !run_begin(&k->run, root, k->code, me->open.key))
        return 0;
    k->said = true;
    out[0] = SHARE;
    memcpy(out + 1, k->run.share, CPACE_SHARE);
    return 1 + CPACE_SHARE;
}

size_t door_knock(struct door_knocker *k, uint32_t code, const struct door_self *me, const uint8_t *root,
                  uint8_t out[DOOR_MAX])
{
    sodium_memzero(k, sizeof *k);
    k->code = code;
    return root ? door_say(k, me, root, out) : 0;
}

static enum door_result take_answer(struct door_knocker *k, const struct door_self *me, struct bytes_reader *r,
                                    uint8_t out[DOOR_MAX], size_t *out_size)
{
    uint8_t yb[32], shown[32], signature[64], text[SIGNED_MAX], isk[32], confirm_a[32], confirm_b[32];
    struct door_side host = take_side(r);
    bytes_copy(r, yb, sizeof yb);
    bytes_copy(r, shown, sizeof shown);
    bytes_copy(r, signature, sizeof signature);
    if (r->failed || r->left)
        return DOOR_BAD;
    if (!k->said || k->proven)
        return DOOR_NOTHING; // the first host that answers is the one we talk to
    size_t n = answer_text(text, k->code, &me->open, host.key, k->run.share, yb);
    if (crypto_sign_verify_detached(signature, text, n, host.identity) ||
        !run_finish(isk, confirm_a, confirm_b, &k->run, true, yb, &me->open, &host))
        return DOOR_BAD;
    bool right = sodium_memcmp(shown, confirm_b, 32) == 0;
    sodium_memzero(&k->run, sizeof k->run);
    if (right) {
        k->proven = true;
        k->host = host;
        memcpy(k->isk, isk, 32);
        out[0] = CONFIRM;
        memcpy(out + 1, confirm_a, 32);
        *out_size = 33;
    } else {
        k->over = true; // one answer is one guess: no second one is looked at
    }
    sodium_memzero(isk, sizeof isk);
    sodium_memzero(confirm_a, sizeof confirm_a);
    sodium_memzero(confirm_b, sizeof confirm_b);
    return right ? DOOR_SEND : DOOR_WRONG;
}

static bool open_grant(uint8_t clear[GRANT_CLEAR], const uint8_t *isk, const struct door_knocker *k,
                       const struct door_self *me, const struct door_side *host, const uint8_t *nonce,
                       const uint8_t *sealed)
{
    uint8_t key[32];
    bool ok = door_key(key, me, true, isk, k->code, host) &&
              crypto_aead_xchacha20poly1305_ietf_decrypt(clear, NULL, NULL, sealed, GRANT_CLEAR + TAG,
                                                         (const uint8_t *)grant_ad, strlen(grant_ad), nonce, key) == 0;
    sodium_memzero(key, sizeof key);
    return ok && clear[KEYS_INVITE] <= 1;
}

static enum door_result take_grant(struct door_knocker *k, const struct door_self *me, const uint8_t *invite_key,
                                   struct bytes_reader *r, struct door_grant *grant)
{
    uint8_t text[SIGNED_MAX], clear[GRANT_CLEAR];
    struct door_side host = take_side(r);
    const uint8_t *signature = bytes_take(r, 64), *nonce = bytes_take(r, NONCE);
    const uint8_t *sealed = bytes_take(r, GRANT_CLEAR + TAG);
    if (r->failed || r->left)
        return DOOR_BAD;
    size_t n = admit_text(text, k->code, &me->open, host.key);
    if (crypto_sign_verify_detached(signature, text, n, host.identity))
        return DOOR_BAD;
    bool proven = k->proven && same_side(&k->host, &host) && open_grant(clear, k->isk, k, me, &host, nonce, sealed);
    enum door_result result = DOOR_GRANTED;
    if (!proven && !open_grant(clear, NULL, k, me, &host, nonce, sealed))
        result = DOOR_BAD;
    else if (invite_key && sodium_memcmp(clear, invite_key, KEYS_INVITE))
        result = DOOR_BAD;
    else if (k->said && !proven && !invite_key)
        result = DOOR_UNPROVEN; // or a relay that does not know the passphrase could make us go without
    if (result == DOOR_GRANTED) {
        *grant = (struct door_grant){.has_root = clear[KEYS_INVITE], .host = host, .proven = proven};
        memcpy(grant->invite_key, clear, KEYS_INVITE);
        if (grant->has_root)
            memcpy(grant->root, clear + KEYS_INVITE + 1, 32);
        sodium_memzero(k, sizeof *k);
        k->over = true;
    }
    sodium_memzero(clear, sizeof clear);
    return result;
}

enum door_result door_knocker_take(struct door_knocker *k, const struct door_self *me, const uint8_t *invite_key,
                                   const uint8_t *data, size_t size, uint8_t out[DOOR_MAX], size_t *out_size,
                                   struct door_grant *grant)
{
    struct bytes_reader r = bytes_reader(data, size);
    uint8_t what = bytes_u8(&r);
    *out_size = 0;
    if (k->over)
        return DOOR_NOTHING;
    if (what == ANSWER)
        return take_answer(k, me, &r, out, out_size);
    if (what == GRANT)
        return take_grant(k, me, invite_key, &r, grant);
    if (what == ASK && r.left == 0)
        return k->said ? DOOR_NOTHING : DOOR_ASKED;
    return DOOR_BAD;
}

// ---- a host ----

// The number of a try that may be made now, or 0. Every answer is one: it alone shows whether a guess was right.
static uint64_t limit_take(struct door_limit *limit, uint64_t now_us)
{
    for (unsigned i = 0; i < DOOR_TRIES; i++) {
        if (limit->tries[i].number && now_us - limit->tries[i].at_us < DOOR_TRIES_US)
            continue;
        limit->tries[i].number = ++limit->newest;
        limit->tries[i].at_us = now_us;
        return limit->newest;
    }
    return 0;
}

static void limit_give_back(struct door_limit *limit, uint64_t number)
{
    for (unsigned i = 0; number && i < DOOR_TRIES; i++)
        if (limit->tries[i].number == number)
            limit->tries[i].number = 0;
}

static bool limit_reached(const struct door_limit *limit, uint64_t now_us)
{
    unsigned held = 0;
    for (unsigned i = 0; i < DOOR_TRIES; i++)
        held += limit->tries[i].number && now_us - limit->tries[i].at_us < DOOR_TRIES_US;
    return held == DOOR_TRIES;
}

void door_host_open(struct door_host *h, uint32_t code, const struct door_side *knocker)
{
    sodium_memzero(h, sizeof *h);
    h->code = code;
    h->knocker = *knocker;
}

static enum door_result answer(struct door_host *h, const struct door_self *me, const uint8_t root[32],
                               struct door_limit *limit, uint64_t now_us, uint8_t out[DOOR_MAX], size_t *out_size)
{
    struct cpace run;
    uint8_t confirm_b[32], text[SIGNED_MAX];
    uint64_t attempt = limit_take(limit, now_us);
    h->waiting = !attempt;
    if (!attempt)
        return DOOR_NOTHING;
    bool ok = run_begin(&run, root, h->code, h->knocker.key) &&
              run_finish(h->isk, h->confirm, confirm_b, &run, false, h->share, &h->knocker, &me->open);
    h->running = ok;
    if (ok) {
        struct bytes_writer w = bytes_writer(out, DOOR_MAX);
        h->attempt = attempt;
        bytes_put_u8(&w, ANSWER);
        put_side(&w, &me->open);
        bytes_put(&w, run.share, 32);
        bytes_put(&w, confirm_b, 32);
        size_t n = answer_text(text, h->code, &h->knocker, me->open.key, h->share, run.share);
        crypto_sign_detached(bytes_room(&w, 64), NULL, text, n, me->identity_secret);
        *out_size = DOOR_MAX - w.left;
    } else {
        limit_give_back(limit, attempt);
    }
    sodium_memzero(&run, sizeof run);
    sodium_memzero(confirm_b, sizeof confirm_b);
    return ok ? DOOR_SEND : DOOR_BAD;
}

static enum door_result take_confirm(struct door_host *h, struct door_limit *limit, const uint8_t shown[32])
{
    if (!h->running)
        return DOOR_NOTHING;
    h->running = false;
    h->proven = sodium_memcmp(shown, h->confirm, 32) == 0;
    if (h->proven) {
        limit_give_back(limit, h->attempt);
        return DOOR_ADMIT;
    }
    sodium_memzero(h->isk, sizeof h->isk);
    sodium_memzero(h->confirm, sizeof h->confirm);
    return DOOR_WRONG;
}

enum door_result door_host_take(struct door_host *h, const struct door_self *me, const uint8_t *root,
                                struct door_limit *limit, uint64_t now_us, const uint8_t *data, size_t size,
                                uint8_t out[DOOR_MAX], size_t *out_size)
{
    *out_size = 0;
    if (size == 0) {
        if (!root || h->proven || limit_reached(limit, now_us))
            return DOOR_NOTHING;
        out[0] = ASK;
        *out_size = 1;
        return DOOR_SEND;
    }
    if (size != 33 || (data[0] != SHARE && data[0] != CONFIRM))
        return DOOR_BAD;
    if (!root || h->proven)
        return DOOR_NOTHING;
    if (data[0] == CONFIRM)
        return take_confirm(h, limit, data + 1);
    h->running = false;
    memcpy(h->share, data + 1, CPACE_SHARE);
    return answer(h, me, root, limit, now_us, out, out_size);
}

size_t door_host_retry(struct door_host *h, const struct door_self *me, const uint8_t *root, struct door_limit *limit,
                       uint64_t now_us, uint8_t out[DOOR_MAX])
{
    size_t n = 0;
    if (root && h->waiting && answer(h, me, root, limit, now_us, out, &n) != DOOR_SEND)
        return 0;
    return n;
}

size_t door_grant(const struct door_host *h, const struct door_self *me, const uint8_t invite_key[16],
                  const uint8_t *root, uint8_t out[DOOR_MAX])
{
    uint8_t key[32], clear[GRANT_CLEAR] = {0}, text[SIGNED_MAX];
    struct bytes_writer w = bytes_writer(out, DOOR_MAX);
    if (!door_key(key, me, false, h->proven ? h->isk : NULL, h->code, &h->knocker))
        return 0;
    memcpy(clear, invite_key, KEYS_INVITE);
    if (root) {
        clear[KEYS_INVITE] = 1;
        memcpy(clear + KEYS_INVITE + 1, root, 32);
    }
    bytes_put_u8(&w, GRANT);
    put_side(&w, &me->open);
    size_t n = admit_text(text, h->code, &h->knocker, me->open.key);
    crypto_sign_detached(bytes_room(&w, 64), NULL, text, n, me->identity_secret);
    uint8_t *nonce = bytes_room(&w, NONCE);
    randombytes_buf(nonce, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(bytes_room(&w, sizeof clear + TAG), NULL, clear, sizeof clear,
                                               (const uint8_t *)grant_ad, strlen(grant_ad), NULL, nonce, key);
    sodium_memzero(key, sizeof key);
    sodium_memzero(clear, sizeof clear);
    return DOOR_MAX - w.left;
}

void door_host_close(struct door_host *h, struct door_limit *limit, bool let_in)
{
    if (let_in)
        limit_give_back(limit, h->attempt);
    sodium_memzero(h, sizeof *h);
}
