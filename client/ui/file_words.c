#include "file_words.h"

#include "figures.h"
#include "shared/base.h"
#include "client/text_clean.h"
#include "trust_words.h"
#include "words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const UNITS[] = {"kB", "MB", "GB", "TB"};

// The unit in which `bytes` has one to three digits before the point, as a power of 1000; 0 = bytes.
static size_t unit_of(uint64_t bytes)
{
    size_t unit = 0;
    for (double value = (double)bytes; value >= 999.5 && unit < ARRAY_LEN(UNITS); value /= 1000)
        unit++;
    return unit;
}

static void number(char out[FIGURES_SIZE], uint64_t bytes, size_t unit)
{
    double value = (double)bytes / pow(1000, (double)unit);
    figures_here(out, FIGURES_SIZE, value, unit > 0 && value > 0 && value < 9.95 ? 1 : 0);
}

void file_words_size(char *out, size_t size, uint64_t bytes)
{
    char digits[FIGURES_SIZE];
    size_t unit = unit_of(bytes);
    number(digits, bytes, unit);
    if (unit == 0)
        snprintf(out, size, WORD_FILE_BYTES((unsigned)bytes), (unsigned)bytes);
    else
        snprintf(out, size, "%s\u00A0%s", digits, UNITS[unit - 1]);
}

// "12 of 38 MB"
static void write_part(char *out, size_t size, uint64_t done, uint64_t all)
{
    char digits[FIGURES_SIZE], whole[FILE_WORDS_SIZE];
    file_words_size(whole, sizeof whole, all);
    number(digits, MIN(done, all), unit_of(all));
    snprintf(out, size, WORD_FILE_PART, digits, whole);
}

// Coarse on purpose: a number that jumps about each second says less than one that holds.
void file_words_left(char *out, size_t size, double seconds)
{
    if (!(seconds >= 0) || seconds > 359999) {
        snprintf(out, size, "%s", WORD_FILE_LEFT_LONG);
        return;
    }
    unsigned s = (unsigned)seconds, rounded = s < 20 ? (s + 4) / 5 * 5 : (s + 9) / 10 * 10;
    if (s < 5)
        snprintf(out, size, "%s", WORD_FILE_LEFT_SOON);
    else if (s < 51)
        snprintf(out, size, WORD_FILE_LEFT_SECONDS(rounded), rounded);
    else if (s < 3570)
        snprintf(out, size, WORD_FILE_LEFT_MINUTES((s + 30) / 60), (s + 30) / 60);
    else
        snprintf(out, size, WORD_FILE_LEFT_HOURS((s + 1800) / 3600), (s + 1800) / 3600);
}

void file_words_name(char *out, size_t size, const char *name)
{
    text_clean(out, size, name, strlen(name), CALL_FILE_NAME_MAX, false);
}

void file_words_who(char *out, size_t size, const struct call_file *f)
{
    char name[CALL_NAME_MAX], bytes[FILE_WORDS_SIZE];
    trust_words_name(name, sizeof name, f->who);
    file_words_size(bytes, sizeof bytes, f->size);
    if (f->out && !f->member)
        snprintf(out, size, "%s", WORD_FILE_TO_ALL);
    else if (f->out)
        snprintf(out, size, WORD_FILE_TO, name);
    else if (f->state == CALL_FILE_ASKED)
        snprintf(out, size, WORD_FILE_OFFERS, name, bytes);
    else
        snprintf(out, size, WORD_FILE_FROM, name);
}

static void running(char *out, size_t size, const struct call_file *f)
{
    char part[FILE_WORDS_SIZE], left[FILE_WORDS_SIZE];
    write_part(part, sizeof part, f->done, f->size);
    if (f->rate > 0 && f->done < f->size) {
        file_words_left(left, sizeof left, (double)(f->size - f->done) / f->rate);
        snprintf(out, size, WORD_FILE_PART_LEFT, part, left);
    } else {
        snprintf(out, size, "%s", part);
    }
}

static void done(char *out, size_t size, const struct call_file *f)
{
    char name[CALL_NAME_MAX];
    trust_words_name(name, sizeof name, f->who);
    if (!f->out)
        snprintf(out, size, "%s", WORD_FILE_SAVED);
    else if (f->member)
        snprintf(out, size, WORD_FILE_HAS, name);
    else
        snprintf(out, size, WORD_FILE_HAVE(f->finished), f->finished);
}

void file_words_sentence(char *out, size_t size, const struct call_file *f)
{
    char name[CALL_NAME_MAX];
    trust_words_name(name, sizeof name, f->who);
    if (f->sentence[0]) {
        snprintf(out, size, "%s", f->sentence);
        return;
    }
    switch (f->state) {
    case CALL_FILE_PREPARING:
        snprintf(out, size, "%s", WORD_FILE_PREPARING);
        break;
    case CALL_FILE_OFFERED:
        snprintf(out, size, "%s", f->member ? WORD_FILE_WAITS_FOR_ONE : WORD_FILE_WAITS_FOR_ALL);
        break;
    case CALL_FILE_ASKED:
        out[0] = '\0';
        break;
    case CALL_FILE_RUNNING:
        running(out, size, f);
        break;
    case CALL_FILE_WAITING:
        snprintf(out, size, "%s", WORD_FILE_WAITING);
        break;
    case CALL_FILE_DONE:
        done(out, size, f);
        break;
    case CALL_FILE_REFUSED:
        if (f->out && f->member)
            snprintf(out, size, WORD_FILE_REFUSED_BY, name);
        else
            snprintf(out, size, "%s", f->out ? WORD_FILE_REFUSED_BY_ALL : WORD_FILE_REFUSED);
        break;
    case CALL_FILE_CANCELLED:
        snprintf(out, size, "%s", WORD_FILE_CANCELLED);
        break;
    case CALL_FILE_FAILED:
        snprintf(out, size, "%s", WORD_FILE_FAILED);
        break;
    }
}

unsigned file_words_percent(const struct call_file *f)
{
    if (f->size == 0)
        return f->state == CALL_FILE_DONE ? 100 : 0;
    // Rounded down: all of it is there only when it is.
    return (unsigned)((double)MIN(f->done, f->size) * 100 / (double)f->size);
}
