// A folder of films, looked through again and again. A file is probed once, and again when its time or size changes.
// Nothing outside the folder is read: of links, only those that stay inside are followed. One thread.
#ifndef PARLOUR_FILM_SCAN_H
#define PARLOUR_FILM_SCAN_H

#include "film.h"

struct film_scan;

enum { FILM_PATH_MAX = 4096 };

struct film_scan *film_scan_create(const char *dir); // NULL (with errno): no folder that can be read
void film_scan_destroy(struct film_scan *s);         // NULL is fine
// Looks for what has changed each 5 s, and probes for 50 ms at most (one file may take a second). What took longer is
// listed as it seems, and tried again twice, with more time. When to call again.
uint64_t film_scan_tick(struct film_scan *s, uint64_t now_us);
// Those whose files have all been probed, by title; FILM_FILMS_MAX at most, further ones are left out with a log line.
size_t film_scan_count(const struct film_scan *s);
const struct film *film_scan_at(const struct film_scan *s, size_t index); // NULL beyond the end; until the next tick
const struct film *film_scan_find(const struct film_scan *s, uint32_t id);
bool film_scan_path(const struct film_scan *s, uint32_t id, unsigned quality, char out[FILM_PATH_MAX]);
bool film_scan_ready(const struct film_scan *s); // all that was seen has been probed, or that takes more than 10 s

#endif
