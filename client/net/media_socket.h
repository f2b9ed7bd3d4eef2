// The client's UDP socket towards the relay's media port: a thin shell, made anew when the way changes. Used by the net
// thread.
#ifndef PARLOUR_MEDIA_SOCKET_H
#define PARLOUR_MEDIA_SOCKET_H

#include "client/net/udp_out.h"

struct media_socket {
    int fd;            // to wait for; < 0 = none
    struct addr relay; // length 0 = not known yet
    struct udp_out out;
};

// `came_us`: by the kernel; before now_us when we had no core.
typedef void media_socket_take(void *ctx, const uint8_t *p, size_t n, uint64_t came_us, uint64_t now_us);

void media_socket_init(struct media_socket *s);
void media_socket_close(struct media_socket *s);
// Address of a host, looked up when it is no literal (which may take its time). False when it is unknown.
bool media_socket_resolve(const char *host, uint16_t port, struct addr *out);
// Another socket, with another local port, towards the same or another relay.
void media_socket_open(struct media_socket *s, const struct addr *relay);
void media_socket_fresh(struct media_socket *s);                            // what waits is sent by the old one
void media_socket_send(struct media_socket *s, const uint8_t *p, size_t n); // at the next flush, or when many wait
void media_socket_flush(struct media_socket *s);
// Give what the relay has sent to `take`, bounded, so that nothing else is starved.
void media_socket_receive(struct media_socket *s, media_socket_take *take, void *ctx);

#endif
