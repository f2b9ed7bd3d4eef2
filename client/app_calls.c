// Who can be called, calling and being called.
#include "app_parts.h"

#include <stdio.h>
#include <string.h>

static void on_person(struct app *a, const struct notice *n)
{
    struct call *c = &a->call;
    struct call_person *p = call_person_by_identity(c, n->identity);
    if (p) {
        size_t at = (size_t)(p - c->people);
        memmove(p, p + 1, (c->people_count - at - 1) * sizeof *p);
        c->people_count--;
    }
    if (n->flag || c->people_count == CALL_PEOPLE_MAX)
        return;
    size_t at = 0;
    while (at < c->people_count && strcmp(c->people[at].name, n->name) <= 0)
        at++;
    p = &c->people[at];
    memmove(p + 1, p, (c->people_count - at) * sizeof *p);
    c->people_count++;
    *p = (struct call_person){.state = n->person, .answers = n->answers, .trust = n->trust};
    snprintf(p->name, sizeof p->name, "%s", n->name);
    memcpy(p->identity, n->identity, sizeof p->identity);
}

void app_calls_notice(struct app *a, const struct notice *n)
{
    switch (n->type) {
    case NOTICE_REGISTERED:
        a->call.registered = n->flag;
        a->call.name_taken = n->taken;
        break;
    case NOTICE_PEOPLE:
        a->call.people_count = 0;
        break;
    case NOTICE_PERSON:
        on_person(a, n);
        break;
    default:
        break;
    }
}

void app_calls_action(struct app *a, enum ui_action action, uint32_t id, const char *text)
{
    (void)a;
    (void)action;
    (void)id;
    (void)text;
}
