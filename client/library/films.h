// What the libraries of a room have, and which films play in it, as a screen knows it. Pure; one thread (main).
#ifndef PARLOUR_FILMS_H
#define PARLOUR_FILMS_H

#include "film_protocol.h"

enum { FILMS_LIBRARIES = 4 }; // of a room are listed

struct films_library {
    uint16_t member; // 0 = there is none
    uint64_t join_id;
    char about[CALL_ABOUT_MAX]; // as it was when the list was begun: it changes with what is there
    bool anew; // what is in the list is of before; it stays until the first part of the new one is here
    bool complete;
    uint64_t asked_us; // for the part that comes next; 0 = not yet
    bool owes;         // an answer to a person here
    size_t count;
    struct film film[FILM_FILMS_MAX];
};

struct films_playing {
    uint16_t member;
    uint64_t join_id;
    bool readable; // it has said what it is
    struct film_about about;
    char text[CALL_ABOUT_MAX]; // `about` as it came
    uint64_t at_us;            // when
    uint8_t only;              // 1 + the quality that is wanted; 0 = as the network allows
    bool started, ended;       // was told to the person
    bool owes;                 // an answer to him
};

struct films {
    struct films_library library[FILMS_LIBRARIES];
    struct films_playing playing[CALL_MEMBERS_MAX];
    size_t playing_count;
};

struct films *films_create(void);
void films_destroy(struct films *f);                                          // NULL is fine
void films_follow(struct films *f, const struct call *call, uint64_t now_us); // who has come, gone or changed
// What a library is to be asked now, owned by the caller; NULL = nothing. *next_us comes no later than asked for.
char *films_question(struct films *f, uint64_t now_us, uint16_t *member, uint64_t *next_us);
void films_take(struct films *f, uint16_t member, const struct film_message *m); // FILM_PAGE of a library
// The library of this member id, 0 = the first one; NULL: there is none.
const struct films_library *films_library(const struct films *f, uint16_t member);
const struct film *films_find(const struct films_library *l, uint32_t id);
struct films_playing *films_playing(struct films *f, uint16_t member); // NULL: no film
const struct films_playing *films_playing_of(const struct films *f, uint16_t member);
// Whether this library, or film, owes a person here an answer: only what was asked for is told him. NULL: it is
// neither.
bool *films_owes(struct films *f, uint16_t member);
// It is for this screen, `self` being our member id: for everybody, or for us.
bool films_for_us(const struct films_playing *p, uint16_t self);
uint64_t films_position_ms(const struct films_playing *p, uint64_t now_us);
unsigned films_layers(const struct films_playing *p); // how many qualities it has
// Not to be shown as somebody: a library, or a film for somebody else. `f` may be NULL.
bool films_hides(const struct films *f, const struct call_member *m, uint16_t self);

#endif
