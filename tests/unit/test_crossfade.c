// What of the picture that goes away is gone at once.
#include "client/ui/crossfade.h"

#include "unit.h"

static void is(const SDL_Rect *r, int x, int y, int w, int h)
{
    assert_true(r->x == x && r->y == y && r->w == w && r->h == h);
}

static void names(void **state)
{
    (void)state;
    struct crossfade fade = {.at = {100, 50, 800, 450}};
    crossfade_spare(&fade, (SDL_Rect){110, 440, 200, 48});
    is(&fade.without, 110, 440, 200, 48);
    crossfade_spare(&fade, (SDL_Rect){110, 440, 90, 48}); // a shorter name after a longer one: both
    is(&fade.without, 110, 440, 200, 48);
    crossfade_spare(&fade, (SDL_Rect){110, 430, 300, 58});
    is(&fade.without, 110, 430, 300, 58);
    crossfade_spare(&fade, (SDL_Rect){110, 430, 2000, 2000}); // never beyond the picture
    is(&fade.without, 110, 430, 790, 70);
}

static void nothing(void **state)
{
    (void)state;
    struct crossfade fade = {.at = {100, 50, 800, 450}};
    crossfade_spare(&fade, (SDL_Rect){0, 0, 0, 0});
    assert_true(SDL_RectEmpty(&fade.without));
    crossfade_spare(&fade, (SDL_Rect){2000, 60, 10, 10});
    assert_true(SDL_RectEmpty(&fade.without));
    assert_int_equal(fade.without.y, 500); // so that all of it is drawn above
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
