// The client's options: command line, PARLOUR_*, parlour.conf, checked and ready to use (DESIGN §8). The invite has a
// key: whoever holds this holds it in guarded memory.
#ifndef PARLOUR_CLIENT_OPTIONS_H
#define PARLOUR_CLIENT_OPTIONS_H

#include "invite.h"
#include "paths.h"
#include "quiet_hours.h"

#include "shared/options.h"

enum { CLIENT_OPTIONS_PORT = INVITE_PORT, CLIENT_OPTIONS_WORDS = 128 };

enum client_program {
    CLIENT_CALL,   // a person's call: the whole of what is not said to be of another one
    CLIENT_CAMERA, // `parlour camera`: cameras without a screen
    CLIENT_LIBRARY // `parlour serve`: films in a folder
};

struct client_options {
    // As given, never NULL unless said.
    char *relay;  // NULL = none
    char *name;   // 1 to 32 code points, default the host's name
    char *camera; // "auto", "none", "test", ... (DESIGN §7)
    char *microphone, *speaker;
    char *camera_given, *microphone_given, *speaker_given; // before a person chose another on the screen
    char *window;                                          // NULL = none; see width, height
    char *ipc;                                             // NULL = none
    char *share;                                           // screen_config.spec; NULL = nothing by itself
    bool allow_share;                                      // in a kiosk
    char *audio_codec;                                     // "opus" or "l16"
    char *audio_frame;                                     // "10", "20" or "auto"
    char *display_path;                                    // "auto", "surface" or "renderer"
    char *relay_fingerprint;                               // base64url, or NULL
    char *room;            // an invite link or a number was given in it: wiped once `invite` has it; NULL = none
    char *rtp_dump;        // NULL = none
    char *record;          // a file to be written; NULL = none. With `headless` it is a recorder
    char *download_dir;    // of files that others send; NULL = paths_downloads
    int file_floor_mb;     // disk that they leave free; 0 = 1 GiB or a twentieth
    char *data_dir;        // absolute or relative, not yet made (paths_make)
    char *log_format;      // "logfmt" or "json"
    char *passphrase_file; // "-" = standard input; NULL = none
    char *forget_identity, *verify_identity, *pair_identity, *unpair_identity; // orders; NULL = not given
    bool list_devices;
    bool list_identities; // one more
    bool only_paired;     // keys are given to paired identities alone
    bool create, lobby, fullscreen, headless, kiosk, require_fingerprint, tls;
    char *quiet_hours;     // HH:MM-HH:MM, NULL = none
    bool registers;        // be in the relay's list of people
    bool auto_answer;      // calls of paired identities are taken by themselves
    int auto_answer_delay; // s
    int time_limit;        // s, 0 = none
    int connect_timeout;   // s, 0 = never; counts only when headless
    int video_bitrate;     // kbit/s
    int text_scale;        // percent
    int idle_after;        // minutes without a key until only the time is shown, 0 = never
    int volume;            // of the loudspeaker, percent
    int sound_volume;      // percent
    bool sounds;
    bool audio_processing;       // of what a microphone hears
    bool audio_processing_typed; // on the command line: of a tone or a file, too
    char *theme;                 // "dark" or "high-contrast"
    char *keys;                  // "ACTION=KEY,…" for the screen to read; NULL = all as they are
    char *settings_pin;          // 4 to 8 digits, NULL = none
    bool keys_typed;             // on the command line
    char *language;              // "auto" or one of language_list
    int screen_edges;            // percent of each side that the screen cuts off
    bool listen_while_muted;     // the device stays open, nothing of it is sent
    bool mirror, reduced_motion;
    int verbose, quiet; // counts

    // Of `parlour camera`.
    enum client_program program;
    char *words[CLIENT_OPTIONS_WORDS]; // what is no option, in order: NAME SPEC ...
    size_t word_count;
    int camera_id;           // of the first of them; 0 = what is free in the room
    int serve_tcp;           // port for stock viewers; 0 = none
    char *serve_tcp_address; // numeric
    int films;               // `parlour serve`: so many play at a time

    // Worked out of them.
    char relay_host[INVITE_HOST_MAX]; // "" = none; the invite's relay when there is an invite
    uint16_t relay_port;
    char fingerprint[44]; // of that relay, base64url or "public"; "" = pins
    int width, height;    // window, or with --headless the size tiles are laid out at
    bool has_invite;      // from the argument, or else `room`; a number becomes an invite without key to `relay`
    bool from_room;       // the invite is `room`'s, not one given on the command line
    bool has_code;        // a number was given, not a link
    uint32_t code;
    struct invite invite;
    struct quiet_hours silence;
    char *passphrase; // of the room to make or to enter, in guarded memory (passphrase.h); NULL = none
    bool has_order;   // one of the five about identities: do it, print, end. Only name and data_dir have been checked.
    int log_level;    // enum log_level
    bool log_json, l16;
};

// Read everything. True: run. False: *exit_code is 0 after --help and --version, else 64 or 78 with one sentence on
// stderr. Free either way.
bool client_options_read(struct client_options *o, int argc, char **argv, int *exit_code);
void client_options_free(struct client_options *o);
// What a person changes while the program runs: a setting (settings.h) that has to fit. False, and nothing changed,
// when it does not. The text of one as it is now: client_options_show, false when there is no such option.
bool client_options_change(struct client_options *o, const char *name, const char *value);
bool client_options_show(const struct client_options *o, const char *name, char *out, size_t size);
// Where such changes are kept (settings_file.h). False when the name of the data directory is too long.
bool client_options_settings_path(const struct client_options *o, char out[PATHS_MAX]);
// The table, for man pages and lint.
const struct option_table *client_options_table(void);

#endif
