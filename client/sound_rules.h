// What sounds when (LOOK §9). Pure: no device, no clock.
#ifndef PARLOUR_SOUND_RULES_H
#define PARLOUR_SOUND_RULES_H

#include "call.h"
#include "messages.h"
#include "sounds.h"

enum {
    SOUND_RULES_CROWD = 9,          // from this many people on nobody is announced
    SOUND_RULES_STEPS_US = 3000000, // the last seconds before it answers by itself
    SOUND_RULES_BURST = 3,          // of one sound in a row,
    SOUND_RULES_REFILL_US = 2000000 // and then one in this time
};

struct sound_rules { // what was so at the last look; zeroed before the first
    enum call_phase phase;
    bool begun, private_call, microphone_on, camera_on;
    uint32_t offered;              // the newest file that was offered to us
    uint32_t done[CALL_FILES_MAX]; // files that have arrived, here or there
    size_t done_count;
    unsigned left;                 // seconds until it answers by itself, 0 = none was sounded
    uint64_t free_us[SOUND_COUNT]; // sound_rules_may: when the whole burst is free again
};

struct sound_rules_now {
    enum sound loop;      // repeats now, or SOUND_NONE
    enum sound sounds[4]; // to be played once
    size_t count;
    uint64_t look_us; // look again then, UINT64_MAX = when something has changed
};

// The sound of a notice that is not yet applied to the call, or SOUND_NONE. `typing`: the person writes just now.
enum sound sound_rules_notice(const struct call *call, const struct notice *n, bool typing);
// What others or the network cause sounds three times in a row and then every 2 s at most, whatever they do. True, and
// counted, when it may sound; one's own switches always may.
bool sound_rules_may(struct sound_rules *r, enum sound sound, uint64_t now_us);
// The sounds of what has changed in the call since the last look. `typing`: the person writes just now.
void sound_rules_look(struct sound_rules *r, const struct call *call, bool typing, uint64_t now_us,
                      struct sound_rules_now *now);

#endif
