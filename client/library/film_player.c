#include "film_player.h"

#include "client/send/direct.h"
#include "film_protocol.h"
#include "film_voice.h"
#include "shared/clock.h"
#include "shared/log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    SECOND = 1000000,
    LOOK_US = 100000,         // for the end, and for who asked
    SETTLE_US = 500000,       // others know by then whom it is for
    BEGIN_US = 5 * SECOND,    // without him
    STAY_US = 5 * SECOND,     // at its end
    TELL_US = 10 * SECOND,    // where it is
    REFUSED_US = 60 * SECOND, // a host may have to let it in
    OVERDUE_MS = 10000,       // past its length
    KBPS = 20000
};

struct film_player {
    struct film_player_config config;
    struct film film;
    char name[CALL_NAME_MAX];
    unsigned layers;
    unsigned quality[FILM_QUALITIES]; // of each layer
    struct node *node;
    struct direct *direct;
    struct film_voice *voice; // NULL = it has no sound

    atomic_uint wanted; // layers somebody has asked for: bits
    atomic_bool shown;  // they may be sent: all know whom they are for

    pthread_mutex_t mutex; // covers `state`
    struct direct_state state;

    // The owner's thread.
    enum film_player_phase phase;
    uint64_t born_us, here_us, seen_us; // here: in the room; seen: who asked is there, too
    uint64_t ended_us, told_us;         // 0 = not yet
    bool begun, paused, stopped;
    struct direct_layer_state offered[DIRECT_LAYERS]; // as the network was told
};

// What was told comes between two looks at the clock.
static uint64_t since(uint64_t then_us, uint64_t now_us)
{
    return now_us > then_us ? now_us - then_us : 0;
}

// ---- threads of others ----

static bool on_frame(void *ctx, struct encoded_frame *frame)
{
    struct film_player *p = ctx;
    return node_send_video(p->node, frame);
}

static void on_state(void *ctx, const struct direct_state *state)
{
    struct film_player *p = ctx;
    pthread_mutex_lock(&p->mutex);
    p->state = *state;
    pthread_mutex_unlock(&p->mutex);
    node_group_wake(p->config.group);
}

static uint64_t on_when(void *ctx, uint64_t us)
{
    struct film_player *p = ctx;
    return direct_when(p->direct, us);
}

static void on_audio(void *ctx, const uint8_t *data, size_t size, uint32_t ts, bool voice_marker)
{
    struct film_player *p = ctx;
    node_send_audio(p->node, data, size, ts, voice_marker);
}

static uint32_t on_audio_ts(void *ctx, uint64_t now_us)
{
    struct film_player *p = ctx;
    return p->voice ? film_voice_ts(p->voice, now_us) : encoded_frame_audio_ts(now_us);
}

static void on_keyframe(void *ctx, uint8_t slot)
{
    struct film_player *p = ctx;
    if (wire_stream(slot) == WIRE_STREAM_CAMERA)
        direct_keyframe(p->direct, wire_layer(slot));
}

static void on_rates(void *ctx, const struct outflow_rates *rates)
{
    struct film_player *p = ctx;
    unsigned watched = 0;
    for (unsigned i = 0; i < p->layers; i++)
        watched |= rates->camera[i].kbps ? 1u << i : 0;
    atomic_store(&p->wanted, watched);
    if (atomic_load(&p->shown))
        direct_set_watched(p->direct, watched);
    if (p->voice)
        film_voice_rate(p->voice, rates->audio_kbps, rates->loss_pct);
}

// ---- what others are told ----

static void tell(struct film_player *p, uint64_t now_us)
{
    struct film_about about = {.by = p->config.by,
                               .only = p->config.room ? 0 : p->config.by,
                               .ms = film_player_position_ms(p),
                               .of = p->film.ms,
                               .paused = p->paused || !p->begun,
                               .ended = p->ended_us != 0};
    memcpy(about.title, p->film.title, sizeof about.title);
    for (unsigned i = 0; i < p->layers; i++)
        film_quality_name(&p->film, p->quality[i], about.has[i]);
    char *text = film_protocol_write_about(&about);
    node_set_state(p->node, p->voice != NULL, true, text);
    free(text);
    p->told_us = now_us;
}

static void refuse(struct film_player *p, uint16_t member, enum film_error error)
{
    struct film_message *m = base_alloc(sizeof *m);
    m->what = FILM_ERROR;
    m->film = p->film.id;
    m->error = error;
    char *text = film_protocol_write(m);
    node_tell(p->node, member, text);
    free(text);
    free(m);
}

// ---- what is asked of it ----

static const struct call_member *asker(const struct film_player *p)
{
    const struct call_member *m = node_member(p->node, p->config.by);
    return m && memcmp(m->identity, p->config.by_identity, sizeof m->identity) == 0 ? m : NULL;
}

// Who began one for everybody has left and come back: it is still his.
static void find_again(struct film_player *p, uint64_t now_us)
{
    size_t count;
    const struct call_member *m = node_members(p->node, &count);
    for (size_t i = 0; p->config.room && !asker(p) && i < count; i++)
        if (call_trust_good(m[i].trust) && memcmp(m[i].identity, p->config.by_identity, sizeof m[i].identity) == 0) {
            p->config.by = m[i].id;
            tell(p, now_us);
        }
}

static bool may_control(const struct film_player *p, const struct call_member *m)
{
    return m && call_trust_good(m->trust) && (m->host || m == asker(p));
}

static void go_to(struct film_player *p, uint64_t ms)
{
    ms = MIN(ms, p->film.ms);
    if (p->voice)
        film_voice_seek(p->voice, ms);
    direct_seek(p->direct, ms * 1000);
    p->ended_us = 0;
    pthread_mutex_lock(&p->mutex);
    p->state.ended = false; // of before
    pthread_mutex_unlock(&p->mutex);
}

static void pause(struct film_player *p, bool on)
{
    p->paused = on;
    if (!on && p->ended_us) // from the beginning
        go_to(p, 0);
    if (on)
        direct_pause(p->direct);
    else if (p->begun)
        direct_play(p->direct);
}

static void on_told(void *ctx, const struct notice *n)
{
    static struct film_message m; // the owner's thread
    struct film_player *p = ctx;
    if (n->type != NOTICE_TELL || !film_protocol_read(&m, n->text, strlen(n->text)))
        return;
    bool known = m.what == FILM_PAUSE || m.what == FILM_RESUME || m.what == FILM_SEEK || m.what == FILM_STOP;
    if (!known)
        return;
    if (!may_control(p, node_member(p->node, n->member))) {
        refuse(p, n->member, FILM_ERROR_NOT_YOURS);
        return; // the room hears nothing of it
    }
    if (m.what == FILM_PAUSE || m.what == FILM_RESUME)
        pause(p, m.what == FILM_PAUSE);
    else if (m.what == FILM_SEEK)
        go_to(p, m.ms);
    else
        p->stopped = true;
    tell(p, clock_now_us());
}

// What its files give has changed, or was not known yet.
static void offer(struct film_player *p)
{
    struct direct_layer_state layer[DIRECT_LAYERS];
    pthread_mutex_lock(&p->mutex);
    memcpy(layer, p->state.layer, sizeof layer);
    pthread_mutex_unlock(&p->mutex);
    if (memcmp(layer, p->offered, sizeof layer) == 0)
        return;
    memcpy(p->offered, layer, sizeof layer);
    struct command *c = command_new(COMMAND_LAYERS);
    for (unsigned i = 0; i < p->layers; i++)
        if (layer[i].way != DIRECT_NONE)
            c->layers[i] =
                (struct command_layer){layer[i].width, layer[i].height, layer[i].fps, MAX(layer[i].kbps, 1u)};
    node_command(p->node, c);
}

// ---- its course ----

// Whoever asked for it sees its first picture and knows whom it is for, or nobody has come for long.
static void begin(struct film_player *p, uint64_t now_us)
{
    const struct call_member *m = asker(p);
    if (m && m->told && call_trust_good(m->trust) && atomic_load(&p->wanted) && !p->seen_us)
        p->seen_us = now_us;
    if ((p->seen_us && since(p->seen_us, now_us) >= SETTLE_US) || since(p->here_us, now_us) >= BEGIN_US) {
        p->begun = true;
        atomic_store(&p->shown, true);
        direct_set_watched(p->direct, atomic_load(&p->wanted));
        if (!p->paused)
            direct_play(p->direct);
        tell(p, now_us);
    }
}

static void look_for_end(struct film_player *p, uint64_t now_us)
{
    pthread_mutex_lock(&p->mutex);
    bool ended = p->state.ended;
    pthread_mutex_unlock(&p->mutex);
    bool over = ended && p->begun && (!p->voice || film_voice_over(p->voice));
    // Whatever the times in a file are, it is over soon after its end.
    over |= p->begun && direct_position(p->direct) / 1000 > p->film.ms + OVERDUE_MS;
    if (over == (p->ended_us != 0))
        return;
    p->ended_us = over ? now_us : 0; // not over any more: it was sent back at the very moment of its end
    tell(p, now_us);
}

static bool is_over(const struct film_player *p, uint64_t now_us)
{
    bool left = !asker(p) && (p->seen_us || since(p->here_us, now_us) >= 2 * BEGIN_US);
    return p->stopped || (left && !p->config.room) || (p->ended_us && since(p->ended_us, now_us) >= STAY_US);
}

uint64_t film_player_serve(struct film_player *p, uint64_t now_us)
{
    uint64_t next = node_serve(p->node, now_us);
    bool in = node_phase(p->node) == NODE_IN;
    if (node_phase(p->node) == NODE_OVER)
        p->phase = p->here_us ? FILM_PLAYER_OVER : FILM_PLAYER_REFUSED;
    if (p->phase == FILM_PLAYER_COMING && in) {
        p->phase = FILM_PLAYER_HERE;
        p->here_us = now_us;
    }
    if (p->phase == FILM_PLAYER_COMING && since(p->born_us, now_us) >= REFUSED_US)
        p->phase = FILM_PLAYER_REFUSED;
    if (p->phase != FILM_PLAYER_HERE)
        return base_sooner(next, now_us + LOOK_US);
    offer(p);
    find_again(p, now_us);
    if (!p->begun)
        begin(p, now_us);
    look_for_end(p, now_us);
    if (since(p->told_us, now_us) >= TELL_US)
        tell(p, now_us);
    if (in && is_over(p, now_us))
        p->phase = FILM_PLAYER_OVER;
    return base_sooner(next, now_us + LOOK_US);
}

// ---- lifecycle ----

// The best that has a sound: it is the same in all.
static void open_voice(struct film_player *p)
{
    for (unsigned i = p->layers; i-- > 0 && !p->voice;)
        if (p->film.quality[p->quality[i]].sound)
            p->voice = film_voice_create(&(struct film_voice_config){
                .path = p->config.path[p->quality[i]], .ctx = p, .when = on_when, .on_audio = on_audio});
}

static bool open_direct(struct film_player *p)
{
    struct direct_config c = {.film = true, .ctx = p, .on_frame = on_frame, .on_state = on_state};
    for (unsigned i = 0; i < FILM_QUALITIES; i++)
        if (p->config.path[i][0]) {
            p->quality[p->layers] = i;
            c.spec[p->layers++] = p->config.path[i];
        }
    p->direct = direct_create(&c);
    return p->direct != NULL;
}

struct film_player *film_player_create(const struct film_player_config *config)
{
    struct film_player *p = base_alloc(sizeof *p);
    p->config = *config;
    p->film = *config->film;
    p->config.film = &p->film;
    memcpy(p->name, config->name, MIN(strlen(config->name), sizeof p->name - 1));
    p->config.name = p->name;
    p->born_us = clock_now_us();
    atomic_init(&p->shown, config->room);
    pthread_mutex_init(&p->mutex, NULL);
    if (open_direct(p)) {
        open_voice(p);
        p->node = node_create(config->group, &(struct node_config){.name = p->name,
                                                                   .kind = CALL_KIND_FILM,
                                                                   .deaf = true,
                                                                   .kbps = KBPS,
                                                                   .fixed = true,
                                                                   .ctx = p,
                                                                   .told = on_told,
                                                                   .audio_ts = on_audio_ts,
                                                                   .keyframe = on_keyframe,
                                                                   .rates = on_rates});
    }
    if (p->node)
        return p;
    film_player_destroy(p);
    return NULL;
}

bool film_player_start(struct film_player *p)
{
    tell(p, p->born_us);
    return direct_start(p->direct) && (!p->voice || film_voice_start(p->voice)) && node_start(p->node);
}

void film_player_stop(struct film_player *p)
{
    direct_stop(p->direct);
    if (p->voice)
        film_voice_stop(p->voice);
    node_stop(p->node);
}

void film_player_join(struct film_player *p)
{
    if (p->voice)
        film_voice_join(p->voice);
    direct_join(p->direct);
    node_join(p->node);
}

void film_player_destroy(struct film_player *p)
{
    if (!p)
        return;
    node_destroy(p->node);
    film_voice_destroy(p->voice);
    direct_destroy(p->direct);
    pthread_mutex_destroy(&p->mutex);
    free(p);
}

enum film_player_phase film_player_phase(const struct film_player *p)
{
    return p->phase;
}

const struct film_player_config *film_player_settings(const struct film_player *p)
{
    return &p->config;
}

uint16_t film_player_member(const struct film_player *p)
{
    return p->phase == FILM_PLAYER_HERE ? node_self(p->node) : 0;
}

uint64_t film_player_position_ms(struct film_player *p)
{
    return p->ended_us ? p->film.ms : MIN(direct_position(p->direct) / 1000, p->film.ms);
}

bool film_player_ended(const struct film_player *p)
{
    return p->ended_us != 0;
}
