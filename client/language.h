// Which language people are spoken to in. Sentences are English in the sources and are looked up when they are shown:
// `N_("…")` marks one where it is written, `language_words` gives it in the person's language. Texts for logs, options
// and the IPC socket stay English. Main thread only, but for language_known.
#ifndef PARLOUR_LANGUAGE_H
#define PARLOUR_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>

#define N_(words) (words)

// "auto", and the languages there are: codes, and what each calls itself.
struct language {
    const char *code, *name;
    char point, thousands; // in numbers
};
const struct language *language_list(size_t *count);
bool language_known(const char *code);
const struct language *language_now(void); // the one chosen, never "auto"

// Choose by code; "auto" = what LANGUAGE, LC_ALL, LC_MESSAGES or LANG asks for, English when that is none of ours. The
// first call comes before there are threads. No locale has to be installed for it.
void language_choose(const char *code);
// Where the catalogues are (FOLDER/de/LC_MESSAGES/parlour.mo); otherwise beside the program or ../share/locale.
void language_folder(const char *folder);

// The sentence in the chosen language, or as it is. Stays valid until another language is chosen.
__attribute__((format_arg(1))) const char *language_words(const char *english);
// The one of two sentences that fits a count, in the chosen language.
__attribute__((format_arg(1), format_arg(2))) const char *language_count(const char *one, const char *many,
                                                                         unsigned long count);

#endif
