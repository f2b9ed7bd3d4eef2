// The IPC socket from outside: questions and answers, events, and what every bound does when it is reached.
#define _GNU_SOURCE
#include "tests/unit/unit.h"

#include "client/ipc.h"
#include "shared/clock.h"
#include "shared/log.h"

#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char dir[] = "/tmp/test_ipc.XXXXXX", path[64];
static struct ipc *ipc;
static atomic_uint wakes;

static void wake(void *ctx)
{
    (void)ctx;
    wakes++;
}

static int dial(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

// One line without its end, "" when the other side closed; fails after 10 s.
static char *hear(int fd, char out[512])
{
    size_t n = 0;
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        assert_int_equal(poll(&p, 1, 10000), 1);
        if (recv(fd, out + n, 1, 0) != 1 || out[n] == '\n')
            break;
        assert_true(++n < 511);
    }
    out[n] = 0;
    return out;
}

static struct ipc_command take(void)
{
    struct ipc_command c;
    uint64_t deadline = clock_now_us() + 10000000;
    while (!ipc_take(ipc, &c)) {
        assert_true(clock_now_us() < deadline);
        usleep(1000);
    }
    return c;
}

static int set_up(void **state)
{
    char error[300];
    (void)state;
    wakes = 0;
    ipc = ipc_create(path, wake, NULL, error, sizeof error);
    return ipc && ipc_start(ipc) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    uint64_t start = clock_now_us();
    ipc_stop(ipc);
    ipc_join(ipc);
    ipc_destroy(ipc);
    ipc = NULL;
    return clock_now_us() - start > 5000000 || access(path, F_OK) == 0; // prompt, and the socket is gone
}

static void questions_and_answers(void **state)
{
    (void)state;
    char line[512];
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    int fd = dial();
    say(fd, "\n  \r\n{\"command\":[\"stats\"],\"request_id\":1}\n{\"command\":[\"key\",\"m\"],\"requ");
    struct ipc_command c = take();
    assert_string_equal(json_string_value(json_array_get(c.args, 0)), "stats");
    assert_true(wakes >= 1);
    ipc_reply(ipc, &c, json_pack("{s:i}", "a", 5), NULL);
    assert_string_equal(hear(fd, line), "{\"request_id\":1,\"error\":\"success\",\"data\":{\"a\":5}}");
    say(fd, "est_id\":\"x\"}\n{\"command\":[\"quit\"]}\n");
    c = take();
    assert_string_equal(json_string_value(json_array_get(c.args, 1)), "m");
    ipc_reply(ipc, &c, NULL, "not now");
    assert_string_equal(hear(fd, line), "{\"request_id\":\"x\",\"error\":\"not now\"}");
    c = take();
    ipc_reply(ipc, &c, NULL, NULL);
    assert_string_equal(hear(fd, line), "{\"error\":\"success\"}");
    close(fd);
}

static void bad_lines(void **state)
{
    (void)state;
    char line[512];
    int fd = dial();
    say(fd, "hello\n");
    assert_string_equal(hear(fd, line), "{\"error\":\"not a JSON object\"}");
    say(fd, "{\"command\":\"stats\",\"request_id\":2}\n");
    assert_string_equal(hear(fd, line), "{\"request_id\":2,\"error\":\"command must be an array that starts with a "
                                        "name\"}");
    say(fd, "{\"command\":[\"stats\"],\"request_id\":[]}\n");
    assert_string_equal(hear(fd, line), "{\"error\":\"request_id must be a number or a string\"}");
    char big[IPC_LINE_MAX + 1];
    memset(big, 'x', sizeof big);
    big[IPC_LINE_MAX] = 0;
    say(fd, big); // no end in sight: closed
    assert_string_equal(hear(fd, line), "");
    close(fd);
    struct ipc_command c;
    assert_false(ipc_take(ipc, &c));
}

static void events_and_slow_readers(void **state)
{
    (void)state;
    char line[512];
    int fd = dial(), slow = dial(), extra[IPC_CLIENTS_MAX];
    say(fd, "{\"command\":[\"a\"]}\n");
    say(slow, "{\"command\":[\"b\"]}\n");
    for (int i = 0; i < 2; i++) { // both are known now
        struct ipc_command c = take();
        ipc_reply(ipc, &c, NULL, NULL);
    }
    assert_string_equal(hear(fd, line), "{\"error\":\"success\"}");
    for (int i = 0; i < IPC_CLIENTS_MAX - 2; i++)
        extra[i] = dial();
    int ninth = dial();
    assert_string_equal(hear(ninth, line), ""); // closed
    close(ninth);
    for (int i = 0; i < IPC_CLIENTS_MAX - 2; i++)
        close(extra[i]);
    ipc_event(ipc, json_pack("{s:s}", "event", "joined"));
    assert_string_equal(hear(fd, line), "{\"event\":\"joined\"}");
    ipc_event(NULL, json_object()); // no socket was asked for: only freed
    char *text = malloc(100001);
    assert_non_null(text);
    memset(text, 'e', 100000);
    text[100000] = 0;
    char sink[65536];
    uint64_t start = clock_now_us();
    for (int i = 0; i < 120; i++) { // 12 MB; `slow` never reads, `fd` does
        ipc_event(ipc, json_pack("{s:s}", "event", text));
        while (recv(fd, sink, sizeof sink, MSG_DONTWAIT) > 0)
            continue;
    }
    free(text);
    assert_true(clock_now_us() - start < 10000000);
    ssize_t n;
    size_t got = 0;
    while ((n = recv(slow, sink, sizeof sink, 0)) > 0)
        got += (size_t)n;
    assert_true(got < 12000000); // it was dropped, not served
    close(slow);
    close(fd);
}

static void full_mailbox(void **state)
{
    (void)state;
    char line[512];
    int fd = dial();
    for (int i = 0; i <= IPC_COMMANDS_MAX; i++) {
        snprintf(line, sizeof line, "{\"command\":[\"a\"],\"request_id\":%d}\n", i);
        say(fd, line);
    }
    assert_string_equal(hear(fd, line), "{\"request_id\":64,\"error\":\"busy\"}");
    struct ipc_command c = take();
    close(fd);
    usleep(20000);
    ipc_reply(ipc, &c, json_true(), NULL); // to nobody
    say(fd = dial(), "{\"command\":[\"late\"]}\n");
    close(fd); // what was asked and never taken is freed at the end
}

static void the_last_answer_leaves(void **state)
{
    (void)state;
    char line[512];
    int fd = dial();
    say(fd, "{\"command\":[\"quit\"],\"request_id\":1}\n");
    struct ipc_command c = take();
    ipc_reply(ipc, &c, NULL, NULL);
    assert_int_equal(tear_down(state), 0);
    assert_string_equal(hear(fd, line), "{\"request_id\":1,\"error\":\"success\"}");
    assert_string_equal(hear(fd, line), "");
    close(fd);
    assert_int_equal(set_up(state), 0);
}

static void paths(void **state)
{
    (void)state;
    char error[300], long_path[200], file[64];
    assert_null(ipc_create(path, wake, NULL, error, sizeof error)); // ours, and alive
    assert_non_null(strstr(error, "another program"));
    memset(long_path, 'p', sizeof long_path);
    long_path[sizeof long_path - 1] = 0;
    assert_null(ipc_create(long_path, wake, NULL, error, sizeof error));
    assert_null(ipc_create("", wake, NULL, error, sizeof error));
    assert_null(ipc_create("/nonexistent/x", wake, NULL, error, sizeof error));
    snprintf(file, sizeof file, "%s/file", dir);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    fclose(f);
    assert_null(ipc_create(file, wake, NULL, error, sizeof error)); // somebody's file is not ours to replace
    assert_int_equal(access(file, F_OK), 0);
    unlink(file);
    struct sockaddr_un address = {.sun_family = AF_UNIX}; // a run that was killed leaves its socket behind
    snprintf(address.sun_path, sizeof address.sun_path, "%s", file);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    struct ipc *again = ipc_create(file, wake, NULL, error, sizeof error);
    assert_non_null(again);
    ipc_destroy(again);
    assert_int_equal(access(file, F_OK), -1);
}

int main(void)
{
    log_setup(LOG_ERROR, false);
    if (!mkdtemp(dir))
        return 1;
    snprintf(path, sizeof path, "%s/ipc", dir);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(questions_and_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(events_and_slow_readers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(full_mailbox, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_last_answer_leaves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(paths, set_up, tear_down),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(dir);
    return failed;
}
