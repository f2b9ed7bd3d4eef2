// Lines of chat as their authors sign them, and the last of them that are handed to who comes later: what a liar can
// make of somebody else's line, what is kept, and what one page holds.
#include "client/net/chat_history.h"
#include "shared/keys.h"

#include "unit.h"

#include <sodium.h>

static const uint8_t KEY[16] = {1, 2, 3}, OTHER_KEY[16] = {1, 2, 4};
static uint8_t tag[CHAT_LINE_TAG], amina[32], amina_secret[64], eve[32], eve_secret[64];
static struct chat_history h;

static int set_up(void **state)
{
    uint8_t seed[32] = {7};
    (void)state;
    keys_chat_tag(tag, KEY);
    crypto_sign_seed_keypair(amina, amina_secret, seed);
    seed[0] = 8;
    crypto_sign_seed_keypair(eve, eve_secret, seed);
    memset(&h, 0, sizeof h);
    chat_history_begin(&h, KEY);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    chat_history_end(&h);
    return 0;
}

static struct chat_line line_of(uint64_t id, const char *text)
{
    struct chat_line line = {.id = id, .at_ms = 1700000000000 + (int64_t)id, .text = strdup(text)};
    memcpy(line.identity, amina, 32);
    snprintf(line.name, sizeof line.name, "Amina");
    chat_line_sign(&line, tag, amina_secret);
    return line;
}

static void keep(uint64_t id, const char *text)
{
    struct chat_line line = line_of(id, text);
    assert_true(chat_history_keep(&h, &line));
    assert_null(line.text); // moved
}

// The signature as another implementation would make it, byte by byte.
static void signature_is_as_written(void **state)
{
    (void)state;
    struct chat_line line = line_of(0x0102030405060708, "Hello");
    uint8_t text[14 + 32 + 8 + 8 + 1 + 5 + 5], *p = text, expected[32];
    const uint64_t at = 1700000000000 + 0x0102030405060708;
    memcpy(p, "parlour line 1", 14);
    // KDF(invite key, "chat", nothing) = BLAKE2b-256 keyed with it over length | label.
    crypto_generichash(expected, 32,
                       (const uint8_t *)"\x04"
                                        "chat",
                       5, KEY, 16);
    memcpy(p + 14, expected, 32);
    for (unsigned i = 0; i < 8; i++) {
        p[46 + i] = (uint8_t)(i + 1);
        p[54 + i] = (uint8_t)(at >> (56 - 8 * i));
    }
    p[62] = 5;
    memcpy(p + 63, "AminaHello", 10);
    assert_int_equal(crypto_sign_verify_detached(line.signature, text, sizeof text, amina), 0);
    chat_line_free(&line);
}

static void nothing_of_it_can_be_changed(void **state)
{
    (void)state;
    uint8_t other[CHAT_LINE_TAG];
    struct chat_line line = line_of(5, "I shall pay");
    keys_chat_tag(other, OTHER_KEY);
    assert_true(chat_line_signed(&line, tag));
    assert_false(chat_line_signed(&line, other)); // said in another room
    line.id++;
    assert_false(chat_line_signed(&line, tag));
    line.id--;
    line.at_ms++;
    assert_false(chat_line_signed(&line, tag));
    line.at_ms--;
    line.name[4] = 'e';
    assert_false(chat_line_signed(&line, tag));
    line.name[4] = 'a';
    line.text[0] = 'Y';
    assert_false(chat_line_signed(&line, tag));
    line.text[0] = 'I';
    // Nor can a part of the name become a part of the text.
    memcpy(line.name, "Amin", 5);
    free(line.text);
    line.text = strdup("aI shall pay");
    assert_false(chat_line_signed(&line, tag));
    memcpy(line.name, "Amina", 6);
    free(line.text);
    line.text = strdup("I shall pay");
    memcpy(line.identity, eve, 32);
    assert_false(chat_line_signed(&line, tag));
    assert_false(chat_history_keep(&h, &line));
    assert_non_null(line.text); // untouched
    assert_int_equal(h.count, 0);
    chat_line_sign(&line, tag, eve_secret); // her own word, under her own key
    assert_true(chat_history_keep(&h, &line));
}

static void the_last_fifty_are_kept(void **state)
{
    (void)state;
    char text[32];
    for (uint64_t i = 1; i <= 120; i++) {
        snprintf(text, sizeof text, "line %u", (unsigned)i);
        keep(i, text);
    }
    assert_int_equal(h.count, 50);
    assert_int_equal(h.lines[0].id, 71);
    assert_string_equal(h.lines[49].text, "line 120");
}

static void long_ones_push_out_more(void **state)
{
    (void)state;
    static char text[8001];
    memset(text, 'w', 1990);
    for (uint64_t i = 1; i <= 60; i++) {
        keep(i, text);
        assert_true(h.bytes <= CHAT_HISTORY_BYTES);
    }
    assert_true(h.count >= 20 && h.count < 25);
    assert_int_equal(h.lines[h.count - 1].id, 60);
    // 2000 signs of four bytes are still a line; control characters that JSON writes with six are none to hand on.
    for (unsigned i = 0; i < 2000; i++)
        memcpy(text + 4 * i, "\xf0\x9f\x98\x80", 4);
    text[8000] = 0;
    keep(61, text);
    memset(text, 1, 2000);
    text[2000] = 0;
    struct chat_line line = line_of(62, text);
    assert_false(chat_history_keep(&h, &line));
    chat_line_free(&line);
}

static void another_room_begins_empty(void **state)
{
    (void)state;
    keep(1, "here");
    assert_false(chat_history_seen(&h, amina, 1));
    chat_history_begin(&h, KEY); // the same again: nothing happens
    assert_int_equal(h.count, 1);
    assert_true(chat_history_seen(&h, amina, 1));
    chat_history_begin(&h, OTHER_KEY);
    assert_int_equal(h.count, 0);
    assert_int_equal(h.bytes, 0);
    assert_false(chat_history_seen(&h, amina, 1));
}

static void a_line_is_seen_once(void **state)
{
    (void)state;
    assert_false(chat_history_seen(&h, amina, 9));
    assert_true(chat_history_seen(&h, amina, 9));
    assert_false(chat_history_seen(&h, eve, 9)); // nobody can use up another's
    for (uint64_t i = 1; i < CHAT_HISTORY_SEEN - 1; i++)
        assert_false(chat_history_seen(&h, eve, 100 + i));
    assert_true(chat_history_seen(&h, amina, 9));
    assert_false(chat_history_seen(&h, eve, 99));
    assert_false(chat_history_seen(&h, eve, 98)); // the oldest has gone
    assert_false(chat_history_seen(&h, amina, 9));
}

// ---- asking and answering ----

static json_t *parsed(char *text)
{
    json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(o);
    assert_true(strlen(text) <= CHAT_HISTORY_PAGE + 64);
    free(text);
    return o;
}

// Ask of a reader who has `h` what it lacks of `full`; returns the pages it took.
static unsigned fetch(const struct chat_history *full, struct chat_history *reader, size_t *lines)
{
    struct chat_history_have have;
    json_t *ask = parsed(chat_history_ask(reader));
    size_t at = 0;
    unsigned pages = 0;
    assert_true(chat_history_read_ask(&have, ask));
    json_decref(ask);
    *lines = 0;
    for (bool more = true; more; pages++) {
        json_t *page = parsed(chat_history_page(full, &have, &at, &more));
        assert_string_equal(json_string_value(json_object_get(page, "kind")), "history");
        assert_int_equal(json_is_true(json_object_get(page, "more")), more);
        const json_t *list = json_object_get(page, "lines");
        for (size_t i = 0; i < json_array_size(list); i++, ++*lines) {
            struct chat_line line;
            assert_true(chat_line_read(&line, json_array_get(list, i)));
            assert_true(chat_history_keep(reader, &line));
        }
        json_decref(page);
    }
    return pages;
}

static void pages_bring_what_is_lacking(void **state)
{
    (void)state;
    static struct chat_history reader;
    static char text[2001];
    size_t lines;
    memset(&reader, 0, sizeof reader);
    chat_history_begin(&reader, KEY);
    assert_int_equal(fetch(&h, &reader, &lines), 1); // nobody has written: an empty page says so
    assert_int_equal(lines, 0);
    memset(text, '"', 900); // each is two in JSON
    for (uint64_t i = 1; i <= 22; i++) {
        snprintf(text + 900, 100, "%u", (unsigned)i);
        keep(i, text);
    }
    unsigned pages = fetch(&h, &reader, &lines);
    assert_int_equal(lines, 22);
    assert_true(pages > 1 && pages <= CHAT_HISTORY_PAGES);
    for (size_t i = 0; i < 22; i++)
        assert_int_equal(reader.lines[i].id, i + 1); // in order
    assert_int_equal(fetch(&h, &reader, &lines), 1);
    assert_int_equal(lines, 0);
    keep(23, "and one");
    fetch(&h, &reader, &lines);
    assert_int_equal(lines, 1);
    chat_history_end(&reader);
}

static void bad_questions(void **state)
{
    (void)state;
    static const char *const bad[] = {"{}",
                                      "{\"have\":1}",
                                      "{\"have\":[1]}",
                                      "{\"have\":[\"0123456789abcde\"]}",
                                      "{\"have\":[\"0123456789ABCDEF\"]}",
                                      "{\"have\":[\"0000000000000000\"]}",
                                      "{\"have\":{}}"};
    struct chat_history_have have;
    json_t *o, *list = json_array();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        o = json_loads(bad[i], 0, NULL);
        assert_false(chat_history_read_ask(&have, o));
        json_decref(o);
    }
    for (unsigned i = 0; i < 51; i++)
        json_array_append_new(list, json_string("0123456789abcdef"));
    o = json_pack("{s:o}", "have", list);
    assert_false(chat_history_read_ask(&have, o)); // one too many
    json_array_remove(list, 0);
    assert_true(chat_history_read_ask(&have, o));
    assert_int_equal(have.count, 50);
    json_decref(o);
}

static void bad_lines(void **state)
{
    (void)state;
    static const char *const fields[] = {"from", "name", "text", "id", "at", "signature"};
    static char long_name[400];
    struct chat_line line = line_of(3, "x"), out;
    json_t *good = chat_line_write(&line);
    assert_true(chat_line_read(&out, good));
    assert_true(chat_line_signed(&out, tag));
    assert_string_equal(out.text, "x");
    chat_line_free(&out);
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        json_t *kept = json_incref(json_object_get(good, fields[i]));
        json_object_del(good, fields[i]);
        assert_false(chat_line_read(&out, good));
        assert_null(out.text);
        json_object_set_new(good, fields[i], json_true());
        assert_false(chat_line_read(&out, good));
        json_object_set_new(good, fields[i], json_string(""));
        assert_false(chat_line_read(&out, good));
        json_object_set_new(good, fields[i], kept);
    }
    json_object_set_new(good, "at", json_integer(-1));
    assert_false(chat_line_read(&out, good));
    json_object_set_new(good, "at", json_integer(1));
    memset(long_name, 'n', 33);
    json_object_set_new(good, "name", json_string(long_name));
    assert_false(chat_line_read(&out, good));
    json_object_set_new(good, "name", json_stringn("A\0b", 3));
    assert_false(chat_line_read(&out, good));
    json_object_set_new(good, "name", json_string("A"));
    assert_true(chat_line_read(&out, good));
    assert_false(chat_line_signed(&out, tag));
    chat_line_free(&out);
    json_object_set_new(good, "text", json_stringn("A\0b", 3));
    assert_false(chat_line_read(&out, good));
    json_decref(good);
    chat_line_free(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(signature_is_as_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_of_it_can_be_changed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_last_fifty_are_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_ones_push_out_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_room_begins_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_line_is_seen_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pages_bring_what_is_lacking, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_questions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_lines, set_up, tear_down),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
