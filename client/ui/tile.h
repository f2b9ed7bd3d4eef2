// One person on the stage: picture or initials, name chip, speaking ring, words when something is wrong.
#ifndef PARLOUR_UI_TILE_H
#define PARLOUR_UI_TILE_H

#include "client/call.h"
#include "layout.h"
#include "pen.h"
#include "texture.h"

#include <stdbool.h>
#include <stdint.h>

// A member's camera, or the screen that he shows; screens beyond the eighth have no tile.
enum { TILE_SCREENS_MAX = 8, TILES_MAX = CALL_MEMBERS_MAX + TILE_SCREENS_MAX };

struct tile {
    uint16_t id;
    uint64_t join_id;
    bool used, present; // taken; still in the call at the last look
    bool self;
    bool screen;       // what he shows, not his camera
    bool film;         // its picture is a film's: large, as a screen that is shown
    uint64_t taken_us; // since when it is there
    struct texture texture;
    uint64_t picture_us; // when the newest picture came
    uint64_t heard_us;   // last voice, for the ring's release
    uint64_t voice_us;   // start of this stretch of voice, 0 = silence
    bool speaking;       // the ring, after its delays
    uint64_t ring_us;    // when it last changed
    // Where it is, and where it came from.
    struct layout_tile from, now, to;
    uint64_t move_us, move_ms;
    bool placed;
    uint64_t born_us;  // came while others were there: fades in
    uint64_t shown_us; // first picture: fades in over the avatar
    bool fresh;        // a new picture waits to be drawn
    bool put;          // it was drawn since the last present
    SDL_Rect chip;     // where the name was drawn last
};

// Seconds without a picture: from then on they are counted, and up to then; after that it is "a while".
enum { TILE_STILL_LONG = 4, TILE_STILL_COUNTS = 9 };

struct tile_look {
    const struct call_member *member;
    bool dim;         // reconnecting, or the picture has stood still
    bool late;        // it has, and that is said
    bool dead;        // a camera whose source gives none
    bool paused;      // none comes, for want of room on our way down
    unsigned still_s; // for so many seconds, when late; see tile_still_s
    bool pinned;
    int cut;     // pixels at the bottom right that the chip with the page covers
    bool titled; // a film whose bar says what it is: no chip
    bool connecting;
    bool doubt; // who it is is not known: no picture, words instead
    int card;   // pixels at the bottom that a card covers
    bool meter; // my own microphone is on: its level, instead of the waves
    unsigned level;
    bool two; // two people: no ring, icon only
};

// Voice to ring: on after 150 ms, off after 600 ms. Returns when to look again (us), UINT64_MAX = no need.
uint64_t tile_listen(struct tile *tile, bool voice, uint64_t now_us);
uint8_t tile_ring_alpha(const struct tile *tile, uint64_t now_us);
// How much of the ground still lies over a new tile, and of the avatar over a first picture: 255 .. 0.
uint8_t tile_new_alpha(const struct tile *tile, uint64_t now_us);
uint8_t tile_avatar_alpha(const struct tile *tile, uint64_t now_us);
// Whole seconds since the newest picture, TILE_STILL_COUNTS + 1 at most; *next_us = when that changes.
unsigned tile_still_s(const struct tile *tile, uint64_t now_us, uint64_t *next_us);
// Send it to a new place; `ms` 0 = at once. tile_move brings `now` up to date, true while it moves.
void tile_go(struct tile *tile, const struct layout_tile *to, uint64_t now_us, unsigned ms);
bool tile_move(struct tile *tile, uint64_t now_us);
SDL_Rect tile_bounds(const struct tile *tile, const struct pen *pen); // with ring or shadow
// All of it can be seen: what is read is not cut at its edges.
bool tile_contains(const struct tile *tile, const struct tile_look *look);
bool tile_shows_picture(const struct tile *tile, const struct tile_look *look);
// The part that hides everything below; empty when nothing does.
SDL_Rect tile_solid(const struct tile *tile, const struct tile_look *look);
uint64_t tile_signature(const struct tile *tile, const struct tile_look *look, uint64_t now_us);
// A name as it is shown: clean, short, never empty.
void tile_name(const struct call_member *member, char *out, size_t size);
// One or two letters for a name.
void tile_initials(const char *name, char *out, size_t size);
uint32_t tile_avatar_colour(const uint8_t identity[32]);

#endif
