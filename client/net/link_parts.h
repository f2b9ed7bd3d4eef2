// The link's own parts: link.c tries, reconnects and takes orders; link_events.c deals with one connection.
#ifndef PARLOUR_LINK_PARTS_H
#define PARLOUR_LINK_PARTS_H

#include "link.h"

#include "link_resolve.h"
#include "media_box.h"

#include "client/mailbox.h"
#include "shared/datagram_pieces.h"

#include <libwebsockets.h>

// Where the link thread stands.
enum phase {
    DOWN,    // nothing to do until somebody wants a connection
    WAIT,    // between two tries, until `deadline`
    RESOLVE, // `lookup` runs, until `deadline`
    CONNECT, // `wsi` is on its way, until `deadline`
    UP,      // on_up was called
    LEAVE    // up, but closing: waiting messages leave first, until `deadline`
};

struct target {
    char host[LINK_HOST_MAX], fingerprint[LINK_FINGERPRINT_SIZE]; // fingerprint "" = pins
    uint16_t port;
};

struct link {
    struct link_config config; // constant; its strings are not used, see `target` and `pins_path`
    char *pins_path;
    pthread_t thread;
    bool started;

    pthread_mutex_t lock; // covers the next block; never held while calling out
    struct target wanted_target;
    bool wanted, stop, changed, again;
    bool open; // link_send takes messages
    char last_error[LINK_SENTENCE_MAX];
    struct lws_context *context; // cleared before it is destroyed, so that wake never meets a dead one

    struct mailbox queue;   // messages to be sent
    struct media_box media; // datagrams to be sent

    // Link thread only.
    struct target target;
    bool want, stopping, refused;
    enum phase phase;
    struct lws *wsi;
    lws_sorted_usec_list_t timer;
    uint64_t deadline, try_started, trouble_since, up_since;
    struct link_resolve *lookup;
    struct addr address[LINK_RESOLVE_MAX];
    size_t address_count, address_next;
    char *message; // inbound, being put together
    size_t message_size;
    struct datagram_pieces pieces; // likewise
    char refusal[LINK_SENTENCE_MAX];
};

// link_events.c
extern const struct lws_protocols link_protocols[];

// link.c: why the last try failed.
void link_set_error(struct link *link, const char *what, const char *detail);
// Open or close the way in. What waits belonged to the connection before and is dropped.
void link_queue_open(struct link *link, bool open);
// The connection or the try on `wsi` is over, for whatever reason; called once for each.
void link_lost(struct link *link);

#endif
