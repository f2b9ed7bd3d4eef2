// The IPC commands about files: send-file PATH [ID] | accept-file FILE | refuse-file FILE | cancel-file FILE |
// retry-file FILE | files. FILE is the id that `files` and the events tell.
#ifndef PARLOUR_IPC_FILES_H
#define PARLOUR_IPC_FILES_H

#include "ipc_commands.h"

// False when `name` is none of them. Otherwise as ipc_commands_run.
bool ipc_files_run(const struct ipc_view *view, const char *name, const json_t *args, json_t **data,
                   const char **error);
json_t *ipc_files_one(const struct call_file *f); // as `files` tells it; owned by the caller

#endif
