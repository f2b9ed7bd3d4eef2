// What the parts of the gallery share: the made-up call, time passing, a picture taken.
#ifndef PARLOUR_GALLERY_H
#define PARLOUR_GALLERY_H

#include "client/call.h"
#include "client/stats.h"
#include "client/ui/ui.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gallery {
    struct ui *ui;
    struct call call;
    struct stats stats;
    const char *dir;
    int text_scale; // percent, as it was asked for
};

extern bool stands_still; // no new pictures come

void people(struct call *call, size_t count); // a room of so many, me last and host
// The screens' clock: nobody waits for it, it goes on as far as is asked.
uint64_t gallery_now_us(void);
void settle(struct gallery *g, unsigned ms);
void take(struct gallery *g, const char *name);
// One after the other, up to NULL.
void gallery_keys(struct gallery *g, const char *const *names);
#define KEYS(g, ...) gallery_keys(g, (const char *const[]){__VA_ARGS__, NULL})
void gallery_home(struct gallery *g);
void gallery_stage(struct gallery *g);
void gallery_chat(struct gallery *g);
void gallery_files(struct gallery *g);
void gallery_films(struct gallery *g);
void gallery_files_figures(struct gallery *g); // in the stats, of one that goes
const struct directory_list *gallery_directory(void *ctx, const char *path, bool again);
void gallery_acts(struct gallery *g, size_t count);
void gallery_hands(struct gallery *g);
// gallery_settings.c: GALLERY_THEME, GALLERY_LANGUAGE, GALLERY_LOCALE (a folder) and GALLERY_EDGES say how all look.
bool gallery_listens(void); // GALLERY_WORDS is a file: everything that is written on the screens goes there
void gallery_settings_start(int text_scale);
void gallery_settings_apply(struct gallery *g);
void gallery_settings(struct gallery *g);
bool gallery_setting(void *ctx, const char *name, char *out, size_t size);
size_t gallery_known(void *ctx, struct ui_known *out, size_t max);
bool gallery_devices(void *ctx, const char *setting, struct device_names *out);
void gallery_set(const char *text);

#endif
