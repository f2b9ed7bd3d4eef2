#include "pin_pad.h"

#include "shared/base.h"

#include <sodium.h>
#include <string.h>

enum { COLUMNS = 3, ROWS = 4, KEY_BACK = 9, KEY_0 = 10, KEY_DONE = 11 };

void pin_pad_open(struct pin_pad *pad)
{
    sodium_memzero(pad->typed, sizeof pad->typed);
    pad->length = pad->focus = 0;
    pad->said = false;
}

bool pin_pad_waits(const struct pin_pad *pad, uint64_t now_us)
{
    return now_us < pad->until_us;
}

void pin_pad_move(struct pin_pad *pad, int right, int down)
{
    int x = CLAMP((int)(pad->focus % COLUMNS) + right, 0, COLUMNS - 1);
    int y = CLAMP((int)(pad->focus / COLUMNS) + down, 0, ROWS - 1);
    pad->focus = (size_t)(y * COLUMNS + x);
}

static enum pin_pad_result judge(struct pin_pad *pad, const char *pin, uint64_t now_us)
{
    char wanted[sizeof pad->typed] = "";
    memcpy(wanted, pin, MIN(strlen(pin), sizeof wanted - 1));
    bool right = sodium_memcmp(wanted, pad->typed, sizeof wanted) == 0;
    size_t focus = pad->focus;
    pin_pad_open(pad);
    pad->focus = focus;
    if (right) {
        pad->wrong = 0;
        return PIN_PAD_RIGHT;
    }
    pad->said = true;
    if (++pad->wrong >= PIN_PAD_TRIES) {
        pad->wrong = 0;
        pad->until_us = now_us + PIN_PAD_WAIT_US;
    }
    return PIN_PAD_WRONG;
}

enum pin_pad_result pin_pad_digit(struct pin_pad *pad, const char *pin, int digit, uint64_t now_us)
{
    if (pin_pad_waits(pad, now_us))
        return PIN_PAD_ON;
    pad->said = false;
    if (pad->length < PIN_PAD_MOST)
        pad->typed[pad->length++] = (char)('0' + digit);
    return pad->length == strlen(pin) ? judge(pad, pin, now_us) : PIN_PAD_ON;
}

enum pin_pad_result pin_pad_press(struct pin_pad *pad, const char *pin, uint64_t now_us)
{
    if (pin_pad_waits(pad, now_us))
        return PIN_PAD_ON;
    if (pad->focus == KEY_BACK) {
        if (pad->length > 0)
            pad->typed[--pad->length] = 0;
        return PIN_PAD_ON;
    }
    if (pad->focus == KEY_DONE)
        return pad->length > 0 ? judge(pad, pin, now_us) : PIN_PAD_ON;
    return pin_pad_digit(pad, pin, pad->focus == KEY_0 ? 0 : (int)pad->focus + 1, now_us);
}
