// Which cameras there are, from a /dev and a /sys of our own: names, what stays, which nodes are no cameras.
#define _GNU_SOURCE
#include "tests/unit/unit.h"

#include "client/camera_nodes.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

static void put(const char *path, const char *text)
{
    char full[256];
    snprintf(full, sizeof full, "%s%s", root, path);
    for (char *p = strchr(full + strlen(root) + 1, '/'); p; p = strchr(p + 1, '/')) {
        *p = 0;
        mkdir(full, 0700);
        *p = '/';
    }
    FILE *f = fopen(full, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void node(unsigned number, const char *name, const char *index)
{
    char path[128];
    snprintf(path, sizeof path, "/dev/video%u", number);
    put(path, "");
    snprintf(path, sizeof path, "/sys/class/video4linux/video%u/name", number);
    put(path, name);
    snprintf(path, sizeof path, "/sys/class/video4linux/video%u/index", number);
    put(path, index);
}

static void linked(const char *name, const char *target)
{
    char path[256], dir[128];
    snprintf(dir, sizeof dir, "%s/dev/v4l", root);
    mkdir(dir, 0700);
    snprintf(dir, sizeof dir, "%s/dev/v4l/by-id", root);
    mkdir(dir, 0700);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    unlink(path);
    assert_int_equal(symlink(target, path), 0);
}

static void cameras_and_what_is_none(void **state)
{
    (void)state;
    static struct device_names n;
    camera_nodes_list(root, &n);
    assert_int_equal(n.count, 0);
    node(0, "Built-in\n", "0\n");
    node(1, "Built-in\n", "1\n"); // its data about the pictures
    node(4, "BRIO: a camera\n", "0\n");
    put("/dev/video9", ""); // /sys knows nothing of it
    linked("usb-BRIO-index0", "../../video4");
    linked("usb-gone-index0", "../../video7");
    camera_nodes_list(root, &n);
    assert_int_equal(n.count, 3);
    assert_string_equal(n.list[0].name, "Built-in");
    assert_string_equal(n.list[0].id, "/dev/video0");
    assert_string_equal(n.list[1].name, "BRIO: a camera");
    assert_string_equal(n.list[1].id, "/dev/v4l/by-id/usb-BRIO-index0");
    assert_string_equal(n.list[1].path, "/dev/video4");
    assert_string_equal(n.list[2].name, "/dev/video9");
    // Plugged in anew it has another number, and is found by what it was found by.
    char path[128];
    snprintf(path, sizeof path, "%s/dev/video4", root);
    assert_int_equal(unlink(path), 0);
    node(2, "BRIO: a camera\n", "0\n");
    linked("usb-BRIO-index0", "../../video2");
    camera_nodes_list(root, &n);
    int at = device_names_find(&n, "/dev/v4l/by-id/usb-BRIO-index0");
    assert_true(at >= 0 && at == device_names_find(&n, "brio"));
    assert_string_equal(n.list[at].path, "/dev/video2");
}

// A node that is taken away, comes, or comes in the place of another one is noticed; nothing else is.
static void changes(void **state)
{
    (void)state;
    char path[128];
    uint64_t before = camera_nodes_state(root), now;
    assert_true(camera_nodes_state(root) == before);
    usleep(50000); // file systems count time in steps
    node(7, "New\n", "0\n");
    now = camera_nodes_state(root);
    assert_true(now != before && camera_nodes_state(root) == now);
    snprintf(path, sizeof path, "%s/dev/video7", root);
    assert_int_equal(unlink(path), 0);
    assert_true(camera_nodes_state(root) == before);
    node(7, "Another\n", "0\n");
    assert_true(camera_nodes_state(root) != before && camera_nodes_state(root) != now);
}

// Nothing is asked again while the nodes stay as they are, but once more after they have changed.
static void as_before(void **state)
{
    (void)state;
    char path[128];
    struct camera_nodes_seen seen = {.any = false};
    assert_false(camera_nodes_as_before(&seen, root));
    assert_false(camera_nodes_as_before(&seen, root)); // its name may have come after it
    assert_true(camera_nodes_as_before(&seen, root));
    usleep(50000);
    node(9, "Late\n", "0\n");
    assert_false(camera_nodes_as_before(&seen, root));
    assert_false(camera_nodes_as_before(&seen, root));
    assert_true(camera_nodes_as_before(&seen, root));
    snprintf(path, sizeof path, "%s/dev/video9", root);
    assert_int_equal(unlink(path), 0);
    assert_false(camera_nodes_as_before(&seen, root));
}

static int set_up(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/parlour-test-nodes-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    return nftw(root, drop, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cameras_and_what_is_none), cmocka_unit_test(changes),
                                       cmocka_unit_test(as_before)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
