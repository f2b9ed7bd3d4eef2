// The sound of a film's file as 48 kHz mono, 10 ms at a time, on the film's own timeline: what the file leaves out is
// silence. One thread.
#ifndef PARLOUR_FILM_SOUND_H
#define PARLOUR_FILM_SOUND_H

#include "shared/base.h"

enum { FILM_SOUND_BLOCK = 480 };

struct film_sound;

struct film_sound *film_sound_open(const char *path);    // NULL: there is none, or none that can be decoded
void film_sound_close(struct film_sound *s);             // NULL is fine
void film_sound_seek(struct film_sound *s, uint64_t ms); // the next block begins there
// False: it is over. What follows the last sample in its block is silent.
bool film_sound_read(struct film_sound *s, int16_t out[FILM_SOUND_BLOCK]);

#endif
