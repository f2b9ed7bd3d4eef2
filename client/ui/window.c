#include "window.h"

#include "shared/base.h"
#include "shared/log.h"
#include "ui.h"

#include <stdlib.h>

struct window {
    SDL_Window *handle;
    bool kiosk, in_call;
};

struct window *window_create(const struct ui_config *config)
{
    // Some X servers have no EGL or GLX at all; the window must not depend on it.
    SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
    SDL_SetHint(SDL_HINT_VIDEO_MINIMIZE_ON_FOCUS_LOSS, "0");
    // An input method shows its list of candidates itself, above us, at the caret; what is being composed we draw.
    SDL_SetHint(SDL_HINT_IME_SHOW_UI, "1");
    SDL_SetHint(SDL_HINT_IME_INTERNAL_EDITING, "0");
    SDL_SetHint(SDL_HINT_IME_SUPPORT_EXTENDED_TEXT, "1");
    if (!SDL_WasInit(SDL_INIT_VIDEO) && SDL_InitSubSystem(SDL_INIT_VIDEO) != 0) {
        log_warn("window", "no display reason=\"%s\"", SDL_GetError());
        return NULL;
    }
    uint32_t flags = SDL_WINDOW_ALLOW_HIGHDPI | SDL_WINDOW_RESIZABLE;
    if (config->fullscreen || config->kiosk)
        flags |= SDL_WINDOW_FULLSCREEN_DESKTOP;
    SDL_Rect screen;
    int width = config->width, height = config->height;
    if ((flags & SDL_WINDOW_FULLSCREEN_DESKTOP) && SDL_GetDisplayBounds(0, &screen) == 0) {
        width = screen.w; // where there is no window manager the window stays as it is made
        height = screen.h;
    }
    SDL_Window *handle = SDL_CreateWindow(config->title ? config->title : "Parlour", SDL_WINDOWPOS_CENTERED,
                                          SDL_WINDOWPOS_CENTERED, width, height, flags);
    if (!handle) {
        log_warn("window", "no window reason=\"%s\"", SDL_GetError());
        return NULL;
    }
    struct window *window = base_alloc(sizeof *window);
    window->handle = handle;
    window->kiosk = config->kiosk;
    SDL_SetWindowMinimumSize(handle, 640, 360);
    SDL_EventState(SDL_DROPFILE, SDL_DISABLE);
    SDL_StopTextInput();
    if (config->kiosk || config->fullscreen)
        SDL_ShowCursor(SDL_DISABLE); // nothing here is done with a mouse
    if (config->kiosk) {
        SDL_DisableScreenSaver();
    } else {
        SDL_EnableScreenSaver();
    }
    return window;
}

void window_destroy(struct window *window)
{
    if (!window)
        return;
    SDL_DestroyWindow(window->handle);
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
    free(window);
}

SDL_Window *window_handle(const struct window *window)
{
    return window ? window->handle : NULL;
}

bool window_is_fullscreen(const struct window *window)
{
    return window &&
           (SDL_GetWindowFlags(window->handle) & SDL_WINDOW_FULLSCREEN_DESKTOP) == SDL_WINDOW_FULLSCREEN_DESKTOP;
}

void window_toggle_fullscreen(struct window *window)
{
    if (window)
        SDL_SetWindowFullscreen(window->handle, window_is_fullscreen(window) ? 0 : SDL_WINDOW_FULLSCREEN_DESKTOP);
}

uint64_t window_refresh_us(const struct window *window)
{
    SDL_DisplayMode mode;
    int display = window ? SDL_GetWindowDisplayIndex(window->handle) : -1;
    int rate = display >= 0 && SDL_GetCurrentDisplayMode(display, &mode) == 0 ? mode.refresh_rate : 0;
    return 1000000u / (uint64_t)(rate >= 24 && rate <= 240 ? rate : 60);
}

bool window_visible(const struct window *window)
{
    return !window || !(SDL_GetWindowFlags(window->handle) & (SDL_WINDOW_MINIMIZED | SDL_WINDOW_HIDDEN));
}

void window_in_call(struct window *window, bool in_call)
{
    if (!window || window->in_call == in_call)
        return;
    window->in_call = in_call;
    if (in_call)
        SDL_DisableScreenSaver();
    else if (!window->kiosk)
        SDL_EnableScreenSaver();
}
