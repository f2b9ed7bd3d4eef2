// The few alpha images shapes are made of (discs, rings, shadows, icons, QR codes), kept while in use.
#ifndef PARLOUR_UI_PEN_MASKS_H
#define PARLOUR_UI_PEN_MASKS_H

#include "canvas.h"

#include <stdint.h>

enum mask_kind { MASK_DISC, MASK_RING, MASK_SHADOW, MASK_ICON };

struct pen_masks;

struct pen_masks *pen_masks_create(struct canvas *canvas);
void pen_masks_destroy(struct pen_masks *masks);
void pen_masks_forget(struct pen_masks *masks);
// MASK_DISC: radius. MASK_RING: radius, thickness. MASK_SHADOW: corner radius, blur. All square, in pixels.
struct canvas_image *pen_masks_get(struct pen_masks *masks, enum mask_kind kind, int radius, int extra, uint32_t key);
struct canvas_image *pen_masks_icon(struct pen_masks *masks, const char *name, int size);

#endif
