#include "sound_watch.h"

#include <string.h>

enum {
    SURE_US = 4000000, // longer than a device that hangs takes to be found out
    SILENT_US = 3000000
};

void sound_watch_tell(struct sound_watch *w, const char *sentence)
{
    const char *told = w->told ? w->told : "";
    if (strcmp(told, sentence) && w->on_failed)
        w->on_failed(w->ctx, sentence);
    w->told = sentence;
}

static void say(const struct sound_watch *w, enum sound_said what, const char *now)
{
    if (w->on_said)
        w->on_said(w->ctx, what, w->wanted, now);
}

void sound_watch_opened(struct sound_watch *w, const char *name, bool other, uint64_t now_us)
{
    w->since_us = now_us;
    if (!name) {
        sound_watch_tell(w, w->stuck_times ? w->stuck : w->missing);
        return;
    }
    if (w->stuck_times < 2) // else it must show first that it works
        sound_watch_tell(w, "");
    if (other != w->other)
        say(w, other ? SOUND_SAID_OTHER : SOUND_SAID_RETURN, name);
    w->other = other;
}

// One that was silent is opened anew once; then it is said, and it stays as it is.
static bool hears(struct sound_watch *w, uint64_t silent_us)
{
    if (silent_us == 0)
        w->silence_tried = w->silence_said = false;
    if (silent_us < SILENT_US)
        return true;
    if (!w->silence_tried) {
        w->silence_tried = true;
        return false;
    }
    if (!w->silence_said)
        say(w, SOUND_SAID_SILENT, "");
    w->silence_said = true;
    return true;
}

bool sound_watch_looked(struct sound_watch *w, enum sound_device_state state, uint64_t silent_us, uint64_t now_us)
{
    if (state == SOUND_DEVICE_STUCK && ++w->stuck_times > 1)
        sound_watch_tell(w, w->stuck);
    if (state != SOUND_DEVICE_WORKS)
        return false;
    if (w->stuck_times && now_us - w->since_us > SURE_US) {
        w->stuck_times = 0;
        sound_watch_tell(w, "");
    }
    return hears(w, silent_us);
}
