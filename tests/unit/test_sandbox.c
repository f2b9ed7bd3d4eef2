// Each deed is tried in a child of its own, after the relay's sandbox has closed around it.
#define _GNU_SOURCE
#include "tests/unit/unit.h"

#include "relay/sandbox.h"
#include "shared/log.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char inside[] = "/tmp/parlour-sandbox-XXXXXX";
static char inside_file[64];

enum fate { DONE, REFUSED, KILLED };

// A deed returns 0 when it was done, else the errno.
static int outcome(bool done)
{
    return done ? 0 : errno;
}

static int deed_exec(void)
{
    char *const args[] = {"true", NULL};
    return outcome(execv("/bin/true", args) == 0);
}

static int deed_fork(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return outcome(pid > 0);
}

static int deed_bare_fork(void)
{
    return outcome(syscall(SYS_fork) >= 0);
}

static int deed_ptrace(void)
{
    return outcome(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
}

static int deed_map_code(void)
{
    return outcome(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

static int deed_turn_into_code(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return outcome(mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0);
}

static int deed_memfd(void)
{
    return outcome(memfd_create("x", 0) >= 0);
}

static int deed_map_data(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return outcome(p != MAP_FAILED && mprotect(p, 4096, PROT_READ) == 0 && munmap(p, 4096) == 0);
}

static int deed_write(void)
{
    return outcome(open(inside_file, O_WRONLY) >= 0);
}

static int deed_create(void)
{
    char path[80];
    snprintf(path, sizeof path, "%s/new", inside);
    return outcome(open(path, O_RDONLY | O_CREAT, 0600) >= 0);
}

static int deed_unlink(void)
{
    return outcome(unlink(inside_file) == 0);
}

static int deed_rename(void)
{
    return outcome(rename(inside_file, "/tmp/elsewhere") == 0);
}

static int deed_read(void)
{
    return outcome(open(inside_file, O_RDONLY | O_CLOEXEC) >= 0);
}

static int deed_read_passwd(void)
{
    return outcome(open("/etc/passwd", O_RDONLY) >= 0);
}

static int deed_unix_socket(void)
{
    return outcome(socket(AF_UNIX, SOCK_DGRAM, 0) >= 0);
}

static int deed_netlink(void)
{
    return outcome(socket(AF_NETLINK, SOCK_RAW, 0) >= 0);
}

static int deed_tcp(void)
{
    return outcome(socket(AF_INET, SOCK_STREAM, 0) >= 0);
}

static int deed_raw(void)
{
    return outcome(socket(AF_INET, SOCK_RAW, IPPROTO_UDP) >= 0);
}

static int deed_udp(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    int size = 65536, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return outcome(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) == 0 &&
                   bind(fd, (struct sockaddr *)&a, sizeof a) == 0);
}

static void *nothing(void *arg)
{
    return arg;
}

static int deed_thread(void)
{
    pthread_t t;
    errno = pthread_create(&t, NULL, nothing, NULL);
    return errno ? errno : pthread_join(t, NULL);
}

static int deed_raise_limit(void)
{
    struct rlimit r = {1 << 20, 1 << 20};
    return outcome(setrlimit(RLIMIT_CORE, &r) == 0);
}

static int deed_kill_parent(void)
{
    return outcome(kill(getppid(), 0) == 0);
}

static int deed_state(void)
{
    struct rlimit r;
    return getrlimit(RLIMIT_CORE, &r) == 0 && r.rlim_cur == 0 && r.rlim_max == 0 ? 0 : EBADE;
}

static const struct {
    const char *name;
    int (*deed)(void);
    enum fate fate;
} rows[] = {
    {"exec", deed_exec, KILLED},
    {"fork", deed_fork, KILLED},
    {"fork as a bare call", deed_bare_fork, KILLED},
    {"ptrace", deed_ptrace, KILLED},
    {"map code", deed_map_code, KILLED},
    {"turn data into code", deed_turn_into_code, KILLED},
    {"memfd", deed_memfd, KILLED},
    {"map data", deed_map_data, DONE},
    {"open for writing", deed_write, REFUSED},
    {"create", deed_create, REFUSED},
    {"unlink", deed_unlink, REFUSED},
    {"rename", deed_rename, REFUSED},
    {"read where it is allowed", deed_read, DONE},
    {"read elsewhere", deed_read_passwd, REFUSED},
    {"unix socket", deed_unix_socket, REFUSED},
    {"netlink socket", deed_netlink, REFUSED},
    {"tcp socket", deed_tcp, REFUSED},
    {"raw socket", deed_raw, REFUSED},
    {"udp socket", deed_udp, DONE},
    {"thread", deed_thread, DONE},
    {"raise a limit", deed_raise_limit, REFUSED},
    {"signal another process", deed_kill_parent, REFUSED},
    {"core dumps are off", deed_state, DONE},
};

static bool landlock_is_here(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) >= 1;
}

static void deeds(void **state)
{
    const struct sandbox s = {.readable = {inside, "/nonexistent"}};
    (void)state;
#if BASE_SANITIZED
    print_message("no seccomp and no Landlock under the sanitizers\n");
    (void)rows;
    (void)s;
    (void)landlock_is_here;
#else
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int status;
        if (rows[i].deed == deed_read_passwd && !landlock_is_here())
            continue;
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            sandbox_enter(&s);
            _exit(rows[i].deed());
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        enum fate fate = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS ? KILLED
                         : WIFEXITED(status) && WEXITSTATUS(status) == 0   ? DONE
                                                                           : REFUSED;
        bool error_told =
            fate != REFUSED || (WIFEXITED(status) && (WEXITSTATUS(status) == EPERM || WEXITSTATUS(status) == EACCES));
        if (fate != rows[i].fate || !error_told)
            fail_msg("%s: wait status %#x", rows[i].name, (unsigned)status);
    }
#endif
}

static int make(void **state)
{
    (void)state;
    log_setup(LOG_ERROR, false);
    if (!mkdtemp(inside))
        return -1;
    snprintf(inside_file, sizeof inside_file, "%s/file", inside);
    int fd = open(inside_file, O_WRONLY | O_CREAT, 0600);
    return fd < 0 ? -1 : close(fd);
}

static int remove_all(void **state)
{
    (void)state;
    unlink(inside_file);
    return rmdir(inside);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(deeds)};
    return cmocka_run_group_tests_name("sandbox", tests, make, remove_all);
}
