// The colours of LOOK §2 against WCAG 2's own formula, and movements that take no time.
#include "client/ui/theme.h"

#include "shared/base.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

// https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
static double channel(uint32_t colour, int shift)
{
    double c = ((colour >> shift) & 255) / 255.0;
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(uint32_t colour)
{
    return 0.2126 * channel(colour, 16) + 0.7152 * channel(colour, 8) + 0.0722 * channel(colour, 0);
}

// A see-through colour over what lies below it.
static uint32_t over(uint32_t top, uint32_t below)
{
    uint32_t alpha = top >> 24, out = 0xFF000000u;
    for (int shift = 0; shift < 24; shift += 8) {
        uint32_t a = (top >> shift) & 255, b = (below >> shift) & 255;
        out |= (a * alpha + b * (255 - alpha) + 127) / 255 << shift;
    }
    return out;
}

static double ratio(uint32_t ink, uint32_t ground)
{
    double a = luminance(ink), b = luminance(ground);
    return a > b ? (a + 0.05) / (b + 0.05) : (b + 0.05) / (a + 0.05);
}

static void test_formula(void **state)
{
    (void)state;
    assert_true(fabs(ratio(0xFFFFFFFF, 0xFF000000) - 21.0) < 0.001);
    assert_true(fabs(ratio(0xFF767676, 0xFFFFFFFF) - 4.54) < 0.01); // a well-known pair
    assert_true(fabs(ratio(0xFF000000, 0xFF000000) - 1.0) < 0.001);
}

struct pair {
    const char *what;
    uint32_t ink, ground;
};

static void check(const struct theme *t, double least)
{
    uint32_t white = 0xFFFFFFFFu, chip = over(t->scrim, white), card = over(t->card, white);
    const struct pair words[] = {
        {"text on night", t->text, t->night},           {"text on wall", t->text, t->wall},
        {"text on panel", t->text, t->panel},           {"text on card", t->text, card},
        {"text on raised", t->text, t->raised},         {"soft on wall", t->soft, t->wall},
        {"soft on panel", t->soft, t->panel},           {"soft on raised", t->soft, t->raised},
        {"faint on wall", t->faint, t->wall},           {"faint on panel", t->faint, t->panel},
        {"faint on raised", t->faint, t->raised},       {"accent on night", t->accent, t->night},
        {"accent on panel", t->accent, t->panel},       {"accent on raised", t->accent, t->raised},
        {"text on my bubble", t->text, t->accent_deep}, {"words on accent", t->on_accent, t->accent},
        {"stop on panel", t->stop, t->panel},           {"stop on raised", t->stop, t->raised},
        {"words on focus", t->on_focus, t->focus},      {"second lines on focus", t->soft_on_focus, t->focus},
        {"text on a chip over white", t->text, chip},   {"accent on a chip over white", t->accent, chip}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (ratio(words[i].ink, words[i].ground) < least - 0.05) // said to one digit
            fail_msg("%s: %.2f, not %.1f", words[i].what, ratio(words[i].ink, words[i].ground), least);
    // Shapes need less: an icon on a chip, the borders of fields and keys.
    const struct pair shapes[] = {{"stop on a chip", t->stop, chip},
                                  {"edge on wall", t->edge, t->wall},
                                  {"edge on panel", t->edge, t->panel},
                                  {"edge on raised", t->edge, t->raised}};
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        if (ratio(shapes[i].ink, shapes[i].ground) < 3.0)
            fail_msg("%s: %.2f, not 3", shapes[i].what, ratio(shapes[i].ink, shapes[i].ground));
}

static void test_contrast(void **state)
{
    (void)state;
    check(theme_table(false), 5.2);
    check(theme_table(true), 9.0);
}

// What LOOK's table has worked out.
static void test_as_computed(void **state)
{
    (void)state;
    const struct theme *d = theme_table(false), *h = theme_table(true);
    const struct {
        double ratio, said;
    } table[] = {{ratio(d->text, d->night), 17.5},         {ratio(d->text, d->wall), 16.4},
                 {ratio(d->soft, d->panel), 9.7},          {ratio(d->faint, d->raised), 5.2},
                 {ratio(d->stop, d->raised), 5.5},         {ratio(d->on_accent, d->accent), 11.3},
                 {ratio(d->soft_on_focus, d->focus), 7.1}, {ratio(h->soft, h->wall), 17.1},
                 {ratio(h->soft, h->raised), 13.9},        {ratio(h->accent, h->night), 15.1},
                 {ratio(h->stop, h->night), 11.1},         {ratio(h->text, h->raised), 17.0}};
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (fabs(table[i].ratio - table[i].said) > 0.06)
            fail_msg("%zu: %.2f, said %.1f", i, table[i].ratio, table[i].said);
}

// Who has no eye for colour tells the states by lightness alone; in the dark theme they have shapes as well.
static void test_without_colour(void **state)
{
    (void)state;
    for (int high = 0; high < 2; high++) {
        const struct theme *t = theme_table(high);
        assert_true(ratio(t->focus, t->raised) > 7);
        assert_true(ratio(t->focus, t->accent) > 1.2 || ratio(t->on_focus, t->focus) > 15);
    }
    // High contrast has no see-through colour but dim.
    const struct theme *h = theme_table(true);
    const uint32_t solid[] = {h->night, h->wall,  h->panel, h->card,      h->raised,      h->text,
                              h->soft,  h->faint, h->edge,  h->accent,    h->accent_deep, h->stop,
                              h->focus, h->scrim, h->hair,  h->graph_base};
    for (size_t i = 0; i < ARRAY_LEN(solid); i++)
        assert_int_equal(solid[i] >> 24, 255);
    assert_int_equal(h->dim >> 24, 0x99);
}

static void test_motion(void **state)
{
    (void)state;
    theme_reduce_motion(false);
    assert_int_equal(THEME_MS_PANEL_IN, 180);
    assert_true(fabs(theme_part(90000, THEME_MS_PANEL_IN) - 0.5) < 1e-9);
    assert_true(theme_part(0, THEME_MS_PANEL_IN) == 0);
    assert_true(theme_part(UINT64_MAX, THEME_MS_PANEL_IN) == 1);
    theme_reduce_motion(true);
    assert_int_equal(THEME_MS_PANEL_IN, 0);
    assert_int_equal(THEME_MS_RINGING, 0);
    assert_true(theme_part(0, THEME_MS_PANEL_IN) == 1); // over at once
    assert_int_equal(THEME_MS_TOAST, 4000);             // no movement: it stays as long
    theme_reduce_motion(false);
    theme_choose(true);
    assert_int_equal(THEME_PANEL, 0xFF000000);
    theme_choose(false);
    assert_int_equal(THEME_PANEL, 0xFF1A1F26);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_formula), cmocka_unit_test(test_contrast),
                                       cmocka_unit_test(test_as_computed), cmocka_unit_test(test_without_colour),
                                       cmocka_unit_test(test_motion)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
