#include "ipc_files.h"

#include "shared/base.h"

#include <string.h>

static const char needs_another[] = "this command needs another argument";

json_t *ipc_files_one(const struct call_file *f)
{
    json_t *o = json_pack("{s:I,s:b,s:s,s:s,s:I,s:I,s:f}", "file", (json_int_t)f->id, "out", f->out, "state",
                          call_file_state_name(f->state), "name", f->name, "size", (json_int_t)f->size, "done",
                          (json_int_t)f->done, "rate", f->rate);
    json_object_update_new(o, json_pack("{s:i,s:s,s:i,s:i,s:s,s:s}", "id", (int)f->member, "who", f->who, "takers",
                                        (int)f->takers, "finished", (int)f->finished, "sentence", f->sentence, "advice",
                                        f->advice));
    if (f->rate > 0 && f->size >= f->done)
        json_object_set_new(o, "seconds_left", json_real((double)(f->size - f->done) / f->rate));
    return o;
}

static json_t *list(const struct call *call)
{
    json_t *all = json_array();
    for (size_t i = 0; i < call->file_count; i++)
        json_array_append_new(all, ipc_files_one(&call->files[i]));
    return all;
}

static const char *send(const struct ipc_ops *o, const json_t *args)
{
    const char *path = json_string_value(json_array_get(args, 1));
    const json_t *id = json_array_get(args, 2);
    json_int_t member = json_integer_value(id);
    if (!path || path[0] != '/')
        return "this command needs the whole path of a file";
    if (id && (!json_is_integer(id) || member <= 0 || member > UINT16_MAX))
        return needs_another;
    return o->send_file(o->ctx, path, (uint16_t)member);
}

static bool act(const struct ipc_ops *o, const char *name, const json_t *args, const char **error)
{
    static const struct {
        const char *name;
        enum ipc_file_act act;
    } acts[] = {{"accept-file", IPC_FILE_ACCEPT},
                {"refuse-file", IPC_FILE_REFUSE},
                {"cancel-file", IPC_FILE_CANCEL},
                {"retry-file", IPC_FILE_RETRY}};
    const json_t *id = json_array_get(args, 1);
    json_int_t file = json_integer_value(id);
    for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
        if (strcmp(name, acts[i].name) != 0)
            continue;
        bool ok = json_is_integer(id) && file > 0 && file <= UINT32_MAX;
        *error = ok ? o->file(o->ctx, acts[i].act, (uint32_t)file) : needs_another;
        return true;
    }
    return false;
}

bool ipc_files_run(const struct ipc_view *view, const char *name, const json_t *args, json_t **data, const char **error)
{
    if (!strcmp(name, "files"))
        *data = list(view->call);
    else if (!strcmp(name, "send-file"))
        *error = send(view->ops, args);
    else
        return act(view->ops, name, args, error);
    return true;
}
