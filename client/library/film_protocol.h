// What a library, its films and those who watch say to each other: JSON objects of at most 4 KiB. Pure. Nobody's
// sentences are taken over: why something is not done is one of a list, and who shows it finds the words.
#ifndef PARLOUR_FILM_PROTOCOL_H
#define PARLOUR_FILM_PROTOCOL_H

#include "film.h"

enum {
    FILM_TEXT_MAX = 4096, // bytes of a message, without an end
    FILM_PAGE_MAX = 16    // films of one answer
};

enum film_do {
    // asked of a library
    FILM_LIST, // from
    FILM_INFO, // film
    FILM_PLAY, // film, room
    // asked of a film
    FILM_PAUSE,
    FILM_RESUME,
    FILM_SEEK, // ms
    FILM_STOP,
    // answered
    FILM_PAGE,    // from, total, films: a part of the list
    FILM_FACTS,   // films: the one that was asked for
    FILM_STARTED, // film, member: it plays as that one
    FILM_ERROR,   // film, error
    FILM_DO_COUNT
};

enum film_error {
    FILM_ERROR_NONE,
    FILM_ERROR_UNKNOWN,   // there is no such film any more
    FILM_ERROR_BROKEN,    // it cannot be played
    FILM_ERROR_FULL,      // as many play as may
    FILM_ERROR_ROOM,      // one plays for everybody already
    FILM_ERROR_NOT_YOURS, // who began it and hosts may
    FILM_ERROR_NOT_IN,    // it could not come into the room
    FILM_ERROR_COUNT
};

const char *film_protocol_error_name(enum film_error error); // "unknown", ...

struct film_message {
    enum film_do what;
    uint32_t film;
    bool room; // play: for everybody
    uint32_t from, total;
    uint64_t ms;
    uint16_t member;
    enum film_error error;
    struct film films[FILM_PAGE_MAX];
    size_t count;
};

// False: it is no such message, or is not within its bounds. `out` is large: not for the stack of a small thread.
bool film_protocol_read(struct film_message *out, const char *text, size_t size);
// Owned by the caller, with an end. Of the films of a page as many are written as fit, one at least; m->count says how
// many.
char *film_protocol_write(struct film_message *m);

// What a film says of itself to the whole room (`about` of its state).
struct film_about {
    char title[FILM_TITLE_MAX];
    uint16_t by;     // who began it
    uint16_t only;   // whom it is for; 0 = everybody
    uint64_t ms, of; // position, length
    bool paused, ended;
    char has[FILM_QUALITIES][16]; // its layers, as film_quality_name; "" = that is all
};

bool film_protocol_read_about(struct film_about *out, const char *text);
char *film_protocol_write_about(const struct film_about *about); // owned by the caller

#endif
