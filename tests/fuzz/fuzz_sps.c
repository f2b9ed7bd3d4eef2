#include "client/sps.h"

#include "shared/wire.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sps s;
    if (sps_read(&s, data, size)) {
        unsigned longer = MAX(s.coded_width, s.coded_height), shorter = MIN(s.coded_width, s.coded_height);
        if (longer > WIRE_VIDEO_WIDTH_MAX || shorter > WIRE_VIDEO_HEIGHT_MAX || s.width == 0 || s.height == 0 ||
            s.width > s.coded_width || s.height > s.coded_height || s.reference_frames > 16 ||
            s.reorder > SPS_REORDER_MAX)
            abort();
    }
    bool found;
    return sps_check_frame(data, size, &s, &found) ? 0 : 0;
}
