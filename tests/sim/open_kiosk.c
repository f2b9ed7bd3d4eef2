#include "open_kiosk.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_US = 10000 };

void open_kiosk_create(struct open_kiosk *k, const struct room_acoustics_config *room, bool processing)
{
    memset(k, 0, sizeof *k);
    k->room = room_acoustics_create(room);
    k->processing = audio_processing_create();
    if (!k->processing)
        abort();
    audio_processing_set_on(k->processing, processing);
}

void open_kiosk_play(struct open_kiosk *k, uint64_t number, const int16_t *block)
{
    memmove(k->air[1], k->air[0], 2 * sizeof k->air[0]);
    memcpy(k->air[0], block, sizeof k->air[0]);
    audio_processing_far(k->processing, block, OPEN_KIOSK_ZERO_US + (number + 1) * BLOCK_US);
}

const int16_t *open_kiosk_in_the_air(const struct open_kiosk *k)
{
    return k->air[2];
}

void open_kiosk_hear(struct open_kiosk *k, uint64_t number, const int16_t *near, int16_t *heard, int16_t *sent)
{
    room_acoustics_run(k->room, k->air[2], near, sent);
    if (heard)
        memcpy(heard, sent, sizeof k->air[0]);
    audio_processing_near(k->processing, sent, OPEN_KIOSK_ZERO_US + (number - 1) * BLOCK_US);
}

void open_kiosk_destroy(struct open_kiosk *k)
{
    room_acoustics_destroy(k->room);
    audio_processing_destroy(k->processing);
}
