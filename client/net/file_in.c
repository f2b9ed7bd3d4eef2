#include "file_in.h"

#include <string.h>

void file_in_init(struct file_in *f, uint32_t first)
{
    memset(f, 0, offsetof(struct file_in, data));
    f->una = f->taken = first;
}

void file_in_push(struct file_in *f, uint32_t number, const uint8_t *data, size_t n, uint32_t ts_ms)
{
    f->echo_ms = ts_ms;
    f->unsaid++;
    f->bytes += n;
    if (number < f->una || number - f->taken >= FILE_WINDOW || f->there[number % FILE_WINDOW]) {
        f->again += n;
        f->holes = true; // he does not know yet that it is here
        return;
    }
    unsigned at = number % FILE_WINDOW;
    memcpy(f->data[at], data, n);
    f->size[at] = (uint16_t)n;
    f->there[at] = true;
    f->holes |= number != f->una;
    while (f->una - f->taken < FILE_WINDOW && f->there[f->una % FILE_WINDOW])
        f->una++;
}

const uint8_t *file_in_look(const struct file_in *f, size_t *n)
{
    unsigned at = f->taken % FILE_WINDOW;
    if (f->taken == f->una)
        return NULL;
    *n = f->size[at];
    return f->data[at];
}

void file_in_take(struct file_in *f)
{
    f->there[f->taken++ % FILE_WINDOW] = false;
}

// There is much more room than he knows of.
static bool has_opened(const struct file_in *f)
{
    return f->taken + FILE_WINDOW - f->said_limit >= FILE_WINDOW / 4;
}

bool file_in_ack(struct file_in *f, struct file_ack *ack, uint64_t interval_us, uint64_t now_us)
{
    bool soon = interval_us <= FILE_IN_ACK_US && (f->holes || f->unsaid >= FILE_IN_ACK_CHUNKS);
    uint64_t wait_us = f->unsaid || has_opened(f) ? interval_us : FILE_IN_ALIVE_US;
    if ((f->unsaid == 0 || !soon) && now_us - f->said_us < wait_us)
        return false;
    *ack = (struct file_ack){.una = f->una, .echo_ms = f->echo_ms};
    for (uint32_t i = 0; i < FILE_ACK_BITS; i++) {
        uint32_t number = f->una + 1 + i;
        if (number - f->taken < FILE_WINDOW && f->there[number % FILE_WINDOW])
            ack->bitmap[i / 8] |= (uint8_t)(0x80 >> i % 8);
    }
    ack->window = (uint16_t)(FILE_WINDOW - (f->una - f->taken));
    f->said_limit = f->taken + FILE_WINDOW;
    f->unsaid = 0;
    f->holes = false;
    f->said_us = now_us;
    return true;
}

uint64_t file_in_next_us(const struct file_in *f, uint64_t interval_us)
{
    return f->said_us + (f->unsaid || has_opened(f) ? interval_us : FILE_IN_ALIVE_US);
}
