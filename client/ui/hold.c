#include "hold.h"

enum hold_does hold_press(struct hold *hold, SDL_Keycode key, bool repeat, unsigned place, uint64_t now_us)
{
    bool before = hold->focus_us && now_us - hold->focus_us < HOLD_FOCUS_US;
    if (hold->down || repeat || before || place == 0)
        return HOLD_NOTHING;
    hold->down = true;
    hold->key = key;
    hold->place = place;
    hold->since_us = now_us;
    return HOLD_BEGINS;
}

enum hold_does hold_release(struct hold *hold, SDL_Keycode key, bool focused, uint64_t now_us)
{
    if (!hold->down || hold->key != key)
        return HOLD_NOTHING;
    hold->down = false;
    if (!focused)
        return HOLD_LOST;
    return now_us - hold->since_us < HOLD_TAP_US ? HOLD_TAPPED : HOLD_ENDS;
}

enum hold_does hold_look(struct hold *hold, unsigned place)
{
    if (!hold->down || hold->place == place)
        return HOLD_NOTHING;
    hold->down = false;
    return HOLD_LOST;
}

void hold_focus(struct hold *hold, uint64_t now_us)
{
    hold->focus_us = now_us;
}
