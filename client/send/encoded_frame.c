#include "encoded_frame.h"

#include <stdlib.h>
#include <string.h>

struct encoded_frame *encoded_frame_new(const uint8_t *data, size_t size)
{
    struct encoded_frame *frame = base_alloc(sizeof *frame);
    frame->data = base_alloc(size);
    memcpy(frame->data, data, size);
    frame->size = size;
    return frame;
}

void encoded_frame_free(struct encoded_frame *frame)
{
    if (!frame)
        return;
    free(frame->data);
    free(frame);
}
