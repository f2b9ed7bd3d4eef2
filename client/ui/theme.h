// Colours, sizes and times of LOOK.md in one place. Colours are 0xAARRGGBB; lengths are in u (pen.h turns them into
// pixels).
#ifndef PARLOUR_UI_THEME_H
#define PARLOUR_UI_THEME_H

#define THEME_NIGHT         0xFF0A0C0Fu
#define THEME_WALL          0xFF12151Au
#define THEME_PANEL         0xFF1A1F26u
#define THEME_CARD          0xF51A1F26u
#define THEME_RAISED        0xFF28303Au
#define THEME_TEXT          0xFFF5F2EBu
#define THEME_SOFT          0xFFC1C7CEu
#define THEME_FAINT         0xFF98A2AEu
#define THEME_EDGE          0xFF74808Eu
#define THEME_ACCENT        0xFFFFC062u
#define THEME_ACCENT_DEEP   0xFF443822u
#define THEME_ON_ACCENT     0xFF1C1405u
#define THEME_STOP          0xFFFF8074u
#define THEME_FOCUS         0xFFF5F2EBu
#define THEME_ON_FOCUS      0xFF12151Au
#define THEME_SOFT_ON_FOCUS 0xFF4A525Cu
#define THEME_SCRIM         0xCC0A0C0Fu
#define THEME_DIM           0x990A0C0Fu
#define THEME_HAIR          0x1AF5F2EBu
#define THEME_LAMP          0x06FFA460u
#define THEME_GRAPH_FILL    0x24FFC062u
#define THEME_GRAPH_BASE    0xFF3A434Eu

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
    THEME_CARD_RADIUS = 24
};

// Milliseconds (LOOK §8).
enum {
    THEME_MS_FLOAT_IN = 160,
    THEME_MS_FLOAT_OUT = 120,
    THEME_MS_PANEL_IN = 180,
    THEME_MS_PANEL_OUT = 140,
    THEME_MS_TILES = 200,
    THEME_MS_RING_IN = 120,
    THEME_MS_RING_OUT = 200,
    THEME_MS_SPEAK_ON = 150,
    THEME_MS_SPEAK_OFF = 600,
    THEME_MS_TOAST = 4000,
    THEME_MS_CHAT_TOAST = 6000,
    THEME_MS_BAR = 5000,
    THEME_MS_LATE = 2000
};

#endif
