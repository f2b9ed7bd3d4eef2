// Any text as the file of settings: what is taken fits, and what is written reads as the same.
#include "client/settings.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct settings s, again;
    memset(&s, 0, sizeof s);
    memset(&again, 0, sizeof again);
    settings_read(&s, (const char *)data, size);
    HOLDS(s.count <= SETTINGS_ROWS_MAX && s.kept_size <= SETTINGS_KEPT_MAX);
    for (size_t i = 0; i < s.count; i++)
        HOLDS(settings_fit(s.rows[i].name, s.rows[i].value));
    size_t length;
    char *text = settings_write(&s, &length);
    settings_read(&again, text, length);
    HOLDS(again.count == s.count && again.kept_size == s.kept_size);
    for (size_t i = 0; i < s.count; i++)
        HOLDS(!strcmp(settings_get(&again, s.rows[i].name), s.rows[i].value));
    free(text);
    return 0;
}
