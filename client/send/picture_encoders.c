#include "picture_encoders.h"

#include "camera_convert.h"
#include "camera_scaler.h"
#include "video_encoder.h"

#include <libavutil/frame.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct picture_encoders {
    struct video_encoder *encoder[PICTURE_ENCODERS]; // fixed by create
    pthread_mutex_t mutex;                           // covers the sizes
    struct picture_size size[PICTURE_ENCODERS];

    struct camera_scaler *scaler[PICTURE_ENCODERS]; // camera thread only
};

struct picture_encoders *picture_encoders_create(const struct picture_encoders_config *config)
{
    struct picture_encoders *e = base_alloc(sizeof *e);
    pthread_mutex_init(&e->mutex, NULL);
    for (unsigned i = 0; i < PICTURE_ENCODERS; i++) {
        char name[16];
        snprintf(name, sizeof name, config->screen ? "screen enc %u" : "encoder %u", i);
        e->scaler[i] = camera_scaler_create();
        e->encoder[i] = video_encoder_create(&(struct video_encoder_config){
            .name = name, .layer = i, .screen = config->screen, .ctx = config->ctx, .on_frame = config->on_frame});
        video_encoder_set_active(e->encoder[i], false);
    }
    return e;
}

bool picture_encoders_start(struct picture_encoders *e)
{
    bool good = true;
    for (unsigned i = 0; i < PICTURE_ENCODERS; i++)
        good = video_encoder_start(e->encoder[i]) && good;
    return good;
}

void picture_encoders_put(struct picture_encoders *e, const struct AVFrame *frame, uint64_t capture_us)
{
    struct picture_size size[PICTURE_ENCODERS];
    pthread_mutex_lock(&e->mutex);
    memcpy(size, e->size, sizeof size);
    pthread_mutex_unlock(&e->mutex);
    AVFrame *picture = av_frame_clone(frame);
    for (unsigned i = PICTURE_ENCODERS; i-- > 0 && picture;) {
        unsigned width, height;
        if (!size[i].kbps)
            continue;
        camera_convert_fit((unsigned)picture->width, (unsigned)picture->height, size[i].width, size[i].height, &width,
                           &height);
        AVFrame *fits = camera_scaler_scale(e->scaler[i], picture, width, height);
        av_frame_free(&picture);
        picture = fits;
        if (picture)
            video_encoder_put(e->encoder[i], picture, capture_us);
    }
    av_frame_free(&picture);
}

void picture_encoders_set(struct picture_encoders *e, unsigned layer, const struct picture_size *size)
{
    struct video_encoder *one = e->encoder[layer];
    pthread_mutex_lock(&e->mutex);
    bool was_wanted = e->size[layer].kbps > 0;
    e->size[layer] = *size;
    if (size->kbps) {
        video_encoder_set_size(one, size->width, size->height, size->fps);
        video_encoder_set_bitrate(one, size->kbps);
    }
    if (was_wanted != (size->kbps > 0))
        video_encoder_set_active(one, size->kbps > 0);
    pthread_mutex_unlock(&e->mutex);
}

void picture_encoders_keyframe(struct picture_encoders *e, unsigned layer)
{
    video_encoder_request_keyframe(e->encoder[layer % PICTURE_ENCODERS]);
}

void picture_encoders_pause(struct picture_encoders *e)
{
    for (unsigned i = 0; i < PICTURE_ENCODERS; i++)
        picture_encoders_set(e, i, &(struct picture_size){0});
}

void picture_encoders_stop(struct picture_encoders *e)
{
    for (unsigned i = 0; i < PICTURE_ENCODERS; i++)
        video_encoder_stop(e->encoder[i]);
}

void picture_encoders_join(struct picture_encoders *e)
{
    for (unsigned i = 0; i < PICTURE_ENCODERS; i++)
        video_encoder_join(e->encoder[i]);
}

void picture_encoders_destroy(struct picture_encoders *e)
{
    if (!e)
        return;
    for (unsigned i = 0; i < PICTURE_ENCODERS; i++) {
        video_encoder_destroy(e->encoder[i]);
        camera_scaler_destroy(e->scaler[i]);
    }
    pthread_mutex_destroy(&e->mutex);
    free(e);
}
