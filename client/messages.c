#include "messages.h"

#include "file_pipe.h"
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

struct command *command_file_new(enum command_type type, uint32_t id)
{
    struct command *c = command_new(type);
    c->file = base_alloc(sizeof *c->file);
    c->file->id = id;
    return c;
}

struct notice *notice_new(enum notice_type type)
{
    struct notice *n = base_alloc(sizeof *n);
    n->type = type;
    return n;
}

static void free_file(struct message_file *f)
{
    if (f)
        file_pipe_free(f->pipe);
    free(f);
}

void command_free(struct command *c)
{
    if (!c)
        return;
    secrets_free(c->text);
    free(c->view);
    free_file(c->file);
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
    case NOTICE_FILE_OFFER:
    case NOTICE_FILE_ACCEPTED:
    case NOTICE_FILE_REFUSED:
    case NOTICE_FILE_CANCELLED:
    case NOTICE_FILE_DONE:
    case NOTICE_FILE_AGAIN:
    case NOTICE_SHARE_OVER:
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
    free_file(n->file);
    sodium_memzero(n, sizeof *n);
    free(n);
}
