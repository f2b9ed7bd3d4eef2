// Pure: the one place that decides whether microphone and camera are open, from what has happened in which order.
//
// Only a person's own act here turns one on. Entering a room that was asked for, or a call that was made or answered,
// opens what he has left on; nothing that others do or that happens by itself opens more than that. A host's mute turns
// the microphone off for good, until a person here turns it on again. A key that is held talks while the microphone is
// off and is silent while it is on; when the hold ends by anything but that key, the microphone is off.
#ifndef PARLOUR_PRIVACY_H
#define PARLOUR_PRIVACY_H

#include <stdbool.h>

enum privacy_device { PRIVACY_MICROPHONE, PRIVACY_CAMERA, PRIVACY_DEVICES };

enum privacy_event {
    // A person here
    PRIVACY_SWITCH_MICROPHONE, // on or off
    PRIVACY_SWITCH_CAMERA,
    PRIVACY_HOLD,    // a key: while it is down the microphone is what it was not
    PRIVACY_RELEASE, // of it, by the person
    PRIVACY_TRY,     // at home, to see and hear oneself: nobody else does
    PRIVACY_TRIED,   // enough of that
    PRIVACY_ASK,     // for a room
    PRIVACY_CALL,
    PRIVACY_ANSWER, // also the box by itself, for whom a person has paired
    PRIVACY_ANSWER_SOUND,
    PRIVACY_LEAVE, // also: stop calling, refuse
    // Others, or by itself
    PRIVACY_RING,
    PRIVACY_ENTER,     // we are in, or in again after a reconnect
    PRIVACY_HOLD_LOST, // nobody knows any more whether the key is down: another window has the keys, another screen
                       // came
    PRIVACY_MUTE,      // by a host
    PRIVACY_OVER,      // refused, removed, the other has left, not answered
    PRIVACY_MICROPHONE_LOST,
    PRIVACY_MICROPHONE_BACK,
    PRIVACY_CAMERA_LOST,
    PRIVACY_CAMERA_BACK
};

enum privacy_place {
    PRIVACY_NOWHERE, // the home screen; it may ring
    PRIVACY_TRYING,  // at home, with both devices open for the person alone
    PRIVACY_CALLING, // our call rings elsewhere: nothing is open
    PRIVACY_ASKED,   // asked for a room, or answered: one may see oneself, and wait in front of the door
    PRIVACY_INSIDE
};

struct privacy {
    enum privacy_place place;
    bool wants[PRIVACY_DEVICES]; // what the person has chosen; a mute counts as off
    bool lost[PRIVACY_DEVICES];  // there is no device to open
    bool without_picture;        // this call was answered so: the camera is off in it, whatever else is chosen
    bool held;                   // turns the microphone around
};

// `microphone`, `camera`: the box has one, and it is to be used.
void privacy_init(struct privacy *p, bool microphone, bool camera);
void privacy_event(struct privacy *p, enum privacy_event e);
// The person wants it, here and now; shown as on.
bool privacy_wants(const struct privacy *p, enum privacy_device d);
// The device may be open, and is to be looked for when it is lost.
bool privacy_open(const struct privacy *p, enum privacy_device d);
// What others are told: they see or hear us through it, now or as soon as we are in.
bool privacy_told(const struct privacy *p, enum privacy_device d);

#endif
