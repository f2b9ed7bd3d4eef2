// --ipc PATH: a Unix socket (0600), one JSON object a line, mpv's shape:
//   {"command":["stats"],"request_id":1}  ->  {"request_id":1,"error":"success","data":{...}}
// and events {"event":"joined",...} to every client. A thread of its own reads, writes and never blocks for anyone:
// at most 8 clients (a ninth is closed), 16 KiB a line (longer: the client is closed), 64 commands waiting for main
// (more are answered "busy"), 8 MiB unread by a client (then it is closed).
#ifndef PARLOUR_IPC_H
#define PARLOUR_IPC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IPC_CLIENTS_MAX = 8, IPC_LINE_MAX = 16384, IPC_COMMANDS_MAX = 64, IPC_UNREAD_MAX = 8 << 20 };

struct ipc_command {
    uint64_t client;    // which connection asked
    json_t *request_id; // echoed; NULL = none was given
    json_t *args;       // the command: an array, args[0] is a string
};

struct ipc;

// Pure: read one line. False with a static `error` when it is no command; request_id may be set even then.
bool ipc_read_line(struct ipc_command *c, const char *line, size_t n, const char **error);
void ipc_command_clear(struct ipc_command *c);

// Bind the socket (a stale one at `path` is replaced, a live one is not). `wake` is called on the ipc thread when the
// waiting commands become non-empty. NULL with one sentence in `error`.
struct ipc *ipc_create(const char *path, void (*wake)(void *ctx), void *ctx, char *error, size_t error_size);
bool ipc_start(struct ipc *ipc); // false (logged) when the thread cannot start
void ipc_stop(struct ipc *ipc);  // what is already replied gets 200 ms to leave
void ipc_join(struct ipc *ipc);
void ipc_destroy(struct ipc *ipc); // removes the socket; NULL is fine
// What --ipc asks for: created and started, or NULL in *ipc where `path` is NULL. False with a sentence on stderr.
bool ipc_open(struct ipc **ipc, const char *path, void (*wake)(void *ctx), void *ctx);
void ipc_close(struct ipc *ipc); // stopped, joined, destroyed; NULL is fine

// Main thread: the next waiting command, moved into *c; false when there is none.
bool ipc_take(struct ipc *ipc, struct ipc_command *c);
// Answer and clear *c. `data` is moved and may be NULL; `error` NULL = "success".
void ipc_reply(struct ipc *ipc, struct ipc_command *c, json_t *data, const char *error);
// Broadcast (any thread); `event` is moved. NULL `ipc` only frees it, so callers need not ask.
void ipc_event(struct ipc *ipc, json_t *event);

#endif
