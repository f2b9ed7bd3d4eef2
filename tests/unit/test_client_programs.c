// The command lines of what is not the call: words in their order, what is worked out of them, and each mistake.
#define _GNU_SOURCE
#include "client/client_programs.h"

#include "shared/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define INVITE "parlour://relay.example:7000/r/428193#k=AAECAwQFBgcICQoLDA0ODw"

// -1: it runs; else the exit code. What it says on stderr goes nowhere.
static int run(struct client_options *o, const char *first, ...)
{
    char *argv[24] = {(char *)"parlour"};
    int argc = 1, code = -2;
    va_list ap;
    va_start(ap, first);
    for (const char *word = first; word && argc < 24; word = va_arg(ap, const char *))
        argv[argc++] = (char *)(uintptr_t)word;
    va_end(ap);
    fflush(stderr);
    int saved = dup(STDERR_FILENO);
    assert_non_null(freopen("/dev/null", "w", stderr));
    bool runs = client_options_read(o, argc, argv, &code);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    return runs ? -1 : code;
}

static void cameras(void **state)
{
    (void)state;
    struct client_options o;
    assert_int_equal(run(&o, "camera", "Door", "/dev/video0", "--room", INVITE, "Yard", "rtsp://10.0.0.9/1", NULL), -1);
    assert_int_equal(o.program, CLIENT_CAMERA);
    assert_int_equal(o.word_count, 4);
    assert_string_equal(o.words[0], "Door");
    assert_string_equal(o.words[3], "rtsp://10.0.0.9/1");
    assert_true(o.has_invite && o.headless && o.tls);
    assert_string_equal(o.relay_host, "relay.example");
    assert_int_equal(o.relay_port, 7000);
    assert_int_equal(o.invite.code, 428193);
    assert_int_equal(o.camera_id, 0);
    assert_int_equal(o.connect_timeout, 0); // for ever
    assert_string_equal(o.microphone, "none");
    client_options_free(&o);

    assert_int_equal(run(&o, "camera", "Door", "test", "--room", "428193", "--relay", "r:1", "--microphone", "auto",
                         "--camera-id", "12", "-v", NULL),
                     -1);
    assert_false(o.invite.has_key);
    assert_int_equal(o.camera_id, 12);
    assert_int_equal(o.log_level, LOG_DEBUG);
    client_options_free(&o);
}

static void mistakes(void **state)
{
    (void)state;
    static const char *const lines[][8] = {
        {"camera", "--room", INVITE},                                                // no camera
        {"camera", "Door", "--room", INVITE},                                        // without a source
        {"camera", "Door", "test"},                                                  // no room
        {"camera", "Door", "test", "--room", "428193"},                              // which relay?
        {"camera", "Door", "test", "--room", "nonsense"},                            //
        {"camera", "Door", "test", "Door", "test", "--room", INVITE},                // twice
        {"camera", "Do\nor", "test", "--room", INVITE},                              //
        {"camera", "Door", "", "--room", INVITE},                                    //
        {"camera", "A", "test", "B", "test", "--room", INVITE, "--microphone=auto"}, // whose sound?
        {"camera", "A", "test", "--serve-tcp=1254", "--microphone=auto"},            // nobody would hear it
        {"camera", "A", "test", "--room", INVITE, "--camera-id", "-1"},              //
        {"camera", "A", "test", "--room", INVITE, "--fullscreen"},                   // of the call, not of cameras
        {"camera", "A", "test", "--room", INVITE, "--log-format", "xml"},            //
        {"cameras", "A", "test"},                                                    // no such program, no room
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct client_options o;
        const char *const *w = lines[i];
        int code = run(&o, w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], NULL);
        if (code != EXIT_USAGE_ERROR)
            fail_msg("line %zu: %d", i, code);
        client_options_free(&o);
    }
}

// The file of the screen here is not the cameras'; the environment is.
static void environment(void **state)
{
    (void)state;
    struct client_options o;
    setenv("PARLOUR_ROOM", INVITE, 1);
    assert_int_equal(run(&o, "camera", "Door", "test", NULL), -1);
    assert_int_equal(o.invite.code, 428193);
    client_options_free(&o);
    unsetenv("PARLOUR_ROOM");
}

static void films(void **state)
{
    (void)state;
    struct client_options o;
    assert_int_equal(run(&o, "serve", "/srv/films", "--room", INVITE, "--films", "2", NULL), -1);
    assert_int_equal(o.program, CLIENT_LIBRARY);
    assert_int_equal(o.films, 2);
    assert_string_equal(o.words[0], "/srv/films");
    assert_string_equal(o.name, "Films");
    client_options_free(&o);
    assert_int_equal(run(&o, "serve", "/srv/films", "--room", INVITE, "--name", "Attic", NULL), -1);
    assert_int_equal(o.films, 4);
    assert_string_equal(o.name, "Attic");
    client_options_free(&o);
    assert_int_equal(run(&o, "serve", "--room", INVITE, NULL), 64);
    client_options_free(&o);
    assert_int_equal(run(&o, "serve", "a", "b", "--room", INVITE, NULL), 64);
    client_options_free(&o);
    assert_int_equal(run(&o, "serve", "a", NULL), 64);
    client_options_free(&o);
    assert_int_equal(run(&o, "serve", "a", "--room", INVITE, "--films", "17", NULL), 64);
    client_options_free(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cameras),
        cmocka_unit_test(mistakes),
        cmocka_unit_test(films),
        cmocka_unit_test(environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
