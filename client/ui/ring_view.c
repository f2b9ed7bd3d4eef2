#include "ring_view.h"

#include "big_button.h"
#include "hash.h"
#include "ringing.h"
#include "shared/base.h"
#include "theme.h"
#include "tile.h"
#include "trust_words.h"
#include "words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RINGS = 3, DISC = 124, OUTER = 228 };

// Every word of the screen and the place of everything, for one size of words.
struct shape {
    char name[CALL_NAME_MAX], title[320], wants[200], known[320], note[200];
    const char *known_icon;
    struct big_button button[RINGING_BUTTONS];
    size_t buttons;
    struct pen_style title_style;
    int x, y, radius;              // of the disc
    int words_x, words_y, words_w; // the middle of the lines, and how wide they may be
    int title_line, title_lines, known_h;
    bool sides; // large words
    SDL_Rect at[RINGING_BUTTONS];
    int note_y;
    bool fits;
};

uint64_t ring_view_signature(const struct ring_look *look)
{
    uint64_t h = hash_words(hash_int(HASH_START, look->focus), look->ring->name);
    h = hash_int(h, (look->ours ? 1u : 0) | (look->counting ? 2u : 0) | (look->ring->picture ? 4u : 0) |
                        (look->ring->met ? 8u : 0) | (look->ring->paired ? 16u : 0));
    h = hash_int(h, look->ring->trust);
    return hash_int(h, look->counting ? look->seconds : 0);
}

uint64_t ring_view_rings_signature(const struct ring_look *look)
{
    uint64_t h = hash_int(HASH_START, look->ours);
    return look->counting ? hash_int(h, look->seconds + 1000) : hash_int(h, look->phase);
}

// What is known of somebody who calls, or is called.
static const char *known_words(const struct call_ring *ring, const char *name, char *words, size_t size)
{
    const char *sentence = WORD_RING_NEW, *icon = "people";
    if (ring->trust == CALL_TRUST_CHANGED) {
        snprintf(words, size, WORD_RING_CHANGED, name);
        return "warn";
    }
    if (ringing_doubt(ring->trust)) {
        sentence = WORD_RING_STRANGER;
        icon = "warn";
    } else if (ring->trust == CALL_TRUST_VERIFIED) {
        sentence = WORD_RING_COMPARED;
        icon = "shield";
    } else if (ring->paired) {
        sentence = WORD_RING_PAIRED;
        icon = "shield";
    } else if (ring->met) {
        sentence = WORD_RING_MET;
        icon = "shield";
    }
    snprintf(words, size, "%s", sentence);
    return icon;
}

static void fill_words(struct shape *s, const struct ring_look *look)
{
    const struct call_ring *ring = look->ring;
    trust_words_name(s->name, sizeof s->name, ring->name);
    s->known_icon = known_words(ring, s->name, s->known, sizeof s->known);
    if (look->ours) {
        snprintf(s->title, sizeof s->title, WORD_CALLING, s->name);
        s->button[s->buttons++] = (struct big_button){"leave", WORD_STOP_CALLING, false};
        return;
    }
    snprintf(s->title, sizeof s->title, "%s", s->name);
    snprintf(s->wants, sizeof s->wants, "%s", ring->picture ? WORD_WANTS_TO_TALK : WORD_WANTS_SOUND);
    snprintf(s->note, sizeof s->note, "%s", look->counting ? WORD_UNTIL_THEN : WORD_UNTIL_ANSWER);
    if (look->counting) // any key is the button
        return;
    s->button[s->buttons++] = (struct big_button){"phone", WORD_ANSWER, false};
    s->button[s->buttons++] = (struct big_button){"cam-off", WORD_SOUND_ONLY, false};
    s->button[s->buttons++] = (struct big_button){"no", WORD_NOT_NOW, true};
}

static int button_width(struct pen *pen, const struct big_button *b)
{
    int wide = big_button_width(pen, b, 40);
    return MAX(wide, pen_px(pen, 400));
}

// How many lines words take, and how high they are.
static int lines_height(struct pen *pen, const struct shape *s, int line, float pt, const char *words)
{
    struct pen_style style = {pt, false, 0, false};
    return words[0] ? pen_paragraph(pen, 0, 0, s->words_w, line, style, words, s->sides ? 3 : 1, false) : 0;
}

static int known_width(struct pen *pen, const struct shape *s)
{
    return s->words_w - pen_scaled(pen, 32) - pen_px(pen, 14);
}

static int words_height(struct pen *pen, struct shape *s)
{
    struct pen_style known = {30, false, 0, false};
    int title = s->title_line * s->title_lines, wants = lines_height(pen, s, pen_scaled(pen, 50), 40, s->wants);
    s->known_h = pen_scaled(pen, 39);
    if (s->sides)
        s->known_h = pen_paragraph(pen, 0, 0, known_width(pen, s), s->known_h, known, s->known, 4, false);
    return title + (wants ? wants + pen_px(pen, 10) : 0) + s->known_h + pen_px(pen, 22);
}

static int title_lines(struct pen *pen, const struct shape *s, int most)
{
    int high = pen_paragraph(pen, 0, 0, s->words_w, s->title_line, s->title_style, s->title, most, false);
    return MAX(high / MAX(s->title_line, 1), 1);
}

// Everything around the middle of the screen.
static void place_middle(struct shape *s, struct pen *pen, SDL_Rect screen)
{
    int edge = pen_px(pen, THEME_SCREEN_LEFT), bottom = screen.y + screen.h, gap = pen_px(pen, 32), wide = 0;
    int high = pen_scaled(pen, 96), note = s->note[0] ? pen_scaled(pen, 34) : 0;
    s->words_x = s->x = screen.x + screen.w / 2;
    s->words_w = screen.w - 2 * edge;
    s->title_lines = title_lines(pen, s, 1);
    s->note_y = bottom - pen_px(pen, 72) - pen_scaled(pen, 17);
    int row = MIN(bottom - pen_px(pen, 148), s->note_y - note / 2 - pen_px(pen, 30)) - high;
    for (size_t i = 0; i < s->buttons; i++)
        wide += button_width(pen, &s->button[i]) + (i ? gap : 0);
    int x = s->x - wide / 2;
    for (size_t i = 0; i < s->buttons; i++) {
        s->at[i] = (SDL_Rect){x, row, button_width(pen, &s->button[i]), high};
        x += s->at[i].w + gap;
    }
    s->at[0].y = row; // where the seconds stand when there are no buttons
    s->at[0].h = high;
    int words = words_height(pen, s), room = row - pen_px(pen, 48) - words - screen.y - pen_px(pen, 36);
    int outer = MIN(pen_px(pen, OUTER), (room - pen_px(pen, 36)) / 2);
    s->radius = outer * DISC / OUTER;
    s->y = screen.y + MIN(pen_px(pen, 296), pen_px(pen, 36) + outer + MAX(room - pen_px(pen, 36) - 2 * outer, 0) / 2);
    s->words_y = MIN(screen.y + pen_px(pen, 560), row - pen_px(pen, 48) - words);
    s->words_y = MAX(s->words_y, s->y + outer + pen_px(pen, 24));
    s->fits = wide <= s->words_w && outer >= pen_px(pen, OUTER * 0.6);
}

// Large words: who calls at the left, the buttons one above the other at the right.
static void place_sides(struct shape *s, struct pen *pen, SDL_Rect screen)
{
    int edge = pen_px(pen, THEME_SCREEN_LEFT), top = screen.y + pen_px(pen, 72),
        bottom = screen.y + screen.h - pen_px(pen, 72);
    int gap = pen_px(pen, 24), wide = 0, high = pen_scaled(pen, 96), right = screen.x + screen.w - edge;
    for (size_t i = 0; i < s->buttons; i++)
        wide = MAX(wide, button_width(pen, &s->button[i]));
    wide = MAX(wide, s->buttons ? 0 : pen_px(pen, 620));
    int all = (int)s->buttons * (high + gap) - gap, y = screen.y + (screen.h - all) / 2;
    for (size_t i = 0; i < s->buttons; i++)
        s->at[i] = (SDL_Rect){right - wide, y + (int)i * (high + gap), wide, high};
    if (!s->buttons)
        s->at[0] = (SDL_Rect){right - wide, screen.y + screen.h / 2, wide, 0};
    s->words_w = right - wide - pen_px(pen, 48) - screen.x - edge;
    s->words_x = s->x = screen.x + edge + s->words_w / 2;
    s->title_lines = title_lines(pen, s, 2);
    int words = words_height(pen, s), outer = MIN(pen_px(pen, OUTER), (bottom - top - words - pen_px(pen, 24)) / 2);
    s->radius = outer * DISC / OUTER;
    s->y = top + outer;
    s->words_y = bottom - words;
    s->note[0] = '\0'; // gives way to who it is
    s->fits = all <= bottom - top && outer >= pen_px(pen, OUTER * 0.5) && s->words_w >= pen_px(pen, 700);
}

// On so many lines, with no word of it in two.
static bool title_whole(struct pen *pen, const struct shape *s)
{
    const char *word = s->title;
    for (size_t n; *word; word += n + (word[n] == ' ')) {
        n = strcspn(word, " ");
        if (pen_width(pen, s->title_style, word, n) > s->words_w)
            return false;
    }
    return title_lines(pen, s, s->title_lines + 1) <= s->title_lines;
}

// The largest words with which everything is on the screen; leaves pen->text_scale at their size.
static struct shape shape_of(struct pen *pen, const struct ring_look *look, SDL_Rect screen)
{
    struct shape s = {0};
    fill_words(&s, look);
    char note[200];
    memcpy(note, s.note, sizeof note);
    for (;; pen->text_scale -= 10) {
        s.sides = pen->text_scale > 140;
        memcpy(s.note, note, sizeof note);
        s.title_style = (struct pen_style){pen->text_scale > 150 ? 48.0f : 72.0f, true, THEME_TEXT, false};
        s.title_line = pen_scaled(pen, (double)s.title_style.pt * 1.1);
        if (s.sides)
            place_sides(&s, pen, screen);
        else
            place_middle(&s, pen, screen);
        if ((s.fits && title_whole(pen, &s)) || pen->text_scale <= 100)
            return s;
    }
}

static void draw_middle(struct pen *pen, int x, int y, struct pen_style style, const char *words, int most)
{
    int wide = MIN(pen_width(pen, style, words, strlen(words)), most);
    pen_text_fit(pen, x - wide / 2, y, style, words, most);
}

// On one line, or on several at large sizes. Returns the height.
static int draw_lines(struct pen *pen, const struct shape *s, int y, int line, struct pen_style style,
                      const char *words, int most)
{
    int wide = pen_width(pen, style, words, strlen(words));
    if (wide > s->words_w && most > 1)
        return pen_paragraph(pen, s->words_x - s->words_w / 2, y, s->words_w, line, style, words, most, true);
    draw_middle(pen, s->words_x, y + line / 2, style, words, s->words_w);
    return line;
}

static void draw_known(struct pen *pen, const struct shape *s, int y)
{
    struct pen_style known = {30, false, THEME_SOFT, false};
    int size = pen_scaled(pen, 32), gap = pen_px(pen, 14), line = pen_scaled(pen, 39), most = known_width(pen, s);
    int wide = MIN(pen_width(pen, known, s->known, strlen(s->known)), most), x = s->words_x - (size + gap + wide) / 2;
    bool doubt = strcmp(s->known_icon, "warn") == 0, good = strcmp(s->known_icon, "shield") == 0;
    if (doubt)
        known.colour = THEME_TEXT;
    pen_icon(pen, s->known_icon, x, y + (line - size) / 2, size, doubt ? THEME_STOP : good ? THEME_ACCENT : THEME_SOFT);
    x += size + gap;
    if (s->sides)
        pen_paragraph(pen, x, y, most, line, known, s->known, 4, true);
    else
        pen_text_fit(pen, x, y + line / 2, known, s->known, most);
}

static void draw_words(struct pen *pen, const struct shape *s)
{
    struct pen_style wants = {40, false, THEME_SOFT, false};
    int y = s->words_y;
    y += draw_lines(pen, s, y, s->title_line, s->title_style, s->title, s->title_lines);
    if (s->wants[0]) {
        y += pen_px(pen, 10);
        y += draw_lines(pen, s, y, pen_scaled(pen, 50), wants, s->wants, s->sides ? 3 : 1);
    }
    draw_known(pen, s, y + pen_px(pen, 22));
}

void ring_view_draw(struct pen *pen, const struct ring_look *look, SDL_Rect screen)
{
    int kept = pen->text_scale;
    struct shape s = shape_of(pen, look, screen);
    static const int glow[] = {520, 390, 228};
    pen_fill(pen, screen, THEME_WALL);
    for (size_t i = 0; i < ARRAY_LEN(glow) && !look->ours; i++)
        pen_glow(pen, s.x, s.y, s.radius * glow[i] / DISC, THEME_LAMP);
    draw_words(pen, &s);
    for (size_t i = 0; i < s.buttons; i++)
        big_button_draw(pen, s.at[i], &s.button[i], 40, i == look->focus || look->ours);
    if (look->counting) {
        struct pen_style soon = {40, true, THEME_TEXT, false};
        char words[200];
        snprintf(words, sizeof words, WORD_ANSWERING_IN, look->seconds);
        int line = pen_scaled(pen, 50), wide = s.at[0].w ? s.at[0].w : s.words_w;
        int x = s.at[0].w ? s.at[0].x + wide / 2 : s.x;
        int lines = pen_paragraph(pen, 0, 0, wide, line, soon, words, 4, false);
        if (lines <= line)
            draw_middle(pen, x, s.at[0].y + s.at[0].h / 2, soon, words, wide);
        else
            pen_paragraph(pen, x - wide / 2, s.at[0].y + (s.at[0].h - lines) / 2, wide, line, soon, words, 4, true);
    }
    if (s.note[0])
        draw_middle(pen, s.x, s.note_y, (struct pen_style){26, false, THEME_SOFT, false}, s.note, s.words_w);
    pen->text_scale = kept;
}

SDL_Rect ring_view_rings(struct pen *pen, const struct ring_look *look, SDL_Rect screen)
{
    int kept = pen->text_scale;
    struct shape s = shape_of(pen, look, screen);
    int outer = s.radius * OUTER / DISC + pen_px(pen, 4);
    pen->text_scale = kept;
    return (SDL_Rect){s.x - outer, s.y - outer, 2 * outer, 2 * outer};
}

// A ring that closes clockwise from the top.
static void draw_arc(struct pen *pen, int x, int y, int radius, int width, double part)
{
    double step = 0.5 * width / MAX(radius, 1), end = part * 2 * M_PI;
    for (double a = 0; a <= end && part > 0; a += step)
        pen_disc(pen, x + (int)lround(sin(a) * radius), y - (int)lround(cos(a) * radius), MAX(width / 2, 1),
                 THEME_ACCENT);
}

static uint32_t seen(uint32_t colour, double part)
{
    return (colour & 0xFFFFFFu) | (uint32_t)lround(CLAMP(part, 0.0, 1.0) * 255) << 24;
}

// How much brighter a ring is: one after the other, there and back, a third of the round each.
static double brighter(const struct ring_look *look, int ring)
{
    double at = (double)look->phase / RING_PHASES * RINGS - ring;
    if (look->ours || look->counting || at < 0 || at > 1)
        return 0;
    return 0.2 * (1 - fabs(2 * at - 1));
}

void ring_view_draw_rings(struct pen *pen, const struct ring_look *look, SDL_Rect rings)
{
    static const int radius[RINGS] = {154, 190, 228};
    static const double strength[RINGS] = {0.75, 0.34, 0.16};
    int x = rings.x + rings.w / 2, y = rings.y + rings.h / 2, outer = rings.w / 2 - pen_px(pen, 4);
    int disc = outer * DISC / OUTER, line = MAX(pen_px(pen, 3), 1);
    char letters[32], name[CALL_NAME_MAX];
    for (int i = 0; i < RINGS; i++) {
        int r = outer * radius[i] / OUTER;
        uint32_t colour = look->ours ? THEME_EDGE : THEME_ACCENT;
        double part = look->counting && i == 0 ? 0.16 : strength[i] + brighter(look, i);
        pen_ring(pen, x, y, r, line, THEME_HIGH ? colour : seen(colour, part));
    }
    if (look->counting)
        draw_arc(pen, x, y, outer * radius[0] / OUTER - line / 2, pen_px(pen, 10), look->closed);
    pen_disc(pen, x, y, disc, look->ours ? THEME_RAISED : THEME_ACCENT);
    trust_words_name(name, sizeof name, look->ring->name);
    tile_initials(name, letters, sizeof letters);
    struct pen_style style = {96.0f * (float)disc / (float)MAX(pen_px(pen, DISC), 1), true,
                              look->ours ? THEME_TEXT : THEME_ON_ACCENT, true};
    pen_text_middle(pen, x, y, style, letters);
}
