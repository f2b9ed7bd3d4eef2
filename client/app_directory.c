// What lies on the disk, for whoever looks for a file to send.
#include "app_parts.h"

const struct directory_list *app_directory(void *ctx, const char *path, bool again)
{
    struct app *a = ctx;
    if (!a->directory)
        a->directory = directory_create(app_wake, a);
    return directory_look(a->directory, path, again);
}
