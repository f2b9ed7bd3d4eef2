// The tables of LOOK §5, and what must hold for every number of people.
#include "client/ui/layout.h"
#include "shared/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static struct layout_result place(enum layout_mode mode, size_t count, int panel, int width, int height, size_t large)
{
    struct layout_request q = {.width = width,
                               .height = height,
                               .panel = panel,
                               .u = layout_unit(width, height),
                               .mode = mode,
                               .count = count,
                               .self_shown = true,
                               .large = large};
    struct layout_result r;
    layout_compute(&q, &r);
    return r;
}

static void test_table(void **state)
{
    (void)state;
    static const struct {
        size_t people;
        int columns, rows, w, h, panel_w, panel_h;
    } rows[] = {{2, 2, 1, 920, 690, 888, 500},  {3, 2, 2, 888, 500, 600, 450},  {4, 2, 2, 888, 500, 600, 450},
                {5, 3, 2, 608, 456, 583, 328},  {6, 3, 2, 608, 456, 583, 328},  {9, 3, 3, 583, 328, 394, 296},
                {12, 4, 3, 452, 328, 394, 242}, {16, 4, 4, 430, 242, 292, 219}, {20, 5, 4, 358, 242, 292, 190},
                {24, 6, 4, 296, 222, 277, 156}, {25, 5, 5, 338, 190, 230, 172}, {30, 6, 5, 296, 190, 230, 156},
                {35, 7, 5, 251, 188, 230, 131}, {36, 6, 6, 277, 156, 189, 142}, {42, 7, 6, 251, 156, 189, 131},
                {48, 8, 6, 218, 156, 189, 113}, {49, 7, 7, 233, 131, 160, 120}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct layout_result r = place(LAYOUT_GRID, rows[i].people, 0, 1920, 1080, 0);
        assert_int_equal(r.columns, rows[i].columns);
        assert_int_equal(r.rows, rows[i].rows);
        assert_int_equal(r.tile[0].rect.w, rows[i].w);
        assert_int_equal(r.tile[0].rect.h, rows[i].h);
        r = place(LAYOUT_GRID, rows[i].people, 640, 1920, 1080, 0);
        assert_int_equal(r.tile[0].rect.w, rows[i].panel_w);
        assert_int_equal(r.tile[0].rect.h, rows[i].panel_h);
    }
}

static bool inside(const SDL_Rect *a, const SDL_Rect *b)
{
    return a->x >= b->x && a->y >= b->y && a->x + a->w <= b->x + b->w && a->y + a->h <= b->y + b->h;
}

static void test_every_number(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1920, 1080}, {1280, 720}, {3840, 2160}, {1080, 1920}, {1024, 768}, {640, 360}};
    for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
        for (int panel = 0; panel < 2; panel++)
            for (size_t n = 0; n <= 50; n++)
                for (int mode = LAYOUT_GRID; mode <= LAYOUT_SPEAKER; mode++) {
                    int width = panel ? layout_panel_width(layout_unit(sizes[s][0], sizes[s][1]), 100) : 0;
                    struct layout_result r = place((enum layout_mode)mode, n, width, sizes[s][0], sizes[s][1], n / 3);
                    for (size_t i = 0; i < MIN(n, (size_t)LAYOUT_PAGE); i++) {
                        const struct layout_tile *t = &r.tile[i];
                        if (!t->shown)
                            continue;
                        assert_true(inside(&t->rect, &r.stage));
                        for (size_t k = 0; k < i; k++)
                            assert_false(r.tile[k].shown && !t->floats &&
                                         SDL_HasIntersection(&t->rect, &r.tile[k].rect));
                    }
                }
}

static void test_two(void **state)
{
    (void)state;
    struct layout_result r = place(LAYOUT_TWO, 2, 0, 1920, 1080, 0);
    assert_true(r.tile[0].edge);
    assert_int_equal(r.tile[0].rect.w, 1920);
    assert_int_equal(r.tile[1].rect.x, 1920 - 48 - 352);
    assert_int_equal(r.tile[1].rect.y, 1080 - 48 - 198);
    assert_true(r.tile[1].floats);
    // A panel slides the picture by half its width, scale unchanged.
    r = place(LAYOUT_TWO, 2, 640, 1920, 1080, 0);
    assert_int_equal(r.tile[0].frame.x, -320);
    assert_int_equal(r.tile[0].frame.w, 1920);
    assert_int_equal(r.tile[0].rect.w, 1280);
    assert_int_equal(r.tile[1].rect.x, 880);
}

static void test_last_row_is_centred(void **state)
{
    (void)state;
    struct layout_result r = place(LAYOUT_GRID, 3, 0, 1920, 1080, 0);
    assert_int_equal(r.tile[2].rect.x + r.tile[2].rect.w / 2, 960);
}

static void test_speaker(void **state)
{
    (void)state;
    struct layout_result r = place(LAYOUT_SPEAKER, 9, 0, 1920, 1080, 2);
    assert_int_equal(r.tile[2].rect.w, 1536);
    assert_int_equal(r.tile[2].rect.h, 1016);
    assert_true(r.tile[8].shown); // I am last
    assert_int_equal(r.tile[8].rect.x, 1920 - 32 - 304);
    assert_int_equal(r.hidden, 4);
    r = place(LAYOUT_SPEAKER, 6, 0, 1920, 1080, 0);
    assert_int_equal(r.hidden, 0);
    for (size_t i = 0; i < 6; i++)
        assert_true(r.tile[i].shown);
    r = place(LAYOUT_SPEAKER, 6, 640, 1920, 1080, 0); // panel open: no strip
    assert_false(r.tile[1].shown);
    assert_int_equal(r.tile[0].rect.w, 1216);
    assert_int_equal(r.tile[0].rect.h, 912);
}

static struct layout_result pinned(size_t count, size_t pin, int panel, int card, int width, int height)
{
    struct layout_request q = {.width = width,
                               .height = height,
                               .panel = panel,
                               .card = card,
                               .u = layout_unit(width, height),
                               .mode = LAYOUT_GRID,
                               .count = count,
                               .self_shown = true,
                               .pinned = true,
                               .pin = pin};
    struct layout_result r;
    layout_compute(&q, &r);
    return r;
}

static void assert_camera_shape(const SDL_Rect *r)
{
    double shape = (double)r->w / r->h, slack = 1.5 / r->h; // whole pixels
    assert_true(shape >= 4.0 / 3.0 - slack && shape <= 16.0 / 9.0 + slack);
}

// Two by two cells at the top left, whoever is pinned; the others keep their order around it.
static void test_pinned(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1920, 1080}, {1280, 720}, {3840, 2160}, {1080, 1920}, {1024, 768}};
    for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
        for (int around = 0; around < 3; around++)
            for (size_t n = 2; n <= 49; n++) {
                int w = sizes[s][0], h = sizes[s][1];
                double u = layout_unit(w, h);
                size_t pin = n / 2;
                struct layout_result r = pinned(n, pin, around == 1 ? layout_panel_width(u, 100) : 0,
                                                around == 2 ? layout_px(u, 204) : 0, w, h);
                const SDL_Rect *large = &r.tile[pin].rect;
                assert_true(r.columns >= 3 && r.rows >= 2 && r.columns * r.rows >= (int)n + 3);
                for (size_t i = 0; i < n; i++) {
                    const SDL_Rect *t = &r.tile[i].rect;
                    assert_true(r.tile[i].shown && inside(t, &r.stage));
                    assert_camera_shape(t);
                    assert_true(large->x <= t->x && large->y <= t->y);
                    if (i != pin)
                        assert_int_equal(large->w, 2 * t->w + layout_px(u, 16));
                    for (size_t k = 0; k < i; k++) {
                        assert_false(SDL_HasIntersection(t, &r.tile[k].rect));
                        bool later = t->y > r.tile[k].rect.y || t->x > r.tile[k].rect.x;
                        assert_true(later || i == pin || k == pin);
                    }
                }
            }
}

static void test_pinned_table(void **state)
{
    (void)state;
    static const struct {
        size_t people;
        int columns, rows, w, h;
    } rows[] = {
        {4, 3, 3, 583, 328}, {6, 3, 3, 583, 328}, {9, 4, 3, 452, 328}, {16, 5, 4, 358, 242}, {49, 8, 7, 218, 131}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct layout_result r = pinned(rows[i].people, 1, 0, 0, 1920, 1080);
        assert_int_equal(r.columns, rows[i].columns);
        assert_int_equal(r.rows, rows[i].rows);
        assert_int_equal(r.tile[0].rect.w, rows[i].w);
        assert_int_equal(r.tile[0].rect.h, rows[i].h);
    }
    // A remainder stands in the middle: of four, one alone under the others.
    struct layout_result r = pinned(4, 0, 0, 0, 1920, 1080);
    assert_int_equal(r.tile[3].rect.x + r.tile[3].rect.w / 2, 960);
    assert_int_equal(r.tile[1].rect.x, r.tile[2].rect.x);
}

static void test_contain(void **state)
{
    (void)state;
    SDL_Rect cell = {100, 50, 800, 600}, crop, out;
    layout_contain(1920, 1080, &cell, &crop, &out); // all of it, with bars above and below
    assert_true(crop.x == 0 && crop.y == 0 && crop.w == 1920 && crop.h == 1080);
    assert_true(out.x == 100 && out.w == 800 && out.h == 450 && out.y == 50 + 75);
    layout_contain(300, 900, &cell, &crop, &out); // beside it
    assert_true(out.h == 600 && out.w == 200 && out.x == 100 + 300 && out.y == 50);
    layout_contain(400, 300, &cell, &crop, &out); // larger than it is
    assert_true(SDL_RectEquals(&out, &cell));
}

static void test_cover(void **state)
{
    (void)state;
    SDL_Rect cell = {0, 0, 400, 300}, crop, out;
    layout_cover(1280, 720, &cell, &crop, &out); // 16:9 into 4:3 fills
    assert_int_equal(crop.w, 960);
    assert_int_equal(crop.h, 720);
    assert_int_equal(out.w, 400);
    assert_int_equal(out.h, 300);
    cell = (SDL_Rect){0, 0, 300, 600}; // into a tall cell: at most a quarter goes, the rest is bars
    layout_cover(1280, 720, &cell, &crop, &out);
    assert_int_equal(crop.w, 960);
    assert_int_equal(out.w, 300);
    assert_int_equal(out.h, 225);
    assert_int_equal(out.y, 187);
    cell = (SDL_Rect){10, 20, 1920, 1080};
    layout_cover(640, 480, &cell, &crop, &out); // 4:3 into 16:9 fills
    assert_int_equal(crop.h, 360);
    assert_int_equal(out.w, 1920);
    assert_int_equal(out.h, 1080);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_table),        cmocka_unit_test(test_every_number),
                                       cmocka_unit_test(test_two),          cmocka_unit_test(test_last_row_is_centred),
                                       cmocka_unit_test(test_speaker),      cmocka_unit_test(test_pinned),
                                       cmocka_unit_test(test_pinned_table), cmocka_unit_test(test_cover),
                                       cmocka_unit_test(test_contain)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
