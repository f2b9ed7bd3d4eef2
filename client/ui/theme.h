// Colours, sizes and times of LOOK.md in one place. Colours are 0xAARRGGBB; lengths are in u (pen.h turns them into
// pixels). Colours and motion are what the person in front of the screen has chosen, so they are no constants: no
// static initialiser takes them. Main thread only.
#ifndef PARLOUR_UI_THEME_H
#define PARLOUR_UI_THEME_H

#include <stdbool.h>
#include <stdint.h>

struct theme {
    uint32_t night, wall, panel, card, raised, text, soft, faint, edge, accent, accent_deep, on_accent, stop, focus,
        on_focus, soft_on_focus, scrim, dim, hair, lamp, graph_fill, graph_base, not_possible, track, track_on_focus;
    bool high; // high contrast: lines instead of shadows and see-through grounds, square corners
};

extern const struct theme *theme_now; // never NULL

// What is drawn from now on; whoever has drawn already draws everything again.
void theme_choose(bool high_contrast);
const struct theme *theme_table(bool high_contrast);
void theme_reduce_motion(bool reduced);
// Milliseconds of a movement: none with reduced motion.
unsigned theme_motion(unsigned ms);
// How far a movement of `ms` milliseconds has come, 0..1; one that takes no time is over. The only division by them.
double theme_part(uint64_t elapsed_us, unsigned ms);

#define THEME_NIGHT          (theme_now->night)
#define THEME_WALL           (theme_now->wall)
#define THEME_PANEL          (theme_now->panel)
#define THEME_CARD           (theme_now->card)
#define THEME_RAISED         (theme_now->raised)
#define THEME_TEXT           (theme_now->text)
#define THEME_SOFT           (theme_now->soft)
#define THEME_FAINT          (theme_now->faint)
#define THEME_EDGE           (theme_now->edge)
#define THEME_ACCENT         (theme_now->accent)
#define THEME_ACCENT_DEEP    (theme_now->accent_deep)
#define THEME_ON_ACCENT      (theme_now->on_accent)
#define THEME_STOP           (theme_now->stop)
#define THEME_FOCUS          (theme_now->focus)
#define THEME_ON_FOCUS       (theme_now->on_focus)
#define THEME_SOFT_ON_FOCUS  (theme_now->soft_on_focus)
#define THEME_SCRIM          (theme_now->scrim)
#define THEME_DIM            (theme_now->dim)
#define THEME_HAIR           (theme_now->hair)
#define THEME_LAMP           (theme_now->lamp)
#define THEME_GRAPH_FILL     (theme_now->graph_fill)
#define THEME_GRAPH_BASE     (theme_now->graph_base)
#define THEME_NOT_POSSIBLE   (theme_now->not_possible) // the border of what cannot be pressed
#define THEME_TRACK          (theme_now->track)        // under what moves forward, and the same on what has the focus
#define THEME_TRACK_ON_FOCUS (theme_now->track_on_focus)
#define THEME_HIGH           (theme_now->high)

enum {
    THEME_STAGE_MARGIN = 32,
    THEME_TILE_GAP = 16,
    THEME_TILE_RADIUS = 16,
    THEME_SELF_WIDTH = 352,
    THEME_SELF_HEIGHT = 198,
    THEME_EDGE_SPACE = 48,
    THEME_PANEL_WIDTH = 640,
    THEME_PANEL_LEFT = 40,
    THEME_SCREEN_LEFT = 96,
    THEME_STRIP_WIDTH = 304,
    THEME_CARD_RADIUS = 24,
    THEME_LINE = 3 // high contrast: the line around panels, cards and chips
};

// Milliseconds of movements (LOOK §8); all are 0 with reduced motion, so only theme_part divides by them.
#define THEME_MS_FOCUS     theme_motion(120)
#define THEME_MS_FLOAT_IN  theme_motion(160)
#define THEME_MS_FLOAT_OUT theme_motion(120)
#define THEME_MS_PANEL_IN  theme_motion(180)
#define THEME_MS_PANEL_OUT theme_motion(140)
#define THEME_MS_TILES     theme_motion(200)
#define THEME_MS_RING_IN   theme_motion(120)
#define THEME_MS_RING_OUT  theme_motion(200)
#define THEME_MS_RINGING   theme_motion(1600)

// Milliseconds that are no movement: how long a thing stays, or how soon it is told.
enum {
    THEME_MS_SPEAK_ON = 150,
    THEME_MS_SPEAK_OFF = 600,
    THEME_MS_TOAST = 4000,
    THEME_MS_TOAST_BRIEF = 2000,
    THEME_MS_CHAT_TOAST = 6000,
    THEME_MS_BAR = 5000,
    THEME_MS_LATE = 2000
};

#endif
