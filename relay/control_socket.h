// What control_server.c, the port, and control_socket.c, one WebSocket of it, share.
#ifndef PARLOUR_CONTROL_SOCKET_H
#define PARLOUR_CONTROL_SOCKET_H

#include "control_server.h"

#include "arrivals.h"
#include "bridge.h"
#include "control_out.h"
#include "shared/datagram_pieces.h"

#include <libwebsockets.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>

// libwebsockets' memory for one WebSocket; zeroed by it.
struct control_socket {
    bool open, closing;
    uint32_t conn;
    struct control_out out;
    struct bridge *bridge;         // NULL until media comes this way
    char *in;                      // message being received
    struct datagram_pieces pieces; // the same of a datagram
    size_t in_size;
    bool ping;                            // one is to be written
    uint64_t heard_us;                    // something, also the answer to a ping
    uint64_t pinged_us;                   // when it was last asked to answer
    uint64_t messages;                    // received whole
    uint64_t slow_message, slow_since_us; // the one that was under way at the last look, and since when; 0 = none
};

struct control_server {
    struct lws_context *context;
    struct lws_vhost *vhost;
    struct control_logic *logic;
    struct worker *worker;
    bool tls;
    lws_sorted_usec_list_t timer;
    bool adopting;        // a socket of our own is being handed to the library
    struct addr arriving; // source of the connection being accepted
    struct arrivals arrivals;
    struct lws *wsi[CONTROL_LOGIC_CONNS];
    volatile sig_atomic_t stopping;
    SSL_CTX *tls_context; // the library's, of our one vhost
    void (*tick)(void *ctx);
    void *tick_ctx;
    struct control_server_figures now; // this thread's
    pthread_mutex_t lock;              // covers `figures`
    struct control_server_figures figures;
};

// Callbacks of the library: what is not 0 ends the connection.
int control_socket_opened(struct control_server *s, struct lws *wsi, struct control_socket *x);
void control_socket_closed(struct control_server *s, struct control_socket *x);
void control_socket_answered(struct control_socket *x); // our ping
// Ask who has been silent for a while whether it is there.
void control_socket_ping(struct lws *wsi, struct control_socket *x, uint64_t now_us);
int control_socket_writable(struct lws *wsi, struct control_socket *x);
int control_socket_received(struct control_server *s, struct lws *wsi, struct control_socket *x, const char *piece,
                            size_t n);
// Close the bridge of a member who has left, or who sends nothing that way any more.
void control_socket_end_bridge(struct control_server *s, struct control_socket *x, uint64_t now_us);
// control_server.c: it has said hello, or is gone.
void control_server_discount(struct control_server *s, struct lws *wsi);

#endif
