// Boxes: strangers' text never opens; what is sealed opens for its own address alone.
#include "tests/fuzz/fuzz.h"

#include "shared/box.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t key[32] = {9};
    struct box_address a = {1, 2, 3}, other = {1, 3, 2};
    uint64_t n;
    size_t got;
    if (size > 4096)
        return 0;
    char *text = base_alloc(size + 1);
    memcpy(text, data, size);
    HOLDS(!box_open(key, &a, text, &n, &got));
    free(text);
    text = box_seal(key, &a, size, data, size);
    HOLDS((text != NULL) == (size > 0));
    if (!text)
        return 0;
    uint8_t *back = box_open(key, &a, text, &n, &got);
    HOLDS(back && n == size && got >= size && memcmp(back, data, size) == 0 && back[got] == 0);
    HOLDS(data[0] == '{' ? got % 64 == 0 && got < size + 64 : got == size);
    HOLDS(!box_open(key, &other, text, &n, &got));
    size_t at = data[0] % strlen(text);
    text[at] = text[at] == 'A' ? 'B' : 'A';
    HOLDS(!box_open(key, &a, text, &n, &got));
    free(back);
    free(text);
    return 0;
}
