// Lip sync: what the net thread is told of others' clocks, where the loudspeaker and the screen are in what they sent,
// and what comes of it for both. `recv/lip_sync.h` decides.
#include "app_parts.h"

#include "recv/lip_sync.h"

enum { WORTH_US = 10000000 }; // a latency above it is two clocks nobody has compared

// Under the lock. NULL = nothing is known of him, or with `make` that fifty others are here.
static struct app_sync_one *find(struct app_sync *y, uint16_t member, bool make)
{
    struct app_sync_one *free_one = NULL;
    for (size_t i = 0; i < ARRAY_LEN(y->table); i++) {
        if (y->table[i].member == member)
            return &y->table[i];
        if (!free_one && y->table[i].member == 0)
            free_one = &y->table[i];
    }
    if (!make || !free_one || !member)
        return NULL;
    *free_one = (struct app_sync_one){.member = member};
    return free_one;
}

void app_sync_create(struct app_sync *y)
{
    pthread_mutex_init(&y->mutex, NULL);
}

void app_sync_destroy(struct app_sync *y)
{
    pthread_mutex_destroy(&y->mutex);
}

void app_sync_clock(struct app_sync *y, uint16_t member, uint8_t slot, uint32_t ts, uint64_t local_us)
{
    pthread_mutex_lock(&y->mutex);
    struct app_sync_one *o = find(y, member, true);
    if (o && wire_stream(slot) == WIRE_STREAM_AUDIO) {
        o->said_at = lip_sync_sound(ts, local_us);
        o->said_us = local_us;
    } else if (o && wire_stream(slot) == WIRE_STREAM_CAMERA) {
        o->seen_at = lip_sync_picture(ts, local_us);
        o->seen_us = local_us;
    }
    pthread_mutex_unlock(&y->mutex);
}

void app_sync_gone(struct app_sync *y, uint16_t member)
{
    pthread_mutex_lock(&y->mutex);
    struct app_sync_one *o = find(y, member, false);
    if (o)
        *o = (struct app_sync_one){0};
    pthread_mutex_unlock(&y->mutex);
}

static void look_at(struct app *a, struct app_sync_one *o, uint64_t now_us)
{
    struct speaker_figures f;
    uint32_t shown = o->shown, shown_at = 0, heard = o->heard;
    int64_t far_us = 0;
    if (speaker_get_figures(a->speaker, o->member, &f))
        heard = f.heard;
    receivers_where(a->receivers, o->member, &shown, &shown_at, &far_us);
    // Of one and the same word of his: from one to the next our idea of his clock may have moved.
    bool both = heard != o->heard && shown != o->shown && o->said_us && o->said_us == o->seen_us;
    bool seen = shown != o->shown;
    const struct call_member *m = call_member_by_id(&a->call, o->member);
    o->heard = heard;
    o->shown = shown;
    if (both)
        lip_sync_look(&o->sync,
                      &(struct lip_sync_look){.sound_us = lip_sync_sound_us(f.heard_at, o->said_at),
                                              .picture_us = lip_sync_picture_us(shown_at, o->seen_at),
                                              .picture_far_us = (double)far_us,
                                              .patient = m && m->kind == CALL_KIND_FILM},
                      now_us);
    else
        lip_sync_miss(&o->sync, seen, now_us);
    speaker_set_hold(a->speaker, o->member, lip_sync_sound_hold(&o->sync));
    receivers_set_hold(a->receivers, o->member, lip_sync_picture_hold(&o->sync));
}

void app_sync_look(struct app *a, uint64_t now_us)
{
    struct app_sync *y = &a->sync;
    pthread_mutex_lock(&y->mutex);
    for (size_t i = 0; i < ARRAY_LEN(y->table); i++)
        if (y->table[i].member)
            look_at(a, &y->table[i], now_us);
    pthread_mutex_unlock(&y->mutex);
}

void app_sync_stats(struct app *a, struct stats_stream *st, const struct speaker_figures *voice)
{
    struct app_sync *y = &a->sync;
    pthread_mutex_lock(&y->mutex);
    const struct app_sync_one *o = find(y, st->member, false);
    if (o) {
        double age_us = lip_sync_sound_us(voice->heard_at, o->said_at);
        bool known = o->said_us && voice->heard && age_us > 0 && age_us < WORTH_US;
        st->latency_ms = known ? age_us / 1000 : -1;
        st->has_skew = o->sync.known;
        st->av_skew_ms = o->sync.skew_us / 1000;
        st->hold_ms = lip_sync_sound_hold(&o->sync) / 1000.0;
    }
    pthread_mutex_unlock(&y->mutex);
}
