// A window full of text on an X11 display, as a terminal is, for tests of a screen that is shown. It does what it is
// told on standard input, a line each: page N (another page) | type (one letter more) | busy N (everything moves, N
// times, 30 times a second) | move X Y | size W H | lower | quit. It answers each with a line once the display has
// drawn it.
#include "shared/base.h"
#include "shared/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xcb/xcb.h>

enum { LINE = 15, LETTER = 6, LETTERS_MOST = 250 };

static xcb_connection_t *x;
static xcb_window_t window;
static xcb_gcontext_t ink, paper;
static unsigned width, height, page = 1, typed;

static uint32_t random_of(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void clear(void)
{
    xcb_poly_fill_rectangle(x, window, paper, 1, &(xcb_rectangle_t){0, 0, (uint16_t)width, (uint16_t)height});
}

// Words of small letters, some lines shorter.
static void draw_page(unsigned shift)
{
    uint32_t state = page * 7919u;
    clear();
    for (unsigned y = LINE; y < height; y += LINE) {
        char line[LETTERS_MOST];
        unsigned most = MIN(width / LETTER, (unsigned)LETTERS_MOST), n = most / 3 + random_of(&state) % (most * 2 / 3);
        for (unsigned i = 0; i < n; i++)
            line[i] = (char)(random_of(&state) % 6 ? 'a' + random_of(&state) % 26 : ' ');
        xcb_image_text_8(x, (uint8_t)n, window, ink, 4, (int16_t)((y + shift) % height), line);
    }
}

static void type_letter(void)
{
    char letter = (char)('A' + typed % 26);
    xcb_image_text_8(x, 1, window, ink, (int16_t)(4 + typed++ * LETTER % (width - 12)), (int16_t)(height - 4), &letter);
}

static void drawn(void)
{
    free(xcb_get_input_focus_reply(x, xcb_get_input_focus(x), NULL)); // an answer comes after what was drawn before
}

static void be_busy(unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        draw_page(i * 7);
        drawn();
        nanosleep(&(struct timespec){.tv_nsec = 33000000}, NULL);
    }
}

static xcb_gcontext_t pen(xcb_window_t root, uint32_t front, uint32_t back, xcb_font_t font)
{
    xcb_gcontext_t gc = xcb_generate_id(x);
    const uint32_t values[] = {front, back, font};
    xcb_create_gc(x, gc, root, XCB_GC_FOREGROUND | XCB_GC_BACKGROUND | XCB_GC_FONT, values);
    return gc;
}

static void open_window(const char *title, int left, int top)
{
    xcb_screen_t *screen = xcb_setup_roots_iterator(xcb_get_setup(x)).data;
    const uint32_t values[] = {screen->white_pixel, 1};
    xcb_font_t font = xcb_generate_id(x);
    window = xcb_generate_id(x);
    xcb_open_font(x, font, 5, "fixed");
    xcb_create_window(x, XCB_COPY_FROM_PARENT, window, screen->root, (int16_t)left, (int16_t)top, (uint16_t)width,
                      (uint16_t)height, 0, XCB_WINDOW_CLASS_INPUT_OUTPUT, screen->root_visual,
                      XCB_CW_BACK_PIXEL | XCB_CW_OVERRIDE_REDIRECT, values);
    xcb_change_property(x, XCB_PROP_MODE_REPLACE, window, XCB_ATOM_WM_NAME, XCB_ATOM_STRING, 8, (uint32_t)strlen(title),
                        title);
    xcb_map_window(x, window);
    ink = pen(screen->root, screen->black_pixel, screen->white_pixel, font);
    paper = pen(screen->root, screen->white_pixel, screen->white_pixel, font);
}

static void run(const char *what, unsigned a, unsigned b)
{
    if (!strcmp(what, "page")) {
        page = a;
        draw_page(0);
    } else if (!strcmp(what, "type")) {
        type_letter();
    } else if (!strcmp(what, "busy")) {
        be_busy(a);
    } else if (!strcmp(what, "move")) {
        xcb_configure_window(x, window, XCB_CONFIG_WINDOW_X | XCB_CONFIG_WINDOW_Y, (uint32_t[]){a, b});
    } else if (!strcmp(what, "lower")) {
        xcb_configure_window(x, window, XCB_CONFIG_WINDOW_STACK_MODE, (uint32_t[]){XCB_STACK_MODE_BELOW});
    } else if (!strcmp(what, "size")) {
        width = a;
        height = b;
        xcb_configure_window(x, window, XCB_CONFIG_WINDOW_WIDTH | XCB_CONFIG_WINDOW_HEIGHT, (uint32_t[]){a, b});
        draw_page(0);
    }
}

int main(int argc, char **argv)
{
    char line[64];
    if (argc != 6) // of the environment's display
        return fprintf(stderr, "usage: text_page TITLE X Y WIDTH HEIGHT\n"), 64;
    x = xcb_connect(NULL, NULL);
    if (xcb_connection_has_error(x))
        return 69;
    width = (unsigned)strtoul(argv[4], NULL, 10);
    height = (unsigned)strtoul(argv[5], NULL, 10);
    open_window(argv[1], (int)strtol(argv[2], NULL, 10), (int)strtol(argv[3], NULL, 10));
    draw_page(0);
    drawn();
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) && strncmp(line, "quit", 4) != 0) {
        char *rest = line;
        const char *what = strsep(&rest, " \n");
        unsigned a = rest ? (unsigned)strtoul(rest, &rest, 10) : 0, b = rest ? (unsigned)strtoul(rest, NULL, 10) : 0;
        run(what, a, b);
        drawn();
        puts(what);
        fflush(stdout);
    }
    xcb_disconnect(x);
    return 0;
}
