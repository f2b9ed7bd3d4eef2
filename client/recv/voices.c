#include "voices.h"

#include "audio_jitter.h"
#include "client/volumes.h"
#include "comfort_noise.h"
#include "lip_sync.h"
#include "packet_ring.h"
#include "shared/log.h"
#include "shared/wire.h"
#include "stretch.h"

#include <stdlib.h>
#include <string.h>

enum {
    RING = 4096,      // to playback: more than 50 packets of every stream; when full the newest is dropped
    HEARD_FAR = 4800, // samples
    BACK_RING = 8192, // room for every message there can be, so that giving back never fails
    FIFO = STRETCH_PAST + AUDIO_DECODER_MAX + 2 * STRETCH_PERIOD_MAX + AUDIO_BLOCK
};

enum order { ORDER_PACKET, ORDER_ADD, ORDER_REMOVE };

struct voice { // playback thread's between its ADD and its return
    uint16_t member;
    enum audio_decoder_codec codec;
    struct audio_decoder *decoder;
    struct audio_jitter jitter;
    int16_t fifo[FIFO]; // STRETCH_PAST samples that were played, and then what is decoded and not yet played:
    size_t fifo_count;
    size_t made_up; // samples in a row
    struct comfort_noise noise;
    float level;
    float gain;               // the last block's; negative before the first
    uint32_t heard, heard_at; // blocks of what was said, and lip_sync_sound of them, smoothed
};

struct message { // moved through the rings
    enum order order;
    uint16_t member;
    struct voice *voice; // ADD; and REMOVE on its way back
    uint32_t number, ts;
    bool copy;
    uint64_t arrived_us;
    size_t size;
    uint8_t payload[];
};

struct shown {          // written by playback, read by anyone
    atomic_uint member; // 0 = free
    _Atomic float level;
    _Atomic double concealed_pct, fec_pct, copies_pct, jitter_ms, delay_ms, target_ms;
    atomic_uint_least64_t received, lost, late, waits, taken_out, put_in;
    atomic_uint_least64_t heard; // voice.heard << 32 | voice.heard_at
    atomic_uint hold_us;         // written by anyone, read by playback
};

struct voices {
    struct packet_ring to_playback, back;
    struct voice *table[SPEAKER_VOICES]; // playback thread only
    struct shown shown[SPEAKER_VOICES];
    atomic_uint volumes[SPEAKER_VOICES]; // main writes, playback reads: member << 16 | percent; 0 = free

    uint16_t members[SPEAKER_VOICES]; // net thread only: who was added; 0 = free
    bool full_told;
};

struct voices *voices_create(void)
{
    struct voices *v = aligned_alloc(64, (sizeof *v + 63) / 64 * 64);
    if (!v) {
        log_error("voices", "out of memory");
        exit(EXIT_INTERNAL);
    }
    memset(v, 0, sizeof *v);
    packet_ring_init(&v->to_playback, RING);
    packet_ring_init(&v->back, BACK_RING);
    return v;
}

static void voice_free(struct voice *voice)
{
    if (!voice)
        return;
    audio_decoder_destroy(voice->decoder);
    free(voice);
}

static void message_free(struct message *m)
{
    voice_free(m->voice);
    free(m);
}

// net thread: free what playback has let go.
static void collect(struct voices *v)
{
    struct message *m;
    while ((m = packet_ring_take(&v->back)))
        message_free(m);
}

static void give_back(struct voices *v, void *message)
{
    if (!packet_ring_push(&v->back, message))
        log_error("voices", "return ring full"); // cannot be: see BACK_RING
}

static void drain(struct voices *v, struct voice *voice)
{
    struct audio_jitter_packet p;
    while (audio_jitter_drain(&voice->jitter, &p))
        give_back(v, p.owner);
}

void voices_destroy(struct voices *v)
{
    if (!v)
        return;
    struct message *m;
    while ((m = packet_ring_take(&v->to_playback)))
        message_free(m);
    for (size_t i = 0; i < SPEAKER_VOICES; i++) {
        collect(v);
        if (v->table[i])
            drain(v, v->table[i]);
        voice_free(v->table[i]);
    }
    collect(v);
    packet_ring_destroy(&v->to_playback);
    packet_ring_destroy(&v->back);
    free(v);
}

static size_t find_member(const struct voices *v, uint16_t member)
{
    size_t i = 0;
    while (i < SPEAKER_VOICES && v->members[i] != member)
        i++;
    return i;
}

static struct message *message_new(enum order order, uint16_t member, size_t size)
{
    struct message *m = base_alloc(sizeof *m + size);
    m->order = order;
    m->member = member;
    m->size = size;
    return m;
}

bool voices_add(struct voices *v, uint16_t member, enum audio_decoder_codec codec)
{
    collect(v);
    if (member == 0 || find_member(v, member) < SPEAKER_VOICES)
        return member != 0;
    size_t at = find_member(v, 0);
    if (at == SPEAKER_VOICES) {
        if (!v->full_told)
            log_warn("voices", "too many voices most=%d", SPEAKER_VOICES);
        v->full_told = true;
        return false;
    }
    struct message *m = message_new(ORDER_ADD, member, 0);
    m->voice = base_alloc(sizeof *m->voice);
    m->voice->member = member;
    m->voice->codec = codec;
    m->voice->decoder = audio_decoder_create(codec);
    m->voice->gain = -1;
    audio_jitter_init(&m->voice->jitter);
    if (!m->voice->decoder || !packet_ring_push(&v->to_playback, m)) {
        message_free(m);
        return false;
    }
    v->members[at] = member;
    return true;
}

void voices_remove(struct voices *v, uint16_t member)
{
    collect(v);
    size_t at = find_member(v, member);
    if (member == 0 || at == SPEAKER_VOICES)
        return;
    struct message *m = message_new(ORDER_REMOVE, member, 0);
    if (packet_ring_push(&v->to_playback, m))
        v->members[at] = 0;
    else
        message_free(m); // the ring is full of packets: the voice stays, silent, until asked again
}

void voices_push(struct voices *v, uint16_t member, uint32_t number, uint32_t ts, const uint8_t *payload, size_t size,
                 bool copy, uint64_t now_us)
{
    collect(v);
    if (size == 0 || size > WIRE_DATAGRAM_MAX || !voices_add(v, member, AUDIO_DECODER_OPUS))
        return;
    struct message *m = message_new(ORDER_PACKET, member, size);
    m->number = number;
    m->ts = ts;
    m->copy = copy;
    m->arrived_us = now_us;
    memcpy(m->payload, payload, size);
    if (!packet_ring_push(&v->to_playback, m))
        message_free(m);
}

static size_t find_voice(const struct voices *v, uint16_t member)
{
    size_t i = 0;
    while (i < SPEAKER_VOICES && !(v->table[i] && v->table[i]->member == member))
        i++;
    return i;
}

static void obey_add(struct voices *v, struct message *m)
{
    size_t at = 0;
    while (at < SPEAKER_VOICES && v->table[at])
        at++;
    if (at < SPEAKER_VOICES) { // always: net counts them too
        v->table[at] = m->voice;
        m->voice = NULL;
        atomic_store(&v->shown[at].level, 0);
        atomic_store(&v->shown[at].heard, 0);
        atomic_store(&v->shown[at].hold_us, 0);
        atomic_store(&v->shown[at].member, m->member);
    }
    give_back(v, m);
}

static void obey_remove(struct voices *v, struct message *m)
{
    size_t at = find_voice(v, m->member);
    if (at < SPEAKER_VOICES) {
        drain(v, v->table[at]);
        m->voice = v->table[at];
        v->table[at] = NULL;
        atomic_store(&v->shown[at].member, 0);
    }
    give_back(v, m);
}

static void obey_packet(struct voices *v, struct message *m)
{
    size_t at = find_voice(v, m->member);
    struct voice *voice = at < SPEAKER_VOICES ? v->table[at] : NULL;
    uint32_t samples = voice ? audio_decoder_samples(voice->codec, m->payload, m->size) : 0;
    if (samples == 0) {
        give_back(v, m);
        return;
    }
    struct audio_jitter_packet back, p = {.owner = m,
                                          .payload = m->payload,
                                          .size = m->size,
                                          .number = m->number,
                                          .ts = m->ts,
                                          .samples = samples,
                                          .copy = m->copy,
                                          .fec = audio_decoder_carries(voice->codec, m->payload, m->size)};
    if (audio_jitter_push(&voice->jitter, &p, m->arrived_us, &back))
        give_back(v, back.owner);
}

static void obey(struct voices *v)
{
    struct message *m;
    while ((m = packet_ring_take(&v->to_playback))) {
        if (m->order == ORDER_ADD)
            obey_add(v, m);
        else if (m->order == ORDER_REMOVE)
            obey_remove(v, m);
        else
            obey_packet(v, m);
    }
}

static size_t decode_packet(struct voice *voice, const struct audio_jitter_step *step, int16_t *out, size_t room,
                            uint64_t now_us)
{
    size_t n = audio_decoder_decode(voice->decoder, step->packet.payload, step->packet.size, out, AUDIO_DECODER_MAX);
    if (n == 0) // malformed inside
        n = audio_decoder_conceal(voice->decoder, out, step->samples);
    else
        comfort_noise_learn(&voice->noise, out, n);
    int longer = step->stretch < 0   ? -(int)stretch_shorten(out, n, step->most, step->like)
                 : step->stretch > 0 ? (int)stretch_lengthen(out, n, room, step->most, step->like)
                                     : 0;
    if (longer)
        audio_jitter_stretched(&voice->jitter, longer, now_us);
    return n + (size_t)longer;
}

// Have at least one block decoded.
static void produce(struct voices *v, struct voice *voice, uint64_t now_us)
{
    while (voice->fifo_count < AUDIO_BLOCK) {
        int16_t *out = voice->fifo + STRETCH_PAST + voice->fifo_count;
        size_t room = FIFO - STRETCH_PAST - voice->fifo_count, n;
        struct audio_jitter_step step;
        audio_jitter_pull(&voice->jitter, now_us, (uint32_t)voice->fifo_count, &step);
        switch (step.kind) {
        case AUDIO_JITTER_PACKET:
            n = decode_packet(voice, &step, out, room, now_us);
            give_back(v, step.packet.owner);
            break;
        case AUDIO_JITTER_SKIP:
            give_back(v, step.packet.owner);
            continue;
        case AUDIO_JITTER_FEC:
            n = audio_decoder_fec(voice->decoder, step.packet.payload, step.packet.size, out, step.samples);
            break;
        case AUDIO_JITTER_CONCEAL:
            n = audio_decoder_conceal(voice->decoder, out, step.samples);
            break;
        case AUDIO_JITTER_SILENCE:
        default:
            n = AUDIO_BLOCK - voice->fifo_count;
            memset(out, 0, n * sizeof *out);
            break;
        }
        bool given = step.kind == AUDIO_JITTER_PACKET || step.kind == AUDIO_JITTER_FEC;
        voice->made_up = given ? 0 : MIN(voice->made_up + n, (size_t)AUDIO_DECODER_FADES);
        comfort_noise_add(&voice->noise, out, n, voice->made_up >= AUDIO_DECODER_FADES);
        voice->fifo_count += n;
    }
}

static void publish(struct shown *s, const struct voice *voice)
{
    struct audio_jitter_figures f;
    audio_jitter_get_figures(&voice->jitter, &f);
    atomic_store_explicit(&s->level, voice->level, memory_order_relaxed);
    double hundred = f.played ? 100.0 / (double)f.played : 0;
    atomic_store_explicit(&s->concealed_pct, hundred * (double)f.concealed, memory_order_relaxed);
    atomic_store_explicit(&s->fec_pct, hundred * (double)f.fec, memory_order_relaxed);
    atomic_store_explicit(&s->copies_pct, hundred * (double)f.copies, memory_order_relaxed);
    atomic_store_explicit(&s->jitter_ms, f.jitter_ms, memory_order_relaxed);
    atomic_store_explicit(&s->delay_ms, f.delay_ms, memory_order_relaxed);
    atomic_store_explicit(&s->target_ms, f.target_ms, memory_order_relaxed);
    atomic_store_explicit(&s->received, f.received, memory_order_relaxed);
    atomic_store_explicit(&s->lost, f.lost, memory_order_relaxed);
    atomic_store_explicit(&s->late, f.late, memory_order_relaxed);
    atomic_store_explicit(&s->waits, f.waits, memory_order_relaxed);
    atomic_store_explicit(&s->taken_out, f.taken_out, memory_order_relaxed);
    atomic_store_explicit(&s->put_in, f.put_in, memory_order_relaxed);
    atomic_store_explicit(&s->heard, (uint64_t)voice->heard << 32 | voice->heard_at, memory_order_relaxed);
}

bool voices_set_volume(struct voices *v, uint16_t member, int percent)
{
    size_t at = SPEAKER_VOICES;
    for (size_t i = 0; i < SPEAKER_VOICES; i++) {
        unsigned whose = atomic_load(&v->volumes[i]) >> 16;
        if (whose == member || (whose == 0 && at == SPEAKER_VOICES))
            at = i;
        if (whose == member)
            break;
    }
    if (member == 0 || at == SPEAKER_VOICES)
        return percent == 100;
    unsigned kept = (unsigned)member << 16 | (unsigned)CLAMP(percent, 0, VOLUMES_MOST);
    atomic_store(&v->volumes[at], percent == 100 ? 0 : kept);
    return true;
}

void voices_forget_volumes(struct voices *v)
{
    for (size_t i = 0; i < SPEAKER_VOICES; i++)
        atomic_store(&v->volumes[i], 0);
}

static unsigned volume_of(struct voices *v, uint16_t member)
{
    for (size_t i = 0; i < SPEAKER_VOICES; i++) {
        unsigned kept = atomic_load_explicit(&v->volumes[i], memory_order_relaxed);
        if (kept >> 16 == member)
            return kept & 0xffff;
    }
    return 100;
}

// Where in what was said we are. A device's calls come unevenly, and a splice shifts a block: smoothed over 0.3 s.
static void note_heard(struct voice *voice, uint64_t heard_us)
{
    if (!heard_us || !voice->jitter.playing || voice->made_up)
        return;
    uint32_t at = lip_sync_sound(voice->jitter.next_ts - (uint32_t)voice->fifo_count, heard_us);
    int32_t off = (int32_t)(at - voice->heard_at);
    bool far = !voice->heard || off > HEARD_FAR || off < -HEARD_FAR;
    voice->heard_at = far ? at : voice->heard_at + (uint32_t)((off + (off > 0 ? 16 : -16)) / 32);
    voice->heard++;
}

void voices_mix(struct voices *v, struct mixer *mixer, uint64_t now_us, uint64_t heard_us)
{
    obey(v);
    for (size_t i = 0; i < SPEAKER_VOICES; i++) {
        struct voice *voice = v->table[i];
        if (!voice)
            continue;
        audio_jitter_set_hold(&voice->jitter, atomic_load_explicit(&v->shown[i].hold_us, memory_order_relaxed));
        produce(v, voice, now_us);
        note_heard(voice, heard_us);
        float gain = (float)volume_of(v, voice->member) / 100;
        int16_t *block = voice->fifo + STRETCH_PAST;
        mixer_add(mixer, block, voice->gain < 0 ? gain : voice->gain, gain);
        voice->gain = gain;
        voice->level = mixer_level(voice->level, block, AUDIO_BLOCK);
        voice->fifo_count -= AUDIO_BLOCK;
        memmove(voice->fifo, voice->fifo + AUDIO_BLOCK, (STRETCH_PAST + voice->fifo_count) * sizeof *voice->fifo);
        publish(&v->shown[i], voice);
    }
}

void voices_set_hold(struct voices *v, uint16_t member, uint32_t hold_us)
{
    for (size_t i = 0; member != 0 && i < SPEAKER_VOICES; i++)
        if (atomic_load(&v->shown[i].member) == member)
            atomic_store(&v->shown[i].hold_us, hold_us);
}

bool voices_get_figures(struct voices *v, uint16_t member, struct speaker_figures *out)
{
    *out = (struct speaker_figures){0};
    for (size_t i = 0; member != 0 && i < SPEAKER_VOICES; i++) {
        struct shown *s = &v->shown[i];
        if (atomic_load(&s->member) != member)
            continue;
        uint64_t heard = atomic_load(&s->heard);
        *out = (struct speaker_figures){.level = atomic_load(&s->level),
                                        .concealed_pct = atomic_load(&s->concealed_pct),
                                        .fec_pct = atomic_load(&s->fec_pct),
                                        .copies_pct = atomic_load(&s->copies_pct),
                                        .jitter_ms = atomic_load(&s->jitter_ms),
                                        .delay_ms = atomic_load(&s->delay_ms),
                                        .target_ms = atomic_load(&s->target_ms),
                                        .received = atomic_load(&s->received),
                                        .lost = atomic_load(&s->lost),
                                        .late = atomic_load(&s->late),
                                        .waits = atomic_load(&s->waits),
                                        .taken_out = atomic_load(&s->taken_out),
                                        .put_in = atomic_load(&s->put_in),
                                        .heard = (uint32_t)(heard >> 32),
                                        .heard_at = (uint32_t)heard};
        return true;
    }
    return false;
}
