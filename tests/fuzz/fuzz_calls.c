// A hostile relay against who can be called. It has genuine calls of one person, each made once for this registration,
// and says what it likes, when it likes: them, again, as another's, ends, errors, rooms, lists. The person at the
// screen presses keys as it pleases. Each call rings at most once; the screen is in a call only when he has called or
// answered; nobody but whom it is with is given keys; and when all fall silent, nothing rings.
#include "tests/fuzz/fuzz.h"

#include "client/net/session.h"
#include "shared/bytes.h"
#include "shared/call_offer.h"
#include "shared/control.h"
#include "shared/log.h"
#include "shared/statement.h"
#include "tests/session_nowhere.h"

#include <sodium.h>

enum { S = 1000000, CALLS = 8, STEPS = 96 };

struct person {
    const char *name;
    uint8_t identity[32], secret[64];
    uint8_t registered[32], registered_secret[32];
};

struct made { // a call that Bob has made
    bool used;
    unsigned rung;
    uint8_t key[32], signature[STATEMENT_SIZE];
    char data[2 * CALL_OFFER_SIZE];
};

enum screen { HOME, CALLING, RUNG, ANSWERED, TALKING };

static struct session session;
static struct person ann, bob, eve;
static struct made made[CALLS];
static uint8_t key[32]; // of the registration
static uint32_t request;
static enum screen screen; // as main has it
static uint32_t ring;
static uint64_t now;

static void person(struct person *p, const char *name, uint8_t first)
{
    uint8_t seed[32] = {first};
    p->name = name;
    crypto_sign_seed_keypair(p->identity, p->secret, seed);
    crypto_box_seed_keypair(p->registered, p->registered_secret, seed);
}

static void on_control(void *ctx, char *text)
{
    struct control c;
    (void)ctx;
    HOLDS(control_read(&c, text, strlen(text)));
    if (c.type == CONTROL_REGISTER) {
        memcpy(key, c.registration.key, sizeof key);
        memset(made, 0, sizeof made);
    }
    if (c.request)
        request = c.request;
    control_free(&c);
    free(text);
}

static void on_ringing(const struct notice *n)
{
    HOLDS(screen == HOME && memcmp(n->identity, bob.identity, 32) == 0 && strcmp(n->name, bob.name) == 0);
    for (unsigned i = 0; i < CALLS; i++)
        if (made[i].used && memcmp(session.call.key, made[i].key, 32) == 0)
            HOLDS(++made[i].rung == 1);
    screen = RUNG;
    ring = n->ring;
}

static void on_notice(void *ctx, struct notice *n)
{
    (void)ctx;
    if (n->type == NOTICE_RINGING)
        on_ringing(n);
    if (n->type == NOTICE_CALLING && screen == CALLING)
        ring = n->ring;
    if (n->type == NOTICE_ROOM && n->private_call) {
        HOLDS(screen == CALLING || screen == ANSWERED || screen == TALKING);
        HOLDS(memcmp(n->identity, bob.identity, 32) == 0);
        screen = TALKING;
    }
    if (n->type == NOTICE_CALL_ENDED &&
        ((screen != HOME && screen != TALKING && n->ring == ring) || (screen == TALKING && n->ring == 0)))
        screen = HOME;
    if (n->type == NOTICE_REFUSED) // another version
        screen = HOME;
    HOLDS(n->type != NOTICE_CHAT && n->type != NOTICE_KEY && n->type != NOTICE_STATE && n->type != NOTICE_ROOM_STATE);
    notice_free(n);
}

static void say(const struct control *c)
{
    char *text = control_write(c);
    session_control(&session, text, strlen(text), now);
    free(text);
}

static void connect(bool resumed)
{
    struct control c = {.type = CONTROL_WELCOME, .welcome = {.resumed = resumed, .has_challenge = true}};
    memcpy(c.welcome.version, CONTROL_VERSION, sizeof CONTROL_VERSION);
    session_link_up(&session, now);
    say(&c);
}

// ---- what the relay says ----

static void list(const struct person *p, uint8_t how)
{
    struct control c = {.type = CONTROL_PEOPLE, .people = {.whole = how & 1, .count = 1}};
    struct control_person *x = &c.people.person[0];
    memcpy(x->name, p->name, strlen(p->name));
    memcpy(x->identity, p->identity, 32);
    memcpy(x->key, p->registered, 32);
    statement_sign(x->signature, p->name, x->key, how & 2 ? eve.secret : p->secret);
    x->state = (enum control_person_state)(CONTROL_PERSON_FREE + how / 4 % 4);
    say(&c);
}

static void make(struct made *m)
{
    uint8_t secret[32], sealed[CALL_OFFER_SIZE];
    struct call_offer o = {.invite_key = {9}};
    crypto_kx_keypair(m->key, secret);
    statement_sign(m->signature, bob.name, m->key, bob.secret);
    memcpy(o.from, bob.identity, 32);
    memcpy(o.to, ann.identity, 32);
    m->used = call_offer_seal(sealed, &o, key, secret);
    m->rung = 0;
    keys_base64(m->data, sizeof m->data, sealed, sizeof sealed);
}

// A call of Bob's as it is, or changed; also as `missed`.
static void tell_call(uint8_t which, uint8_t how)
{
    struct made *m = &made[which % CALLS];
    struct control c = {.type = how & 8 ? CONTROL_MISSED : CONTROL_RINGING,
                        .call = {.id = which / CALLS, .data = "AAAA"}};
    const struct person *p = how & 1 ? &eve : &bob;
    if (!m->used)
        make(m);
    memcpy(c.call.name, p->name, strlen(p->name));
    memcpy(c.call.identity, p->identity, 32);
    memcpy(c.call.key, m->key, 32);
    memcpy(c.call.signature, m->signature, STATEMENT_SIZE);
    if (how & 2)
        statement_sign(c.call.signature, p->name, m->key, p->secret);
    if (!(how & 4))
        c.call.data = m->data;
    say(&c);
}

static void tell_number(enum control_type type, uint8_t which, uint8_t how)
{
    struct control c = {.type = type, .request = request - (how & 1), .call = {.id = which / CALLS}};
    c.call.end = (enum control_call_end)(CONTROL_CALL_CANCELLED + how / 2 % 5);
    say(&c);
}

static void tell_room(uint8_t how)
{
    struct control c = {.type = CONTROL_ROOM, .request = request - (how & 1)};
    c.room.room = 99;
    c.room.code = how & 2 ? 123456 : CONTROL_NO_CODE;
    c.room.self = 2;
    c.room.join_id = how & 4 ? 42 : 43;
    c.room.media_port = 5001;
    c.room.ticket_size = 8;
    c.room.member_count = how / 8 % 4;
    for (uint16_t i = 0; i < c.room.member_count; i++) {
        const struct person *p = i == 1 ? &eve : &bob;
        struct control_member *m = &c.room.members[i];
        *m = (struct control_member){.id = (uint16_t)(10 + i), .join_id = 100u + i, .has_key = true};
        memcpy(m->name, p->name, strlen(p->name));
        memcpy(m->identity, p->identity, 32);
        memcpy(m->key, i == 2 ? eve.registered : made[how / 32].used ? made[how / 32].key : bob.registered, 32);
        statement_sign(m->signature, p->name, m->key, p->secret);
    }
    say(&c);
}

static void tell_rest(uint8_t which, uint8_t how)
{
    struct control c = {.type = CONTROL_LEFT, .left = {.id = (uint16_t)(how & 1 ? 2 : 10 + how / 8 % 3)}};
    static const char reasons[][8] = {"left", "lost", "kicked", "ended"};
    memcpy(c.left.reason, reasons[how / 2 % 4], sizeof reasons[0]);
    if (which & 1) {
        c = (struct control){.type = CONTROL_ERROR, .request = how & 1 ? 0 : request};
        c.error.code = (enum control_error)(CONTROL_ERROR_BAD_MESSAGE + how / 2 % CONTROL_ERROR_IN_A_CALL);
        memcpy(c.error.text, "no", 3);
    }
    say(&c);
}

// ---- what the person does ----

static void press(uint8_t which)
{
    struct command *c = NULL;
    if (which % 4 == 0 && screen == HOME) {
        c = command_new(COMMAND_CALL);
        memcpy(c->identity, bob.identity, 32);
        screen = CALLING;
        ring = 0;
    } else if (which % 4 == 1 && screen == RUNG) {
        c = command_new(COMMAND_ANSWER);
        c->ring = ring;
        screen = ANSWERED;
    } else if (which % 4 == 2 && screen != HOME) {
        c = command_new(screen == TALKING ? COMMAND_LEAVE : COMMAND_HANGUP);
        c->ring = ring;
        c->end = which & 4 ? CALL_END_BUSY : CALL_END_NOT_NOW;
        screen = HOME;
    } else if (which % 4 == 3) {
        c = command_new(COMMAND_PRESENCE);
        c->flag = which & 4;
    }
    if (c)
        session_command(&session, c, now);
}

static void look(void)
{
    session_tick(&session, now);
    for (unsigned i = 0; i < WIRE_ROOM_MEMBERS_MAX; i++) {
        const struct session_member *m = &session.members[i];
        HOLDS(!m->used || !m->introduced || memcmp(m->identity, bob.identity, 32) == 0);
        HOLDS(!m->used || !m->introduced || screen == TALKING);
    }
    HOLDS(session.in_room == false || screen == TALKING);
    HOLDS(session.people.list.count <= 2);
}

static void step(uint8_t what, uint8_t which, uint8_t how)
{
    switch (what % 9) {
    case 0:
        press(which);
        break;
    case 1:
        now += (uint64_t)how * S / 8;
        break;
    case 2:
        list(which & 1 ? &eve : &bob, how);
        break;
    case 3:
        tell_call(which, how);
        break;
    case 4:
        tell_number(CONTROL_CALLING, which, how);
        break;
    case 5:
        tell_number(CONTROL_CALL_ENDED, which, how);
        break;
    case 6:
        tell_room(how);
        break;
    case 7:
        tell_rest(which, how);
        break;
    default:
        session_link_down(&session, now);
        connect(how & 1);
        list(&bob, 1);
    }
    look();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct session_io io = {.datagram = nowhere_datagram,
                                         .fresh_socket = nowhere_fresh_socket,
                                         .media_address = nowhere_media_address,
                                         .control = on_control,
                                         .notice = on_notice,
                                         .gone = nowhere_gone};
    struct session_config config = {.name = "Ann", .registers = true};
    struct bytes_reader r = bytes_reader(data, size);
    if (sodium_init() < 0)
        abort();
    log_setup(LOG_ERROR, false);
    person(&ann, "Ann", 1);
    person(&bob, "Bob", 2);
    person(&eve, "Eve", 3);
    memcpy(config.identity, ann.identity, 32);
    config.identity_secret = ann.secret;
    now = S;
    screen = HOME;
    session_init(&session, &config, &io);
    connect(false);
    list(&bob, 1);
    for (unsigned i = 0; i < STEPS && r.left >= 3; i++) {
        uint8_t what = bytes_u8(&r), which = bytes_u8(&r);
        step(what, which, bytes_u8(&r));
    }
    for (unsigned i = 0; i < 140; i++) { // silence
        now += S;
        look();
    }
    HOLDS(screen == HOME && session.want == SESSION_NOTHING && session.call.phase == SESSION_CALL_NONE);
    session_destroy(&session);
    return 0;
}
