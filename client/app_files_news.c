// What session and disk say of files, and what follows from it for the person and for each other.
#include "app_files_parts.h"

#include "shared/clock.h"
#include "ui/words.h"

#include <stdio.h>
#include <string.h>

// ---- what the session says ----

static void on_offer(struct app *a, const struct notice *n)
{
    struct call_file *shown;
    struct app_file *f = app_files_add(a, n->file->id, &shown);
    if (!f) {
        app_files_command(a, COMMAND_FILE_REFUSE, n->file->id, false);
        return;
    }
    f->stands = true;
    memcpy(f->identity, n->identity, sizeof f->identity);
    memcpy(f->root, n->file->root, sizeof f->root);
    snprintf(f->given, sizeof f->given, "%s", n->file->name);
    shown->state = CALL_FILE_ASKED;
    shown->size = n->file->size;
    shown->member = n->member;
    snprintf(shown->who, sizeof shown->who, "%s", n->name);
    char name[FILE_NAME_SIZE];
    file_name_clean(name, f->given, strlen(f->given));
    snprintf(shown->name, sizeof shown->name, "%s", name);
    file_thread_look(a->files->thread, f->id, f->root);
    app_files_tell(a, "file-offer", shown);
}

static void on_accepted(struct app *a, struct call_file *shown, struct app_file *f, const struct notice *n)
{
    struct file_pipe *pipe = file_pipe_create(NULL, NULL, NULL, NULL);
    struct command *c = command_file_new(COMMAND_FILE_STREAM, shown->id);
    c->file->pipe = file_pipe_hold(pipe);
    f->moved = 0;
    f->stands = false;
    if (!shown->sentence[0]) // who let it wait before is believed once something moves
        shown->state = CALL_FILE_RUNNING;
    file_thread_stream(a->files->thread, shown->id, n->file->have, n->file->have_size, pipe);
    app_send(a, c);
}

// Who has taken it has it; others may still.
static void done_so_far(struct app *a, struct call_file *shown, struct app_file *f)
{
    if (shown->finished == 0 || shown->finished < shown->takers || call_file_over(shown->state))
        return;
    f->stands = true;
    shown->state = CALL_FILE_DONE;
    shown->sentence[0] = 0;
    shown->done = shown->size;
    shown->rate = 0;
    shown->at_us = clock_now_us();
    app_files_tell(a, "file-done", shown);
}

// Of those it was offered to nobody may take it any more: what comes of it for the person here.
static void over_for_all(struct app *a, struct call_file *shown, struct app_file *f, const struct notice *n)
{
    f->stands = false;
    if (shown->finished > 0)
        shown->done = shown->size;
    if (shown->finished > 0)
        app_files_end(a, shown, CALL_FILE_DONE, false, NULL, NULL, "");
    else if (n->type == NOTICE_FILE_REFUSED)
        app_files_end(a, shown, CALL_FILE_REFUSED, false, NULL, NULL, "");
    else if (n->type == NOTICE_FILE_DONE)
        app_files_end(a, shown, CALL_FILE_FAILED, false, WORD_FILE_DAMAGED, WORD_FILE_AGAIN, "");
    else if (n->member && n->flag)
        app_files_end(a, shown, CALL_FILE_FAILED, false, WORD_FILE_WENT, WORD_FILE_AGAIN, n->name);
    else if (n->member)
        app_files_end(a, shown, CALL_FILE_CANCELLED, false, WORD_FILE_STOPPED_BY, NULL, n->name);
    else if (call_self(&a->call))
        app_files_end(a, shown, CALL_FILE_FAILED, false, WORD_FILE_NOT_OFFERED, WORD_FILE_AGAIN, "");
    else
        app_files_end(a, shown, CALL_FILE_CANCELLED, false, NULL, NULL, "");
}

// One that comes: who sends it has stopped, or has left; or we have left.
static void on_cancelled(struct app *a, struct call_file *shown, struct app_file *f, const struct notice *n)
{
    bool asked = shown->state == CALL_FILE_ASKED;
    f->stands = false;
    if (!n->member || !call_self(&a->call))
        app_files_end(a, shown, CALL_FILE_CANCELLED, true, NULL, NULL, "");
    else if (n->flag && asked)
        app_files_end(a, shown, CALL_FILE_CANCELLED, true, WORD_PERSON_GONE, NULL, shown->who);
    else if (n->flag)
        app_files_end(a, shown, CALL_FILE_FAILED, true, WORD_FILE_FAILED, WORD_FILE_CAN_SEND_AGAIN, shown->who);
    else
        app_files_end(a, shown, CALL_FILE_CANCELLED, false, WORD_FILE_STOPPED_BY, NULL, shown->who);
}

// Whatever the blocks were that came before, nobody goes on with it.
static void on_damaged(struct app *a, struct call_file *shown, struct app_file *f)
{
    f->stands = false;
    app_files_end(a, shown, CALL_FILE_FAILED, false, WORD_FILE_DAMAGED, WORD_FILE_CAN_SEND_AGAIN, shown->who);
}

static void on_state(struct call_file *shown, struct app_file *f, const struct notice *n)
{
    const struct message_file *m = n->file;
    const char *why = m->waiting == MESSAGE_WAIT_STUCK ? WORD_FILE_STUCK : WORD_FILE_NO_ROOM_THERE;
    char sentence[CALL_SENTENCE_MAX] = "";
    bool runs = shown->state == CALL_FILE_RUNNING || shown->state == CALL_FILE_WAITING;
    f->moved = m->moved;
    if (m->waiting > MESSAGE_WAIT_LINE && n->name[0])
        snprintf(sentence, sizeof sentence, why, n->name);
    bool same = !m->waiting == (shown->state != CALL_FILE_WAITING) && !strcmp(sentence, shown->sentence);
    if (!runs || same)
        return;
    memcpy(shown->sentence, sentence, sizeof shown->sentence);
    shown->state = m->waiting ? CALL_FILE_WAITING : CALL_FILE_RUNNING;
    shown->at_us = clock_now_us();
    shown->rate = 0;
    f->told_us = 0;
}

void app_files_notice(struct app *a, const struct notice *n)
{
    if (n->type == NOTICE_FILE_OFFER) {
        on_offer(a, n);
        return;
    }
    struct call_file *shown = call_file_by_id(&a->call, n->file->id);
    struct app_file *f = app_files_find(a, n->file->id);
    if (!shown || !f || (call_file_over(shown->state) && !f->stands))
        return;
    if (shown->out) {
        shown->takers = n->file->takers;
        shown->finished = n->file->finished;
    }
    if (shown->out && n->file->open > 0 && n->type == NOTICE_FILE_DONE)
        done_so_far(a, shown, f);
    if (n->type == NOTICE_FILE_ACCEPTED)
        on_accepted(a, shown, f, n);
    else if (n->type == NOTICE_FILE_STATE)
        on_state(shown, f, n);
    else if (n->type == NOTICE_FILE_AGAIN && !call_file_over(shown->state))
        app_files_take(a, f);
    else if (n->type == NOTICE_FILE_CANCELLED && !shown->out)
        on_cancelled(a, shown, f, n);
    else if (n->type == NOTICE_FILE_DONE && !shown->out)
        on_damaged(a, shown, f);
    if (shown->out && n->file->open == 0 && n->type != NOTICE_FILE_ACCEPTED && n->type != NOTICE_FILE_STATE)
        over_for_all(a, shown, f, n);
}

// ---- what the disk says ----

static void on_ready(struct app *a, struct call_file *shown, struct app_file *f, const struct file_event *e)
{
    shown->size = e->size;
    shown->done = 0;
    memcpy(f->root, e->root, sizeof f->root);
    if (!call_self(&a->call)) {
        app_files_end(a, shown, CALL_FILE_CANCELLED, false, NULL, NULL, "");
        return;
    }
    struct command *c = command_file_new(COMMAND_FILE_OFFER, shown->id);
    c->member = shown->member;
    memcpy(c->identity, f->identity, sizeof c->identity);
    snprintf(c->file->name, sizeof c->file->name, "%s", shown->name);
    c->file->size = e->size;
    memcpy(c->file->root, e->root, sizeof c->file->root);
    shown->state = CALL_FILE_OFFERED;
    shown->at_us = clock_now_us();
    app_send(a, c);
}

// Some of it is here: our person has wanted it before, and is not asked again. Not while the same comes already.
static void on_known(struct app *a, const struct call_file *shown, const struct app_file *f)
{
    for (size_t i = 0; i < a->call.file_count; i++) {
        const struct call_file *other = &a->call.files[i];
        const struct app_file *g = app_files_find(a, other->id);
        if (g && g != f && !other->out && !call_file_over(other->state) && other->state != CALL_FILE_ASKED &&
            memcmp(g->root, f->root, sizeof g->root) == 0)
            return;
    }
    if (shown->state == CALL_FILE_ASKED)
        app_files_act(a, UI_FILE_ACCEPT, shown->id);
}

static void on_opened(struct app *a, struct app_file *f, const struct file_event *e)
{
    f->opening -= f->opening > 0;
    if (f->opening > 0 || !f->pipe) // asked again meanwhile: that answer counts
        return;
    struct command *c = command_file_new(COMMAND_FILE_ACCEPT, f->id);
    memcpy(c->file->have, e->have, sizeof c->file->have);
    c->file->have_size = sizeof c->file->have;
    c->file->pipe = f->pipe;
    f->pipe = NULL;
    app_send(a, c);
}

static void on_saved(struct app *a, struct call_file *shown, struct app_file *f, const struct file_event *e)
{
    const char *slash = strrchr(a->files->folder, '/');
    f->stands = false;
    shown->done = shown->size;
    snprintf(shown->name, sizeof shown->name, "%s", e->name);
    app_files_command(a, COMMAND_FILE_DONE, shown->id, true);
    app_files_end(a, shown, CALL_FILE_DONE, false, WORD_FILE_SAVED_IN, NULL,
                  slash && slash[1] ? slash + 1 : a->files->folder);
}

struct words {
    const char *sentence, *advice;
};

static struct words words_of(enum file_trouble trouble, bool begun)
{
    switch (trouble) {
    case FILE_TROUBLE_NONE:
        break;
    case FILE_TROUBLE_GONE:
        return (struct words){WORD_FILE_GONE, NULL};
    case FILE_TROUBLE_UNREADABLE:
        return (struct words){WORD_FILE_UNREADABLE, NULL};
    case FILE_TROUBLE_NO_FILE:
        return (struct words){WORD_FILE_NO_FILE, NULL};
    case FILE_TROUBLE_CHANGED:
        return (struct words){WORD_FILE_CHANGED, WORD_FILE_AGAIN};
    case FILE_TROUBLE_TOO_LARGE:
        return (struct words){WORD_FILE_LARGE, NULL};
    case FILE_TROUBLE_MANY:
        return (struct words){WORD_FILE_MANY, WORD_FILE_MANY_2};
    case FILE_TROUBLE_TWICE:
        return (struct words){WORD_FILE_TWICE, NULL};
    case FILE_TROUBLE_DAY:
        return (struct words){WORD_FILE_DAY, WORD_FILE_DAY_2};
    case FILE_TROUBLE_FULL:
        return (struct words){WORD_FILE_FULL, begun ? WORD_FILE_FULL_2 : WORD_FILE_FULL_3};
    case FILE_TROUBLE_LOW:
        return (struct words){WORD_FILE_FULL, WORD_FILE_FULL_3};
    case FILE_TROUBLE_FOLDER:
        return (struct words){WORD_FILE_FOLDER, begun ? WORD_FILE_CAN_SEND_AGAIN : WORD_FILE_AGAIN};
    case FILE_TROUBLE_DAMAGED:
        return (struct words){WORD_FILE_DAMAGED, WORD_FILE_CAN_SEND_AGAIN};
    }
    return (struct words){NULL, NULL};
}

// What did not even begin, and what only lacks room now, can be tried again as long as it is offered; what has begun is
// over for both sides.
static void on_failed(struct app *a, struct call_file *shown, struct app_file *f, const struct file_event *e)
{
    struct words w = words_of(e->trouble, e->begun);
    if (shown->out && shown->state != CALL_FILE_PREPARING)
        app_files_command(a, COMMAND_FILE_CANCEL, shown->id, false);
    if (!shown->out && e->trouble == FILE_TROUBLE_LOW) {
        app_files_command(a, COMMAND_FILE_FULL, shown->id, false);
    } else if (!shown->out && e->begun) {
        bool damaged = e->trouble == FILE_TROUBLE_DAMAGED;
        f->stands = false;
        app_files_command(a, damaged ? COMMAND_FILE_DONE : COMMAND_FILE_CANCEL, shown->id, false);
    }
    f->opening = 0;
    app_files_end(a, shown, CALL_FILE_FAILED, true, w.sentence, w.advice, shown->who);
}

static void apply(struct app *a, const struct file_event *e)
{
    struct call_file *shown = call_file_by_id(&a->call, e->id);
    struct app_file *f = app_files_find(a, e->id);
    if (!shown || !f || call_file_over(shown->state))
        return;
    switch (e->type) {
    case FILE_EVENT_READY:
        on_ready(a, shown, f, e);
        break;
    case FILE_EVENT_KNOWN:
        on_known(a, shown, f);
        break;
    case FILE_EVENT_UNKNOWN:
        break;
    case FILE_EVENT_OPENED:
        on_opened(a, f, e);
        break;
    case FILE_EVENT_SAVED:
        on_saved(a, shown, f, e);
        break;
    case FILE_EVENT_FAILED:
        on_failed(a, shown, f, e);
        break;
    }
}

void app_files_drain(struct app *a)
{
    struct file_event *e;
    while ((e = mailbox_take(&a->files->events))) {
        apply(a, e);
        free(e);
        if (a->ui)
            ui_invalidate(a->ui);
    }
}
