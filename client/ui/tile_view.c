#include "tile_view.h"

#include "meter.h"
#include "shared/base.h"
#include "theme.h"
#include "trust_words.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

struct chip {
    int inside, height, pad, gap, icon;
    struct pen_style style;
};

static struct chip chip_for(const struct pen *pen, const struct layout_tile *at)
{
    double u = pen->u, scale = pen->text_scale / 100.0, wide = at->rect.w / u, tall = at->rect.h / u;
    double inside = 16, height = 48, pad = 16, pt = 28, icon = 28;
    if (at->edge)
        inside = 48;
    else if (at->floats)
        inside = 12, height = 40, pad = 12, pt = 24, icon = 24;
    else if (wide < 300)
        inside = 10, height = 36, pad = 10, pt = 24, icon = 24;
    // Never more than a quarter of the picture.
    double grown = MIN(height * scale, MAX(tall / 4, 20.0)) / height;
    return (struct chip){.inside = layout_px(u, inside),
                         .height = layout_px(u, height * grown),
                         .pad = layout_px(u, pad * grown),
                         .gap = layout_px(u, 10 * grown),
                         .icon = layout_px(u, icon * grown),
                         .style = {(float)(pt * grown), true, THEME_TEXT, true}};
}

// A raised hand is said in words where there is room for them, else the chip with the name has its sign.
static bool hand_has_words(const struct tile *tile, const struct pen *pen)
{
    return !tile->now.floats && tile->now.rect.w >= pen_px(pen, 300) && tile->now.rect.h >= pen_px(pen, 170);
}

// Where words may stand on a tile: not where the screen is cut off.
static SDL_Rect safe_part(const struct tile *tile, const struct pen *pen)
{
    SDL_Rect r = tile->now.rect;
    if (!tile->now.edge)
        return r;
    return (SDL_Rect){r.x + pen->edge.x, r.y + pen->edge.y, r.w - 2 * pen->edge.x, r.h - 2 * pen->edge.y};
}

static void chip_name(const struct tile *tile, const struct call_member *m, char *out, size_t size)
{
    char name[CALL_NAME_MAX];
    tile_name(m, name, sizeof name);
    if (m->self)
        snprintf(out, size, "%s", tile->screen ? WORD_YOUR_SCREEN : WORD_YOU);
    else
        snprintf(out, size, tile->screen ? WORD_SCREEN_OF : "%s", name);
}

static void draw_chip(struct tile *tile, struct pen *pen, const struct tile_look *look)
{
    const struct call_member *m = look->member;
    struct chip c = chip_for(pen, &tile->now);
    SDL_Rect r = safe_part(tile, pen);
    char name[CALL_NAME_MAX + 64];
    chip_name(tile, m, name, sizeof name);
    if (!tile->screen && r.w < pen_px(pen, 200) && strchr(name, ' '))
        *strchr(name, ' ') = '\0';
    bool shield = !tile->screen && !m->self && m->trust == CALL_TRUST_VERIFIED;
    bool hand = !tile->screen && m->hand && !hand_has_words(tile, pen);
    // A camera without a microphone has not turned it off.
    bool muted = !tile->screen && m->muted && !tile->speaking && m->kind == CALL_KIND_PERSON;
    int signs = (tile->speaking || look->meter ? 1 : 0) + (muted ? 1 : 0) + (hand ? 1 : 0) + (shield ? 1 : 0);
    int icons = signs * (c.icon + c.gap);
    int room = r.w - 2 * c.inside - 2 * c.pad - icons - look->cut;
    if (look->two && tile->now.edge) // my own picture stands beside it
        room = MAX(room - pen_px(pen, THEME_SELF_WIDTH + 24), c.height);
    int words = MIN(pen_width(pen, c.style, name, strlen(name)), room);
    int above = tile->now.edge ? look->card : 0; // a name keeps off the card
    SDL_Rect box = {r.x + c.inside, r.y + r.h - c.inside - c.height - above, words + icons + 2 * c.pad, c.height};
    tile->chip = box;
    pen_round(pen, box, pen_px(pen, c.height < pen_px(pen, 40) ? 10 : 12), THEME_SCRIM);
    int x = box.x + c.pad, y = box.y + c.height / 2;
    if (look->meter) {
        tile_view_meter(pen, (SDL_Rect){x, y - c.icon / 2, c.icon, c.icon}, look->level);
        x += c.icon + c.gap;
    } else if (tile->speaking) {
        pen_icon(pen, "wave", x, y - c.icon / 2, c.icon, THEME_ACCENT);
        x += c.icon + c.gap;
    }
    x += pen_text_fit(pen, x, y, c.style, name, room) + c.gap;
    if (shield) {
        pen_icon(pen, "shield", x, y - c.icon / 2, c.icon, THEME_SOFT);
        x += c.icon + c.gap;
    }
    if (muted) {
        pen_icon(pen, "mic-off", x, y - c.icon / 2, c.icon, THEME_STOP);
        x += c.icon + c.gap;
    }
    if (hand)
        pen_icon(pen, "hand", x, y - c.icon / 2, c.icon, THEME_ACCENT);
}

void tile_view_meter(struct pen *pen, SDL_Rect at, unsigned level)
{
    int gap = MAX(at.w / 12, 1), wide = MAX((at.w - (METER_STEPS - 1) * gap) / METER_STEPS, 1);
    for (unsigned i = 0; i < METER_STEPS; i++) {
        bool lit = i < level;
        int high = lit ? MAX(at.h * (int)(i + 2) / (METER_STEPS + 1), wide) : wide; // what is not reached is a dot
        SDL_Rect bar = {at.x + (int)i * (wide + gap), at.y + at.h - high, wide, high};
        pen_fill(pen, bar, lit ? THEME_ACCENT : THEME_EDGE);
    }
}

// What is to be said of a picture, one under the other at the top left where no face is.
struct mark {
    const char *icon;
    uint32_t ink;
    const char *words, *least; // the fewer where there is hardly room
    bool small;                // in smaller letters rather than half of it
};

enum { MARKS_MAX = 3 };

static void draw_mark(struct pen *pen, const struct tile *tile, struct chip c, const struct mark *m, int y)
{
    SDL_Rect r = safe_part(tile, pen);
    c.style.bold = false;
    c.style.pt = c.style.pt * 26.0f / 28.0f;
    const char *words = m->words;
    int room = r.w - 2 * c.inside - 2 * c.pad - c.icon - c.gap;
    if (pen_width(pen, c.style, words, strlen(words)) > room)
        words = m->least;
    while (m->small && c.style.pt > 18 && pen_width(pen, c.style, words, strlen(words)) > room)
        c.style.pt -= 1;
    int wide = MIN(pen_width(pen, c.style, words, strlen(words)), room);
    SDL_Rect box = {r.x + c.inside, y, wide + c.icon + c.gap + 2 * c.pad, c.height};
    pen_round(pen, box, pen_px(pen, 12), THEME_SCRIM);
    pen_icon(pen, m->icon, box.x + c.pad, box.y + (c.height - c.icon) / 2, c.icon, m->ink);
    pen_text_fit(pen, box.x + c.pad + c.icon + c.gap, box.y + c.height / 2, c.style, words, room);
}

// With the name and without it.
static void still_words(char *words, char *least, size_t size, const struct tile_look *look)
{
    char name[CALL_NAME_MAX];
    tile_name(look->member, name, sizeof name);
    if (look->still_s < TILE_STILL_LONG) {
        snprintf(words, size, "%s", WORD_LATE);
        snprintf(least, size, "%s", WORD_LATE);
    } else if (look->still_s <= TILE_STILL_COUNTS) {
        snprintf(words, size, WORD_NO_PICTURE(look->still_s), name, look->still_s);
        snprintf(least, size, WORD_NO_PICTURE_FOR(look->still_s), look->still_s);
    } else {
        snprintf(words, size, WORD_NO_PICTURE_LONG, name);
        snprintf(least, size, "%s", WORD_NO_PICTURE_NOW);
    }
}

static void draw_marks(const struct tile *tile, struct pen *pen, const struct tile_look *look)
{
    struct chip c = chip_for(pen, &tile->now);
    struct mark mark[MARKS_MAX];
    char words[CALL_NAME_MAX + 64], least[CALL_NAME_MAX + 64], name[CALL_NAME_MAX];
    size_t n = 0;
    if (look->doubt) {
        trust_words_short(words, sizeof words, look->member);
        mark[n++] = (struct mark){"warn", THEME_STOP, words, trust_words_least(look->member->trust), true};
    } else if (look->paused) {
        mark[n++] = (struct mark){"netlow", THEME_TEXT, WORD_WEAK_SOUND, WORD_WEAK_SOUND_SHORT, true};
    } else if (look->dead) {
        tile_name(look->member, name, sizeof name);
        snprintf(words, sizeof words, WORD_CAMERA_DEAD, name);
        mark[n++] = (struct mark){"netlow", THEME_TEXT, words, WORD_CAMERA_DEAD_SHORT, true};
    } else if (look->late) {
        still_words(words, least, sizeof words, look);
        mark[n++] = (struct mark){"netlow", THEME_TEXT, words, least, true};
    }
    if (look->pinned)
        mark[n++] = (struct mark){"pin", THEME_TEXT, WORD_PINNED, WORD_PINNED, false};
    if (!tile->screen && look->member->hand && hand_has_words(tile, pen))
        mark[n++] = (struct mark){"hand", THEME_ACCENT, WORD_HAND_UP, WORD_HAND_UP, false};
    int y = safe_part(tile, pen).y + c.inside;
    for (size_t i = 0; i < n; i++, y += c.height + pen_px(pen, 8))
        draw_mark(pen, tile, c, &mark[i], y);
}

static void draw_avatar(const struct tile *tile, struct pen *pen, const struct tile_look *look)
{
    SDL_Rect r = tile->now.rect;
    int size = MIN(r.h / 3, pen_px(pen, 260)), x = r.x + r.w / 2, y = r.y + r.h / 2;
    bool words = look->connecting && r.h > pen_px(pen, 280);
    char letters[32], name[CALL_NAME_MAX];
    if (tile->now.edge)
        pen_fill(pen, r, THEME_PANEL);
    else
        pen_round(pen, r, pen_px(pen, THEME_TILE_RADIUS), THEME_PANEL);
    if (THEME_HIGH && !tile->now.edge) // black on black
        pen_border(pen, r, pen_px(pen, THEME_TILE_RADIUS), 0, THEME_HAIR);
    if (words || tile->now.floats || r.h < pen_px(pen, 240))
        y -= r.h / 12;
    if (tile->screen) {
        int sign = MIN(r.h / 4, pen_px(pen, 160));
        pen_icon(pen, "share", x - sign / 2, y - sign / 2, sign, THEME_FAINT);
        return;
    }
    tile_name(look->member, name, sizeof name);
    tile_initials(name, letters, sizeof letters);
    pen_disc(pen, x, y, size / 2, tile_avatar_colour(look->member->identity));
    pen_text_middle(pen, x, y, (struct pen_style){(float)(size * 0.38 / pen->u), true, THEME_TEXT, true}, letters);
    if (words)
        pen_text_middle(pen, x, y + size / 2 + pen_scaled(pen, 36), (struct pen_style){30, false, THEME_SOFT, false},
                        WORD_CONNECTING);
}

// The avatar goes away over the first picture.
static void draw_over(const struct tile *tile, struct pen *pen, const struct tile_look *look, uint8_t alpha)
{
    uint8_t before = pen->alpha;
    pen->alpha = (uint8_t)(before * alpha / 255);
    draw_avatar(tile, pen, look);
    pen->alpha = before;
}

static void draw_ring(const struct tile *tile, struct pen *pen, uint8_t ring)
{
    // In the gap, 2 off the picture: radius 22 around 16.
    SDL_Rect r = tile->now.rect;
    int line = pen_px(pen, THEME_HIGH ? 6 : 4), off = pen_px(pen, 2) + line;
    uint8_t before = pen->alpha;
    pen->alpha = (uint8_t)(before * ring / 255);
    pen_border(pen, (SDL_Rect){r.x - off, r.y - off, r.w + 2 * off, r.h + 2 * off}, pen_px(pen, 22), line,
               THEME_ACCENT);
    pen->alpha = before;
}

void tile_view_draw(struct tile *tile, struct pen *pen, const struct tile_look *look, uint64_t now_us)
{
    SDL_Rect r = tile->now.rect, crop, out;
    int radius = tile->now.edge ? 0 : pen_radius(pen, THEME_TILE_RADIUS);
    if (tile->now.floats)
        pen_shadow(pen, r, radius, PEN_LOW);
    if (tile_shows_picture(tile, look)) {
        (tile_contains(tile, look) ? layout_contain : layout_cover)(
            texture_width(&tile->texture), texture_height(&tile->texture), &tile->now.frame, &crop, &out);
        bool bars = out.w != tile->now.frame.w || out.h != tile->now.frame.h;
        if (bars && !tile->now.edge)
            pen_round4(pen, r, (int[4]){radius, radius, radius, radius}, THEME_NIGHT);
        canvas_picture(pen->canvas, &tile->texture, &crop, &out, bars ? 0 : radius);
        if (look->dim)
            pen_round(pen, r, radius, THEME_DIM);
        if (tile_avatar_alpha(tile, now_us))
            draw_over(tile, pen, look, tile_avatar_alpha(tile, now_us));
    } else {
        draw_avatar(tile, pen, look);
    }
    if (!look->titled)
        draw_chip(tile, pen, look);
    draw_marks(tile, pen, look);
    uint8_t ring = tile_ring_alpha(tile, now_us), fresh = tile_new_alpha(tile, now_us);
    if (fresh) // it comes up out of the dark
        pen_round(pen, r, radius, (THEME_NIGHT & 0xFFFFFFu) | (uint32_t)fresh << 24);
    if (ring && !look->two && !tile->now.edge)
        draw_ring(tile, pen, ring);
}

SDL_Rect tile_view_frame(const struct tile *tile, const struct pen *pen)
{
    int out = pen_px(pen, tile->now.edge ? -8 : 16);
    SDL_Rect r = safe_part(tile, pen);
    return (SDL_Rect){r.x - out, r.y - out, r.w + 2 * out, r.h + 2 * out};
}

void tile_view_draw_frame(const struct tile *tile, struct pen *pen)
{
    pen_border(pen, tile_view_frame(tile, pen), pen_px(pen, tile->now.edge ? 12 : 32), pen_px(pen, 6), THEME_FOCUS);
}
