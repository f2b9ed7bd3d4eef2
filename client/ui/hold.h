// A key that is held to talk, or to be silent. Pure: keys, time and what is on the screen are passed in.
//
// It begins with a press, never with the repeats of one, nor with a key that was down already when the window came into
// focus. It ends with the key; anything else that takes the key away - another window, panel or screen - loses it, and
// then it is over until the key is pressed anew.
#ifndef PARLOUR_UI_HOLD_H
#define PARLOUR_UI_HOLD_H

#include <SDL2/SDL_keycode.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    HOLD_TAP_US = 250000,  // shorter is a tap: nobody says a word in that time
    HOLD_FOCUS_US = 100000 // a press so soon after the focus is a key that was down before
};

enum hold_does { HOLD_NOTHING, HOLD_BEGINS, HOLD_ENDS, HOLD_TAPPED, HOLD_LOST }; // tapped: ends, and hardly was

struct hold {
    bool down;
    SDL_Keycode key;
    unsigned place; // where it began
    uint64_t since_us, focus_us;
};

// `place`: what is on the screen, 0 = where nothing can be held.
enum hold_does hold_press(struct hold *hold, SDL_Keycode key, bool repeat, unsigned place, uint64_t now_us);
// `focused`: the window still has the keys. SDL lets go of all of them when it loses them.
enum hold_does hold_release(struct hold *hold, SDL_Keycode key, bool focused, uint64_t now_us);
enum hold_does hold_look(struct hold *hold, unsigned place); // at every turn
void hold_focus(struct hold *hold, uint64_t now_us);         // the window has the keys, from now on

#endif
