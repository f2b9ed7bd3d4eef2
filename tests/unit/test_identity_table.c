// Whom a box has met: what names and keys say about somebody who comes, what goes when there are too many, the file's
// text. Fingerprints computed with Python's hashlib.blake2b and base64.b32encode.
#include "tests/unit/unit.h"

#include "client/identity_table.h"
#include "shared/keys.h"

#define KEY_0 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" // bytes 0 to 31
#define HEAD  "# Whom this machine has met: key, first and last seen, v = verified, p = paired, name.\n"

static struct identity_table t;

static int set_up(void **state)
{
    (void)state;
    t = (struct identity_table){.count = 0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    identity_table_free(&t);
    return 0;
}

static const uint8_t *key(unsigned n)
{
    static uint8_t keys[4][32];
    static unsigned turn;
    uint8_t *k = keys[turn++ % 4];
    memset(k, 0x55, 32);
    k[3] = (uint8_t)n;
    k[30] = (uint8_t)(n >> 8);
    return k;
}

static void read_text(const char *text)
{
    identity_table_read(&t, text, strlen(text));
}

// The next run: everything goes through the file.
static void next_run(void)
{
    size_t size;
    char *text = identity_table_write(&t, &size);
    identity_table_free(&t);
    identity_table_read(&t, text, size);
    assert_int_equal(t.damaged, 0);
    free(text);
}

static void judges(const char *name, unsigned k, enum call_trust trust)
{
    assert_int_equal(identity_table_judge(&t, name, key(k), false), trust);
}

static void a_known_name_with_another_key_has_changed(void **state)
{
    (void)state;
    judges("Ada", 1, CALL_TRUST_NEW);
    assert_true(identity_table_met(&t, "Ada", key(1), 1000));
    judges("Ada", 1, CALL_TRUST_NEW);
    identity_table_settle(&t, 1000 + 3599);
    judges("Ada", 2, CALL_TRUST_NEW); // two boxes may have one name
    identity_table_settle(&t, 1000 + 3600);
    judges("Ada", 2, CALL_TRUST_CHANGED); // but not in a run that lasts for months
    next_run();
    judges("Ada", 1, CALL_TRUST_NEW);
    judges("Ada", 2, CALL_TRUST_CHANGED);
    judges(" Ada\xe2\x80\x8b ", 2, CALL_TRUST_CHANGED);
    judges("aDA", 2, CALL_TRUST_CHANGED);                     // nobody reads that as another name
    judges("Adah", 2, CALL_TRUST_NEW);                        // another name
    judges("Bob", 1, CALL_TRUST_NEW);                         // a known key under a name nobody had
    assert_true(identity_table_met(&t, "Ada", key(2), 2000)); // a person accepts it
    judges("Ada", 2, CALL_TRUST_NEW);
    judges("Ada", 1, CALL_TRUST_NEW);
    judges("Ada", 3, CALL_TRUST_CHANGED);
    assert_true(identity_table_met(&t, "Bob", key(4), 2000));
    next_run();
    judges("Bob", 1, CALL_TRUST_CHANGED); // judged by the new name, whoever it was before
}

static void verified_is_a_key_under_a_name(void **state)
{
    (void)state;
    assert_false(identity_table_verify(&t, "Ada", key(1)));
    identity_table_met(&t, "Ada", key(1), 1000);
    identity_table_met(&t, "Ada at work", key(1), 1000);
    assert_true(identity_table_verify(&t, "Ada", key(1)));
    judges("Ada", 1, CALL_TRUST_VERIFIED);
    judges("Ada at work", 1, CALL_TRUST_NEW);
    judges("Ada", 2, CALL_TRUST_CHANGED); // in the same run: who was compared is known
    judges("Ada at work", 2, CALL_TRUST_NEW);
    next_run();
    judges("Ada", 1, CALL_TRUST_VERIFIED);
    assert_true(identity_table_verify(&t, NULL, key(1)));
    judges("Ada at work", 1, CALL_TRUST_VERIFIED);
    assert_false(identity_table_verify(&t, NULL, key(2)));
}

static void only_the_paired_are_no_strangers(void **state)
{
    (void)state;
    identity_table_met(&t, "Ada", key(1), 1000);
    next_run();
    assert_int_equal(identity_table_judge(&t, "Ada", key(1), true), CALL_TRUST_STRANGER);
    assert_true(identity_table_pair(&t, key(1), true));
    assert_true(identity_table_pair(&t, key(2), true)); // before it is met
    next_run();
    assert_int_equal(t.count, 2);
    assert_int_equal(identity_table_judge(&t, "Ada", key(1), true), CALL_TRUST_NEW);
    assert_int_equal(identity_table_judge(&t, "Anything", key(1), true), CALL_TRUST_NEW);
    assert_int_equal(identity_table_judge(&t, "Bob", key(2), true), CALL_TRUST_NEW);
    assert_int_equal(identity_table_judge(&t, "Ada", key(2), true), CALL_TRUST_CHANGED);
    assert_int_equal(identity_table_judge(&t, "Ada", key(3), true), CALL_TRUST_STRANGER);
    assert_true(identity_table_met(&t, "Bob", key(2), 5000));
    assert_int_equal(t.count, 2); // the row that waited for it
    assert_string_equal(t.rows[1].name, "Bob");
    assert_int_equal(t.rows[1].first_s, 5000);
    assert_true(identity_table_met(&t, "Bobby", key(2), 5000));
    assert_true(t.rows[2].paired);
    assert_true(identity_table_pair(&t, key(2), false));
    assert_int_equal(identity_table_judge(&t, "Bob", key(2), true), CALL_TRUST_STRANGER);
    assert_int_equal(identity_table_judge(&t, "Bobby", key(2), true), CALL_TRUST_STRANGER);
    assert_false(identity_table_pair(&t, key(2), false));
    identity_table_pair(&t, key(9), true);
    assert_true(identity_table_pair(&t, key(9), false));
    assert_int_equal(t.count, 3); // nothing is left of who was never met
    // A key compared before it was met.
    identity_table_pair(&t, key(7), true);
    assert_true(identity_table_verify(&t, NULL, key(7)));
    judges("Cy", 7, CALL_TRUST_VERIFIED);
    judges("Ada", 7, CALL_TRUST_CHANGED);
}

static void paired_and_met_are_of_the_key(void **state)
{
    (void)state;
    assert_false(identity_table_paired(&t, key(1)) || identity_table_seen(&t, key(1)));
    identity_table_met(&t, "Ada", key(1), 1000);
    assert_true(identity_table_seen(&t, key(1)));
    assert_false(identity_table_paired(&t, key(1)) || identity_table_seen(&t, key(2)));
    identity_table_pair(&t, key(2), true);
    assert_true(identity_table_paired(&t, key(2)));
    assert_false(identity_table_seen(&t, key(2))); // paired before it was met
    identity_table_met(&t, "Bob", key(2), 2000);
    next_run();
    assert_true(identity_table_paired(&t, key(2)) && identity_table_seen(&t, key(2)));
    identity_table_pair(&t, key(2), false);
    assert_false(identity_table_paired(&t, key(2)));
    assert_true(identity_table_seen(&t, key(2)));
}

static void forgets(void **state)
{
    (void)state;
    identity_table_met(&t, "Ada", key(1), 1000);
    identity_table_met(&t, "Ada", key(2), 1000);
    identity_table_met(&t, "Bob", key(1), 1000);
    next_run();
    assert_true(identity_table_forget(&t, " Ada ", NULL));
    assert_int_equal(t.count, 1);
    judges("Ada", 3, CALL_TRUST_NEW);
    judges("Bob", 3, CALL_TRUST_CHANGED);
    assert_false(identity_table_forget(&t, "Ada", NULL));
    assert_true(identity_table_forget(&t, NULL, key(1)));
    assert_false(identity_table_forget(&t, NULL, key(1)));
    assert_int_equal(t.count, 0);
}

static void seen_again(void **state)
{
    (void)state;
    assert_true(identity_table_met(&t, "Ada", key(1), 1000));
    assert_false(identity_table_met(&t, "Ada", key(1), 1059));
    assert_true(identity_table_met(&t, "Ada", key(1), 1060));
    assert_int_equal(t.rows[0].first_s, 1000);
    assert_int_equal(t.rows[0].last_s, 1060);
    assert_true(identity_table_met(&t, "Ada", key(1), 500)); // the clock was set back
    assert_int_equal(t.rows[0].first_s, 500);
    assert_int_equal(t.rows[0].last_s, 500);
    identity_table_met(&t, "Ada", key(1), INT64_MIN);
    identity_table_met(&t, "Ada", key(1), INT64_MAX);
    next_run();
    assert_int_equal(t.count, 1);
}

static void when_full_who_was_seen_longest_ago_goes(void **state)
{
    (void)state;
    char name[32];
    for (unsigned i = 0; i < IDENTITY_TABLE_MAX; i++) {
        snprintf(name, sizeof name, "box %u", i);
        assert_true(identity_table_met(&t, name, key(i), 10000 + i));
    }
    identity_table_verify(&t, NULL, key(0));
    identity_table_pair(&t, key(1), true);
    assert_true(identity_table_met(&t, "box 2", key(2), 90000));
    next_run();
    assert_int_equal(t.count, IDENTITY_TABLE_MAX);
    assert_true(identity_table_met(&t, "new", key(5000), 95000));
    assert_int_equal(t.count, IDENTITY_TABLE_MAX);
    judges("box 0", 9999, CALL_TRUST_CHANGED);
    judges("box 1", 9999, CALL_TRUST_CHANGED);
    judges("box 2", 9999, CALL_TRUST_CHANGED);
    judges("box 3", 9999, CALL_TRUST_NEW); // this one went
    judges("box 4", 9999, CALL_TRUST_CHANGED);
    for (size_t i = 0; i < t.count; i++)
        t.rows[i].verified = true;
    assert_false(identity_table_met(&t, "newer", key(5001), 95000));
    assert_false(identity_table_pair(&t, key(5001), true));
    assert_int_equal(t.count, IDENTITY_TABLE_MAX);
}

static void fingerprints(void **state)
{
    (void)state;
    uint8_t k[32], found[32];
    char text[KEYS_FINGERPRINT_TEXT];
    bool long_form;
    unit_count(k, 32, 0);
    keys_fingerprint_text(text, k);
    assert_string_equal(text, "oewd-rjg3-he62-cblf");
    assert_int_equal(identity_table_find(&t, text, found, &long_form), IDENTITY_UNKNOWN);
    assert_false(long_form);
    assert_int_equal(identity_table_find(&t, KEY_0, found, &long_form), IDENTITY_UNKNOWN);
    assert_true(long_form);
    assert_memory_equal(found, k, 32);
    identity_table_met(&t, "Ada", k, 1000);
    identity_table_met(&t, "Ada at work", k, 1000);
    identity_table_met(&t, "Bob", key(1), 1000);
    static const char *const good[] = {"oewd-rjg3-he62-cblf", "OEWD-RJG3-HE62-CBLF", "oewdrjg3he62cblf", KEY_0};
    for (size_t i = 0; i < 4; i++) {
        memset(found, 0, sizeof found);
        assert_int_equal(identity_table_find(&t, good[i], found, &long_form), IDENTITY_FOUND);
        assert_memory_equal(found, k, 32);
    }
    assert_int_equal(identity_table_find(&t, "oewd-rjg3-he62-cbla", found, &long_form), IDENTITY_UNKNOWN);
    static const char *const bad[] = {
        "", "-", "oewd-rjg3-he62-cbl", "oewd-rjg3-he62-cblfa", "oewd-rjg3-he62-cbl1", "Ada", "oewd-rjg3-he62-cblf-"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(identity_table_find(&t, bad[i], found, &long_form), IDENTITY_NO_FINGERPRINT);
}

static void who_is_paired_is_listed_last_seen_first(void **state)
{
    (void)state;
    uint8_t out[4][32];
    identity_table_met(&t, "Ada", key(1), 1000);
    identity_table_met(&t, "Ada at work", key(1), 9000);
    identity_table_met(&t, "Bob", key(2), 5000);
    identity_table_met(&t, "Cat", key(3), 7000);
    for (unsigned i = 1; i <= 4; i++)
        if (i != 3)
            assert_true(identity_table_pair(&t, key(i), true)); // 4: never met
    assert_int_equal(identity_table_list_paired(&t, out, 4), 3);
    for (unsigned i = 0; i < 3; i++)
        assert_memory_equal(out[i], key(i == 2 ? 4 : i + 1), 32);
    assert_int_equal(identity_table_list_paired(&t, out, 1), 1);
    assert_memory_equal(out[0], key(1), 32);
    assert_true(identity_table_pair(&t, key(1), false));
    assert_int_equal(identity_table_list_paired(&t, out, 4), 2);
}

static void reads_the_file(void **state)
{
    (void)state;
    size_t size;
    read_text(HEAD "# a note\n\n" KEY_0 " 10 20 vp Living room\n" KEY_0 " 0 0 p\n" KEY_0 " 1 2 - 100 % of us");
    assert_int_equal(t.count, 3);
    assert_int_equal(t.damaged, 0);
    assert_string_equal(t.rows[0].name, "Living room");
    assert_int_equal(t.rows[0].first_s, 10);
    assert_int_equal(t.rows[0].last_s, 20);
    assert_true(t.rows[0].verified && t.rows[0].paired && !t.rows[0].fresh);
    assert_string_equal(t.rows[1].name, "");
    assert_string_equal(t.rows[2].name, "100 % of us");
    assert_true(!t.rows[2].verified && t.rows[2].paired); // its key is
    char *text = identity_table_write(&t, &size);
    const char *expected = HEAD KEY_0 " 10 20 vp Living room\n" KEY_0 " 0 0 p\n" KEY_0 " 1 2 p 100 % of us\n# a note\n";
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(text, expected, size);
    free(text);
}

static void what_is_damaged_says_nothing_and_stays(void **state)
{
    static const char *const bad[] = {
        "nonsense",
        KEY_0,
        KEY_0 " ",
        KEY_0 " 1 2",
        KEY_0 " 1 2 ",
        KEY_0 " 1 2 x Ada",
        KEY_0 " 1 2 pv Ada",
        KEY_0 " 1 2 vv Ada",
        KEY_0 " 1 2 -",
        KEY_0 " 1 2 v",
        KEY_0 " 1 2 -Ada",
        KEY_0 " 2 1 - Ada",
        KEY_0 " -1 2 - Ada",
        KEY_0 " 1 999999999999 - Ada",
        KEY_0 " 1 99999999999999999999 - Ada",
        KEY_0 "  1 2 - Ada",
        KEY_0 "A 1 2 - Ada",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9 1 2 - Ada", // not base64 as it should be
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh 1 2 - Ada",
    };
    (void)state;
    char text[8000] = HEAD;
    size_t count = sizeof bad / sizeof *bad, size;
    for (size_t i = 0; i < count; i++) {
        strncat(text, bad[i], sizeof text - strlen(text) - 1);
        strncat(text, "\n", sizeof text - strlen(text) - 1);
    }
    char long_name[1000];
    memset(long_name, 'x', sizeof long_name);
    snprintf(long_name, 220, KEY_0 " 1 2 - ");
    long_name[strlen(long_name)] = 'x';
    long_name[999] = '\n';
    read_text(text);
    identity_table_read(&t, long_name, sizeof long_name);
    assert_int_equal(t.damaged, 1);
    identity_table_free(&t);
    read_text(text);
    if (t.count)
        fail_msg("taken: %s", t.rows[0].name);
    assert_int_equal(t.damaged, count);
    assert_int_equal(t.damaged_line, 2);
    identity_table_met(&t, "Ada", key(1), 5);
    char *out = identity_table_write(&t, &size);
    const char *kept = memchr(out + sizeof HEAD, '\n', size - sizeof HEAD);
    assert_int_equal(size - (size_t)(kept + 1 - out), strlen(text) - strlen(HEAD));
    assert_memory_equal(kept + 1, text + strlen(HEAD), strlen(text) - strlen(HEAD));
    free(out);
    identity_table_free(&t);
    identity_table_read(&t, KEY_0 " 1 2 - A\0a\n", sizeof KEY_0 + 10);
    assert_int_equal(t.damaged, 1);
    assert_int_equal(t.count, 0);
}

static void twice_is_as_much_as_both_say(void **state)
{
    (void)state;
    read_text(KEY_0 " 10 20 v Ada\n" KEY_0 " 5 15 - Ada \n" KEY_0 " 6 30 p  Ada\n");
    assert_int_equal(t.count, 1);
    assert_int_equal(t.rows[0].first_s, 5);
    assert_int_equal(t.rows[0].last_s, 30);
    assert_true(t.rows[0].verified && t.rows[0].paired);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_known_name_with_another_key_has_changed),
        TEST(verified_is_a_key_under_a_name),
        TEST(only_the_paired_are_no_strangers),
        TEST(paired_and_met_are_of_the_key),
        TEST(forgets),
        TEST(seen_again),
        TEST(when_full_who_was_seen_longest_ago_goes),
        TEST(fingerprints),
        TEST(who_is_paired_is_listed_last_seen_first),
        TEST(reads_the_file),
        TEST(what_is_damaged_says_nothing_and_stays),
        TEST(twice_is_as_much_as_both_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
