// What the IPC commands do: from the call model and the statistics to JSON, and from arguments to what `app` does.
// Main thread; no I/O of its own.
//   stats | members | chat TEXT | chat-to ID TEXT | chat-log [LAST-N] | tiles | screen | screenshot FILE | key NAME |
//   record [FILE] | record-stop | share [WHAT] | unshare |
//   volume ID PERCENT | create | join URL|"CODE [PASSPHRASE]" | leave | quit | room | safety | hand [BOOL]
// films: films [LIBRARY] | playing | play FILM me|room [LIBRARY] | film pause|resume|stop [MEMBER] | film seek MS
// [MEMBER] |
//   film quality 0|1|2|-1 [MEMBER]
// calls: people | call NAME|FINGERPRINT | ring | answer ["sound"] | refuse | hangup | missed | away BOOL
// cameras in the room: cameras | watch ID | unwatch ID
// files (ipc_files.h): send-file PATH [ID] | accept-file FILE | refuse-file FILE | cancel-file FILE | retry-file FILE |
//   files
// about identities: identity | identities | verify ID | trust ID | compare ID | compare-stop ID | pair ID|FINGERPRINT |
//   unpair FINGERPRINT | forget NAME
// for hosts: admit KNOCK | deny KNOCK | kick ID | lock BOOL | lobby BOOL | role ID host|guest | mute ID|all | end
#ifndef PARLOUR_IPC_COMMANDS_H
#define PARLOUR_IPC_COMMANDS_H

#include "call.h"
#include "messages.h"
#include "stats.h"

#include <jansson.h>

struct ipc_order { // of a host
    enum command_order order;
    uint32_t knock;
    uint16_t member;
    bool on;
};

enum ipc_file_act { IPC_FILE_ACCEPT, IPC_FILE_REFUSE, IPC_FILE_CANCEL, IPC_FILE_RETRY };

struct ipc_ops { // filled by app; each returns NULL when done, or a static sentence saying why not
    void *ctx;
    const char *(*screenshot)(void *ctx, const char *path);
    const char *(*press)(void *ctx, const char *key);
    const char *(*send_chat)(void *ctx, uint16_t to, const char *text); // 0 = to all
    const char *(*create)(void *ctx);
    const char *(*join)(void *ctx, const char *url);
    const char *(*leave)(void *ctx);
    const char *(*host)(void *ctx, const struct ipc_order *order);
    const char *(*about)(void *ctx, enum command_type type, uint16_t member); // COMMAND_COMPARE to COMMAND_TRUST
    const char *(*volume)(void *ctx, uint16_t member, int percent);           // 0..200
    const char *(*pair)(void *ctx, uint16_t member, const char *fingerprint); // member 0 = by fingerprint
    const char *(*unpair)(void *ctx, const char *fingerprint);
    const char *(*forget)(void *ctx, const char *name);
    const char *(*call)(void *ctx, const uint8_t identity[32]);
    const char *(*answer)(void *ctx, bool picture); // false: the camera stays off
    const char *(*refuse)(void *ctx);
    const char *(*hang_up)(void *ctx); // what rings here or there, or the call or room one is in
    const char *(*away)(void *ctx, bool on);
    const char *(*hand)(void *ctx, bool given, bool up);                    // not given: the other way round
    const char *(*send_file)(void *ctx, const char *path, uint16_t member); // 0 = to all
    const char *(*file)(void *ctx, enum ipc_file_act act, uint32_t id);
    json_t *(*identity)(void *ctx); // mine; owned by the caller
    json_t *(*identities)(void *ctx);
    const char *(*record)(void *ctx, const char *path); // NULL = a name of its own
    const char *(*record_stop)(void *ctx);
    json_t *(*cameras)(void *ctx); // owned by the caller
    const char *(*watch)(void *ctx, unsigned id, bool on);
    const char *(*quit)(void *ctx);
    // Films: false when `name` is none of theirs. *data, *error as ipc_commands_run.
    bool (*films)(void *ctx, const char *name, const json_t *args, json_t **data, const char **error);
    // Where a member's tile is on the screen, device pixels; false when it is not shown.
    bool (*tile_rect)(void *ctx, uint16_t member, int *x, int *y, int *w, int *h);
    // Likewise of the screen that he shows. `share`: show one, spec as --share has it, NULL = this one; and stop.
    bool (*screen_rect)(void *ctx, uint16_t member, int *x, int *y, int *w, int *h);
    const char *(*share)(void *ctx, const char *spec);
    const char *(*unshare)(void *ctx);
    void (*screen)(void *ctx, const char **screen, const char **panel); // names; "" = no panel
};

struct ipc_view {
    const struct call *call;
    const struct stats *stats;
    const struct ipc_ops *ops;
};

// Run one command (`args` as in struct ipc_command). Returns the data (owned by the caller, NULL = none); *error is
// NULL on success, otherwise a sentence for ipc_reply.
json_t *ipc_commands_run(const struct ipc_view *view, const json_t *args, const char **error);

json_t *ipc_commands_stats(const struct stats *stats);
json_t *ipc_commands_room(const struct call *call);
json_t *ipc_commands_safety(const struct call *call);
json_t *ipc_commands_members(const struct call *call);
json_t *ipc_commands_chat_log(const struct call *call, size_t last);

#endif
