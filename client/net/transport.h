// The net thread: the UDP socket, the session and its deadlines. Everything that seals, opens or numbers happens here.
// It also owns the link to the relay (a thread of its own).
#ifndef PARLOUR_TRANSPORT_H
#define PARLOUR_TRANSPORT_H

#include "client/net/session.h"

struct transport;
struct encoded_frame;
struct identities;
struct invite;

struct transport_config {
    struct session_config session;
    const char *relay_host; // "" = none yet
    uint16_t relay_port;
    const char *fingerprint; // base64url or ""
    bool tls, require_fingerprint, l16;
    const char *pins_path, *rtp_dump; // NULL = none
    void *ctx;
    // Net thread (notice also link thread): must not block.
    void (*notice)(void *ctx, struct notice *n); // moved
    void (*audio)(void *ctx, const struct media_packet *p);
    void (*video)(void *ctx, uint16_t member, uint8_t slot, struct recv_frame *frame); // contents moved
    void (*clock_map)(void *ctx, uint16_t member, uint8_t slot, uint32_t ts, uint64_t local_us);
    uint32_t (*audio_ts)(void *ctx, uint64_t now_us);           // as in session_io
    bool (*counted)(void *ctx, uint32_t *number, uint32_t *ts); // as in session_io; NULL = not
    void (*gone)(void *ctx, uint16_t member);
    void (*keyframe)(void *ctx, uint8_t slot);
    void (*rates)(void *ctx, const struct outflow_rates *rates); // as in session_io, like the next
    void (*hold)(void *ctx, bool hold);
    void (*hold_screen)(void *ctx, bool hold); // NULL = no screen is ever shown
    struct identities *identities;             // whom this machine knows: until it is joined
    void (*met)(void *ctx);                    // there is news in them; NULL = nobody asks
};

// NULL (logged) when resources are missing or the dump file cannot be made.
struct transport *transport_create(const struct transport_config *config);
bool transport_start(struct transport *t);
void transport_stop(struct transport *t); // says goodbye; at most 300 ms later the thread has ended
void transport_join(struct transport *t);
void transport_destroy(struct transport *t);

// Any thread. Moved; false when the queue is full: the caller keeps it.
bool transport_command(struct transport *t, struct command *c);
// Encoder thread. Moved when true; false = full: the encoder drops to its next keyframe.
bool transport_send_video(struct transport *t, struct encoded_frame *frame);
// Microphone thread; copied. When 10 wait the oldest is dropped.
void transport_send_audio(struct transport *t, const uint8_t *data, size_t size, uint32_t ts, bool talk_spurt);
void transport_get_stats(struct transport *t, struct stats *out); // the newest snapshot
void transport_connect(struct transport *t, const char *host, uint16_t port, const char *fingerprint);
void transport_reconnect(struct transport *t); // to the same relay, for what a connection begins with
void transport_last_error(struct transport *t, char *out, size_t size);

#endif
