// Pictures of the screens in front of a room: home, what is left of it when nobody is there, a call that rings.
#include "gallery.h"

#include "shared/base.h"
#include "shared/clock.h"

#include <stdio.h>
#include <string.h>

// Wait, press keys (blank between), and take the picture.
static void shot(struct gallery *g, const char *name, const char *keys)
{
    char key[32];
    settle(g, 350);
    for (size_t n; *keys; keys += n + (keys[n] == ' ')) {
        n = strcspn(keys, " ");
        snprintf(key, sizeof key, "%.*s", (int)n, keys);
        ui_press(g->ui, key);
        settle(g, 40);
    }
    take(g, name);
}

static struct call_person *person(struct call *call, const char *name, enum call_person_state state,
                                  enum call_trust trust, bool answers)
{
    struct call_person *p = &call->people[call->people_count++];
    *p = (struct call_person){.state = state, .trust = trust, .answers = answers, .met = true};
    snprintf(p->name, sizeof p->name, "%s", name);
    for (size_t i = 0; i < 32; i++)
        p->identity[i] = (uint8_t)(call->people_count * 29 + (unsigned char)name[0] + i);
    return p;
}

static void some(struct call *call)
{
    call->people_count = 0;
    person(call, "Amina Diallo", CALL_PERSON_FREE, CALL_TRUST_VERIFIED, false);
    person(call, "Family portal", CALL_PERSON_FREE, CALL_TRUST_NEW, true);
    person(call, "Jonas Weber", CALL_PERSON_BUSY, CALL_TRUST_NEW, false);
    person(call, "Meeting room 2", CALL_PERSON_AWAY, CALL_TRUST_NEW, false);
    person(call, "Reception", CALL_PERSON_FREE, CALL_TRUST_NEW, false)->met = false;
}

static void many(struct call *call)
{
    some(call);
    person(call, "Samuel", CALL_PERSON_FREE, CALL_TRUST_CHANGED, false);
    person(call, "Stranger's screen", CALL_PERSON_FREE, CALL_TRUST_STRANGER, false);
    person(call, "Grandmother in the house at the lake", CALL_PERSON_FREE, CALL_TRUST_NEW, true)->met = false;
    person(call, "Leila ليلى من الطابق الثالث عندنا", CALL_PERSON_FREE, CALL_TRUST_NEW, false);
    person(call, "健二 山田 太郎 東京本社 三階 会議室 大きいほう", CALL_PERSON_BUSY, CALL_TRUST_NEW, false);
    person(call, "👩‍🚀🚀 Zoë 👨‍👩‍👧‍👦 and all of us 🎉🎉🎉🎉", CALL_PERSON_FREE,
           CALL_TRUST_NEW, false);
    for (int i = 1; i <= 12; i++) {
        char name[32];
        snprintf(name, sizeof name, "Ward %d", i);
        person(call, name, i % 4 ? CALL_PERSON_FREE : CALL_PERSON_BUSY, CALL_TRUST_NEW, i % 3 == 0);
    }
}

static void recent(struct call *call)
{
    snprintf(call->back_code, sizeof call->back_code, "428193");
    call->recent_count = 3;
    static const char *const codes[] = {"428193", "771204", "039156"};
    for (size_t i = 0; i < call->recent_count; i++) {
        snprintf(call->recent[i].code, sizeof call->recent[i].code, "%s", codes[i]);
        call->recent[i].left_ms = clock_wall_ms() - (int64_t)(i * i) * 9000000;
    }
}

static void ring(struct gallery *g, const char *name, enum call_trust trust, bool met, unsigned answers_s)
{
    static uint32_t id;
    struct call *call = &g->call;
    call->ring = (struct call_ring){.id = ++id, .trust = trust, .met = met, .picture = true};
    snprintf(call->ring.name, sizeof call->ring.name, "%s", name);
    call->ring.since_us = gallery_now_us();
    call->ring.answers_at_us = answers_s ? call->ring.since_us + answers_s * 1000000ull : 0;
    call->phase = CALL_RINGING;
}

static void home_states(struct gallery *g)
{
    struct call *call = &g->call;
    call->relay_reached = false;
    shot(g, "home_no_relay", "");
    call->relay_reached = true;
    shot(g, "home_soon", "");
    call->registered = true;
    shot(g, "home_empty", "");
    call->registered = false;
    call->name_taken = true;
    shot(g, "home_taken", "");
    call->name_taken = false;
    call->registered = true;
    some(call);
    shot(g, "home_people", "");
    shot(g, "home_busy", "Home Down Down Return");
    settle(g, 4500);
    recent(call);
    shot(g, "home_rooms", "Home Right Down");
    shot(g, "home_join", "Return");
    shot(g, "home_join_passphrase", "4 2 8 1 9 3 Return");
    shot(g, "home_joined_not", "Escape Escape Escape");
    many(call);
    shot(g, "home_many", "Home");
    shot(g, "home_many_middle", "Page_Down Page_Down");
    shot(g, "home_many_end", "End");
    call->phase = CALL_JOINING;
    settle(g, 300);
    call->phase = CALL_HOME;
    call_add_missed(call, "Family portal", call->people[1].identity, clock_wall_ms() - 90000000);
    call_add_missed(call, "Amina Diallo", call->people[0].identity, clock_wall_ms() - 7200000);
    call_add_missed(call, "Amina Diallo", call->people[0].identity, clock_wall_ms() - 1800000);
    shot(g, "home_missed", "");
    shot(g, "home_missed_moved", "Down Down Down");
    some(call);
    call->missed_count = call->recent_count = 0;
    snprintf(call->invite, sizeof call->invite,
             "parlour://relay.example.org:5000/r/428193#k=Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE");
    shot(g, "home_invite", "Home");
    ui_toast(g->ui, "phone", "call", "Jonas Weber did not answer.");
    shot(g, "home_toast", "");
    settle(g, 4000);
    call->invite[0] = call->back_code[0] = '\0';
}

static void ring_states(struct gallery *g)
{
    struct call *call = &g->call;
    ring(g, "Amina Diallo", CALL_TRUST_NEW, true, 0);
    shot(g, "ringing", "");
    settle(g, 700);
    shot(g, "ringing_sound", "Right");
    shot(g, "ringing_refuse", "Right");
    ring(g, "Grandmother in the house at the lake", CALL_TRUST_NEW, false, 0);
    call->ring.picture = false;
    shot(g, "ringing_long", "");
    ring(g, "👩‍🚀 ليلى من الطابق الثالث عندنا 🎉🎉🎉🎉", CALL_TRUST_VERIFIED,
         true, 0);
    shot(g, "ringing_names", "");
    ring(g, "Samuel", CALL_TRUST_CHANGED, true, 0);
    shot(g, "ringing_changed", "");
    ring(g, "Family portal", CALL_TRUST_NEW, true, 5);
    call->ring.paired = true;
    shot(g, "ringing_auto", "");
    settle(g, 2200);
    shot(g, "ringing_auto_2", "");
    shot(g, "ringing_stayed", "x");
    call->phase = CALL_CALLING;
    shot(g, "calling", "");
    snprintf(call->ring.name, sizeof call->ring.name, "Grandmother in the house at the lake");
    shot(g, "calling_long", "");
    call->phase = CALL_JOINING;
    call->private_call = true;
    snprintf(call->ring.name, sizeof call->ring.name, "Amina Diallo");
    shot(g, "connecting", "");
    call->phase = CALL_IN_ROOM;
    call->member_count = 1;
    call->members[0] = (struct call_member){.id = 1, .self = true, .name = "Nora"};
    shot(g, "connecting_alone", "");
    call->private_call = false;
    call->member_count = 0;
    call->phase = CALL_HOME;
}

static void idle_states(struct gallery *g)
{
    struct call *call = &g->call;
    call_add_missed(call, "Amina Diallo", call->people[0].identity, clock_wall_ms() - 1800000);
    ui_apply(g->ui, &(struct ui_look){.text_scale = g->text_scale, .idle_after = 1}, "Lobby, ground floor");
    settle(g, 61000);
    shot(g, "home_idle", "");
    shot(g, "home_woken", "x");
    ui_apply(g->ui, &(struct ui_look){.text_scale = g->text_scale, .high_contrast = true, .reduced_motion = true},
             "Lobby, ground floor");
    shot(g, "high_home", "");
    ring(g, "Amina Diallo", CALL_TRUST_CHANGED, true, 0);
    shot(g, "high_ringing", "");
}

void gallery_home(struct gallery *g)
{
    home_states(g);
    ring_states(g);
    idle_states(g);
    call_destroy(&g->call);
    g->call = (struct call){0};
    gallery_settings_apply(g);
}
