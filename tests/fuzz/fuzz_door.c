// Two sides of a door and a relay that sends either what it likes: genuine messages damaged, late, twice, at the wrong
// door, and bytes of its own. Nobody gets in who should not, and no more guesses are answered than the limit says.
#include "tests/fuzz/fuzz.h"

#include "client/net/door.h"
#include "shared/bytes.h"

#include <sodium.h>

enum { KEPT = 8, STEPS_MAX = 24 };

struct person {
    uint8_t identity_secret[64], key_secret[32];
    struct door_self self;
};

struct message {
    uint8_t data[DOOR_MAX];
    size_t size;
};

struct scene {
    struct person ada, bob;
    struct door_knocker knocker;
    struct door_host host;
    struct door_limit limit;
    bool right;      // it says the room's passphrase
    unsigned shares; // said by the knocker
    uint64_t now;
    uint64_t answered_us[STEPS_MAX]; // answers of the host that were not followed by proof
    unsigned answered;
    struct message kept[KEPT]; // genuine ones
    unsigned count;
};

static const uint8_t roots[2][32] = {{1}, {2}}, invite[16] = {3};

static void person(struct person *p, uint8_t first)
{
    uint8_t seed[32] = {first};
    crypto_sign_seed_keypair(p->self.open.identity, p->identity_secret, seed);
    crypto_kx_seed_keypair(p->self.open.key, p->key_secret, seed);
    p->self.identity_secret = p->identity_secret;
    p->self.key_secret = p->key_secret;
}

static void keep(struct scene *s, const uint8_t *data, size_t size)
{
    HOLDS(size <= DOOR_MAX);
    if (size == 0)
        return;
    struct message *m = &s->kept[s->count++ % KEPT];
    memcpy(m->data, data, size);
    m->size = size;
}

static bool genuine(const struct scene *s, const uint8_t *data, size_t size)
{
    for (unsigned i = 0; i < MIN(s->count, KEPT); i++)
        if (s->kept[i].size == size && !memcmp(s->kept[i].data, data, size))
            return true;
    return false;
}

static void note_answer(struct scene *s)
{
    unsigned young = 0;
    HOLDS(s->answered < STEPS_MAX);
    s->answered_us[s->answered++] = s->now;
    for (unsigned i = 0; i < s->answered; i++)
        young += s->now - s->answered_us[i] < DOOR_TRIES_US;
    HOLDS(young <= DOOR_TRIES);
}

static void to_knocker(struct scene *s, const uint8_t *data, size_t size)
{
    struct door_grant grant = {0};
    uint8_t out[DOOR_MAX];
    size_t n;
    enum door_result r = door_knocker_take(&s->knocker, &s->ada.self, NULL, data, size, out, &n, &grant);
    HOLDS((r == DOOR_SEND) == (n > 0) && r != DOOR_ADMIT);
    HOLDS(r != DOOR_SEND || (s->right && genuine(s, data, size)));
    HOLDS((r != DOOR_GRANTED && r != DOOR_UNPROVEN) || genuine(s, data, size));
    if (r == DOOR_GRANTED) {
        HOLDS(!memcmp(grant.invite_key, invite, 16) && (grant.proven ? s->right : s->shares == 0));
        HOLDS(!memcmp(&grant.host, &s->bob.self.open, sizeof grant.host));
    }
    keep(s, out, n);
}

static void to_host(struct scene *s, const uint8_t *data, size_t size)
{
    uint8_t out[DOOR_MAX];
    size_t n;
    enum door_result r = door_host_take(&s->host, &s->bob.self, roots[0], &s->limit, s->now, data, size, out, &n);
    HOLDS((r == DOOR_SEND) == (n > 0));
    HOLDS(r != DOOR_ADMIT || (s->right && genuine(s, data, size)));
    if (n > 1)
        note_answer(s);
    s->answered -= r == DOOR_ADMIT; // the newest
    keep(s, out, n);
}

static void step(struct scene *s, struct bytes_reader *r)
{
    uint8_t what = bytes_u8(r), out[DOOR_MAX];
    size_t size = bytes_u8(r);
    struct message m;
    const uint8_t *data;
    switch (what % 8) {
    case 0:
    case 1: // bytes of its own
        size = MIN(size, r->left);
        data = bytes_take(r, size);
        what % 8 ? to_host(s, data, size) : to_knocker(s, data, size);
        break;
    case 2:
    case 3:
    case 4:
    case 5: // a genuine one, as it was or damaged
        if (s->count == 0)
            break;
        m = s->kept[size % MIN(s->count, KEPT)];
        if (what % 8 >= 4)
            m.data[bytes_u8(r) % m.size] ^= bytes_u8(r);
        what % 2 ? to_host(s, m.data, m.size) : to_knocker(s, m.data, m.size);
        break;
    case 6: // a person says the passphrase, or time passes
        if (size & 1) {
            uint8_t again[DOOR_MAX];
            size_t n = door_say(&s->knocker, &s->ada.self, roots[s->right ? 0 : 1], again);
            s->shares += n > 0;
            keep(s, again, n);
        } else {
            s->now += size * 1000000u;
        }
        break;
    default: // a person lets in
        if (size & 1)
            keep(s, out, door_grant(&s->host, &s->bob.self, invite, size & 2 ? roots[0] : NULL, out));
        else if (door_host_retry(&s->host, &s->bob.self, roots[0], &s->limit, s->now, out))
            note_answer(s);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scene s = {.now = 1};
    struct bytes_reader r = bytes_reader(data, size);
    uint8_t out[DOOR_MAX], how = bytes_u8(&r);
    if (sodium_init() < 0)
        abort();
    person(&s.ada, 4);
    person(&s.bob, 5);
    s.right = how & 1;
    size_t n = door_knock(&s.knocker, 428193, &s.ada.self, how & 2 ? roots[s.right ? 0 : 1] : NULL, out);
    s.shares = n > 0;
    keep(&s, out, n);
    door_host_open(&s.host, 428193, &s.ada.self.open);
    for (unsigned i = 0; i < STEPS_MAX && !r.failed && r.left > 0; i++)
        step(&s, &r);
    door_host_close(&s.host, &s.limit, how & 4);
    HOLDS(sodium_is_zero((const uint8_t *)&s.host, sizeof s.host));
    return 0;
}
