#include "font.h"

#include "shared/base.h"
#include "shared/log.h"

#include <fontconfig/fontconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FACES_MAX = 64, OPEN_MAX = 48, KNOWN_MAX = 2048, PROBE_SIZE = 32, REGULAR = 0, SEMIBOLD = 1 };

struct face {
    char *path;
    int index;
    bool bold, colour;
    TTF_Font *probe; // kept open to ask for glyphs
};

struct open_font {
    TTF_Font *font;
    int face, size;
    uint64_t used;
};

struct known {
    uint32_t code; // with the top bit for SemiBold
    int face;
    bool set;
};

struct fonts {
    FcConfig *config;
    struct face faces[FACES_MAX];
    int face_count;
    int emoji; // face, or -1
    struct open_font open[OPEN_MAX];
    uint64_t clock;
    struct known known[KNOWN_MAX]; // direct mapped: a collision only costs a search
};

static int face_add(struct fonts *fonts, FcPattern *pattern, bool bold)
{
    FcChar8 *path = NULL;
    int index = 0;
    FcBool colour = FcFalse;
    if (FcPatternGetString(pattern, FC_FILE, 0, &path) != FcResultMatch)
        return -1;
    FcPatternGetInteger(pattern, FC_INDEX, 0, &index);
    FcPatternGetBool(pattern, FC_COLOR, 0, &colour);
    index &= 0xFFFF; // the upper half names an instance of a variable font
    for (int i = 0; i < fonts->face_count; i++)
        if (fonts->faces[i].index == index && fonts->faces[i].bold == bold &&
            !strcmp(fonts->faces[i].path, (const char *)path))
            return i;
    if (fonts->face_count == FACES_MAX)
        return -1;
    TTF_Font *probe = TTF_OpenFontIndex((const char *)path, PROBE_SIZE, index);
    if (!probe)
        return -1;
    struct face *face = &fonts->faces[fonts->face_count];
    *face = (struct face){
        .path = base_strdup((const char *)path), .index = index, .bold = bold, .colour = colour, .probe = probe};
    log_debug("font", "face file=\"%s\" index=%d", (const char *)path, index);
    return fonts->face_count++;
}

static FcPattern *family_pattern(const char *family, bool bold)
{
    FcPattern *pattern = FcPatternCreate();
    if (family)
        FcPatternAddString(pattern, FC_FAMILY, (const FcChar8 *)family);
    FcPatternAddInteger(pattern, FC_WEIGHT, bold ? FC_WEIGHT_SEMIBOLD : FC_WEIGHT_REGULAR);
    FcPatternAddInteger(pattern, FC_SLANT, FC_SLANT_ROMAN);
    return pattern;
}

// The installed font nearest to a family; -1 when it is another family and `exact`.
static int face_match(struct fonts *fonts, const char *family, bool bold, bool exact)
{
    FcPattern *pattern = family_pattern(family, bold);
    FcConfigSubstitute(fonts->config, pattern, FcMatchPattern);
    FcDefaultSubstitute(pattern);
    FcResult result;
    FcPattern *found = FcFontMatch(fonts->config, pattern, &result);
    int face = -1;
    FcChar8 *name = NULL;
    if (found && FcPatternGetString(found, FC_FAMILY, 0, &name) == FcResultMatch &&
        (!exact || strcmp((const char *)name, family) == 0))
        face = face_add(fonts, found, bold);
    if (found)
        FcPatternDestroy(found);
    FcPatternDestroy(pattern);
    return face;
}

static const char *cjk_region(void)
{
    const char *names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *value = getenv(names[i]);
        if (!value || !*value)
            continue;
        return !strncmp(value, "ja", 2)      ? "JP"
               : !strncmp(value, "ko", 2)    ? "KR"
               : !strncmp(value, "zh_TW", 5) ? "TC"
                                             : "SC";
    }
    return "SC";
}

// How much we like a fallback family: plain sans of the Noto kind first (LOOK §3).
static int family_score(const char *family, int weight, bool bold)
{
    int score = 0;
    if (!strncmp(family, "Noto Sans CJK", 13))
        score = strstr(family, cjk_region()) ? 70 : 60;
    else if (!strncmp(family, "Noto Sans", 9))
        score = strstr(family, "Mono") ? 10 : strstr(family, "UI") || strstr(family, "Display") ? 50 : 80;
    else if (!strncmp(family, "Noto Color Emoji", 16))
        score = 40;
    else if (!strncmp(family, "DejaVu Sans", 11))
        score = strstr(family, "Mono") ? 10 : 35;
    else if (!strncmp(family, "Noto", 4))
        score = 30;
    int off = abs(weight - (bold ? FC_WEIGHT_BOLD : FC_WEIGHT_REGULAR)) / 20;
    return score * 10 - off;
}

// Ask fontconfig which installed font has the character.
static int face_search(struct fonts *fonts, uint32_t code, bool bold)
{
    FcCharSet *set = FcCharSetCreate();
    FcCharSetAddChar(set, code);
    FcPattern *pattern = FcPatternCreate();
    FcPatternAddCharSet(pattern, FC_CHARSET, set);
    FcObjectSet *wanted =
        FcObjectSetBuild(FC_FAMILY, FC_FILE, FC_INDEX, FC_WEIGHT, FC_SLANT, FC_WIDTH, FC_COLOR, (char *)NULL);
    FcFontSet *list = FcFontList(fonts->config, pattern, wanted);
    FcPattern *best = NULL;
    int best_score = -1000;
    for (int i = 0; list && i < list->nfont; i++) {
        FcChar8 *family = NULL;
        int weight = FC_WEIGHT_REGULAR, slant = 0, width = FC_WIDTH_NORMAL;
        if (FcPatternGetString(list->fonts[i], FC_FAMILY, 0, &family) != FcResultMatch)
            continue;
        FcPatternGetInteger(list->fonts[i], FC_WEIGHT, 0, &weight);
        FcPatternGetInteger(list->fonts[i], FC_SLANT, 0, &slant);
        FcPatternGetInteger(list->fonts[i], FC_WIDTH, 0, &width);
        int score =
            family_score((const char *)family, weight, bold) - (slant ? 300 : 0) - (width != FC_WIDTH_NORMAL ? 300 : 0);
        if (score > best_score) {
            best_score = score;
            best = list->fonts[i];
        }
    }
    int face = best ? face_add(fonts, best, bold) : -1;
    if (list)
        FcFontSetDestroy(list);
    FcObjectSetDestroy(wanted);
    FcPatternDestroy(pattern);
    FcCharSetDestroy(set);
    return face;
}

struct fonts *fonts_create(void)
{
    if (!TTF_WasInit() && TTF_Init() != 0)
        return NULL;
    struct fonts *fonts = base_alloc(sizeof *fonts);
    fonts->config = FcInitLoadConfigAndFonts();
    static const char *const first[] = {"Inter", "Noto Sans", "DejaVu Sans"};
    for (size_t i = 0; i < ARRAY_LEN(first) && fonts->face_count < 2; i++) {
        fonts->face_count = 0;
        face_match(fonts, first[i], false, true);
        if (fonts->face_count == 1)
            face_match(fonts, first[i], true, true);
    }
    if (fonts->face_count < 2) {
        fonts->face_count = 0;
        face_match(fonts, "sans-serif", false, false);
        if (fonts->face_count == 1)
            face_match(fonts, "sans-serif", true, false);
    }
    if (fonts->face_count < 2) {
        fonts_destroy(fonts);
        return NULL;
    }
    fonts->emoji = face_match(fonts, "Noto Color Emoji", false, true);
    return fonts;
}

void fonts_destroy(struct fonts *fonts)
{
    if (!fonts)
        return;
    for (int i = 0; i < OPEN_MAX; i++)
        if (fonts->open[i].font)
            TTF_CloseFont(fonts->open[i].font);
    for (int i = 0; i < fonts->face_count; i++) {
        TTF_CloseFont(fonts->faces[i].probe);
        free(fonts->faces[i].path);
    }
    if (fonts->config)
        FcConfigDestroy(fonts->config);
    free(fonts);
    TTF_Quit();
}

bool fonts_has(struct fonts *fonts, int face, uint32_t code)
{
    return TTF_GlyphIsProvided32(fonts->faces[face].probe, code) != 0;
}

bool fonts_is_colour(const struct fonts *fonts, int face)
{
    return fonts->faces[face].colour;
}

int fonts_face(struct fonts *fonts, uint32_t code, bool bold, bool emoji)
{
    int first = bold ? SEMIBOLD : REGULAR;
    if (emoji && fonts->emoji >= 0 && fonts_has(fonts, fonts->emoji, code))
        return fonts->emoji;
    if (code < 0x80 || fonts_has(fonts, first, code))
        return first;
    uint32_t key = code | (bold ? 1u << 31 : 0);
    struct known *known = &fonts->known[(key * 2654435761u) >> 21];
    if (known->set && known->code == key)
        return known->face;
    // Faces in use come first: a text in one script stays in one font, and a search costs a millisecond.
    int face = -1;
    for (int i = 2; i < fonts->face_count && face < 0; i++)
        if (fonts->faces[i].bold == bold && i != fonts->emoji && fonts_has(fonts, i, code))
            face = i;
    if (face < 0)
        face = face_search(fonts, code, bold);
    *known = (struct known){.code = key, .face = face < 0 ? first : face, .set = true};
    return known->face;
}

TTF_Font *fonts_open(struct fonts *fonts, int face, int size)
{
    struct open_font *oldest = &fonts->open[0];
    fonts->clock++;
    for (int i = 0; i < OPEN_MAX; i++) {
        struct open_font *o = &fonts->open[i];
        if (o->font && o->face == face && o->size == size) {
            o->used = fonts->clock;
            return o->font;
        }
        if (o->used < oldest->used)
            oldest = o;
    }
    TTF_Font *font = TTF_OpenFontIndex(fonts->faces[face].path, size, fonts->faces[face].index);
    if (!font)
        return NULL;
    TTF_SetFontHinting(font, TTF_HINTING_LIGHT_SUBPIXEL);
    TTF_SetFontKerning(font, 1);
    if (oldest->font)
        TTF_CloseFont(oldest->font);
    *oldest = (struct open_font){.font = font, .face = face, .size = size, .used = fonts->clock};
    return font;
}
