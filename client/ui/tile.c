#include "tile.h"

#include "hash.h"
#include "shared/base.h"
#include "theme.h"
#include "trust_words.h"
#include "utf8.h"
#include "words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static uint64_t us(unsigned ms)
{
    return (uint64_t)ms * 1000;
}

uint64_t tile_listen(struct tile *tile, bool voice, uint64_t now_us)
{
    if (voice) {
        tile->heard_us = now_us;
        if (!tile->voice_us)
            tile->voice_us = now_us;
    } else if (now_us - tile->heard_us >= us(THEME_MS_SPEAK_OFF)) {
        tile->voice_us = 0;
    }
    bool speaking = tile->speaking;
    if (!speaking && tile->voice_us && voice && now_us - tile->voice_us >= us(THEME_MS_SPEAK_ON))
        speaking = true;
    if (speaking && !tile->voice_us)
        speaking = false;
    if (!voice && !tile->speaking)
        tile->voice_us = 0; // a click is not speech: start counting anew
    if (speaking != tile->speaking) {
        tile->speaking = speaking;
        tile->ring_us = now_us;
    }
    if (voice && !speaking)
        return tile->voice_us + us(THEME_MS_SPEAK_ON);
    return !voice && speaking ? tile->heard_us + us(THEME_MS_SPEAK_OFF) : UINT64_MAX;
}

uint8_t tile_ring_alpha(const struct tile *tile, uint64_t now_us)
{
    if (tile->ring_us == 0)
        return 0;
    double t = theme_part(now_us - tile->ring_us, tile->speaking ? THEME_MS_RING_IN : THEME_MS_RING_OUT);
    return (uint8_t)lround(255 * (tile->speaking ? t : 1 - t));
}

static SDL_Rect between(SDL_Rect a, SDL_Rect b, double t)
{
    return (SDL_Rect){(int)lround(a.x + (b.x - a.x) * t), (int)lround(a.y + (b.y - a.y) * t),
                      (int)lround(a.w + (b.w - a.w) * t), (int)lround(a.h + (b.h - a.h) * t)};
}

void tile_go(struct tile *tile, const struct layout_tile *to, uint64_t now_us, unsigned ms)
{
    bool same = memcmp(&tile->to.rect, &to->rect, sizeof to->rect) == 0 && tile->to.shown == to->shown &&
                memcmp(&tile->to.frame, &to->frame, sizeof to->frame) == 0 && tile->to.edge == to->edge;
    if (tile->placed && same)
        return;
    // Nothing slides in from a place where it was not.
    bool jump = !tile->placed || ms == 0 || !tile->now.shown || !to->shown || tile->to.edge != to->edge;
    tile->from = jump ? *to : tile->now;
    tile->to = *to;
    tile->now = tile->from;
    tile->now.shown = to->shown;
    tile->now.floats = to->floats;
    tile->move_us = now_us;
    tile->move_ms = jump ? 0 : ms;
    tile->placed = true;
}

bool tile_move(struct tile *tile, uint64_t now_us)
{
    if (tile->move_ms == 0)
        return false;
    double t = (double)(now_us - tile->move_us) / ((double)tile->move_ms * 1000);
    if (t >= 1) {
        tile->move_ms = 0;
        tile->now = tile->to;
        return false;
    }
    tile->now.rect = between(tile->from.rect, tile->to.rect, t);
    tile->now.frame = between(tile->from.frame, tile->to.frame, t);
    return true;
}

SDL_Rect tile_bounds(const struct tile *tile, const struct pen *pen)
{
    int out = tile->now.edge ? 0 : pen_px(pen, tile->now.floats ? 48 : 8);
    SDL_Rect r = tile->now.rect;
    return (SDL_Rect){r.x - out, r.y - out, r.w + 2 * out, r.h + 2 * out};
}

bool tile_shows_picture(const struct tile *tile, const struct tile_look *look)
{
    return !look->doubt && texture_has(&tile->texture) && (look->member->camera || look->dim);
}

SDL_Rect tile_solid(const struct tile *tile, const struct tile_look *look)
{
    SDL_Rect none = {0, 0, 0, 0}, crop, out, seen;
    if (!tile_shows_picture(tile, look))
        return tile->now.rect;
    layout_cover(texture_width(&tile->texture), texture_height(&tile->texture), &tile->now.frame, &crop, &out);
    return SDL_IntersectRect(&out, &tile->now.rect, &seen) ? seen : none;
}

uint64_t tile_signature(const struct tile *tile, const struct tile_look *look, uint64_t now_us)
{
    const struct call_member *m = look->member;
    uint64_t h = hash_words(HASH_START, m->self ? WORD_YOU : m->name);
    h = hash_int(h, (m->muted ? 1u : 0) | (m->camera ? 2u : 0) | (look->dim ? 4u : 0) | (look->late ? 8u : 0) |
                        (look->connecting ? 16u : 0) | (tile->speaking ? 32u : 0) | (look->two ? 64u : 0) |
                        (tile_shows_picture(tile, look) ? 128u : 0) | (tile->now.floats ? 256u : 0) |
                        (m->hand ? 512u : 0) | (look->doubt ? 1024u : 0) | (uint64_t)m->trust << 12);
    h = hash_int(h, tile->now.edge ? (uint64_t)look->card : 0);
    return hash_int(h, look->two ? 0 : tile_ring_alpha(tile, now_us));
}

void tile_name(const struct call_member *member, char *out, size_t size)
{
    trust_words_name(out, size, member->name);
}

void tile_initials(const char *name, char *out, size_t size)
{
    size_t length = strlen(name), used = 0;
    int letters = 0;
    bool start = true;
    uint32_t code;
    for (size_t i = 0, n; i < length && letters < 2 && (n = utf8_next(name + i, length - i, &code)) > 0; i += n) {
        bool word = code > ' ' && code != ',' && code != '.' && code != '-' && code != '(';
        // A second wide character says too much for a disc.
        if (word && start && !(letters == 1 && utf8_is_wide(code))) {
            size_t cluster = utf8_cluster(name + i, length - i);
            if (used + cluster >= size)
                break;
            memcpy(out + used, name + i, cluster);
            if (code >= 'a' && code <= 'z')
                out[used] = (char)(code - 32);
            used += cluster;
            letters++;
        }
        start = !word;
    }
    out[used] = '\0';
}

uint32_t tile_avatar_colour(const uint8_t identity[32])
{
    static const uint32_t fills[] = {0xFF3B4A43, 0xFF3A4557, 0xFF4D3B36, 0xFF463E52, 0xFF453F2A, 0xFF33474B};
    uint64_t h = HASH_START;
    for (int i = 0; i < 32; i++)
        h = hash_int(h, identity[i]);
    return fills[h % ARRAY_LEN(fills)];
}

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

static void draw_chip(const struct tile *tile, struct pen *pen, const struct tile_look *look)
{
    const struct call_member *m = look->member;
    struct chip c = chip_for(pen, &tile->now);
    SDL_Rect r = tile->now.rect;
    char name[CALL_NAME_MAX];
    if (m->self)
        snprintf(name, sizeof name, "%s", WORD_YOU);
    else
        tile_name(m, name, sizeof name);
    if (r.w < pen_px(pen, 200) && strchr(name, ' '))
        *strchr(name, ' ') = '\0';
    bool shield = !m->self && m->trust == CALL_TRUST_VERIFIED;
    int signs = (tile->speaking ? 1 : 0) + (m->muted ? 1 : 0) + (m->hand ? 1 : 0) + (shield ? 1 : 0);
    int icons = signs * (c.icon + c.gap);
    int room = r.w - 2 * c.inside - 2 * c.pad - icons;
    if (look->two && tile->now.edge) // my own picture stands beside it
        room = MAX(room - pen_px(pen, THEME_SELF_WIDTH + 24), c.height);
    int words = MIN(pen_width(pen, c.style, name, strlen(name)), room);
    int above = tile->now.edge ? look->card : 0; // a name keeps off the card
    SDL_Rect box = {r.x + c.inside, r.y + r.h - c.inside - c.height - above, words + icons + 2 * c.pad, c.height};
    pen_round(pen, box, pen_px(pen, c.height < pen_px(pen, 40) ? 10 : 12), THEME_SCRIM);
    int x = box.x + c.pad, y = box.y + c.height / 2;
    if (tile->speaking) {
        pen_icon(pen, "wave", x, y - c.icon / 2, c.icon, THEME_ACCENT);
        x += c.icon + c.gap;
    }
    x += pen_text_fit(pen, x, y, c.style, name, room) + c.gap;
    if (shield) {
        pen_icon(pen, "shield", x, y - c.icon / 2, c.icon, THEME_SOFT);
        x += c.icon + c.gap;
    }
    if (m->muted) {
        pen_icon(pen, "mic-off", x, y - c.icon / 2, c.icon, THEME_STOP);
        x += c.icon + c.gap;
    }
    if (m->hand)
        pen_icon(pen, "hand", x, y - c.icon / 2, c.icon, THEME_ACCENT);
}

// What is wrong, top left where no face is.
static void draw_trouble(const struct tile *tile, struct pen *pen, const struct tile_look *look, const char *icon,
                         uint32_t ink, const char *words)
{
    struct chip c = chip_for(pen, &tile->now);
    SDL_Rect r = tile->now.rect;
    c.style.bold = false;
    c.style.pt = c.style.pt * 26.0f / 28.0f;
    int room = r.w - 2 * c.inside - 2 * c.pad - c.icon - c.gap;
    if (look->doubt && pen_width(pen, c.style, words, strlen(words)) > room)
        words = trust_words_least(look->member->trust);
    while (look->doubt && c.style.pt > 18 && pen_width(pen, c.style, words, strlen(words)) > room)
        c.style.pt -= 1; // smaller rather than half of it
    int wide = MIN(pen_width(pen, c.style, words, strlen(words)), room);
    SDL_Rect box = {r.x + c.inside, r.y + c.inside, wide + c.icon + c.gap + 2 * c.pad, c.height};
    pen_round(pen, box, pen_px(pen, 12), THEME_SCRIM);
    pen_icon(pen, icon, box.x + c.pad, box.y + (c.height - c.icon) / 2, c.icon, ink);
    pen_text_fit(pen, box.x + c.pad + c.icon + c.gap, box.y + c.height / 2, c.style, words, room);
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
    if (words || tile->now.floats || r.h < pen_px(pen, 240))
        y -= r.h / 12;
    tile_name(look->member, name, sizeof name);
    tile_initials(name, letters, sizeof letters);
    pen_disc(pen, x, y, size / 2, tile_avatar_colour(look->member->identity));
    pen_text_middle(pen, x, y, (struct pen_style){(float)(size * 0.38 / pen->u), true, THEME_TEXT, true}, letters);
    if (words)
        pen_text_middle(pen, x, y + size / 2 + pen_scaled(pen, 36), (struct pen_style){30, false, THEME_SOFT, false},
                        WORD_CONNECTING);
}

void tile_draw(struct tile *tile, struct pen *pen, const struct tile_look *look, uint64_t now_us)
{
    SDL_Rect r = tile->now.rect, crop, out;
    int radius = tile->now.edge ? 0 : pen_px(pen, THEME_TILE_RADIUS);
    if (tile->now.floats)
        pen_shadow(pen, r, radius, PEN_LOW);
    if (tile_shows_picture(tile, look)) {
        layout_cover(texture_width(&tile->texture), texture_height(&tile->texture), &tile->now.frame, &crop, &out);
        bool bars = out.w != tile->now.frame.w || out.h != tile->now.frame.h;
        if (bars && !tile->now.edge)
            pen_round(pen, r, radius, THEME_NIGHT);
        canvas_picture(pen->canvas, &tile->texture, &crop, &out, bars ? 0 : radius);
        if (look->dim)
            pen_round(pen, r, radius, THEME_DIM);
    } else {
        draw_avatar(tile, pen, look);
    }
    draw_chip(tile, pen, look);
    if (look->late)
        draw_trouble(tile, pen, look, "netlow", THEME_TEXT, WORD_LATE);
    if (look->doubt) {
        char words[CALL_NAME_MAX + 64];
        trust_words_short(words, sizeof words, look->member);
        draw_trouble(tile, pen, look, "warn", THEME_STOP, words);
    }
    uint8_t ring = tile_ring_alpha(tile, now_us);
    if (ring && !look->two && !tile->now.edge) {
        // In the gap, 2 off the picture: radius 22 around 16.
        int off = pen_px(pen, 6);
        uint8_t before = pen->alpha;
        pen->alpha = (uint8_t)(before * ring / 255);
        pen_border(pen, (SDL_Rect){r.x - off, r.y - off, r.w + 2 * off, r.h + 2 * off}, pen_px(pen, 22), pen_px(pen, 4),
                   THEME_ACCENT);
        pen->alpha = before;
    }
}
