// A film's file opened with libavformat, whatever is in it: it is followed nowhere else, takes no more memory than a
// film does, and reading in it ends when its time is over or its owner wants it no more.
#ifndef PARLOUR_FILM_INPUT_H
#define PARLOUR_FILM_INPUT_H

#include "shared/base.h"

#include <stdatomic.h>

struct AVFormatContext;

struct film_input {
    struct AVFormatContext *format; // NULL = not open
    const atomic_bool *stop;        // the owner's; NULL = it never wants to stop
    uint64_t gives_up_us;           // CLOCK_MONOTONIC; 0 = it may take as long as it likes
};

// Of the whole program, once: no file makes libav ask for more in one piece.
void film_input_bound_memory(void);
// False: it cannot be read, claims what no film has, or took too long. Stays where it is until it is closed.
bool film_input_open(struct film_input *in, const char *path, const atomic_bool *stop, uint64_t gives_up_us);
void film_input_close(struct film_input *in);
bool film_input_ended(const struct film_input *in); // stopped, or too late

#endif
