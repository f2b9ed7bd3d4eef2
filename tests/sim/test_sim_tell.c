// What members say of themselves, and what their programs say to each other: it comes as it was said, to whom it is
// for, to newcomers too, and never more than main can take.
#include "world.h"

#include "shared/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seeds.h"

static void come(struct world *w, unsigned i)
{
    static const char *const names[] = {"Door", "Robert", "Samuel"};
    world_add(w, i, names[i]);
    w->people[i].sending = false;
    if (i == 0)
        world_create_room(w, 0);
    else
        world_join(w, i, 0);
    world_run(w, 2000);
}

static void do_command(struct world *w, unsigned who, struct command *c)
{
    session_command(&w->people[who].session, c, w->now_us);
    world_run(w, 1000);
}

static void tell(struct world *w, unsigned who, unsigned to, const char *text) // to himself: to all
{
    struct command *c = command_new(COMMAND_TELL);
    c->member = to == who ? 0 : w->people[to].session.self;
    c->text = strdup(text);
    do_command(w, who, c);
}

static void state(struct world *w, unsigned who, const char *about)
{
    struct command *c = command_new(COMMAND_STATE);
    c->kind = CALL_KIND_CAMERA;
    c->screen = c->recording = about != NULL;
    c->text = about ? strdup(about) : NULL;
    do_command(w, who, c);
}

static void what_it_is(uint64_t seed)
{
    struct world *w = world_create(seed);
    come(w, 0);
    come(w, 1);
    EXPECT(seed, w->people[1].state.kind == CALL_KIND_PERSON && !w->people[1].state.about[0]);
    state(w, 0, "{\"id\":3,\"w\":1280}");
    EXPECT(seed, w->people[1].state.kind == CALL_KIND_CAMERA && w->people[1].state.screen);
    EXPECT(seed, w->people[1].state.recording && !strcmp(w->people[1].state.about, "{\"id\":3,\"w\":1280}"));
    come(w, 2);
    memset(&w->people[2].state, 0, sizeof w->people[2].state);
    state(w, 0, "{\"id\":4}");
    EXPECT(seed, !strcmp(w->people[2].state.about, "{\"id\":4}"));
    state(w, 0, "no JSON");
    EXPECT(seed, w->people[2].state.recording && !w->people[2].state.about[0]);
    state(w, 0, NULL);
    EXPECT(seed, !w->people[2].state.screen && w->people[2].state.kind == CALL_KIND_CAMERA);
    world_destroy(w);
}

static void to_one_and_to_all(uint64_t seed)
{
    struct world *w = world_create(seed);
    for (unsigned i = 0; i < 3; i++)
        come(w, i);
    tell(w, 0, 1, "{\"do\":\"a\"}");
    tell(w, 0, 0, "{\"do\":\"b\",\"c\":[1,{}]}");
    EXPECT(seed, !strcmp(w->people[1].tells, "(alone) {\"do\":\"a\"}\n{\"do\":\"b\",\"c\":[1,{}]}\n"));
    EXPECT(seed, !strcmp(w->people[2].tells, "{\"do\":\"b\",\"c\":[1,{}]}\n"));
    world_destroy(w);
}

// What is no object, too long or too deep is not given to main.
static void too_much(uint64_t seed)
{
    char deep[64] = "{\"a\":[[[[[[[[]]]]]]]]}", text[CALL_TELL_MAX + 64];
    struct world *w = world_create(seed);
    come(w, 0);
    come(w, 1);
    tell(w, 0, 1, deep);
    tell(w, 0, 1, "[1]");
    for (int n = CALL_TELL_MAX; n >= CALL_TELL_MAX - 1; n--) { // one too many, and as many as there may be
        EXPECT(seed, w->people[1].tells[0] == 0);
        snprintf(text, sizeof text, "{\"a\":\"%0*d\"}", n - 8, 0);
        tell(w, 0, 1, text);
    }
    EXPECT(seed, strlen(w->people[1].tells) == strlen("(alone) \n") + CALL_TELL_MAX - 1);
    world_destroy(w);
}

#define TEST(name)                                                                                                     \
    static void t_##name(void **s)                                                                                     \
    {                                                                                                                  \
        (void)s;                                                                                                       \
        seeds_run(name, 2, 1);                                                                                         \
    }
TEST(what_it_is)
TEST(to_one_and_to_all)
TEST(too_much)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(t_what_it_is),
        cmocka_unit_test(t_to_one_and_to_all),
        cmocka_unit_test(t_too_much),
    };
    if (sodium_init() < 0)
        return 1;
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
