#include "devices.h"

#include "camera_nodes.h"
#include "shared/base.h"
#include "sound_device.h"

#include <stdlib.h>
#include <string.h>

enum { PATIENCE_US = 3000000 };

bool devices_list(enum devices_kind kind, struct device_names *out, uint64_t wait_us)
{
    if (kind != DEVICES_CAMERA)
        return sound_device_list(kind == DEVICES_MICROPHONE, out, wait_us);
    camera_nodes_list("", out);
    return true;
}

int devices_print(FILE *out)
{
    static const char *const titles[] = {"Cameras", "Microphones", "Loudspeakers"};
    struct device_names *names = base_alloc(sizeof *names);
    for (int kind = DEVICES_CAMERA; kind < DEVICES_KINDS; kind++) {
        devices_list((enum devices_kind)kind, names, PATIENCE_US);
        fprintf(out, "%s:%s\n", titles[kind], names->count ? "" : " none");
        for (size_t i = 0; i < names->count; i++) {
            const char *name = names->list[i].name, *id = names->list[i].id, *path = names->list[i].path;
            fprintf(out, "  %s", name);
            if (path[0])
                fprintf(out, "  %s", path);
            if (strcmp(id, name) && strcmp(id, path))
                fprintf(out, "  %s", id);
            fputc('\n', out);
        }
    }
    free(names);
    sound_device_finish();
    return EXIT_OK;
}
