#include "file_record.h"

#include "shared/base.h"
#include "shared/bytes.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { SAMPLE = 1 << 16, LEVEL = 1 }; // a call beside it needs the processor more than a tenth of the bytes matters

static size_t worth(size_t size) // more than this, deflated, is not
{
    return size - MAX(size / 20, (size_t)1);
}

// What films and pictures are packed with already does not shrink: a sample tells before the whole block is tried.
static bool shrinks(uint8_t *room, const uint8_t *raw, size_t size)
{
    uLongf n = worth(MIN(size, (size_t)SAMPLE));
    return compress2(room, &n, raw, MIN(size, (size_t)SAMPLE), LEVEL) == Z_OK;
}

size_t file_record_write(uint8_t out[FILE_RECORD_MAX], uint32_t block, const uint8_t hash[FILE_BLOCK_HASH],
                         const uint8_t *raw, size_t size)
{
    uint8_t *body = out + FILE_RECORD_HEAD;
    uLongf length = worth(size);
    if (!shrinks(body, raw, size) || compress2(body, &length, raw, size, LEVEL) != Z_OK) {
        length = size;
        memcpy(body, raw, size);
    }
    struct bytes_writer w = bytes_writer(out, FILE_RECORD_HEAD);
    bytes_put_u32(&w, block);
    bytes_put_u32(&w, (uint32_t)length);
    bytes_put(&w, hash, FILE_BLOCK_HASH);
    return FILE_RECORD_HEAD + length;
}

void file_record_create(struct file_record *r)
{
    *r = (struct file_record){.state = FILE_RECORD_MORE};
    r->raw = base_alloc(FILE_BLOCK_RAW);
    r->packed = base_alloc(FILE_BLOCK_RAW);
}

void file_record_destroy(struct file_record *r)
{
    free(r->raw);
    free(r->packed);
    *r = (struct file_record){.state = FILE_RECORD_BAD};
}

static void read_head(struct file_record *r, const struct file_blocks *blocks)
{
    struct bytes_reader b = bytes_reader(r->head, sizeof r->head);
    r->block = bytes_u32(&b);
    r->length = bytes_u32(&b);
    bytes_copy(&b, r->hash, sizeof r->hash);
    r->size = file_blocks_length(blocks, r->block);
    if (r->size == 0 || r->length == 0 || r->length > r->size || (r->seen[r->block / 8] >> r->block % 8 & 1))
        r->state = FILE_RECORD_BAD;
    else {
        r->seen[r->block / 8] = (uint8_t)(r->seen[r->block / 8] | 1 << r->block % 8);
        r->heads++;
    }
}

static bool inflate_block(struct file_record *r)
{
    uLongf size = r->size;
    uLong used = r->length;
    return uncompress2(r->raw, &size, r->packed, &used) == Z_OK && size == r->size && used == r->length;
}

static void end_of_record(struct file_record *r)
{
    uint8_t hash[FILE_BLOCK_HASH];
    r->got = 0;
    r->state = FILE_RECORD_BAD;
    if (r->length < r->size && !inflate_block(r))
        return;
    file_blocks_hash(hash, r->raw, r->size);
    if (sodium_memcmp(hash, r->hash, sizeof hash) == 0)
        r->state = FILE_RECORD_WHOLE;
}

// As much of `data` as fits up to `end` of the record.
static size_t copy(struct file_record *r, uint8_t *to, size_t end, const uint8_t *data, size_t n)
{
    size_t k = MIN(n, end - r->got);
    memcpy(to, data, k);
    r->got += k;
    return k;
}

size_t file_record_read(struct file_record *r, const struct file_blocks *blocks, const uint8_t *data, size_t n)
{
    size_t used = 0;
    if (r->state == FILE_RECORD_BAD)
        return 0;
    r->state = FILE_RECORD_MORE;
    if (n > 0 && r->got == 0 && r->heads == blocks->count) // all blocks have come
        r->state = FILE_RECORD_BAD;
    if (r->state == FILE_RECORD_BAD)
        return 0;
    if (r->got < FILE_RECORD_HEAD) {
        used = copy(r, r->head + r->got, FILE_RECORD_HEAD, data, n);
        if (r->got < FILE_RECORD_HEAD)
            return used;
        read_head(r, blocks);
    }
    if (r->state == FILE_RECORD_BAD)
        return used;
    uint8_t *body = r->length == r->size ? r->raw : r->packed;
    used += copy(r, body + (r->got - FILE_RECORD_HEAD), FILE_RECORD_HEAD + r->length, data + used, n - used);
    if (r->got == FILE_RECORD_HEAD + r->length)
        end_of_record(r);
    return used;
}
