#include "tests/unit/unit.h"

#include "shared/options.h"

#include <unistd.h>

struct target {
    bool tls, mirror;
    int port, verbose;
    char *relay;
};

static const struct option_row ROWS[] = {
    {"tls", 0, OPTION_BOOL, offsetof(struct target, tls), "yes", 0, 0, NULL, "use TLS"},
    {"mirror", 'm', OPTION_BOOL, offsetof(struct target, mirror), NULL, 0, 0, NULL, "mirror the self-view"},
    {"control-port", 'p', OPTION_INT, offsetof(struct target, port), "5000", 1, 65535, "PORT", "the port"},
    {"verbose", 'v', OPTION_COUNT, offsetof(struct target, verbose), NULL, 0, 3, NULL, "say more"},
    {"relay", 'r', OPTION_STRING, offsetof(struct target, relay), "localhost", 0, 0, "HOST[:PORT]", "the relay"},
};
static const struct option_table TABLE = {"program", "[WORD]", "A program.", ROWS, ARRAY_LEN(ROWS)};

static struct target target;
static char *words[2], said[2048];
static size_t word_count;
static char config[] = "/tmp/parlour-options-XXXXXX";

// Run with stdout and stderr caught in `said`.
static enum options_result run(const char *config_path, int argc, const char *const *argv)
{
    char path[] = "/tmp/parlour-said-XXXXXX";
    int fd = mkstemp(path), out = dup(1), err = dup(2);
    options_free(&TABLE, &target);
    memset(&target, 0, sizeof target);
    fflush(stdout);
    dup2(fd, 1);
    dup2(fd, 2);
    enum options_result result =
        options_parse(&TABLE, &target, argc, (char **)(uintptr_t)argv, config_path, words, 2, &word_count);
    fflush(stdout);
    dup2(out, 1);
    dup2(err, 2);
    ssize_t n = pread(fd, said, sizeof said - 1, 0);
    said[n > 0 ? n : 0] = 0;
    close(fd);
    close(out);
    close(err);
    unlink(path);
    return result;
}
#define RUN(config, ...)                                                                                               \
    run(config, (int)ARRAY_LEN(((const char *[]){"program", __VA_ARGS__})),                                            \
        (const char *[]){"program", __VA_ARGS__, NULL})

static const char *write_config(const char *text)
{
    FILE *f = fopen(config, "w");
    fputs(text, f);
    fclose(f);
    return config;
}

static int make_config(void **state)
{
    (void)state;
    int fd = mkstemp(config);
    return fd < 0 || close(fd);
}

static int remove_config(void **state)
{
    (void)state;
    options_free(&TABLE, &target);
    return unlink(config);
}

static void precedence(void **state)
{
    (void)state;
    assert_int_equal(RUN(NULL, "x"), OPTIONS_RUN);
    assert_true(target.tls && !target.mirror && target.port == 5000 && !strcmp(target.relay, "localhost"));
    write_config(
        "[any section]\n# a comment\nrelay = file.example\ncontrol-port=1\ntls = no\nmirror = on\nverbose=2\n");
    assert_int_equal(RUN(config, "x"), OPTIONS_RUN);
    assert_true(!target.tls && target.mirror && target.port == 1 && target.verbose == 2);
    assert_string_equal(target.relay, "file.example");
    setenv("PARLOUR_RELAY", "env.example", 1);
    setenv("PARLOUR_CONTROL_PORT", "2", 1);
    assert_int_equal(RUN(config, "x"), OPTIONS_RUN);
    assert_true(target.port == 2 && !strcmp(target.relay, "env.example"));
    assert_int_equal(RUN(config, "--relay=line.example", "--tls"), OPTIONS_RUN);
    assert_true(target.port == 2 && target.tls && !strcmp(target.relay, "line.example"));
    unsetenv("PARLOUR_RELAY");
    setenv("PARLOUR_CONTROL_PORT", "65536", 1);
    assert_int_equal(RUN(NULL, "x"), OPTIONS_CONFIG);
    assert_non_null(strstr(said, "PARLOUR_CONTROL_PORT"));
    unsetenv("PARLOUR_CONTROL_PORT");
}

static void forms(void **state)
{
    (void)state;
    assert_int_equal(RUN(NULL, "--no-tls", "--mirror", "--control-port", "17", "-vv", "-v", "one"), OPTIONS_RUN);
    assert_true(!target.tls && target.mirror && target.port == 17 && target.verbose == 3);
    assert_true(word_count == 1 && !strcmp(words[0], "one"));
    assert_int_equal(RUN(NULL, "--tls=no", "--mirror=1", "-mvp18", "-r", "a b"), OPTIONS_RUN);
    assert_true(!target.tls && target.mirror && target.port == 18 && target.verbose == 1);
    assert_string_equal(target.relay, "a b");
    assert_int_equal(RUN(NULL, "--relay=", "-", "--", "--no-tls"), OPTIONS_RUN);
    assert_true(target.tls && word_count == 2 && !strcmp(words[0], "-") && !strcmp(words[1], "--no-tls"));
    assert_string_equal(target.relay, "");
    assert_int_equal(RUN(NULL, "--relay", "--tls"), OPTIONS_RUN); // the next word is the value, whatever it is
    assert_string_equal(target.relay, "--tls");
    assert_int_equal(RUN(NULL, "--mirror", "--no-mirror"), OPTIONS_RUN); // the last one wins
    assert_false(target.mirror);
}

static void refused_with_a_sentence(void **state)
{
    static const struct {
        const char *a, *b, *says;
    } table[] = {
        {"--nothing", "x", "unknown option '--nothing'"},
        {"--no-relay", "x", "unknown option '--no-relay'"}, // no boolean
        {"--no-tls=yes", "x", "unknown option"},
        {"--tl", "x", "unknown option '--tl'"},
        {"-z", "x", "unknown option '-z'"},
        {"-vz", "x", "unknown option '-vz'"},
        {"--tls=maybe", "x", "unusable value for 'tls'"},
        {"--control-port", "0", "unusable value for 'control-port'"},
        {"--control-port", "65536", "unusable value"},
        {"--control-port", "5000x", "unusable value"},
        {"--control-port", "99999999999999999999", "unusable value"},
        {"--control-port", "", "unusable value"},
        {"-p", "nine", "unusable value for 'control-port'"},
        {"x", "--relay", "a value is missing for 'relay'"},
        {"x", "-r", "relay"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        assert_int_equal(RUN(NULL, table[i].a, table[i].b), OPTIONS_USAGE);
        if (!strstr(said, table[i].says) || strncmp(said, "program: ", 9) || strcmp(said + strlen(said) - 2, ".\n"))
            fail_msg("%s %s said: %s", table[i].a, table[i].b, said);
    }
    assert_int_equal(RUN(NULL, "one", "two", "three"), OPTIONS_USAGE);
    assert_non_null(strstr(said, "'three'"));
}

static void config_errors_name_the_line(void **state)
{
    static const struct {
        const char *text, *line, *says;
    } table[] = {
        {"relay=a\n\nnothing = 1\n", "line 3", "unknown key 'nothing'"},
        {"tls = perhaps\n", "line 1", "'perhaps' is not a value for tls"},
        {"# x\nno equals sign\n", "line 2", "not a 'key = value' line"},
        {"nothing = 1\ntls = perhaps\n", "line 1", "unknown key 'nothing'"}, // the first of two
        {"no equals sign\ntls = perhaps\n", "line 1", "not a 'key = value' line"},
        {"tls = perhaps\nno equals sign\n", "line 1", "'perhaps' is not a value for tls"},
        {"[open\nrelay=a\n", "line 1", "not a 'key = value' line"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        assert_int_equal(RUN(write_config(table[i].text), "x"), OPTIONS_CONFIG);
        if (!strstr(said, table[i].line) || !strstr(said, table[i].says) || !strstr(said, config))
            fail_msg("%s said: %s", table[i].text, said);
    }
}

static void config_files(void **state)
{
    (void)state;
    assert_int_equal(RUN("/nonexistent/config", "x"), OPTIONS_RUN); // the usual place may be empty
    assert_int_equal(RUN(NULL, "--config", "/nonexistent/config"), OPTIONS_CONFIG);
    assert_non_null(strstr(said, "/nonexistent/config"));
    assert_int_equal(RUN(NULL, "--config=/nonexistent/config"), OPTIONS_CONFIG);
    assert_int_equal(RUN(NULL, "x", "--config"), OPTIONS_CONFIG);
    write_config("relay = given\n");
    assert_int_equal(RUN("/nonexistent/config", "--config", config, "word"), OPTIONS_RUN);
    assert_string_equal(target.relay, "given");
    assert_true(word_count == 1 && !strcmp(words[0], "word"));
}

static void help_and_version(void **state)
{
    (void)state;
    assert_int_equal(RUN(NULL, "--help", "--nothing"), OPTIONS_DONE);
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        assert_non_null(strstr(said, ROWS[i].name));
        assert_non_null(strstr(said, ROWS[i].help));
    }
    assert_non_null(strstr(said, "--[no-]tls"));
    assert_non_null(strstr(said, "-p, --control-port PORT"));
    assert_non_null(strstr(said, "[5000]"));
    assert_int_equal(RUN(NULL, "--version"), OPTIONS_DONE);
    assert_string_equal(said, "program " PARLOUR_VERSION "\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(precedence),
        cmocka_unit_test(forms),
        cmocka_unit_test(refused_with_a_sentence),
        cmocka_unit_test(config_errors_name_the_line),
        cmocka_unit_test(config_files),
        cmocka_unit_test(help_and_version),
    };
    return cmocka_run_group_tests_name("options", tests, make_config, remove_config);
}
