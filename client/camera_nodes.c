#define _GNU_SOURCE
#include "camera_nodes.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NODES = 64, PATH_SIZE = 512 };

// The first line of a file of /sys.
static bool read_line(const char *root, unsigned node, const char *what, char out[DEVICE_NAMES_SIZE])
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/sys/class/video4linux/video%u/%s", root, node, what);
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    bool read = fgets(out, DEVICE_NAMES_SIZE, f) != NULL;
    fclose(f);
    if (read)
        out[strcspn(out, "\n")] = 0;
    return read && out[0];
}

// A camera has several nodes: those that give pictures say so. One that is not ours to ask, or busy, is taken at the
// kernel's word: the first of a device.
static bool gives_pictures(const char *root, unsigned node, const char *path)
{
    struct v4l2_capability c = {.capabilities = 0};
    char index[DEVICE_NAMES_SIZE] = "0";
    int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    bool asked = fd >= 0 && ioctl(fd, VIDIOC_QUERYCAP, &c) == 0;
    if (fd >= 0)
        close(fd);
    if (asked)
        return (c.capabilities & V4L2_CAP_DEVICE_CAPS ? c.device_caps : c.capabilities) & V4L2_CAP_VIDEO_CAPTURE;
    read_line(root, node, "index", index);
    return strcmp(index, "0") == 0;
}

// The link of /dev/v4l/by-id that leads to this node. False when there is none, as for cameras that are built in.
static bool find_link(const char *root, const char *path, char out[DEVICE_NAMES_SIZE])
{
    static const char by_id[] = "/dev/v4l/by-id";
    char folder[PATH_SIZE], link[PATH_SIZE + 256], real[PATH_SIZE], *target = NULL, *wanted = realpath(path, NULL);
    snprintf(folder, sizeof folder, "%s%s", root, by_id);
    DIR *dir = opendir(folder);
    bool found = false;
    for (struct dirent *e = dir && wanted ? readdir(dir) : NULL; e && !found; e = readdir(dir)) {
        snprintf(link, sizeof link, "%s/%s", folder, e->d_name);
        target = e->d_name[0] == '.' ? NULL : realpath(link, NULL);
        int n = snprintf(real, sizeof real, "%s/%s", by_id, e->d_name);
        found = target && !strcmp(target, wanted) && n < DEVICE_NAMES_SIZE;
        if (found)
            memcpy(out, real, (size_t)n + 1);
        free(target);
    }
    free(wanted);
    if (dir)
        closedir(dir);
    return found;
}

void camera_nodes_list(const char *root, struct device_names *out)
{
    out->count = 0;
    for (unsigned i = 0; i < NODES; i++) {
        char path[PATH_SIZE], name[DEVICE_NAMES_SIZE], id[DEVICE_NAMES_SIZE], shown[24];
        snprintf(path, sizeof path, "%s/dev/video%u", root, i);
        if (access(path, F_OK) != 0 || !gives_pictures(root, i, path))
            continue;
        snprintf(shown, sizeof shown, "/dev/video%u", i);
        bool named = read_line(root, i, "name", name), linked = find_link(root, path, id);
        device_names_add(out, named ? name : shown, linked ? id : shown, shown);
    }
}

uint64_t camera_nodes_state(const char *root)
{
    uint64_t state = 14695981039346656037u; // FNV-1a
    for (unsigned i = 0; i < NODES; i++) {
        char path[PATH_SIZE];
        struct stat st;
        snprintf(path, sizeof path, "%s/dev/video%u", root, i);
        if (stat(path, &st) != 0)
            continue;
        const uint64_t parts[] = {i, st.st_ino, (uint64_t)st.st_ctim.tv_sec, (uint64_t)st.st_ctim.tv_nsec};
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
            state = (state ^ parts[k]) * 1099511628211u;
    }
    return state;
}

bool camera_nodes_as_before(struct camera_nodes_seen *seen, const char *root)
{
    uint64_t now = camera_nodes_state(root);
    bool same = seen->any && now == seen->state, before = same && seen->settled;
    *seen = (struct camera_nodes_seen){.any = true, .settled = same, .state = now};
    return before;
}
