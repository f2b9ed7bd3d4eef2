// The SDL window: full screen, kiosk manners, refresh rate. Headless there is none.
#ifndef PARLOUR_UI_WINDOW_H
#define PARLOUR_UI_WINDOW_H

#include <SDL2/SDL.h>
#include <stdbool.h>
#include <stdint.h>

struct window;
struct ui_config;

struct window *window_create(const struct ui_config *config); // NULL = SDL cannot open one
void window_destroy(struct window *window);
SDL_Window *window_handle(const struct window *window);
void window_toggle_fullscreen(struct window *window);
bool window_is_fullscreen(const struct window *window);
uint64_t window_refresh_us(const struct window *window);
bool window_visible(const struct window *window);
void window_in_call(struct window *window, bool in_call); // no screen saver during a call

#endif
