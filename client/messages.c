#include "messages.h"

#include "secrets.h"

#include "shared/base.h"

#include <sodium.h>
#include <stdlib.h>

struct command *command_new(enum command_type type)
{
    struct command *c = base_alloc(sizeof *c);
    c->type = type;
    return c;
}

struct notice *notice_new(enum notice_type type)
{
    struct notice *n = base_alloc(sizeof *n);
    n->type = type;
    return n;
}

void command_free(struct command *c)
{
    if (!c)
        return;
    secrets_free(c->text);
    free(c->view);
    sodium_memzero(c, sizeof *c);
    free(c);
}

bool notice_matters(enum notice_type type)
{
    switch (type) {
    case NOTICE_ROOM:
    case NOTICE_JOINED:
    case NOTICE_LEFT:
    case NOTICE_KEY:
    case NOTICE_PICTURE:
    case NOTICE_REFUSED:
    case NOTICE_ROOM_STATE:
    case NOTICE_KNOCK:
    case NOTICE_KNOCK_GONE:
    case NOTICE_MUTE:
    case NOTICE_TRUST:
    case NOTICE_COMPARE:
    case NOTICE_REGISTERED:
    case NOTICE_PEOPLE:
    case NOTICE_PERSON:
    case NOTICE_RINGING:
    case NOTICE_CALLING:
    case NOTICE_CALL_ENDED:
        return true;
    default:
        return false;
    }
}

void notice_free(struct notice *n)
{
    if (!n)
        return;
    secrets_free(n->text);
    secrets_free(n->advice);
    sodium_memzero(n, sizeof *n);
    free(n);
}
