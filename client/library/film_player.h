// One film that plays: a member of the room of its own, named by the title. Pictures go out as they are (direct.h), in
// as many layers as the film has qualities; the sound of the best of them that has any beside it, by the same clock. It
// begins when whoever asked for it is there to see it, ends at its end, and leaves 5 s later. All functions are for the
// owner's thread.
#ifndef PARLOUR_FILM_PLAYER_H
#define PARLOUR_FILM_PLAYER_H

#include "client/node.h"
#include "film_scan.h"

struct film_player;

struct film_player_config {
    struct node_group *group;
    const struct film *film;                  // copied
    const char *name;                         // of its member: nobody else in this process is called so now
    char path[FILM_QUALITIES][FILM_PATH_MAX]; // of those qualities that can be played; "" = not this one
    uint16_t by;                              // who asked for it,
    uint8_t by_identity[32];
    bool room; // for everybody; else for him alone
};

enum film_player_phase {
    FILM_PLAYER_COMING, // into the room
    FILM_PLAYER_HERE,
    FILM_PLAYER_REFUSED, // it could not come in
    FILM_PLAYER_OVER     // ended, stopped, or nobody is left to see it
};

struct film_player *film_player_create(const struct film_player_config *config); // NULL with a sentence on stderr
bool film_player_start(struct film_player *p);
uint64_t film_player_serve(struct film_player *p, uint64_t now_us); // when it wants to be called again
enum film_player_phase film_player_phase(const struct film_player *p);
const struct film_player_config *film_player_settings(const struct film_player *p);
uint16_t film_player_member(const struct film_player *p); // 0 = not in the room
uint64_t film_player_position_ms(struct film_player *p);
bool film_player_ended(const struct film_player *p); // it will leave by itself
void film_player_stop(struct film_player *p);        // says goodbye
void film_player_join(struct film_player *p);
void film_player_destroy(struct film_player *p); // NULL is fine

#endif
