#include "file_bytes.h"

#include "shared/bytes.h"

void file_bytes_write_ack(uint8_t out[FILE_ACK], const struct file_ack *ack)
{
    struct bytes_writer w = bytes_writer(out, FILE_ACK);
    bytes_put_u32(&w, ack->una);
    bytes_put(&w, ack->bitmap, sizeof ack->bitmap);
    bytes_put_u32(&w, ack->echo_ms);
    bytes_put_u16(&w, ack->window);
}

bool file_bytes_read_ack(struct file_ack *ack, const uint8_t *p, size_t n)
{
    struct bytes_reader r = bytes_reader(p, n);
    ack->una = bytes_u32(&r);
    bytes_copy(&r, ack->bitmap, sizeof ack->bitmap);
    ack->echo_ms = bytes_u32(&r);
    ack->window = bytes_u16(&r);
    return !r.failed && r.left == 0;
}

size_t file_bytes_write_data(uint8_t *out, uint32_t number, const uint8_t *data, size_t n)
{
    struct bytes_writer w = bytes_writer(out, FILE_DATA_HEAD + n);
    bytes_put_u32(&w, number);
    bytes_put(&w, data, n);
    return FILE_DATA_HEAD + n;
}

bool file_bytes_read_data(const uint8_t *p, size_t size, uint32_t *number, const uint8_t **data, size_t *n)
{
    struct bytes_reader r = bytes_reader(p, size);
    *number = bytes_u32(&r);
    *n = r.left;
    *data = r.at;
    return !r.failed && *n > 0 && *n <= FILE_CHUNK;
}
