// Tests that mostly wait for the clock of the machine, several at a time: this program starts itself so many times, and
// each of them runs its share, neighbours in the list beside each other.
#ifndef PARLOUR_TESTS_BESIDE_H
#define PARLOUR_TESTS_BESIDE_H

#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BESIDE_MAX = 8, BESIDE_TESTS = 32 };

static inline int beside_share(const struct CMUnitTest *tests, size_t count, size_t first, size_t parts,
                               CMFixtureFunction setup, CMFixtureFunction teardown)
{
    struct CMUnitTest mine[BESIDE_TESTS];
    size_t n = 0;
    for (size_t i = first; i < count && n < BESIDE_TESTS; i += parts)
        mine[n++] = tests[i];
    return _cmocka_run_group_tests("share", mine, n, setup, teardown);
}

// What main returns. `setup` and `teardown` are run by each share.
static inline int beside_run(int argc, char **argv, const struct CMUnitTest *tests, size_t count, size_t parts,
                             CMFixtureFunction setup, CMFixtureFunction teardown)
{
    pid_t pid[BESIDE_MAX];
    int failed = 0;
    if (argc > 1)
        return beside_share(tests, count, strtoul(argv[1], NULL, 10), parts, setup, teardown);
    for (size_t i = 0; i < parts; i++) {
        char number[] = {(char)('0' + i), '\0'};
        char *args[] = {argv[0], number, NULL};
        if (posix_spawn(&pid[i], "/proc/self/exe", NULL, NULL, args, environ) != 0)
            return 1;
    }
    for (size_t i = 0; i < parts; i++) {
        int status;
        failed += waitpid(pid[i], &status, 0) != pid[i] || !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    }
    return failed;
}

#endif
