#include "language.h"

#include "paths.h"

#include "shared/base.h"

#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOMAIN "parlour"

static const struct language LANGUAGES[] = {
    {"auto", "", '.', ','}, {"en", "English", '.', ','}, {"de", "Deutsch", ',', '.'}};

// gettext reads LANGUAGE whenever it is asked. The variable is this buffer, so changing it later moves nothing that
// another thread might be reading.
static char chosen[32] = "LANGUAGE=";
static char automatic[16];
static bool started;

const struct language *language_list(size_t *count)
{
    *count = ARRAY_LEN(LANGUAGES);
    return LANGUAGES;
}

bool language_known(const char *code)
{
    for (size_t i = 0; i < ARRAY_LEN(LANGUAGES); i++)
        if (!strcmp(LANGUAGES[i].code, code))
            return true;
    return false;
}

const struct language *language_now(void)
{
    const char *code = strchr(chosen, '=') + 1;
    for (size_t i = 1; i < ARRAY_LEN(LANGUAGES); i++)
        if (!strcmp(LANGUAGES[i].code, code))
            return &LANGUAGES[i];
    return &LANGUAGES[1];
}

// "de_AT.UTF-8:en" -> "de"; what is none of ours is English.
static void read_environment(void)
{
    static const char *const names[] = {"LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};
    snprintf(automatic, sizeof automatic, "en");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *value = getenv(names[i]);
        if (!value || !*value)
            continue;
        char code[16];
        snprintf(code, sizeof code, "%.*s", (int)MIN(strcspn(value, "_.@:"), sizeof code - 1), value);
        if (language_known(code) && strcmp(code, "auto") != 0)
            snprintf(automatic, sizeof automatic, "%s", code);
        return; // the first that is set decides
    }
}

void language_folder(const char *folder)
{
    bindtextdomain(DOMAIN, folder);
    bind_textdomain_codeset(DOMAIN, "UTF-8");
    textdomain(DOMAIN); // gettext forgets which catalogue it used
}

static void start(void)
{
    char folder[PATHS_MAX];
    started = true;
    read_environment();
    // Any locale but C lets gettext translate; this one is always there, and says nothing about numbers.
    setlocale(LC_MESSAGES, "C.UTF-8");
    putenv(chosen);
    if (paths_locale(folder))
        language_folder(folder);
}

void language_choose(const char *code)
{
    if (!started)
        start();
    snprintf(chosen, sizeof chosen, "LANGUAGE=%.15s", strcmp(code, "auto") ? code : automatic);
    textdomain(DOMAIN); // gettext forgets which catalogue it used
}

const char *language_words(const char *english)
{
    return english[0] ? dgettext(DOMAIN, english) : english; // an empty one would ask for the catalogue's own head
}

const char *language_count(const char *one, const char *many, unsigned long count)
{
    return dngettext(DOMAIN, one, many, count);
}
