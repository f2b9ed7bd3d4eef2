// SDL's audio is played here: a loudspeaker whose opening does not end holds nothing but what is to be opened.
#include "tests/unit/unit.h"

#include "client/sound_device.h"
#include "client/device_thread.h"
#include "shared/clock.h"

#include <SDL2/SDL.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { MICROPHONE = 2, SPEAKER = 3, TRIES = 20 };

static atomic_bool speaker_hangs, microphone_open;
static atomic_uint microphone_opened, speaker_asked;

int SDL_AudioInit(const char *driver)
{
    (void)driver;
    return 0;
}

void SDL_AudioQuit(void)
{
}

const char *SDL_GetCurrentAudioDriver(void)
{
    return "played";
}

int SDL_GetNumAudioDevices(int capture)
{
    (void)capture;
    return 1;
}

const char *SDL_GetAudioDeviceName(int i, int capture)
{
    (void)i;
    return capture ? "microphone" : "loudspeaker";
}

SDL_AudioDeviceID SDL_OpenAudioDevice(const char *name, int capture, const SDL_AudioSpec *want, SDL_AudioSpec *got,
                                      int changes)
{
    (void)name, (void)want, (void)got, (void)changes;
    if (capture) {
        atomic_store(&microphone_open, true);
        atomic_fetch_add(&microphone_opened, 1);
        return MICROPHONE;
    }
    atomic_fetch_add(&speaker_asked, 1);
    while (atomic_load(&speaker_hangs))
        usleep(1000);
    return SPEAKER;
}

void SDL_PauseAudioDevice(SDL_AudioDeviceID id, int pause)
{
    (void)id, (void)pause;
}

void SDL_CloseAudioDevice(SDL_AudioDeviceID id)
{
    if (id == MICROPHONE)
        atomic_store(&microphone_open, false);
}

SDL_AudioStatus SDL_GetAudioDeviceStatus(SDL_AudioDeviceID id)
{
    (void)id;
    return SDL_AUDIO_PLAYING;
}

int SDL_GetDefaultAudioInfo(char **name, SDL_AudioSpec *spec, int capture)
{
    (void)name, (void)spec, (void)capture;
    return -1;
}

static void on_samples(void *ctx, int16_t *samples, size_t count, uint64_t time_us)
{
    (void)ctx, (void)samples, (void)count, (void)time_us;
}

static const struct sound_device_config microphone = {true, "auto", 480, NULL, on_samples};
static const struct sound_device_config speaker = {false, "auto", 480, NULL, on_samples};

static void *open_speaker(void *thread)
{
    return sound_device_open(&speaker, thread);
}

static void closes_past_a_hanging_one(void **state)
{
    (void)state;
    struct device_thread mine, other, over;
    pthread_t thread;
    void *opened;
    device_thread_init(&mine);
    device_thread_init(&other);
    device_thread_init(&over);
    device_thread_stop(&over);
    struct sound_device *d = sound_device_open(&microphone, &mine);
    assert_non_null(d);
    assert_true(atomic_load(&microphone_open));
    atomic_store(&speaker_hangs, true);
    assert_int_equal(pthread_create(&thread, NULL, open_speaker, &other), 0);
    while (!atomic_load(&speaker_asked))
        usleep(1000);
    sound_device_close(d);
    assert_false(atomic_load(&microphone_open));

    // Who is not served and goes away is forgotten: nothing is opened for him later.
    for (int i = 0; i < TRIES; i++)
        assert_null(sound_device_open(&microphone, &over));
    atomic_store(&speaker_hangs, false);
    assert_int_equal(pthread_join(thread, &opened), 0);
    assert_non_null(opened);
    sound_device_close(opened);
    d = sound_device_open(&microphone, &mine);
    assert_non_null(d);
    assert_int_equal(atomic_load(&microphone_opened), 2);
    sound_device_close(d);
    sound_device_finish();
    device_thread_destroy(&mine);
    device_thread_destroy(&other);
    device_thread_destroy(&over);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(closes_past_a_hanging_one)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
