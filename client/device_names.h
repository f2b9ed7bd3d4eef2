// Pure: the devices of one kind, and which of them somebody means.
#ifndef PARLOUR_DEVICE_NAMES_H
#define PARLOUR_DEVICE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum { DEVICE_NAMES_MAX = 32, DEVICE_NAMES_SIZE = 160 };

enum devices_kind { DEVICES_CAMERA, DEVICES_MICROPHONE, DEVICES_SPEAKER, DEVICES_KINDS };
extern const char *const device_names_options[DEVICES_KINDS]; // that choose them: camera, microphone, speaker

struct device_names { // what comes after 32 is left out, and so is the end of a long name
    size_t count;
    struct {
        char name[DEVICE_NAMES_SIZE]; // as people read it
        char id[DEVICE_NAMES_SIZE];   // what an option takes: stays the same when devices are numbered anew
        char path[DEVICE_NAMES_SIZE]; // of a camera; else empty
    } list[DEVICE_NAMES_MAX];
};

// `id` and `path` may be NULL: the name, and nothing. False when it is full.
bool device_names_add(struct device_names *names, const char *name, const char *id, const char *path);
// The one called, identified or found so; else the only one whose name has this in it, in whatever case (ASCII). -1:
// none, or more than one.
int device_names_find(const struct device_names *names, const char *wanted);
// What --camera says means a camera: neither a word (auto, none, test) nor an address (rtsp://..., FORMAT:URL, a file),
// or an address that one is called by its whole name. `at`: which one, -1 = it is not there.
bool device_names_camera(const struct device_names *cameras, const char *spec, int *at);
// What --microphone says means a microphone, and --speaker a loudspeaker: neither none, nor a tone or a file.
bool device_names_sound(const char *spec);

#endif
