// A whole call in one process and in virtual time: real sessions, the relay's real decisions, and a seeded network
// between them. Everything that happens follows from the seed.
#ifndef PARLOUR_TEST_WORLD_H
#define PARLOUR_TEST_WORLD_H

#include "client/net/session.h"
#include "client/recv/audio_jitter.h"
#include "relay/control_logic.h"
#include "relay/core.h"
#include "tests/netem/netem_plan.h"

enum {
    WORLD_PEOPLE = 6,
    WORLD_PACKETS = 4096, // under way in one direction of one line
    WORLD_MOMENT_US = 100000
};

// Media by UDP; control messages and media by TCP: in order, never lost.
enum world_kind { WORLD_DATAGRAM, WORLD_CONTROL, WORLD_STREAMED };

struct world_link {                // both directions of one person's way to the relay
    const struct netem_line *line; // when set, this and not the simple figures: rates, queues, bursts
    double loss;                   // 0..1, of UDP
    uint64_t delay_us, jitter_us;
    bool cut; // nothing passes, TCP neither, which breaks
    bool udp_cut;
    double late; // 0..1, of control messages: by up to `late_us` more, in order
    uint64_t late_us;
    bool silent; // when a connection breaks the relay hears nothing of it until its keepalive
};

struct world_packet {
    enum world_kind kind;
    bool up;
    unsigned person;
    uint64_t link; // the connection it is on: the relay uses its numbers again
    size_t size;
    struct addr from;
    unsigned copies; // to deliver
    uint8_t data[];  // and a 0
};

// What main makes of the notices about people and calls (world_calls.c).
enum world_screen { WORLD_HOME, WORLD_CALLING, WORLD_RUNG, WORLD_ANSWERING, WORLD_TALKING, WORLD_MEETING };

struct world_calls {
    enum world_screen screen;
    unsigned with; // whom; by index
    uint32_t ring;
    uint64_t since_us; // on this screen
    bool registered, away;
    bool listed[WORLD_PEOPLE];
    enum call_person_state state[WORLD_PEOPLE];
    unsigned missed[WORLD_PEOPLE];
    unsigned ends[8];                          // by enum call_end, of calls that did not begin
    struct world_letter *to_main, *to_session; // on their way between main and session, in order
    uint64_t last_us[2];
    const char *wrong; // the first thing that must never be
};

struct world_ear { // what a listener makes of one voice
    struct audio_jitter jitter;
    uint32_t decoded; // samples not played yet
};

struct world_person {
    bool exists, link_up, broken;
    uint32_t connection;    // of the relay, while link_up
    uint64_t link_number;   // never twice
    uint64_t connect_at_us; // next try
    struct {
        uint32_t connection;
        uint64_t until_us; // 0 = unused; then the relay gives up on it
    } half_open[64];
    uint64_t half_open_us; // when the relay gives up on the first of them; 0 = there is none
    struct world_calls calls;
    struct session session;
    uint64_t let_out, ticks; // let_out:: datagrams, messages, notices; how often it was called
    struct world_way *way;   // with world.falls_back
    struct addr
        bridge;       // where the relay's workers see what he sends by TCP; length 0 = he sent none on this connection
    uint64_t tick_us; // when it wants to be called again; 0 = at once, something has happened
    uint8_t identity_secret[64];
    struct addr addr;
    unsigned port;
    struct world_link link;
    uint64_t media_us; // next audio block
    uint32_t blocks;
    bool sending;
    // what it saw
    bool in_room, refused;
    uint32_t code;
    uint8_t key[16];
    unsigned joined, left, away, keys, chats, delivered, keyframe_asks, mutes, not_done;
    unsigned older, missed, alone, chat_lost; // of `chats`; lines of ours that were not sent
    char said[8192];                          // all it was told, a line each
    uint32_t knock;                           // the newest
    uint16_t roster[64];
    unsigned roster_count;
    uint64_t heard[64], heard_us[64]; // audio blocks by sender's order of id; see world_heard
    uint16_t heard_id[64];
    char last_chat[256];
    char tells[CALL_TELL_MAX * 2]; // what programs of others said to his, a line each
    struct {                       // as another has said last
        enum call_kind kind;
        bool screen, recording;
        char about[CALL_ABOUT_MAX];
    } state;
    bool up_now;                   // as the last NOTICE_CONNECTION said
    unsigned corrupt;              // payloads that were not what was sent
    uint64_t picture_us, pictures; // next picture to send, and how many were
    bool hold;
    unsigned keyframe_due; // bit = layer
    struct outflow_rates rates;
    const struct ladder_layer *fixed; // three layers that cannot be made smaller; a keyframe each second. NULL = made
    unsigned orphans[BUDGET_LAYERS];  // frames of a layer that build on one that was not sent
    bool needs_key[BUDGET_LAYERS];
    uint64_t seen[64];                   // whole pictures by sender, beside heard_id
    uint64_t seen_us[64], gap_us[64];    // the last one; the longest time without any, see world_gap_ms
    struct world_ear ears[WORLD_PEOPLE]; // likewise
    uint64_t play_us;
};

struct world_watch { // who looks on
    void *ctx;
    void (*datagram)(void *ctx, unsigned person, bool up, const uint8_t *p, size_t n); // was let out
    void (*moment)(void *ctx);                                                         // each WORLD_MOMENT_US
};

struct world {
    uint64_t now_us, seed, links;
    struct world_watch watch;
    uint64_t moment_us;
    bool falls_back;       // who is added sends media by TCP where UDP is silent
    double early;          // 0..1, of all steps: a session is called before it has asked for it
    uint64_t late_us;      // the most that one then had to do that much before its time, with no event for it
    uint64_t step_us;      // of time
    uint64_t main_late_us; // how long notices and commands may be on their way
    bool registers;        // who is added is in the list of people
    unsigned
        camera_kbps; // who is added sends pictures as the session allows, of so much at the most; 0 = always the same
    uint8_t identity_seed[WORLD_PEOPLE][32], identity[WORLD_PEOPLE][32];
    bool has_identity[WORLD_PEOPLE];             // who comes again is the same
    unsigned called[WORLD_PEOPLE][WORLD_PEOPLE]; // how often, whom
    uint8_t ticket_key[32];
    struct core *core;
    struct control_logic *logic;
    uint64_t core_tick_us, logic_tick_us;
    struct world_person people[WORLD_PEOPLE];
    struct netem_link *lines[WORLD_PEOPLE * 2]; // of each person: down, up; world_network.c
    uint64_t lines_due_us;                      // nothing comes out of any before
    unsigned boots;
    uint64_t boot_us; // the last
    bool key_lost;
    struct {
        struct core_command c;
    } commands[1024]; // control -> worker, run at the next step
    unsigned command_count;
};

struct world *world_create(uint64_t seed);
void world_destroy(struct world *w);
double world_random(struct world *w); // 0..1
struct world_person *world_add(struct world *w, unsigned index, const char *name);
void world_remove(struct world *w, unsigned index); // as SIGKILL
void world_create_room(struct world *w, unsigned index);
void world_join(struct world *w, unsigned index, unsigned host); // by the host's invite
void world_leave(struct world *w, unsigned index);
void world_chat(struct world *w, unsigned index, const char *text, uint32_t number);
void world_chat_to(struct world *w, unsigned index, unsigned to, const char *text, uint32_t number); // to one alone
void world_run(struct world *w, uint64_t ms);
// His address is another one. `noticed`: by himself; else a router on the way has forgotten him.
void world_move(struct world *w, unsigned index, bool noticed);
void world_break_link(struct world *w, unsigned index); // his control connection
void world_relay_kill(struct world *w);
void world_relay_start(struct world *w); // same ticket key
void world_lose_key(struct world *w);    // before it starts again: the ticket key is another one
void world_order(struct world *w, unsigned index, enum command_order order, unsigned about, bool on); // of a host
// world_calls.c: what a person does on his screen; nothing, when he cannot.
void world_call(struct world *w, unsigned index, unsigned whom);
void world_answer(struct world *w, unsigned index);
void world_meet(struct world *w, unsigned index);    // in a room with a number
void world_hang_up(struct world *w, unsigned index); // stop calling, refuse, or leave
void world_calls_notice(struct world *w, unsigned index, const struct notice *n);
void world_calls_step(struct world *w, unsigned index);
uint64_t world_calls_due(const struct world_person *p);
void world_calls_forget(struct world_person *p);
// What a person's line has done so far, up or down.
const struct netem_figures *world_line(const struct world *w, unsigned index, bool up);
// world_media.c, for world.c
void world_audio(struct world *w, struct world_person *p, const struct media_packet *m);              // came to him
void world_video(struct world *w, struct world_person *p, uint16_t member, struct recv_frame *frame); // freed
void world_media_step(struct world *w, struct world_person *p);
uint64_t world_media_due(const struct world_person *p);
// world_network.c, for world.c
void world_network_create(struct world *w);
void world_network_destroy(struct world *w);
void world_network_step(struct world *w); // the lines are what they are at this time
void world_send(struct world *w, unsigned person, bool up, enum world_kind kind, const void *data, size_t n);
struct world_packet *world_take_due(struct world *w); // one whose time has come, or NULL; the caller's
// A connection that the relay takes to stand still, until its keepalive says otherwise.
void world_leave_half_open(struct world_person *p, uint64_t now_us);
void world_end_half_open(struct world *w, struct world_person *p);
// world_path.c, for world.c: which way media takes
void world_path_create(struct world_person *p);
void world_path_destroy(struct world_person *p);
void world_path_begin(struct world *w, struct world_person *p); // a handshake
void world_path_moved(struct world *w, struct world_person *p); // his address is another one, and he knows it
void world_path_up(struct world *w, unsigned index, const uint8_t *p, size_t n);             // from the session
void world_path_down(struct world *w, const uint8_t *p, size_t n, const struct addr *to);    // from the relay
void world_path_take(struct world *w, unsigned index, bool tcp, const uint8_t *p, size_t n); // to the session
void world_path_follow(struct world *w, struct world_person *p);
void world_cut_relay(struct world *w); // the relay died: all TCP, and what was on its way to it
// Audio blocks `index` has opened from `from` since the start.
uint64_t world_heard(const struct world *w, unsigned index, unsigned from);
// Samples played of `from`'s voice so far, and those of them that were made up.
void world_played(const struct world *w, unsigned index, unsigned from, uint64_t *played, uint64_t *concealed);
uint64_t world_seen(const struct world *w, unsigned index, unsigned from); // whole pictures, likewise
// The longest time that `index` saw no picture of `from`'s since this was asked last, ms.
unsigned world_gap_ms(struct world *w, unsigned index, unsigned from);

#endif
