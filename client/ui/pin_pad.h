// The number that opens the settings of a locked box, typed or chosen by arrows. Pure. Five wrong ones, and nothing is
// taken for a minute, however often the screen is opened meanwhile.
#ifndef PARLOUR_UI_PIN_PAD_H
#define PARLOUR_UI_PIN_PAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PIN_PAD_LEAST = 4, PIN_PAD_MOST = 8, PIN_PAD_KEYS = 12, PIN_PAD_TRIES = 5, PIN_PAD_WAIT_US = 60 * 1000000 };

enum pin_pad_result { PIN_PAD_ON, PIN_PAD_WRONG, PIN_PAD_RIGHT };

struct pin_pad {
    char typed[PIN_PAD_MOST + 1];
    size_t length, focus; // focus: 0..8 are 1..9, then one back, 0, done
    unsigned wrong;       // in a row
    uint64_t until_us;    // nothing is taken before
    bool said;            // that the last one was wrong
};

void pin_pad_open(struct pin_pad *pad); // what was typed goes, wrong tries stay
bool pin_pad_waits(const struct pin_pad *pad, uint64_t now_us);
void pin_pad_move(struct pin_pad *pad, int right, int down);
enum pin_pad_result pin_pad_digit(struct pin_pad *pad, const char *pin, int digit, uint64_t now_us);
enum pin_pad_result pin_pad_press(struct pin_pad *pad, const char *pin, uint64_t now_us); // the focused key

#endif
