#include "annexb.h"

#include <string.h>

enum { NAL_SLICE = 1, NAL_IDR = 5, NAL_SPS = 7, NAL_PPS = 8 };

struct annexb_look annexb_look(const uint8_t *data, size_t size)
{
    struct annexb_look look = {.head = size};
    const uint8_t *at = data, *end = size ? data + size : data;
    while (end - at > 3) {
        const uint8_t *one = memchr(at + 2, 1, (size_t)(end - at - 2));
        if (!one || end - one < 2)
            break;
        if (one[-1] == 0 && one[-2] == 0) {
            unsigned type = one[1] & 0x1f;
            look.sps |= type == NAL_SPS;
            look.pps |= type == NAL_PPS;
            look.idr |= type == NAL_IDR;
            if (type >= NAL_SLICE && type <= NAL_IDR) { // nothing but slices follows
                size_t code = one - data >= 3 && one[-3] == 0 ? 3 : 2;
                look.head = (size_t)(one - data) - code;
                break;
            }
        }
        at = one - 1;
    }
    return look;
}
