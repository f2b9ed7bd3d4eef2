// The inside of session_files, session_sends and session_takes only: files on their way out and in.
//
// A file that goes (file_send) is offered to some people and sent to those who accept, all at once in one stream of
// chunks; who accepts later, or was dropped from the stream because the others waited for him, has one of the next. A
// file that comes (file_take) is one offer. Both know people by identity, so they outlive an address, a member id, and
// a relay.
#ifndef PARLOUR_SESSION_FILES_H
#define PARLOUR_SESSION_FILES_H

#include "client/file_pipe.h"
#include "client/net/file_box.h"
#include "client/net/file_in.h"
#include "client/net/file_out.h"
#include "client/net/file_patience.h"
#include "session_parts.h"

#include "shared/replay.h"

enum {
    FILES_MOST = FILE_BOX_NUMBERS, // each way; as many as there are slots
    FILES_RUN = 4,                 // each way, at once; the others wait
    FILES_ASKED = 4,               // offers of one member that wait for our person
    FILES_PAST = 32,
    FILES_SLOTS = 40 // subscribed at once; what LAYERS takes
};
#define FILES_MAP_US   100000u   // people are looked for
#define FILES_GONE_US  60000000u // then nobody waits for somebody any longer
#define FILES_BLOCK_US 5000000u
#define FILES_STILL_US 5000000u // nothing moves for so long: it waits, and says so
#define FILES_TELL_US  250000u
#define FILES_SAY_US   1000000u
#define FILES_AGAIN_US 5000000u

struct file_person {
    uint8_t identity[32];
    char name[CALL_NAME_MAX];
    uint16_t id;  // 0 = not here
    uint16_t was; // when he was last
    uint64_t join_id;
    uint64_t gone_us; // not here since
};

struct file_flow { // figures, and what main was told of them
    uint64_t moved, told_moved, second_moved;
    double rate;
    uint64_t second_us, told_us;
    uint64_t still, still_us; // moved; since when it has been that
    enum message_wait waiting, told_waiting;
};

enum file_peer_state {
    FILE_PEER_ASKED,
    FILE_PEER_ACCEPTED, // waits for a stream
    FILE_PEER_STARTING, // told of one; ready: he has said that he is there
    FILE_PEER_RUNNING,
    FILE_PEER_SENT,    // has acknowledged all; has still to say that it is whole
    FILE_PEER_DROPPED, // is to accept anew
    FILE_PEER_OVER
};

struct file_peer {
    enum file_peer_state state;
    struct file_person who;
    bool taker, finished, ready;
    bool offered; // since he came (back)
    bool full;    // dropped, because he had no room
    uint64_t said_us, asked_us;
    uint32_t turn;
    uint8_t have[MESSAGE_FILE_HAVE];
    uint8_t number; // of his acks' slot
    uint32_t first; // of the stream he was told of last
    uint32_t key_of;
    struct seal_key key;
    struct replay seen;
};

enum file_send_phase { FILE_SEND_IDLE, FILE_SEND_STARTING, FILE_SEND_RUNNING };

struct file_send {
    uint32_t id;
    uint64_t tag;
    uint8_t number;
    uint8_t *key; // guarded
    struct seal_key seal;
    char name[MESSAGE_FILE_NAME];
    uint64_t size;
    uint8_t root[32];
    enum file_send_phase phase;
    uint64_t begun_us, accepted_us; // the stream; the first who waits for one did so
    uint32_t first, next_first;     // chunk this stream begins with; the next one will
    unsigned asked;                 // for a pipe, not answered yet
    struct file_pipe *pipe;
    struct file_out *out;
    struct file_flow flow;
    struct file_patience patience;
    bool parked; // nothing has moved since its place was given up
    unsigned peers;
    struct file_peer peer[FILE_OUT_PEERS];
};

enum file_take_state {
    FILE_TAKE_ASKED,    // main
    FILE_TAKE_ACCEPTED, // waits until fewer run
    FILE_TAKE_SAID,
    FILE_TAKE_RUNNING,
    FILE_TAKE_AGAIN // main, for a new pipe
};

struct file_take {
    enum file_take_state state;
    uint32_t id;
    uint64_t tag;
    uint8_t number, ack; // of his slot, of ours
    uint8_t *key;        // guarded
    struct file_person who;
    uint64_t offered; // the join he offered it in
    uint64_t size;
    uint8_t root[32];
    uint8_t have[MESSAGE_FILE_HAVE];
    uint32_t turn, first;
    unsigned of;
    uint64_t said_us, begun_us; // the stream
    struct file_pipe *pipe;
    struct file_in *in;
    uint64_t most; // bytes that a stream of it may have
    struct seal_key open, seal;
    uint32_t seal_of; // our id that it was made for
    struct replay seen;
    struct file_flow flow;
};

struct session_files {
    struct file_send *sends[FILES_MOST];
    struct file_take *takes[FILES_MOST];
    struct {
        uint64_t tag;
        struct file_box verdict;
    } past[FILES_PAST]; // of offers that were answered; the oldest goes
    unsigned past_next, ids, turn;
    uint64_t map_us, media_us, sound_us;
    bool connected, beside; // media works; media other than files flows
    unsigned next;          // whose turn it is to send
};

// session_files.c
void session_files_say(struct session *s, const struct file_person *to, const struct file_box *b);
bool session_files_can_say(const struct session *s, const struct file_person *to);
// Where he is now; true when he has come, or come back.
bool session_files_find(struct session *s, struct file_person *who, uint64_t now_us);
bool session_files_lost(const struct session *s, const struct file_person *who, uint64_t now_us); // for good
struct notice *session_files_about(enum notice_type type, uint32_t id, const struct file_person *who);
void session_files_key(struct seal_key *k, const uint8_t key[32], uint32_t acker, uint8_t slot, bool sealing);
// A datagram's contents, into `out`; false when it was not sealed with this key, or seen before.
bool session_files_open(struct seal_key *k, struct replay *seen, const uint8_t *p, size_t n,
                        uint8_t out[WIRE_PAYLOAD_MAX], size_t *size, uint32_t *ts);
// Sealed, into p; returns its size, 0 when the key is used up.
size_t session_files_seal(const struct session *s, struct seal_key *k, uint8_t slot, const uint8_t *data, size_t n,
                          uint8_t p[WIRE_DATAGRAM_MAX], uint64_t now_us);
void session_files_drop_pipe(struct file_pipe **p);            // gives up on it
bool session_files_flow(struct file_flow *f, uint64_t now_us); // true: main is to be told
// It should move (`runs`), and has not for FILES_STILL_US.
bool session_files_still(struct file_flow *f, bool runs, uint64_t now_us);

static inline uint8_t session_files_slot(unsigned stream, uint8_t number)
{
    return (uint8_t)(stream << 4 | number);
}

// session_sends.c
void session_sends_command(struct session *s, struct command *c, uint64_t now_us);
void session_sends_box(struct session *s, const struct session_member *m, const struct file_box *b, uint64_t now_us);
uint64_t session_sends_tick(struct session *s, uint64_t now_us);
void session_sends_end(struct session *s, uint64_t now_us);

// session_streams.c
struct notice *session_streams_about(enum notice_type type, const struct file_send *x, const struct file_peer *p);
unsigned session_streams_count(const struct file_send *x); // people in it
// He is in it no more, or never was; with the last one it ends.
void session_streams_set(struct session *s, struct file_send *x, struct file_peer *p, enum file_peer_state to,
                         uint64_t now_us);
void session_streams_begin(struct session *s, struct file_send *x, uint64_t now_us);
// Others want its place, and those in it take nothing: they are to accept anew.
void session_streams_park(struct session *s, struct file_send *x, bool wanted, uint64_t now_us);
void session_streams_run(struct file_send *x, uint64_t now_us);
void session_streams_end(struct session *s, struct file_send *x, uint64_t now_us);
uint64_t session_streams_tick(struct session *s, struct file_send *x, uint64_t now_us);
bool session_streams_ack(struct session *s, const uint8_t *p, size_t n, const struct wire_header *h, uint64_t now_us);
bool session_streams_next(struct session *s, uint64_t now_us); // one datagram; false: none may go
bool session_streams_active(const struct session *s);          // one has something to send
void session_streams_slots(const struct session *s, struct feedback_layers *l);
void session_streams_resume(struct session *s, uint64_t now_us); // the network is back
void session_streams_stats(const struct session *s, struct stats *stats);

// session_takes.c
void session_takes_command(struct session *s, struct command *c, uint64_t now_us);
void session_takes_box(struct session *s, const struct session_member *m, const struct file_box *b, uint64_t now_us);
bool session_takes_data(struct session *s, const uint8_t *p, size_t n, const struct wire_header *h);
uint64_t session_takes_tick(struct session *s, uint64_t now_us);
void session_takes_slots(const struct session *s, struct feedback_layers *l);
void session_takes_end(struct session *s, uint64_t now_us);
void session_takes_stats(const struct session *s, struct stats *stats);

#endif
