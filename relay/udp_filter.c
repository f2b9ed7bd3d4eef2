#define _GNU_SOURCE
#include "udp_filter.h"

#include "shared/ctrl.h"

#include <stdlib.h>
#include <sys/socket.h>

#ifndef SO_ATTACH_REUSEPORT_CBPF
#define SO_ATTACH_REUSEPORT_CBPF 51
#endif

// Offsets: a socket's filter sees the UDP header first, the steering program the datagram alone.
enum { UDP_HEADER = 8, ROOM_AT = 4, PASS = 0xFFFFFFFF, LEAF = 4 };

bool udp_filter_steer(int fd, unsigned count)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ROOM_AT),
        BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, count),
        BPF_STMT(BPF_RET | BPF_A, 0),
    };
    struct sock_fprog program = {ARRAY_LEN(code), code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) == 0;
}

// A search tree: conditional jumps reach 255 instructions only, so the far side is reached by a plain jump.
static unsigned tree(struct sock_filter *out, const uint32_t *room, unsigned count)
{
    unsigned n = 0;
    if (count <= LEAF) {
        for (unsigned i = 0; i < count; i++) {
            out[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, room[i], 0, 1);
            out[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, PASS);
        }
        out[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
        return n;
    }
    unsigned half = count / 2, left = tree(out + 2, room, half);
    out[0] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, room[half], 0, 1);
    out[1] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, left);
    n = 2 + left;
    return n + tree(out + n, room + half, count - half);
}

unsigned udp_filter_build(struct sock_filter *out, const uint32_t *room, unsigned count)
{
    // What may come from anywhere: a handshake (its ticket is looked at then), and the health check's room numbers.
    const struct sock_filter head[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, UDP_HEADER),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, WIRE_CTRL, 0, 4),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, UDP_HEADER + WIRE_HEADER),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CTRL_HELLO, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CTRL_PROOF, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, PASS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, UDP_HEADER + ROOM_AT),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, WIRE_PROBE_ROOMS, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, PASS),
    };
    for (unsigned i = 0; i < ARRAY_LEN(head); i++)
        out[i] = head[i];
    return (unsigned)ARRAY_LEN(head) + tree(out + ARRAY_LEN(head), room, count);
}

void udp_filter_rooms(int fd, const uint32_t *room, unsigned count)
{
    struct sock_filter code[UDP_FILTER_SIZE];
    int ignored = 0;
    if (!room || count > UDP_FILTER_ROOMS_MAX) {
        setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof ignored);
        return;
    }
    struct sock_fprog program = {(unsigned short)udp_filter_build(code, room, count), code};
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0) // the old one may refuse new rooms
        setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof ignored);
}
