// The call screen drawn without a window, by keys: who is in the room is the test's.
#ifndef PARLOUR_TESTS_STAGE_RIG_H
#define PARLOUR_TESTS_STAGE_RIG_H

#include "unit.h"

#include "client/call.h"
#include "client/stats.h"
#include "client/ui/ui.h"
#include "client/ui/ui_state.h"
#include "shared/base.h"
#include "shared/clock.h"

static struct call call;
static struct stats stats;
static struct ui *ui;
static enum ui_action last_action;
static uint32_t last_id;
static char last_text[256];
static int actions;
static uint64_t now;

static void action(void *ctx, enum ui_action what, uint32_t id, const char *text)
{
    (void)ctx;
    last_action = what;
    last_id = id;
    snprintf(last_text, sizeof last_text, "%s", text ? text : "");
    actions++;
}

static struct AVFrame *no_picture(void *ctx, uint16_t member, uint64_t now_us, uint64_t *next)
{
    (void)ctx;
    (void)member;
    (void)now_us;
    (void)next;
    return NULL;
}

static void pass(unsigned ms)
{
    for (unsigned t = 0; t < ms; t += 20)
        ui_frame(ui, &call, &stats, now += 20000);
}

static void keys(const char *const *names)
{
    for (; *names; names++) {
        now = MAX(now, clock_now_us());
        assert_true(ui_press(ui, *names));
        pass(40);
    }
}

#define KEYS(...) keys((const char *const[]){__VA_ARGS__, NULL})

// Where a member's picture is when nothing moves any more; all 0 when it is not on the screen.
static SDL_Rect rect_of(uint16_t member)
{
    SDL_Rect r = {0, 0, 0, 0};
    pass(400);
    return ui_tile_rect(ui, member, &r) ? r : (SDL_Rect){0, 0, 0, 0};
}

static int width_of(uint16_t member)
{
    return rect_of(member).w;
}

static int screen_width_of(uint16_t member)
{
    SDL_Rect r = {0, 0, 0, 0};
    pass(400);
    return ui_screen_rect(ui, member, &r) ? r.w : 0;
}

static int setup(void **state)
{
    (void)state;
    struct ui_config config = {.width = 1280, .height = 720, .headless = true, .display_path = "surface"};
    struct ui_ops ops = {.action = action, .picture = no_picture};
    const char *sentence = "";
    now = clock_now_us();
    ui = ui_create(&config, &ops, &sentence);
    return ui ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    ui_destroy(ui);
    return 0;
}

#endif
