// Invite links: what is read back is what was written, and everything else is refused.
#include "client/invite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define KEY "AAECAwQFBgcICQoLDA0ODw"
#define FP  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static void reads(const char *text, const char *host, uint16_t port, uint32_t code, bool key, bool fp)
{
    struct invite i;
    const char *why;
    if (!invite_parse(&i, text, &why))
        fail_msg("%s: %s", text, why);
    assert_string_equal(i.host, host);
    assert_int_equal(i.port, port);
    assert_int_equal(i.code, code);
    assert_int_equal(i.has_fingerprint, fp);
    assert_int_equal(i.has_key, key);
    for (uint8_t k = 0; k < 16; k++)
        assert_int_equal(i.key[k], key ? k : 0);
    for (uint8_t k = 0; fp && k < 32; k++)
        assert_int_equal(i.fingerprint[k], k);
}

static void good(const char *text, const char *host, uint16_t port, uint32_t code, bool fp)
{
    reads(text, host, port, code, true, fp);
}

static void reads_links_without_a_key(void **state)
{
    (void)state;
    reads("parlour://r/r/428193", "r", 5000, 428193, false, false);
    reads("parlour://[::1]:7/r/428193#", "::1", 7, 428193, false, false);
    reads("parlour://r/r/428193#fp=" FP, "r", 5000, 428193, false, true);
    reads("parlour://r/r/428193#later=x&fp=" FP, "r", 5000, 428193, false, true);
}

static void reads_links_to_public_relays(void **state)
{
    struct invite i;
    const char *why;
    char out[INVITE_TEXT_MAX];
    (void)state;
    assert_true(invite_parse(&i, "parlour://r/r/428193#fp=public&k=" KEY, &why));
    assert_true(i.is_public && !i.has_fingerprint && i.has_key);
    assert_true(invite_build(&i, out, sizeof out));
    assert_string_equal(out, "parlour://r/r/428193#k=" KEY "&fp=public");
    i.has_key = false;
    assert_true(invite_build(&i, out, sizeof out));
    assert_string_equal(out, "parlour://r/r/428193#fp=public");
    assert_false(invite_parse(&i, "parlour://r/r/428193#fp=public&fp=" FP, &why));
    assert_false(invite_parse(&i, "parlour://r/r/428193#fp=" FP "&fp=public", &why));
    assert_false(invite_parse(&i, "parlour://r/r/428193#fp=publi", &why));
    assert_false(invite_parse(&i, "parlour://r/r/428193#fp=publicly", &why));
    assert_false(invite_parse(&i, "parlour://r/r/428193#fp=", &why));
    assert_true(invite_set_relay_key(&i, FP) && i.has_fingerprint && !i.is_public);
    assert_true(invite_set_relay_key(&i, "public") && !i.has_fingerprint && i.is_public);
    assert_int_equal(i.fingerprint[31], 0);
    assert_true(invite_set_relay_key(&i, "") && !i.has_fingerprint && !i.is_public);
    assert_false(invite_set_relay_key(&i, "AAAA"));
}

static void reads_good_links(void **state)
{
    (void)state;
    good("parlour://relay.example/r/428193#k=" KEY, "relay.example", 5000, 428193, false);
    good("parlour://relay.example:7000/r/000001#k=" KEY "&fp=" FP, "relay.example", 7000, 1, true);
    good("parlour://[2001:db8::1]/r/428193#k=" KEY, "2001:db8::1", 5000, 428193, false);
    good("parlour://[::1]:80/r/428193#fp=" FP "&k=" KEY, "::1", 80, 428193, true);
    good("  parlour://10.0.0.1:65535/r/999999#k=" KEY "\n", "10.0.0.1", 65535, 999999, false);
    good("parlour://r/r/428193#k=" KEY "&later=x", "r", 5000, 428193, false);
    good("parlour://r/r/428193%23k%3D" KEY "%26fp%3D" FP, "r", 5000, 428193, true);
}

static void refuses_bad_links(void **state)
{
    static const char *const bad[] = {
        "",
        "parlour:",
        "parlour://",
        "http://r/r/428193#k=" KEY,
        "parlour:r/r/428193#k=" KEY,
        "parlour:///r/428193#k=" KEY,
        "parlour://r/r/42819#k=" KEY,
        "parlour://r/r/4281930#k=" KEY,
        "parlour://r/r/42819x#k=" KEY,
        "parlour://r/428193#k=" KEY,
        "parlour://r/r/428193/#k=" KEY,
        "parlour://r/r/428193?k=" KEY,
        "parlour://r/r/428193?k=" KEY "#k=" KEY,
        "parlour://r/r/42819",
        "parlour://r/r",
        "parlour://r",
        "parlour://r#/r/428193",
        "parlour://r/r/428193#k=",
        "parlour://r/r/428193#k=AA",
        "parlour://r/r/428193#k=" KEY "A",
        "parlour://r/r/428193#k=" KEY "==",
        "parlour://r/r/428193#k=" KEY "&k=" KEY,
        "parlour://r/r/428193#k=" KEY "&fp=AA",
        "parlour://r/r/428193#k=" KEY "&fp=" FP "&fp=" FP,
        "parlour://r/r/428193#k=AAECAwQFBgcICQoLDA0OD+",
        "parlour://r:0/r/428193#k=" KEY,
        "parlour://r:65536/r/428193#k=" KEY,
        "parlour://r:/r/428193#k=" KEY,
        "parlour://r:5x/r/428193#k=" KEY,
        "parlour://::1/r/428193#k=" KEY,
        "parlour://[::1/r/428193#k=" KEY,
        "parlour://[r]/r/428193#k=" KEY,
        "parlour://[]/r/428193#k=" KEY,
        "parlour://u@r/r/428193#k=" KEY,
        "parlour://-r/r/428193#k=" KEY,
        "parlour://r r/r/428193#k=" KEY,
        "parlour://r%0a/r/428193#k=" KEY,
        "parlour://r%/r/428193#k=" KEY,
        "parlour://r%4/r/428193#k=" KEY,
        "parlour://r%00/r/428193#k=" KEY,
        "parlour://r\xc3\xa4/r/428193#k=" KEY,
        "parlour://r%2Fr/r/428193#k=" KEY,
        "Parlour://r/r/428193#k=" KEY,
    };
    (void)state;
    struct invite i, zero;
    const char *why;
    memset(&zero, 0, sizeof zero);
    for (size_t n = 0; n < sizeof bad / sizeof *bad; n++) {
        if (invite_parse(&i, bad[n], &why))
            fail_msg("taken: %s", bad[n]);
        assert_non_null(why);
        assert_null(strstr(why, KEY));
        assert_memory_equal(&i, &zero, sizeof i);
    }
    char big[2000];
    int at = snprintf(big, sizeof big, "parlour://");
    memset(big + at, 'a', 1000);
    snprintf(big + at + 1000, sizeof big - 1000 - (size_t)at, "/r/428193#k=" KEY);
    assert_false(invite_parse(&i, big, &why));
}

static void builds_what_it_reads(void **state)
{
    static const char *const links[] = {
        "parlour://relay.example/r/428193#k=" KEY, "parlour://[2001:db8::1]:5001/r/000000#k=" KEY "&fp=" FP,
        "parlour://10.0.0.1:1/r/000009#k=" KEY,    "parlour://relay.example/r/428193",
        "parlour://relay.example/r/428193#fp=" FP,
    };
    (void)state;
    struct invite i;
    const char *why;
    char out[INVITE_TEXT_MAX];
    for (size_t n = 0; n < sizeof links / sizeof *links; n++) {
        assert_true(invite_parse(&i, links[n], &why));
        assert_true(invite_build(&i, out, sizeof out));
        assert_string_equal(out, links[n]);
        assert_false(invite_build(&i, out, strlen(links[n])));
    }
    memset(i.host, 'h', sizeof i.host);
    i.host[sizeof i.host - 1] = 0;
    i.port = 65535;
    i.has_key = i.has_fingerprint = true;
    assert_true(invite_build(&i, out, sizeof out)); // the longest fits
    struct invite again;
    assert_true(invite_parse(&again, out, &why));
    assert_string_equal(again.host, i.host);
    i.code = 1000000;
    assert_false(invite_build(&i, out, sizeof out));
    i.code = 1;
    i.host[0] = '/';
    assert_false(invite_build(&i, out, sizeof out));
    i.host[0] = 0;
    assert_false(invite_build(&i, out, sizeof out));
}

static void reads_bare_codes(void **state)
{
    (void)state;
    uint32_t code = 0;
    assert_true(invite_code(&code, "428193"));
    assert_int_equal(code, 428193);
    assert_true(invite_code(&code, " 001 002 "));
    assert_int_equal(code, 1002);
    assert_false(invite_code(&code, "42819"));
    assert_false(invite_code(&code, "4281933"));
    assert_false(invite_code(&code, "42 8193"));
    assert_false(invite_code(&code, "42819a"));
    assert_false(invite_code(&code, ""));
    assert_true(invite_is_link(" parlour:x"));
    assert_false(invite_is_link("428193"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_links_to_public_relays), cmocka_unit_test(reads_good_links),
        cmocka_unit_test(reads_links_without_a_key),    cmocka_unit_test(refuses_bad_links),
        cmocka_unit_test(builds_what_it_reads),         cmocka_unit_test(reads_bare_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
