// What an MP4 file says it has, counted before anybody makes tables for it: a few bytes can claim millions of pictures,
// and gigabytes would be taken for them. Only the boxes' heads and counts are read. Pure.
#ifndef PARLOUR_FILM_BOXES_H
#define PARLOUR_FILM_BOXES_H

#include "shared/base.h"

enum {
    FILM_BOXES_SAMPLES = 10000000, // a day of 60 pictures a second, with its sound
    FILM_BOXES_TRACKS = 64,
    FILM_BOXES_EDITS = 1000 // in all tracks
};

struct film_boxes {
    uint64_t size; // of the file
    void *ctx;
    // `n` bytes from `at`, which lie within `size`. False: they cannot be had.
    bool (*read)(void *ctx, uint64_t at, uint8_t *out, size_t n);
};

// Whether what it claims is within bounds. A file that is cut off, or none at all, is for others to judge: true.
bool film_boxes_bounded(const struct film_boxes *b);

#endif
