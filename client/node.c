#define _GNU_SOURCE
#include "node.h"

#include "mailbox.h"
#include "reach.h"
#include "recv/assembler.h"
#include "send/encoded_frame.h"

#include "shared/clock.h"
#include "shared/keys.h"
#include "shared/log.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOTICES = 512, SECOND = 1000000, REFUSED_US = 30 * SECOND };

struct node {
    struct node_group *group;
    struct node_config config;
    char name[CALL_NAME_MAX];
    uint8_t identity[32];
    uint8_t *secret; // 64 bytes in guarded memory
    struct transport *transport;

    // Any thread.
    struct mailbox notices;
    atomic_bool missed; // one that matters has found no place there

    // The owner's thread only.
    enum node_phase phase;
    int exit_code;
    uint16_t self;
    uint64_t apart_us; // since when there is no connection; 0 = there is one
    uint64_t ask_us;   // refused: ask again then; 0 = not
    bool ever_in;
    bool microphone, camera;
    char *about;                                  // JSON, or NULL
    struct call_member members[CALL_MEMBERS_MAX]; // but me
    size_t member_count;
    bool host;         // the relay has made us one
    uint16_t promoted; // whom we have made one last
};

// ---- the net thread ----

static void on_notice(void *ctx, struct notice *x)
{
    struct node *n = ctx;
    if (mailbox_push(&n->notices, x))
        return;
    if (notice_matters(x->type))
        atomic_store(&n->missed, true);
    notice_free(x);
}

static void on_audio(void *ctx, const struct media_packet *p)
{
    const struct node *n = ctx;
    if (n->config.audio)
        n->config.audio(n->config.ctx, p);
}

static void on_video(void *ctx, uint16_t member, uint8_t slot, struct recv_frame *frame)
{
    const struct node *n = ctx;
    if (n->config.video)
        n->config.video(n->config.ctx, member, slot, frame);
    else
        free(frame->data);
}

static void on_clock(void *ctx, uint16_t member, uint8_t slot, uint32_t ts, uint64_t local_us)
{
    (void)ctx, (void)member, (void)slot, (void)ts, (void)local_us; // nothing is played here
}

static uint32_t on_audio_ts(void *ctx, uint64_t now_us)
{
    const struct node *n = ctx;
    return n->config.audio_ts ? n->config.audio_ts(n->config.ctx, now_us) : encoded_frame_audio_ts(now_us);
}

static bool on_counted(void *ctx, uint32_t *number, uint32_t *ts)
{
    const struct node *n = ctx;
    return n->config.counted(n->config.ctx, number, ts);
}

static void on_gone(void *ctx, uint16_t member)
{
    (void)ctx, (void)member; // NOTICE_LEFT says it
}

static void on_keyframe(void *ctx, uint8_t slot)
{
    const struct node *n = ctx;
    if (n->config.keyframe)
        n->config.keyframe(n->config.ctx, slot);
}

static void on_rates(void *ctx, const struct outflow_rates *rates)
{
    const struct node *n = ctx;
    if (n->config.rates)
        n->config.rates(n->config.ctx, rates);
}

static void on_hold(void *ctx, bool hold)
{
    const struct node *n = ctx;
    if (n->config.hold)
        n->config.hold(n->config.ctx, hold);
}

// ---- what goes down ----

bool node_command(struct node *n, struct command *c)
{
    if (transport_command(n->transport, c))
        return true;
    log_warn("node", "too many commands wait name=%s", n->name);
    command_free(c);
    return false;
}

static void tell_state(struct node *n)
{
    struct command *c = command_new(COMMAND_STATE);
    c->microphone = n->microphone;
    c->camera = n->camera;
    c->kind = n->config.kind;
    c->text = n->about ? base_strdup(n->about) : NULL;
    node_command(n, c);
}

void node_set_state(struct node *n, bool microphone, bool camera, const char *about)
{
    free(n->about);
    n->about = about ? base_strdup(about) : NULL;
    n->microphone = microphone;
    n->camera = camera;
    tell_state(n);
}

bool node_tell(struct node *n, uint16_t member, const char *text)
{
    struct command *c = command_new(COMMAND_TELL);
    c->member = member;
    c->text = base_strdup(text);
    return node_command(n, c);
}

static void ask_for_room(struct node *n)
{
    const struct client_options *o = node_group_options(n->group);
    const uint8_t *root = o->invite.has_key ? NULL : node_group_pass_root(n->group);
    struct command *c = command_new(COMMAND_JOIN);
    c->code = o->invite.code;
    c->has_invite_key = o->invite.has_key;
    memcpy(c->invite_key, o->invite.key, sizeof c->invite_key);
    c->has_passphrase = root != NULL;
    if (root)
        memcpy(c->pass_root, root, sizeof c->pass_root);
    n->phase = NODE_ASKING;
    n->member_count = 0;
    n->self = 0;
    node_command(n, c);
    tell_state(n);
}

// Nobody's picture has a place here.
static void look_at_nobody(struct node *n)
{
    if (n->config.deaf)
        node_command(n, command_new(COMMAND_VIEW));
}

// ---- who is here ----

static struct call_member *find(struct node *n, uint16_t id)
{
    for (size_t i = 0; i < n->member_count; i++)
        if (n->members[i].id == id)
            return &n->members[i];
    return NULL;
}

static void on_room(struct node *n, const struct notice *x)
{
    if (!x->resumed)
        n->member_count = n->promoted = 0;
    n->self = x->member;
    n->phase = NODE_IN;
    n->apart_us = n->ask_us = 0;
    n->ever_in = true;
    log_info("node", "in the room name=%s code=%06u id=%u", n->name, (unsigned)x->code, x->member);
    tell_state(n);
    look_at_nobody(n);
}

static void on_joined(struct node *n, const struct notice *x)
{
    if (find(n, x->member) || n->member_count == CALL_MEMBERS_MAX)
        return;
    struct call_member *m = &n->members[n->member_count++];
    *m = (struct call_member){.id = x->member, .join_id = x->join_id};
    memcpy(m->name, x->name, sizeof m->name);
    memcpy(m->identity, x->identity, sizeof m->identity);
}

static void on_left(struct node *n, struct call_member *m)
{
    size_t at = (size_t)(m - n->members);
    memmove(m, m + 1, (n->member_count - at - 1) * sizeof *m);
    n->member_count--;
}

static void on_state(struct call_member *m, const struct notice *x)
{
    m->muted = !x->microphone;
    m->camera = x->camera;
    call_learn_kind(m, x->kind);
    m->screen = x->screen;
    m->recording = x->recording;
    m->told = true;
    snprintf(m->about, sizeof m->about, "%s", x->text ? x->text : "");
}

// Nobody attends a node: when the last host leaves and the relay makes it one, the first person who is here becomes
// host beside it, or nobody could let anybody in.
static void hand_over(struct node *n)
{
    const struct call_member *first = NULL;
    for (size_t i = 0; i < n->member_count; i++) {
        const struct call_member *m = &n->members[i];
        bool person = m->told && m->kind == CALL_KIND_PERSON && call_trust_good(m->trust);
        if (person && m->host)
            return;
        if (person && !first)
            first = m;
    }
    if (!first || first->id == n->promoted)
        return;
    struct command *c = command_new(COMMAND_HOST);
    c->order = COMMAND_ROLE;
    c->member = n->promoted = first->id;
    c->flag = true;
    node_command(n, c);
}

static void on_hosts(struct node *n, const struct notice *x)
{
    bool mine = false;
    for (size_t k = 0; k < x->host_count; k++)
        mine |= x->hosts[k] == n->self;
    for (size_t i = 0; i < n->member_count; i++) {
        n->members[i].host = false;
        for (size_t k = 0; k < x->host_count; k++)
            n->members[i].host |= x->hosts[k] == n->members[i].id;
    }
    n->host = mine;
}

// ---- the connection ----

static void on_connection(struct node *n, bool up)
{
    if (n->phase != NODE_IN && n->phase != NODE_APART)
        return;
    if (!up && !n->apart_us)
        n->apart_us = clock_now_us();
    if (up)
        n->apart_us = 0;
    n->phase = up ? NODE_IN : NODE_APART;
}

static void give_up(struct node *n, int exit_code)
{
    n->phase = NODE_OVER;
    n->exit_code = exit_code;
    n->member_count = 0;
    n->self = 0;
}

// After a power cut a camera may be there before those who bring the room back: what no person has decided is tried
// again. A film is asked for again by whoever wants it.
static void on_refused(struct node *n, const struct notice *x)
{
    bool again = !x->flag && !node_group_options(n->group)->connect_timeout && n->config.kind != CALL_KIND_FILM;
    fprintf(stderr, "parlour: %s: %s %s\n", n->name, x->text, again ? "Trying again." : x->advice ? x->advice : "");
    give_up(n, x->exit_code);
    if (!again)
        return;
    n->phase = NODE_ASKING;
    n->ask_us = clock_now_us() + REFUSED_US;
}

static void take(struct node *n, const struct notice *x)
{
    struct call_member *m = find(n, x->member);
    switch (x->type) {
    case NOTICE_ROOM:
        on_room(n, x);
        break;
    case NOTICE_JOINED:
        on_joined(n, x);
        break;
    case NOTICE_LEFT:
        if (m)
            on_left(n, m);
        break;
    case NOTICE_AWAY:
        if (m)
            m->away = x->flag;
        break;
    case NOTICE_KEY:
        if (m)
            m->has_key = true;
        break;
    case NOTICE_TRUST:
        if (m)
            m->trust = x->trust;
        if (m && !call_trust_good(x->trust))
            m->has_key = false;
        break;
    case NOTICE_STATE:
        if (m)
            on_state(m, x);
        break;
    case NOTICE_ROOM_STATE:
        on_hosts(n, x);
        break;
    case NOTICE_WAITING:
        n->phase = NODE_WAITING;
        n->apart_us = 0;
        log_info("node", "waiting to be let in name=%s", n->name);
        break;
    case NOTICE_CONNECTION:
        on_connection(n, x->flag);
        break;
    case NOTICE_REFUSED:
        on_refused(n, x);
        break;
    case NOTICE_FILE_OFFER: // there is nobody here who could take it
        node_command(n, command_file_new(COMMAND_FILE_REFUSE, x->file->id));
        break;
    default: // of what people do with each other, a node is no part
        break;
    }
    if (n->host)
        hand_over(n);
}

uint64_t node_serve(struct node *n, uint64_t now_us)
{
    struct notice *x;
    while ((x = mailbox_take(&n->notices))) {
        if (n->phase != NODE_OVER)
            take(n, x);
        if (n->config.told)
            n->config.told(n->config.ctx, x);
        notice_free(x);
    }
    if (n->phase == NODE_OVER)
        return UINT64_MAX;
    // What was missed may be who has come: better come in anew than speak to whom one does not know.
    if (atomic_exchange(&n->missed, false)) {
        log_warn("node", "more happens than can be followed: coming in again name=%s", n->name);
        node_command(n, command_new(COMMAND_LEAVE));
        ask_for_room(n);
    }
    int code;
    if (!reach_waits(node_group_options(n->group), n->transport, n->apart_us, n->ever_in, n->name, now_us, &code))
        give_up(n, code);
    if (n->ask_us && now_us >= n->ask_us) {
        n->ask_us = 0;
        ask_for_room(n);
    }
    if (n->ask_us)
        return n->ask_us;
    return n->apart_us ? now_us + SECOND : UINT64_MAX;
}

// ---- lifecycle ----

static bool load_identity(struct node *n)
{
    char path[PATHS_MAX], error[512] = "The name of the data directory is too long.";
    n->secret = sodium_malloc(KEYS_IDENTITY_SECRET);
    if (n->secret && node_group_identity_path(n->group, n->name, path) &&
        keys_identity_load(path, n->identity, n->secret, error, sizeof error)) {
        sodium_mprotect_readonly(n->secret);
        return true;
    }
    fprintf(stderr, "parlour: %s: %s\n", n->name, error);
    return false;
}

static bool make_transport(struct node *n)
{
    const struct client_options *o = node_group_options(n->group);
    struct transport_config c = reach_config(o, node_group_pins(n->group));
    c.ctx = n;
    c.notice = on_notice;
    c.audio = on_audio;
    c.video = on_video;
    c.clock_map = on_clock;
    c.audio_ts = on_audio_ts;
    c.counted = n->config.counted ? on_counted : NULL;
    c.gone = on_gone;
    c.keyframe = on_keyframe;
    c.rates = on_rates;
    c.hold = on_hold;
    c.identities = node_group_identities(n->group);
    memcpy(c.session.name, n->name, sizeof c.session.name);
    memcpy(c.session.identity, n->identity, sizeof c.session.identity);
    c.session.identity_secret = n->secret;
    c.session.camera_kbps = n->config.kbps;
    c.session.deaf = n->config.deaf;
    c.session.fixed = n->config.fixed;
    n->transport = transport_create(&c);
    if (!n->transport)
        fprintf(stderr, "parlour: %s: there is no socket or thread left for it.\n", n->name);
    return n->transport != NULL;
}

struct node *node_create(struct node_group *g, const struct node_config *config)
{
    struct node *n = base_alloc(sizeof *n);
    n->group = g;
    n->config = *config;
    snprintf(n->name, sizeof n->name, "%s", config->name);
    n->apart_us = clock_now_us();
    mailbox_init(&n->notices, NOTICES, node_group_wake, g);
    if (load_identity(n) && make_transport(n) && node_group_add(g, n))
        return n;
    node_destroy(n);
    return NULL;
}

bool node_start(struct node *n)
{
    ask_for_room(n);
    return transport_start(n->transport);
}

void node_stop(struct node *n)
{
    node_group_remove(n->group, n); // nobody else speaks to its net thread any more
    transport_stop(n->transport);
}

void node_join(struct node *n)
{
    transport_join(n->transport);
}

static void free_notice(void *item)
{
    notice_free(item);
}

void node_destroy(struct node *n)
{
    if (!n)
        return;
    node_group_remove(n->group, n);
    transport_destroy(n->transport);
    mailbox_destroy(&n->notices, free_notice);
    sodium_free(n->secret);
    free(n->about);
    free(n);
}

// ---- what it knows ----

enum node_phase node_phase(const struct node *n)
{
    return n->phase;
}

int node_exit_code(const struct node *n)
{
    return n->exit_code;
}

uint16_t node_self(const struct node *n)
{
    return n->self;
}

const char *node_name(const struct node *n)
{
    return n->name;
}

const struct call_member *node_members(const struct node *n, size_t *count)
{
    *count = n->member_count;
    return n->members;
}

const struct call_member *node_member(const struct node *n, uint16_t id)
{
    return find((struct node *)n, id);
}

void node_stats(struct node *n, struct stats *out)
{
    transport_get_stats(n->transport, out);
}

// ---- any thread ----

bool node_send_video(struct node *n, struct encoded_frame *frame)
{
    return transport_send_video(n->transport, frame);
}

void node_send_audio(struct node *n, const uint8_t *data, size_t size, uint32_t ts, bool talk_spurt)
{
    transport_send_audio(n->transport, data, size, ts, talk_spurt);
}

void node_judge_again(struct node *n)
{
    struct command *c = command_new(COMMAND_VERIFIED);
    if (!transport_command(n->transport, c))
        command_free(c); // asked again when anybody joins
}
