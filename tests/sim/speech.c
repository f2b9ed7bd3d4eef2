#define _GNU_SOURCE
#include "speech.h"

#include "shared/base.h"

#include <SDL2/SDL.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RATE = 48000, HEADER = 44, RAW_MAX = 4 << 20, ACTIVE = 300 };

static const char *const sentences[] = {
    "The north wind and the sun were disputing which was the stronger, when a traveller came along wrapped in a cloak.",
    "They agreed that the one who first succeeded in making the traveller take his cloak off should be considered.",
    "Good morning. Can you hear me over there? I wanted to ask about the parcel.",
    "Then the north wind blew as hard as he could, but the more he blew the more closely did the traveller fold it.",
    "Yes, that is fine. Seven, eight, nine. See you on Thursday at half past four.",
    "At last the north wind gave up the attempt. Then the sun shone out warmly, and immediately the cloak came off.",
};

// What espeak-ng writes, a WAV of unknown length; 0 bytes when there is no such program.
static size_t record(const char *voice, const char *sentence, uint8_t *raw)
{
    char *argv[] = {"espeak-ng", "-v", (char *)voice, "-s", "160", "--stdout", (char *)sentence, NULL};
    int ends[2];
    size_t size = 0;
    pid_t child;
    posix_spawn_file_actions_t actions;
    if (pipe(ends) != 0)
        abort();
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    bool started = posix_spawnp(&child, argv[0], &actions, NULL, argv, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    for (ssize_t n; started && (n = read(ends[0], raw + size, RAW_MAX - size)) > 0;)
        size += (size_t)n;
    close(ends[0]);
    if (started)
        waitpid(child, NULL, 0);
    return size;
}

static int16_t *say(const char *voice, const char *sentence, size_t *count)
{
    uint8_t *raw = base_alloc(RAW_MAX);
    size_t size = record(voice, sentence, raw);
    if (size <= HEADER) {
        fprintf(stderr, "espeak-ng says nothing: is the package espeak-ng installed?\n");
        exit(1);
    }
    uint32_t rate;
    memcpy(&rate, raw + 24, sizeof rate);
    SDL_AudioStream *stream = SDL_NewAudioStream(AUDIO_S16LSB, 1, (int)rate, AUDIO_S16SYS, 1, RATE);
    if (!stream || SDL_AudioStreamPut(stream, raw + HEADER, (int)((size - HEADER) & ~(size_t)1)) != 0)
        abort();
    SDL_AudioStreamFlush(stream);
    int bytes = SDL_AudioStreamAvailable(stream);
    int16_t *out = base_alloc((size_t)bytes + 2);
    SDL_AudioStreamGet(stream, out, bytes);
    SDL_FreeAudioStream(stream);
    free(raw);
    *count = (size_t)bytes / 2;
    return out;
}

static void set_level(int16_t *samples, size_t count, double dbfs)
{
    double power = 0, spoken = 1;
    for (size_t i = 0; i < count; i++)
        if (abs(samples[i]) > ACTIVE) {
            power += (double)samples[i] * samples[i];
            spoken++;
        }
    double gain = 32768 * pow(10, dbfs / 20) / sqrt(power / spoken + 1);
    for (size_t i = 0; i < count; i++)
        samples[i] = (int16_t)CLAMP(lrint(samples[i] * gain), -32767, 32767);
}

int16_t *speech_make(const char *voice, double dbfs, size_t count)
{
    int16_t *out = base_alloc(count * sizeof *out), *said[ARRAY_LEN(sentences)];
    size_t lengths[ARRAY_LEN(sentences)], at = 0;
    for (size_t i = 0; i < ARRAY_LEN(sentences); i++)
        said[i] = say(voice, sentences[i], &lengths[i]);
    for (size_t i = 0; at < count; i = (i + 1) % ARRAY_LEN(sentences)) {
        size_t n = MIN(lengths[i], count - at);
        memcpy(out + at, said[i], n * sizeof *out);
        at += n + RATE / 2; // a breath
    }
    for (size_t i = 0; i < ARRAY_LEN(sentences); i++)
        free(said[i]);
    set_level(out, count, dbfs);
    return out;
}
