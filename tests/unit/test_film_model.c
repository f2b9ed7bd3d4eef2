// What a screen knows of libraries and films: lists that come in parts, who comes and goes, and for whom a film is.
#include "tests/unit/unit.h"

#include "client/library/films.h"
#include "shared/base.h"

enum { SECOND = 1000000, LIBRARY = 5, FILM = 6, ME = 9 };

static struct films *f;
static struct call *call;
static struct film_message page;
static uint64_t now;

static void set(char about[CALL_ABOUT_MAX], const char *text)
{
    snprintf(about, CALL_ABOUT_MAX, "%s", text);
}

static int start(void **state)
{
    (void)state;
    f = films_create();
    call = base_alloc(sizeof *call);
    now = 100 * SECOND;
    return 0;
}

static int end(void **state)
{
    (void)state;
    films_destroy(f);
    free(call);
    return 0;
}

static struct call_member *comes(uint16_t id, enum call_kind kind, const char *about)
{
    struct call_member *m = &call->members[call->member_count++];
    *m = (struct call_member){.id = id, .join_id = id, .kind = kind, .trust = CALL_TRUST_NEW};
    set(m->about, about);
    films_follow(f, call, now);
    return m;
}

// The `from` that is asked for, -1 = nothing.
static int asked(void)
{
    uint16_t member = 0;
    uint64_t next = UINT64_MAX;
    char *text = films_question(f, now, &member, &next);
    struct film_message *m = base_alloc(sizeof *m);
    int from = -1;
    if (text) {
        assert_true(film_protocol_read(m, text, strlen(text)) && m->what == FILM_LIST);
        assert_int_equal(member, LIBRARY);
        from = (int)m->from;
    }
    free(m);
    free(text);
    return from;
}

static void answered(uint16_t member, uint32_t from, uint32_t total, size_t count)
{
    page = (struct film_message){.what = FILM_PAGE, .from = from, .total = total, .count = count};
    for (size_t i = 0; i < count; i++)
        page.films[i] = (struct film){.id = from + (uint32_t)i + 1};
    films_take(f, member, &page);
}

static void a_list_in_parts(void **state)
{
    (void)state;
    assert_int_equal(asked(), -1);
    comes(LIBRARY, CALL_KIND_LIBRARY, "{\"films\":5}");
    assert_int_equal(asked(), 0);
    assert_int_equal(asked(), -1); // not again and again
    now += 3 * SECOND;
    assert_int_equal(asked(), 0);
    answered(LIBRARY, 0, 5, 3);
    assert_int_equal(asked(), 3);
    answered(LIBRARY, 0, 5, 3); // what was not asked for
    answered(4, 3, 5, 2);       // and by somebody else
    assert_int_equal(films_library(f, LIBRARY)->count, 3);
    answered(LIBRARY, 3, 5, 2);
    assert_int_equal(asked(), -1);
    const struct films_library *l = films_library(f, 0);
    assert_true(l->complete && l->count == 5 && films_find(l, 5) && !films_find(l, 6));
    set(call->members[0].about, "{\"films\":6}");
    films_follow(f, call, now);
    assert_int_equal(asked(), 0);
    call->member_count = 0;
    films_follow(f, call, now);
    assert_null(films_library(f, 0));
    answered(LIBRARY, 0, 5, 3);
    assert_null(films_library(f, LIBRARY));
}

static void no_list_grows_for_ever(void **state)
{
    (void)state;
    comes(LIBRARY, CALL_KIND_LIBRARY, "");
    for (unsigned i = 0; i < 100; i++)
        answered(LIBRARY, i * FILM_PAGE_MAX, 500, FILM_PAGE_MAX);
    assert_int_equal(films_library(f, 0)->count, FILM_FILMS_MAX);
    for (uint16_t i = 20; i < 30; i++)
        comes(i, CALL_KIND_LIBRARY, "");
    assert_null(films_library(f, 29));
}

static void who_is_not_trusted_has_no_list(void **state)
{
    (void)state;
    struct call_member *m = comes(LIBRARY, CALL_KIND_LIBRARY, "");
    m->trust = CALL_TRUST_CHANGED;
    films_follow(f, call, now);
    assert_null(films_library(f, 0));
    assert_int_equal(asked(), -1);
}

static void for_whom(void **state)
{
    (void)state;
    struct call_member *m = comes(FILM, CALL_KIND_FILM, "");
    assert_true(films_hides(f, m, ME)); // it has not said
    set(m->about, "{\"title\":\"Hill\",\"by\":3,\"ms\":1000,\"of\":5000,\"for\":[3],\"has\":[\"240p\",\"720p\"]}");
    films_follow(f, call, now);
    assert_true(films_hides(f, m, ME));
    assert_false(films_hides(f, m, 3));
    assert_true(films_hides(NULL, m, 3));
    set(m->about, "{\"title\":\"Hill\",\"by\":3,\"ms\":1000,\"of\":5000}");
    films_follow(f, call, now);
    assert_false(films_hides(f, m, ME));
    struct call_member person = {.id = 2}, library = {.id = LIBRARY, .kind = CALL_KIND_LIBRARY};
    assert_false(films_hides(f, &person, ME));
    assert_true(films_hides(f, &library, ME));
}

static void where_it_is(void **state)
{
    (void)state;
    struct call_member *m = comes(FILM, CALL_KIND_FILM, "{\"title\":\"Hill\",\"by\":3,\"ms\":1000,\"of\":5000}");
    const struct films_playing *p = films_playing_of(f, FILM);
    assert_int_equal(films_position_ms(p, now), 1000);
    assert_int_equal(films_position_ms(p, now + 2 * SECOND), 3000);
    assert_int_equal(films_position_ms(p, now + 9 * SECOND), 5000);
    now += SECOND;
    films_follow(f, call, now); // nothing new
    assert_int_equal(films_position_ms(p, now), 2000);
    set(m->about, "{\"title\":\"Hill\",\"by\":3,\"ms\":2500,\"of\":5000,\"paused\":true}");
    films_follow(f, call, now);
    assert_int_equal(films_position_ms(p, now + 9 * SECOND), 2500);
    m->join_id++; // another one in its place
    films_follow(f, call, now);
    assert_int_equal(f->playing_count, 1);
    assert_true(films_playing_of(f, FILM)->join_id == m->join_id);
}

// Else a stranger who calls himself a film could say what is not possible ten times a second.
static void who_is_asked_owes_an_answer(void **state)
{
    (void)state;
    comes(LIBRARY, CALL_KIND_LIBRARY, "");
    comes(FILM, CALL_KIND_FILM, "");
    comes(7, CALL_KIND_PERSON, "");
    assert_null(films_owes(f, 7));
    assert_null(films_owes(f, 0));
    assert_false(*films_owes(f, LIBRARY) || *films_owes(f, FILM));
    *films_owes(f, LIBRARY) = *films_owes(f, FILM) = true;
    set(call->members[0].about, "{\"films\":6}"); // another list: the same library
    films_follow(f, call, now);
    assert_true(*films_owes(f, LIBRARY) && *films_owes(f, FILM));
    call->members[0].join_id++;
    call->members[1].join_id++;
    films_follow(f, call, now);
    assert_false(*films_owes(f, LIBRARY) || *films_owes(f, FILM));
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, start, end)
    const struct CMUnitTest tests[] = {
        T(a_list_in_parts), T(no_list_grows_for_ever),     T(who_is_not_trusted_has_no_list), T(for_whom),
        T(where_it_is),     T(who_is_asked_owes_an_answer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
