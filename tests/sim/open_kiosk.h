// A kiosk's loudspeaker and microphone in a simulated room, with its echo canceller between them, 10 ms of virtual time
// after 10 ms. Both devices have buffers of one block, as SDL gives them.
#ifndef PARLOUR_TESTS_OPEN_KIOSK_H
#define PARLOUR_TESTS_OPEN_KIOSK_H

#include "room_acoustics.h"

#include "client/audio_processing.h"

enum { OPEN_KIOSK_BLOCK = ROOM_ACOUSTICS_BLOCK, OPEN_KIOSK_ZERO_US = 1000000 };

struct open_kiosk {
    struct room_acoustics *room;
    struct audio_processing *processing;
    int16_t air[3][OPEN_KIOSK_BLOCK]; // handed to the loudspeaker now, one and two blocks ago
};

void open_kiosk_create(struct open_kiosk *k, const struct room_acoustics_config *room, bool processing);
// What the loudspeaker is handed in block `number`: it is heard from the next one on.
void open_kiosk_play(struct open_kiosk *k, uint64_t number, const int16_t *block);
// What leaves the loudspeaker while what open_kiosk_hear delivers now was recorded: the block before the last.
const int16_t *open_kiosk_in_the_air(const struct open_kiosk *k);
// What the microphone delivers in block `number`, recorded in the one before: `near` (NULL = nobody speaks), the echo,
// and what is in `sent` already. In `sent` comes back what goes to the encoder; `heard` (may be NULL) is what went in.
void open_kiosk_hear(struct open_kiosk *k, uint64_t number, const int16_t *near, int16_t *heard, int16_t *sent);
void open_kiosk_destroy(struct open_kiosk *k);

#endif
