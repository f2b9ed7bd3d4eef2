#define _GNU_SOURCE
#include "ipc.h"

#include "mailbox.h"
#include "secrets.h"
#include "thread.h"

#include "shared/clock.h"
#include "shared/log.h"

#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { FLUSH_US = 200000, ACCEPT_PAUSE_US = 1000000, OUT_FIRST = 4096 };

struct client {
    // Written by the ipc thread under `lock`; read there without.
    int fd; // -1 = free
    uint64_t id;
    // Under `lock`: bytes out_start..out_end of `out` wait to be written; at most IPC_UNREAD_MAX.
    char *out;
    size_t out_start, out_end, out_capacity;
    bool drop; // it reads too slowly
    // ipc thread only: the line so far.
    char in[IPC_LINE_MAX];
    size_t in_size;
};

struct ipc {
    char path[sizeof((struct sockaddr_un){0}).sun_path]; // constant
    struct stat file;                                    // constant: which file is ours to remove
    int listener, event;                                 // constant
    pthread_t thread;
    bool started;
    atomic_bool stop;
    struct mailbox commands; // full: "busy"
    pthread_mutex_t lock;
    struct client clients[IPC_CLIENTS_MAX];
    uint64_t last_id;      // ipc thread only
    uint64_t accept_after; // ipc thread only: no file descriptors were left
};

// ---- one line ----

bool ipc_read_line(struct ipc_command *c, const char *line, size_t n, const char **error)
{
    json_error_t where;
    *error = NULL;
    *c = (struct ipc_command){0};
    json_t *json = json_loadb(line, n, JSON_REJECT_DUPLICATES, &where);
    json_t *id = json_object_get(json, "request_id"), *args = json_object_get(json, "command");
    if (!json_is_object(json))
        *error = "not a JSON object";
    else if (id && !json_is_integer(id) && !json_is_string(id))
        *error = "request_id must be a number or a string";
    else if (!json_is_string(json_array_get(args, 0)))
        *error = "command must be an array that starts with a name";
    if (json_is_integer(id) || json_is_string(id))
        c->request_id = json_incref(id);
    if (!*error)
        c->args = json_incref(args);
    json_decref(json);
    return !*error;
}

void ipc_command_clear(struct ipc_command *c)
{
    json_decref(c->request_id);
    json_decref(c->args);
    *c = (struct ipc_command){0};
}

static void free_command(void *item)
{
    ipc_command_clear(item);
    free(item);
}

// ---- output; under `lock` ----

static void out_append(struct client *c, const char *text, size_t n)
{
    size_t waiting = c->out_end - c->out_start;
    if (c->fd < 0 || c->drop)
        return;
    if (waiting + n + 1 > IPC_UNREAD_MAX) {
        c->drop = true;
        return;
    }
    if (c->out_start && c->out_end + n + 1 > c->out_capacity) {
        memmove(c->out, c->out + c->out_start, waiting);
        c->out_start = 0;
        c->out_end = waiting;
    }
    if (c->out_end + n + 1 > c->out_capacity) {
        size_t capacity = MAX(c->out_capacity, (size_t)OUT_FIRST);
        while (capacity < c->out_end + n + 1)
            capacity *= 2;
        char *grown = realloc(c->out, capacity);
        if (!grown) {
            c->drop = true;
            return;
        }
        c->out = grown;
        c->out_capacity = capacity;
    }
    memcpy(c->out + c->out_end, text, n);
    c->out[c->out_end + n] = '\n';
    c->out_end += n + 1;
}

// False when the client is gone.
static bool out_write(struct client *c)
{
    while (c->out_start < c->out_end) {
        ssize_t n = send(c->fd, c->out + c->out_start, c->out_end - c->out_start, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        c->out_start += (size_t)n;
    }
    free(c->out); // an answer may have been megabytes
    c->out = NULL;
    c->out_start = c->out_end = c->out_capacity = 0;
    return true;
}

static void nudge(struct ipc *ipc)
{
    uint64_t one = 1;
    if (write(ipc->event, &one, sizeof one) != sizeof one)
        log_debug("ipc", "the wake-up is already on its way");
}

static void answer(struct ipc *ipc, const struct ipc_command *command, json_t *data, const char *error)
{
    json_t *json = json_object();
    if (command->request_id)
        json_object_set(json, "request_id", command->request_id);
    json_object_set_new(json, "error", json_string(error ? error : "success"));
    if (data)
        json_object_set_new(json, "data", data);
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    if (!text)
        return;
    pthread_mutex_lock(&ipc->lock);
    for (size_t i = 0; i < IPC_CLIENTS_MAX; i++)
        if (ipc->clients[i].fd >= 0 && ipc->clients[i].id == command->client)
            out_append(&ipc->clients[i], text, strlen(text));
    pthread_mutex_unlock(&ipc->lock);
    secrets_free(text);
    nudge(ipc);
}

// ---- the thread ----

static void close_client(struct ipc *ipc, struct client *c, const char *why)
{
    log_debug("ipc", "client closed id=%llu why=\"%s\"", (unsigned long long)c->id, why);
    pthread_mutex_lock(&ipc->lock);
    close(c->fd);
    free(c->out);
    c->out = NULL;
    c->out_start = c->out_end = c->out_capacity = 0;
    c->fd = -1;
    c->drop = false;
    sodium_memzero(c->in, c->in_size);
    c->in_size = 0;
    pthread_mutex_unlock(&ipc->lock);
}

static void accept_client(struct ipc *ipc)
{
    int fd = accept4(ipc->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE) {
            log_warn("ipc", "no file descriptors left for another client");
            ipc->accept_after = clock_now_us() + ACCEPT_PAUSE_US; // the connection stays readable: do not spin on it
        }
        return;
    }
    for (size_t i = 0; i < IPC_CLIENTS_MAX; i++) {
        if (ipc->clients[i].fd >= 0)
            continue;
        pthread_mutex_lock(&ipc->lock);
        ipc->clients[i].fd = fd;
        ipc->clients[i].id = ++ipc->last_id;
        pthread_mutex_unlock(&ipc->lock);
        return;
    }
    log_warn("ipc", "too many clients, one more was closed");
    close(fd);
}

static void take_line(struct ipc *ipc, struct client *c, const char *line, size_t n)
{
    const char *error;
    if (strspn(line, " \t\r\n") >= n) // the line ends in \n inside the buffer
        return;
    struct ipc_command *command = base_alloc(sizeof *command);
    bool ok = ipc_read_line(command, line, n, &error);
    command->client = c->id;
    if (ok && mailbox_push(&ipc->commands, command))
        return;
    answer(ipc, command, NULL, ok ? "busy" : error);
    free_command(command);
}

// False when the client is to be closed.
static bool read_client(struct ipc *ipc, struct client *c)
{
    ssize_t n = recv(c->fd, c->in + c->in_size, sizeof c->in - c->in_size, MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return false;
    c->in_size += (size_t)n;
    size_t start = 0;
    for (char *end; (end = memchr(c->in + start, '\n', c->in_size - start));) {
        size_t length = (size_t)(end - c->in) - start;
        take_line(ipc, c, c->in + start, length);
        start += length + 1;
    }
    memmove(c->in, c->in + start, c->in_size - start);
    c->in_size -= start;
    sodium_memzero(c->in + c->in_size, start); // a line may have been an invite link
    return c->in_size < sizeof c->in;
}

static void serve_client(struct ipc *ipc, struct client *c, short events)
{
    const char *why = NULL;
    if ((events & (POLLIN | POLLHUP | POLLERR)) && !read_client(ipc, c))
        why = c->in_size == sizeof c->in ? "its line is too long" : "it left";
    pthread_mutex_lock(&ipc->lock);
    if (!why && c->drop)
        why = "it does not read";
    if (!why && !out_write(c))
        why = "it left";
    pthread_mutex_unlock(&ipc->lock);
    if (why)
        close_client(ipc, c, why);
}

// True when something still waits to be written.
static bool wait_events(struct ipc *ipc, struct pollfd fds[IPC_CLIENTS_MAX + 2], int timeout_ms)
{
    bool pending = false;
    bool accepting = clock_now_us() >= ipc->accept_after && !ipc->stop;
    fds[0] = (struct pollfd){.fd = ipc->event, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = accepting ? ipc->listener : -1, .events = POLLIN};
    pthread_mutex_lock(&ipc->lock);
    for (size_t i = 0; i < IPC_CLIENTS_MAX; i++) {
        const struct client *c = &ipc->clients[i];
        bool out = c->out_start < c->out_end;
        pending = pending || (out && c->fd >= 0);
        fds[i + 2] = (struct pollfd){.fd = c->fd, .events = out ? POLLIN | POLLOUT : POLLIN};
    }
    pthread_mutex_unlock(&ipc->lock);
    if (ipc->stop && !pending)
        return false;
    if (timeout_ms < 0 && !accepting)
        timeout_ms = ACCEPT_PAUSE_US / 1000;
    if (poll(fds, IPC_CLIENTS_MAX + 2, timeout_ms) < 0)
        for (size_t i = 0; i < IPC_CLIENTS_MAX + 2; i++)
            fds[i].revents = 0;
    return pending;
}

static void *run(void *arg)
{
    struct ipc *ipc = arg;
    struct pollfd fds[IPC_CLIENTS_MAX + 2];
    uint64_t end = UINT64_MAX, count;
    for (;;) {
        if (ipc->stop && end == UINT64_MAX)
            end = clock_now_us() + FLUSH_US;
        bool pending = wait_events(ipc, fds, ipc->stop ? 10 : -1);
        if (ipc->stop && end != UINT64_MAX && (!pending || clock_now_us() >= end))
            return NULL;
        if ((fds[0].revents & POLLIN) && read(ipc->event, &count, sizeof count) != sizeof count)
            log_debug("ipc", "an empty wake-up");
        if (fds[1].revents)
            accept_client(ipc);
        for (size_t i = 0; i < IPC_CLIENTS_MAX; i++) {
            struct client *c = &ipc->clients[i];
            if (c->fd >= 0 && c->fd == fds[i + 2].fd)
                serve_client(ipc, c, fds[i + 2].revents);
        }
    }
}

// ---- life ----

// Remove what an earlier run left behind. False when the path is in use, or holds something else.
static bool clear_path(const struct sockaddr_un *address, const char **why)
{
    struct stat st;
    if (lstat(address->sun_path, &st))
        return true;
    *why = "there is a file of that name";
    if (!S_ISSOCK(st.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool live = fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno != ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    *why = "another program listens there";
    if (live)
        return false;
    unlink(address->sun_path);
    return true;
}

struct ipc *ipc_create(const char *path, void (*wake)(void *ctx), void *ctx, char *error, size_t error_size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *why = "the path is empty or longer than 107 characters";
    size_t n = strlen(path);
    if (!n || n >= sizeof address.sun_path) {
        snprintf(error, error_size, "The IPC socket %.120s cannot be made: %s.", path, why);
        return NULL;
    }
    memcpy(address.sun_path, path, n);
    struct ipc *ipc = base_alloc(sizeof *ipc);
    memcpy(ipc->path, path, n);
    ipc->listener = ipc->event = -1;
    pthread_mutex_init(&ipc->lock, NULL);
    mailbox_init(&ipc->commands, IPC_COMMANDS_MAX, wake, ctx);
    for (size_t i = 0; i < IPC_CLIENTS_MAX; i++)
        ipc->clients[i].fd = -1;
    if (clear_path(&address, &why)) {
        ipc->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        ipc->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        // The mode before bind: there is no moment in which others could connect.
        if (ipc->event >= 0 && ipc->listener >= 0 && !fchmod(ipc->listener, 0600) &&
            !bind(ipc->listener, (const struct sockaddr *)&address, sizeof address) && !stat(path, &ipc->file) &&
            !listen(ipc->listener, IPC_CLIENTS_MAX))
            return ipc;
        why = strerror(errno);
    }
    snprintf(error, error_size, "The IPC socket %.120s cannot be made: %s.", path, why);
    ipc_destroy(ipc);
    return NULL;
}

bool ipc_start(struct ipc *ipc)
{
    ipc->started = thread_start(&ipc->thread, "ipc", run, ipc);
    return ipc->started;
}

void ipc_stop(struct ipc *ipc)
{
    ipc->stop = true;
    nudge(ipc);
}

void ipc_join(struct ipc *ipc)
{
    if (ipc->started)
        pthread_join(ipc->thread, NULL);
    ipc->started = false;
}

void ipc_destroy(struct ipc *ipc)
{
    struct stat now;
    if (!ipc)
        return;
    if (ipc->file.st_ino && !lstat(ipc->path, &now) && now.st_ino == ipc->file.st_ino && now.st_dev == ipc->file.st_dev)
        unlink(ipc->path);
    for (size_t i = 0; i < IPC_CLIENTS_MAX; i++) {
        if (ipc->clients[i].fd >= 0)
            close(ipc->clients[i].fd);
        free(ipc->clients[i].out);
    }
    if (ipc->listener >= 0)
        close(ipc->listener);
    if (ipc->event >= 0)
        close(ipc->event);
    mailbox_destroy(&ipc->commands, free_command);
    pthread_mutex_destroy(&ipc->lock);
    free(ipc);
}

bool ipc_open(struct ipc **ipc, const char *path, void (*wake)(void *ctx), void *ctx)
{
    char error[256] = "The thread for --ipc cannot be started.";
    *ipc = path ? ipc_create(path, wake, ctx, error, sizeof error) : NULL;
    if (!path || (*ipc && ipc_start(*ipc)))
        return true;
    fprintf(stderr, "parlour: %s\n", error);
    ipc_destroy(*ipc);
    *ipc = NULL;
    return false;
}

void ipc_close(struct ipc *ipc)
{
    if (!ipc)
        return;
    ipc_stop(ipc);
    ipc_join(ipc);
    ipc_destroy(ipc);
}

// ---- for main ----

bool ipc_take(struct ipc *ipc, struct ipc_command *c)
{
    struct ipc_command *command = mailbox_take(&ipc->commands);
    if (!command)
        return false;
    *c = *command;
    free(command);
    return true;
}

void ipc_reply(struct ipc *ipc, struct ipc_command *c, json_t *data, const char *error)
{
    answer(ipc, c, data, error);
    ipc_command_clear(c);
}

void ipc_event(struct ipc *ipc, json_t *event)
{
    char *text = ipc ? json_dumps(event, JSON_COMPACT) : NULL;
    json_decref(event);
    if (!text)
        return;
    pthread_mutex_lock(&ipc->lock);
    for (size_t i = 0; i < IPC_CLIENTS_MAX; i++)
        out_append(&ipc->clients[i], text, strlen(text));
    pthread_mutex_unlock(&ipc->lock);
    free(text);
    nudge(ipc);
}
