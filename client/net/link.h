// The thread that owns the WebSocket to the relay: libwebsockets client, sub-protocol "parlour.1", one text message per
// JSON object. It knows no protocol; it connects, checks the relay's key, reconnects for ever (WIRE §3) and carries
// text, and datagrams as binary messages (PROTOCOL.md §8). Before anything is sent the relay's key must match the given
// fingerprint, or without one the pin of `pins_path`; without either a certificate that the system's trust store
// accepts is taken, and must stay so; any other relay never met is pinned with one warning line. A key that differs is
// refused, and nothing is tried again until link_connect or link_reconnect_now.
#ifndef PARLOUR_LINK_H
#define PARLOUR_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LINK_QUEUE_MAX = 256,       // messages waiting to be sent; when full link_send refuses
    LINK_MESSAGE_MAX = 65536,   // an inbound message over this, summed over its fragments, ends the connection
    LINK_HOST_MAX = 256,        // longest host name and its end
    LINK_FINGERPRINT_SIZE = 44, // base64url of a SHA-256, and its end
    LINK_SENTENCE_MAX = 256
};

struct link_config {
    const char *host; // name or numeric address without brackets; NULL = wait for link_connect
    uint16_t port;
    bool tls;
    const char *fingerprint;  // base64url SHA-256 of the relay's SubjectPublicKeyInfo; NULL = use the pins
    bool require_fingerprint; // a relay with neither fingerprint nor pin is refused, public or not
    const char *pins_path;    // see net/pins.h; NULL = no memory
    void *ctx;
    // All five come on the link thread and must not block. They may call link_send and the other orders.
    void (*on_up)(void *ctx, const char *relay_address); // numeric peer address of this connection, no port
    void (*on_message)(void *ctx, const char *text, size_t n);
    void (*on_media)(void *ctx, const uint8_t *p, size_t n); // one datagram; between on_up and on_down
    void (*on_down)(void *ctx);                              // once after each on_up
    void (*on_refused)(void *ctx, const char *sentence);     // for the person; exit code 3
};

struct link;

// Strings are copied. NULL (logged) when out of resources.
struct link *link_create(const struct link_config *config);
// Start the thread, which connects at once when the config had a host. False (logged) when it cannot start.
bool link_start(struct link *link);
// Ask the thread to end: waiting messages get 200 ms to leave. Returns at once; link_join waits.
void link_stop(struct link *link);
void link_join(struct link *link);
void link_destroy(struct link *link); // after link_join, or never started; NULL is fine

// The rest may be called from any thread.

// Go to this relay from now on (another one: the old connection is closed first) and keep trying for ever.
// `fingerprint` as in the config, NULL = use the pins.
void link_connect(struct link *link, const char *host, uint16_t port, const char *fingerprint);
// Close (waiting messages leave first) and stay down until link_connect or link_reconnect_now.
void link_disconnect(struct link *link);
// Try now instead of after the wait; a connection that stands is closed and made again.
void link_reconnect_now(struct link *link);
// Queue one message; malloced `text` is moved. False and the caller keeps it: not connected, the queue is full, or it
// is longer than the relay takes. What waits when a connection ends is dropped: it belonged to that connection.
bool link_send(struct link *link, char *text);
// Queue one datagram (copied); dropped when not connected, or by the policy of shared/media_queue.h. Texts go first.
void link_send_media(struct link *link, const uint8_t *p, size_t n);
// Why the last try failed, as the end of a sentence ("the connection was refused"); "" when none has failed yet.
void link_last_error(struct link *link, char *out, size_t size);

#endif
