#include "screen_windows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xcb/xcb.h>
#include <xcb/xcbext.h>

enum { IDS_MAX = 256 };

struct screen_windows {
    xcb_connection_t *x;
    xcb_window_t root;
    xcb_atom_t list, name, pid, utf8;
};

static xcb_atom_t atom(xcb_connection_t *x, const char *name)
{
    xcb_intern_atom_reply_t *r = xcb_intern_atom_reply(x, xcb_intern_atom(x, 1, (uint16_t)strlen(name), name), NULL);
    xcb_atom_t found = r ? r->atom : XCB_ATOM_NONE;
    free(r);
    return found;
}

struct screen_windows *screen_windows_open(const char *display)
{
    int number = 0;
    xcb_connection_t *x = xcb_connect(display, &number);
    if (xcb_connection_has_error(x)) {
        xcb_disconnect(x);
        return NULL;
    }
    xcb_screen_iterator_t i = xcb_setup_roots_iterator(xcb_get_setup(x));
    for (; number > 0 && i.rem > 1; number--)
        xcb_screen_next(&i);
    struct screen_windows *w = base_alloc(sizeof *w);
    *w = (struct screen_windows){.x = x, .root = i.data->root};
    w->list = atom(x, "_NET_CLIENT_LIST_STACKING");
    w->name = atom(x, "_NET_WM_NAME");
    w->pid = atom(x, "_NET_WM_PID");
    w->utf8 = atom(x, "UTF8_STRING");
    return w;
}

void screen_windows_close(struct screen_windows *w)
{
    if (!w)
        return;
    xcb_disconnect(w->x);
    free(w);
}

static xcb_get_property_reply_t *property(struct screen_windows *w, xcb_window_t of, xcb_atom_t what, xcb_atom_t type,
                                          uint32_t words)
{
    if (what == XCB_ATOM_NONE)
        return NULL;
    return xcb_get_property_reply(w->x, xcb_get_property(w->x, 0, of, what, type, 0, words), NULL);
}

static bool is_mine(struct screen_windows *w, xcb_window_t of)
{
    xcb_get_property_reply_t *r = property(w, of, w->pid, XCB_ATOM_CARDINAL, 1);
    bool mine =
        r && xcb_get_property_value_length(r) == 4 && *(uint32_t *)xcb_get_property_value(r) == (uint32_t)getpid();
    free(r);
    return mine;
}

static bool read_title(struct screen_windows *w, xcb_window_t of, xcb_atom_t what, xcb_atom_t type, char *out)
{
    xcb_get_property_reply_t *r = property(w, of, what, type, SCREEN_WINDOWS_TITLE / 4);
    int n = r ? xcb_get_property_value_length(r) : 0;
    snprintf(out, SCREEN_WINDOWS_TITLE, "%.*s", n, n > 0 ? (const char *)xcb_get_property_value(r) : "");
    free(r);
    return out[0] != '\0';
}

static bool is_visible(struct screen_windows *w, xcb_window_t of)
{
    xcb_get_window_attributes_reply_t *r =
        xcb_get_window_attributes_reply(w->x, xcb_get_window_attributes(w->x, of), NULL);
    bool visible = r && r->map_state == XCB_MAP_STATE_VIEWABLE && r->_class == XCB_WINDOW_CLASS_INPUT_OUTPUT;
    free(r);
    return visible;
}

// What the window manager lists, else what lies on the root, the lowest first.
static size_t all_windows(struct screen_windows *w, xcb_window_t out[IDS_MAX])
{
    xcb_get_property_reply_t *r = property(w, w->root, w->list, XCB_ATOM_WINDOW, IDS_MAX);
    size_t n = r ? (size_t)xcb_get_property_value_length(r) / 4 : 0;
    if (n)
        memcpy(out, xcb_get_property_value(r), n * 4);
    free(r);
    if (n)
        return n;
    xcb_query_tree_reply_t *tree = xcb_query_tree_reply(w->x, xcb_query_tree(w->x, w->root), NULL);
    n = tree ? MIN((size_t)xcb_query_tree_children_length(tree), (size_t)IDS_MAX) : 0;
    if (n)
        memcpy(out, xcb_query_tree_children(tree), n * 4);
    free(tree);
    return n;
}

size_t screen_windows_list(struct screen_windows *w, struct screen_window *out, size_t max)
{
    xcb_window_t id[IDS_MAX];
    size_t n = all_windows(w, id), count = 0;
    while (n-- > 0 && count < max) {
        struct screen_window *x = &out[count];
        if (!is_visible(w, id[n]) || is_mine(w, id[n]))
            continue;
        x->id = id[n];
        if (read_title(w, id[n], w->name, w->utf8, x->title) ||
            read_title(w, id[n], XCB_ATOM_WM_NAME, XCB_GET_PROPERTY_TYPE_ANY, x->title))
            count++;
    }
    return count;
}

// Composite's RedirectWindow, by hand: the one request of a whole library.
void screen_windows_keep(struct screen_windows *w, uint32_t window)
{
    static xcb_extension_t composite = {"Composite", 0};
    struct {
        uint8_t major, minor;
        uint16_t length;
        uint32_t window;
        uint8_t automatic, pad[3];
    } redirect = {.window = window};
    const xcb_query_extension_reply_t *has = xcb_get_extension_data(w->x, &composite);
    struct iovec parts[3] = {[2] = {&redirect, sizeof redirect}};
    if (!has || !has->present)
        return;
    xcb_send_request(w->x, 0, &parts[2],
                     &(xcb_protocol_request_t){.count = 1, .ext = &composite, .opcode = 1, .isvoid = 1});
    xcb_flush(w->x);
}

// What lies beyond the screen cannot be read.
static void clip(int *at, int corner, unsigned *size, unsigned screen)
{
    int from = MAX(-corner, 0), to = MIN((int)*size, (int)screen - corner);
    *at = from;
    *size = to > from ? (unsigned)(to - from) & ~1u : 0;
}

bool screen_windows_place(struct screen_windows *w, uint32_t window, struct screen_place *out)
{
    xcb_window_t id = window ? window : w->root;
    xcb_get_geometry_cookie_t ask = xcb_get_geometry(w->x, id), ask_root = xcb_get_geometry(w->x, w->root);
    xcb_translate_coordinates_cookie_t ask_corner = xcb_translate_coordinates(w->x, id, w->root, 0, 0);
    xcb_get_geometry_reply_t *g = xcb_get_geometry_reply(w->x, ask, NULL);
    xcb_get_geometry_reply_t *root = xcb_get_geometry_reply(w->x, ask_root, NULL);
    xcb_translate_coordinates_reply_t *corner = xcb_translate_coordinates_reply(w->x, ask_corner, NULL);
    bool good = g && root && corner;
    if (good) {
        *out = (struct screen_place){.window = id, .width = g->width, .height = g->height};
        clip(&out->x, corner->dst_x, &out->width, root->width);
        clip(&out->y, corner->dst_y, &out->height, root->height);
        if (!is_visible(w, id) || !out->width || !out->height)
            out->width = out->height = 0;
    }
    free(g);
    free(root);
    free(corner);
    return good;
}
