// Chat between the log that is shown and the session: what is written, what comes, what was said before.
#include "app_parts.h"

#include "shared/clock.h"
#include "ui/words.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

const char *app_chat_say(struct app *a, uint16_t to, const char *text)
{
    struct call_member *self = call_self(&a->call);
    const struct call_member *whom = to ? call_member_by_id(&a->call, to) : NULL;
    if (!self)
        return "not in a room";
    if (to && (!whom || whom->self || !call_trust_good(whom->trust)))
        return "nobody here by that id can be written to";
    struct call_chat_line *line = call_chat_add(&a->call, self->id, self->name, text, clock_wall_ms(), true);
    struct command *c = command_new(COMMAND_CHAT);
    randombytes_buf(&line->id, sizeof line->id);
    line->id |= 1; // 0 is none
    memcpy(line->identity, self->identity, sizeof line->identity);
    line->to = to;
    if (whom) {
        snprintf(line->to_name, sizeof line->to_name, "%s", whom->name);
        memcpy(c->identity, whom->identity, sizeof c->identity);
    }
    c->member = to;
    c->text = base_strdup(text);
    c->chat_number = line->number;
    c->line_id = line->id;
    c->at_ms = line->at_ms;
    line->lost = !app_send(a, c);
    return NULL;
}

void app_chat_type(struct app *a, uint16_t to, const char *text)
{
    if (text && *text && app_chat_say(a, to, text))
        ui_toast(a->ui, "warn", "chat-to", WORD_CHAT_NOT_NOW);
}

static bool is_me(const struct app *a, const uint8_t identity[32])
{
    return memcmp(identity, a->identity_public, sizeof a->identity_public) == 0;
}

// From before we came, or from while we were away: nobody can have written it later than now.
static struct call_chat_line *told_chat(struct app *a, const struct notice *n)
{
    struct call *c = &a->call;
    bool mine = is_me(a, n->identity);
    int64_t at = MIN(n->at_ms, clock_wall_ms());
    struct call_chat_line *line = call_chat_insert(c, n->line_id, n->identity, n->name, n->text, at, mine);
    if (!line)
        return NULL;
    line->older = n->older;
    line->delivered = mine;
    snprintf(line->told_by, sizeof line->told_by, "%s", n->advice ? n->advice : "");
    c->chat_unread += n->missed && !mine;
    return line;
}

static struct call_chat_line *live_chat(struct app *a, const struct notice *n)
{
    const struct call_member *self = call_self(&a->call);
    struct call_chat_line *line = call_chat_add(&a->call, n->member, n->name, n->text, clock_wall_ms(), false);
    line->id = n->line_id;
    memcpy(line->identity, n->identity, sizeof line->identity);
    if (n->alone && self) {
        line->to = self->id;
        snprintf(line->to_name, sizeof line->to_name, "%s", self->name);
    }
    return line;
}

void app_chat_came(struct app *a, const struct notice *n)
{
    const struct call_chat_line *line = n->older || n->missed ? told_chat(a, n) : live_chat(a, n);
    if (a->ipc && line)
        ipc_event(a->ipc, json_pack("{s:s,s:i,s:s,s:s,s:b,s:b}", "event", "chat", "id", (int)n->member, "from", n->name,
                                    "text", n->text, "alone", n->alone, "older", n->older));
}

void app_chat_told(struct app *a, const struct notice *n)
{
    struct call_chat_line *line = call_chat_mine(&a->call, n->chat_number);
    if (!line)
        return;
    line->delivered = n->type == NOTICE_DELIVERED;
    line->lost = n->type == NOTICE_CHAT_LOST;
    a->call.chat_changes++;
}
