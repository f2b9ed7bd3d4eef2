#include "canceller.h"

#include <webrtc/modules/audio_processing/include/audio_processing.h>
#include <webrtc/modules/interface/module_common_types.h>

#include <memory>
#include <new>
#include <stdlib.h>
#include <string.h>

using webrtc::AudioProcessing;

enum { RATE = 48000 };

struct canceller {
    std::unique_ptr<AudioProcessing> apm;
    webrtc::AudioFrame far, near;
};

static void shape(webrtc::AudioFrame *f)
{
    f->num_channels_ = 1;
    f->sample_rate_hz_ = RATE;
    f->samples_per_channel_ = AUDIO_BLOCK;
}

static bool start(AudioProcessing *a)
{
    // With its rates unsaid, the first block of what is played is refused.
    return a->Initialize(RATE, RATE, RATE, AudioProcessing::kMono, AudioProcessing::kMono, AudioProcessing::kMono) == 0;
}

static bool set_up(AudioProcessing *a)
{
    return start(a) && a->echo_cancellation()->enable_drift_compensation(false) == 0 &&
           a->echo_cancellation()->set_suppression_level(webrtc::EchoCancellation::kModerateSuppression) == 0 &&
           a->echo_cancellation()->Enable(true) == 0 && a->high_pass_filter()->Enable(true) == 0 &&
           a->noise_suppression()->set_level(webrtc::NoiseSuppression::kModerate) == 0 &&
           a->noise_suppression()->Enable(true) == 0 &&
           a->gain_control()->set_mode(webrtc::GainControl::kAdaptiveDigital) == 0 &&
           a->gain_control()->set_target_level_dbfs(6) == 0 && a->gain_control()->set_compression_gain_db(9) == 0 &&
           a->gain_control()->enable_limiter(true) == 0 && a->gain_control()->Enable(true) == 0;
}

struct canceller *canceller_create(void)
{
    webrtc::Config config;
    config.Set<webrtc::ExtendedFilter>(new webrtc::ExtendedFilter(true));
    config.Set<webrtc::DelayAgnostic>(new webrtc::DelayAgnostic(true));
    config.Set<webrtc::ExperimentalAgc>(new webrtc::ExperimentalAgc(false)); // it would overrule ours
    std::unique_ptr<canceller> c(new (std::nothrow) canceller);
    if (!c)
        return NULL;
    c->apm.reset(AudioProcessing::Create(config));
    if (!c->apm || !set_up(c->apm.get()))
        return NULL;
    shape(&c->far);
    shape(&c->near);
    return c.release();
}

void canceller_reset(struct canceller *c)
{
    start(c->apm.get());
}

void canceller_destroy(struct canceller *c)
{
    delete c;
}

void canceller_far(struct canceller *c, const int16_t *samples)
{
    memcpy(c->far.data_, samples, AUDIO_BLOCK * sizeof *samples);
    c->apm->ProcessReverseStream(&c->far);
}

void canceller_near(struct canceller *c, int16_t *samples)
{
    memcpy(c->near.data_, samples, AUDIO_BLOCK * sizeof *samples);
    c->apm->set_stream_delay_ms(0); // one is given with the other
    if (c->apm->ProcessStream(&c->near) == 0)
        memcpy(samples, c->near.data_, AUDIO_BLOCK * sizeof *samples);
}
