#include "tests/unit/unit.h"

#include "relay/notify.h"
#include "shared/log.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char said[1024];

// A service manager's end, by path or by an abstract name ('@').
static int manager(char *path, size_t size, bool abstract)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    snprintf(path, size, "%s/tmp/parlour-notify-%d", abstract ? "@" : "", (int)getpid());
    memcpy(a.sun_path, path, strlen(path));
    if (abstract)
        a.sun_path[0] = 0;
    else
        unlink(path);
    assert_int_equal(
        bind(fd, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path))), 0);
    return fd;
}

static const char *hear(int fd)
{
    ssize_t n = recv(fd, said, sizeof said - 1, 0);
    said[n > 0 ? n : 0] = 0;
    return said;
}

static void nobody_asks(void **state)
{
    struct notify n;
    static const char *const useless[] = {"", "x", "relative/path", "vsock:1:2", NULL};
    (void)state;
    log_setup(LOG_ERROR, false);
    unsetenv("NOTIFY_SOCKET");
    for (unsigned i = 0; i <= ARRAY_LEN(useless); i++) {
        notify_open(&n);
        assert_int_equal(n.fd, -1);
        notify_ready(&n, "serving");
        notify_alive(&n, true, 1);
        notify_close(&n);
        if (i < ARRAY_LEN(useless) && useless[i])
            setenv("NOTIFY_SOCKET", useless[i], 1);
    }
    char far[300];
    memset(far, 'a', sizeof far - 1);
    far[0] = '/';
    far[sizeof far - 1] = 0;
    setenv("NOTIFY_SOCKET", far, 1);
    notify_open(&n);
    assert_int_equal(n.fd, -1);
}

static void what_is_told(void **state)
{
    (void)state;
    for (unsigned abstract = 0; abstract < 2; abstract++) {
        char path[108];
        struct notify n;
        int fd = manager(path, sizeof path, abstract);
        setenv("NOTIFY_SOCKET", path, 1);
        setenv("WATCHDOG_USEC", "1000000", 1);
        unsetenv("WATCHDOG_PID");
        notify_open(&n);
        assert_true(n.fd >= 0);
        assert_int_equal(n.watchdog_us, 1000000);
        notify_ready(&n, "serving");
        assert_string_equal(hear(fd), "READY=1\nSTATUS=serving\n");
        notify_reloading(&n, 123456789012);
        assert_string_equal(hear(fd), "RELOADING=1\nMONOTONIC_USEC=123456789012\n");
        notify_stopping(&n);
        assert_string_equal(hear(fd), "STOPPING=1\n");
        notify_close(&n);
        close(fd);
        unlink(path);
    }
}

// Twice an interval, and not when what must live does not.
static void the_watchdog(void **state)
{
    char path[108];
    struct notify n;
    (void)state;
    int fd = manager(path, sizeof path, false);
    setenv("NOTIFY_SOCKET", path, 1);
    notify_open(&n);
    uint64_t now = 50000000;
    unsigned told = 0;
    for (; now < 60000000; now += 100000) { // 10 s
        notify_alive(&n, true, now);
        told += strcmp(hear(fd), "WATCHDOG=1\n") == 0;
    }
    assert_int_equal(told, 20);
    for (; now < 70000000; now += 100000) {
        notify_alive(&n, false, now);
        assert_string_equal(hear(fd), "");
    }
    notify_alive(&n, true, now);
    assert_string_equal(hear(fd), "WATCHDOG=1\n");
    notify_close(&n);
    setenv("WATCHDOG_PID", "1", 1); // another process's
    notify_open(&n);
    assert_int_equal(n.watchdog_us, 0);
    notify_alive(&n, true, now + 10000000);
    assert_string_equal(hear(fd), "");
    notify_close(&n);
    close(fd);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_asks),
        cmocka_unit_test(what_is_told),
        cmocka_unit_test(the_watchdog),
    };
    return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
