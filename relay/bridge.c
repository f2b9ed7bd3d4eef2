#define _GNU_SOURCE
#include "bridge.h"

#include "shared/clock.h"
#include "shared/log.h"
#include "shared/media_queue.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { UNSENT = 16 << 10, TURN = 32, RECEIVE_BUFFER = 512 << 10 };

struct bridge {
    struct lws *client, *file; // file: the library's handle of our UDP socket
    int udp;
    uint32_t room;
    uint16_t sender;
    uint64_t used_us;
    struct media_queue *down;
};

void bridge_limit_unsent(struct lws *client)
{
    int limit = UNSENT;
    setsockopt(lws_get_socket_fd(client), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &limit, sizeof limit);
}

// The worker tells sources on loopback apart by their ports: so ours are there, wherever it listens.
static int open_socket(const struct addr *worker)
{
    struct addr to = *worker, from;
    bool v6 = to.sa.sa_family == AF_INET6;
    if (addr_is_any(&to) && !addr_literal(&to, v6 ? "::1" : "127.0.0.1", addr_port(worker)))
        return -1;
    if (!addr_literal(&from, v6 ? "::1" : "127.0.0.1", 0))
        return -1;
    int fd = socket(to.sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), size = RECEIVE_BUFFER;
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    // Where loopback may not speak with that address the kernel chooses.
    if (bind(fd, &from.sa, from.length) == 0 && connect(fd, &to.sa, to.length) == 0)
        return fd;
    close(fd);
    fd = socket(to.sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, &to.sa, to.length) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

struct bridge *bridge_open(struct lws_vhost *vhost, struct lws *client, const struct addr *worker, uint32_t room,
                           uint16_t sender, uint64_t now_us)
{
    int fd = open_socket(worker);
    lws_sock_file_fd_type handle = {.filefd = fd};
    struct lws *file =
        fd < 0 ? NULL : lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_RAW_FILE_DESC, handle, BRIDGE_PROTOCOL, NULL);
    if (!file) {
        log_warn("bridge", "no socket for media over TCP errno=%d", errno);
        return NULL;
    }
    struct bridge *b = base_alloc(sizeof *b);
    *b = (struct bridge){.client = client, .file = file, .udp = fd, .room = room, .sender = sender, .used_us = now_us};
    b->down = media_queue_create();
    *(struct bridge_file *)lws_wsi_user(file) = (struct bridge_file){b, fd, true};
    return b;
}

void bridge_close(struct bridge *b)
{
    if (!b)
        return;
    if (b->file) {
        ((struct bridge_file *)lws_wsi_user(b->file))->bridge = NULL;
        lws_set_timeout(b->file, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
    }
    media_queue_destroy(b->down);
    free(b);
}

bool bridge_is_for(const struct bridge *b, uint32_t room, uint16_t sender)
{
    return b->file && b->room == room && b->sender == sender;
}

bool bridge_is_idle(const struct bridge *b, uint64_t now_us)
{
    return now_us - b->used_us >= BRIDGE_IDLE_US;
}

void bridge_up(struct bridge *b, const uint8_t *p, size_t n, uint64_t now_us)
{
    struct wire_header h;
    if (!b->file || !wire_read(&h, p, n) || h.room != b->room || h.sender != b->sender)
        return;
    b->used_us = now_us;
    ssize_t lost = send(b->udp, p, n, 0); // what the socket refuses is lost, as on any link
    (void)lost;
}

bool bridge_down(struct bridge *b, uint64_t now_us)
{
    uint8_t frame[LWS_PRE + WIRE_DATAGRAM_MAX];
    for (unsigned i = 0; i < TURN && !lws_send_pipe_choked(b->client); i++) {
        size_t n = media_queue_pop(b->down, frame + LWS_PRE, now_us);
        if (n == 0)
            return true;
        if (lws_write(b->client, frame + LWS_PRE, n, LWS_WRITE_BINARY) < (int)n)
            return false;
    }
    if (!media_queue_empty(b->down))
        lws_callback_on_writable(b->client);
    return true;
}

// From the worker. Bounded, so that one client's media does not keep the others' messages waiting.
static void take(struct bridge *b)
{
    uint8_t p[WIRE_DATAGRAM_MAX + 1];
    uint64_t now_us = clock_now_us();
    for (unsigned i = 0; i < 2 * TURN; i++) {
        ssize_t n = recv(b->udp, p, sizeof p, MSG_DONTWAIT);
        if (n < 0)
            break;
        b->used_us = now_us;
        media_queue_push(b->down, p, (size_t)n, now_us);
    }
    lws_callback_on_writable(b->client);
}

int bridge_on_file(struct lws *file, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
    struct bridge_file *f = user;
    (void)file;
    (void)in;
    (void)n;
    if (!f || !f->open)
        return 0;
    if (reason == LWS_CALLBACK_RAW_RX_FILE && f->bridge) {
        take(f->bridge);
    } else if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) {
        if (f->bridge)
            f->bridge->file = NULL;
        f->open = false;
        close(f->fd);
    }
    return 0;
}
