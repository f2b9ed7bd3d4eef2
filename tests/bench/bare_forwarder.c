// The least a UDP forwarder can do: one train per recvmsg (UDP_GRO), the same bytes to every destination in one
// sendmmsg (UDP_SEGMENT). No look-up, no check, no clock. What parlour-relay costs is told as a ratio to this.
//   bare_forwarder FANOUT     binds 127.0.0.1, prints `ready media=127.0.0.1:PORT`, then reads destination ports (one a
//                             line) and an empty line from stdin. Train i goes to the FANOUT ports of group i mod
//                             groups.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { PORTS_MAX = 65536, TRAIN_MAX = 65536, SOCKET_BUFFER = 4 << 20 };

union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

struct bare {
    int fd;
    unsigned fanout, count;
    struct sockaddr_in *to;
    struct mmsghdr *out;
    _Alignas(struct cmsghdr) char cut[CMSG_SPACE(sizeof(uint16_t))]; // UDP_SEGMENT, for all
    struct iovec part;
    uint8_t bytes[TRAIN_MAX];
};

static void fail(const char *what)
{
    fprintf(stderr, "bare_forwarder: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void open_socket(struct bare *b)
{
    struct sockaddr_in a = loopback(0);
    socklen_t length = sizeof a;
    int on = 1, size = SOCKET_BUFFER;
    b->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (b->fd < 0 || bind(b->fd, (struct sockaddr *)&a, sizeof a) < 0 ||
        getsockname(b->fd, (struct sockaddr *)&a, &length) < 0)
        fail("no socket");
    setsockopt(b->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(b->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (setsockopt(b->fd, SOL_UDP, UDP_GRO, &on, sizeof on) < 0)
        fail("no UDP_GRO");
    printf("ready media=127.0.0.1:%u\n", (unsigned)ntohs(a.sin_port));
    fflush(stdout);
}

static void read_ports(struct bare *b)
{
    char line[32];
    while (fgets(line, sizeof line, stdin) && line[0] != '\n' && b->count < PORTS_MAX)
        b->to[b->count++] = loopback((uint16_t)strtoul(line, NULL, 10));
    if (b->count == 0 || b->count % b->fanout != 0) {
        fprintf(stderr, "bare_forwarder: %u ports are no groups of %u\n", b->count, b->fanout);
        exit(64);
    }
}

// All messages stand ready; only the bytes' length and cut change from train to train.
static void prepare(struct bare *b)
{
    struct msghdr m = {.msg_control = b->cut, .msg_controllen = sizeof b->cut};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_UDP;
    c->cmsg_type = UDP_SEGMENT;
    c->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    for (unsigned i = 0; i < b->count; i++)
        b->out[i].msg_hdr = (struct msghdr){.msg_name = &b->to[i],
                                            .msg_namelen = sizeof b->to[i],
                                            .msg_iov = &b->part,
                                            .msg_iovlen = 1,
                                            .msg_control = b->cut,
                                            .msg_controllen = CMSG_SPACE(sizeof(uint16_t))};
}

static uint16_t cut_of(struct msghdr *m, size_t n)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        int size;
        if (c->cmsg_level != SOL_UDP || c->cmsg_type != UDP_GRO)
            continue;
        memcpy(&size, CMSG_DATA(c), sizeof size);
        return (uint16_t)size;
    }
    return (uint16_t)n;
}

static void run(struct bare *b)
{
    union control in;
    struct cmsghdr *cut = (struct cmsghdr *)(void *)b->cut;
    unsigned group = 0;
    for (;;) {
        struct iovec room = {b->bytes, sizeof b->bytes};
        struct msghdr m = {.msg_iov = &room, .msg_iovlen = 1, .msg_control = in.bytes, .msg_controllen = sizeof in};
        ssize_t n = recvmsg(b->fd, &m, 0);
        if (n <= 0)
            continue;
        uint16_t size = cut_of(&m, (size_t)n);
        b->part = (struct iovec){b->bytes, (size_t)n};
        memcpy(CMSG_DATA(cut), &size, sizeof size);
        for (unsigned sent = 0; sent < b->fanout;) {
            int k = sendmmsg(b->fd, b->out + group + sent, b->fanout - sent, 0);
            sent += k > 0 ? (unsigned)k : 1;
        }
        group += b->fanout;
        if (group == b->count)
            group = 0;
    }
}

int main(int argc, char **argv)
{
    static struct bare b;
    b.fanout = argc == 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    if (b.fanout == 0) {
        fprintf(stderr, "usage: bare_forwarder FANOUT\n");
        return 64;
    }
    b.to = calloc(PORTS_MAX, sizeof *b.to);
    b.out = calloc(PORTS_MAX, sizeof *b.out);
    if (!b.to || !b.out)
        fail("no memory");
    open_socket(&b);
    read_ports(&b);
    prepare(&b);
    run(&b);
}
