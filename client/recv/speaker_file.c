#include "speaker_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = 48000, HEADER = 44 };
static const uint64_t DATA_MAX = UINT32_MAX - 1024; // sizes in the header are 32 bits

struct speaker_file { // of one thread
    FILE *file;
    uint64_t bytes;
    uint64_t header_bytes; // what the header says
};

static void put(uint8_t *at, uint32_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

// The samples are on their way to the disk before the header speaks of them.
static bool write_header(struct speaker_file *f)
{
    uint8_t h[HEADER] = {'R', 'I', 'F', 'F', 0, 0, 0, 0, 'W', 'A', 'V', 'E', 'f', 'm', 't', ' '};
    put(h + 4, (uint32_t)(HEADER - 8 + f->bytes), 4);
    put(h + 16, 16, 4);
    put(h + 20, 1, 2); // PCM
    put(h + 22, 1, 2); // mono
    put(h + 24, RATE, 4);
    put(h + 28, RATE * 2, 4);
    put(h + 32, 2, 2);
    put(h + 34, 16, 2);
    memcpy(h + 36, "data", 4);
    put(h + 40, (uint32_t)f->bytes, 4);
    f->header_bytes = f->bytes;
    return fflush(f->file) == 0 && fseek(f->file, 0, SEEK_SET) == 0 && fwrite(h, 1, HEADER, f->file) == HEADER &&
           fflush(f->file) == 0 && fseek(f->file, 0, SEEK_END) == 0;
}

struct speaker_file *speaker_file_open(const char *path)
{
    FILE *file = fopen(path, "wbe");
    if (!file)
        return NULL;
    struct speaker_file *f = base_alloc(sizeof *f);
    f->file = file;
    if (!write_header(f)) {
        fclose(file);
        free(f);
        return NULL;
    }
    return f;
}

bool speaker_file_write(struct speaker_file *f, const int16_t *samples, size_t count)
{
    if (f->bytes + count * 2 > DATA_MAX)
        return true; // twelve hours: it is full, and stays valid
    uint8_t little[2 * 480];
    while (count > 0) {
        size_t n = MIN(count, sizeof little / 2);
        for (size_t i = 0; i < n; i++)
            put(little + 2 * i, (uint16_t)samples[i], 2);
        if (fwrite(little, 2, n, f->file) != n)
            return false;
        f->bytes += 2 * n;
        samples += n;
        count -= n;
    }
    return f->bytes - f->header_bytes < RATE * 2 || write_header(f);
}

void speaker_file_close(struct speaker_file *f)
{
    if (!f)
        return;
    write_header(f);
    fclose(f->file);
    free(f);
}
