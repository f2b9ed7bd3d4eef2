// What microphone, processing and loudspeaker work with at a time.
#ifndef PARLOUR_AUDIO_BLOCK_H
#define PARLOUR_AUDIO_BLOCK_H

enum { AUDIO_BLOCK = 480 }; // samples in 10 ms at 48 kHz

#endif
