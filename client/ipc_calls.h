// The IPC commands about people and calls, as ipc_commands.h has the others.
#ifndef PARLOUR_IPC_CALLS_H
#define PARLOUR_IPC_CALLS_H

#include "ipc_commands.h"

// False when `name` is none of them. *data, *error as ipc_commands_run.
bool ipc_calls_run(const struct ipc_view *view, const char *name, const json_t *args, json_t **data,
                   const char **error);

json_t *ipc_calls_people(const struct call *call);
json_t *ipc_calls_ring(const struct call *call);
json_t *ipc_calls_missed(const struct call *call);

#endif
