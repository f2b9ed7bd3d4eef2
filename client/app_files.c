// Files that go and come: what a person decides, and how far they are. What session and disk say of them is in
// app_files_news.c.
#include "app_files_parts.h"

#include "ipc_files.h"
#include "shared/clock.h"
#include "ui/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS = 256, SECOND_US = 1000000 };

// ---- the table ----

struct app_file *app_files_find(struct app *a, uint32_t id)
{
    for (size_t i = 0; i < CALL_FILES_MAX && id; i++)
        if (a->files->table[i].id == id)
            return &a->files->table[i];
    return NULL;
}

void app_files_command(struct app *a, enum command_type type, uint32_t id, bool flag)
{
    struct command *c = command_file_new(type, id);
    c->flag = flag;
    app_send(a, c);
}

// What is over here, but not for the session.
static void withdraw(struct app *a, struct app_file *f)
{
    if (f->stands)
        app_files_command(a, f->path ? COMMAND_FILE_CANCEL : COMMAND_FILE_REFUSE, f->id, false);
    if (f->stands && f->path)
        file_thread_drop(a->files->thread, f->id, false);
    f->stands = false;
}

static void forget(struct app *a, struct app_file *f)
{
    withdraw(a, f);
    file_pipe_free(f->pipe);
    free(f->path);
    *f = (struct app_file){.id = 0};
}

struct app_file *app_files_add(struct app *a, uint32_t id, struct call_file **shown)
{
    *shown = call_file_add(&a->call);
    if (!*shown)
        return NULL;
    (*shown)->id = id;
    (*shown)->at_us = clock_now_us();
    struct app_file *free_one = NULL;
    for (size_t i = 0; i < CALL_FILES_MAX; i++) {
        struct app_file *f = &a->files->table[i];
        if (f->id && !call_file_by_id(&a->call, f->id)) // what was over has made room
            forget(a, f);
        if (!f->id)
            free_one = f;
    }
    free_one->id = id; // there are as many places as in the call
    return free_one;
}

void app_files_tell(struct app *a, const char *event, const struct call_file *shown)
{
    if (!a->ipc)
        return;
    json_t *o = ipc_files_one(shown);
    json_object_set_new(o, "event", json_string(event));
    ipc_event(a->ipc, o);
}

void app_files_end(struct app *a, struct call_file *shown, enum call_file_state state, bool keep, const char *sentence,
                   const char *advice, const char *who)
{
    struct app_file *f = app_files_find(a, shown->id);
    bool news = shown->state != state;
    shown->state = state;
    shown->rate = 0;
    shown->at_us = clock_now_us();
    shown->again = shown->out ? state != CALL_FILE_DONE : f && f->stands;
    snprintf(shown->sentence, sizeof shown->sentence, sentence ? sentence : "", who);
    snprintf(shown->advice, sizeof shown->advice, advice ? advice : "", who);
    if (f && f->pipe)
        file_pipe_abort(f->pipe);
    if (f) {
        file_pipe_free(f->pipe);
        f->pipe = NULL;
    }
    file_thread_drop(a->files->thread, shown->id, keep);
    if (news)
        app_files_tell(a, state == CALL_FILE_DONE ? "file-done" : "file-failed", shown);
}

// ---- ours ----

static void prepare(struct app *a, struct call_file *shown, struct app_file *f)
{
    shown->out = true;
    shown->state = CALL_FILE_PREPARING;
    shown->at_us = clock_now_us();
    if (!file_thread_prepare(a->files->thread, f->id, f->path))
        app_files_end(a, shown, CALL_FILE_FAILED, false, WORD_FILE_DISK_BUSY, NULL, "");
}

static uint32_t next_id(struct app_files *files)
{
    return files->last_id += 2; // those of the session are odd
}

const char *app_files_send(struct app *a, const char *path, uint16_t member)
{
    const struct call_member *to = member ? call_member_by_id(&a->call, member) : NULL;
    if (!call_self(&a->call))
        return "not in a room";
    if (member && (!to || to->self || !call_trust_good(to->trust)))
        return "nobody here by that id can be sent a file";
    struct call_file *shown;
    struct app_file *f = app_files_add(a, next_id(a->files), &shown);
    if (!f)
        return "too many files are on their way";
    char name[FILE_NAME_SIZE];
    const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
    file_name_clean(name, last, strlen(last));
    snprintf(shown->name, sizeof shown->name, "%s", name);
    f->path = base_strdup(path);
    if (to) {
        shown->member = to->id;
        snprintf(shown->who, sizeof shown->who, "%s", to->name);
        memcpy(f->identity, to->identity, sizeof f->identity);
    }
    prepare(a, shown, f);
    return NULL;
}

static const struct call_member *by_identity(const struct app *a, const uint8_t identity[32])
{
    for (size_t i = 0; i < a->call.member_count; i++)
        if (memcmp(a->call.members[i].identity, identity, 32) == 0)
            return &a->call.members[i];
    return NULL;
}

// Offered once more, to the same, as another file to the session. Who has some of it already goes on with it.
static const char *offer_again(struct app *a, struct call_file *shown, struct app_file *f)
{
    const struct call_member *to = shown->member ? by_identity(a, f->identity) : NULL;
    if (!call_self(&a->call))
        return "not in a room";
    if (shown->member && (!to || to->self || !call_trust_good(to->trust))) {
        snprintf(shown->sentence, sizeof shown->sentence, WORD_PERSON_GONE, shown->who);
        shown->advice[0] = 0;
        return "nobody here by that name can be sent a file";
    }
    withdraw(a, f);
    f->id = shown->id = next_id(a->files);
    f->moved = f->told_done = f->told_us = 0;
    shown->member = to ? to->id : 0;
    shown->takers = shown->finished = 0;
    shown->done = 0;
    shown->sentence[0] = shown->advice[0] = 0;
    prepare(a, shown, f);
    return NULL;
}

// ---- theirs ----

bool app_files_take(struct app *a, struct app_file *f)
{
    struct call_file *shown = call_file_by_id(&a->call, f->id);
    if (f->pipe)
        file_pipe_abort(f->pipe);
    file_pipe_free(f->pipe);
    f->pipe = file_pipe_create(NULL, NULL, NULL, NULL);
    f->opening++;
    return file_thread_take(a->files->thread, f->id, f->root, shown->size, f->given, file_pipe_hold(f->pipe));
}

static const char *accept(struct app *a, struct call_file *shown, struct app_file *f)
{
    shown->state = CALL_FILE_RUNNING;
    shown->sentence[0] = shown->advice[0] = 0;
    shown->at_us = clock_now_us();
    if (app_files_take(a, f))
        return NULL;
    app_files_end(a, shown, CALL_FILE_FAILED, true, WORD_FILE_DISK_BUSY, NULL, "");
    return "the disk does not answer";
}

static void refuse(struct app *a, struct call_file *shown, struct app_file *f)
{
    f->stands = false;
    app_files_command(a, COMMAND_FILE_REFUSE, shown->id, false);
    app_files_end(a, shown, CALL_FILE_REFUSED, false, NULL, NULL, "");
}

// ---- both ----

static void cancel(struct app *a, struct call_file *shown, struct app_file *f)
{
    f->stands = false;
    if (shown->state != CALL_FILE_PREPARING)
        app_files_command(a, COMMAND_FILE_CANCEL, shown->id, false);
    app_files_end(a, shown, CALL_FILE_CANCELLED, false, NULL, NULL, "");
}

static const char *retry(struct app *a, struct call_file *shown, struct app_file *f)
{
    if (!call_file_over(shown->state))
        return "it is not over";
    if (shown->out)
        return offer_again(a, shown, f);
    return f->stands ? accept(a, shown, f) : "who sent it can send it again";
}

const char *app_files_act(struct app *a, enum ui_action action, uint32_t id)
{
    struct call_file *shown = call_file_by_id(&a->call, id);
    struct app_file *f = app_files_find(a, id);
    if (!shown || !f)
        return "no such file";
    bool asked = shown->state == CALL_FILE_ASKED || (!shown->out && f->stands && call_file_over(shown->state));
    if (action == UI_FILE_RETRY)
        return retry(a, shown, f);
    if (action == UI_FILE_ACCEPT)
        return asked ? accept(a, shown, f) : "it is not offered";
    if (action == UI_FILE_REFUSE && !asked)
        return "it is not offered";
    if (asked)
        refuse(a, shown, f);
    else if (call_file_over(shown->state))
        return "it is over";
    else
        cancel(a, shown, f);
    return NULL;
}

bool app_files_action(struct app *a, enum ui_action action, uint32_t id, const char *text)
{
    const char *why = NULL;
    if (action == UI_FILE_SEND)
        why = app_files_send(a, text, (uint16_t)id);
    else if (action == UI_FILE_ACCEPT || action == UI_FILE_REFUSE || action == UI_FILE_CANCEL ||
             action == UI_FILE_RETRY)
        why = app_files_act(a, action, id);
    else
        return false;
    if (why && a->ui)
        ui_toast(a->ui, "file", "file", WORD_FILE_NOT_NOW);
    if (why)
        app_sounds_not_possible(a);
    return true;
}

// ---- how far ----

static uint64_t done_now(const struct app_file *f, const struct call_file *shown, const struct file_figures *n)
{
    uint64_t on_the_way = n->written > f->moved ? n->written - f->moved : 0;
    if (!shown->out || shown->state == CALL_FILE_PREPARING)
        return n->done;
    if (!n->written) // prepared, but in no stream yet
        return shown->state == CALL_FILE_OFFERED ? 0 : shown->done;
    return n->done - (uint64_t)((double)n->sent * (double)on_the_way / (double)n->written);
}

static void progress(struct app *a, struct app_file *f, uint64_t now_us)
{
    struct call_file *shown = call_file_by_id(&a->call, f->id);
    struct file_figures n;
    bool moves = shown && (shown->state == CALL_FILE_PREPARING || shown->state == CALL_FILE_RUNNING);
    if (!moves || !file_thread_figures(a->files->thread, f->id, &n))
        return;
    shown->done = MIN(done_now(f, shown, &n), shown->size ? shown->size : UINT64_MAX);
    if (shown->state == CALL_FILE_RUNNING && f->told_us && shown->done >= f->told_done) {
        double rate = (double)(shown->done - f->told_done) * SECOND_US / (double)(now_us - f->told_us);
        shown->rate = shown->rate > 0 ? 0.7 * shown->rate + 0.3 * rate : rate;
    }
    f->told_done = shown->done;
    f->told_us = shown->state == CALL_FILE_RUNNING ? now_us : 0;
    app_files_tell(a, "file-progress", shown);
}

uint64_t app_files_tick(struct app *a, uint64_t now_us)
{
    struct app_files *files = a->files;
    bool any = false;
    app_files_drain(a);
    for (size_t i = 0; i < a->call.file_count; i++)
        any |= !call_file_over(a->call.files[i].state);
    if (!any)
        return UINT64_MAX;
    if (now_us - files->tick_us >= SECOND_US) {
        files->tick_us = now_us;
        for (size_t i = 0; i < CALL_FILES_MAX; i++)
            if (files->table[i].id)
                progress(a, &files->table[i], now_us);
        if (a->ui)
            ui_invalidate(a->ui);
    }
    return files->tick_us + SECOND_US;
}

// ---- start and stop ----

static void on_event(void *ctx, struct file_event *e) // file thread
{
    struct app *a = ctx;
    if (!mailbox_push(&a->files->events, e))
        free(e); // a few of each file: it is never full
}

bool app_files_start(struct app *a)
{
    const struct client_options *o = a->options;
    struct app_files *files = a->files = base_alloc(sizeof *files);
    mailbox_init(&files->events, EVENTS, app_wake, a);
    if (o->download_dir)
        snprintf(files->folder, sizeof files->folder, "%s", o->download_dir);
    else if (!paths_downloads(files->folder) && !paths_join(files->folder, o->data_dir, "Downloads"))
        return false;
    char day[PATHS_MAX];
    uint64_t floor = o->file_floor_mb ? (uint64_t)o->file_floor_mb << 20 : UINT64_MAX;
    files->thread =
        file_thread_create(files->folder, paths_join(day, o->data_dir, "files-today") ? day : NULL, floor, on_event, a);
    return file_thread_start(files->thread);
}

void app_files_stop(struct app *a)
{
    struct app_files *files = a->files;
    if (!files)
        return;
    bool ended = file_thread_stop(files->thread);
    for (size_t i = 0; i < CALL_FILES_MAX; i++) {
        file_pipe_free(files->table[i].pipe);
        free(files->table[i].path);
    }
    a->files = NULL;
    if (!ended)
        return; // the disk still has it
    mailbox_destroy(&files->events, free);
    free(files);
}
