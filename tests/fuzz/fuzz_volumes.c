// Any text as the file of volumes: what is taken is in bounds and each person once, and what is written reads as the
// same.
#include "tests/fuzz/fuzz.h"

#include "client/volumes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct volumes v, again;
    static char text[VOLUMES_TEXT_MAX];
    volumes_read(&v, (const char *)data, size);
    HOLDS(v.count <= VOLUMES_MAX);
    for (size_t i = 0; i < v.count; i++) {
        HOLDS(v.rows[i].percent >= 0 && v.rows[i].percent <= VOLUMES_MOST && v.rows[i].percent != VOLUMES_FULL);
        HOLDS(volumes_get(&v, v.rows[i].identity) == v.rows[i].percent);
        for (size_t k = 0; k < i; k++)
            HOLDS(memcmp(v.rows[i].identity, v.rows[k].identity, 32) != 0);
    }
    size_t n = volumes_write(&v, text);
    HOLDS(n < VOLUMES_TEXT_MAX);
    volumes_read(&again, text, n);
    HOLDS(again.count == v.count);
    for (size_t i = 0; i < v.count; i++)
        HOLDS(memcmp(again.rows[i].identity, v.rows[i].identity, 32) == 0 &&
              again.rows[i].percent == v.rows[i].percent);
    return 0;
}
