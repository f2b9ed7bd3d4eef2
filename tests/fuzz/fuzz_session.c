// A hostile relay against a client: control messages and datagrams of its choice, in any order, against a whole session
// that has joined a room. It knows the hop keys - they are its own - but no member's key.
#include "fuzz.h"

#include "client/net/session.h"
#include "client/recv/assembler.h"
#include "shared/bytes.h"
#include "shared/control.h"
#include "shared/ctrl.h"
#include "shared/log.h"
#include "tests/session_nowhere.h"

#include <sodium.h>
#include <stdlib.h>

static struct session session;
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
static void say(const struct control *c, uint64_t now)
{
    char *text = control_write(c);
    session_control(&session, text, strlen(text), now);
    free(text);
}

static void join(uint64_t now)
{
    session_link_up(&session, now);
    struct control welcome = {.type = CONTROL_WELCOME};
    memcpy(welcome.welcome.version, CONTROL_VERSION, sizeof CONTROL_VERSION);
    welcome.welcome.has_challenge = true;
    say(&welcome, now);
    session_command(&session, command_new(COMMAND_CREATE), now);
    session_tick(&session, now);
    struct control room = {.type = CONTROL_ROOM, .request = session.request};
    room.room.room = 0x01020304;
    room.room.code = 428193;
    room.room.self = 7;
    room.room.join_id = 77;
    room.room.media_port = 5001;
    room.room.ticket_size = 100;
    room.room.member_count = 1;
    room.room.members[0] = (struct control_member){.id = 9, .join_id = 99, .name = "Robert", .has_key = true};
    struct control_member *robert = &room.room.members[0];
    uint8_t seed[32] = {3}, secret[64];
    crypto_sign_seed_keypair(robert->identity, secret, seed);
    memset(robert->key, 3, sizeof robert->key);
    statement_sign(robert->signature, robert->name, robert->key, secret);
    say(&room, now);
}

// The handshake, so that the datagrams that follow can be proved.
static void shake_hands(uint64_t now)
{
    uint8_t p[WIRE_DATAGRAM_MAX], up[16], down[16];
    struct ctrl c = {.op = CTRL_CHALLENGE, .nonce = session.hop.nonce};
    keys_hop(up, down, session.hop.hop_key, session.hop.nonce, c.boot_nonce);
    size_t n = ctrl_write(&c, 0, session.hop.room, p);
    wire_stamp(p, n, down, 0, now);
    session_datagram(&session, p, n, now, now);
    c = (struct ctrl){.op = CTRL_PONG};
    n = ctrl_write(&c, 0, session.hop.room, p);
    wire_stamp(p, n, down, 1, now);
    session_datagram(&session, p, n, now, now);
    HOLDS(session.hop.state == HOP_UP);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct session_io io = {.datagram = on_bytes,
                                         .fresh_socket = nowhere_fresh_socket,
                                         .media_address = nowhere_media_address,
                                         .control = on_control,
                                         .notice = on_notice,
                                         .audio = on_audio,
                                         .video = on_video,
                                         .clock_map = on_clock,
                                         .gone = nowhere_gone,
                                         .keyframe = nowhere_slot,
                                         .hold = nowhere_hold};
    static const uint8_t secret[64];
    struct session_config config = {.name = "Amina", .identity_secret = secret, .registers = true, .camera_kbps = 2500};
    struct bytes_reader r = bytes_reader(data, size);
    uint64_t now = 1000000, number = 2;
    if (sodium_init() < 0)
        abort();
    log_setup(LOG_ERROR, false);
    session_init(&session, &config, &io);
    opened = 0;
    join(now);
    shake_hands(now);
    for (uint32_t i = 0; i < 8; i++) // something to be asked for again
        session_send_audio(&session, (const uint8_t *)"sound", 5, i * 960, false, now);
    for (unsigned turn = 0; turn < 64 && r.left > 3; turn++) {
        uint8_t kind = bytes_u8(&r);
        size_t n = bytes_u16(&r) % WIRE_DATAGRAM_MAX;
        n = MIN(n, r.left);
        const uint8_t *piece = bytes_take(&r, n);
        uint8_t p[WIRE_DATAGRAM_MAX];
        now += (uint64_t)(kind >> 3) * 1000;
        if (!piece)
            break;
        memcpy(p, piece, n);
        if (kind % 4 == 0) {
            session_control(&session, (const char *)piece, n, now);
        } else if (kind % 4 == 1 && n > WIRE_HEADER + WIRE_TRAILER && session.hop.has_keys) {
            p[0] = kind & 4 ? WIRE_FEEDBACK : WIRE_CTRL; // proved: the relay's own words
            p[2] = p[3] = 0;
            memcpy(p + 4, (uint8_t[]){1, 2, 3, 4}, 4);
            wire_stamp(p, n, session.hop.down, number++, now);
            session_datagram(&session, p, n, now, now);
        } else if (kind % 4 == 2 && n >= WIRE_MEDIA_CLEAR + SEAL_TAG && session.hop.has_keys) {
            p[0] = kind & 4 ? WIRE_RTX : WIRE_MEDIA; // tagged: a relay can do that
            memcpy(p + 2, (uint8_t[]){0, 9, 1, 2, 3, 4}, 6);
            wire_stamp(p, n, session.hop.room_down, number++, now);
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
