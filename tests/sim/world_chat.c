// What people of the world write.
#include "world.h"

#include <stdlib.h>
#include <string.h>

static void say(struct world *w, unsigned index, const struct world_person *to, const char *text, uint32_t number)
{
    struct command *c = command_new(COMMAND_CHAT);
    c->text = strdup(text);
    c->chat_number = number;
    c->line_id = (uint64_t)(index + 1) << 40 | number;
    c->at_ms = (int64_t)(w->now_us / 1000) + 1;
    if (to) {
        c->member = to->session.self;
        memcpy(c->identity, to->session.config.identity, sizeof c->identity);
    }
    session_command(&w->people[index].session, c, w->now_us);
}

void world_chat(struct world *w, unsigned index, const char *text, uint32_t number)
{
    say(w, index, NULL, text, number);
}

void world_chat_to(struct world *w, unsigned index, unsigned to, const char *text, uint32_t number)
{
    say(w, index, &w->people[to], text, number);
}
