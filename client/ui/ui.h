// Everything a person sees and presses. Main thread only; the only folder that draws.
// `app` feeds SDL events, the call model and the statistics, and gets actions back through `ui_ops`.
#ifndef PARLOUR_UI_H
#define PARLOUR_UI_H

#include <SDL2/SDL.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct AVFrame;
struct call;
struct device_names;
struct directory_list;
struct stats;

enum ui_action {
    UI_TOGGLE_MICROPHONE,
    UI_TOGGLE_CAMERA,
    UI_SEND_CHAT,    // text = the message, valid UTF-8
    UI_CREATE_ROOM,  // from the home screen
    UI_JOIN_INVITE,  // text = a pasted or typed invite link
    UI_LEAVE,        // Ctrl+D, or Leave in the bar: hang up, back to the home screen
    UI_QUIT,         // Ctrl+Q or the window's close button; never sent in kiosk mode
    UI_TRY_AGAIN,    // the button of an error card, or back to the room one has left
    UI_CHAT_SEEN,    // the chat panel shows the newest line
    UI_JOIN_CODE,    // text = six digits, perhaps followed by a blank and the room's passphrase
    UI_ADMIT,        // id = the knock
    UI_DENY,         // id = the knock
    UI_COMPARE,      // id = member: let both see a number to compare
    UI_COMPARE_SAME, // id = member: it is the same on both screens
    UI_COMPARE_STOP, // it is not, or another time
    UI_TRUST,        // id = member: whose name was somebody else's; it is all right
    UI_CALL,         // text = the identity, base64url: ring there
    UI_ANSWER,       // id = the ring: with a picture, if there is a camera
    UI_ANSWER_SOUND, // id = the ring: camera stays off
    UI_REFUSE,       // id = the ring
    UI_STOP_CALLING,
    UI_STAY,         // id = the ring: do not answer by itself, a person is here
    UI_MISSED_SEEN,  // the home screen has shown who called
    UI_RECENT,       // id = index in call.recent: go there again
    UI_AWAY,         // id 1: nobody has touched the screen for a while; 0: somebody has
    UI_HAND,         // raise or lower my hand
    UI_KICK,         // id = member
    UI_MUTE,         // id = member, 0 = all others: a host asks
    UI_ROLE_HOST,    // id = member: host from now on
    UI_ROLE_GUEST,   // id = member: host no more
    UI_LOCK,         // id 1 or 0
    UI_LOBBY,        // id 1 or 0: everybody waits to be let in
    UI_END_ROOM,     // for all
    UI_SEND_CHAT_TO, // id = member, text: to that one alone
    UI_TRIAL,        // id 1: try camera and sound; 0: enough of that
    UI_TRIAL_SOUND,  // play the chime, and listen
    UI_TRIAL_VOICE,  // record, and play it
    UI_VOLUME,       // id = member, text = percent: how loud he is here
    UI_HOLD,         // the key to talk or to be silent is down,
    UI_RELEASE,      // up again,
    UI_HOLD_LOST,    // or no longer ours to hear
    UI_FILE_SEND,    // text = its path, id = member, 0 = all
    UI_FILE_ACCEPT,  // these four: id = the file's
    UI_FILE_REFUSE,
    UI_FILE_CANCEL,
    UI_FILE_RETRY,
    UI_SHARE,        // id 1: show this screen, or what text says; 0: no longer; 2 and more: that of call.share
    UI_SHARE_LOOK,   // what can be shown: call.share.choice
    UI_FILM,         // id = member, text = JSON: what its library or film is asked for
    UI_FILM_QUALITY, // id = member, text = 0 to 2, or -1: as the network allows
    UI_RECORD,       // id 1: write this call down; 0: no longer
    UI_SET           // text = "OPTION=VALUE": a person has changed a setting (client/settings.h)
};

// What a person may change about all screens while they are shown.
struct ui_look {
    int text_scale;   // percent, 100..300
    int screen_edges; // percent, 0..5
    int idle_after;   // minutes, 0 = never
    bool high_contrast, reduced_motion, mirror_self;
};

// Somebody this box knows.
struct ui_known {
    char name[129];
    char fingerprint[44]; // base64url
    bool verified, paired;
};

struct ui_ops {
    void *ctx;
    void (*action)(void *ctx, enum ui_action action, uint32_t id, const char *text); // id 0, text NULL unless said
    // The newest picture that is due for a member (id 0 = my own camera), or NULL when nothing newer than the last
    // call is due. I420 or NV12; the frame stays owned by the source and valid until the next call for that member.
    // *next_due_us (out, may be left alone) = when the next queued picture becomes due, for the loop's timeout.
    struct AVFrame *(*picture)(void *ctx, uint16_t member, uint64_t now_us, uint64_t *next_due_us);
    // A picture of this member was put on the screen just now.
    void (*shown)(void *ctx, uint16_t member, uint64_t now_us);
    // The same two of the screen that a member shows.
    struct AVFrame *(*screen_picture)(void *ctx, uint16_t member, uint64_t now_us, uint64_t *next_due_us);
    void (*screen_shown)(void *ctx, uint16_t member, uint64_t now_us);
    // For the settings screen: the value of a setting as text (client/settings.h), or what this box is ("relay",
    // "identity", "version"); false = there is no such thing. NULL = there are none.
    bool (*setting)(void *ctx, const char *name, char *out, size_t size);
    // And whom this box knows, at most `max` of them, the paired first; returns how many.
    size_t (*known)(void *ctx, struct ui_known *out, size_t max);
    // And what there is now for the setting "camera", "microphone" or "speaker"; false = that is not known yet.
    bool (*devices)(void *ctx, const char *setting, struct device_names *out);
    // What lies in a folder (client/directory.h), "" = the places to begin at; `again`: read it anew. Valid until the
    // next call. NULL = nothing can be chosen from here.
    const struct directory_list *(*directory)(void *ctx, const char *path, bool again);
};

struct ui_config {
    int width, height; // window size; ignored in full screen
    bool fullscreen, kiosk, headless;
    const char *display_path; // "auto", "surface" or "renderer"
    const char *title;
    int text_scale; // percent, 100..300
    bool mirror_self;
    int idle_after;   // minutes without a key until only the time is shown, 0 = never
    const char *name; // shown on the home screen: whose box this is, or NULL
    bool high_contrast, reduced_motion;
    int screen_edges;         // percent of each side that the screen cuts off, 0..5
    const char *settings_pin; // 4 to 8 digits before the settings open; NULL = none. Stays valid
};

struct ui; // opaque

// Bind actions to other keys before there is a screen: "chat=T,help=none" (bindings.h). False with one sentence.
bool ui_bind(const char *spec, char *error, size_t size);

// NULL with *error_sentence (static) when no window can be opened or no font is found.
struct ui *ui_create(const struct ui_config *config, const struct ui_ops *ops, const char **error_sentence);
void ui_destroy(struct ui *ui);

// One SDL event: keys, text, window. Returns true when it was used.
bool ui_event(struct ui *ui, const SDL_Event *event);
// Press a key by its SDL name ("m", "Escape", "Ctrl+D", "F11") as a person would; false for an unknown name.
bool ui_press(struct ui *ui, const char *key_name);
// Bring the screen up to date: takes due pictures, moves animations, draws and presents only when something changed and
// not sooner than one refresh after the last present. Returns when it wants to be called again (us, UINT64_MAX = only
// on an event). Keys pressed later look at the same `call`: both must stay valid until the next ui_frame or ui_destroy.
uint64_t ui_frame(struct ui *ui, const struct call *call, const struct stats *stats, uint64_t now_us);
// From the next ui_frame on everything is drawn like this, and in the language chosen now. `name` as in ui_config.
void ui_apply(struct ui *ui, const struct ui_look *look, const char *name);
// Something in call or stats changed: the next ui_frame looks again.
void ui_invalidate(struct ui *ui);
// Other devices are there than ui_ops.devices said last.
void ui_devices_changed(struct ui *ui);
// A short notice at the bottom centre ("Marta has joined"); icon is a name of LOOK §11; kind: a newer one of the same
// kind replaces the older.
void ui_toast(struct ui *ui, const char *icon, const char *kind, const char *text);
// Write what is on the screen (or would be, headless) to a PNG file. False with a log line when the file cannot be
// made.
bool ui_screenshot(struct ui *ui, const char *path);
uint64_t ui_presents(const struct ui *ui); // presents since the start
// Where a member's tile is on the screen now, device pixels; false when it is not shown. For tests (IPC `members`).
bool ui_tile_rect(const struct ui *ui, uint16_t member, SDL_Rect *rect);
// Pin a member's tile as its key would, or not any more.
void ui_pin(struct ui *ui, uint16_t member, bool on);
bool ui_screen_rect(const struct ui *ui, uint16_t member, SDL_Rect *rect); // of the screen that he shows
// Whom the screen shows, or will once its tiles have moved, and how large: for who decides what comes of them.
struct ui_seen {
    uint16_t member;
    int height;  // of his picture's place, device pixels
    bool screen; // what he shows, not his camera
    bool talks;  // has the floor in speaker view, whether or not that is on
    bool pinned;
};
size_t ui_seen(const struct ui *ui, struct ui_seen *out, size_t max);
bool ui_typing(struct ui *ui);                   // something is being written just now
const char *ui_screen_name(const struct ui *ui); // "home", "call", ... and ui_panel_name: "", "chat", "connection", ...
const char *ui_panel_name(const struct ui *ui);

#endif
