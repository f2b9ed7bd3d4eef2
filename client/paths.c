#define _GNU_SOURCE
#include "paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool paths_join(char out[PATHS_MAX], const char *dir, const char *name)
{
    int n = snprintf(out, PATHS_MAX, "%s/%s", dir, name);
    return n > 0 && n < PATHS_MAX;
}

// The XDG rule: a relative path in the variable counts as unset.
static bool xdg(char out[PATHS_MAX], const char *variable, const char *in_home)
{
    char base[PATHS_MAX];
    const char *dir = getenv(variable), *home = getenv("HOME");
    if (dir && dir[0] == '/')
        return paths_join(out, dir, "parlour");
    if (!in_home || !home || home[0] != '/' || !paths_join(base, home, in_home))
        return false;
    return paths_join(out, base, "parlour");
}

bool paths_config_file(char out[PATHS_MAX])
{
    char dir[PATHS_MAX];
    return xdg(dir, "XDG_CONFIG_HOME", ".config") && paths_join(out, dir, "parlour.conf");
}

bool paths_data_dir(char out[PATHS_MAX])
{
    return xdg(out, "XDG_DATA_HOME", ".local/share");
}

bool paths_runtime_dir(char out[PATHS_MAX])
{
    return xdg(out, "XDG_RUNTIME_DIR", NULL) || paths_data_dir(out);
}

bool paths_downloads(char out[PATHS_MAX])
{
    const char *dir = getenv("XDG_DOWNLOAD_DIR"), *home = getenv("HOME");
    if (dir && dir[0] == '/' && strlen(dir) < PATHS_MAX) {
        memcpy(out, dir, strlen(dir) + 1);
        return true;
    }
    return home && home[0] == '/' && paths_join(out, home, "Downloads");
}

bool paths_make(const char *dir)
{
    char part[PATHS_MAX];
    size_t n = strlen(dir);
    if (n == 0 || n >= sizeof part) {
        errno = n ? ENAMETOOLONG : ENOENT;
        return false;
    }
    for (size_t i = 1; i <= n; i++) {
        if (dir[i] != '/' && dir[i] != 0)
            continue;
        memcpy(part, dir, i);
        part[i] = 0;
        if (mkdir(part, 0700) && errno != EEXIST)
            return false;
    }
    struct stat st;
    if (stat(dir, &st))
        return false;
    errno = ENOTDIR;
    return S_ISDIR(st.st_mode);
}

static bool exists(char out[PATHS_MAX], const char *dir, const char *name)
{
    return paths_join(out, dir, name) && access(out, R_OK) == 0;
}

// Cut the last part off; false when none is left.
static bool up(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return false;
    *slash = 0;
    return true;
}

bool paths_asset(char out[PATHS_MAX], const char *name)
{
    char dir[PATHS_MAX], at[PATHS_MAX];
    const char *given = getenv("PARLOUR_ASSETS");
    if (given && *given)
        return exists(out, given, name);
    ssize_t n = readlink("/proc/self/exe", dir, sizeof dir - 1);
    dir[n > 0 ? n : 0] = 0;
    if (up(dir) && up(dir) && paths_join(at, dir, "share/parlour") && exists(out, at, name))
        return true;
    // Not installed: the tree this file was compiled in.
    n = snprintf(dir, sizeof dir, "%s", __FILE__);
    if (n <= 0 || n >= (int)sizeof dir || !up(dir) || !up(dir))
        return false;
    return paths_join(at, dir, "assets") && exists(out, at, name);
}

bool paths_locale(char out[PATHS_MAX])
{
    char dir[PATHS_MAX], at[PATHS_MAX];
    ssize_t n = readlink("/proc/self/exe", dir, sizeof dir - 1);
    dir[n > 0 ? n : 0] = 0;
    // Beside the program, or one above it (the tests'); then the installed place.
    for (int i = 0; i < 2; i++)
        if (up(dir) && paths_join(at, dir, "locale/de/LC_MESSAGES") && exists(out, at, "parlour.mo"))
            return paths_join(out, dir, "locale");
    return paths_join(at, dir, "share/locale/de/LC_MESSAGES") && exists(out, at, "parlour.mo") &&
           paths_join(out, dir, "share/locale");
}
