// What is said of files: sizes, how long it takes, how it ended. In the person's language; foreign names are made safe.
#ifndef PARLOUR_UI_FILE_WORDS_H
#define PARLOUR_UI_FILE_WORDS_H

#include "client/call.h"

#include <stddef.h>
#include <stdint.h>

enum { FILE_WORDS_SIZE = 64, FILE_WORDS_LINE = CALL_NAME_MAX + 128 };

void file_words_size(char *out, size_t size, uint64_t bytes);                   // "4.1 MB"
void file_words_left(char *out, size_t size, double seconds);                   // "about 20 seconds left"
void file_words_name(char *out, size_t size, const char *name);                 // of a file, safe to show
void file_words_who(char *out, size_t size, const struct call_file *file);      // who it comes from, or whom it goes to
void file_words_sentence(char *out, size_t size, const struct call_file *file); // how it goes, or has ended
unsigned file_words_percent(const struct call_file *file);

#endif
