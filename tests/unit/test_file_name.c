#include "tests/unit/unit.h"

#include "client/file_name.h"

static const struct {
    const char *label, *name;
} TABLE[] = {
    {"holiday.jpg", "holiday.jpg"},
    {"Über uns – Grüße.pdf", "Über uns – Grüße.pdf"},
    {"../../etc/passwd", "passwd"},
    {"..\\..\\boot.ini", "boot.ini"},
    {"/", "file"},
    {"", "file"},
    {".", "file"},
    {"..", "file"},
    {"a/..", "file"},
    {".bashrc", "bashrc"},
    {"-rf", "rf"},
    {"name. . ", "name"},
    {"what?*:<>|\".txt", "what_______.txt"},
    {"x\x01y\x7f\x1b[31m.txt", "xy[31m.txt"},
    {"CON", "_CON"},
    {"con.txt", "_con.txt"},
    {"lpt1 .txt", "_lpt1 .txt"},
    {"comma.txt", "comma.txt"},
    {"com5", "_com5"},
    {"invoice\u202Efdp.exe", "invoicefdp.exe"},
    {"a\u2044b\uFF0Fc.txt", "c.txt"},
    {"two\nlines.txt", "two lines.txt"},
};

static void table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++) {
        char out[FILE_NAME_SIZE];
        file_name_clean(out, TABLE[i].label, strlen(TABLE[i].label));
        assert_string_equal(out, TABLE[i].name);
    }
}

static void long_ones(void **state)
{
    (void)state;
    char label[700], out[FILE_NAME_SIZE], again[FILE_NAME_SIZE];
    for (size_t i = 0; i + 2 < 600; i += 2)
        memcpy(label + i, "ü", 2);
    memcpy(label + 598, ".tar.gz", sizeof ".tar.gz");
    file_name_clean(out, label, strlen(label));
    assert_in_range(strlen(out), FILE_NAME_MOST - 4, FILE_NAME_MOST);
    assert_string_equal(out + strlen(out) - 3, ".gz");
    file_name_numbered(again, out, 17);
    assert_in_range(strlen(again), FILE_NAME_MOST - 4, FILE_NAME_MOST);
    assert_string_equal(again + strlen(again) - 8, " (17).gz");
    file_name_numbered(again, "a.pdf", 2);
    assert_string_equal(again, "a (2).pdf");
    file_name_numbered(again, "README", 3);
    assert_string_equal(again, "README (3)");
    file_name_marked(again, "a.b.mkv", "-2");
    assert_string_equal(again, "a.b-2.mkv");
    memset(label, 'a', 250); // one that is no clean one
    memcpy(label + 250, ".mkv", sizeof ".mkv");
    file_name_marked(again, label, "-2");
    assert_int_equal(strlen(again), FILE_NAME_MOST);
    assert_string_equal(again + FILE_NAME_MOST - 7, "a-2.mkv");
}

// Whatever it is called, it is one harmless name; and a harmless one stays.
static void any(void **state)
{
    (void)state;
    static const char *const parts[] = {"/",    "\\",           "..", ".",  " ",    "-",  "con", "nul.", "a",   "ü",
                                        "\xff", "\xe2\x80\xae", "|",  "\n", "\x1b", "（", "aux", "~",    ".pdf"};
    uint64_t seed = unit_seed();
    for (int round = 0; round < 200000; round++) {
        char label[400], out[FILE_NAME_SIZE], again[FILE_NAME_SIZE];
        size_t n = 0;
        for (unsigned i = (unsigned)(unit_random(&seed) % 24); i > 0; i--) {
            const char *part = parts[unit_random(&seed) % (sizeof parts / sizeof *parts)];
            memcpy(label + n, part, strlen(part));
            n += strlen(part);
        }
        file_name_clean(out, label, n);
        assert_true(out[0] && strlen(out) <= FILE_NAME_MOST && out[0] != '.' && out[0] != '-');
        assert_null(strpbrk(out, "/\\:*?\"<>|\n\x1b\x7f"));
        file_name_clean(again, out, strlen(out));
        assert_string_equal(out, again);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(table), cmocka_unit_test(long_ones), cmocka_unit_test(any)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
