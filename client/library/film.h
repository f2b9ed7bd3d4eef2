// A film of a library: the same picture in up to three files, one a quality. Plain data, pure.
#ifndef PARLOUR_FILM_H
#define PARLOUR_FILM_H

#include "client/call.h"

enum {
    FILM_QUALITIES = 3, // 240p, 720p, 1440p
    FILM_TITLE_MAX = CALL_NAME_MAX,
    FILM_FILE_MAX = 256, // a file's name, with its end
    FILM_FILMS_MAX = 500,
    FILM_WIDTH_MAX = 2560, // what is passed through is no larger
    FILM_HEIGHT_MAX = 1440
};

enum film_way { // how a file comes to those who watch
    FILM_MISSING,
    FILM_DIRECT, // as it is
    FILM_MADE,   // encoded anew while it plays, for `why`
    FILM_BAD     // not at all, for `why`
};

enum film_why {
    FILM_WHY_NONE,
    FILM_WHY_KEYFRAMES, // more than 2 s apart
    FILM_WHY_CODEC,     // no H.264; bad: nothing here decodes it
    FILM_WHY_FORM,      // interlaced, or not 8 bit 4:2:0
    FILM_WHY_LARGE,
    FILM_WHY_UNREADABLE,
    FILM_WHY_NO_PICTURE,
    FILM_WHY_COUNT
};

struct film_quality {
    enum film_way way;
    enum film_why why;
    unsigned width, height;
    uint64_t ms; // how long
    bool sound;
};

struct film {
    uint32_t id; // never 0; the same after a restart
    char title[FILM_TITLE_MAX];
    bool single; // NAME.mp4, which is quality[0] whatever its size
    struct film_quality quality[FILM_QUALITIES];
    uint64_t ms; // of the longest that can be played
};

// Lines of quality 0, 1, 2, as files are named by: 240, 720, 1440.
unsigned film_lines(unsigned quality);
// How a quality is called: "720p", or what the file has when there is only one. Room for 16 bytes.
void film_quality_name(const struct film *f, unsigned quality, char out[16]);
bool film_playable(const struct film *f);     // in any quality
const char *film_why_name(enum film_why why); // "keyframes", ...; "" = none
// "big_hill_720p.mp4": title "big hill", quality 1. False: no film's name. `stem`: how many bytes of `file` all
// qualities of this film have in common; `single`: there is no quality in the name.
bool film_file(const char *file, char title[FILM_TITLE_MAX], size_t *stem, unsigned *quality, bool *single);

#endif
