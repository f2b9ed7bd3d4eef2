#include "test_picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STRIP_BITS = 80, STRIP_ROWS = 2, STRIP_COLUMNS = STRIP_BITS / STRIP_ROWS, BLACK = 16, WHITE = 235 };

struct test_picture {
    unsigned width, height;
    uint8_t *background; // I420, tightly packed
};

// 5 x 7 dots of 0-9 and ':' '.', a row a byte, the left dot in bit 4.
static const uint8_t glyphs[12][7] = {
    {0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e}, {0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e},
    {0x0e, 0x11, 0x01, 0x06, 0x08, 0x10, 0x1f}, {0x1f, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0e},
    {0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02}, {0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e},
    {0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e}, {0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08},
    {0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e}, {0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c},
    {0x00, 0x04, 0x04, 0x00, 0x04, 0x04, 0x00}, {0x00, 0x00, 0x00, 0x00, 0x00, 0x0c, 0x0c}};

static void fill(uint8_t *plane, int stride, unsigned x, unsigned y, unsigned w, unsigned h, uint8_t value)
{
    for (unsigned row = y; row < y + h; row++)
        memset(plane + (size_t)row * (size_t)stride + x, value, w);
}

struct test_picture *test_picture_create(unsigned width, unsigned height)
{
    struct test_picture *t = base_alloc(sizeof *t);
    t->width = width;
    t->height = height;
    size_t luma = (size_t)width * height, chroma = luma / 4;
    t->background = base_alloc(luma + 2 * chroma);
    // Slow waves of light and colour: enough for an encoder to work on, nothing that flickers.
    for (unsigned y = 0; y < height; y++)
        for (unsigned x = 0; x < width; x++) {
            double u = (double)x / width, v = (double)y / height;
            t->background[(size_t)y * width + x] = (uint8_t)(96 + 40 * sin(9 * u + 4 * v) + 24 * cos(17 * v - 5 * u));
        }
    for (unsigned y = 0; y < height / 2; y++)
        for (unsigned x = 0; x < width / 2; x++) {
            double u = 2.0 * x / width, v = 2.0 * y / height;
            size_t at = (size_t)y * (width / 2) + x;
            t->background[luma + at] = (uint8_t)(128 + 50 * sin(3 * u + 2 * v));
            t->background[luma + chroma + at] = (uint8_t)(128 + 50 * cos(4 * v - 2 * u));
        }
    return t;
}

void test_picture_destroy(struct test_picture *t)
{
    if (!t)
        return;
    free(t->background);
    free(t);
}

static void draw_text(uint8_t *luma, int stride, unsigned x, unsigned y, unsigned dot, const char *text)
{
    for (; *text; text++, x += 6 * dot) {
        int glyph = *text == ':' ? 10 : *text == '.' ? 11 : *text >= '0' && *text <= '9' ? *text - '0' : -1;
        for (unsigned row = 0; glyph >= 0 && row < 7; row++)
            for (unsigned column = 0; column < 5; column++)
                if (glyphs[glyph][row] >> (4 - column) & 1)
                    fill(luma, stride, x + column * dot, y + row * dot, dot, dot, WHITE);
    }
}

static uint16_t checksum(uint32_t counter, uint32_t ms)
{
    uint32_t h = counter * 2654435761u ^ (ms * 2246822519u + 0x9e37u);
    return (uint16_t)(h ^ h >> 16);
}

// The strip: 2 rows of 40 cells along the lower edge, over the middle 80 % of the width: counter, ms, checksum.
struct strip {
    double left, top, cell_width, cell_height;
};

static struct strip strip_of(unsigned width, unsigned height)
{
    return (struct strip){width * 0.1, height * 0.90, width * 0.8 / STRIP_COLUMNS, height * 0.04};
}

static void draw_strip(const struct test_picture *t, uint8_t *luma, int stride, uint32_t counter, uint32_t ms)
{
    struct strip s = strip_of(t->width, t->height);
    uint16_t sum = checksum(counter, ms);
    for (unsigned i = 0; i < STRIP_BITS; i++) {
        unsigned on = (i < 32 ? counter >> (31 - i) : i < 64 ? ms >> (63 - i) : (uint32_t)sum >> (79 - i)) & 1u;
        unsigned column = i % STRIP_COLUMNS, row = i / STRIP_COLUMNS;
        unsigned x0 = (unsigned)(s.left + column * s.cell_width), x1 = (unsigned)(s.left + (column + 1) * s.cell_width);
        unsigned y0 = (unsigned)(s.top + row * s.cell_height), y1 = (unsigned)(s.top + (row + 1) * s.cell_height);
        fill(luma, stride, x0, y0, x1 - x0, y1 - y0, on ? WHITE : BLACK);
    }
}

void test_picture_draw(const struct test_picture *t, uint32_t counter, uint64_t capture_us, uint8_t *const planes[3],
                       const int strides[3])
{
    const uint8_t *from = t->background;
    for (unsigned i = 0; i < 3; i++) {
        unsigned w = i ? t->width / 2 : t->width, h = i ? t->height / 2 : t->height;
        for (unsigned y = 0; y < h; y++, from += w)
            memcpy(planes[i] + (size_t)y * (size_t)strides[i], from, w);
    }
    // A ball on a long orbit, and a bar that sweeps: motion large and small.
    unsigned w = t->width, h = t->height, size = h / 6 & ~1u;
    double turn = counter * 0.035;
    unsigned x = (unsigned)((w - size) * (0.5 + 0.42 * cos(turn))),
             y = (unsigned)((h - size) * (0.40 + 0.34 * sin(2 * turn)));
    x &= ~1u;
    y &= ~1u;
    fill(planes[0], strides[0], x, y, size, size, 200);
    fill(planes[1], strides[1], x / 2, y / 2, size / 2, size / 2, 80);
    fill(planes[2], strides[2], x / 2, y / 2, size / 2, size / 2, 180);
    fill(planes[0], strides[0], (counter * 4) % (w - 8), h * 3 / 4, 8, h / 16, 40);

    uint64_t ms = capture_us / 1000;
    char text[40];
    unsigned dot = MAX(h / 120, 1u);
    snprintf(text, sizeof text, "%02u:%02u:%02u.%03u", (unsigned)(ms / 3600000 % 100), (unsigned)(ms / 60000 % 60),
             (unsigned)(ms / 1000 % 60), (unsigned)(ms % 1000));
    draw_text(planes[0], strides[0], w / 16, h / 12, dot, text);
    snprintf(text, sizeof text, "%08u", counter % 100000000u);
    draw_text(planes[0], strides[0], w / 16, h / 12 + 10 * dot, dot, text);
    draw_strip(t, planes[0], strides[0], counter, (uint32_t)ms);
}

bool test_picture_read(const uint8_t *luma, int stride, unsigned width, unsigned height, uint32_t *counter,
                       uint32_t *capture_ms)
{
    struct strip s = strip_of(width, height);
    uint64_t bits = 0;
    uint16_t sum = 0;
    for (unsigned i = 0; i < STRIP_BITS; i++) {
        unsigned x = (unsigned)(s.left + (i % STRIP_COLUMNS + 0.5) * s.cell_width);
        unsigned y = (unsigned)(s.top + (i / STRIP_COLUMNS + 0.5) * s.cell_height);
        unsigned on = luma[(size_t)y * (size_t)stride + x] > (BLACK + WHITE) / 2 ? 1 : 0;
        if (i < 64)
            bits = bits << 1 | on;
        else
            sum = (uint16_t)((unsigned)sum << 1 | on);
    }
    *counter = (uint32_t)(bits >> 32);
    *capture_ms = (uint32_t)bits;
    return sum == checksum(*counter, *capture_ms);
}
