// One WebSocket of the control port: its messages, and the datagrams that come as binary ones. Control thread.
#define _GNU_SOURCE
#include "control_socket.h"

#include "shared/clock.h"

#include <stdlib.h>
#include <string.h>

enum { PING_US = 4000000 };

static bool source_of(struct lws *wsi, struct addr *from)
{
    from->length = sizeof from->in6;
    return getpeername(lws_get_socket_fd(wsi), &from->sa, &from->length) == 0;
}

int control_socket_opened(struct control_server *s, struct lws *wsi, struct control_socket *x)
{
    struct addr from = {.length = 0};
    if (!source_of(wsi, &from))
        return -1;
    uint32_t conn = control_logic_open(s->logic, &from, clock_now_us());
    if (conn == ROOM_NO_CONN)
        return -1;
    x->conn = conn;
    x->open = true;
    x->heard_us = clock_now_us();
    s->wsi[conn] = wsi;
    bridge_limit_unsent(wsi);
    return 0;
}

static void close_bridge(struct control_socket *x)
{
    bridge_close(x->bridge);
    x->bridge = NULL;
}

void control_socket_closed(struct control_server *s, struct control_socket *x)
{
    if (!x->open)
        return;
    x->open = false;
    s->wsi[x->conn] = NULL;
    close_bridge(x);
    control_out_clear(&x->out);
    free(x->in);
    x->in = NULL;
    control_logic_closed(s->logic, x->conn, clock_now_us());
}

void control_socket_answered(struct control_socket *x)
{
    x->heard_us = clock_now_us();
}

void control_socket_ping(struct lws *wsi, struct control_socket *x, uint64_t now_us)
{
    if (now_us - MAX(x->heard_us, x->pinged_us) < PING_US)
        return;
    x->pinged_us = now_us;
    x->ping = true;
    lws_callback_on_writable(wsi);
}

// The library tells of no answer that is empty, so there is something to be said back.
static bool write_ping(struct control_socket *x, struct lws *wsi)
{
    uint8_t p[LWS_PRE + 1] = {0};
    x->ping = false;
    return lws_write(wsi, p + LWS_PRE, 1, LWS_WRITE_PING) >= 0;
}

// Messages go before media.
int control_socket_writable(struct lws *wsi, struct control_socket *x)
{
    if (!x->open)
        return -1;
    if (x->ping && !x->closing) { // one thing each time
        lws_callback_on_writable(wsi);
        return write_ping(x, wsi) ? 0 : -1;
    }
    if (!control_out_write(&x->out, wsi))
        return -1;
    if (x->closing && !x->out.first) {
        lws_close_reason(wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
        return -1;
    }
    if (x->out.first)
        lws_callback_on_writable(wsi);
    else if (x->bridge && !bridge_down(x->bridge, clock_now_us()))
        return -1;
    return 0;
}

static int too_large(struct lws *wsi)
{
    lws_close_reason(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL, 0);
    return -1;
}

// Of who is in no room it goes nowhere.
static int received_datagram(struct control_server *s, struct lws *wsi, struct control_socket *x, const void *p,
                             size_t n)
{
    uint64_t now = clock_now_us();
    uint32_t room;
    uint16_t sender;
    enum datagram_piece got = x->in_size ? DATAGRAM_PIECE_BAD
                                         : datagram_pieces_take(&x->pieces, &p, &n, lws_remaining_packet_payload(wsi),
                                                                lws_is_first_fragment(wsi), lws_is_final_fragment(wsi));
    if (got == DATAGRAM_PIECE_BAD)
        return too_large(wsi);
    if (got == DATAGRAM_PIECE_MORE)
        return 0;
    x->messages++;
    if (!control_logic_seat(s->logic, x->conn, &room, &sender) || !s->worker)
        return 0;
    if (x->bridge && !bridge_is_for(x->bridge, room, sender))
        close_bridge(x);
    if (!x->bridge) {
        s->adopting = true;
        x->bridge = bridge_open(s->vhost, wsi, worker_address(s->worker), room, sender, now);
        s->adopting = false;
    }
    if (x->bridge)
        bridge_up(x->bridge, p, n, now);
    return 0;
}

// Those whose member has left, or who send nothing this way any more.
void control_socket_end_bridge(struct control_server *s, struct control_socket *x, uint64_t now_us)
{
    uint32_t room;
    uint16_t sender;
    if (x->bridge && (!control_logic_seat(s->logic, x->conn, &room, &sender) ||
                      !bridge_is_for(x->bridge, room, sender) || bridge_is_idle(x->bridge, now_us)))
        close_bridge(x);
}

// A piece of a message. Refused by the announced length before the rest is waited for.
int control_socket_received(struct control_server *s, struct lws *wsi, struct control_socket *x, const char *piece,
                            size_t n)
{
    if (!x->open)
        return -1;
    size_t max = control_logic_message_max(s->logic, x->conn);
    size_t coming = lws_remaining_packet_payload(wsi);
    x->heard_us = clock_now_us();
    if (lws_frame_is_binary(wsi))
        return received_datagram(s, wsi, x, piece, n);
    if (x->pieces.size || n > max || coming > max || x->in_size + n + coming > max)
        return too_large(wsi);
    uint64_t now = clock_now_us();
    bool whole = coming == 0 && lws_is_final_fragment(wsi);
    x->messages += whole;
    if (x->in_size == 0 && whole) {
        control_logic_message(s->logic, x->conn, piece, n, now);
    } else {
        if (!x->in)
            x->in = base_alloc(max);
        memcpy(x->in + x->in_size, piece, n);
        x->in_size += n;
        if (whole) {
            control_logic_message(s->logic, x->conn, x->in, x->in_size, now);
            free(x->in);
            x->in = NULL;
            x->in_size = 0;
        }
    }
    if (control_logic_greeted(s->logic, x->conn))
        control_server_discount(s, wsi);
    return 0;
}
