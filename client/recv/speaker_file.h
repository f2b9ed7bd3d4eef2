// A WAV file being written: 48 kHz mono 16-bit, readable at any moment up to a second ago.
#ifndef PARLOUR_SPEAKER_FILE_H
#define PARLOUR_SPEAKER_FILE_H

#include "shared/base.h"

struct speaker_file;

struct speaker_file *speaker_file_open(const char *path);                              // NULL when it cannot be made
bool speaker_file_write(struct speaker_file *f, const int16_t *samples, size_t count); // false when the disk refuses
void speaker_file_close(struct speaker_file *f);                                       // NULL is fine

#endif
