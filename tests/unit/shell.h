// A line for the shell: tests make their clips with the ffmpeg tool.
#ifndef PARLOUR_TESTS_SHELL_H
#define PARLOUR_TESTS_SHELL_H

#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

// Its exit status; -1 when it could not be run.
static inline int shell_run(const char *line)
{
    char *argv[] = {(char *)"sh", (char *)"-c", (char *)(uintptr_t)line, NULL};
    pid_t pid;
    int status;
    if (posix_spawnp(&pid, "sh", NULL, NULL, argv, environ) != 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#endif
