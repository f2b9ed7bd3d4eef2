// One table: a key, what it does, and the words the help screen prints for it.
#ifndef PARLOUR_UI_INPUT_H
#define PARLOUR_UI_INPUT_H

#include <SDL2/SDL.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum input_action {
    INPUT_NONE,
    INPUT_MICROPHONE,
    INPUT_HOLD, // while it is down
    INPUT_CAMERA,
    INPUT_CHAT,
    INPUT_CONNECTION,
    INPUT_PEOPLE,
    INPUT_SAFETY_CODE,
    INPUT_ANSWER, // to the card that waits for an answer, and back to what is being written
    INPUT_HAND,
    INPUT_SHARE,
    INPUT_SPEAKER_VIEW,
    INPUT_PIN_1, // the first picture of the page ...
    INPUT_PIN_2,
    INPUT_PIN_3,
    INPUT_PIN_4,
    INPUT_PIN_5,
    INPUT_PIN_6,
    INPUT_PIN_7,
    INPUT_PIN_8,
    INPUT_PIN_9, // ... to the ninth
    INPUT_FULL_SCREEN,
    INPUT_LEAVE,
    INPUT_QUIT,
    INPUT_HELP,
    INPUT_HIDE_ME,
    INPUT_TEXT_LARGER,
    INPUT_TEXT_SMALLER,
    INPUT_TEXT_NORMAL,
    INPUT_SEND_FILE, // or what is offered
    INPUT_FILMS,
    INPUT_FILM_QUALITY,
    INPUT_SETTINGS,
    INPUT_TRIAL, // of camera and sound
    INPUT_LOUDER,
    INPUT_QUIETER,
    INPUT_SILENCE, // the loudspeaker, or let it be heard again
    INPUT_BACK,    // Esc: one level
    INPUT_PRESS,
    INPUT_LEFT,
    INPUT_RIGHT,
    INPUT_UP,
    INPUT_DOWN,
    INPUT_PAGE_UP,
    INPUT_PAGE_DOWN,
    // Buttons without a key of their own.
    INPUT_MORE_BUTTONS,
    INPUT_CHOOSE_PIN, // up to the tiles
    INPUT_TEXT_NEXT,  // one size larger, and from the largest back to the normal one
    INPUT_RECORD,
    INPUT_ROOM,
    INPUT_FILES
};

enum input_column { INPUT_TALK, INPUT_SEE, INPUT_MORE, INPUT_UNLISTED };

struct input_key {
    SDL_Keycode key;
    bool ctrl;
    enum input_action action;
    enum input_column column; // of the help screen
    const char *cap[2];       // key caps shown there
    const char *words;        // what it does, English (N_); NULL = not listed
    bool while_typing;        // also while a text field has the focus
    bool not_after_typing;    // held back for 300 ms after a text field closes
    bool in_kiosk;
    const char *name; // of the action, for those who bind it to another key; NULL = it keeps its keys
};

enum { INPUT_AFTER_TYPING_MS = 300 };

const struct input_key *input_table(size_t *count);
// Bind actions to other keys (bindings.h); only the last call counts. False, and nothing changed, with a sentence.
bool input_bind(const char *spec, char *error, size_t size);
// The cap of the single key an action has, for its button; "" = none.
const char *input_cap(enum input_action action);
// What a key press means now. `typing`: a text field has the focus; `since_typing_ms`: since one last had it.
enum input_action input_lookup(SDL_Keycode key, uint16_t modifiers, bool typing, uint64_t since_typing_ms, bool kiosk);
// "m", "Escape", "Ctrl+D", "F11", "?" -> key and modifiers; false for an unknown name.
bool input_parse(const char *name, SDL_Keycode *key, uint16_t *modifiers);

#endif
