// What holds for any sealed packet, tried on thousands of random ones.
#include "tests/unit/unit.h"

#include "shared/keys.h"
#include "shared/seal.h"
#include "shared/wire.h"
#include "tests/sframe_plain.h"

enum { SIZE_MOST = WIRE_PAYLOAD_MAX, OUT = SIZE_MOST + SEAL_HEADER + SEAL_TAG, UNTOUCHED = 0xa5 };

static uint64_t randoms;

static uint64_t below(uint64_t n)
{
    return unit_random(&randoms) % n;
}

// Everything a packet is sealed from.
struct place {
    uint8_t base[32], kid, clear[SIZE_MOST];
    uint8_t datagram[WIRE_TS_END]; // header and timestamp
    uint64_t ctr;
    size_t size;
};

static void random_place(struct place *p, size_t most)
{
    unit_fill(&randoms, p, sizeof *p);
    p->kid &= 7;
    p->ctr = SEAL_CTR_FIRST + below(SEAL_CTR_END - SEAL_CTR_FIRST);
    p->size = below(most + 1);
}

static void slot_key(struct seal_key *k, const struct place *p, bool sealing)
{
    uint8_t key[32];
    keys_slot(key, p->base, p->datagram[19]);
    assert_true(seal_key_init(k, key, p->kid, sealing));
}

static size_t seal_in(const struct place *p, uint8_t *out)
{
    struct seal_key k;
    uint8_t metadata[SEAL_METADATA];
    slot_key(&k, p, true);
    k.ctr = p->ctr;
    seal_metadata(metadata, p->datagram);
    size_t n = seal_packet(&k, metadata, p->clear, p->size, out);
    seal_key_destroy(&k);
    assert_int_equal(n, p->size + SEAL_HEADER + SEAL_TAG);
    return n;
}

// Try to open in an exactly sized buffer; a failure must leave nothing of the plaintext.
static bool opens(struct seal_key *k, const uint8_t metadata[SEAL_METADATA], const uint8_t *p, size_t n)
{
    static uint8_t clear[OUT + 64];
    uint8_t *exact = malloc(n ? n : 1);
    size_t got;
    memcpy(exact, p, n);
    memset(clear, UNTOUCHED, n);
    bool ok = seal_open(k, metadata, exact, n, clear, &got);
    free(exact);
    assert_int_equal(got, ok ? n - SEAL_HEADER - SEAL_TAG : 0);
    for (size_t i = 0; !ok && i < n; i++)
        assert_true(clear[i] == 0 || clear[i] == UNTOUCHED);
    return ok;
}

static bool opens_in(const struct place *p, const uint8_t *sealed, size_t n)
{
    struct seal_key k;
    uint8_t metadata[SEAL_METADATA];
    slot_key(&k, p, false);
    seal_metadata(metadata, p->datagram);
    bool ok = opens(&k, metadata, sealed, n);
    seal_key_destroy(&k);
    return ok;
}

static void two_implementations_agree(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4000; i++) {
        static struct place p;
        uint8_t out[OUT], out2[OUT], clear[OUT], key[32], salt[12], metadata[SEAL_METADATA], header[17], header2[17];
        struct plain_keys k;
        size_t got;
        random_place(&p, i % 8 ? 64 : SIZE_MOST);
        size_t n = seal_in(&p, out);
        seal_metadata(metadata, p.datagram);
        keys_slot(key, p.base, p.datagram[19]);
        plain_derive(&k, key, sizeof key, p.kid);
        size_t header_size = plain_header(header, p.kid, p.ctr);
        assert_true(plain_seal(&k, p.ctr, header, header_size, metadata, sizeof metadata, p.clear, p.size, out2));
        assert_memory_equal(out, out2, n);
        assert_true(plain_open(key, sizeof key, metadata, sizeof metadata, out, n, clear, &got));
        assert_int_equal(got, p.size);
        assert_memory_equal(clear, p.clear, p.size);

        // Any base key, KID and CTR, not only ours.
        uint64_t kid = unit_random(&randoms) >> below(64), ctr = unit_random(&randoms) >> below(64), kid2, ctr2;
        plain_derive(&k, p.clear, p.size, kid);
        uint8_t secret[32];
        assert_true(seal_derive(secret, salt, p.clear, p.size, kid));
        assert_memory_equal(secret, k.key, sizeof secret);
        assert_memory_equal(salt, k.salt, sizeof salt);
        header_size = plain_header(header, kid, ctr);
        assert_int_equal(seal_header_write(header2, kid, ctr), header_size);
        assert_memory_equal(header, header2, header_size);
        assert_int_equal(seal_header_read(header, header_size, &kid2, &ctr2), header_size);
        assert_true(kid == kid2 && ctr == ctr2);
    }
}

static void every_flipped_bit(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        static struct place p;
        uint8_t out[OUT], metadata[SEAL_METADATA];
        struct seal_key k;
        random_place(&p, i ? 48 : SIZE_MOST);
        size_t n = seal_in(&p, out);
        slot_key(&k, &p, false);
        seal_metadata(metadata, p.datagram);
        for (size_t bit = 0; bit < n * 8; bit++) {
            out[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_false(opens(&k, metadata, out, n));
            out[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        for (size_t bit = 0; bit < sizeof metadata * 8; bit++) {
            metadata[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_false(opens(&k, metadata, out, n));
            metadata[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        assert_true(opens(&k, metadata, out, n)); // failures leave the key usable
        seal_key_destroy(&k);
    }
}

static void shorter_longer_and_mixed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        static struct place p;
        uint8_t out[OUT + 64], other[OUT + 64], metadata[SEAL_METADATA];
        struct seal_key k;
        random_place(&p, 80);
        size_t n = seal_in(&p, out);
        slot_key(&k, &p, false);
        seal_metadata(metadata, p.datagram);
        for (size_t cut = 0; cut < n; cut++) {
            assert_false(opens(&k, metadata, out, cut));
            assert_false(opens(&k, metadata, out + n - cut, cut));
            memcpy(other, out, n); // a byte missing inside
            memmove(other + cut, other + cut + 1, n - cut - 1);
            assert_false(opens(&k, metadata, other, n - 1));
        }
        memcpy(other, out, n);
        for (size_t more = 1; more <= 40; more++) {
            unit_fill(&randoms, other + n, more);
            assert_false(opens(&k, metadata, other, n + more));
            memset(other + n, 0, more);
            assert_false(opens(&k, metadata, other, n + more));
        }
        // Two packets of one key: no part of one goes with the rest of the other.
        struct place q = p;
        q.ctr = p.ctr ^ 1;
        seal_in(&q, other);
        uint8_t mixed[OUT];
        memcpy(mixed, out, n);
        memcpy(mixed, other, SEAL_HEADER);
        assert_false(opens(&k, metadata, mixed, n));
        memcpy(mixed, out, n);
        memcpy(mixed + n - SEAL_TAG, other + n - SEAL_TAG, SEAL_TAG);
        assert_false(opens(&k, metadata, mixed, n));
        assert_true(opens(&k, metadata, out, n));
        seal_key_destroy(&k);
    }
}

// A packet opens in its own place only: same sender key, KID, sender, room, slot, mark and timestamp.
static void every_other_place(void **state)
{
    static const struct {
        const char *what;
        unsigned at, size;
    } FIELDS[] = {{"mark", 1, 1}, {"sender", 2, 2}, {"room", 4, 4}, {"slot", 19, 1}, {"timestamp", 20, 4}};
    (void)state;
    for (unsigned i = 0; i < 2000; i++) {
        static struct place p, q;
        uint8_t out[OUT], metadata[SEAL_METADATA];
        struct seal_key k;
        random_place(&p, 100);
        size_t n = seal_in(&p, out);
        assert_true(opens_in(&p, out, n));
        for (size_t f = 0; f < ARRAY_LEN(FIELDS); f++) {
            q = p;
            do
                unit_fill(&randoms, q.datagram + FIELDS[f].at, FIELDS[f].size);
            while (!memcmp(q.datagram + FIELDS[f].at, p.datagram + FIELDS[f].at, FIELDS[f].size));
            assert_false(opens_in(&q, out, n));
        }
        q = p;
        q.base[below(32)] ^= (uint8_t)(1u << below(8)); // somebody else's sender key
        assert_false(opens_in(&q, out, n));
        q = p;
        q.kid = (uint8_t)((p.kid + 1 + below(7)) & 7);
        assert_false(opens_in(&q, out, n));
        memcpy(q.clear, out, n); // and relabelled to fit that key
        q.clear[0] = (uint8_t)((out[0] & 0x8f) | q.kid << 4);
        assert_false(opens_in(&q, q.clear, n));
        // The slot is in the key as well as in the metadata: each alone is enough.
        q = p;
        q.datagram[19] ^= (uint8_t)(1 + below(255));
        slot_key(&k, &q, false);
        seal_metadata(metadata, p.datagram);
        assert_false(opens(&k, metadata, out, n));
        seal_key_destroy(&k);
        slot_key(&k, &p, false);
        seal_metadata(metadata, q.datagram);
        assert_false(opens(&k, metadata, out, n));
        seal_key_destroy(&k);
        // What the relay rewrites on each hop is not sealed: type, tag, number, time.
        q = p;
        unit_fill(&randoms, q.datagram, 1);
        unit_fill(&randoms, q.datagram + 8, 11);
        assert_true(opens_in(&q, out, n));
    }
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, 44);
}

// Two million packets over a thousand keys: a key's counters rise by one, so no nonce comes twice under one key, and no
// two of (base, KID, slot) give the same key.
static void no_nonce_twice(void **state)
{
    enum { KEYS = 1000, PACKETS = 2000 };
    static uint8_t seen[KEYS][44]; // key and salt
    static struct place p;
    (void)state;
    random_place(&p, 0);
    for (unsigned i = 0; i < KEYS; i++) {
        uint8_t in[4] = {0}, out[64], metadata[SEAL_METADATA] = {0}, key[32], kid;
        struct seal_key k;
        switch (i % 3) { // another slot, another KID, the next sender key
        case 0:
            p.datagram[19] = (uint8_t)(p.datagram[19] + 4);
            break;
        case 1:
            p.kid = (p.kid + 1) & 7;
            break;
        default:
            unit_fill(&randoms, p.base, sizeof p.base);
        }
        keys_slot(key, p.base, p.datagram[19]);
        assert_true(seal_derive(seen[i], seen[i] + 32, key, sizeof key, p.kid));
        slot_key(&k, &p, true);
        assert_true(k.ctr == SEAL_CTR_FIRST);
        uint64_t last = SEAL_CTR_FIRST - 1;
        for (unsigned n = 0; n < PACKETS; n++) {
            uint64_t ctr;
            size_t size = seal_packet(&k, metadata, in, sizeof in, out);
            assert_true(seal_peek(out, size, &kid, &ctr) && kid == p.kid && ctr == last + 1);
            last = ctr;
            if (n % 100 == 0) // up to the end of the counters in jumps forward
                k.ctr = last = MIN(k.ctr + below(SEAL_CTR_END / (PACKETS / 100) - 200), SEAL_CTR_END - PACKETS) - 1;
            k.ctr = last + 1;
        }
        seal_key_destroy(&k);
    }
    qsort(seen, KEYS, sizeof seen[0], by_bytes);
    for (unsigned i = 1; i < KEYS; i++)
        assert_true(memcmp(seen[i - 1], seen[i], 44) != 0);
}

static void the_counters_end(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        static struct place p;
        uint8_t out[OUT], metadata[SEAL_METADATA], before[sizeof(struct seal_key)];
        struct seal_key sealing, opening;
        uint64_t left = 1 + below(300);
        random_place(&p, 20);
        slot_key(&sealing, &p, true);
        slot_key(&opening, &p, false);
        seal_metadata(metadata, p.datagram);
        sealing.ctr = SEAL_CTR_END - left;
        for (; left; left--) {
            size_t n = seal_packet(&sealing, metadata, p.clear, p.size, out);
            assert_int_equal(n, p.size + SEAL_HEADER + SEAL_TAG);
            assert_true(opens(&opening, metadata, out, n));
        }
        memcpy(before, &sealing, sizeof before);
        memset(out, UNTOUCHED, sizeof out);
        for (unsigned n = 0; n < 10; n++)
            assert_int_equal(seal_packet(&sealing, metadata, p.clear, p.size, out), 0);
        assert_memory_equal(before, &sealing, sizeof before); // stays at its end, and begins nowhere anew
        for (size_t n = 0; n < sizeof out; n++)
            assert_int_equal(out[n], UNTOUCHED);
        seal_key_destroy(&sealing);
        seal_key_destroy(&opening);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_implementations_agree),
        cmocka_unit_test(every_flipped_bit),
        cmocka_unit_test(shorter_longer_and_mixed),
        cmocka_unit_test(every_other_place),
        cmocka_unit_test(no_nonce_twice),
        cmocka_unit_test(the_counters_end),
    };
    randoms = unit_seed();
    return cmocka_run_group_tests_name("seal_random", tests, NULL, NULL);
}
