// Which language people are spoken to in. Sentences are English in the sources and are looked up when they are shown:
// `N_("…")` marks one where it is written, `language_words` gives it in the person's language. Texts for logs, options
// and the IPC socket stay English.
#ifndef PARLOUR_LANGUAGE_H
#define PARLOUR_LANGUAGE_H

#define N_(words) (words)

// The sentence in the chosen language, or as it is. Stays valid until another language is chosen. Any thread.
__attribute__((format_arg(1))) const char *language_words(const char *english);
// The one of two sentences that fits a count, in the chosen language.
__attribute__((format_arg(1), format_arg(2))) const char *language_count(const char *one, const char *many,
                                                                         unsigned long count);

#endif
