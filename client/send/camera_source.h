// One opened libavformat or libavdevice source: decoded pictures with their capture times. Camera thread only.
#ifndef PARLOUR_CAMERA_SOURCE_H
#define PARLOUR_CAMERA_SOURCE_H

#include "camera_wake.h"

struct AVFrame;
struct camera_source;

// `spec` as in camera.h, but not auto, none or test. NULL (logged) when it cannot be opened or `wake` was raised.
struct camera_source *camera_source_open(const char *spec, unsigned width, unsigned height, unsigned fps,
                                         struct camera_wake *wake);
void camera_source_close(struct camera_source *s); // NULL is fine

enum camera_source_result {
    CAMERA_SOURCE_PICTURE,
    CAMERA_SOURCE_ENDED, // a live source closed its end: open it again
    CAMERA_SOURCE_FAILED
};
// Waits for the next picture; those of files and graphs come when they are due, and files begin again at their end.
// `frame` is unreferenced first. FAILED also when `wake` was raised.
enum camera_source_result camera_source_read(struct camera_source *s, struct AVFrame *frame, uint64_t *capture_us);

#endif
