// What is in a film's file: looked at once, with libavformat; nothing is decoded.
#ifndef PARLOUR_FILM_PROBE_H
#define PARLOUR_FILM_PROBE_H

#include "film.h"

// Never FILM_MISSING. Takes some ms, a second for a file without an index, and never much longer than `most_ms`: *late
// when that was not enough, and the file may be better than it is said to be. `path` is a regular file.
struct film_quality film_probe(const char *path, unsigned most_ms, bool *late);

#endif
