// Films on the call screen, drawn without a window: where they are, and what keys do with them.
#include "stage_rig.h"

#include "client/library/films.h"

enum { ME = 9 };

static struct films films;

static void add(uint16_t id, enum call_kind kind)
{
    struct call_member *m = &call.members[call.member_count++];
    if (call.member_count > 1 && call.members[call.member_count - 2].self) { // I stay the last
        *m = m[-1];
        m--;
    }
    *m = (struct call_member){
        .id = id, .join_id = 100u + id, .trust = CALL_TRUST_NEW, .known = true, .self = id == ME, .kind = kind};
    snprintf(m->name, sizeof m->name, "Member %u", (unsigned)id);
}

static void film(uint16_t id, uint16_t only)
{
    struct films_playing *p = &films.playing[films.playing_count++];
    add(id, CALL_KIND_FILM);
    *p = (struct films_playing){.member = id, .join_id = 100u + id, .readable = true, .at_us = now};
    p->about =
        (struct film_about){.title = "Big hill", .only = only, .ms = 60000, .of = 600000, .has = {"240p", "720p"}};
}

static void room(uint16_t persons)
{
    memset(&call, 0, sizeof call);
    films.playing_count = 0;
    call.phase = CALL_IN_ROOM;
    call.films = &films;
    for (uint16_t i = 1; i <= persons; i++)
        add(i, CALL_KIND_PERSON);
    add(ME, CALL_KIND_PERSON);
    pass(6000);
}

static void leave(uint16_t id)
{
    for (size_t i = 0; i < call.member_count; i++)
        if (call.members[i].id == id) {
            memmove(&call.members[i], &call.members[i + 1], (call.member_count - i - 1) * sizeof call.members[0]);
            call.member_count--;
            return;
        }
}

// It is large, people beside it; who turns that or pins another has it so.
static void is_large(void **state)
{
    (void)state;
    room(3);
    film(5, 0);
    assert_true(width_of(5) > 3 * width_of(1) && width_of(1) > 0 && width_of(3) > 0 && width_of(ME) > 0);
    films.playing[0].about.paused = true;
    assert_true(width_of(5) > 3 * width_of(1));
    films.playing[0].about.ended = true;
    assert_true(width_of(5) > 3 * width_of(1));
    KEYS("w");
    assert_int_equal(width_of(5), width_of(1));
    KEYS("w", "2");
    assert_true(width_of(2) > 3 * width_of(5) && width_of(5) > 0);
    KEYS("2");
    leave(5);
    films.playing_count = 0;
    assert_int_equal(width_of(5), 0);
    assert_int_equal(width_of(1), width_of(2));
}

// Of what is large the newest is the largest: two films, or a film and a screen.
static void newest(void **state)
{
    (void)state;
    room(2);
    call.members[0].screen = true;
    assert_true(screen_width_of(1) > 3 * width_of(1));
    film(5, 0);
    assert_true(width_of(5) > 3 * screen_width_of(1) && screen_width_of(1) > 0);
    film(6, ME);
    assert_true(width_of(6) > 3 * width_of(5) && width_of(5) > 0);
    KEYS("w");
    call.members[1].screen = true; // what is new is to be seen
    assert_true(screen_width_of(2) > 600 && width_of(6) < 300);
    call.members[1].screen = false;
    assert_true(width_of(6) > 3 * width_of(5));
}

// Nobody to look at: libraries, recorders, films for others. Cameras are.
static void no_tiles(void **state)
{
    (void)state;
    room(0);
    add(2, CALL_KIND_LIBRARY);
    add(3, CALL_KIND_RECORDER);
    film(4, 7);
    assert_true(!width_of(2) && !width_of(3) && !width_of(4));
    assert_string_equal(ui_screen_name(ui), "waiting");
    add(1, CALL_KIND_PERSON);
    assert_int_equal(width_of(1), 1280); // the two of us
    assert_string_equal(ui_screen_name(ui), "call");
    call.members[call.member_count - 1].screen = true; // mine: seen by one other only
    assert_int_equal(screen_width_of(ME), 0);
    add(5, CALL_KIND_CAMERA);
    assert_true(width_of(5) > 0 && width_of(5) == width_of(1));
    assert_true(screen_width_of(ME) > 0);
}

static SDL_Rect bar(void)
{
    pass(40);
    for (size_t i = 0; i < ui->layer_count; i++)
        if (ui->layers[i].kind == LAYER_FILM) {
            SDL_Rect r = ui->layers[i].bounds;
            int by = pen_px(&ui->pen, 84);
            return (SDL_Rect){r.x + by, r.y + by, r.w - 2 * by, r.h - 2 * by};
        }
    return (SDL_Rect){0, 0, 0, 0};
}

// Alone with it: it fills the screen, and its bar leaves my own picture free, however large the words are.
static void alone(void **state)
{
    (void)state;
    static const int scales[] = {100, 150, 200};
    for (size_t i = 0; i < ARRAY_LEN(scales); i++)
        for (int panel = 0; panel < 2; panel++) {
            struct ui_look look = {.text_scale = scales[i]};
            ui_apply(ui, &look, "Nora");
            room(0);
            film(5, ME);
            assert_true(rect_of(5).w == 1280 && rect_of(5).h == 720);
            if (panel)
                KEYS("t");
            KEYS("Right", "Up");
            SDL_Rect own = rect_of(ME), b = bar();
            assert_true(own.w > 0 && b.w > 200);
            assert_false(SDL_HasIntersection(&own, &b));
            const struct layout_tile *at = &ui->tiles[ui->order[0]].to; // all of it beside the panel
            assert_true(at->frame.w == 1280 - (panel ? layout_panel_width(ui->pen.u, scales[i]) : 0));
            assert_true(at->frame.x == 0 && at->frame.h == 720);
            assert_true(b.x >= 0 && b.x + b.w <= own.x + own.w);
            KEYS("Escape");
            if (panel)
                KEYS("Escape");
            assert_string_equal(ui_screen_name(ui), "call");
        }
}

// What is paused stands still because it is to: nothing is late.
static void paused(void **state)
{
    (void)state;
    room(1);
    film(5, 0);
    call.members[1].camera = true;
    pass(100);
    struct tile *t = NULL;
    for (size_t i = 0; i < ui->shown; i++)
        if (ui->tiles[ui->order[i]].film)
            t = &ui->tiles[ui->order[i]];
    assert_non_null(t);
    t->picture_us = now;
    pass(4000);
    assert_true(t->picture_us + 3000000 < now);
    films.playing[0].about.paused = true;
    pass(40);
    assert_int_equal(t->picture_us, now);
}

static void film_keys(void **state)
{
    (void)state;
    room(2);
    film(5, 0);
    pass(400);
    KEYS("Right", "Up", "Return");
    assert_int_equal(last_action, UI_FILM);
    assert_int_equal(last_id, 5);
    assert_string_equal(last_text, "{\"do\":\"film-pause\"}");
    films.playing[0].about.paused = true;
    films.playing[0].about.ms = 60000;
    KEYS("Return");
    assert_string_equal(last_text, "{\"do\":\"film-resume\"}");
    KEYS("Right");
    assert_string_equal(last_text, "{\"do\":\"film-seek\",\"ms\":70000}");
    films.playing[0].about.ms = 4000;
    KEYS("Left");
    assert_string_equal(last_text, "{\"do\":\"film-seek\",\"ms\":0}");
    films.playing[0].about.ms = 599000;
    KEYS("Right");
    assert_string_equal(last_text, "{\"do\":\"film-seek\",\"ms\":600000}");
    KEYS("q");
    assert_int_equal(last_action, UI_FILM_QUALITY);
    assert_string_equal(last_text, "0");
    films.playing[0].only = 2;
    KEYS("q");
    assert_string_equal(last_text, "-1");
    KEYS("Escape");
    // Without the arrows on it Q is for the only film; of two it is not clear which is meant.
    last_text[0] = '\0';
    KEYS("q");
    assert_string_equal(last_text, "-1");
    film(6, ME);
    pass(400);
    last_text[0] = '\0';
    (void)ui_press(ui, "q");
    assert_string_equal(last_text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(is_large), cmocka_unit_test(newest),
                                       cmocka_unit_test(no_tiles), cmocka_unit_test(alone),
                                       cmocka_unit_test(paused),   cmocka_unit_test(film_keys)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
