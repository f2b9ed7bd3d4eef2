// A hostile relay against a client: control messages and datagrams of its choice, in any order, against a whole session
// that has joined a room. It knows the hop keys - they are its own - but no member's key.
#include "client/recv/assembler.h"
#include "shared/bytes.h"
#include "shared/log.h"
#include "tests/fuzz/room_of_one.h"
#include "tests/session_nowhere.h"

#include <sodium.h>

static unsigned opened; // media, text or a call taken as genuine: a relay cannot make any

static void on_bytes(void *ctx, const uint8_t *p, size_t n)
{
    (void)ctx;
    (void)p;
    HOLDS(n >= WIRE_DATAGRAM_MIN && n <= WIRE_DATAGRAM_MAX);
}
static void on_control(void *ctx, char *text)
{
    (void)ctx;
    free(text);
}
static void on_notice(void *ctx, struct notice *n)
{
    (void)ctx;
    opened += n->type == NOTICE_CHAT || n->type == NOTICE_STATE || n->type == NOTICE_KEY || n->type == NOTICE_RINGING;
    notice_free(n);
}
static void on_audio(void *ctx, const struct media_packet *p)
{
    (void)ctx;
    (void)p;
    opened++;
}
static void on_video(void *ctx, uint16_t member, uint8_t slot, struct recv_frame *frame)
{
    (void)ctx;
    (void)member;
    (void)slot;
    free(frame->data);
    opened++;
}
static void on_clock(void *ctx, uint16_t member, uint8_t slot, uint32_t ts, uint64_t us)
{
    (void)ctx;
    (void)member;
    (void)slot;
    (void)ts;
    (void)us;
    opened++;
}

static void join(void)
{
    struct control room = ask_for_room();
    room.room.member_count = 1;
    room.room.members[0] = (struct control_member){.id = 9, .join_id = 99, .name = "Robert", .has_key = true};
    struct control_member *robert = &room.room.members[0];
    uint8_t seed[32] = {3}, secret[64];
    crypto_sign_seed_keypair(robert->identity, secret, seed);
    memset(robert->key, 3, sizeof robert->key);
    statement_sign(robert->signature, robert->name, robert->key, secret);
    say(&room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t secret[64];
    struct session_io io = session_nowhere();
    struct session_config config = {.name = "Amina", .identity_secret = secret, .registers = true, .camera_kbps = 2500};
    struct bytes_reader r = bytes_reader(data, size);
    if (sodium_init() < 0)
        abort();
    log_setup(LOG_ERROR, false);
    io.datagram = on_bytes;
    io.control = on_control;
    io.notice = on_notice;
    io.audio = on_audio;
    io.video = on_video;
    io.clock_map = on_clock;
    session_init(&session, &config, &io);
    opened = 0;
    now = 1000 * MS;
    join();
    shake_hands();
    for (uint32_t i = 0; i < 8; i++) // something to be asked for again
        session_send_audio(&session, (const uint8_t *)"sound", 5, i * 960, false, now);
    for (unsigned turn = 0; turn < 64 && r.left > 3; turn++) {
        uint8_t kind = bytes_u8(&r);
        size_t n = bytes_u16(&r) % WIRE_DATAGRAM_MAX;
        n = MIN(n, r.left);
        const uint8_t *piece = bytes_take(&r, n);
        uint8_t p[WIRE_DATAGRAM_MAX];
        now += (uint64_t)(kind >> 3) * MS;
        if (!piece)
            break;
        memcpy(p, piece, n);
        if (kind % 4 == 0) {
            session_control(&session, (const char *)piece, n, now);
        } else if (kind % 4 == 1 && n > WIRE_HEADER + WIRE_TRAILER && session.hop.has_keys) {
            p[0] = kind & 4 ? WIRE_FEEDBACK : WIRE_CTRL; // proved: the relay's own words
            p[2] = p[3] = 0;
            memcpy(p + 4, (uint8_t[]){1, 2, 3, 4}, 4);
            wire_stamp(p, n, session.hop.down, words++, now);
            session_datagram(&session, p, n, now, now);
        } else if (kind % 4 == 2 && n >= WIRE_MEDIA_CLEAR + SEAL_TAG && session.hop.has_keys) {
            p[0] = kind & 4 ? WIRE_RTX : WIRE_MEDIA; // tagged: a relay can do that
            memcpy(p + 2, (uint8_t[]){0, 9, 1, 2, 3, 4}, 6);
            wire_stamp(p, n, session.hop.room_down, words++, now);
            session_datagram(&session, p, n, now, now);
        } else {
            session_datagram(&session, p, n, now, now);
        }
        session_tick(&session, now);
    }
    HOLDS(opened == 0);
    session_destroy(&session);
    return 0;
}
