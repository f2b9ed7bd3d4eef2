// A hostile member, and a relay that helps it: everything is sealed with its real keys, so marks, timestamps, slots,
// meta, copies of sound and pictures are what it likes; what it sent comes again, late, as a repair, or out of parity;
// and the relay reports, asks and announces what it likes. What a session takes is what was sealed, once each; what it
// shows is bounded; it does not answer with a storm, and its figures stay figures.
#include "fuzz.h"

#include "client/recv/assembler.h"
#include "client/send/encoded_frame.h"
#include "shared/bytes.h"
#include "shared/control.h"
#include "shared/ctrl.h"
#include "shared/fec.h"
#include "shared/log.h"
#include "tests/fuzz/room_of_two.h"
#include "tests/session_nowhere.h"

#include <math.h>
#include <sodium.h>

enum { KEPT = 256, SLOTS = 10, STEPS = 160 };
enum { CALM = 600, PER_MS = 20 }; // datagrams that may leave in a run, and more with each ms of it

struct sent {
    uint8_t slot, data[WIRE_MEDIA_MAX];
    size_t size, clear_size;
    uint64_t number, ctr;
    uint32_t ts;
    bool opened;
    uint8_t clear[WIRE_PAYLOAD_MAX];
};

static const uint8_t slots[SLOTS] = {0x00, 0x10, 0x14, 0x18, 0xF0, 0x1C, 0x20, 0x30, 0x11, 0x04};
static struct sent kept[KEPT];
static unsigned kept_next;
static uint64_t numbers[SLOTS], rows[SLOTS], out;
static uint32_t times[SLOTS];
static struct fec_maker maker;

// ---- what the session says ----

static void on_bytes(void *ctx, const uint8_t *p, size_t n)
{
    (void)ctx;
    (void)p;
    HOLDS(n >= WIRE_DATAGRAM_MIN && n <= WIRE_DATAGRAM_MAX);
    out++;
}

static void on_notice(void *ctx, struct notice *n)
{
    (void)ctx;
    HOLDS(n->type != NOTICE_CHAT);
    notice_free(n);
}

static void on_audio(void *ctx, const struct media_packet *p)
{
    (void)ctx;
    HOLDS(p->sender == EVE && p->slot == SESSION_AUDIO_SLOT && p->size <= WIRE_PAYLOAD_MAX);
}

static void on_video(void *ctx, uint16_t member, uint8_t slot, struct recv_frame *frame)
{
    static const uint8_t zeros[ASSEMBLER_PADDING];
    (void)ctx;
    HOLDS(member == EVE && (wire_stream(slot) == WIRE_STREAM_CAMERA || wire_stream(slot) == WIRE_STREAM_SCREEN));
    HOLDS(frame->size > 0 && frame->size <= WIRE_FRAME_MAX);
    HOLDS(memcmp(frame->data + frame->size, zeros, sizeof zeros) == 0);
    free(frame->data);
}

static void on_opened(void *ctx, const struct media_packet *p)
{
    struct sent *s = NULL;
    (void)ctx;
    for (unsigned i = 0; i < KEPT && !s; i++)
        if (kept[i].size && kept[i].slot == p->slot && kept[i].ctr == p->ctr)
            s = &kept[i];
    HOLDS(s && !s->opened && s->ts == p->ts && p->size <= s->clear_size);
    s->opened = true;
    HOLDS(memcmp(s->clear + (s->clear_size - p->size), p->payload, p->size) == 0); // copies lie before its own sound
}

static void on_clock(void *ctx, uint16_t member, uint8_t slot, uint32_t ts, uint64_t us)
{
    (void)ctx;
    (void)slot;
    (void)ts;
    (void)us;
    HOLDS(member == EVE);
}

// ---- what she and the relay send ----

static void arrive(const struct sent *s, uint8_t type, uint64_t number)
{
    uint8_t p[WIRE_DATAGRAM_MAX];
    memcpy(p, s->data, s->size);
    p[0] = type;
    wire_stamp(p, s->size, session.hop.room_down, number, now);
    session_datagram(&session, p, s->size, now, now);
}

static void take(struct bytes_reader *r, uint8_t *to, size_t n)
{
    const uint8_t *from = bytes_take(r, n);
    if (from && n)
        memcpy(to, from, n);
}

// Something sealed: it comes, or is lost.
static void seal(struct bytes_reader *r, bool comes)
{
    unsigned which = bytes_u8(r) % SLOTS;
    uint8_t mark = bytes_u8(r), n = bytes_u8(r), metadata[SEAL_METADATA];
    int ts = (int8_t)bytes_u8(r);
    struct sent *s = &kept[kept_next];
    struct seal_key *key = room_keys_sealing(&eve, slots[which]);
    if (!key)
        return;
    kept_next = (kept_next + 1) % KEPT;
    memset(s, 0, sizeof *s);
    s->slot = slots[which];
    s->clear_size = MIN(n >= 240 ? WIRE_PAYLOAD_MAX - (size_t)(255 - n) : n, r->left);
    take(r, s->clear, s->clear_size);
    s->ts = times[which] += (uint32_t)(ts >= 120 ? 1 << 30 : ts * 480);
    s->ctr = key->ctr;
    s->number = ++numbers[which];
    wire_write(&(struct wire_header){.type = WIRE_MEDIA, .mark = mark, .sender = EVE, .room = ROOM, .slot = s->slot},
               s->data);
    struct bytes_writer w = bytes_writer(s->data + WIRE_HEADER, 4);
    bytes_put_u32(&w, s->ts);
    seal_metadata(metadata, s->data);
    s->size = WIRE_TS_END + seal_packet(key, metadata, s->clear, s->clear_size, s->data + WIRE_TS_END);
    if (comes)
        arrive(s, WIRE_MEDIA, s->number);
}

// One of the last again, or for the first time: as a repair, as it was, or under another number.
static void again(struct bytes_reader *r)
{
    const struct sent *s = &kept[(kept_next + KEPT - 1 - bytes_u8(r)) % KEPT];
    uint8_t how = bytes_u8(r);
    if (s->size)
        arrive(s, how & 1 ? WIRE_MEDIA : WIRE_RTX, s->number + (how & 2 ? how >> 2 : 0));
}

static const uint8_t *find_kept(void *ctx, uint64_t number, size_t *n)
{
    const uint8_t *slot = ctx;
    for (unsigned i = 0; i < KEPT; i++)
        if (kept[i].size && kept[i].slot == *slot && kept[i].number == number) {
            *n = kept[i].size;
            return kept[i].data;
        }
    return NULL;
}

// A row over the last of a slot, or one that lies.
static void parity(struct bytes_reader *r)
{
    uint8_t p[WIRE_DATAGRAM_MAX], which = bytes_u8(r) % SLOTS, k = bytes_u8(r) % FEC_GROUP + 1, how = bytes_u8(r);
    uint8_t slot = slots[which], index = how % FEC_ROWS;
    struct wire_header like = {.type = WIRE_FEC, .sender = EVE, .room = ROOM, .slot = slot};
    if (k > numbers[which] || !fec_make(&maker, numbers[which] + 1 - k, k, index + 1u, find_kept, &slot))
        return;
    size_t n = fec_write(&maker, index, &like, p);
    if (how & 0x40)
        p[WIRE_HEADER + bytes_u8(r) % (n - WIRE_HEADER)] ^= bytes_u8(r);
    wire_stamp(p, n, session.hop.room_down, ++rows[which], now);
    session_datagram(&session, p, n, now, now);
}

static void relay_word(struct bytes_reader *r, uint8_t type)
{
    uint8_t p[WIRE_DATAGRAM_MAX] = {0};
    size_t n = bytes_u8(r) * 4u;
    n = MIN(n, r->left);
    wire_write(&(struct wire_header){.type = type, .room = ROOM}, p);
    take(r, p + WIRE_HEADER, n);
    n = MAX(n + WIRE_HEADER + WIRE_TRAILER, (size_t)WIRE_HEADER + WIRE_TRAILER + 1);
    wire_stamp(p, n, session.hop.down, words++, now);
    session_datagram(&session, p, n, now, now);
}

static void send_own(uint8_t what, uint8_t size)
{
    static const uint8_t nal[256 * 32] = {0, 0, 0, 1, 0x65, 0x88};
    if (what & 1) {
        session_send_audio(&session, nal, size + 1u, encoded_frame_audio_ts(now), what & 2, now);
        return;
    }
    struct encoded_frame *f = encoded_frame_new(nal, 6u + size * 31u);
    f->ts = encoded_frame_ts(now);
    f->capture_us = now;
    f->keyframe = what & 2;
    f->layer = what >> 2 & 3;
    f->width = 320;
    f->height = 180;
    session_send_video(&session, f, now);
    encoded_frame_free(f);
}

static void look(uint8_t height)
{
    struct command *c = command_new(COMMAND_VIEW);
    c->view = base_alloc(sizeof *c->view);
    c->view_count = 1;
    *c->view = (struct command_view){.member = EVE, .height = (uint16_t)(height * 8)};
    session_command(&session, c, now);
}

static void step(struct bytes_reader *r)
{
    uint8_t op = bytes_u8(r);
    switch (op % 8) {
    case 0:
    case 1:
        seal(r, op % 8 == 0);
        break;
    case 2:
        again(r);
        break;
    case 3:
        parity(r);
        break;
    case 4:
        relay_word(r, op & 8 ? WIRE_CTRL : op & 16 ? WIRE_PROBE : WIRE_FEEDBACK);
        break;
    case 5:
        passes((uint64_t)bytes_u8(r) * MS);
        break;
    case 6:
        send_own(op >> 3, bytes_u8(r));
        break;
    default:
        if (op & 8)
            look(bytes_u8(r));
        else
            session_set_path(&session, op & 16);
    }
}

static void is_figure(double x)
{
    HOLDS(isfinite(x) && x >= -1 && x < 1e12);
}

static void figures(void)
{
    static struct stats stats;
    session_fill_stats(&session, &stats);
    is_figure(stats.call.rtt_ms);
    is_figure(stats.call.loss_up_pct);
    is_figure(stats.call.loss_down_pct);
    is_figure(stats.call.jitter_ms);
    is_figure(stats.call.target_kbps);
    is_figure(stats.call.queue_up_ms);
    is_figure(stats.call.parity_up_pct);
    is_figure(stats.call.parity_down_pct);
    HOLDS(stats.stream_count <= STATS_STREAMS_MAX);
    for (size_t i = 0; i < stats.stream_count; i++) {
        HOLDS(stats.streams[i].member == EVE);
        is_figure(stats.streams[i].jitter_ms);
        is_figure(stats.streams[i].bitrate_kbps);
        is_figure(stats.streams[i].fps_in);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct session_io io = session_nowhere();
    struct session_config config = room_of_two_config();
    struct bytes_reader r = bytes_reader(data, size);
    memset(kept, 0, sizeof kept);
    memset(numbers, 0, sizeof numbers);
    memset(rows, 0, sizeof rows);
    memset(times, 0, sizeof times);
    kept_next = 0;
    io.datagram = on_bytes;
    io.control = on_control;
    io.notice = on_notice;
    io.audio = on_audio;
    io.video = on_video;
    io.opened = on_opened;
    io.clock_map = on_clock;
    session_init(&session, &config, &io);
    begin(&config, bytes_u8(&r) & 1); // with a third one pictures are made in layers
    uint64_t since = now;
    out = 0;
    for (unsigned i = 0; i < STEPS && r.left > 0; i++) {
        step(&r);
        hand_over();
    }
    passes(50 * MS);
    HOLDS(out <= CALM + (now - since) / MS * PER_MS);
    figures();
    hand_over();
    session_destroy(&session);
    room_keys_destroy(&eve);
    return 0;
}
