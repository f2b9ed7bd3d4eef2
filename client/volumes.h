// How loud a person here wants others to be: percent of what they send, by identity key. Pure; volumes_file.h
// keeps it.
#ifndef PARLOUR_VOLUMES_H
#define PARLOUR_VOLUMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VOLUMES_MAX = 256, VOLUMES_FULL = 100, VOLUMES_MOST = 200, VOLUMES_TEXT_MAX = VOLUMES_MAX * 69 + 1 };

struct volumes { // zeroed at first; the last set comes first
    struct {
        uint8_t identity[32];
        int percent;
    } rows[VOLUMES_MAX];
    size_t count;
};

int volumes_get(const struct volumes *v, const uint8_t identity[32]); // VOLUMES_FULL when never set
// Held to 0..VOLUMES_MOST. When 256 are kept the one set longest ago goes; VOLUMES_FULL needs no row.
void volumes_set(struct volumes *v, const uint8_t identity[32], int percent);
// As text: a line each, 64 hex digits and percent; the last set comes first. Returns its length.
size_t volumes_write(const struct volumes *v, char out[VOLUMES_TEXT_MAX]);
// What was written so; lines that are anything else are left out.
void volumes_read(struct volumes *v, const char *text, size_t size);

#endif
