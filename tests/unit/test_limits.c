// The limits a reader is told and the limits the programs keep are the same: every row of the table in
// shared/PROTOCOL.md §11 is in enum wire_limit of shared/wire.h with that value, and the other way round.
#include "tests/unit/unit.h"

enum { LIMITS_MAX = 200 };

struct limit {
    char name[64];
    long value;
};

static char *read_file(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", SOURCE_DIR, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char *text = calloc(1, 1 << 20);
    assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
    fclose(f);
    return text;
}

// Every "<before>NAME<between>number" between two marks, one a line.
static size_t collect(struct limit *out, const char *file, const char *from, const char *to, const char *before,
                      const char *between)
{
    char *text = read_file(file), *start = strstr(text, from);
    assert_non_null(start);
    char *end = strstr(start + strlen(from), to);
    assert_non_null(end);
    *end = 0;
    size_t count = 0;
    for (char *line = strtok_r(start, "\n", &end); line; line = strtok_r(NULL, "\n", &end)) {
        char *name = strstr(line, before);
        if (!name)
            continue;
        name += strlen(before) - strlen("WIRE_");
        size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
        if (strncmp(name + n, between, strlen(between)))
            continue;
        assert_true(count < LIMITS_MAX && n < sizeof out->name);
        snprintf(out[count].name, sizeof out->name, "%.*s", (int)n, name);
        out[count++].value = strtol(name + n + strlen(between), NULL, 10);
    }
    free(text);
    return count;
}

static void each_in(const struct limit *a, size_t a_count, const struct limit *b, size_t b_count, const char *where)
{
    for (size_t i = 0; i < a_count; i++) {
        size_t k = 0;
        while (k < b_count && strcmp(a[i].name, b[k].name))
            k++;
        if (k == b_count)
            fail_msg("%s is missing in %s", a[i].name, where);
        if (a[i].value != b[k].value)
            fail_msg("%s is %ld in %s, and %ld in the other", a[i].name, b[k].value, where, a[i].value);
    }
}

static void table_and_enum_agree(void **state)
{
    static struct limit code[LIMITS_MAX], table[LIMITS_MAX];
    (void)state;
    size_t in_code = collect(code, "shared/wire.h", "enum wire_limit {", "};", "    WIRE_", " = ");
    size_t in_table = collect(table, "shared/PROTOCOL.md", "## 11. Limits", "\n## 12.", "| `WIRE_", "` | ");
    assert_true(in_code > 40);
    each_in(code, in_code, table, in_table, "shared/PROTOCOL.md");
    each_in(table, in_table, code, in_code, "shared/wire.h");
    assert_int_equal(in_code, in_table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(table_and_enum_agree)};
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
