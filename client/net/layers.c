#include "layers.h"

#include <string.h>

enum {
    SECOND = 1000000,
    UP_US = 2 * SECOND,
    PAUSE_US = 1 * SECOND,
    SILENT_US = 1 * SECOND,
    VOICES_US = 5 * SECOND,
    CHOSEN_US = 3 * SECOND / 2,
    VOICE_BPS = 45000,
    MOST_KBPS = 60000
};
static const double SHARE = 0.9, ROOM = 1.15, WIRE = 1.0636;

struct layers_stream *layers_stream(struct layers *l, uint16_t member, bool screen)
{
    struct layers_stream *s = (struct layers_stream *)layers_find(l, member, screen);
    if (s || l->count == LAYERS_STREAMS)
        return s;
    s = &l->stream[l->count++];
    *s = (struct layers_stream){.member = member, .screen = screen, .layer = LAYERS_NONE, .wish = LAYERS_NONE};
    return s;
}

const struct layers_stream *layers_find(const struct layers *l, uint16_t member, bool screen)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->stream[i].member == member && l->stream[i].screen == screen)
            return &l->stream[i];
    return NULL;
}

void layers_forget(struct layers *l, uint16_t member)
{
    for (size_t i = 0; i < l->count;)
        if (l->stream[i].member == member)
            l->stream[i] = l->stream[--l->count];
        else
            i++;
}

// ---- one stream ----

static int lowest(const struct layers_stream *s)
{
    return s->offered ? __builtin_ctz(s->offered) : LAYERS_NONE;
}

static int above(const struct layers_stream *s, int layer)
{
    unsigned rest = s->offered & ~((2u << layer) - 1);
    return rest ? __builtin_ctz(rest) : LAYERS_NONE;
}

// The smallest that fills three quarters of its place, else the largest there is.
static int wish_of(const struct layers_stream *s)
{
    int wish = LAYERS_NONE;
    if (!s->height)
        return LAYERS_NONE;
    if (s->only && s->offered >> (s->only - 1) & 1)
        return s->only - 1;
    for (int i = lowest(s); i != LAYERS_NONE; i = above(s, i)) {
        wish = i;
        if (s->lines[i] * 4 >= s->height * 3)
            break;
    }
    return wish;
}

static const struct budget_layer *size_of(const struct layers_stream *s, unsigned layer)
{
    return s->screen ? budget_screen(layer) : budget_layer(layer);
}

// The smallest that is offered is made as small as any: its sender follows the limit.
static double least_bps(const struct layers_stream *s, int layer)
{
    if (layer == LAYERS_NONE)
        return 0;
    if (s->whole_kbps[layer])
        return 1000 * WIRE * s->whole_kbps[layer];
    return 1000 * WIRE * size_of(s, layer == lowest(s) ? 0 : (unsigned)layer)->least_kbps;
}

static unsigned rank(const struct layers_stream *s)
{
    return s->screen ? 0 : s->speaker ? 1 : s->pinned ? 2 : 3;
}

// ---- all of them ----

// What each would get of so much, 0 = of any amount; `most`: none rises further than this (NULL = than it wishes).
static void share_out(const struct layers *l, double bps, const int *most, int out[LAYERS_STREAMS])
{
    bool any = bps == 0;
    for (size_t i = 0; i < l->count; i++)
        out[i] = LAYERS_NONE;
    for (unsigned r = 0; r < 4; r++)
        for (size_t i = 0; i < l->count; i++) {
            const struct layers_stream *s = &l->stream[i];
            double needs = least_bps(s, lowest(s));
            if (rank(s) != r || s->wish == LAYERS_NONE || (!any && bps < needs))
                continue;
            out[i] = lowest(s);
            bps -= needs;
        }
    for (unsigned r = 0; r < 4; r++)
        for (unsigned step = 1; step < BUDGET_LAYERS; step++) // all of a rank rise together
            for (size_t i = 0; i < l->count; i++) {
                const struct layers_stream *s = &l->stream[i];
                if (rank(s) != r || out[i] == LAYERS_NONE || out[i] >= (most ? MIN(most[i], s->wish) : s->wish))
                    continue;
                int next = above(s, out[i]);
                double more = least_bps(s, next) - least_bps(s, out[i]);
                if (!any && bps < more)
                    continue;
                out[i] = next;
                bps -= more;
            }
}

static bool for_long(uint64_t *since_us, bool so, uint64_t us, uint64_t now_us)
{
    if (!so)
        *since_us = 0;
    else if (!*since_us)
        *since_us = now_us;
    return so && now_us - *since_us >= us;
}

// A person waits for it.
static bool is_chosen(struct layers_stream *s, uint64_t now_us)
{
    if (s->only != s->only_before)
        s->chosen_us = now_us;
    s->only_before = s->only;
    if (now_us - s->chosen_us >= CHOSEN_US)
        s->chosen_us = 0;
    return s->chosen_us != 0;
}

static void choose(struct layers_stream *s, int fits, int fits_easily, bool any, uint64_t now_us)
{
    // The smallest is little: a moment in which even that is too much is no reason to take the picture away.
    bool tight = fits == LAYERS_NONE && s->wish != LAYERS_NONE, begins = s->begun && s->layer == LAYERS_NONE;
    if (!for_long(&s->tight_us, tight, PAUSE_US, now_us) && tight && !begins)
        fits = lowest(s);
    if (!s->begun || s->layer > fits || any || s->chosen_us || s->wish == LAYERS_NONE) {
        s->layer = fits;
        s->room_us = 0;
    } else if (fits_easily <= s->layer) {
        s->room_us = 0;
    } else if (!s->room_us) {
        s->room_us = now_us;
    } else if (now_us - s->room_us >= UP_US) {
        s->layer = fits_easily;
        s->room_us = 0;
    }
    if (s->layer != LAYERS_NONE && !(s->offered >> s->layer & 1)) // it is not offered any more
        s->layer = fits;
    s->begun = s->wish != LAYERS_NONE; // who is shown again begins again
    s->reason = s->wish == LAYERS_NONE                   ? LAYERS_HIDDEN
                : s->layer == LAYERS_NONE                ? LAYERS_PAUSED
                : s->layer < s->wish                     ? LAYERS_BUDGET
                : s->lines[s->layer] * 4 < s->height * 3 ? LAYERS_OFFER
                                                         : LAYERS_SIZE;
}

// What is left is shared out by how much more each could use.
static bool set_limits(struct layers *l, double bps)
{
    double left = bps, use = 0;
    bool changed = false;
    for (size_t i = 0; i < l->count; i++) {
        const struct layers_stream *s = &l->stream[i];
        left -= least_bps(s, s->layer);
        use += s->layer == LAYERS_NONE || s->whole_kbps[s->layer] ? 0 : size_of(s, (unsigned)s->layer)->most_kbps;
    }
    for (size_t i = 0; i < l->count; i++) {
        struct layers_stream *s = &l->stream[i];
        unsigned was = s->limit_kbps, to = 0;
        if (bps > 0 && s->layer != LAYERS_NONE && !s->whole_kbps[s->layer]) {
            double part = size_of(s, (unsigned)s->layer)->most_kbps / use * MAX(left, 0.0);
            to = (unsigned)CLAMP((least_bps(s, s->layer) + part) / WIRE / 1000, 1.0, (double)MOST_KBPS);
        }
        bool moved = (to == 0) != (was == 0) || to * 20 < was * 19 || to * 25 > was * 27;
        if (moved)
            s->limit_kbps = to;
        changed |= moved;
    }
    return changed;
}

// Of all that is wanted, when a person has just chosen something that does not fit, on the wire.
static double wanted_bps(const struct layers *l, double sound_bps)
{
    double bps = sound_bps;
    bool waits = false;
    for (size_t i = 0; i < l->count; i++) {
        const struct layers_stream *s = &l->stream[i];
        bool for_it = s->chosen_us && s->only && s->layer < s->wish;
        bps += least_bps(s, for_it ? s->wish : s->layer);
        waits |= for_it;
    }
    return waits ? bps / SHARE : 0;
}

static bool count_voices(struct layers *l, double bps, double sound_bps, uint64_t now_us)
{
    bool none = true, before = l->few_voices;
    for (size_t i = 0; i < l->count; i++)
        none = none && l->stream[i].layer == LAYERS_NONE;
    bool much = for_long(&l->silent_us, none && bps > 0 && SHARE * bps < sound_bps, SILENT_US, now_us);
    bool room = for_long(&l->voices_us, bps == 0 || SHARE * bps >= ROOM * (sound_bps + VOICE_BPS), VOICES_US, now_us);
    l->few_voices = before ? !room : much;
    return l->few_voices != before;
}

bool layers_choose(struct layers *l, double bps, double sound_bps, uint64_t now_us)
{
    int fits[LAYERS_STREAMS], easily[LAYERS_STREAMS];
    bool changed = false;
    l->burst = false;
    double pictures = bps > 0 ? MAX(SHARE * bps - sound_bps, 1.0) : 0;
    double sure = bps > 0 ? MAX(SHARE * bps / ROOM - sound_bps, 1.0) : 0;
    for (size_t i = 0; i < l->count; i++)
        l->stream[i].wish = wish_of(&l->stream[i]);
    share_out(l, sure, NULL, easily);
    // Nobody rises into room that another would have to leave again at the next turn.
    int most[LAYERS_STREAMS];
    for (size_t i = 0; i < l->count; i++)
        most[i] = !is_chosen(&l->stream[i], now_us) && l->stream[i].begun && bps > 0
                      ? MAX(l->stream[i].layer, easily[i])
                      : LAYERS_STREAMS;
    share_out(l, pictures, most, fits);
    for (size_t i = 0; i < l->count; i++)
        easily[i] = MIN(easily[i], fits[i]);
    for (size_t i = 0; i < l->count; i++) {
        int before = l->stream[i].layer;
        choose(&l->stream[i], fits[i], easily[i], bps == 0, now_us);
        bool moved = l->stream[i].layer != before;
        changed |= moved;
        l->burst |= moved && l->stream[i].layer != LAYERS_NONE && l->stream[i].whole_kbps[l->stream[i].layer];
    }
    l->wants_bps = bps > 0 ? wanted_bps(l, sound_bps) : 0;
    changed |= set_limits(l, bps > 0 ? MAX(bps - sound_bps, 1.0) : 0);
    return count_voices(l, bps, sound_bps, now_us) || changed;
}

bool layers_held(const struct layers *l)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->stream[i].reason == LAYERS_BUDGET || l->stream[i].reason == LAYERS_PAUSED)
            return true;
    return l->few_voices;
}

bool layers_narrow(const struct layers *l)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->stream[i].reason == LAYERS_PAUSED)
            return true;
    return l->few_voices;
}

const char *layers_reason_name(enum layers_reason r)
{
    static const char *const name[] = {"size", "offer", "budget", "paused", "hidden"};
    return r < ARRAY_LEN(name) ? name[r] : "";
}
