// Pure: what is done and said about a sound device, from what happens to it: a thing is said once, and taken back when
// it is over. Owned by the thread that opens the device.
#ifndef PARLOUR_SOUND_WATCH_H
#define PARLOUR_SOUND_WATCH_H

#include "sound_device.h"

enum sound_said {
    SOUND_SAID_OTHER,  // the wanted one is not there, or does not open: another one serves
    SOUND_SAID_RETURN, // the wanted one serves again
    SOUND_SAID_SILENT  // a microphone that gives nothing but exact zeros
};

struct sound_watch {
    // Set by the owner
    const char *wanted;          // auto or a name
    const char *missing, *stuck; // sentences: there is none; it does not answer
    void *ctx;
    void (*on_failed)(void *ctx, const char *sentence); // "" when it works again; may be NULL, like the next
    void (*on_said)(void *ctx, enum sound_said what, const char *wanted, const char *now);
    // Its own; zero at first
    const char *told; // the sentence that holds
    unsigned stuck_times;
    bool other, silence_tried, silence_said;
    uint64_t since_us; // opened
};

// There is a sentence to be said that has nothing to do with a device, or "": it no longer holds.
void sound_watch_tell(struct sound_watch *w, const char *sentence);
// `name`: of the one that was opened, NULL = none was.
void sound_watch_opened(struct sound_watch *w, const char *name, bool other, uint64_t now_us);
// True: it stays open. silent_us: how long a microphone has given nothing but exact zeros until now.
bool sound_watch_looked(struct sound_watch *w, enum sound_device_state state, uint64_t silent_us, uint64_t now_us);

#endif
