// Writes a picture of every state of the screens in front of a room to a directory: home, calling, ringing. Beside
// ui_gallery, which shows rooms. Usage: home_gallery DIR [WIDTHxHEIGHT [TEXT_PERCENT]]
#include "client/call.h"
#include "client/stats.h"
#include "client/ui/ui.h"
#include "shared/base.h"
#include "shared/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct call call;
static const struct stats STATS;
static struct ui *ui;
static const char *dir;
static int scale = 100;
static uint64_t ahead_us; // of the clock: nobody waits a minute for a picture

static void action(void *ctx, enum ui_action what, uint32_t id, const char *text)
{
    (void)ctx;
    printf("  action=%d id=%u text=%s\n", (int)what, (unsigned)id, text ? text : "");
    for (size_t i = 0; what == UI_MISSED_SEEN && i < call.missed_count; i++)
        call.missed[i].seen = true;
}

static struct AVFrame *picture(void *ctx, uint16_t member, uint64_t now_us, uint64_t *next_us)
{
    (void)ctx;
    (void)member;
    (void)now_us;
    (void)next_us;
    return NULL;
}

static void settle(unsigned ms)
{
    uint64_t end = clock_now_us() + ms * 1000ull;
    while (clock_now_us() < end)
        clock_sleep_until(MIN(ui_frame(ui, &call, &STATS, clock_now_us() + ahead_us) - ahead_us, end));
}

// Wait, press keys (blank between), take the picture, and say how much was drawn while nothing happened.
static void take(const char *name, const char *keys)
{
    char path[512], key[32];
    settle(350);
    for (size_t n; *keys; keys += n + (keys[n] == ' ')) {
        n = strcspn(keys, " ");
        snprintf(key, sizeof key, "%.*s", (int)n, keys);
        ui_press(ui, key);
        settle(40);
    }
    settle(250);
    uint64_t before = ui_presents(ui);
    snprintf(path, sizeof path, "%s/%s.png", dir, name);
    ui_screenshot(ui, path);
    settle(200);
    printf("%-22s screen=%s still-presents=%llu\n", name, ui_screen_name(ui),
           (unsigned long long)(ui_presents(ui) - before));
}

static struct call_person *person(const char *name, enum call_person_state state, enum call_trust trust, bool answers)
{
    struct call_person *p = &call.people[call.people_count++];
    *p = (struct call_person){.state = state, .trust = trust, .answers = answers, .met = true};
    snprintf(p->name, sizeof p->name, "%s", name);
    for (size_t i = 0; i < 32; i++)
        p->identity[i] = (uint8_t)(call.people_count * 29 + (unsigned char)name[0] + i);
    return p;
}

static void people(void)
{
    call.people_count = 0;
    person("Amina Diallo", CALL_PERSON_FREE, CALL_TRUST_VERIFIED, false);
    person("Family portal", CALL_PERSON_FREE, CALL_TRUST_NEW, true);
    person("Jonas Weber", CALL_PERSON_BUSY, CALL_TRUST_NEW, false);
    person("Meeting room 2", CALL_PERSON_AWAY, CALL_TRUST_NEW, false);
    person("Reception", CALL_PERSON_FREE, CALL_TRUST_NEW, false)->met = false;
}

static void many(void)
{
    people();
    person("Samuel", CALL_PERSON_FREE, CALL_TRUST_CHANGED, false);
    person("Stranger's screen", CALL_PERSON_FREE, CALL_TRUST_STRANGER, false);
    person("Grandmother in the house at the lake", CALL_PERSON_FREE, CALL_TRUST_NEW, true)->met = false;
    person("Leila ليلى من الطابق الثالث عندنا", CALL_PERSON_FREE, CALL_TRUST_NEW, false);
    person("健二 山田 太郎 東京本社 三階 会議室 大きいほう", CALL_PERSON_BUSY, CALL_TRUST_NEW, false);
    person("👩‍🚀🚀 Zoë 👨‍👩‍👧‍👦 and all of us 🎉🎉🎉🎉", CALL_PERSON_FREE,
           CALL_TRUST_NEW, false);
    for (int i = 1; i <= 12; i++) {
        char name[32];
        snprintf(name, sizeof name, "Ward %d", i);
        person(name, i % 4 ? CALL_PERSON_FREE : CALL_PERSON_BUSY, CALL_TRUST_NEW, i % 3 == 0);
    }
}

static void recent(void)
{
    snprintf(call.back_code, sizeof call.back_code, "428193");
    call.recent_count = 3;
    static const char *const codes[] = {"428193", "771204", "039156"};
    for (size_t i = 0; i < call.recent_count; i++) {
        snprintf(call.recent[i].code, sizeof call.recent[i].code, "%s", codes[i]);
        call.recent[i].left_ms = clock_wall_ms() - (int64_t)(i * i) * 9000000;
    }
}

static void ring(const char *name, enum call_trust trust, bool met, unsigned answers_s)
{
    static uint32_t id;
    call.ring = (struct call_ring){.id = ++id, .trust = trust, .met = met, .picture = true};
    snprintf(call.ring.name, sizeof call.ring.name, "%s", name);
    call.ring.since_us = clock_now_us();
    call.ring.answers_at_us = answers_s ? call.ring.since_us + answers_s * 1000000ull : 0;
    call.phase = CALL_RINGING;
}

static void home_states(void)
{
    call.relay_reached = false;
    take("home_no_relay", "");
    call.relay_reached = true;
    take("home_soon", "");
    call.registered = true;
    take("home_empty", "");
    call.registered = false;
    call.name_taken = true;
    take("home_taken", "");
    call.name_taken = false;
    call.registered = true;
    people();
    take("home_people", "");
    take("home_busy", "Home Down Down Return");
    settle(4500);
    recent();
    take("home_rooms", "Home Right Down");
    take("home_join", "Return");
    take("home_join_passphrase", "4 2 8 1 9 3 Return");
    take("home_joined_not", "Escape Escape Escape");
    many();
    take("home_many", "Home");
    take("home_many_middle", "Page_Down Page_Down");
    take("home_many_end", "End");
    call.phase = CALL_JOINING;
    settle(300);
    call.phase = CALL_HOME;
    call_add_missed(&call, "Family portal", call.people[1].identity, clock_wall_ms() - 90000000);
    call_add_missed(&call, "Amina Diallo", call.people[0].identity, clock_wall_ms() - 7200000);
    call_add_missed(&call, "Amina Diallo", call.people[0].identity, clock_wall_ms() - 1800000);
    take("home_missed", "");
    take("home_missed_moved", "Down Down Down");
    people();
    call.missed_count = call.recent_count = 0;
    snprintf(call.invite, sizeof call.invite,
             "parlour://relay.example.org:5000/r/428193#k=Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE");
    take("home_invite", "Home");
    ui_toast(ui, "phone", "call", "Jonas Weber did not answer.");
    take("home_toast", "");
    settle(4000);
    call.invite[0] = call.back_code[0] = '\0';
}

static void ring_states(void)
{
    ring("Amina Diallo", CALL_TRUST_NEW, true, 0);
    take("ringing", "");
    settle(700);
    take("ringing_sound", "Right");
    take("ringing_refuse", "Right");
    ring("Grandmother in the house at the lake", CALL_TRUST_NEW, false, 0);
    call.ring.picture = false;
    take("ringing_long", "");
    ring("👩‍🚀 ليلى من الطابق الثالث عندنا 🎉🎉🎉🎉", CALL_TRUST_VERIFIED, true,
         0);
    take("ringing_names", "");
    ring("Samuel", CALL_TRUST_CHANGED, true, 0);
    take("ringing_changed", "");
    ring("Family portal", CALL_TRUST_NEW, true, 5);
    call.ring.paired = true;
    take("ringing_auto", "");
    settle(2200);
    take("ringing_auto_2", "");
    take("ringing_stayed", "x");
    call.phase = CALL_CALLING;
    take("calling", "");
    snprintf(call.ring.name, sizeof call.ring.name, "Grandmother in the house at the lake");
    take("calling_long", "");
    call.phase = CALL_JOINING;
    call.private_call = true;
    snprintf(call.ring.name, sizeof call.ring.name, "Amina Diallo");
    take("connecting", "");
    call.phase = CALL_IN_ROOM;
    call.member_count = 1;
    call.members[0] = (struct call_member){.id = 1, .self = true, .name = "Nora"};
    take("connecting_alone", "");
    call.private_call = false;
    call.member_count = 0;
    call.phase = CALL_HOME;
}

static void idle_states(void)
{
    call_add_missed(&call, "Amina Diallo", call.people[0].identity, clock_wall_ms() - 1800000);
    ui_apply(ui, &(struct ui_look){.text_scale = scale, .idle_after = 1}, "Lobby, ground floor");
    settle(100);
    ahead_us = 61000000;
    take("home_idle", "");
    take("home_woken", "x");
    ui_apply(ui, &(struct ui_look){.text_scale = scale, .high_contrast = true, .reduced_motion = true},
             "Lobby, ground floor");
    take("high_home", "");
    ring("Amina Diallo", CALL_TRUST_CHANGED, true, 0);
    take("high_ringing", "");
}

int main(int argc, char **argv)
{
    int width = 1920, height = 1080;
    if (argc < 2)
        return EXIT_USAGE_ERROR;
    if (argc > 2) {
        char *x;
        width = (int)strtol(argv[2], &x, 10);
        height = *x == 'x' ? (int)strtol(x + 1, NULL, 10) : height;
    }
    if (argc > 3)
        scale = (int)strtol(argv[3], NULL, 10);
    setvbuf(stdout, NULL, _IOLBF, 0);
    const char *sentence = "";
    struct ui_config config = {.width = width,
                               .height = height,
                               .headless = true,
                               .display_path = "auto",
                               .title = "Parlour",
                               .text_scale = scale,
                               .name = "Lobby, ground floor"};
    struct ui_ops ops = {.action = action, .picture = picture};
    dir = argv[1];
    ui = ui_create(&config, &ops, &sentence);
    if (!ui) {
        fprintf(stderr, "%s\n", sentence);
        return EXIT_INTERNAL;
    }
    home_states();
    ring_states();
    idle_states();
    ui_destroy(ui);
    call_destroy(&call);
    return EXIT_OK;
}
