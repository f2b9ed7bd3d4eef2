// SFrame: headers read and written agree, strangers' bytes never open, what is sealed opens and nothing near it does.
#include "tests/fuzz/fuzz.h"

#include "shared/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct seal_key sealing, opening;
    static const uint8_t base[32] = {3};
    uint8_t out[1600], clear[1600], header[SEAL_HEADER_MAX], metadata[SEAL_METADATA] = {1};
    uint64_t kid, ctr, kid2, ctr2;
    size_t got;
    if (!sealing.cipher && (!seal_key_init(&sealing, base, 5, true) || !seal_key_init(&opening, base, 5, false)))
        abort();
    if (size == 0 || size > 1400)
        return 0;
    size_t n = seal_header_read(data, size, &kid, &ctr);
    if (n) {
        size_t shortest = seal_header_write(header, kid, ctr);
        HOLDS(n <= size && shortest <= n);
        HOLDS(seal_header_read(header, shortest, &kid2, &ctr2) == shortest && kid == kid2 && ctr == ctr2);
    }
    HOLDS(!seal_open(&opening, metadata, data, size, clear, &got) && got == 0);
    memcpy(metadata, data, MIN(size, sizeof metadata));
    sealing.ctr = MAX(sealing.ctr % SEAL_CTR_END, SEAL_CTR_FIRST);
    n = seal_packet(&sealing, metadata, data, size, out);
    HOLDS(n == size + SEAL_HEADER + SEAL_TAG);
    HOLDS(seal_open(&opening, metadata, out, n, clear, &got) && got == size && memcmp(clear, data, size) == 0);
    out[data[0] * n / 256] ^= (uint8_t)(1u << (data[size - 1] & 7));
    HOLDS(!seal_open(&opening, metadata, out, n, clear, &got));
    return 0;
}
