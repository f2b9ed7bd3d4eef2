#include "privacy.h"

void privacy_init(struct privacy *p, bool microphone, bool camera)
{
    *p = (struct privacy){.wants = {microphone, camera}};
}

bool privacy_wants(const struct privacy *p, enum privacy_device d)
{
    if (d == PRIVACY_CAMERA)
        return p->wants[d] && !p->without_picture;
    return p->wants[d] != p->held;
}

bool privacy_open(const struct privacy *p, enum privacy_device d)
{
    if (p->place == PRIVACY_TRYING) // whatever was chosen for calls
        return true;
    // Before we are in, nobody is there to hear; but one may want to see how one looks.
    bool here = p->place == PRIVACY_INSIDE || (d == PRIVACY_CAMERA && p->place == PRIVACY_ASKED);
    return here && privacy_wants(p, d);
}

bool privacy_told(const struct privacy *p, enum privacy_device d)
{
    return p->place != PRIVACY_NOWHERE && p->place != PRIVACY_TRYING && privacy_wants(p, d) && !p->lost[d];
}

static void go(struct privacy *p, enum privacy_place place)
{
    p->place = place;
    p->without_picture = p->held = false;
}

static void switch_camera(struct privacy *p)
{
    p->wants[PRIVACY_CAMERA] = !privacy_wants(p, PRIVACY_CAMERA);
    p->without_picture = false;
}

void privacy_event(struct privacy *p, enum privacy_event e)
{
    switch (e) {
    case PRIVACY_SWITCH_MICROPHONE:
        p->wants[PRIVACY_MICROPHONE] = !privacy_wants(p, PRIVACY_MICROPHONE);
        p->held = false;
        break;
    case PRIVACY_SWITCH_CAMERA:
        switch_camera(p);
        break;
    case PRIVACY_HOLD:
        p->held = p->place == PRIVACY_INSIDE;
        break;
    case PRIVACY_RELEASE:
        p->held = false;
        break;
    case PRIVACY_HOLD_LOST: // he was silent on purpose: nobody but he ends that
        p->wants[PRIVACY_MICROPHONE] = p->wants[PRIVACY_MICROPHONE] && !p->held;
        p->held = false;
        break;
    case PRIVACY_ASK:
    case PRIVACY_ANSWER:
        go(p, PRIVACY_ASKED);
        break;
    case PRIVACY_ANSWER_SOUND:
        go(p, PRIVACY_ASKED);
        p->without_picture = true;
        break;
    case PRIVACY_CALL:
        go(p, PRIVACY_CALLING);
        break;
    case PRIVACY_LEAVE:
    case PRIVACY_OVER:
        go(p, PRIVACY_NOWHERE);
        break;
    case PRIVACY_TRY:
        if (p->place == PRIVACY_NOWHERE)
            go(p, PRIVACY_TRYING);
        break;
    case PRIVACY_TRIED:
    case PRIVACY_RING: // only ever at the home screen; what rings is not tried for
        if (p->place == PRIVACY_TRYING)
            go(p, PRIVACY_NOWHERE);
        break;
    case PRIVACY_ENTER: // what nobody has asked for opens nothing
        if (p->place != PRIVACY_NOWHERE && p->place != PRIVACY_TRYING)
            p->place = PRIVACY_INSIDE;
        break;
    case PRIVACY_MUTE: // beats a held key, too
        p->wants[PRIVACY_MICROPHONE] = p->held = false;
        break;
    case PRIVACY_MICROPHONE_LOST:
    case PRIVACY_MICROPHONE_BACK:
        p->lost[PRIVACY_MICROPHONE] = e == PRIVACY_MICROPHONE_LOST;
        break;
    case PRIVACY_CAMERA_LOST:
    case PRIVACY_CAMERA_BACK:
        p->lost[PRIVACY_CAMERA] = e == PRIVACY_CAMERA_LOST;
        break;
    }
}
