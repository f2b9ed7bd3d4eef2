// What people say and show, and what they make of what they get: bytes of which everybody knows how they must look.
#include "world.h"

#include "client/recv/assembler.h"
#include "client/send/encoded_frame.h"

#include <stdlib.h>
#include <string.h>

enum { MS = 1000, BLOCK = 60, PICTURE_MOST = 120000, HEADS = 64 };

static void make_block(uint8_t out[BLOCK], uint16_t sender, uint32_t ts)
{
    for (unsigned i = 0; i < BLOCK; i++)
        out[i] = (uint8_t)(sender * 7u + ts / 960 + i);
}

static void hear(struct world_ear *ear, const struct media_packet *m, uint64_t now_us)
{
    struct audio_jitter_packet p = {.number = m->running, .ts = m->ts, .samples = 960, .copy = m->copy}, back;
    if (ear->jitter.packet_samples == 0)
        audio_jitter_init(&ear->jitter);
    audio_jitter_push(&ear->jitter, &p, now_us, &back);
}

// The sound card takes 10 ms.
static void play(struct world_ear *ear, uint64_t now_us)
{
    struct audio_jitter_step step;
    while (ear->jitter.packet_samples && ear->decoded < 480) {
        audio_jitter_pull(&ear->jitter, now_us, ear->decoded, &step);
        ear->decoded += step.samples;
        if (step.stretch && step.like <= 1) { // nobody is quiet here
            audio_jitter_stretched(&ear->jitter, step.stretch * 240, now_us);
            ear->decoded = (uint32_t)((int)ear->decoded + step.stretch * 240);
        }
    }
    ear->decoded -= MIN(ear->decoded, 480u);
}

void world_audio(struct world *w, struct world_person *p, const struct media_packet *m)
{
    uint8_t expected[BLOCK];
    make_block(expected, m->sender, m->ts);
    if (m->size != BLOCK || memcmp(expected, m->payload, BLOCK) != 0)
        p->corrupt++;
    for (unsigned i = 0; i < ARRAY_LEN(p->heard); i++)
        if (p->heard_id[i] == m->sender || p->heard_id[i] == 0) {
            p->heard_id[i] = m->sender;
            p->heard[i]++;
            p->heard_us[i] = w->now_us;
            if (i < ARRAY_LEN(p->ears))
                hear(&p->ears[i], m, w->now_us);
            return;
        }
}

// An access unit in shape only: start code, NAL header, bytes that hold no start code.
// `size` of it without its heads.
static size_t make_picture(uint8_t out[PICTURE_MOST + HEADS], uint16_t sender, uint32_t ts, bool keyframe, size_t size)
{
    static const uint8_t parameters[] = {0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1e, 0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80};
    size_t n = 0;
    if (keyframe) {
        memcpy(out, parameters, sizeof parameters);
        n = sizeof parameters;
    }
    memcpy(out + n, (uint8_t[]){0, 0, 0, 1, keyframe ? 0x65 : 0x41}, 5);
    n += 5;
    for (size_t i = 0; i < size; i++)
        out[n++] = (uint8_t)(0x80 | (sender + ts / 3000 + i));
    return n;
}

void world_video(struct world *w, struct world_person *p, uint16_t member, struct recv_frame *frame)
{
    uint8_t expected[PICTURE_MOST + HEADS];
    size_t heads = frame->keyframe ? 21 : 5, size = MIN(frame->size - MIN(frame->size, heads), (size_t)PICTURE_MOST);
    size_t n = make_picture(expected, member, frame->ts, frame->keyframe, size);
    if (frame->size != n || memcmp(frame->data, expected, n) != 0)
        p->corrupt++;
    for (unsigned i = 0; i < ARRAY_LEN(p->seen); i++)
        if (p->heard_id[i] == member || p->heard_id[i] == 0) {
            p->heard_id[i] = member;
            p->seen[i]++;
            p->gap_us[i] = MAX(p->gap_us[i], w->now_us - p->seen_us[i]);
            p->seen_us[i] = w->now_us;
            break;
        }
    free(frame->data);
}

static bool speaks(const struct world_person *p)
{
    return p->sending && p->in_room;
}

static void say(struct world *w, struct world_person *p)
{
    uint8_t block[BLOCK];
    uint32_t ts = ++p->blocks * 960;
    make_block(block, p->session.self, ts);
    session_send_audio(&p->session, block, sizeof block, ts, false, w->now_us);
    p->media_us = MAX(p->media_us, w->now_us - 20 * MS) + 20 * MS;
    p->tick_us = 0;
}

// One picture of a layer. Of a layer at half the beat each other one.
static void show_layer(struct world *w, struct world_person *p, unsigned layer, uint32_t ts)
{
    uint8_t picture[PICTURE_MOST + HEADS];
    const struct ladder_layer *l = &p->rates.camera[layer];
    unsigned bit = 1u << layer;
    if (!l->kbps || (l->fps < 30 && p->pictures % 2))
        return;
    size_t size = l->kbps * 1000u / 8 / l->fps;
    if (p->fixed && p->pictures % 30 == 0)
        p->keyframe_due |= bit;
    if (p->fixed && p->keyframe_due & bit)
        size *= 4;
    size = MIN(size, (size_t)PICTURE_MOST);
    struct encoded_frame f = {.data = picture, .ts = ts, .layer = layer, .width = l->width, .height = l->height};
    f.keyframe = p->keyframe_due & bit;
    f.size = make_picture(picture, p->session.self, ts, f.keyframe, size);
    bool sent = session_send_video(&p->session, &f, w->now_us);
    p->orphans[layer] += sent && !f.keyframe && p->needs_key[layer];
    p->needs_key[layer] = !sent || (p->needs_key[layer] && !f.keyframe);
    if (sent || p->fixed)
        p->keyframe_due &= ~bit;
}

static bool watched(const struct world_person *p)
{
    for (unsigned i = 0; i < BUDGET_LAYERS; i++)
        if (p->rates.camera[i].kbps)
            return true;
    return false;
}

static void show(struct world *w, struct world_person *p)
{
    uint32_t ts = (uint32_t)++p->pictures * 3000;
    for (unsigned i = 0; i < BUDGET_LAYERS; i++)
        show_layer(w, p, i, ts);
    p->picture_us = MAX(p->picture_us, w->now_us - 33 * MS) + 33 * MS;
    p->tick_us = 0;
}

void world_media_step(struct world *w, struct world_person *p)
{
    if (speaks(p) && w->now_us >= p->media_us)
        say(w, p);
    if (speaks(p) && watched(p) && w->now_us >= p->picture_us) {
        if (p->hold) // left out before it is encoded
            p->picture_us += 33 * MS;
        else
            show(w, p);
    }
    if (w->now_us < p->play_us)
        return;
    for (unsigned k = 0; k < ARRAY_LEN(p->ears); k++)
        play(&p->ears[k], w->now_us);
    p->play_us = w->now_us + 10 * MS;
}

uint64_t world_media_due(const struct world_person *p)
{
    uint64_t due = UINT64_MAX;
    if (speaks(p))
        due = watched(p) ? MIN(p->media_us, p->picture_us) : p->media_us;
    for (unsigned k = 0; k < ARRAY_LEN(p->ears); k++)
        due = p->ears[k].jitter.packet_samples ? MIN(due, p->play_us) : due;
    return due;
}
