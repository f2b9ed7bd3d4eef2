#include "chat_out.h"

#include "client/secrets.h"

#include <string.h>

void chat_out_drop(struct chat_out *out, size_t i)
{
    secrets_free(out->line[i].text);
    out->count--;
    memmove(&out->line[i], &out->line[i + 1], (out->count - i) * sizeof out->line[0]);
    memset(&out->line[out->count], 0, sizeof out->line[0]);
}

void chat_out_end(struct chat_out *out)
{
    while (out->count)
        chat_out_drop(out, out->count - 1);
}

bool chat_out_add(struct chat_out *out, const struct chat_out_line *line)
{
    size_t i = 0;
    while (out->count == CHAT_OUT_LINES && i < out->count && !out->line[i].n)
        i++;
    if (i == CHAT_OUT_LINES)
        return false;
    if (out->count == CHAT_OUT_LINES)
        chat_out_drop(out, i);
    out->line[out->count++] = *line;
    return true;
}

void chat_out_again(struct chat_out *out, uint64_t now_us)
{
    for (size_t i = out->count; i-- > 0;) {
        struct chat_out_line *l = &out->line[i];
        if (l->n && now_us - l->sent_us > CHAT_OUT_AGAIN_US)
            chat_out_drop(out, i);
        else
            l->n = l->absent_us = 0;
    }
}

uint32_t chat_out_got(struct chat_out *out, uint16_t member, uint64_t n)
{
    for (size_t i = 0; i < out->count; i++) {
        const struct chat_out_line *l = &out->line[i];
        uint32_t number = l->number;
        if (!l->n || l->n > n || (l->to && l->to != member))
            continue;
        chat_out_drop(out, i);
        return number;
    }
    return 0;
}
