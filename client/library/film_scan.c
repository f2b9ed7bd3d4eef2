#define _GNU_SOURCE
#include "film_scan.h"

#include "film_probe.h"
#include "shared/base.h"
#include "shared/clock.h"
#include "shared/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    AGAIN_US = 5000000,
    SLICE_US = 50000,
    SOON_US = 1000,
    MOST_MS = 1000,      // a file is looked into for so long at the most
    SLOW_MOST_MS = 3000, // one that took longer, when it is tried again
    SLOW_TRIES = 3,
    SLOW_AGAIN_US = 60000000, // and one of them each minute, as nothing else is done meanwhile
    HELD_US = 10000000        // the list is not kept back any longer for what is still looked into
};

struct entry_file {
    char name[FILM_FILE_MAX]; // "" = there is none
    struct timespec changed;
    off_t size;
    bool probed;
    unsigned slow; // so often it took too long; 0 = it is known
};

struct entry {
    struct film film;
    char stem[FILM_FILE_MAX];
    struct entry_file file[FILM_QUALITIES];
    bool ready;
};

struct film_scan {
    char dir[PATH_MAX]; // as realpath gives it
    struct entry *entry;
    size_t count;
    uint64_t again_us, slow_us; // slow: when one of those that took too long is tried again
    uint64_t held_us;           // something has not been looked into since; 0 = everything has
    bool full_said, ready;
};

struct film_scan *film_scan_create(const char *dir)
{
    struct film_scan *s = base_alloc(sizeof *s);
    DIR *d = realpath(dir, s->dir) ? opendir(s->dir) : NULL;
    if (!d) {
        free(s);
        return NULL;
    }
    closedir(d);
    s->entry = base_alloc(FILM_FILMS_MAX * sizeof *s->entry);
    return s;
}

void film_scan_destroy(struct film_scan *s)
{
    if (!s)
        return;
    free(s->entry);
    free(s);
}

// ---- what is there ----

// A regular file inside the folder, by whatever links.
static bool stays_inside(const struct film_scan *s, int dir, const char *name, struct stat *st)
{
    char path[PATH_MAX + FILM_FILE_MAX], real[PATH_MAX];
    size_t n = strlen(s->dir);
    if (fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    if (S_ISLNK(st->st_mode)) {
        snprintf(path, sizeof path, "%s/%s", s->dir, name);
        if (!realpath(path, real) || strncmp(real, s->dir, n) != 0 || (n > 1 && real[n] != '/') || stat(real, st) != 0)
            return false;
    }
    return S_ISREG(st->st_mode);
}

static uint32_t id_of(const char *stem, bool single)
{
    uint8_t hash[crypto_generichash_BYTES_MIN];
    char text[FILM_FILE_MAX + 1];
    uint32_t id;
    int n = snprintf(text, sizeof text, "%c%s", single ? '1' : '3', stem);
    crypto_generichash(hash, sizeof hash, (const uint8_t *)text, (size_t)n, NULL, 0);
    memcpy(&id, hash, sizeof id);
    id &= INT32_MAX;
    return id ? id : 1;
}

static const struct entry *by_id(const struct entry *list, size_t count, uint32_t id)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].film.id == id)
            return &list[i];
    return NULL;
}

// NULL: there are enough, or, hardly ever, two have the same number.
static struct entry *entry_for(struct film_scan *s, struct entry *list, size_t *count, const char *stem, bool single)
{
    uint32_t id = id_of(stem, single);
    struct entry *e = (struct entry *)by_id(list, *count, id);
    if (e)
        return strcmp(e->stem, stem) == 0 && e->film.single == single ? e : NULL;
    if (*count == FILM_FILMS_MAX) {
        if (!s->full_said)
            log_warn("library", "too many films, further ones are left out most=%d", FILM_FILMS_MAX);
        s->full_said = true;
        return NULL;
    }
    e = &list[(*count)++];
    *e = (struct entry){.film = {.id = id, .single = single}};
    snprintf(e->stem, sizeof e->stem, "%s", stem);
    return e;
}

static void see(struct film_scan *s, struct entry *list, size_t *count, int dir, const char *name)
{
    char title[FILM_TITLE_MAX], stem[FILM_FILE_MAX];
    size_t size;
    unsigned quality;
    bool single;
    struct stat st;
    if (!film_file(name, title, &size, &quality, &single) || !stays_inside(s, dir, name, &st))
        return;
    snprintf(stem, sizeof stem, "%.*s", (int)size, name);
    struct entry *e = entry_for(s, list, count, stem, single);
    if (!e)
        return;
    struct entry_file *f = &e->file[quality];
    snprintf(e->film.title, sizeof e->film.title, "%s", title);
    snprintf(f->name, sizeof f->name, "%s", name);
    f->changed = st.st_mtim;
    f->size = st.st_size;
}

// What was known of a file that has not changed is still so.
static void keep(const struct film_scan *s, struct entry *e)
{
    const struct entry *old = by_id(s->entry, s->count, e->film.id);
    for (unsigned i = 0; old && i < FILM_QUALITIES; i++) {
        const struct entry_file *was = &old->file[i];
        struct entry_file *is = &e->file[i];
        if (!was->probed || strcmp(was->name, is->name) != 0 || was->size != is->size ||
            was->changed.tv_sec != is->changed.tv_sec || was->changed.tv_nsec != is->changed.tv_nsec)
            continue;
        is->probed = true;
        is->slow = was->slow;
        e->film.quality[i] = old->film.quality[i];
    }
}

static void settle(struct entry *e)
{
    e->ready = true;
    e->film.ms = 0;
    for (unsigned i = 0; i < FILM_QUALITIES; i++) {
        const struct film_quality *q = &e->film.quality[i];
        e->ready &= !e->file[i].name[0] || e->file[i].probed;
        if (q->way == FILM_DIRECT || q->way == FILM_MADE)
            e->film.ms = MAX(e->film.ms, q->ms);
    }
}

// What can be listed first, by title.
static int in_order(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcasecmp(x->film.title, y->film.title);
    if (x->ready != y->ready)
        return x->ready ? -1 : 1;
    return order ? order : x->film.id < y->film.id ? -1 : 1;
}

static void look(struct film_scan *s)
{
    DIR *d = opendir(s->dir);
    struct entry *list = base_alloc(FILM_FILMS_MAX * sizeof *list);
    size_t count = 0;
    for (const struct dirent *x; d && (x = readdir(d));)
        see(s, list, &count, dirfd(d), x->d_name);
    if (d)
        closedir(d);
    for (size_t i = 0; i < count; i++) {
        keep(s, &list[i]);
        settle(&list[i]);
    }
    free(s->entry);
    s->entry = list;
    s->count = count;
    qsort(s->entry, s->count, sizeof *s->entry, in_order);
}

// ---- what is in it ----

static void probe(struct film_scan *s, struct entry *e, unsigned quality)
{
    static const char *const ways[] = {"missing", "direct", "made", "bad"};
    char path[FILM_PATH_MAX];
    struct film_quality *q = &e->film.quality[quality];
    struct entry_file *f = &e->file[quality];
    bool late = false;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", s->dir, f->name) < sizeof path)
        *q = film_probe(path, f->slow ? SLOW_MOST_MS : MOST_MS, &late);
    else
        *q = (struct film_quality){.way = FILM_BAD, .why = FILM_WHY_UNREADABLE};
    f->probed = true;
    f->slow = late ? f->slow + 1 : 0;
    log_info("library", "film file=\"%s\" size=%ux%u ms=%llu way=%s why=%s late=%d", f->name, q->width, q->height,
             (unsigned long long)q->ms, ways[q->way], film_why_name(q->why), late);
    settle(e);
}

// False: there is nothing left to probe.
static bool probe_next(struct film_scan *s)
{
    for (size_t i = 0; i < s->count; i++)
        for (unsigned k = 0; k < FILM_QUALITIES; k++)
            if (s->entry[i].file[k].name[0] && !s->entry[i].file[k].probed) {
                probe(s, &s->entry[i], k);
                return true;
            }
    return false;
}

// A disk that slept, or a machine that was busy, is no reason to call a film bad for ever.
static bool probe_slow(struct film_scan *s, uint64_t now_us)
{
    struct entry *e = NULL;
    unsigned quality = 0;
    for (size_t i = 0; i < s->count; i++)
        for (unsigned k = 0; k < FILM_QUALITIES; k++) {
            unsigned slow = s->entry[i].file[k].slow;
            if (slow && slow < SLOW_TRIES && (!e || slow < e->file[quality].slow)) {
                e = &s->entry[i];
                quality = k;
            }
        }
    if (!e || now_us < s->slow_us)
        return false;
    s->slow_us = now_us + SLOW_AGAIN_US;
    probe(s, e, quality);
    return true;
}

uint64_t film_scan_tick(struct film_scan *s, uint64_t now_us)
{
    bool any = false, more;
    if (now_us >= s->again_us) {
        look(s);
        any = probe_slow(s, now_us);
        s->again_us = now_us + AGAIN_US;
    }
    uint64_t until_us = clock_now_us() + SLICE_US;
    while ((more = probe_next(s)) && clock_now_us() < until_us)
        any = true;
    if (any || more)
        qsort(s->entry, s->count, sizeof *s->entry, in_order);
    s->held_us = !more ? 0 : s->held_us ? s->held_us : now_us;
    s->ready = !more || now_us - s->held_us >= HELD_US;
    return more ? now_us + SOON_US : s->again_us;
}

bool film_scan_ready(const struct film_scan *s)
{
    return s->ready;
}

size_t film_scan_count(const struct film_scan *s)
{
    size_t n = 0;
    while (n < s->count && s->entry[n].ready)
        n++;
    return n;
}

const struct film *film_scan_at(const struct film_scan *s, size_t index)
{
    return index < film_scan_count(s) ? &s->entry[index].film : NULL;
}

const struct film *film_scan_find(const struct film_scan *s, uint32_t id)
{
    const struct entry *e = by_id(s->entry, s->count, id);
    return e && e->ready ? &e->film : NULL;
}

bool film_scan_path(const struct film_scan *s, uint32_t id, unsigned quality, char out[FILM_PATH_MAX])
{
    const struct entry *e = by_id(s->entry, s->count, id);
    if (!e || quality >= FILM_QUALITIES || !e->file[quality].name[0])
        return false;
    return (size_t)snprintf(out, FILM_PATH_MAX, "%s/%s", s->dir, e->file[quality].name) < FILM_PATH_MAX;
}
