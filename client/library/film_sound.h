// The sound of a film's file as 48 kHz mono, 10 ms at a time, on the film's own timeline: what the file leaves out is
// silence. One thread.
#ifndef PARLOUR_FILM_SOUND_H
#define PARLOUR_FILM_SOUND_H

#include "shared/base.h"

#include <stdatomic.h>

enum { FILM_SOUND_BLOCK = 480 };

struct film_sound;

// NULL: there is none, or none that can be decoded. `stop` is looked at while it is read: whatever is in the file, each
// of these ends soon after it was set, and at the latest when opening has taken 3 s. It outlives what is opened.
struct film_sound *film_sound_open(const char *path, const atomic_bool *stop);
void film_sound_close(struct film_sound *s);             // NULL is fine
void film_sound_seek(struct film_sound *s, uint64_t ms); // the next block begins there
// False: it is over. What follows the last sample in its block is silent, and so is what takes long to be found.
bool film_sound_read(struct film_sound *s, int16_t out[FILM_SOUND_BLOCK]);

#endif
