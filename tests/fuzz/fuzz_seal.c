// SFrame against a second implementation (tests/sframe_plain.h): headers read and written agree, strangers' bytes never
// open, what is sealed is the same to the byte, opens, and nothing near it does; what the other seals opens when it has
// the one shape that we take.
#include "tests/fuzz/fuzz.h"

#include "shared/seal.h"
#include "tests/sframe_plain.h"

enum { KID = 5, SIZE_MAX_IN = 1400 };

static struct seal_key sealing, opening;
static struct plain_keys plain;
static const uint8_t base[32] = {3};

static void headers(const uint8_t *data, size_t size)
{
    uint8_t header[SEAL_HEADER_MAX], header2[SEAL_HEADER_MAX];
    uint64_t kid, ctr, kid2, ctr2;
    size_t n = seal_header_read(data, size, &kid, &ctr);
    HOLDS(plain_header_read(data, size, &kid2, &ctr2) == n);
    if (!n)
        return;
    HOLDS(kid == kid2 && ctr == ctr2);
    size_t shortest = seal_header_write(header, kid, ctr);
    HOLDS(n <= size && shortest <= n);
    HOLDS(plain_header(header2, kid, ctr) == shortest && memcmp(header, header2, shortest) == 0);
    HOLDS(seal_header_read(header, shortest, &kid2, &ctr2) == shortest && kid == kid2 && ctr == ctr2);
}

// Both say the same of a packet under the one key, but that we take one shape of header only.
static void agree(const uint8_t metadata[SEAL_METADATA], const uint8_t *p, size_t n, bool opens)
{
    static uint8_t clear[SIZE_MAX_IN + 64], clear2[SIZE_MAX_IN + 64];
    size_t got, got2 = 0;
    uint64_t kid = 0, ctr = 0;
    bool ours = seal_open(&opening, metadata, p, n, clear, &got);
    bool theirs = plain_open(base, sizeof base, metadata, SEAL_METADATA, p, n, clear2, &got2);
    bool shape = n >= SEAL_HEADER + SEAL_TAG && p[0] == (KID << 4 | 0x0b) &&
                 plain_header_read(p, n, &kid, &ctr) == SEAL_HEADER && ctr >= SEAL_CTR_FIRST;
    HOLDS(theirs == opens && ours == (theirs && shape));
    HOLDS(ours ? got == got2 && memcmp(clear, clear2, got) == 0 : got == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[SIZE_MAX_IN + 64], out2[SIZE_MAX_IN + 64];
    uint8_t header[SEAL_HEADER_MAX], metadata[SEAL_METADATA] = {1};
    uint64_t kid, ctr;
    if (!sealing.cipher) {
        if (!seal_key_init(&sealing, base, KID, true) || !seal_key_init(&opening, base, KID, false))
            abort();
        plain_derive(&plain, base, sizeof base, KID);
    }
    if (size == 0 || size > SIZE_MAX_IN)
        return 0;
    headers(data, size);
    agree(metadata, data, size, false);

    memcpy(metadata, data, MIN(size, sizeof metadata));
    memcpy(&ctr, metadata, sizeof ctr);
    sealing.ctr = ctr = MAX(ctr % SEAL_CTR_END, SEAL_CTR_FIRST);
    size_t n = seal_packet(&sealing, metadata, data, size, out);
    HOLDS(n == size + SEAL_HEADER + SEAL_TAG && sealing.ctr == ctr + 1);
    size_t header_size = plain_header(header, KID, ctr);
    HOLDS(plain_seal(&plain, ctr, header, header_size, metadata, SEAL_METADATA, data, size, out2));
    HOLDS(memcmp(out, out2, n) == 0);
    agree(metadata, out, n, true);
    out[data[0] * n / 256] ^= (uint8_t)(1u << (data[size - 1] & 7));
    agree(metadata, out, n, false);

    // Whatever header the input begins with, sealed rightly under the key of its own KID.
    header_size = plain_header_read(data, size, &kid, &ctr);
    if (header_size) {
        struct plain_keys other;
        plain_derive(&other, base, sizeof base, kid);
        HOLDS(plain_seal(&other, ctr, data, header_size, metadata, SEAL_METADATA, data, size, out));
        agree(metadata, out, header_size + size + SEAL_TAG, true);
    }
    return 0;
}
