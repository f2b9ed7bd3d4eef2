// The client's options: defaults, what is worked out of them, and the exit code of each mistake.
#define _GNU_SOURCE
#include "client/client_options.h"

#include "shared/log.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY    "AAECAwQFBgcICQoLDA0ODw"
#define FP     "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define FP2    "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define INVITE "parlour://relay.example:7000/r/428193#k=" KEY

static char dir[64], path[128];

// Read a command line given as words; returns -1 to run, else the exit code.
static int read_words(struct client_options *o, const char *first, va_list ap)
{
    char *argv[24] = {(char *)"parlour"};
    int argc = 1, code = -2;
    for (const char *word = first; word && argc < 24; word = va_arg(ap, const char *))
        argv[argc++] = (char *)(uintptr_t)word;
    return client_options_read(o, argc, argv, &code) ? -1 : code;
}

static int run(struct client_options *o, const char *first, ...)
{
    va_list ap;
    va_start(ap, first);
    int code = read_words(o, first, ap);
    va_end(ap);
    return code;
}

// The exit code of a command line that must not run; the sentence goes to a file and must hold `says`.
static int mistake(const char *says, const char *first, ...)
{
    struct client_options o;
    char text[1000] = "";
    snprintf(path, sizeof path, "%s/stderr", dir);
    fflush(stderr);
    int saved = dup(STDERR_FILENO);
    assert_non_null(freopen(path, "w", stderr));
    va_list ap;
    va_start(ap, first);
    int code = read_words(&o, first, ap);
    va_end(ap);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    FILE *f = fopen(path, "r");
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    unlink(path);
    if (!strstr(text, says))
        fail_msg("'%s' does not say '%s'", text, says);
    assert_null(strstr(text, KEY));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1); // one sentence, one line
    client_options_free(&o);
    return code;
}

static void write_config(const char *text)
{
    snprintf(path, sizeof path, "%s/test.conf", dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void defaults(void **state)
{
    (void)state;
    struct client_options o;
    assert_int_equal(run(&o, NULL), -1);
    assert_true(o.fullscreen && o.tls && o.registers);
    assert_false(o.create || o.headless || o.kiosk || o.has_invite || o.require_fingerprint || o.l16 || o.log_json);
    assert_string_equal(o.camera, "auto");
    assert_string_equal(o.microphone, "auto");
    assert_string_equal(o.speaker, "auto");
    assert_string_equal(o.display_path, "auto");
    assert_int_equal(o.connect_timeout, 10);
    assert_int_equal(o.video_bitrate, 1200);
    assert_int_equal(o.text_scale, 100);
    assert_int_equal(o.idle_after, 10);
    assert_int_equal(o.time_limit, 0);
    assert_int_equal(o.log_level, LOG_INFO);
    assert_int_equal(o.width, 1280);
    assert_true(strlen(o.name) >= 1 && strlen(o.name) <= 32);
    assert_non_null(strstr(o.data_dir, "/parlour"));
    assert_string_equal(o.relay_host, "");
    client_options_free(&o);
}

static void the_relay_and_its_key(void **state)
{
    (void)state;
    struct client_options o;
    assert_int_equal(run(&o, "--create", "--relay", "r.example", NULL), -1);
    assert_string_equal(o.relay_host, "r.example");
    assert_int_equal(o.relay_port, 5000);
    assert_string_equal(o.fingerprint, "");
    client_options_free(&o);
    assert_int_equal(run(&o, "--relay=[::1]:7", "--relay-fingerprint", FP, NULL), -1);
    assert_string_equal(o.relay_host, "::1");
    assert_int_equal(o.relay_port, 7);
    assert_string_equal(o.fingerprint, FP);
    client_options_free(&o);
    assert_int_equal(run(&o, "--relay", "other", INVITE "&fp=" FP, NULL), -1);
    assert_true(o.has_invite && !o.from_room);
    assert_string_equal(o.relay_host, "relay.example");
    assert_int_equal(o.relay_port, 7000);
    assert_int_equal(o.invite.code, 428193);
    assert_string_equal(o.fingerprint, FP);
    client_options_free(&o);
    assert_int_equal(run(&o, INVITE "&fp=" FP, "--relay-fingerprint", FP2, NULL), -1);
    assert_string_equal(o.fingerprint, FP2);
    client_options_free(&o);
}

static void windows(void **state)
{
    (void)state;
    struct client_options o;
    assert_int_equal(run(&o, "--window", "640x360", NULL), -1);
    assert_false(o.fullscreen);
    assert_int_equal(o.width, 640);
    assert_int_equal(o.height, 360);
    client_options_free(&o);
    assert_int_equal(run(&o, "--window", "640x360", "--fullscreen", NULL), -1);
    assert_true(o.fullscreen);
    client_options_free(&o);
    assert_int_equal(run(&o, "--kiosk", "--no-fullscreen", NULL), -1);
    assert_true(o.fullscreen);
    client_options_free(&o);
    assert_int_equal(run(&o, "--kiosk", "--headless", "--window", "320x180", INVITE, NULL), -1);
    assert_false(o.fullscreen);
    assert_int_equal(o.width, 320);
    client_options_free(&o);
    assert_int_equal(run(&o, "--headless", "--ipc", "/x", NULL), -1);
    client_options_free(&o);
    assert_int_equal(mistake("size", "--window", "640", NULL), 64);
    assert_int_equal(mistake("size", "--window", "640x", NULL), 64);
    assert_int_equal(mistake("size", "--window", "640x360x", NULL), 64);
    assert_int_equal(mistake("size", "--window", "99999999999x360", NULL), 64);
    assert_int_equal(mistake("size", "--window", "1x1", NULL), 64);
    assert_int_equal(mistake("--kiosk", "--window", "640x360", "--kiosk", NULL), 64);
}

static void the_room_of_a_kiosk(void **state)
{
    (void)state;
    struct client_options o;
    write_config("# lobby\nkiosk = yes\nname = Lobby\nroom = " INVITE "\nvideo-bitrate = 800\n");
    assert_int_equal(run(&o, "--config", path, NULL), -1);
    assert_true(o.kiosk && o.has_invite && o.from_room);
    assert_string_equal(o.name, "Lobby");
    assert_int_equal(o.video_bitrate, 800);
    assert_int_equal(o.invite.code, 428193);
    client_options_free(&o);
    assert_int_equal(run(&o, "--config", path, "parlour://b/r/111111#k=" KEY, NULL), -1);
    assert_false(o.from_room);
    assert_int_equal(o.invite.code, 111111);
    client_options_free(&o);
    assert_int_equal(run(&o, "--config", path, "--create", "--relay", "b", NULL), -1);
    assert_false(o.has_invite);
    client_options_free(&o);
    write_config("room = parlour://r/r/42819\n");
    char config[128];
    snprintf(config, sizeof config, "%s", path);
    assert_int_equal(mistake("'room'", "--config", config, NULL), 78);
    assert_int_equal(mistake("'room'", "--room", "parlour://r/r/42819", NULL), 64);
    write_config("audio-codec = mp3\n");
    assert_int_equal(mistake("opus or l16", "--config", config, NULL), 78);
    write_config("audio-frame = 15\n");
    assert_int_equal(mistake("10, 20 or auto", "--config", config, NULL), 78);
    write_config("colour = red\n");
    assert_int_equal(mistake("colour", "--config", config, NULL), 78);
    write_config("relay =\nipc =\n");
    assert_int_equal(run(&o, "--config", config, NULL), -1);
    assert_null(o.relay);
    assert_null(o.ipc);
    client_options_free(&o);
    unlink(config);
}

static void rooms_by_number(void **state)
{
    (void)state;
    struct client_options o;
    assert_int_equal(run(&o, "428 193", "--relay", "r.example:7", "--relay-fingerprint", FP, NULL), -1);
    assert_true(o.has_code && o.has_invite && !o.from_room && !o.invite.has_key && o.invite.has_fingerprint);
    assert_int_equal(o.code, 428193);
    assert_int_equal(o.invite.code, 428193);
    assert_string_equal(o.invite.host, "r.example");
    assert_int_equal(o.invite.port, 7);
    assert_int_equal(o.invite.fingerprint[31], 31);
    assert_string_equal(o.fingerprint, FP);
    client_options_free(&o);
    assert_int_equal(run(&o, "428193", "--relay", "r.example:7", "--relay-fingerprint", "public", NULL), -1);
    assert_true(o.invite.is_public && !o.invite.has_fingerprint);
    assert_string_equal(o.fingerprint, "public");
    client_options_free(&o);
    assert_int_equal(run(&o, "parlour://r/r/428193#fp=public", NULL), -1);
    assert_string_equal(o.fingerprint, "public");
    client_options_free(&o);
    assert_int_equal(run(&o, "parlour://r/r/428193#fp=public", "--relay-fingerprint", FP, NULL), -1);
    assert_string_equal(o.fingerprint, FP);
    client_options_free(&o);
    assert_int_equal(run(&o, "000001", "--headless", "--relay", "r", NULL), -1);
    assert_false(o.invite.has_fingerprint);
    assert_int_equal(o.invite.code, 1);
    client_options_free(&o);
    assert_int_equal(run(&o, "parlour://r/r/428193", NULL), -1);
    assert_true(o.has_invite && !o.has_code && !o.invite.has_key);
    client_options_free(&o);
    write_config("relay = r.example\nroom = 428193\n");
    char config[128];
    snprintf(config, sizeof config, "%s", path);
    assert_int_equal(run(&o, "--config", config, NULL), -1);
    assert_true(o.has_code && o.from_room && o.has_invite);
    assert_string_equal(o.invite.host, "r.example");
    client_options_free(&o);
    assert_int_equal(run(&o, "--config", config, INVITE, NULL), -1);
    assert_false(o.has_code || o.from_room);
    client_options_free(&o);
    write_config("room = 428193\n");
    assert_int_equal(mistake("needs its relay", "--config", config, NULL), 78);
    assert_int_equal(mistake("needs its relay", "428193", NULL), 64);
    assert_int_equal(mistake("invite link", "42819", "--relay", "r", NULL), 64);
    unlink(config);
}

static void passphrases(void **state)
{
    (void)state;
    struct client_options o;
    char file[128], config[160], long_line[1100];
    snprintf(file, sizeof file, "%s/test.conf", dir);
    write_config("correct horse\r\nbattery staple\n");
    assert_int_equal(run(&o, "--create", "--relay", "r", "--passphrase-file", file, NULL), -1);
    assert_string_equal(o.passphrase, "correct horse");
    client_options_free(&o);
    assert_null(o.passphrase);
    write_config("p");
    assert_int_equal(run(&o, "428193", "--relay", "r", "--passphrase-file", file, NULL), -1);
    assert_string_equal(o.passphrase, "p");
    client_options_free(&o);
    assert_int_equal(run(&o, "parlour://r/r/428193", "--passphrase-file", file, NULL), -1);
    assert_string_equal(o.passphrase, "p");
    client_options_free(&o);
    assert_int_equal(mistake("--passphrase-file is for", INVITE, "--passphrase-file", file, NULL), 64);
    assert_int_equal(mistake("--passphrase-file is for", "--passphrase-file", file, NULL), 64);
    write_config("");
    assert_int_equal(mistake("empty", "428193", "--relay", "r", "--passphrase-file", file, NULL), 78);
    write_config("\r\nsecond line\n");
    assert_int_equal(mistake("empty", "428193", "--relay", "r", "--passphrase-file", file, NULL), 78);
    memset(long_line, 'x', sizeof long_line);
    long_line[1024] = 0;
    write_config(long_line);
    assert_int_equal(run(&o, "428193", "--relay", "r", "--passphrase-file", file, NULL), -1);
    assert_int_equal(strlen(o.passphrase), 1024);
    client_options_free(&o);
    long_line[1024] = 'x';
    long_line[1025] = 0;
    write_config(long_line);
    assert_int_equal(mistake("too long", "428193", "--relay", "r", "--passphrase-file", file, NULL), 78);
    assert_int_equal(mistake("cannot be read", "428193", "--relay", "r", "--passphrase-file", dir, NULL), 78);
    assert_int_equal(mistake("cannot be read", "428193", "--relay", "r", "--passphrase-file", "/none", NULL), 78);
    unlink(file);
    // In the config file it is for the room named there, and in nobody's way otherwise.
    write_config("passphrase-file = /none\n");
    snprintf(config, sizeof config, "%s", path);
    assert_int_equal(run(&o, "--config", config, INVITE, NULL), -1);
    assert_null(o.passphrase);
    client_options_free(&o);
    unlink(config);
}

static void orders_about_identities(void **state)
{
    (void)state;
    struct client_options o;
    assert_int_equal(run(&o, "--list-identities", NULL), -1);
    assert_true(o.has_order && o.list_identities && !o.only_paired);
    client_options_free(&o);
    // What a call would need is not asked for.
    assert_int_equal(run(&o, "--headless", "--forget-identity", "Ada B", "--only-paired", NULL), -1);
    assert_true(o.has_order && o.only_paired);
    assert_string_equal(o.forget_identity, "Ada B");
    client_options_free(&o);
    write_config("kiosk = yes\nroom = 428193\nonly-paired = yes\npair-identity =\n");
    char config[128];
    snprintf(config, sizeof config, "%s", path);
    assert_int_equal(run(&o, "--config", config, "--verify-identity=abcd-efgh-ijkl-mnop", NULL), -1);
    assert_true(o.has_order && o.only_paired && !o.has_code);
    client_options_free(&o);
    unlink(config);
    assert_int_equal(mistake("one order", "--list-identities", "--pair-identity", FP, NULL), 64);
    assert_int_equal(mistake("starts no call", "--pair-identity", FP, INVITE, NULL), 64);
    assert_int_equal(mistake("starts no call", "--unpair-identity", FP, "--create", NULL), 64);
    assert_int_equal(mistake("whom", "--forget-identity", "", NULL), 64);
}

static void answering_and_quiet_hours(void **state)
{
    (void)state;
    struct client_options o;
    assert_int_equal(run(&o, NULL), -1);
    assert_false(o.auto_answer || quiet_hours_now(&o.silence, 0));
    assert_int_equal(o.auto_answer_delay, 5);
    client_options_free(&o);
    assert_int_equal(run(&o, "--auto-answer", "--auto-answer-delay=30", "--quiet-hours", "22:00-07:30", NULL), -1);
    assert_true(o.auto_answer && o.auto_answer_delay == 30);
    assert_int_equal(o.silence.from, 22 * 60);
    assert_int_equal(o.silence.to, 7 * 60 + 30);
    client_options_free(&o);
    assert_int_equal(run(&o, "--quiet-hours=", NULL), -1);
    assert_null(o.quiet_hours);
    client_options_free(&o);
    assert_int_equal(mistake("22:00-07:00", "--quiet-hours", "22-7", NULL), 64);
    assert_int_equal(mistake("auto-answer-delay", "--auto-answer-delay", "2", NULL), 64);
    assert_int_equal(mistake("auto-answer-delay", "--auto-answer-delay", "31", NULL), 64);
}

static void mistakes(void **state)
{
    (void)state;
    assert_int_equal(mistake("invite link", "hello", NULL), 64);
    assert_int_equal(mistake("damaged", "parlour://r/r/428193#k=AAAA", NULL), 64);
    assert_int_equal(mistake("leave the invite away", "--create", INVITE, NULL), 64);
    assert_int_equal(mistake("--relay", "--create", NULL), 64);
    assert_int_equal(mistake("--headless", "--headless", NULL), 64);
    assert_int_equal(mistake("--headless", "--headless", "--relay", "r", NULL), 64);
    assert_int_equal(mistake("HOST", "--relay", "r:0", NULL), 64);
    assert_int_equal(mistake("43", "--relay-fingerprint", "AAAA", NULL), 64);
    assert_int_equal(mistake("1 to 32", "--name", "", NULL), 64);
    assert_int_equal(mistake("1 to 32", "--name", "123456789012345678901234567890123", NULL), 64);
    assert_int_equal(mistake("1 to 32", "--name", "a\nb", NULL), 64);
    assert_int_equal(mistake("auto, surface or renderer", "--display-path", "gl", NULL), 64);
    assert_int_equal(mistake("logfmt or json", "--log-format=xml", NULL), 64);
    assert_int_equal(mistake("text-scale", "--text-scale", "50", NULL), 64);
    assert_int_equal(mistake("idle-after", "--idle-after", "-1", NULL), 64);
    assert_int_equal(mistake("write none", "--camera", "", NULL), 64);
    assert_int_equal(mistake("--nonsense", "--nonsense", NULL), 64);
    assert_int_equal(mistake("two", INVITE, "two", NULL), 64);
    setenv("PARLOUR_DISPLAY_PATH", "gl", 1);
    assert_int_equal(mistake("auto, surface or renderer", NULL), 78);
    unsetenv("PARLOUR_DISPLAY_PATH");
}

static void logs_and_the_rest(void **state)
{
    (void)state;
    struct client_options o;
    assert_int_equal(run(&o, "-vv", "--log-format", "json", "--audio-codec", "l16", "--no-tls", "--data-dir", "/x",
                         "--name", "J\xc3\xb6rg", NULL),
                     -1);
    assert_int_equal(o.log_level, LOG_DEBUG);
    assert_true(o.log_json && o.l16 && !o.tls);
    assert_string_equal(o.data_dir, "/x");
    assert_string_equal(o.name, "J\xc3\xb6rg");
    client_options_free(&o);
    assert_int_equal(run(&o, "-q", "-q", "-q", NULL), -1);
    assert_int_equal(o.log_level, LOG_ERROR);
    client_options_free(&o);
}

static int set_up(void **state)
{
    (void)state;
    if (sodium_init() < 0)
        return -1;
    snprintf(dir, sizeof dir, "/tmp/test_client_options.XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    setenv("HOME", dir, 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("XDG_DATA_HOME");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(the_relay_and_its_key),
        cmocka_unit_test(windows),
        cmocka_unit_test(the_room_of_a_kiosk),
        cmocka_unit_test(answering_and_quiet_hours),
        cmocka_unit_test(mistakes),
        cmocka_unit_test(rooms_by_number),
        cmocka_unit_test(passphrases),
        cmocka_unit_test(orders_about_identities),
        cmocka_unit_test(logs_and_the_rest),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
