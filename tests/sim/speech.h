// Speech by espeak-ng, made while the test runs: 48 kHz mono.
#ifndef PARLOUR_TESTS_SPEECH_H
#define PARLOUR_TESTS_SPEECH_H

#include <stddef.h>
#include <stdint.h>

// Sentences one after the other with pauses, as many as fill `count` samples, at `dbfs` RMS while spoken. `voice` as
// espeak-ng -v. malloc'd. Ends the process with a sentence when espeak-ng is missing.
int16_t *speech_make(const char *voice, double dbfs, size_t count);

#endif
