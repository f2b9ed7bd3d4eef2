#include "text.h"

#include "font.h"
#include "shared/base.h"
#include "client/utf8.h"

#include <fribidi.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE_BYTES = 1024,
    LINES_MAX = 640,
    BUCKETS = 1024,
    PIXELS_MAX = 8 << 20, // of all kept images together
    RUNS_MAX = 128,
    WIDTH_MAX = 8192,
    ADVANCES = 4096,
    WIDTHS = 256,
    WIDTH_BYTES = 48
};

struct entry {
    struct text_line line;
    char *words;
    size_t length;
    struct text_font font;
    uint32_t colour, hash;
    uint64_t used;
    int next; // in its bucket, -1 = end
    bool set;
};

struct run {
    size_t start, length;
    int face;
    uint32_t script; // four letters, 0 = none of its own (blanks, digits)
    FriBidiLevel level;
};

struct advance {
    uint32_t code;
    int size, width;
};

struct width { // of a few words, measured before
    char words[WIDTH_BYTES];
    size_t length; // 0 = none
    struct text_font font;
    int width;
};

struct text {
    struct canvas *canvas;
    struct fonts *fonts;
    struct entry entries[LINES_MAX];
    int bucket[BUCKETS];
    long pixels;
    uint64_t clock;
    struct advance advances[ADVANCES];
    struct width widths[WIDTHS];
    struct run runs[RUNS_MAX];
    FriBidiChar codes[LINE_BYTES];
    FriBidiLevel levels[LINE_BYTES];
    size_t at[LINE_BYTES + 1];
};

struct text *text_create(struct canvas *canvas)
{
    struct fonts *fonts = fonts_create();
    if (!fonts)
        return NULL;
    struct text *text = base_alloc(sizeof *text);
    text->canvas = canvas;
    text->fonts = fonts;
    for (int i = 0; i < BUCKETS; i++)
        text->bucket[i] = -1;
    return text;
}

static void drop(struct text *text, int index)
{
    struct entry *e = &text->entries[index];
    if (!e->set)
        return;
    int *link = &text->bucket[e->hash % BUCKETS];
    while (*link >= 0 && *link != index)
        link = &text->entries[*link].next;
    if (*link == index)
        *link = e->next;
    text->pixels -= (long)canvas_image_width(e->line.image) * canvas_image_height(e->line.image);
    canvas_image_destroy(e->line.image);
    sodium_memzero(e->words, e->length); // an invite link is words as well
    free(e->words);
    memset(e, 0, sizeof *e);
}

void text_forget(struct text *text)
{
    for (int i = 0; i < LINES_MAX; i++)
        drop(text, i);
    sodium_memzero(text->widths, sizeof text->widths);
    sodium_memzero(text->codes, sizeof text->codes);
}

void text_destroy(struct text *text)
{
    if (!text)
        return;
    text_forget(text);
    fonts_destroy(text->fonts);
    free(text);
}

// The script by its ISO 15924 letters: shaping rules depend on it. 0 for what every script uses.
static uint32_t script_of(uint32_t code)
{
    static const struct {
        uint32_t first, last;
        char tag[5];
    } scripts[] = {
        {0x0041, 0x024F, "Latn"}, {0x0370, 0x03FF, "Grek"}, {0x0400, 0x052F, "Cyrl"}, {0x0530, 0x058F, "Armn"},
        {0x0590, 0x05FF, "Hebr"}, {0x0600, 0x06FF, "Arab"}, {0x0700, 0x074F, "Syrc"}, {0x0750, 0x077F, "Arab"},
        {0x0780, 0x07BF, "Thaa"}, {0x08A0, 0x08FF, "Arab"}, {0x0900, 0x097F, "Deva"}, {0x0980, 0x09FF, "Beng"},
        {0x0A00, 0x0A7F, "Guru"}, {0x0A80, 0x0AFF, "Gujr"}, {0x0B00, 0x0B7F, "Orya"}, {0x0B80, 0x0BFF, "Taml"},
        {0x0C00, 0x0C7F, "Telu"}, {0x0C80, 0x0CFF, "Knda"}, {0x0D00, 0x0D7F, "Mlym"}, {0x0D80, 0x0DFF, "Sinh"},
        {0x0E00, 0x0E7F, "Thai"}, {0x0E80, 0x0EFF, "Laoo"}, {0x0F00, 0x0FFF, "Tibt"}, {0x1000, 0x109F, "Mymr"},
        {0x10A0, 0x10FF, "Geor"}, {0x1100, 0x11FF, "Hang"}, {0x1200, 0x139F, "Ethi"}, {0x1780, 0x17FF, "Khmr"},
        {0x1800, 0x18AF, "Mong"}, {0x1E00, 0x1EFF, "Latn"}, {0x1F00, 0x1FFF, "Grek"}, {0x3040, 0x309F, "Hira"},
        {0x30A0, 0x30FF, "Kana"}, {0x3400, 0x9FFF, "Hani"}, {0xAC00, 0xD7AF, "Hang"}, {0xFB1D, 0xFB4F, "Hebr"},
        {0xFB50, 0xFDFF, "Arab"}, {0xFE70, 0xFEFE, "Arab"}};
    bool letter = code >= 0x80 ? code >= 0xC0 : (code | 32) >= 'a' && (code | 32) <= 'z';
    for (size_t i = 0; letter && i < ARRAY_LEN(scripts); i++)
        if (code >= scripts[i].first && code <= scripts[i].last) {
            const char *t = scripts[i].tag;
            return (uint32_t)t[0] << 24 | (uint32_t)t[1] << 16 | (uint32_t)t[2] << 8 | (uint32_t)t[3];
        }
    return 0;
}

static void shape_for(TTF_Font *font, const struct run *run)
{
    uint32_t s = run->script ? run->script : 'L' << 24 | 'a' << 16 | 't' << 8 | 'n';
    char tag[5] = {(char)(s >> 24), (char)(s >> 16), (char)(s >> 8), (char)s, '\0'};
    TTF_SetFontScriptName(font, tag);
    TTF_SetFontDirection(font, run->level & 1 ? TTF_DIRECTION_RTL : TTF_DIRECTION_LTR);
}

static bool is_right_to_left(uint32_t code)
{
    return (code >= 0x590 && code < 0x900) || (code >= 0xFB1D && code < 0xFE00) || (code >= 0xFE70 && code < 0xFEFF) ||
           (code >= 0x10800 && code < 0x11000) || (code >= 0x1E800 && code < 0x1F000);
}

enum text_base text_base_of(const char *words, size_t length)
{
    uint32_t code = 0;
    for (size_t i = 0, n; i < length && (n = utf8_next(words + i, length - i, &code)) > 0; i += n) {
        FriBidiCharType type = fribidi_get_bidi_type(code);
        if (FRIBIDI_IS_STRONG(type) && FRIBIDI_IS_LETTER(type))
            return FRIBIDI_IS_RTL(type) ? TEXT_BASE_RIGHT_TO_LEFT : TEXT_BASE_LEFT_TO_RIGHT;
    }
    return TEXT_BASE_LEFT_TO_RIGHT;
}

// Runs of one font, script and direction, in the order of the bytes. Returns their number.
static size_t split_runs(struct text *text, struct text_font font, const char *words, size_t length)
{
    bool bold = font.bold;
    size_t count = 0, runs = 0;
    bool right_to_left = font.base == TEXT_BASE_RIGHT_TO_LEFT;
    for (size_t i = 0, n; i < length && count < LINE_BYTES; i += n, count++) {
        uint32_t code = 0;
        n = utf8_next(words + i, length - i, &code);
        text->codes[count] = code;
        text->at[count] = i;
        right_to_left |= is_right_to_left(code);
    }
    text->at[count] = length;
    memset(text->levels, 0, count);
    if (right_to_left) {
        FriBidiCharType types[LINE_BYTES];
        FriBidiParType base = font.base == TEXT_BASE_OWN             ? FRIBIDI_PAR_ON
                              : font.base == TEXT_BASE_RIGHT_TO_LEFT ? FRIBIDI_PAR_RTL
                                                                     : FRIBIDI_PAR_LTR;
        fribidi_get_bidi_types(text->codes, (FriBidiStrIndex)count, types);
        if (fribidi_get_par_embedding_levels_ex(types, NULL, (FriBidiStrIndex)count, &base, text->levels) == 0)
            memset(text->levels, 0, count);
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t code = text->codes[i], after = i + 1 < count ? text->codes[i + 1] : 0;
        bool keycap = code < 0x80 && i + 2 < count && after == 0xFE0F && text->codes[i + 2] == 0x20E3;
        bool emoji = utf8_is_emoji(code) || (after == 0xFE0F && code >= 0x80) || keycap;
        struct run *last = runs ? &text->runs[runs - 1] : NULL;
        // A font of pictures has a blank as wide as a picture.
        bool blank = code == ' ' && last && !fonts_is_colour(text->fonts, last->face);
        int face = last && (utf8_is_mark(code) || (blank && fonts_has(text->fonts, last->face, code)))
                       ? last->face
                       : fonts_face(text->fonts, code, bold, emoji);
        uint32_t script = utf8_is_mark(code) ? 0 : script_of(code);
        bool fits = last && last->face == face && last->level == text->levels[i] &&
                    (!script || !last->script || script == last->script);
        if (last && (fits || runs == RUNS_MAX)) {
            last->length = text->at[i + 1] - last->start;
            last->script = last->script ? last->script : script;
            continue;
        }
        text->runs[runs++] = (struct run){text->at[i], text->at[i + 1] - text->at[i], face, script, text->levels[i]};
    }
    return runs;
}

// Rule L2 of the bidirectional algorithm: from the highest level down, turn round every stretch at or above it.
static void order_runs(struct run *runs, size_t count)
{
    int highest = 0;
    for (size_t i = 0; i < count; i++)
        highest = MAX(highest, runs[i].level);
    for (int level = highest; level > 0; level--) {
        for (size_t i = 0; i < count;) {
            size_t end = i;
            while (end < count && runs[end].level >= level)
                end++;
            for (size_t a = i, b = end; b > a + 1; a++) {
                struct run swap = runs[a];
                runs[a] = runs[--b];
                runs[b] = swap;
            }
            i = MAX(end, i + 1);
        }
    }
}

// Bitmaps come in one size: this much of it makes them as high as the words beside them.
static int colour_size(int run_pixels, int bitmap_height, int size)
{
    return bitmap_height > 0 ? (int)((long)run_pixels * size * 12 / 10 / bitmap_height) : 0;
}

static int run_measure(struct text *text, const struct run *run, int size, const char *words)
{
    char piece[LINE_BYTES + 1];
    int width = 0, height = 0;
    TTF_Font *font = fonts_open(text->fonts, run->face, size);
    if (!font)
        return 0;
    memcpy(piece, words + run->start, run->length);
    piece[run->length] = '\0';
    shape_for(font, run);
    if (TTF_SizeUTF8(font, piece, &width, &height) != 0)
        return 0;
    return fonts_is_colour(text->fonts, run->face) ? colour_size(width, TTF_FontHeight(font), size) : width;
}

static uint32_t hash_of(struct text_font font, uint32_t colour, const char *words, size_t length)
{
    uint32_t h =
        2166136261u ^ (uint32_t)font.size ^ (font.bold ? 1u << 30 : 0) ^ (uint32_t)font.base << 28 ^ colour * 31u;
    for (size_t i = 0; i < length; i++)
        h = (h ^ (unsigned char)words[i]) * 16777619u;
    return h;
}

static int measure(struct text *text, struct text_font font, const char *words, size_t length)
{
    int width = 0;
    size_t runs = split_runs(text, font, words, length);
    for (size_t i = 0; i < runs; i++)
        width += run_measure(text, &text->runs[i], font.size, words);
    return width;
}

int text_width(struct text *text, struct text_font font, const char *words, size_t length)
{
    uint32_t code = 0;
    length = MIN(length, (size_t)LINE_BYTES);
    if (length == 0)
        return 0;
    if (utf8_next(words, length, &code) == length) {
        uint32_t key = code | (font.bold ? 1u << 31 : 0);
        struct advance *a = &text->advances[((key ^ (uint32_t)font.size << 22) * 2654435761u) >> 20];
        if (a->code != key || a->size != font.size)
            *a = (struct advance){key, font.size, measure(text, font, words, length)};
        return a->width;
    }
    if (length > WIDTH_BYTES)
        return measure(text, font, words, length);
    // A name on a tile is measured for every picture.
    struct width *w = &text->widths[hash_of(font, 0, words, length) % WIDTHS];
    if (w->length != length || w->font.size != font.size || w->font.bold != font.bold ||
        memcmp(w->words, words, length) != 0) {
        *w = (struct width){.length = length, .font = font, .width = measure(text, font, words, length)};
        memcpy(w->words, words, length);
    }
    return w->width;
}

int text_caret(struct text *text, struct text_font font, const char *words, size_t length, size_t at)
{
    length = MIN(length, (size_t)LINE_BYTES);
    at = MIN(at, length);
    size_t runs = split_runs(text, font, words, length);
    order_runs(text->runs, runs);
    int x = 0, end = 0;
    for (size_t i = 0; i < runs; i++)
        end += run_measure(text, &text->runs[i], font.size, words);
    if (at == 0) { // before the first letter: where the line begins
        bool left = font.base == TEXT_BASE_RIGHT_TO_LEFT ||
                    (font.base == TEXT_BASE_OWN && text_base_of(words, length) == TEXT_BASE_RIGHT_TO_LEFT);
        return left ? end : 0;
    }
    for (size_t i = 0; i < runs; i++) {
        struct run run = text->runs[i];
        int width = run_measure(text, &run, font.size, words);
        if (at > run.start && at <= run.start + run.length) { // behind one of its letters
            bool leftwards = run.level & 1;
            run.length = at - run.start;
            int part = run_measure(text, &run, font.size, words);
            return leftwards ? x + width - part : x + part;
        }
        x += width;
    }
    return end;
}

// A colour bitmap made smaller: every new pixel is the mean of those it covers, weighed by their opacity.
static SDL_Surface *shrink(SDL_Surface *big, int width, int height)
{
    SDL_Surface *small = SDL_CreateRGBSurfaceWithFormat(0, width, height, 32, SDL_PIXELFORMAT_ARGB8888);
    for (int y = 0; small && y < height; y++) {
        int top = y * big->h / height, bottom = MAX((y + 1) * big->h / height, top + 1);
        for (int x = 0; x < width; x++) {
            int left = x * big->w / width, right = MAX((x + 1) * big->w / width, left + 1);
            uint32_t a = 0, r = 0, g = 0, b = 0, n = 0;
            for (int v = top; v < MIN(bottom, big->h); v++)
                for (int h = left; h < MIN(right, big->w); h++, n++) {
                    uint32_t p = *((uint32_t *)(void *)((uint8_t *)big->pixels + (ptrdiff_t)v * big->pitch) + h),
                             o = p >> 24;
                    a += o;
                    r += (p >> 16 & 255) * o;
                    g += (p >> 8 & 255) * o;
                    b += (p & 255) * o;
                }
            uint32_t *to = (uint32_t *)(void *)((uint8_t *)small->pixels + (ptrdiff_t)y * small->pitch) + x;
            *to = a && n ? (a / n) << 24 | (r / a) << 16 | (g / a) << 8 | b / a : 0;
        }
    }
    SDL_FreeSurface(big);
    return small;
}

static SDL_Surface *run_render(struct text *text, const struct run *run, struct text_font wanted, uint32_t colour,
                               const char *words, int *rise)
{
    char piece[LINE_BYTES + 1];
    TTF_Font *font = fonts_open(text->fonts, run->face, wanted.size);
    if (!font)
        return NULL;
    memcpy(piece, words + run->start, run->length);
    piece[run->length] = '\0';
    shape_for(font, run);
    SDL_Color c = {(uint8_t)(colour >> 16), (uint8_t)(colour >> 8), (uint8_t)colour, 255};
    int ascent = TTF_FontAscent(font);
    SDL_Surface *made = TTF_RenderUTF8_Blended(font, piece, c);
    if (made && made->format->format != SDL_PIXELFORMAT_ARGB8888) {
        SDL_Surface *converted = SDL_ConvertSurfaceFormat(made, SDL_PIXELFORMAT_ARGB8888, 0);
        SDL_FreeSurface(made);
        made = converted;
    }
    *rise = ascent;
    if (made && fonts_is_colour(text->fonts, run->face)) {
        int bitmap = made->h, height = MAX(colour_size(bitmap, bitmap, wanted.size), 1);
        int width = MAX(colour_size(made->w, bitmap, wanted.size), 1);
        *rise = height * 80 / 100;
        made = shrink(made, width, height);
    }
    return made;
}

static void render_line(struct text *text, struct entry *e)
{
    SDL_Surface *piece[RUNS_MAX] = {NULL};
    int rise[RUNS_MAX], width = 0, above = 0, below = 0;
    size_t runs = split_runs(text, e->font, e->words, e->length);
    order_runs(text->runs, runs);
    for (size_t i = 0; i < runs && width < WIDTH_MAX; i++) {
        piece[i] = run_render(text, &text->runs[i], e->font, e->colour, e->words, &rise[i]);
        if (!piece[i])
            continue;
        width += piece[i]->w;
        above = MAX(above, rise[i]);
        below = MAX(below, piece[i]->h - rise[i]);
    }
    e->line.width = MIN(width, WIDTH_MAX);
    e->line.rise = above;
    SDL_Surface *whole = runs == 1 && width <= WIDTH_MAX ? piece[0] : NULL;
    if (!whole && width > 0) {
        whole = SDL_CreateRGBSurfaceWithFormat(0, e->line.width, above + below, 32, SDL_PIXELFORMAT_ARGB8888);
        int x = 0;
        for (size_t i = 0; i < runs; i++) {
            if (!piece[i])
                continue;
            SDL_Rect to = {x, above - rise[i], 0, 0};
            x += piece[i]->w;
            SDL_SetSurfaceBlendMode(piece[i], SDL_BLENDMODE_NONE);
            if (whole)
                SDL_BlitSurface(piece[i], NULL, whole, &to);
            SDL_FreeSurface(piece[i]);
        }
    }
    e->line.image = canvas_image_create(text->canvas, whole);
    text->pixels += (long)canvas_image_width(e->line.image) * canvas_image_height(e->line.image);
}

// A free place: the first unused, else what was not looked at for longest.
static int make_room(struct text *text)
{
    int oldest = 0;
    for (int i = 0; i < LINES_MAX; i++) {
        if (!text->entries[i].set && text->pixels < PIXELS_MAX)
            return i;
        if (text->entries[i].set && (text->entries[i].used < text->entries[oldest].used || !text->entries[oldest].set))
            oldest = i;
    }
    drop(text, oldest);
    return oldest;
}

const struct text_line *text_line(struct text *text, struct text_font font, uint32_t colour, const char *words,
                                  size_t length)
{
    length = MIN(length, (size_t)LINE_BYTES);
    colour |= 0xFF000000u;
    uint32_t hash = hash_of(font, colour, words, length);
    text->clock++;
    for (int i = text->bucket[hash % BUCKETS]; i >= 0; i = text->entries[i].next) {
        struct entry *e = &text->entries[i];
        if (e->hash == hash && e->length == length && e->font.size == font.size && e->font.bold == font.bold &&
            e->font.base == font.base && e->colour == colour && memcmp(e->words, words, length) == 0) {
            e->used = text->clock;
            return &e->line;
        }
    }
    int index = make_room(text);
    struct entry *e = &text->entries[index];
    *e = (struct entry){
        .length = length, .font = font, .colour = colour, .hash = hash, .used = text->clock, .set = true};
    e->words = base_alloc(length + 1);
    memcpy(e->words, words, length);
    render_line(text, e);
    e->next = text->bucket[hash % BUCKETS];
    text->bucket[hash % BUCKETS] = index;
    return &e->line;
}

void text_fit(struct text *text, struct text_font font, const char *words, int width, char *out, size_t size)
{
    size_t length = strlen(words);
    snprintf(out, size, "%s", words);
    if (length < size && text_width(text, font, words, length) <= width)
        return;
    int dots = text_width(text, font, "…", 3), used = 0;
    size_t at = 0;
    while (at < length) {
        size_t n = utf8_cluster(words + at, length - at);
        int w = text_width(text, font, words + at, n);
        if (used + w + dots > width || at + n + 4 >= size)
            break;
        used += w;
        at += n;
    }
    while (at > 0 && words[at - 1] == ' ')
        at--;
    memcpy(out, words, at);
    memcpy(out + at, "…", 4);
}
