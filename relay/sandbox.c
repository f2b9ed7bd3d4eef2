#define _GNU_SOURCE
#include "sandbox.h"

#include "shared/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// The sanitizers look into their own process at its end.
static const bool sanitized = BASE_SANITIZED;

// ---- Landlock; newer than this system's headers: refer (ABI 2), truncate (3), TCP (4), ioctl on devices (5) ----

struct ruleset {
    uint64_t files, net;
};

enum { NET_BIND_TCP = 1, NET_CONNECT_TCP = 2 };

static uint64_t files_handled(long abi)
{
    uint64_t all = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1; // the 13 of ABI 1
    for (long i = 2; i <= abi && i <= 3; i++)
        all |= all << 1;
    return abi >= 5 ? all | all << 1 : all;
}

static bool allow_reading(int rules, const char *dir)
{
    struct landlock_path_beneath_attr beneath = {.allowed_access =
                                                     LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR};
    beneath.parent_fd = open(dir, O_PATH | O_CLOEXEC | O_DIRECTORY);
    if (beneath.parent_fd < 0)
        return true; // not there, or closed to us: nothing is lost
    bool ok = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
    close(beneath.parent_fd);
    return ok;
}

// The ABI that holds now, 0 = none.
static long restrict_files(const struct sandbox *s)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1)
        return 0;
    struct ruleset handled = {files_handled(abi), abi >= 4 ? NET_BIND_TCP | NET_CONNECT_TCP : 0};
    size_t size = abi >= 4 ? sizeof handled : sizeof handled.files;
    int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, size, 0);
    if (rules < 0)
        return 0;
    bool ok = true;
    for (unsigned i = 0; i < SANDBOX_DIRS; i++)
        ok = ok && (!s->readable[i] || allow_reading(rules, s->readable[i]));
    ok = ok && syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    close(rules);
    return ok ? abi : 0;
}

// ---- seccomp ----

// What the relay, libwebsockets, OpenSSL and the C library call once it serves.
static const int allowed[] = {
    // the hot ones
    SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg), SCMP_SYS(sendmmsg), SCMP_SYS(sendmsg), SCMP_SYS(sendto), SCMP_SYS(recvfrom),
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(read), SCMP_SYS(write),
    SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(futex), SCMP_SYS(clock_gettime),
    // sockets
    SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(bind), SCMP_SYS(connect), SCMP_SYS(listen), SCMP_SYS(shutdown),
    SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
    // descriptors
    SCMP_SYS(close), SCMP_SYS(fcntl), SCMP_SYS(fstat), SCMP_SYS(lseek), SCMP_SYS(pread64), SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl), SCMP_SYS(eventfd2), SCMP_SYS(pipe2),
    // files, to look at
    SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getcwd),
    // memory
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mlock), SCMP_SYS(mlock2),
    SCMP_SYS(munlock),
    // threads, signals, time
    SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(getcpu),
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(exit), SCMP_SYS(exit_group),
    // who and where we are
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
    SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(getrandom), SCMP_SYS(getrusage)};

// What nobody calls here but an intruder.
static const int deadly[] = {SCMP_SYS(execve),
                             SCMP_SYS(execveat),
                             SCMP_SYS(fork),
                             SCMP_SYS(vfork),
                             SCMP_SYS(ptrace),
                             SCMP_SYS(process_vm_readv),
                             SCMP_SYS(process_vm_writev),
                             SCMP_SYS(bpf),
                             SCMP_SYS(perf_event_open),
                             SCMP_SYS(userfaultfd),
                             SCMP_SYS(io_uring_setup),
                             SCMP_SYS(init_module),
                             SCMP_SYS(finit_module),
                             SCMP_SYS(delete_module),
                             SCMP_SYS(kexec_load),
                             SCMP_SYS(kexec_file_load),
                             SCMP_SYS(mount),
                             SCMP_SYS(umount2),
                             SCMP_SYS(move_mount),
                             SCMP_SYS(open_tree),
                             SCMP_SYS(fsopen),
                             SCMP_SYS(pivot_root),
                             SCMP_SYS(chroot),
                             SCMP_SYS(setns),
                             SCMP_SYS(unshare),
                             SCMP_SYS(keyctl),
                             SCMP_SYS(add_key),
                             SCMP_SYS(request_key),
                             SCMP_SYS(setuid),
                             SCMP_SYS(setgid),
                             SCMP_SYS(setresuid),
                             SCMP_SYS(setresgid),
                             SCMP_SYS(capset),
                             SCMP_SYS(memfd_create),
                             SCMP_SYS(personality),
                             SCMP_SYS(open_by_handle_at),
                             SCMP_SYS(reboot),
                             SCMP_SYS(swapon),
                             SCMP_SYS(pidfd_getfd)};

enum { WRITING = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY), SOCKET_TYPE = 0xf };

// A call that depends on one argument: where `mask` of it is `value`.
struct judged {
    int call;
    unsigned argument;
    scmp_datum_t mask, value;
    uint32_t action;
};

static bool add_judged(scmp_filter_ctx filter)
{
    const scmp_datum_t all = UINT32_MAX, exec = PROT_EXEC, thread = CLONE_THREAD;
    const struct judged rules[] = {
        {SCMP_SYS(mmap), 2, exec, 0, SCMP_ACT_ALLOW},
        {SCMP_SYS(mmap), 2, exec, exec, SCMP_ACT_KILL_PROCESS},
        {SCMP_SYS(mprotect), 2, exec, 0, SCMP_ACT_ALLOW},
        {SCMP_SYS(mprotect), 2, exec, exec, SCMP_ACT_KILL_PROCESS},
        {SCMP_SYS(pkey_mprotect), 2, exec, exec, SCMP_ACT_KILL_PROCESS},
        {SCMP_SYS(clone), 0, thread, thread, SCMP_ACT_ALLOW},
        {SCMP_SYS(clone), 0, thread, 0, SCMP_ACT_KILL_PROCESS},
        {SCMP_SYS(open), 1, WRITING, 0, SCMP_ACT_ALLOW},
        {SCMP_SYS(openat), 2, WRITING, 0, SCMP_ACT_ALLOW},
        {SCMP_SYS(prctl), 0, all, PR_SET_NAME, SCMP_ACT_ALLOW},
        {SCMP_SYS(prlimit64), 2, UINT64_MAX, 0, SCMP_ACT_ALLOW}, // to read
        {SCMP_SYS(tgkill), 0, all, (scmp_datum_t)getpid(), SCMP_ACT_ALLOW},
        {SCMP_SYS(ioctl), 1, all, FIONBIO, SCMP_ACT_ALLOW},
        {SCMP_SYS(ioctl), 1, all, FIONREAD, SCMP_ACT_ALLOW},
        {SCMP_SYS(ioctl), 1, all, TIOCOUTQ, SCMP_ACT_ALLOW},
    };
    bool ok = true;
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        const struct judged *r = &rules[i];
        struct scmp_arg_cmp where = SCMP_CMP64(r->argument, SCMP_CMP_MASKED_EQ, r->mask, r->value);
        ok = ok && (r->call < 0 || seccomp_rule_add_array(filter, r->action, r->call, 1, &where) == 0);
    }
    return ok;
}

// UDP over IPv4 and IPv6: sources set apart, and bridges to members without UDP, get sockets while the relay serves.
static bool add_sockets(scmp_filter_ctx filter)
{
    static const int family[] = {AF_INET, AF_INET6};
    bool ok = true;
    for (size_t i = 0; i < ARRAY_LEN(family); i++) {
        struct scmp_arg_cmp where[] = {SCMP_CMP64(0, SCMP_CMP_EQ, (scmp_datum_t)family[i], 0),
                                       SCMP_CMP64(1, SCMP_CMP_MASKED_EQ, SOCKET_TYPE, SOCK_DGRAM)};
        ok = ok && seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, where) == 0;
    }
    return ok;
}

static bool add_all(scmp_filter_ctx filter, const int *calls, size_t count, uint32_t action)
{
    bool ok = true;
    for (size_t i = 0; i < count; i++) // negative: this processor has no such call
        ok = ok && (calls[i] < 0 || seccomp_rule_add_array(filter, action, calls[i], 0, NULL) == 0);
    return ok;
}

static bool restrict_calls(void)
{
    static const int absent[] = {SCMP_SYS(clone3), SCMP_SYS(openat2)}; // arguments in memory: the old ones are used
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    bool ok = filter && add_all(filter, allowed, ARRAY_LEN(allowed), SCMP_ACT_ALLOW) &&
              add_all(filter, deadly, ARRAY_LEN(deadly), SCMP_ACT_KILL_PROCESS) &&
              add_all(filter, absent, ARRAY_LEN(absent), SCMP_ACT_ERRNO(ENOSYS)) && add_judged(filter) &&
              add_sockets(filter) && seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
              seccomp_load(filter) == 0;
    seccomp_release(filter);
    return ok;
}

void sandbox_enter(const struct sandbox *s)
{
    const struct rlimit none = {0, 0};
    struct rlimit now;
    // A service manager may have seen to it, and forbidden the call.
    bool cores = setrlimit(RLIMIT_CORE, &none) == 0 || (getrlimit(RLIMIT_CORE, &now) == 0 && now.rlim_max == 0);
    bool privileges = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    bool hidden = !sanitized && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
    long landlock = sanitized || !privileges ? 0 : restrict_files(s);
    bool calls = !sanitized && privileges && restrict_calls();
    bool whole = cores && hidden && landlock && calls;
    log_line(whole || sanitized ? LOG_INFO : LOG_WARN, "sandbox",
             "no_new_privs=%d core_dumps=%d landlock=%ld seccomp=%d", privileges, !cores, landlock, calls);
}
