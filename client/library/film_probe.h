// What is in a film's file: looked at once, with libavformat; nothing is decoded.
#ifndef PARLOUR_FILM_PROBE_H
#define PARLOUR_FILM_PROBE_H

#include "film.h"

// Never FILM_MISSING. Takes some ms; a second for a file without an index. `path` is a regular file.
struct film_quality film_probe(const char *path);

#endif
