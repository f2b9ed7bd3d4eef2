#include "icons.h"

#include "shared/base.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *path;
} ICONS[] = {
    {"mic", "M12 3A3 3 0 0 1 15 6L15 11A3 3 0 0 1 9 11L9 6A3 3 0 0 1 12 3ZM5.5 11A6.5 6.5 0 0 0 18.5 11M12 17.5L12 21"},
    {"mic-off", "M15 9.5L15 6A3 3 0 0 0 9.2 4.9M9 9L9 11A3 3 0 0 0 13.6 13.6M5.5 11A6.5 6.5 0 0 0 15.8 16.3M18.5 "
                "11A6.5 6.5 0 0 1 18 13.5M12 17.5L12 21M4 3L20 21"},
    {"cam", "M5 6.5L13 6.5A2 2 0 0 1 15 8.5L15 15.5A2 2 0 0 1 13 17.5L5 17.5A2 2 0 0 1 3 15.5L3 8.5A2 2 0 0 1 5 "
            "6.5ZM15 11L21 7.5L21 16.5L15 13"},
    {"cam-off", "M9.5 6.5L13 6.5A2 2 0 0 1 15 8.5L15 12M14.4 17A2 2 0 0 1 13 17.5L5 17.5A2 2 0 0 1 3 15.5L3 8.5A2 2 0 "
                "0 1 4.5 6.6M15 11L21 7.5L21 16.5L18.5 15M3.5 3L20.5 21"},
    {"chat", "M6 4.5L18 4.5A3 3 0 0 1 21 7.5L21 13.5A3 3 0 0 1 18 16.5L11 16.5L6.5 20.5L6.5 16.5L6 16.5A3 3 0 0 1 3 "
             "13.5L3 7.5A3 3 0 0 1 6 4.5Z"},
    {"people", "M9 4.5A3.5 3.5 0 0 1 9 11.5A3.5 3.5 0 0 1 9 4.5ZM2.5 20A6.5 6.5 0 0 1 15.5 20M16 5A3.2 3.2 0 0 1 16 "
               "11.2M18 14.2A6.5 6.5 0 0 1 21.5 20"},
    {"stats", "M4 20L20 20M6 16L6 12M11 16L11 6M16 16L16 9"},
    {"grid", "M4 4L10.5 4L10.5 10.5L4 10.5ZM13.5 4L20 4L20 10.5L13.5 10.5ZM4 13.5L10.5 13.5L10.5 20L4 20ZM13.5 13.5L20 "
             "13.5L20 20L13.5 20Z"},
    {"speaker", "M3 5L15 5L15 19L3 19ZM18 5L21 5M18 9.7L21 9.7M18 14.3L21 14.3M18 19L21 19"},
    {"pin", "M9 3.5L15 3.5L14.5 10L18 14L6 14L9.5 10ZM12 14L12 21"},
    {"share", "M3 5L21 5L21 16.5L3 16.5ZM8 20.5L16 20.5M12 13.5L12 8.5M9.5 10.5L12 8L14.5 10.5"},
    {"file", "M6 3L14 3L19 8L19 21L6 21ZM14 3L14 8L19 8"},
    {"record",
     "M12 3A9 9 0 0 1 12 21A9 9 0 0 1 12 3ZM12 8A4 4 0 0 1 12 16A4 4 0 0 1 12 8ZM12 10A2 2 0 0 1 12 14A2 2 0 0 1 12 "
     "10Z"},
    {"folder", "M3 6L9.5 6L12 8.5L21 8.5L21 19L3 19Z"},
    {"drive", "M7.5 9.5L16.5 9.5L16.5 20.5L7.5 20.5ZM9 9.5L9 3.5L15 3.5L15 9.5M11 6.2L11 6.3M13 6.2L13 6.3"},
    {"up", "M12 20L12 5M6 11L12 5L18 11"},
    {"down", "M12 4L12 19M6 13L12 19L18 13"},
    {"phone", "M5 4L9 4L10.8 8.6L8.4 10.4A12 12 0 0 0 13.6 15.6L15.4 13.2L20 15L20 19A1.5 1.5 0 0 1 18.5 20.5A15 15 0 "
              "0 1 3.5 5.5A1.5 1.5 0 0 1 5 4Z"},
    {"leave",
     "M2.8 13.5A13.5 13.5 0 0 1 21.2 13.5L19.2 16.8L15.6 15.2L15.3 12.2A11 11 0 0 0 8.7 12.2L8.4 15.2L4.8 16.8Z"},
    {"help",
     "M8.8 8.8A3.3 3.3 0 1 1 12.4 12.4L12 13.8M12 17.6L12 17.7M12 2.8A9.2 9.2 0 0 1 12 21.2A9.2 9.2 0 0 1 12 2.8Z"},
    {"more", "M5 11.3A.7 .7 0 0 1 5 12.7A.7 .7 0 0 1 5 11.3ZM12 11.3A.7 .7 0 0 1 12 12.7A.7 .7 0 0 1 12 11.3ZM19 "
             "11.3A.7 .7 0 0 1 19 12.7A.7 .7 0 0 1 19 11.3Z"},
    {"lock", "M5.5 11L18.5 11L18.5 20.5L5.5 20.5ZM8 11L8 7.5A4 4 0 0 1 16 7.5L16 11"},
    {"shield", "M12 3L19.5 6L19.5 11.5A10 10 0 0 1 12 21A10 10 0 0 1 4.5 11.5L4.5 6ZM8.5 12L11 14.5L15.5 9.5"},
    {"ok", "M5 12.5L10 17.5L19.5 7"},
    {"no", "M6 6L18 18M18 6L6 18"},
    {"warn", "M12 4L21.5 20L2.5 20ZM12 10L12 14.5M12 17.2L12 17.3"},
    {"net", "M4 19.5L4 16M9.3 19.5L9.3 12.5M14.7 19.5L14.7 8.5M20 19.5L20 4.5"},
    {"netlow", "M4 20L4 15M9.5 20L9.5 10M17.5 4.5L17.5 14M17.5 19.4L17.5 19.9"},
    {"wave", "M5 10L5 14M9.7 6.5L9.7 17.5M14.3 9L14.3 15M19 5L19 19"},
    {"wait", "M12 3A9 9 0 0 1 12 21A9 9 0 0 1 12 3ZM12 7.5L12 12L15.5 14"},
    {"door", "M6 21L6 3.5L17 3.5L17 21M3.5 21L20.5 21M13.2 12L13.2 12.3"},
    {"left", "M14.5 5L8 12L14.5 19"},
    {"right", "M9.5 5L16 12L9.5 19"},
    {"cup", "M5 14.5L12 8L19 14.5"},
    {"cdown", "M5 9.5L12 16L19 9.5"},
    {"send", "M4 12L20 4.5L15.5 20L11.5 13.5ZM11.5 13.5L20 4.5"},
    {"gear", "M4 7L13 7M18.5 7L20 7M15.8 4.4A2.6 2.6 0 0 1 15.8 9.6A2.6 2.6 0 0 1 15.8 4.4ZM4 17L5.5 17M11 17L20 "
             "17M8.2 14.4A2.6 2.6 0 0 1 8.2 19.6A2.6 2.6 0 0 1 8.2 14.4Z"},
    {"sound", "M4 9.5L8 9.5L13 5L13 19L8 14.5L4 14.5ZM16.5 9A4.5 4.5 0 0 1 16.5 15M19 6A8.5 8.5 0 0 1 19 18"},
    {"sound-off", "M4 9.5L8 9.5L13 5L13 19L8 14.5L4 14.5ZM16.5 9.5L21 14.5M21 9.5L16.5 14.5"},
    {"film", "M3 4.5L21 4.5L21 19.5L3 19.5ZM7.5 4.5L7.5 19.5M16.5 4.5L16.5 19.5M3 9.5L7.5 9.5M3 14.5L7.5 14.5M16.5 "
             "9.5L21 9.5M16.5 14.5L21 14.5"},
    {"play", "M7 4.5L19 12L7 19.5Z"},
    {"pause", "M8 5L8 19M16 5L16 19"},
    {"star", "M12 3.5L14.6 9L20.5 9.7L16.1 13.8L17.3 19.8L12 16.8L6.7 19.8L7.9 13.8L3.5 9.7L9.4 9Z"},
    {"full", "M4 9L4 4L9 4M15 4L20 4L20 9M20 15L20 20L15 20M9 20L4 20L4 15"},
    {"plus", "M12 5L12 19M5 12L19 12"},
    {"me", "M12 4A3.5 3.5 0 0 1 12 11A3.5 3.5 0 0 1 12 4ZM5 20A7 7 0 0 1 19 20"},
    {"me-off", "M9.2 5.4A3.5 3.5 0 1 1 13.9 10.4M5 20A7 7 0 0 1 15.2 13.8M18.4 17A7 7 0 0 1 19 20M4 3L20 21"},
    {"room", "M4 20.5L4 10L12 4L20 10L20 20.5ZM9.5 20.5L9.5 14L14.5 14L14.5 20.5"},
    {"hand", "M8 12.5L8 6A1.3 1.3 0 0 1 10.6 6L10.6 11L10.6 4.5A1.3 1.3 0 0 1 13.2 4.5L13.2 11L13.2 5.5A1.3 1.3 0 0 1 "
             "15.8 5.5L15.8 12L15.8 8.5A1.3 1.3 0 0 1 18.4 8.5L18.4 15A6 6 0 0 1 12.4 21A6.5 6.5 0 0 1 7 18L4.5 14A1.4 "
             "1.4 0 0 1 6.8 12.4L8 13.8"},
};

enum { SEGMENTS_MAX = 512, ARC_STEPS = 48 };

struct segment {
    double x0, y0, x1, y1;
};

struct outline {
    struct segment segment[SEGMENTS_MAX];
    int count;
    double x, y, start_x, start_y;
};

static void line_to(struct outline *o, double x, double y)
{
    if (o->count < SEGMENTS_MAX)
        o->segment[o->count++] = (struct segment){o->x, o->y, x, y};
    o->x = x;
    o->y = y;
}

// A circle arc as SVG writes it: radius, large or small, direction, end.
static void arc_to(struct outline *o, double r, bool large, bool clockwise, double x, double y)
{
    double dx = x - o->x, dy = y - o->y, d = hypot(dx, dy);
    if (d < 1e-9)
        return;
    r = MAX(r, d / 2);
    double h = sqrt(MAX(r * r - d * d / 4, 0.0)), side = large == clockwise ? -1 : 1;
    double cx = (o->x + x) / 2 - side * h * dy / d, cy = (o->y + y) / 2 + side * h * dx / d;
    double from = atan2(o->y - cy, o->x - cx), to = atan2(y - cy, x - cx);
    if (clockwise && to <= from)
        to += 2 * M_PI;
    if (!clockwise && to >= from)
        to -= 2 * M_PI;
    int steps = MAX((int)ceil(fabs(to - from) / (2 * M_PI) * ARC_STEPS), 2);
    for (int i = 1; i <= steps; i++) {
        double a = from + (to - from) * i / steps;
        line_to(o, cx + r * cos(a), cy + r * sin(a));
    }
}

// Not strtod: a locale may want a comma.
static double number(const char **at)
{
    double value = 0, unit = 1;
    while (**at == ' ')
        (*at)++;
    for (; **at >= '0' && **at <= '9'; (*at)++)
        value = value * 10 + (**at - '0');
    if (**at == '.')
        for ((*at)++; **at >= '0' && **at <= '9'; (*at)++)
            value += (**at - '0') * (unit /= 10);
    return value;
}

static void trace(struct outline *o, const char *path)
{
    while (*path) {
        char order = *path++;
        if (order == 'M') {
            o->x = o->start_x = number(&path);
            o->y = o->start_y = number(&path);
        } else if (order == 'L') {
            double x = number(&path), y = number(&path);
            line_to(o, x, y);
        } else if (order == 'A') {
            double r = number(&path);
            number(&path); // the second radius is the same
            number(&path); // a circle has no tilt
            bool large = number(&path) != 0, clockwise = number(&path) != 0;
            double x = number(&path), y = number(&path);
            arc_to(o, r, large, clockwise, x, y);
        } else if (order == 'Z') {
            line_to(o, o->start_x, o->start_y);
        }
    }
}

static double distance(const struct segment *s, double x, double y)
{
    double dx = s->x1 - s->x0, dy = s->y1 - s->y0, length = dx * dx + dy * dy;
    double t = length > 0 ? CLAMP(((x - s->x0) * dx + (y - s->y0) * dy) / length, 0.0, 1.0) : 0;
    return hypot(x - s->x0 - t * dx, y - s->y0 - t * dy);
}

SDL_Surface *icons_draw(const char *name, int size)
{
    struct outline outline = {.count = 0};
    for (size_t i = 0; i < ARRAY_LEN(ICONS); i++)
        if (strcmp(ICONS[i].name, name) == 0)
            trace(&outline, ICONS[i].path);
    if (outline.count == 0 || size < 4)
        return NULL;
    SDL_Surface *surface = SDL_CreateRGBSurfaceWithFormat(0, size, size, 32, SDL_PIXELFORMAT_ARGB8888);
    double scale = size / 24.0;
    for (int y = 0; surface && y < size; y++) {
        uint32_t *row = (uint32_t *)(void *)((uint8_t *)surface->pixels + (ptrdiff_t)y * surface->pitch);
        for (int x = 0; x < size; x++) {
            double near = 1e9;
            for (int i = 0; i < outline.count; i++)
                near = MIN(near, distance(&outline.segment[i], (x + 0.5) / scale, (y + 0.5) / scale));
            // The distance to the stroke's edge in pixels is its coverage: the same as averaging many samples.
            double cover = CLAMP((1.0 - near) * scale + 0.5, 0.0, 1.0);
            row[x] = (uint32_t)(cover * 255.0 + 0.5) << 24 | 0xFFFFFFu;
        }
    }
    return surface;
}
