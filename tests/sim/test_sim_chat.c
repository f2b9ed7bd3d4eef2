// Chat between real sessions in virtual time: to one alone, what was said before one came, what was missed, and lines
// on their way when the connection drops. PARLOUR_SEED=N runs one seed alone.
#include "world.h"

#include "shared/keys.h"
#include "shared/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seeds.h"

enum { SEEDS = 12 };

static void come(struct world *w, unsigned i)
{
    static const char *const names[] = {"Amina", "Robert", "Samuel", "Nora", "Kenji", "Priya"};
    world_add(w, i, names[i]);
    w->people[i].sending = false; // it is about words
    w->people[i].link.delay_us = 1000 + (uint64_t)(world_random(w) * 60000);
    if (i == 0)
        world_create_room(w, 0);
    else
        world_join(w, i, 0);
    world_run(w, 3000);
}

static struct world *meeting(uint64_t seed, unsigned people)
{
    struct world *w = world_create(seed);
    for (unsigned i = 0; i < people; i++)
        come(w, i);
    return w;
}

static unsigned times(const struct world *w, unsigned i, const char *text)
{
    unsigned n = 0;
    for (const char *at = w->people[i].said; (at = strstr(at, text)); at++)
        n++;
    return n;
}

static void one_alone(uint64_t seed)
{
    struct world *w = meeting(seed, 3);
    world_chat_to(w, 0, 1, "for Robert", 1);
    world_chat(w, 0, "for all", 2);
    world_run(w, 2000);
    EXPECT(seed, strcmp(w->people[1].said, "Amina: for Robert\nAmina: for all\n") == 0);
    EXPECT(seed, strcmp(w->people[2].said, "Amina: for all\n") == 0);
    EXPECT(seed, w->people[1].alone == 1 && w->people[2].alone == 0 && w->people[0].delivered == 2);
    // Who comes later hears of the one and not of the other.
    come(w, 3);
    EXPECT(seed, strcmp(w->people[3].said, "(older) Amina: for all\n") == 0);
    // He leaves while his line waits for the connection: nobody has it.
    w->people[0].link.cut = true;
    world_run(w, 8000);
    world_chat_to(w, 0, 1, "second", 3);
    world_leave(w, 1);
    world_run(w, 3000);
    EXPECT(seed, w->people[0].chat_lost == 0);
    w->people[0].link.cut = false;
    world_run(w, 45000);
    EXPECT(seed, w->people[0].chat_lost == 1 && w->people[0].delivered == 2);
    for (unsigned i = 1; i < 4; i++)
        EXPECT(seed, times(w, i, "second") == 0);
    world_destroy(w);
}

static void late(uint64_t seed)
{
    char text[32];
    struct world *w = meeting(seed, 3);
    for (unsigned i = 1; i <= 60; i++) {
        snprintf(text, sizeof text, "line %u.", i);
        world_chat(w, i % 3, text, i);
        world_run(w, 300);
    }
    world_run(w, 2000);
    come(w, 3);
    EXPECT(seed, w->people[3].chats == 50 && w->people[3].older == 50);
    EXPECT(seed, times(w, 3, "line 10.") == 0 && times(w, 3, "line 11.") == 1 && times(w, 3, "line 60.") == 1);
    EXPECT(seed, strncmp(w->people[3].said, "(older) Samuel: line 11.\n(older) Amina: line 12.\n", 47) == 0);
    for (unsigned i = 0; i < 3; i++)
        EXPECT(seed, w->people[i].chats == 40); // those who were here hear nothing twice
    // She comes back: nothing of it comes again, and what is new only once.
    w->people[3].link.cut = true;
    world_run(w, 8000);
    world_chat(w, 0, "while you were away", 61);
    world_run(w, 1000);
    w->people[3].link.cut = false;
    world_run(w, 8000);
    EXPECT(seed, w->people[3].chats == 51 && w->people[3].missed == 1);
    EXPECT(seed, times(w, 3, "while you were away") == 1 && times(w, 3, "line 33.") == 1);
    // Anew after so long that her place was gone.
    w->people[3].link.cut = true;
    world_run(w, 60000);
    world_chat(w, 1, "and again", 62);
    world_run(w, 1000);
    w->people[3].link.cut = false;
    world_run(w, 15000);
    EXPECT(seed, w->people[3].chats == 52 && times(w, 3, "and again") == 1);
    world_destroy(w);
}

// The conversation is over when everybody else has left: who comes then learns nothing of it.
static void over(uint64_t seed)
{
    struct world *w = meeting(seed, 2);
    world_chat(w, 0, "between us", 1);
    world_run(w, 1000);
    world_leave(w, 1);
    world_run(w, 2000);
    world_chat(w, 0, "is anybody here?", 2);
    world_run(w, 1000);
    come(w, 2);
    EXPECT(seed, strcmp(w->people[2].said, "(older) Amina: is anybody here?\n") == 0);
    world_destroy(w);
}

// The relay dies under words that are on their way, and words are typed while it is away: each comes once.
static void restart(uint64_t seed)
{
    struct world *w = meeting(seed, 3);
    world_chat(w, 0, "before", 1);
    world_run(w, (uint64_t)(world_random(w) * 150));
    world_relay_kill(w);
    world_chat(w, 0, "during", 2);
    world_chat_to(w, 1, 0, "alone", 1);
    world_run(w, 6000);
    world_chat(w, 0, "later", 3);
    world_relay_start(w);
    world_run(w, 20000);
    for (unsigned i = 1; i < 3; i++)
        EXPECT(seed, times(w, i, "before") == 1 && times(w, i, "during") == 1 && times(w, i, "later") == 1);
    EXPECT(seed, times(w, 0, "alone") == 1 && times(w, 2, "alone") == 0);
    EXPECT(seed, w->people[0].delivered == 3 && w->people[1].delivered == 1 && w->people[0].chat_lost == 0);
    world_destroy(w);
}

// ---- lies ----

static void hand(struct world *w, unsigned from, unsigned to, const char *json)
{
    struct session *s = &w->people[from].session;
    uint64_t n;
    assert_true(room_keys_send(&s->keys, w->people[to].session.self, json, &n));
    world_run(w, 400);
}

static char *text_of(json_t *o) // which is let go
{
    char *text = json_dumps(o, 0);
    json_decref(o);
    return text;
}

// A member tells a newcomer what nobody said, tells it unasked, and tells what was said elsewhere.
static void liar(uint64_t seed)
{
    struct world *w = meeting(seed, 2);
    struct chat_history *h = &w->people[1].session.history;
    struct chat_history_have none = {.count = 0};
    uint8_t elsewhere[16] = {9}, tag[32];
    size_t at = 0;
    bool more;
    world_chat(w, 0, "true", 1);
    world_run(w, 1000);
    EXPECT(seed, h->count == 1);
    char *page = chat_history_page(h, &none, &at, &more), *lie = strdup(page);
    memcpy(strstr(lie, "\"true\""), "\"lies\"", 6);
    // Unasked, even the truth is nothing.
    come(w, 2);
    EXPECT(seed, w->people[2].chats == 1);
    hand(w, 1, 2, lie);
    hand(w, 1, 2, page);
    EXPECT(seed, w->people[2].chats == 1);
    // Asked, the liar is in the place of who was asked: a changed line, one of his own making under her name, one that
    // she signed in another room.
    struct chat_line line = {.id = 77, .at_ms = 5, .text = strdup("I owe Robert all")};
    memcpy(line.identity, w->people[0].session.config.identity, 32);
    snprintf(line.name, sizeof line.name, "Amina");
    chat_line_sign(&line, h->tag, w->people[1].identity_secret);
    json_t *forged = chat_line_write(&line);
    keys_chat_tag(tag, elsewhere);
    chat_line_sign(&line, tag, w->people[0].identity_secret);
    json_t *other = chat_line_write(&line);
    char *both = text_of(json_pack("{s:s,s:[o,o],s:b}", "kind", "history", "lines", forged, other, "more", 1));
    struct session_asking *a = &w->people[2].session.asking;
    a->wanted = true;
    a->asked = w->people[1].session.self;
    a->asked_join = w->people[1].session.join_id;
    a->due_us = w->now_us + 60000000;
    hand(w, 1, 2, both);
    hand(w, 1, 2, lie);
    EXPECT(seed, w->people[2].chats == 1);
    EXPECT(seed, times(w, 2, "owe") == 0 && times(w, 2, "lies") == 0);
    free(page);
    free(lie);
    free(both);
    chat_line_free(&line);
    world_destroy(w);
}

// A line whose author says he is `name`.
static json_t *signed_line(const struct world *w, const uint8_t identity[32], const uint8_t secret[64],
                           const char *name, uint64_t id)
{
    struct chat_line line = {.id = id, .at_ms = 5, .text = strdup("I owe Robert all")};
    memcpy(line.identity, identity, 32);
    snprintf(line.name, sizeof line.name, "%s", name);
    chat_line_sign(&line, w->people[1].session.history.tag, secret);
    json_t *o = chat_line_write(&line);
    chat_line_free(&line);
    return o;
}

// Everything is well signed, by himself or by nobodies he has made: but nobody who is here is spoken for by another.
static void borrows_names(uint64_t seed)
{
    struct world *w = meeting(seed, 3);
    uint8_t nobody[32], secret[64];
    struct session_asking *a = &w->people[2].session.asking;
    const struct session *liar = &w->people[1].session;
    crypto_sign_keypair(nobody, secret);
    json_t *lines =
        json_pack("[o,o,o,o]", signed_line(w, liar->config.identity, w->people[1].identity_secret, "Amina", 1),
                  signed_line(w, nobody, secret, " AMINA", 2), signed_line(w, nobody, secret, "Samuel", 3),
                  signed_line(w, nobody, secret, "Nora", 4));
    char *all = text_of(json_pack("{s:s,s:o,s:b}", "kind", "history", "lines", lines, "more", 0));
    a->wanted = true;
    a->asked = liar->self;
    a->asked_join = liar->join_id;
    a->due_us = w->now_us + 60000000;
    hand(w, 1, 2, all);
    EXPECT(seed, times(w, 2, "owe") == 2);
    EXPECT(seed, times(w, 2, "Robert: I owe") == 1 && times(w, 2, "Nora: I owe") == 1);
    free(all);
    world_destroy(w);
}

// Who asks all the time is answered three times, and then once in four seconds.
static void asks_all_the_time(uint64_t seed)
{
    struct world *w = meeting(seed, 2);
    world_chat(w, 0, "said", 1);
    world_run(w, 15000);
    unsigned before = w->people[0].session.told_pages;
    for (unsigned i = 0; i < 20; i++)
        hand(w, 1, 0, "{\"kind\":\"history-ask\",\"have\":[]}");
    EXPECT(seed, w->people[0].session.told_pages >= 3 && w->people[0].session.told_pages <= 5 && before <= 1);
    world_destroy(w);
}

#define TEST(name)                                                                                                     \
    static void t_##name(void **s)                                                                                     \
    {                                                                                                                  \
        (void)s;                                                                                                       \
        seeds_run(name, SEEDS, 1);                                                                                     \
    }
TEST(one_alone)
TEST(late)
TEST(over)
TEST(restart)
TEST(liar)
TEST(borrows_names)
TEST(asks_all_the_time)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(t_one_alone),     cmocka_unit_test(t_late), cmocka_unit_test(t_over),
        cmocka_unit_test(t_restart),       cmocka_unit_test(t_liar), cmocka_unit_test(t_asks_all_the_time),
        cmocka_unit_test(t_borrows_names),
    };
    if (sodium_init() < 0)
        return 1;
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
