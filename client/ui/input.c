#include "input.h"

#include "bindings.h"
#include "shared/base.h"
#include "words.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#define TYPING  .while_typing = true
#define HELD    .not_after_typing = true
#define KIOSK   .in_kiosk = true
#define NAME(n) .name = n

static const struct input_key KEYS[] = {
    {SDLK_m, false, INPUT_MICROPHONE, INPUT_TALK, {"M"}, N_("Microphone on or off"), HELD, KIOSK, NAME("microphone")},
    {SDLK_SPACE, false, INPUT_HOLD, INPUT_TALK, {N_("Space")}, N_("Hold to talk"), HELD, KIOSK, NAME("hold")},
    {SDLK_v, false, INPUT_CAMERA, INPUT_TALK, {"V"}, N_("Camera on or off"), HELD, KIOSK, NAME("camera")},
    {SDLK_c, false, INPUT_CHAT, INPUT_TALK, {"C"}, N_("Write to everyone"), KIOSK, NAME("chat")},
    {SDLK_p, false, INPUT_PEOPLE, INPUT_TALK, {"P"}, N_("People in the call"), KIOSK, NAME("people")},
    {SDLK_y, false, INPUT_SAFETY_CODE, INPUT_TALK, {"Y"}, N_("Safety code"), KIOSK, NAME("safety-code")},
    {SDLK_r, false, INPUT_HAND, INPUT_TALK, {"R"}, N_("Raise or lower your hand"), KIOSK, NAME("hand")},
    {SDLK_d, false, INPUT_SHARE, INPUT_TALK, {"D"}, N_("Show this screen, or stop"), HELD, KIOSK, NAME("share")},
    {SDLK_d, true, INPUT_LEAVE, INPUT_TALK, {"Ctrl", "D"}, N_("Hang up"), TYPING, KIOSK, NAME("hang-up")},
    {SDLK_w, false, INPUT_SPEAKER_VIEW, INPUT_SEE, {"W"}, N_("Everyone, or who speaks"), KIOSK, NAME("speaker-view")},
    {SDLK_1, false, INPUT_PIN_1, INPUT_SEE, {"1-9"}, N_("Pin a picture, or let it go"), KIOSK},
    {SDLK_0, false, INPUT_HIDE_ME, INPUT_SEE, {"0"}, N_("Hide your own picture"), KIOSK, NAME("hide-me")},
    {SDLK_f, false, INPUT_FULL_SCREEN, INPUT_SEE, {"F"}, N_("Full screen"), .in_kiosk = false, NAME("full-screen")},
    {SDLK_EQUALS,
     true,
     INPUT_TEXT_LARGER,
     INPUT_SEE,
     {"Ctrl", "+"},
     N_("Larger text"),
     TYPING,
     KIOSK,
     NAME("larger-text")},
    {SDLK_MINUS,
     true,
     INPUT_TEXT_SMALLER,
     INPUT_SEE,
     {"Ctrl", "-"},
     N_("Smaller text"),
     TYPING,
     KIOSK,
     NAME("smaller-text")},
    {SDLK_PLUS, false, INPUT_LOUDER, INPUT_SEE, {"+"}, N_("Louder"), KIOSK, NAME("louder")},
    {SDLK_MINUS, false, INPUT_QUIETER, INPUT_SEE, {"-"}, N_("Quieter"), KIOSK, NAME("quieter")},
    {SDLK_l, false, INPUT_FILMS, INPUT_SEE, {"L"}, N_("List of films"), KIOSK, NAME("films")},
    {SDLK_q, false, INPUT_FILM_QUALITY, INPUT_SEE, {"Q"}, N_("Quality of a film"), KIOSK, NAME("film-quality")},
    {SDLK_t, false, INPUT_CONNECTION, INPUT_MORE, {"T"}, N_("Connection"), KIOSK, NAME("connection")},
    {SDLK_o, true, INPUT_SEND_FILE, INPUT_MORE, {"Ctrl", "O"}, N_("Files"), TYPING, KIOSK, NAME("files")},
    {SDLK_COMMA, true, INPUT_SETTINGS, INPUT_MORE, {"Ctrl", ","}, N_("Settings"), TYPING, KIOSK, NAME("settings")},
    {SDLK_s, false, INPUT_TRIAL, INPUT_MORE, {"S"}, N_("Try camera and sound"), KIOSK, NAME("try-out")},
    {SDLK_QUESTION, false, INPUT_HELP, INPUT_MORE, {"?"}, N_("This page"), KIOSK, NAME("help")},
    {SDLK_ESCAPE, false, INPUT_BACK, INPUT_MORE, {"Esc"}, N_("One step back"), TYPING, KIOSK},
    {SDLK_RETURN, false, INPUT_PRESS, INPUT_MORE, {"Enter"}, N_("Press the button"), KIOSK},
    {SDLK_TAB, false, INPUT_ANSWER, INPUT_MORE, {"Tab"}, N_("Answer while writing"), TYPING, KIOSK, NAME("answer")},
    {SDLK_q, true, INPUT_QUIT, INPUT_MORE, {"Ctrl", "Q"}, N_("Quit"), TYPING, NAME("quit")},
    // The same things by other keys.
    {SDLK_F1, false, INPUT_HELP, INPUT_UNLISTED, {NULL}, NULL, TYPING, KIOSK},
    {SDLK_F11, false, INPUT_FULL_SCREEN, INPUT_UNLISTED, {NULL}, NULL, TYPING},
    {SDLK_KP_0, false, INPUT_HIDE_ME, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_2, false, INPUT_PIN_2, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_3, false, INPUT_PIN_3, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_4, false, INPUT_PIN_4, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_5, false, INPUT_PIN_5, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_6, false, INPUT_PIN_6, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_7, false, INPUT_PIN_7, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_8, false, INPUT_PIN_8, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_9, false, INPUT_PIN_9, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_KP_1, false, INPUT_PIN_1, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_KP_2, false, INPUT_PIN_2, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_KP_3, false, INPUT_PIN_3, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_KP_4, false, INPUT_PIN_4, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_KP_5, false, INPUT_PIN_5, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_KP_6, false, INPUT_PIN_6, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_KP_7, false, INPUT_PIN_7, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_KP_8, false, INPUT_PIN_8, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_KP_9, false, INPUT_PIN_9, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_EQUALS, false, INPUT_LOUDER, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_KP_PLUS, false, INPUT_LOUDER, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_KP_MINUS, false, INPUT_QUIETER, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_VOLUMEUP, false, INPUT_LOUDER, INPUT_UNLISTED, {NULL}, NULL, TYPING, KIOSK},
    {SDLK_VOLUMEDOWN, false, INPUT_QUIETER, INPUT_UNLISTED, {NULL}, NULL, TYPING, KIOSK},
    {SDLK_MUTE, false, INPUT_SILENCE, INPUT_UNLISTED, {NULL}, NULL, TYPING, KIOSK},
    {SDLK_PLUS, true, INPUT_TEXT_LARGER, INPUT_UNLISTED, {NULL}, NULL, TYPING, KIOSK},
    {SDLK_KP_PLUS, true, INPUT_TEXT_LARGER, INPUT_UNLISTED, {NULL}, NULL, TYPING, KIOSK},
    {SDLK_KP_MINUS, true, INPUT_TEXT_SMALLER, INPUT_UNLISTED, {NULL}, NULL, TYPING, KIOSK},
    {SDLK_0, true, INPUT_TEXT_NORMAL, INPUT_UNLISTED, {NULL}, NULL, TYPING, KIOSK},
    {SDLK_KP_0, true, INPUT_TEXT_NORMAL, INPUT_UNLISTED, {NULL}, NULL, TYPING, KIOSK},
    {SDLK_AC_BACK, false, INPUT_BACK, INPUT_UNLISTED, {NULL}, NULL, TYPING, KIOSK},
    {SDLK_AUDIOPLAY, false, INPUT_PRESS, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_MENU, false, INPUT_SETTINGS, INPUT_UNLISTED, {NULL}, NULL, TYPING, KIOSK},
    {SDLK_AUDIOMUTE, false, INPUT_MICROPHONE, INPUT_UNLISTED, {NULL}, NULL, TYPING, KIOSK},
    {SDLK_KP_ENTER, false, INPUT_PRESS, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_SELECT, false, INPUT_PRESS, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_LEFT, false, INPUT_LEFT, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_RIGHT, false, INPUT_RIGHT, INPUT_UNLISTED, {NULL}, NULL, KIOSK},
    {SDLK_UP, false, INPUT_UP, INPUT_UNLISTED, {NULL}, NULL, TYPING, KIOSK},
    {SDLK_DOWN, false, INPUT_DOWN, INPUT_UNLISTED, {NULL}, NULL, TYPING, KIOSK},
    {SDLK_PAGEUP, false, INPUT_PAGE_UP, INPUT_UNLISTED, {NULL}, NULL, TYPING, KIOSK},
    {SDLK_PAGEDOWN, false, INPUT_PAGE_DOWN, INPUT_UNLISTED, {NULL}, NULL, TYPING, KIOSK},
};

static_assert(ARRAY_LEN(KEYS) <= BINDINGS_MAX, "a place for every key");

static struct bindings bound; // main thread only

static const struct bindings *bindings_now(void)
{
    if (bound.count == 0)
        bindings_start(&bound, KEYS, ARRAY_LEN(KEYS));
    return &bound;
}

const struct input_key *input_table(size_t *count)
{
    *count = bindings_now()->count;
    return bindings_now()->keys;
}

bool input_bind(const char *spec, char *error, size_t size)
{
    static struct bindings wanted;
    bindings_start(&wanted, KEYS, ARRAY_LEN(KEYS));
    if (!bindings_apply(&wanted, spec, error, size))
        return false;
    bindings_copy(&bound, &wanted);
    return true;
}

const char *input_cap(enum input_action action)
{
    const struct bindings *b = bindings_now();
    for (size_t i = 0; i < b->count; i++)
        if (b->keys[i].action == action && b->keys[i].cap[0] && !b->keys[i].ctrl)
            return b->keys[i].cap[0];
    return "";
}

enum input_action input_lookup(SDL_Keycode key, uint16_t modifiers, bool typing, uint64_t since_typing_ms, bool kiosk)
{
    bool ctrl = (modifiers & KMOD_CTRL) != 0;
    if (modifiers & (KMOD_ALT | KMOD_GUI))
        return INPUT_NONE; // belongs to the window manager
    if (key == SDLK_SLASH && (modifiers & KMOD_SHIFT) && !ctrl)
        key = SDLK_QUESTION; // SDL names the unshifted key
    const struct bindings *b = bindings_now();
    for (size_t i = 0; i < b->count; i++) {
        const struct input_key *k = &b->keys[i];
        if (k->key != key || k->ctrl != ctrl)
            continue;
        if ((typing && !k->while_typing) || (kiosk && !k->in_kiosk))
            return INPUT_NONE;
        if (k->not_after_typing && !typing && since_typing_ms < INPUT_AFTER_TYPING_MS)
            return INPUT_NONE;
        return k->action;
    }
    return INPUT_NONE;
}

static bool take_modifier(const char **name, const char *word, uint16_t bit, uint16_t *modifiers)
{
    size_t n = strlen(word);
    if (strncasecmp(*name, word, n) != 0 || (*name)[n] == '\0')
        return false;
    *name += n;
    *modifiers = (uint16_t)(*modifiers | bit);
    return true;
}

bool input_parse(const char *name, SDL_Keycode *key, uint16_t *modifiers)
{
    *modifiers = 0;
    while (take_modifier(&name, "Ctrl+", KMOD_LCTRL, modifiers) ||
           take_modifier(&name, "Shift+", KMOD_LSHIFT, modifiers) || take_modifier(&name, "Alt+", KMOD_LALT, modifiers))
        continue;
    static const struct {
        const char *name;
        SDL_Keycode key;
    } also[] = {{"Enter", SDLK_RETURN},  {"Return", SDLK_RETURN},  {"OK", SDLK_RETURN},
                {"Esc", SDLK_ESCAPE},    {"Escape", SDLK_ESCAPE},  {"Back", SDLK_AC_BACK},
                {"Tab", SDLK_TAB},       {"Space", SDLK_SPACE},    {"Backspace", SDLK_BACKSPACE},
                {"Delete", SDLK_DELETE}, {"Page_Up", SDLK_PAGEUP}, {"Page_Down", SDLK_PAGEDOWN}};
    for (size_t i = 0; i < ARRAY_LEN(also); i++)
        if (strcasecmp(name, also[i].name) == 0) {
            *key = also[i].key;
            return true;
        }
    if (name[0] >= ' ' && name[0] < 0x7F && name[1] == '\0') {
        *key = name[0] >= 'A' && name[0] <= 'Z' ? name[0] + 32 : name[0];
        return true;
    }
    // Not SDL_GetKeyFromName: that asks the keyboard's map, which a headless client does not have.
    SDL_Scancode code = SDL_GetScancodeFromName(name);
    *key = code == SDL_SCANCODE_UNKNOWN ? SDLK_UNKNOWN : (SDL_Keycode)SDL_SCANCODE_TO_KEYCODE(code);
    return code != SDL_SCANCODE_UNKNOWN;
}
