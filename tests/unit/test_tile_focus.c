// Arrows over tiles: every tile of every layout can be reached, and what lies beyond the edge is nothing.
#include "client/ui/layout.h"
#include "client/ui/tile_focus.h"
#include "shared/base.h"

#include "unit.h"

static SDL_Rect rects[LAYOUT_PAGE];

static size_t place(enum layout_mode mode, size_t count, bool pinned, size_t pin)
{
    struct layout_request q = {.width = 1920,
                               .height = 1080,
                               .u = 1,
                               .mode = mode,
                               .count = count,
                               .self_shown = true,
                               .large = pin,
                               .pinned = pinned,
                               .pin = pin};
    struct layout_result r;
    layout_compute(&q, &r);
    for (size_t i = 0; i < count; i++)
        rects[i] = r.tile[i].shown ? r.tile[i].rect : (SDL_Rect){0, 0, 0, 0};
    return count;
}

static void test_grid(void **state)
{
    (void)state;
    size_t n = place(LAYOUT_GRID, 9, false, 0);
    assert_int_equal(tile_focus_first(rects, n, 960), 7);
    assert_int_equal(tile_focus_next(rects, n, 4, TILE_FOCUS_LEFT), 3);
    assert_int_equal(tile_focus_next(rects, n, 4, TILE_FOCUS_RIGHT), 5);
    assert_int_equal(tile_focus_next(rects, n, 4, TILE_FOCUS_UP), 1);
    assert_int_equal(tile_focus_next(rects, n, 4, TILE_FOCUS_DOWN), 7);
    assert_int_equal(tile_focus_next(rects, n, 0, TILE_FOCUS_UP), n);
    assert_int_equal(tile_focus_next(rects, n, 2, TILE_FOCUS_RIGHT), n); // no wrap to the next row
    assert_int_equal(tile_focus_next(rects, n, n, TILE_FOCUS_LEFT), n);
}

static void test_speaker(void **state)
{
    (void)state;
    size_t n = place(LAYOUT_SPEAKER, 9, false, 0);
    assert_int_equal(tile_focus_next(rects, n, 8, TILE_FOCUS_LEFT), 0);
    size_t right = tile_focus_next(rects, n, 0, TILE_FOCUS_RIGHT);
    assert_true(right < n && rects[right].w == 304);
    assert_int_equal(tile_focus_next(rects, n, 3, TILE_FOCUS_DOWN), 8); // over the cell that counts the others
}

static void assert_all_reached(size_t n)
{
    bool seen[LAYOUT_PAGE] = {false};
    size_t queue[LAYOUT_PAGE], head = 0, tail = 0, shown = 0;
    queue[tail++] = tile_focus_first(rects, n, 960);
    seen[queue[0]] = true;
    while (head < tail) {
        for (int way = TILE_FOCUS_LEFT; way <= TILE_FOCUS_DOWN; way++) {
            size_t to = tile_focus_next(rects, n, queue[head], (enum tile_focus_way)way);
            if (to < n && !seen[to]) {
                seen[to] = true;
                queue[tail++] = to;
            }
        }
        head++;
    }
    for (size_t i = 0; i < n; i++)
        shown += rects[i].w > 0;
    assert_int_equal(tail, shown);
}

static void test_every_tile(void **state)
{
    (void)state;
    for (size_t n = 2; n <= LAYOUT_PAGE; n++) {
        assert_all_reached(place(LAYOUT_GRID, n, false, 0));
        assert_all_reached(place(LAYOUT_GRID, n, true, n / 2));
        assert_all_reached(place(LAYOUT_SPEAKER, n, false, n / 3));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_grid), cmocka_unit_test(test_speaker),
                                       cmocka_unit_test(test_every_tile)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
