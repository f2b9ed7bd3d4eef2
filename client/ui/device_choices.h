// What a row of devices offers, and how each is called. Pure: names come from whoever made the device, so none of them
// may mean something else (a file, a tone) or write over the screen.
#ifndef PARLOUR_UI_DEVICE_CHOICES_H
#define PARLOUR_UI_DEVICE_CHOICES_H

#include "client/device_names.h"

#include <stdbool.h>

// The text that --camera, --microphone or --speaker (`setting`: without the dashes) finds the i-th by, also when it is
// plugged in anew. False when there is none: it cannot be told from another one.
bool device_choices_value(const struct device_names *names, size_t i, const char *setting, char out[DEVICE_NAMES_SIZE]);
// Which of them a value means; -1: none, or the value means something else.
int device_choices_find(const struct device_names *names, const char *setting, const char *value);
// For a value that is none of the fixed choices: the device's name, cut; with "(not there)" when it is known what is
// there (names not NULL) and that is not.
void device_choices_words(const struct device_names *names, const char *setting, const char *value, char *out,
                          size_t size);

#endif
