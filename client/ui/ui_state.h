// What ui's own files share. Everything belongs to the main thread.
#ifndef PARLOUR_UI_STATE_H
#define PARLOUR_UI_STATE_H

#include "ui.h"

#include "ask.h"
#include "ask_view.h"
#include "bar.h"
#include "chat_view.h"
#include "chooser.h"
#include "client/call.h"
#include "client/stats.h"
#include "crossfade.h"
#include "files.h"
#include "films_view.h"
#include "hold.h"
#include "home_view.h"
#include "idle.h"
#include "input.h"
#include "meter.h"
#include "people.h"
#include "pen.h"
#include "pin_pad.h"
#include "client/settings.h"
#include "settings_view.h"
#include "ringing.h"
#include "stats_view.h"
#include "talker.h"
#include "tile.h"
#include "trial_view.h"
#include "toast.h"
#include "window.h"

enum ui_screen {
    SCREEN_HOME,
    SCREEN_JOINING,
    SCREEN_WAITING,
    SCREEN_CALL,
    SCREEN_FAILED,
    SCREEN_LOBBY,
    SCREEN_RINGING,
    SCREEN_CALLING
};
enum ui_panel { PANEL_NONE, PANEL_CHAT, PANEL_CONNECTION, PANEL_PEOPLE, PANEL_FILES, PANEL_FILMS };

enum layer_kind {
    LAYER_GROUND,
    LAYER_TILE,
    LAYER_RINGS,
    LAYER_HIDDEN,
    LAYER_BEFORE, // another large picture, fading
    LAYER_FRAME,
    LAYER_PAGE,
    LAYER_PANEL,
    LAYER_UNREAD,
    LAYER_BAR,
    LAYER_FILM, // what is said of one that plays
    LAYER_ASK,
    LAYER_CARD,
    LAYER_RECORDING,
    LAYER_OFF, // the microphone or the loudspeaker is, and nothing else says so
    LAYER_SIGN,
    LAYER_SHARING,
    LAYER_TOAST,
    LAYER_SETTINGS,
    LAYER_TRIAL,
    LAYER_TRIAL_PICTURE,
    LAYER_HELP,
    LAYER_FADE
};

// A member's tile, his camera's or his screen's, kept by who it is: tiles come and go.
struct whose {
    bool any, self, screen;
    uint16_t id;
    uint64_t join_id;
};

// One thing on the screen, from below to above. Two looks at the screen differ where their layers differ.
struct layer {
    enum layer_kind kind;
    struct tile *tile;
    uint16_t id;
    SDL_Rect bounds; // everything it may touch
    SDL_Rect solid;  // hides all below, but for rounded corners; empty = nothing is hidden
    int radius;      // of solid
    uint64_t signature;
    uint8_t alpha;
};

enum { LAYERS_MAX = TILES_MAX + 18, DAMAGE_MAX = 64, DAMAGE_SLACK = 1024 };

struct ui {
    struct ui_config config;
    struct ui_ops ops;
    struct window *window;
    struct canvas *canvas;
    struct pen pen;
    int width, height;
    const struct call *call; // of this frame only
    const struct stats *stats;
    uint64_t now_us;

    enum ui_screen screen;
    enum ui_screen ground;            // the one drawn last
    enum ui_panel panel, panel_shown; // wanted; drawn (stays until it has slid out)
    uint64_t panel_us;                // when it was opened or closed
    bool help, speaker_view, self_hidden, seen_call;
    uint64_t screen_us, fade_us, help_us; // since when this screen; when its cross-fade began
    size_t page, pages;
    struct whose pinned, focused; // focused: the tile the arrows are on
    uint64_t focused_us;          // when they last moved
    struct tile tiles[TILES_MAX];
    size_t order[TILES_MAX], shown; // tiles in the order of the call
    size_t screens;                 // of them that others show, and films
    bool screens_small;             // a person wants them no larger than the rest
    struct talker talker;           // speaker view
    struct crossfade large_before;  // who had the large picture there
    size_t hidden;
    SDL_Rect hidden_at, stage, page_at; // page_at: the chip that says which page this is
    bool two;

    struct chat_view chat;
    struct stats_view stats_view;
    struct home_view home;
    struct settings_view settings;
    struct trial_view trial;
    struct pin_pad pin;
    bool locked; // the settings are open, but for their number
    struct idle idle;
    struct ringing ringing;
    struct hold hold;
    struct meter meter;  // of my microphone
    int loudness_before; // when the loudspeaker was turned off
    struct bar bar;
    struct toasts toasts;
    struct people people;
    uint64_t people_lost_us; // when its focused row went away by itself
    struct files files;
    struct chooser chooser; // of a file to send, in the panel's place
    struct films_view films_view;
    uint64_t film_told, film_bar_us; // what the bar of a film said last; since when it is shown
    int64_t film_from_ms;            // when, by what it said, the film would have begun
    uint16_t film_bar;               // whose it is now; 0 = none
    bool film_bar_keys;
    struct ask ask;
    struct ask_card ask_card; // what it says, or said while it fades
    SDL_Rect ask_rect;
    uint64_t ask_us;               // when it came or went
    size_t lobby_focus;            // button of the screen of one who waits to be let in
    struct call_member lobby_self; // and me there: the room does not know me yet
    uint32_t chat_seen;
    uint64_t typing_us; // when a text field last had the focus
    bool typing;

    struct layer layers[LAYERS_MAX], before[LAYERS_MAX];
    size_t layer_count, before_count;
    SDL_Rect damage[DAMAGE_MAX];
    int damage_count;
    bool damage_all, dirty;
    uint64_t present_us, presents, wake_us;
    char kept_name[64];
};

// scene.c: what is on the screen now, compared with before.
void scene_build(struct ui *ui);
void scene_damage(struct ui *ui, SDL_Rect rect);
bool scene_draw(struct ui *ui); // false when nothing had to be drawn
struct bar_state scene_bar_state(const struct ui *ui);
// tiles.c: people, their places and pictures.
void tiles_follow(struct ui *ui);
bool tiles_company(const struct call *call); // others are here who have a picture, or initials
void tiles_place(struct ui *ui);
void tiles_pictures(struct ui *ui);
void tiles_shown(struct ui *ui);
struct tile_look tiles_look(const struct ui *ui, const struct tile *tile);
const struct call_member *tiles_member(const struct ui *ui, const struct tile *tile);
// stage.c: which tile is pinned, which one the arrows are on, which page is shown.
void stage_follow(struct ui *ui);
bool stage_speaker(const struct ui *ui); // one picture is large: a screen that is shown, a film, or who speaks
void stage_speaker_turn(struct ui *ui);  // or the other way
bool stage_pinned(const struct ui *ui, const struct tile *tile);
bool stage_focused(const struct ui *ui);            // the arrows are on a tile
const struct tile *stage_tile(const struct ui *ui); // that tile, or NULL
bool stage_can_pin(const struct ui *ui);
void stage_pin_nth(struct ui *ui, size_t n); // of this page, from 0; again: undone
void stage_pin(struct ui *ui, bool self, uint16_t id, uint64_t join_id);
bool stage_enter(struct ui *ui); // from the bar up to the tiles
void stage_arrow(struct ui *ui, enum input_action action);
void stage_press(struct ui *ui);
void stage_leave(struct ui *ui);
void stage_page(struct ui *ui, int steps);
// keys.c: what people press.
bool keys_press(struct ui *ui, SDL_Keycode key, uint16_t modifiers, bool repeat); // repeat: it was down before
void keys_text(struct ui *ui, const char *text);
bool keys_enters(SDL_Keycode key); // one of the keys that press
bool keys_typing(const struct ui *ui);
bool keys_of_window(enum input_action action); // of the window, not of the call: does the same on every screen
struct field *keys_field(struct ui *ui);
void keys_hide_me(struct ui *ui);                   // my own picture, or show it again
char *keys_composing(struct ui *ui);                // the unfinished input of an input method
void keys_held(struct ui *ui, enum hold_does does); // the key that is held: what came of it
unsigned keys_hold_place(const struct ui *ui);      // 0 = nothing can be held here
// volume_keys.c: how loud the loudspeaker is, and the person chosen in the list. True when the key was for it.
bool volume_keys_run(struct ui *ui, enum input_action action);
bool volume_keys_person(struct ui *ui, int direction);
// signs.c: what is said for as long as it is true. False when nothing is.
bool signs_hold(const struct ui *ui, struct toast *sign);
bool signs_sharing(const struct ui *ui, struct toast *sign);
bool signs_off(struct ui *ui, SDL_Rect *bounds, uint64_t *signature);
void signs_draw_off(struct ui *ui, SDL_Rect bounds);
bool signs_recording(struct ui *ui, SDL_Rect *bounds, uint64_t *signature);
void signs_draw_recording(struct ui *ui, SDL_Rect bounds);
// front.c: home, and a call that rings; front_keys.c: its keys.
void front_follow(struct ui *ui);
uint64_t front_signature(struct ui *ui);
void front_draw(struct ui *ui);
bool front_rings(struct ui *ui, SDL_Rect *bounds, uint64_t *signature); // false when none are shown
void front_draw_rings(struct ui *ui, SDL_Rect bounds);
void front_press(struct ui *ui);                           // OK on the home screen
void front_arrow(struct ui *ui, enum input_action action); // there
void front_page(struct ui *ui, int direction);             // there
bool front_touch(struct ui *ui);                           // somebody is here: true when that was all the key did
bool front_key(struct ui *ui, SDL_Keycode key, uint16_t modifiers); // true when it was used
// chat_keys.c: the keys of the chat panel.
bool chat_keys_choosing(const struct ui *ui);                  // the list of whom one may write to is open
bool chat_keys_choose_whom(struct ui *ui);                     // opens or closes it; false: nobody to choose
void chat_keys_arrow(struct ui *ui, enum input_action action); // in the list
void chat_keys_send(struct ui *ui);                            // what is in the field, unless whom it is for has left
// asks.c: the card that waits for an answer, and who is chosen in the list of people.
void asks_follow(struct ui *ui);
int asks_place(struct ui *ui, SDL_Rect stage, bool two); // the room it takes at the bottom
bool asks_focused(const struct ui *ui);
bool asks_run(struct ui *ui, enum input_action action);
void asks_people_press(struct ui *ui);
uint8_t asks_alpha(const struct ui *ui);
int asks_rise(const struct ui *ui);
// panels.c: what the side panel shows.
uint64_t panels_signature(struct ui *ui);
void panels_draw(struct ui *ui, SDL_Rect at);
// files_keys.c: the Files panel: its keys, when it opens by itself, what is said of files while it is closed.
void files_keys_follow(struct ui *ui);
bool files_keys_focused(const struct ui *ui); // the panel is open and has the keys
bool files_keys_can_send(const struct ui *ui);
bool files_keys_run(struct ui *ui, enum input_action action); // true when it was for the panel
// chooser_keys.c: choosing a file to send.
bool chooser_keys_open(const struct ui *ui);                              // it is in the panel's place
void chooser_keys_start(struct ui *ui, const struct call_member *member); // NULL: for whom is asked
void chooser_keys_follow(struct ui *ui);
void chooser_keys_drop(struct ui *ui, const char *path);
bool chooser_keys_run(struct ui *ui, enum input_action action);
bool chooser_keys_press(struct ui *ui, SDL_Keycode key, uint16_t modifiers); // letters, Home, End, Backspace
uint64_t chooser_keys_signature(struct ui *ui);
void chooser_keys_draw(struct ui *ui, SDL_Rect panel);
// film_keys.c: films: their panel, the keys of one the arrows are on, its bar.
bool film_keys_here(const struct ui *ui); // there is a library, or a film for us
bool film_keys_focused(const struct ui *ui);
bool film_keys_run(struct ui *ui, enum input_action action);
bool film_keys_bar(struct ui *ui, SDL_Rect stage, int bottom, SDL_Rect *rect, uint64_t *signature); // false: none
void film_keys_draw_bar(struct ui *ui, SDL_Rect at);
// trial.c: trying camera and sound
void trial_follow(struct ui *ui);
bool trial_run(struct ui *ui, enum input_action action); // true when the screen is open and took it
// settings.c: the settings screen, over whatever is there.
void ui_open_settings(struct ui *ui);
bool settings_run(struct ui *ui, enum input_action action); // true when the screen is open and took it
void ui_open_panel(struct ui *ui, enum ui_panel panel);
void ui_wake(struct ui *ui, uint64_t at_us); // be called again then at the latest
void ui_act(const struct ui *ui, enum ui_action action, uint32_t id, const char *text); // tell app
SDL_Rect ui_whole(const struct ui *ui);
bool ui_in_room(const struct ui *ui);      // its screen is there, also while others are waited for
double ui_panel_part(const struct ui *ui); // 0 closed .. 1 open
void ui_set_text_scale(struct ui *ui, int percent);

#endif
