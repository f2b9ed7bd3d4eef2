// Somebody speaks and his microphone is off: when to tell him. Pure.
#ifndef PARLOUR_MUTE_HINT_H
#define PARLOUR_MUTE_HINT_H

#include <stdbool.h>
#include <stdint.h>

enum {
    MUTE_HINT_VOICE_US = 700000,  // so long he has to speak; a cough is shorter
    MUTE_HINT_GAP_US = 400000,    // between two words
    MUTE_HINT_ECHO_US = 600000,   // others are still heard in the room after they have spoken
    MUTE_HINT_AGAIN_US = 20000000 // told once, he knows it for a while
};

struct mute_hint { // zeroed at first, and whenever the microphone is on
    uint64_t since_us, last_us, others_us, told_us;
};

// `voice`: the microphone hears one; `others`: so does the loudspeaker play one, and it may be theirs. True: tell him.
bool mute_hint_look(struct mute_hint *h, bool voice, bool others, uint64_t now_us);

#endif
