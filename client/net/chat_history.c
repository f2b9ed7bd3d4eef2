#include "chat_history.h"

#include "shared/keys.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static void drop_oldest(struct chat_history *h)
{
    h->bytes -= h->size[0];
    chat_line_free(&h->lines[0]);
    h->count--;
    memmove(&h->lines[0], &h->lines[1], h->count * sizeof h->lines[0]);
    memmove(&h->size[0], &h->size[1], h->count * sizeof h->size[0]);
    memset(&h->lines[h->count], 0, sizeof h->lines[0]); // moved
}

void chat_history_forget(struct chat_history *h)
{
    while (h->count)
        drop_oldest(h);
}

void chat_history_end(struct chat_history *h)
{
    chat_history_forget(h);
    sodium_memzero(h, sizeof *h);
}

void chat_history_begin(struct chat_history *h, const uint8_t invite_key[16])
{
    uint8_t tag[CHAT_LINE_TAG];
    keys_chat_tag(tag, invite_key);
    if (memcmp(tag, h->tag, sizeof tag) == 0)
        return;
    chat_history_end(h);
    memcpy(h->tag, tag, sizeof tag);
}

bool chat_history_seen(struct chat_history *h, const uint8_t identity[32], uint64_t id)
{
    for (unsigned i = 0; i < CHAT_HISTORY_SEEN; i++)
        if (h->seen[i].id == id && memcmp(h->seen[i].identity, identity, 32) == 0)
            return true;
    unsigned at = h->seen_at++ % CHAT_HISTORY_SEEN;
    h->seen[at].id = id;
    memcpy(h->seen[at].identity, identity, 32);
    return false;
}

static size_t size_of(const struct chat_line *line)
{
    json_t *o = chat_line_write(line);
    size_t n = o ? json_dumpb(o, NULL, 0, JSON_COMPACT) : 0;
    json_decref(o);
    return n;
}

bool chat_history_keep(struct chat_history *h, struct chat_line *line)
{
    size_t size = chat_line_signed(line, h->tag) ? size_of(line) : 0;
    if (size == 0 || size > CHAT_HISTORY_PAGE)
        return false;
    while (h->count == CHAT_HISTORY_LINES || h->bytes + size > CHAT_HISTORY_BYTES)
        drop_oldest(h);
    h->lines[h->count] = *line;
    h->size[h->count++] = size;
    h->bytes += size;
    memset(line, 0, sizeof *line);
    return true;
}

// ---- asking and answering ----

static char *dump(json_t *o)
{
    char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
    json_decref(o);
    return text;
}

char *chat_history_ask(const struct chat_history *h)
{
    json_t *have = json_array();
    for (size_t i = 0; i < h->count; i++) {
        char id[CHAT_LINE_ID];
        chat_line_write_id(id, h->lines[i].id);
        json_array_append_new(have, json_string(id));
    }
    return dump(json_pack("{s:s,s:o}", "kind", "history-ask", "have", have));
}

bool chat_history_read_ask(struct chat_history_have *have, const json_t *o)
{
    const json_t *list = json_object_get(o, "have");
    have->count = 0;
    if (!json_is_array(list) || json_array_size(list) > CHAT_HISTORY_LINES)
        return false;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!chat_line_read_id(&have->id[have->count++], json_array_get(list, i)))
            return false;
    return true;
}

static bool has(const struct chat_history_have *have, uint64_t id)
{
    for (size_t i = 0; i < have->count; i++)
        if (have->id[i] == id)
            return true;
    return false;
}

char *chat_history_page(const struct chat_history *h, const struct chat_history_have *have, size_t *at, bool *more)
{
    json_t *lines = json_array();
    size_t used = 0;
    *more = false;
    for (; *at < h->count; (*at)++) {
        if (has(have, h->lines[*at].id))
            continue;
        *more = used > 0 && used + h->size[*at] + 1 > CHAT_HISTORY_PAGE;
        if (*more)
            break;
        json_array_append_new(lines, chat_line_write(&h->lines[*at]));
        used += h->size[*at] + 1; // and a comma
    }
    return dump(json_pack("{s:s,s:o,s:b}", "kind", "history", "lines", lines, "more", *more));
}
