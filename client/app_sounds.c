// When this box sounds. The sounds go into the loudspeaker's mix only: nothing of them is ever near the microphone's
// way out.
#include "app_parts.h"

#include "shared/clock.h"
#include "sound_rules.h"

bool app_quiet(const struct app *a)
{
    return quiet_hours_now(&a->silence, quiet_hours_minute(clock_wall_ms()));
}

static bool allowed(const struct app *a)
{
    return a->sounds_on && !app_quiet(a);
}

static void play(struct app *a, enum sound sound)
{
    if (sound == SOUND_NONE || !allowed(a) || !sound_rules_may(&a->sound_rules, sound, clock_now_us()))
        return;
    sounds_play(a->sounds, sound);
    speaker_look(a->speaker);
}

void app_sounds_notice(struct app *a, const struct notice *n)
{
    play(a, sound_rules_notice(&a->call, n, a->ui && ui_typing(a->ui)));
}

void app_sounds_not_possible(struct app *a)
{
    play(a, SOUND_NOT_POSSIBLE);
}

uint64_t app_sounds_tick(struct app *a, uint64_t now_us)
{
    enum call_phase phase = a->call.phase;
    struct sound_rules_now now;
    speaker_set_awake(a->speaker, phase == CALL_JOINING || phase == CALL_IN_ROOM || phase == CALL_RECONNECTING);
    sound_rules_look(&a->sound_rules, &a->call, a->ui && ui_typing(a->ui), now_us, &now);
    if (now.loop != SOUND_NONE && !allowed(a))
        now.loop = SOUND_NONE;
    if (now.loop != a->sound_loop) {
        sounds_loop(a->sounds, now.loop);
        speaker_look(a->speaker);
        a->sound_loop = now.loop;
    }
    for (size_t i = 0; i < now.count; i++)
        play(a, now.sounds[i]);
    return now.look_us;
}

// So loud it is now.
static void drop(struct app *a)
{
    if (!a->speaker || !allowed(a)) // not yet, when it only starts
        return;
    sounds_play(a->sounds, SOUND_MESSAGE);
    speaker_look(a->speaker);
}

void app_sounds_volume(struct app *a, int percent)
{
    sounds_set_volume(a->sounds, percent);
    drop(a);
}

void app_sounds_loudness(struct app *a, int percent)
{
    a->call.loudness = percent;
    speaker_set_loudness(a->speaker, percent);
    drop(a);
}

void app_sounds_set(struct app *a, bool on)
{
    a->sounds_on = on;
    if (!on)
        sounds_stop(a->sounds);
    a->sound_loop = SOUND_NONE; // what still rings begins again with the next tick, if it may
}
