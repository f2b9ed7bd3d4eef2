// What the loudspeaker plays meets what the microphone hears: here, between recv and send.
#include "app_parts.h"

#include "shared/log.h"

#include <string.h>

bool app_audio_create(struct app *a)
{
    a->audio_processing = audio_processing_create();
    if (!a->audio_processing)
        log_error("audio", "processing library refused");
    return a->audio_processing != NULL;
}

// A tone or a file is not in a room with us: it stays as it is unless it is asked for.
void app_audio_opens(struct app *a)
{
    bool in_room = device_names_sound(a->options->microphone);
    bool on = a->options->audio_processing && (in_room || a->options->audio_processing_typed);
    audio_processing_set_on(a->audio_processing, on);
}

void app_audio_played(void *ctx, const int16_t *samples, uint64_t heard_us)
{
    struct app *a = ctx;
    audio_processing_far(a->audio_processing, samples, heard_us);
}

void app_audio_heard(void *ctx, const int16_t *samples, size_t count, uint64_t capture_us)
{
    struct app *a = ctx;
    if (app_trial_heard(a, samples, count)) // as it is: what is worked on has lost the loudspeaker's sound
        return;
    int16_t clean[AUDIO_BLOCK];
    memcpy(clean, samples, count * sizeof *clean); // always one block
    audio_processing_near(a->audio_processing, clean, capture_us);
    audio_encoder_push(a->audio_encoder, clean, count, capture_us);
}

uint32_t app_audio_ts(void *ctx, uint64_t now_us)
{
    struct app *a = ctx;
    return audio_encoder_ts(a->audio_encoder, now_us) + audio_processing_delay(a->audio_processing);
}

void app_audio_stats(struct app *a, struct stats_audio *out)
{
    struct speaker_output output;
    audio_processing_get_figures(a->audio_processing, &out->processing);
    speaker_get_output(a->speaker, &output);
    out->playout_delay_ms = output.delay_ms;
    out->underruns = output.underruns;
    out->frame_ms = audio_encoder_frame_ms(a->audio_encoder);
}

void app_audio_choose_frame(struct app *a, uint64_t now_us)
{
    const struct stats_call *c = &a->stats.call;
    const char *asked = a->options->audio_frame;
    struct audio_frame_path path = {.rtt_ms = c->rtt_ms,
                                    .loss_up_pct = c->loss_up_pct,
                                    .loss_down_pct = c->loss_down_pct,
                                    .members = a->call.member_count,
                                    .udp = strcmp(c->path, "udp") == 0};
    unsigned ms = audio_frame_choose(&a->audio_frame, &path, now_us);
    if (strcmp(asked, "auto") != 0)
        ms = strcmp(asked, "10") == 0 ? 10 : 20;
    audio_encoder_set_frame(a->audio_encoder, ms);
}
