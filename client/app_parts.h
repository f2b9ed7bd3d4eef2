// The inside of app, for its files only.
#ifndef PARLOUR_APP_PARTS_H
#define PARLOUR_APP_PARTS_H

#include "app.h"
#include "audio_processing.h"
#include "auto_answer.h"
#include "call.h"
#include "device_watch.h"
#include "directory.h"
#include "identities.h"
#include "ipc.h"
#include "ipc_commands.h"
#include "mailbox.h"
#include "messages.h"
#include "mute_hint.h"
#include "net/transport.h"
#include "paths.h"
#include "privacy.h"
#include "quiet_hours.h"
#include "recorder.h"
#include "recv/frame_queue.h"
#include "recv/lip_sync.h"
#include "recv/receivers.h"
#include "recv/speaker.h"
#include "send/audio_encoder.h"
#include "send/audio_frame.h"
#include "send/camera.h"
#include "send/mic.h"
#include "send/picture_encoders.h"
#include "send/screen.h"
#include "sound_rules.h"
#include "stats.h"
#include "ui/announcements.h"
#include "ui/ui.h"
#include "volumes_file.h"

#include <pthread.h>
#include <stdatomic.h>

struct app_sync_one { // a member whose clock is known
    uint16_t member;  // 0 = free
    // Net thread: what he captured at one moment of his, as lip_sync_sound and lip_sync_picture, and when that was on
    // our clock; 0 = not told yet.
    uint32_t said_at, seen_at;
    uint64_t said_us, seen_us;
    // Main thread.
    struct lip_sync sync;
    uint32_t heard, shown; // until the last look
};

struct app_sync {
    pthread_mutex_t mutex; // covers the table
    struct app_sync_one table[RECEIVERS_MAX];
};

enum { APP_NOTICES = 2048 }; // a list of a thousand people, and what else happens meanwhile

enum { APP_VIEW_MAX = CALL_MEMBERS_MAX + 8 }; // and the screens that have a tile

struct app_view { // as the net thread was told last
    struct command_view seen[APP_VIEW_MAX];
    size_t count;
    bool changed; // since then
    uint64_t told_us;
};

struct app_record_seen { // somebody the recorder was told of
    uint16_t member;
    uint64_t join_id;
    bool camera;
};

struct app_record { // main thread; the recorder has its own locks
    struct recorder *recorder;
    bool wanted;       // at start, once we are in a room
    bool asked;        // its file is being made,
    uint64_t asked_us; // since then
    bool on;           // others are told that we record
    bool slow;         // it was said that the disk does not follow
    struct app_record_seen seen[CALL_MEMBERS_MAX];
    size_t count;
    uint64_t clock_us; // it was told last where our own sound and pictures are
};

struct app_share {                     // what this box shows to the others
    struct picture_encoders *encoders; // fixed between start and stop, like the next
    struct frame_queue *pictures;      // for its own tile
    struct screen_steering steering;   // any thread
    atomic_bool seen;                  // its own tile shows it
    unsigned made[BUDGET_SCREENS];     // net thread: pictures a second; 0 = none is made
    // Main thread.
    struct screen *screen; // NULL = nothing is shown
    unsigned times;
    uint32_t window[CALL_SHARES_MAX]; // of the choices
};

struct app { // in guarded memory: the invite is in it, and in words
    const struct client_options *options;

    // Any thread: what wakes the loop.
    struct mailbox notices;    // struct notice
    atomic_bool missed;        // one that matters has found no place there
    atomic_bool known_changed; // somebody was met, paired or forgotten
    atomic_bool devices_changed;
    atomic_bool wake_pending;
    _Atomic Uint32 wake_event; // with a window, once it stands; 0 before that and without
    int wake_fd;

    // Fixed between start and stop; each has its own locks.
    struct transport *transport;
    struct receivers *receivers;
    struct speaker *speaker;
    struct audio_processing *audio_processing;
    struct sounds *sounds;
    struct picture_encoders *picture_encoders;
    struct audio_encoder *audio_encoder;
    struct audio_frame audio_frame;
    struct frame_queue *self_pictures;
    struct app_sync sync;
    struct app_share share;
    struct ipc *ipc;
    struct identities *identities;
    struct app_files *files;
    struct device_watch *devices; // NULL until somebody opens the settings
    struct directory *directory;  // NULL until somebody looks for a file to send

    uint8_t l16_voices[8192]; // net thread: a bit a member who has a voice already, with --audio-codec l16

    atomic_bool hold_pictures; // too much waits to be sent: the camera's are left out
    atomic_bool trial_on;      // what the microphone hears is for the trial alone
    atomic_size_t trial_heard; // samples; as many as trial_sound holds: none are wanted
    int16_t *trial_sound;      // the capture thread's below that number, main's once it is full

    // Main thread only.
    struct ui *ui;
    struct call call;
    uint8_t chat_tag[32]; // whose lines are in it: follows from the invite key of that room or call
    struct announcements_crowd joined, left;
    struct stats stats;
    struct volumes volumes; // as call.members[].volume, and of those who have gone
    bool volumes_changed;   // since the file was written
    struct privacy privacy; // what may be open; call.microphone_on and camera_on follow it
    struct camera *camera;  // as it says
    struct mic *mic;
    struct mute_hint mute_hint;
    struct app_view view;
    struct app_record record;
    struct ipc_ops ipc_ops;
    struct films *films;
    int16_t *trial_chime;
    uint64_t trial_us, trial_step_us; // when the person was last there; when this step began
    bool trial_again;                 // the chime is played for the second time
    struct quiet_hours silence;
    struct sound_rules sound_rules;
    struct settings_file *settings;
    struct client_options *changeable; // `options`, for app_settings.c alone
    bool renamed;                      // the relay is to be told when we are at home
    enum sound sound_loop;             // what repeats
    bool sounds_on;
    bool answers; // calls of whom this box has paired, by itself, after answer_delay_s
    unsigned answer_delay_s;
    bool devices_wanted;
    bool away, away_told, answers_told; // told: what others were told last; at first, neither
    uint8_t identity_public[32];
    uint8_t *identity_secret; // 64 bytes in guarded memory that is only read; the only copy
    char pins_path[PATHS_MAX];
    struct invite target;             // what we join or have joined
    struct invite *recent;            // as call.recent; closed guarded memory
    bool own_room;                    // the first of them is the room this box belongs to, and stays
    char relay_host[INVITE_HOST_MAX]; // where the link goes now
    uint16_t relay_port;
    char relay_fingerprint[44]; // which it was told to expect; "" = none
    bool has_target, creating;
    uint8_t *pass_root; // of the passphrase that was typed or given, 32 bytes in guarded memory; NULL = none
    bool creator;       // we made the room we are in
    bool ending;        // our person has ended it for all
    bool invite_printed, ever_in_room, picture_seen;
    bool quit;
    int exit_code;
    uint64_t started_us, levels_us, stats_us, retry_us, joining_us; // retry: a refused kiosk asks again
    uint64_t unreached_us; // since when there is no connection; 0 = there is one
    uint64_t cpu_us, presents;
};

// app.c
void app_wake(void *app); // any thread
void app_end(struct app *a, int exit_code);

// app_media.c
bool app_media_create(struct app *a);
// Something has happened that decides about microphone and camera (privacy.h): devices are opened and closed, and
// `call` says what is wanted.
void app_media_privacy(struct app *a, enum privacy_event e);
void app_media_leave(struct app *a); // nobody is seen or heard any more
// Any thread: what became of a device: a sentence, "" = it works again; and what is to be said of one that works.
void app_devices_tell(struct app *a, enum devices_kind device, const char *sentence);
void app_devices_say(struct app *a, enum devices_kind device, enum sound_said what, const char *wanted,
                     const char *now);
void app_devices_notice(struct app *a, const struct notice *n);                   // NOTICE_DEVICE
void app_devices_said(struct app *a, const struct notice *n);                     // NOTICE_DEVICE_USE
bool app_devices_known(void *app, const char *setting, struct device_names *out); // ui_ops.devices
void app_devices_tick(struct app *a); // looked for while the settings are open
void app_devices_close(struct app *a);
const struct directory_list *app_directory(void *app, const char *path, bool again); // ui_ops.directory
void app_media_reopen(struct app *a, bool camera); // another device was chosen: camera or microphone
// How loud a member is here: percent, 0..200; kept by its identity. NULL, or why not.
const char *app_media_volume(struct app *a, uint16_t member, int percent);
void app_media_listen(struct app *a); // the muted microphone does, or does no longer
void app_media_levels(struct app *a, uint64_t now_us);
void app_media_stats(struct app *a, uint64_t now_us);
void app_media_stop(struct app *a);
void app_media_join(struct app *a);
void app_media_destroy(struct app *a);
// sinks for the net thread
void app_media_audio(void *app, const struct media_packet *p);
void app_media_video(void *app, uint16_t member, uint8_t slot, struct recv_frame *frame);
void app_media_clock(void *app, uint16_t member, uint8_t slot, uint32_t ts, uint64_t local_us);
void app_media_gone(void *app, uint16_t member);
void app_media_keyframe(void *app, uint8_t slot);
void app_media_rates(void *app, const struct outflow_rates *rates);
void app_media_hold(void *app, bool hold);
struct AVFrame *app_media_picture(void *app, uint16_t member, uint64_t now_us, uint64_t *next_due_us);
void app_media_shown(void *app, uint16_t member, uint64_t now_us);

// app_share.c
bool app_share_create(struct app *a);
const char *app_share_start(struct app *a, const char *spec); // as screen_config has it; NULL, or a sentence why not
void app_share_end(struct app *a);                            // nothing is shown any more; others are told by the state
void app_share_entered(struct app *a, bool resumed);          // a room: with --share it begins
void app_share_told(struct app *a, struct call_member *m, bool screen);                     // by another, of his
void app_share_over(struct app *a, const struct notice *n);                                 // NOTICE_SHARE_OVER
bool app_share_action(struct app *a, enum ui_action action, uint32_t id, const char *text); // false: not about it
void app_share_rates(struct app *a, const struct outflow_rates *rates); // net thread, like the next two
void app_share_keyframe(struct app *a, unsigned layer);
void app_share_hold(void *app, bool hold);
struct AVFrame *app_share_picture(void *app, uint16_t member, uint64_t now_us, uint64_t *next_due_us);
void app_share_shown(void *app, uint16_t member, uint64_t now_us);
void app_share_stop(struct app *a);
void app_share_join(struct app *a);
void app_share_destroy(struct app *a);

// app_sync.c
void app_sync_create(struct app_sync *y);
void app_sync_destroy(struct app_sync *y);
// Net thread: with timestamp ts he captured at local_us of our clock; he is gone.
void app_sync_clock(struct app_sync *y, uint16_t member, uint8_t slot, uint32_t ts, uint64_t local_us);
void app_sync_gone(struct app_sync *y, uint16_t member);
void app_sync_look(struct app *a, uint64_t now_us); // ten times a second in a call
// Latency, skew and hold of a voice.
void app_sync_stats(struct app *a, struct stats_stream *st, const struct speaker_figures *voice);

// app_audio.c
bool app_audio_create(struct app *a);
void app_audio_opens(struct app *a); // before a microphone is opened: is its sound worked on?
void app_audio_played(void *app, const int16_t *samples, uint64_t heard_us);                // playback thread
void app_audio_heard(void *app, const int16_t *samples, size_t count, uint64_t capture_us); // capture thread
uint32_t app_audio_ts(void *app, uint64_t now_us);                                          // any thread
void app_audio_stats(struct app *a, struct stats_audio *out);
void app_audio_choose_frame(struct app *a, uint64_t now_us); // by the newest statistics, once a second

// app_notices.c
void app_notice(void *app, struct notice *n); // any thread; moved
void app_notices_drain(struct app *a);
uint64_t app_notices_greet_silent(struct app *a, uint64_t now_us); // when it wants to be called again

// app_trust.c
void app_trust_safety(struct app *a); // the room safety code anew
bool app_trust_open(struct app *a);   // false with a sentence on stderr
bool app_trust_start(struct app *a);  // with the transport in place
void app_trust_close(struct app *a);  // with the net thread ended
void app_trust_met(void *app);        // any thread
// These return NULL when done, or a static sentence for the person.
const char *app_trust_member(struct app *a, enum command_type type,
                             uint16_t member); // COMMAND_COMPARE to COMMAND_TRUST
const char *app_trust_pair(struct app *a, uint16_t member, const char *fingerprint, bool on); // member 0 = fingerprint
const char *app_trust_forget(struct app *a, const char *name);
json_t *app_trust_self(const struct app *a); // as IPC answers; owned by the caller
json_t *app_trust_list(const struct app *a);

// app_record.c: recording
bool app_record_is_recorder(const struct app *a); // no person, but a program that writes down what others send
void app_record_create(struct app *a);
void app_record_destroy(struct app *a);
void app_record_leave(struct app *a); // the room: its recording is over. A recorder begins anew in the next one
// Nothing is recorded any more; before what its thread asks of is destroyed. False: the disk does not answer, and
// nothing may be freed.
MUST_USE bool app_record_finish(struct app *a);
const char *app_record_start(struct app *a, const char *path); // NULL = a name of its own. NULL, or a sentence why not
const char *app_record_stop(struct app *a);
void app_record_press(struct app *a, bool on);            // a person wants it, or no longer
uint64_t app_record_tick(struct app *a, uint64_t now_us); // each turn of the loop; when it wants the next one

// app_view.c: the net thread hears whom the screen shows. When to call again.
uint64_t app_view_tick(struct app *a, uint64_t now_us);

// app_recent.c: the rooms one was in
bool app_recent_create(struct app *a);                           // false: no memory
void app_recent_add(struct app *a, const struct invite *invite); // as the newest
bool app_recent_get(struct app *a, size_t index, struct invite *invite);
// The room is over. False: it was not among them, or is the one this box belongs to, which stays.
bool app_recent_drop(struct app *a, const struct invite *invite);
void app_recent_show_own(struct app *a); // on the home screen: how others come into the room that is this box's own
void app_recent_destroy(struct app *a);

// app_calls.c: who can be called, calling and being called
bool app_calls_idle(const struct app *a); // no room and no call: one may call, and be called
const char *app_calls_call(struct app *a, const uint8_t identity[32]); // NULL, or a static sentence why not
uint64_t app_calls_tick(struct app *a, uint64_t now_us);  // when it wants to be called again, at the latest
void app_calls_over(struct app *a, enum privacy_event e); // it rings no more, or the call of two is over: home
bool app_calls_hang_up(struct app *a); // the person does not go on with what rings or connects; false: nothing does
bool app_calls_stale(struct app *a,
                     const struct notice *n); // NOTICE_ROOM, of what a person here has given up meanwhile
void app_calls_notice(struct app *a, const struct notice *n);
void app_calls_action(struct app *a, enum ui_action action, uint32_t id, const char *text);

// app_sounds.c: what sounds when
bool app_quiet(const struct app *a);                           // quiet hours: no sound, no answer by itself
void app_sounds_notice(struct app *a, const struct notice *n); // before it is applied
uint64_t app_sounds_tick(struct app *a, uint64_t now_us);      // each turn of the loop; when it wants the next one
void app_sounds_not_possible(struct app *a);                   // what a person wants cannot be done
void app_sounds_volume(struct app *a, int percent);            // who turns it hears a drop
void app_sounds_loudness(struct app *a, int percent);          // of the loudspeaker, likewise
void app_sounds_set(struct app *a, bool on);                   // off: what sounds stops, too

// app_trial.c: trying camera and sound
void app_trial_open(struct app *a);                                        // at home; elsewhere a sentence says why not
void app_trial_close(struct app *a);                                       // any time
void app_trial_sound(struct app *a);                                       // does the microphone hear the loudspeaker?
void app_trial_voice(struct app *a);                                       // three seconds, and then they are played
bool app_trial_heard(struct app *a, const int16_t *samples, size_t count); // capture thread: true when it took them
uint64_t app_trial_tick(struct app *a, uint64_t now_us);                   // when it wants the next one
void app_trial_destroy(struct app *a);                                     // with mic and speaker gone

// app_films.c: libraries of films, and what plays
bool app_films_create(struct app *a);
void app_films_destroy(struct app *a);
bool app_films_told(struct app *a, const struct notice *n);      // NOTICE_TELL; false: it was not about films
bool app_films_says(struct app *a, const struct call_member *m); // that it plays for us is said: it need not be greeted
void app_films_left(struct app *a, uint16_t member);             // before it is forgotten
uint64_t app_films_tick(struct app *a, uint64_t now_us);         // each turn of the loop; when it wants the next one
void app_films_view(struct app *a, struct command_view *x);      // which quality of it is wanted, or nothing
void app_films_action(struct app *a, enum ui_action action, uint32_t id, const char *text);
bool app_films_ipc(void *app, const char *name, const json_t *args, json_t **data, const char **error);

// app_ipc.c
void app_ipc_init(struct app *a);  // fills ipc_ops
void app_ipc_serve(struct app *a); // what waits
// app_settings.c: what a person changes on the settings screen
void app_settings_open(struct app *a);
void app_settings_close(struct app *a); // writes what is not yet written
struct ui_look app_settings_look(const struct app *a);
bool app_settings_value(void *app, const char *name, char *out, size_t size); // ui_ops.setting
size_t app_settings_known(void *app, struct ui_known *out, size_t max);       // ui_ops.known
void app_settings_change(struct app *a, const char *text);                    // "OPTION=VALUE"
uint64_t app_settings_tick(struct app *a, uint64_t now_us);                   // returns when to call again

// app_actions.c
bool app_send(struct app *a, struct command *c); // to the net thread; moved, also when false
void app_action(void *app, enum ui_action action, uint32_t id, const char *text);
void app_create(struct app *a);
void app_join(struct app *a, const struct invite *invite);
void app_leave(struct app *a);
void app_forget_passphrase(struct app *a);
void app_send_state(struct app *a);
// These return NULL when done, or a static sentence.
const char *app_host_order(struct app *a, const struct ipc_order *order);
const char *app_join_code(struct app *a, const char *text); // "428193", perhaps with the room's passphrase behind it

// app_cameras.c: members that are cameras
void app_cameras_newest(struct app *a, struct stats_stream *st, uint64_t now_us); // seq and age_ms
json_t *app_cameras_list(struct app *a);                                          // owned by the caller
const char *app_cameras_watch(struct app *a, unsigned id, bool on);               // by its number; NULL, or why not

// app_chat.c
const char *app_chat_say(struct app *a, uint16_t to, const char *text); // to all (0) or one alone; NULL, or why not
void app_chat_type(struct app *a, uint16_t to, const char *text);       // likewise; says on the screen why not
void app_chat_came(struct app *a, const struct notice *n);              // NOTICE_CHAT
void app_chat_told(struct app *a, const struct notice *n);              // NOTICE_DELIVERED, NOTICE_CHAT_LOST

// app_files.c: files that go and come, between the call model, the session and the disk
struct app_files;
bool app_files_start(struct app *a);                          // false: no thread can be started
void app_files_stop(struct app *a);                           // with the net thread ended
uint64_t app_files_tick(struct app *a, uint64_t now_us);      // when it wants the next one
void app_files_notice(struct app *a, const struct notice *n); // NOTICE_FILE_...
// These return NULL when done, or a static sentence.
const char *app_files_send(struct app *a, const char *path, uint16_t member); // 0 = to all
const char *app_files_act(struct app *a, enum ui_action action, uint32_t id); // UI_FILE_ACCEPT to UI_FILE_RETRY
bool app_files_action(struct app *a, enum ui_action action, uint32_t id, const char *text); // false: not about files

#endif
