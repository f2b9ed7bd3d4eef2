#include "tests/unit/unit.h"

#include "client/send/screen_changes.h"

#include <string.h>

enum { WIDTH = 1000, LINE = WIDTH * 4, STRIDE = LINE + 32, LINES = 100 };

static uint8_t before[STRIDE * LINES], now[STRIDE * LINES];

static double share(void)
{
    return screen_changes_share(&(struct screen_changes_picture){before, STRIDE, LINE, LINES},
                                &(struct screen_changes_picture){now, STRIDE, LINE, LINES});
}

static int start(void **state)
{
    (void)state;
    memset(before, 7, sizeof before);
    memset(now, 7, sizeof now);
    return 0;
}

// 16 cells of 256 bytes across, the last one shorter; 7 bands of 16 lines, the last one lower.
static void counts_cells(void **state)
{
    (void)state;
    assert_true(share() == 0);
    now[0] = 8;
    assert_true(share() == 1.0 / (16 * 7));
    now[15 * STRIDE + 255] = 8; // the same cell
    assert_true(share() == 1.0 / (16 * 7));
    now[16 * STRIDE] = 8; // the band below
    now[256] = 8;         // the cell beside it
    assert_true(share() == 3.0 / (16 * 7));
    now[99 * STRIDE + LINE - 1] = 8; // the very last byte
    assert_true(share() == 4.0 / (16 * 7));
    memset(now, 9, sizeof now);
    assert_true(share() == 1);
}

static void what_is_not_shown_does_not_count(void **state)
{
    (void)state;
    for (size_t y = 0; y < LINES; y++)
        now[y * STRIDE + LINE] = 8; // between the lines
    assert_true(share() == 0);
}

static void another_size_is_another_picture(void **state)
{
    (void)state;
    struct screen_changes_picture a = {before, STRIDE, LINE, LINES}, b = a;
    b.lines--;
    assert_true(screen_changes_share(&a, &b) == 1);
    b = a;
    b.line -= 4;
    assert_true(screen_changes_share(&a, &b) == 1);
    a = b = (struct screen_changes_picture){.data = before};
    assert_true(screen_changes_share(&a, &b) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(counts_cells, start),
                                       cmocka_unit_test_setup(what_is_not_shown_does_not_count, start),
                                       cmocka_unit_test_setup(another_size_is_another_picture, start)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
