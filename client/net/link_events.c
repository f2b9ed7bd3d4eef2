// One connection to the relay: what libwebsockets tells of it, and what is written into it. Link thread.
#define _GNU_SOURCE
#include "link_parts.h"

#include "link_key.h"

#include "shared/clock.h"
#include "shared/control.h"
#include "shared/log.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UNSENT = 16 << 10, TURN = 32 };

static bool check_key(struct link *link, struct lws *wsi)
{
    char shown[LINK_FINGERPRINT_SIZE];
    const struct link_key_rules rules = {link->target.host, link->target.port, link->target.fingerprint,
                                         link->pins_path, link->config.require_fingerprint};
    SSL *ssl = lws_get_ssl(wsi);
    if (!link_key_fingerprint(ssl, shown)) {
        link_set_error(link, "the relay shows no key", "");
        return false;
    }
    if (link_key_accept(&rules, ssl, shown, link->refusal))
        return true;
    link->refused = true;
    link_set_error(link, "the relay's key is not the expected one", "");
    return false;
}

// So that what waits for a slow connection waits here, where it can be dropped, and not in the kernel.
static void limit_unsent(struct lws *wsi)
{
    int limit = UNSENT;
    setsockopt(lws_get_socket_fd(wsi), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &limit, sizeof limit);
}

static void established(struct link *link)
{
    char text[ADDR_TEXT_MAX];
    size_t at = link->address_next ? link->address_next - 1 : 0;
    link->phase = UP;
    link->up_since = clock_now_us();
    link->address_next = link->address_count = 0;
    limit_unsent(link->wsi);
    link_queue_open(link, true);
    addr_host_text(&link->address[at], text);
    log_info("link", "connected relay=%s:%u address=%s", link->target.host, (unsigned)link->target.port, text);
    link->config.on_up(link->config.ctx, text);
}

// As many as the connection takes now. False = it must end.
static bool send_media(struct link *link, struct lws *wsi)
{
    unsigned char frame[LWS_PRE + WIRE_DATAGRAM_MAX];
    for (unsigned i = 0; i < TURN && !lws_send_pipe_choked(wsi); i++) {
        size_t n = media_box_pop(&link->media, frame + LWS_PRE);
        if (n == 0)
            return true;
        if (lws_write(wsi, frame + LWS_PRE, n, LWS_WRITE_BINARY) < (int)n)
            return false;
    }
    return true;
}

static bool received_datagram(struct link *link, struct lws *wsi, const char *p, size_t n)
{
    const void *all = p;
    enum datagram_piece got = link->message_size
                                  ? DATAGRAM_PIECE_BAD
                                  : datagram_pieces_take(&link->pieces, &all, &n, lws_remaining_packet_payload(wsi),
                                                         lws_is_first_fragment(wsi), lws_is_final_fragment(wsi));
    if (got == DATAGRAM_PIECE_BAD) {
        log_warn("link", "the relay sent something that is no datagram");
        lws_close_reason(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL, 0);
        return false;
    }
    if (got == DATAGRAM_PIECE_WHOLE && link->phase == UP)
        link->config.on_media(link->config.ctx, all, n);
    return true;
}

// One piece of an inbound message. False = the connection must end.
static bool received(struct link *link, struct lws *wsi, const char *p, size_t n)
{
    if (lws_frame_is_binary(wsi))
        return received_datagram(link, wsi, p, n);
    if (link->pieces.size || n > LINK_MESSAGE_MAX - link->message_size) {
        log_warn("link", "the relay sent something that is no message, or one too long");
        lws_close_reason(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL, 0);
        return false;
    }
    char *grown = realloc(link->message, link->message_size + n + 1);
    if (!grown)
        return false;
    memcpy(grown + link->message_size, p, n);
    link->message = grown;
    link->message_size += n;
    grown[link->message_size] = 0;
    if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi))
        return true;
    size_t size = link->message_size;
    link->message = NULL; // on_message may give orders
    link->message_size = 0;
    if (link->phase == UP)
        link->config.on_message(link->config.ctx, grown, size);
    free(grown);
    return true;
}

// Send one message, or when there is none what media can be sent; the library calls again for the next. False = the
// connection must end.
static bool writeable(struct link *link, struct lws *wsi)
{
    char *text = mailbox_take(&link->queue);
    if (text) {
        size_t n = strlen(text);
        unsigned char *frame = base_alloc(LWS_PRE + n);
        memcpy(frame + LWS_PRE, text, n);
        free(text);
        bool ok = lws_write(wsi, frame + LWS_PRE, n, LWS_WRITE_TEXT) >= (int)n;
        free(frame);
        if (!ok)
            return false;
    }
    if (!text && link->phase == UP && !send_media(link, wsi))
        return false;
    if (!mailbox_empty(&link->queue) || (link->phase == UP && !media_box_empty(&link->media))) {
        lws_callback_on_writable(wsi);
    } else if (link->phase == LEAVE) {
        lws_close_reason(wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
        return false; // says goodbye, then closes
    }
    return true;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
    struct link *link = lws_context_user(lws_get_context(wsi));
    (void)user;
    if (!link || !wsi || wsi != link->wsi) // one we let go of says nothing more to anybody, whatever its key
        return reason == LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER ? -1 : 0;
    switch ((int)reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: // the peer's key is known, nothing has been sent
        return link->config.tls && !check_key(link, wsi) ? -1 : 0;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        established(link);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return received(link, wsi, in, n) ? 0 : -1;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return writeable(link, wsi) ? 0 : -1;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        if (!link->refused)
            link_set_error(link, "the relay could not be reached: ", in ? in : "the connection failed");
        link_lost(link);
        return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
        log_info("link", "connection closed relay=%s:%u", link->target.host, (unsigned)link->target.port);
        link_set_error(link, "the relay closed the connection", "");
        link_lost(link);
        return 0;
    case LWS_CALLBACK_WSI_DESTROY: // for endings that have no event of their own
        link_lost(link);
        return 0;
    default:
        return 0;
    }
}

const struct lws_protocols link_protocols[] = {{CONTROL_PROTOCOL, on_event, 0, 16384, 0, NULL, 0},
                                               {NULL, NULL, 0, 0, 0, NULL, 0}};
