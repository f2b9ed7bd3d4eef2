// A client that lies about files, for end-to-end tests: all of it is the real one, but for what it says of a file
// whose name begins with "lie-" and a lie. It is linked with --wrap: who writes offers and records comes by here.
#include "client/file_record.h"
#include "client/net/file_box.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { MORE = 700000 }; // bytes nobody was told of, after each record

enum lie { TRUTH, LIE_NAME, LIE_ROOT, LIE_SIZE, LIE_HASH, LIE_MORE };

static _Atomic enum lie told; // in the latest offer: the one file that is on its way

char *__real_file_box_write(const struct file_box *b);
char *__wrap_file_box_write(const struct file_box *b);
size_t __real_file_record_write(uint8_t out[FILE_RECORD_MAX], uint32_t block, const uint8_t hash[FILE_BLOCK_HASH],
                                const uint8_t *raw, size_t size);
size_t __wrap_file_record_write(uint8_t out[FILE_RECORD_MAX], uint32_t block, const uint8_t hash[FILE_BLOCK_HASH],
                                const uint8_t *raw, size_t size);

static enum lie lie_of(const char *name)
{
    static const char *const NAMES[] = {"lie-name", "lie-root", "lie-size", "lie-hash", "lie-more"};
    for (unsigned i = 0; i < ARRAY_LEN(NAMES); i++)
        if (!strncmp(name, NAMES[i], strlen(NAMES[i])))
            return (enum lie)(i + 1);
    return TRUTH;
}

char *__wrap_file_box_write(const struct file_box *b)
{
    struct file_box lie = *b;
    if (b->kind != FILE_BOX_OFFER)
        return __real_file_box_write(b);
    atomic_store(&told, lie_of(b->name));
    if (told == LIE_NAME)
        snprintf(lie.name, sizeof lie.name, "../../%.200s", b->name);
    lie.root[0] ^= told == LIE_ROOT;
    lie.size -= told == LIE_SIZE ? b->size / 3 : 0;
    char *text = __real_file_box_write(&lie);
    sodium_memzero(&lie, sizeof lie);
    return text;
}

size_t __wrap_file_record_write(uint8_t out[FILE_RECORD_MAX], uint32_t block, const uint8_t hash[FILE_BLOCK_HASH],
                                const uint8_t *raw, size_t size)
{
    size_t n = __real_file_record_write(out, block, hash, raw, size);
    if (told == LIE_HASH && block > 0)
        out[n - 1] ^= 1;
    if (told == LIE_MORE && n + MORE <= FILE_RECORD_MAX) {
        memset(out + n, 'x', MORE);
        n += MORE;
    }
    return n;
}
