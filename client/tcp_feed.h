// Pictures of a camera for stock viewers on the local network: an MPEG transport stream to whoever connects. Nothing of
// it is sealed, and nobody is asked who he is. A thread of its own; at most 8 viewers, a ninth is closed. Who does not
// take his pictures loses what follows up to a keyframe, and after 10 s the connection.
#ifndef PARLOUR_TCP_FEED_H
#define PARLOUR_TCP_FEED_H

#include "send/encoded_frame.h"

struct tcp_feed;

enum { TCP_FEED_VIEWERS = 8, TCP_FEED_PATIENCE_US = 10000000 };

struct tcp_feed_config {
    const char *address; // to listen at, numeric
    uint16_t port;
    void *ctx;
    void (*watched)(void *ctx, bool any); // its thread: the first viewer came, or the last has gone
    void (*keyframe)(void *ctx);          // its thread: somebody can see nothing before the next one
};

// NULL with one sentence in `error`.
struct tcp_feed *tcp_feed_create(const struct tcp_feed_config *config, char *error, size_t error_size);
bool tcp_feed_start(struct tcp_feed *t);
// Any thread: moved when true; false = too many wait: what follows is left out up to a keyframe.
bool tcp_feed_put(struct tcp_feed *t, struct encoded_frame *frame);
unsigned tcp_feed_viewers(const struct tcp_feed *t); // any thread
void tcp_feed_stop(struct tcp_feed *t);
void tcp_feed_join(struct tcp_feed *t);
void tcp_feed_destroy(struct tcp_feed *t); // NULL is fine

#endif
