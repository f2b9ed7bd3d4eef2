// SDL's audio functions that open, close and start devices may not run side by side, and microphone and loudspeaker do
// so from threads of their own: both take this lock around them.
#ifndef PARLOUR_SOUND_LOCK_H
#define PARLOUR_SOUND_LOCK_H

void sound_lock_take(void);
void sound_lock_release(void);

#endif
