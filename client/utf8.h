// Walking over UTF-8. Pure; never reads past `length`.
#ifndef PARLOUR_UTF8_H
#define PARLOUR_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UTF8_BAD = 0xFFFD };

// Bytes taken by the code point at `text` (1 for a broken one, whose value becomes UTF8_BAD); 0 at the end.
size_t utf8_next(const char *text, size_t length, uint32_t *code);
// Bytes of the code point that ends at `at`.
size_t utf8_previous(const char *text, size_t at);
size_t utf8_put(uint32_t code, char out[4]);
size_t utf8_count(const char *text, size_t length);
bool utf8_is_mark(uint32_t code); // joins the letter before it (combining marks, variation selectors, joiners)
// Bytes of the thing at `text` that must stay together on a line and under the caret: a letter with its marks, an emoji
// sequence.
size_t utf8_cluster(const char *text, size_t length);
bool utf8_is_wide(uint32_t code); // CJK: a line may break before and after it
bool utf8_is_emoji(uint32_t code);

#endif
