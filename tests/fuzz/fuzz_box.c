// Boxes: strangers' text never opens; what is sealed opens for its own address alone.
#include "tests/fuzz/fuzz.h"

#include "shared/box.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t key[32] = {9}, identity[32] = {1};
    struct box_address a = {.room = 1, .from = 2, .to = size % 2 ? 3 : 0, .number = 4}, other = a;
    uint64_t n;
    size_t got;
    uint8_t number;
    other.from = 9;
    if (size > 4096)
        return 0;
    char *text = base_alloc(size + 1);
    memcpy(text, data, size);
    HOLDS(!box_number(text, &number) || size >= 4);
    HOLDS(!box_open(key, &a, text, &n, &got));
    free(text);
    uint8_t *clear = base_alloc(size + 1);
    memcpy(clear, data, size);
    HOLDS(!box_signed(clear, size, &a, key, 6, identity));
    free(clear);
    text = box_seal(key, &a, size, data, size);
    HOLDS((text != NULL) == (size > 0));
    if (!text)
        return 0;
    uint8_t *back = box_open(key, &a, text, &n, &got);
    HOLDS(back && n == size && got == size && memcmp(back, data, size) == 0 && back[got] == 0);
    HOLDS(a.to || (box_number(text, &number) && number == 4));
    HOLDS(!box_open(key, &other, text, &n, &got));
    size_t at = data[0] % strlen(text);
    text[at] = text[at] == 'A' ? 'B' : 'A';
    HOLDS(!box_open(key, &a, text, &n, &got));
    free(back);
    free(text);
    return 0;
}
