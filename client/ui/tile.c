#include "tile.h"

#include "hash.h"
#include "shared/base.h"
#include "theme.h"
#include "trust_words.h"
#include "client/utf8.h"
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

uint8_t tile_new_alpha(const struct tile *tile, uint64_t now_us)
{
    if (tile->born_us == 0)
        return 0;
    return (uint8_t)lround(255 * (1 - theme_part(now_us - tile->born_us, THEME_MS_TILES)));
}

uint8_t tile_avatar_alpha(const struct tile *tile, uint64_t now_us)
{
    if (tile->shown_us == 0)
        return 0;
    return (uint8_t)lround(255 * (1 - theme_part(now_us - tile->shown_us, THEME_MS_TILES)));
}

unsigned tile_still_s(const struct tile *tile, uint64_t now_us, uint64_t *next_us)
{
    uint64_t seconds = (now_us - tile->picture_us) / 1000000;
    *next_us = seconds <= TILE_STILL_COUNTS ? tile->picture_us + (seconds + 1) * 1000000 : UINT64_MAX;
    return (unsigned)MIN(seconds, (uint64_t)TILE_STILL_COUNTS + 1);
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
    bool on = tile->screen ? look->member->screen : look->member->camera;
    return !look->doubt && texture_has(&tile->texture) && (on || look->dim);
}

bool tile_contains(const struct tile *tile, const struct tile_look *look)
{
    return tile->screen || look->member->kind == CALL_KIND_FILM;
}

SDL_Rect tile_solid(const struct tile *tile, const struct tile_look *look)
{
    SDL_Rect none = {0, 0, 0, 0}, crop, out, seen;
    if (!tile_shows_picture(tile, look))
        return tile->now.rect;
    (tile_contains(tile, look) ? layout_contain : layout_cover)(
        texture_width(&tile->texture), texture_height(&tile->texture), &tile->now.frame, &crop, &out);
    return SDL_IntersectRect(&out, &tile->now.rect, &seen) ? seen : none;
}

uint64_t tile_signature(const struct tile *tile, const struct tile_look *look, uint64_t now_us)
{
    const struct call_member *m = look->member;
    uint64_t h = hash_words(HASH_START, m->self ? WORD_YOU : m->name);
    h = hash_int(h, (m->muted ? 1u : 0) | (m->camera ? 2u : 0) | (look->dim ? 4u : 0) | (look->late ? 8u : 0) |
                        (look->connecting ? 16u : 0) | (tile->speaking ? 32u : 0) | (look->two ? 64u : 0) |
                        (tile_shows_picture(tile, look) ? 128u : 0) | (tile->now.floats ? 256u : 0) |
                        (m->hand ? 512u : 0) | (look->doubt ? 1024u : 0) | (look->paused ? 2048u : 0) |
                        (look->titled ? 1ull << 39 : 0) | (look->dead ? 1ull << 40 : 0) | (uint64_t)m->kind << 41 |
                        (uint64_t)m->trust << 12);
    h = hash_int(h, look->meter ? look->level + 1 : 0);
    h = hash_int(h, tile->now.edge ? (uint64_t)look->card : 0);
    h = hash_int(h, (uint64_t)look->cut << 32 | look->still_s | (look->pinned ? 64u : 0) |
                        (uint64_t)tile_new_alpha(tile, now_us) << 8 | (uint64_t)tile_avatar_alpha(tile, now_us) << 16);
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
