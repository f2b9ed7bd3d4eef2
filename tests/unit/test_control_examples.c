// The examples of shared/PROTOCOL.md §10 are messages: what is cut short there ("AQID…") filled up, each is taken, and
// written it is the same again.
#include "tests/unit/unit.h"

#include "shared/control.h"

enum { LINE_MAX_BYTES = 4096 };

static const char CUT[] = "\xe2\x80\xa6";

// How many characters of base64 a field has, at least.
static size_t length_of(const char *field, size_t n)
{
    static const struct {
        const char *field;
        size_t bytes;
    } table[] = {{"signature", STATEMENT_SIZE},
                 {"proof", STATEMENT_SIZE},
                 {"ticket", 3},
                 {"descriptor", DESCRIPTOR_MIN},
                 {"data", 3}};
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (strlen(table[i].field) == n && strncmp(table[i].field, field, n) == 0)
            return keys_base64_size(table[i].bytes) - 1;
    return keys_base64_size(32) - 1;
}

// Fill up what is cut short: a value of four letters, the name of its field before it.
static void whole(char *out, const char *line)
{
    const char *cut;
    size_t used = 0;
    while ((cut = strstr(line, CUT))) {
        const char *value = cut - 4, *name_end = value;
        assert_true(value > line);
        while (name_end > line && *name_end != ':')
            name_end--;
        const char *name = name_end - 2; // before the colon a quotation mark, and another where the name begins
        while (name > line && name[-1] != '"')
            name--;
        size_t n = length_of(name, (size_t)(name_end - 1 - name));
        assert_true(used + (size_t)(value - line) + n + 8 < LINE_MAX_BYTES);
        memcpy(out + used, line, (size_t)(value - line));
        used += (size_t)(value - line);
        memset(out + used, 'A', n);
        used += n;
        line = cut + strlen(CUT);
    }
    assert_true(used + strlen(line) < LINE_MAX_BYTES);
    memcpy(out + used, line, strlen(line) + 1);
}

static void every_example_is_a_message(void **state)
{
    char path[512], line[LINE_MAX_BYTES], text[LINE_MAX_BYTES];
    unsigned count = 0, kinds[64] = {0};
    bool inside = false;
    (void)state;
    snprintf(path, sizeof path, "%s/shared/PROTOCOL.md", SOURCE_DIR);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "```", 3) == 0)
            inside = strcmp(line, "```json") == 0;
        if (!inside || line[0] != '{')
            continue;
        struct control c;
        whole(text, line);
        if (!control_read(&c, text, strlen(text)))
            fail_msg("not a message: %s", line);
        char *again = control_write(&c);
        assert_string_equal(again, text);
        free(again);
        assert_true(c.type < ARRAY_LEN(kinds));
        kinds[c.type]++;
        count++;
        control_free(&c);
    }
    fclose(f);
    assert_true(count > 20);
    assert_int_equal(kinds[CONTROL_DOOR], 2);
    assert_int_equal(kinds[CONTROL_KNOCK], 1);
    for (unsigned i = CONTROL_REGISTER; i <= CONTROL_MISSED; i++)
        assert_true(kinds[i] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_example_is_a_message)};
    return cmocka_run_group_tests_name("control_examples", tests, NULL, NULL);
}
