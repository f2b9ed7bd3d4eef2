// Lines of chat and what is handed on of them, as strangers say them: what is read comes back as it was when written,
// and no bytes make a line of somebody who has not signed it.
#include "tests/fuzz/fuzz.h"

#include "client/net/chat_history.h"
#include "client/secrets.h"

#include <string.h>

static const uint8_t KEY[16] = {1};

static void take_line(struct chat_history *h, const json_t *o)
{
    struct chat_line line, back;
    if (!chat_line_read(&line, o))
        return;
    json_t *again = chat_line_write(&line);
    HOLDS(again && chat_line_read(&back, again));
    HOLDS(line.id == back.id && line.at_ms == back.at_ms && strcmp(line.text, back.text) == 0);
    HOLDS(strcmp(line.name, back.name) == 0 && memcmp(line.signature, back.signature, 64) == 0);
    HOLDS(memcmp(line.identity, back.identity, 32) == 0 && *line.text && *line.name);
    json_decref(again);
    chat_line_free(&back);
    HOLDS(!chat_history_keep(h, &line)); // nobody signs by chance
    chat_line_free(&line);
}

static void take_ask(const struct chat_history *h, const json_t *o)
{
    struct chat_history_have have;
    size_t at = 0;
    bool more = true;
    if (!chat_history_read_ask(&have, o))
        return;
    HOLDS(have.count <= CHAT_HISTORY_LINES);
    while (more) {
        char *page = chat_history_page(h, &have, &at, &more);
        HOLDS(page);
        secrets_free(page);
    }
    HOLDS(at == h->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct chat_history h;
    struct chat_line line = {.id = 0};
    chat_history_begin(&h, KEY);
    json_t *o = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    const char *text = chat_line_text(json_object_get(o, "text"));
    HOLDS(!text || (*text && strlen(text) <= WIRE_CHAT_BYTES));
    HOLDS(!chat_line_take(&line, o) || line.id != 0);
    const json_t *lines = json_object_get(o, "lines");
    for (size_t i = 0; i < json_array_size(lines); i++)
        take_line(&h, json_array_get(lines, i));
    take_line(&h, o);
    take_ask(&h, o);
    json_decref(o);
    return 0;
}
