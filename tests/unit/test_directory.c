// What lies in a folder: read beside everything else, sorted, bounded; where people keep their files.
#define _GNU_SOURCE
#include "client/directory.h"
#include "shared/base.h"

#include "unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <semaphore.h>
#include <sys/stat.h>
#include <unistd.h>

static char top[] = "/tmp/parlour-directory-XXXXXX";
static sem_t there;

static void wake(void *ctx)
{
    (void)ctx;
    sem_post(&there);
}

static void make(const char *name, size_t size)
{
    char path[PATHS_MAX];
    assert_true(paths_join(path, top, name));
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    close(fd);
}

static const struct directory_list *wait_for(struct directory *d, const char *path)
{
    const struct directory_list *list = directory_look(d, path, false);
    while (list->state == DIRECTORY_READING) {
        sem_wait(&there);
        list = directory_look(d, path, false);
    }
    return list;
}

static void test_list(void **state)
{
    (void)state;
    char path[PATHS_MAX];
    struct directory *d = directory_create(wake, NULL);
    make("photo 10.jpg", 10);
    make("Photo 9.jpg", 9);
    make(".hidden", 1);
    make("\xFFodd\n", 3);
    paths_join(path, top, "zoo");
    assert_int_equal(mkdir(path, 0700), 0);
    paths_join(path, top, "pipe");
    assert_int_equal(mkfifo(path, 0600), 0); // opening it would wait for ever
    paths_join(path, top, "gone");
    assert_int_equal(symlink("/nowhere/at/all", path), 0);
    const struct directory_list *list = wait_for(d, top);
    assert_int_equal(list->state, DIRECTORY_READY);
    assert_int_equal(list->count, 4);
    assert_string_equal(list->entries[0].name, "zoo");
    assert_true(list->entries[0].folder);
    assert_string_equal(list->entries[1].name, "Photo 9.jpg");
    assert_string_equal(list->entries[2].name, "photo 10.jpg");
    assert_int_equal(list->entries[2].size, 10);
    assert_false(list->more);
    unsigned number = list->number;
    make("new.txt", 0);
    assert_int_equal(wait_for(d, top)->number, number); // it stands still while one looks at it
    directory_look(d, top, true);
    list = wait_for(d, top);
    assert_int_equal(list->count, 5);
    assert_int_not_equal(list->number, number);
    paths_join(path, top, "new.txt"); // a file is a list of itself
    list = wait_for(d, path);
    assert_int_equal(list->count, 1);
    assert_string_equal(list->entries[0].path, path);
    assert_string_equal(list->entries[0].name, "new.txt");
    assert_int_equal(wait_for(d, "/nowhere/at/all")->state, DIRECTORY_FAILED);
    directory_destroy(d);
}

static void test_bound(void **state)
{
    (void)state;
    char many[PATHS_MAX], name[64];
    struct directory *d = directory_create(wake, NULL);
    paths_join(many, top, "many");
    assert_int_equal(mkdir(many, 0700), 0);
    for (int i = 0; i <= DIRECTORY_ENTRIES_MAX; i++) {
        snprintf(name, sizeof name, "many/%d", i);
        make(name, 0);
    }
    const struct directory_list *list = wait_for(d, many);
    assert_int_equal(list->count, DIRECTORY_ENTRIES_MAX);
    assert_true(list->more);
    directory_destroy(d);
}

// Asked for something else before the first list is there: only the last one counts, and nothing is left behind.
static void test_hurry(void **state)
{
    (void)state;
    struct directory *d = directory_create(wake, NULL);
    for (int i = 0; i < 50; i++)
        assert_string_equal(directory_look(d, i % 2 ? top : "/", true)->path, i % 2 ? top : "/");
    const struct directory_list *list = wait_for(d, "/");
    assert_string_equal(list->path, "/");
    directory_look(d, top, true);
    directory_destroy(d); // while it is read
    directory_destroy(NULL);
}

static void test_places(void **state)
{
    (void)state;
    char path[PATHS_MAX];
    setenv("HOME", top, 1);
    unsetenv("XDG_CONFIG_HOME");
    paths_join(path, top, "Downloads");
    assert_int_equal(mkdir(path, 0700), 0);
    struct directory *d = directory_create(wake, NULL);
    const struct directory_list *list = wait_for(d, "");
    assert_true(list->count >= 2); // what is not there is no place
    assert_int_equal(list->entries[0].place, DIRECTORY_DOWNLOADS);
    assert_string_equal(list->entries[0].path, path);
    assert_int_equal(list->entries[1].place, DIRECTORY_HOME);
    directory_destroy(d);
}

static void test_user_dirs(void **state)
{
    (void)state;
    char out[PATHS_MAX];
    const char *text = "# written by hand\n  XDG_DOWNLOAD_DIR=\"$HOME/Geladenes/\"\nXDG_MUSIC_DIR=\"/data/music\"\n"
                       "XDG_VIDEOS_DIR=\"$HOME/\"\nXDG_PICTURES_DIR=\"pictures\"\nXDG_DOCUMENTS_DIR=\"$HOME/no end";
    assert_true(directory_user_dir(out, text, "DOWNLOAD", "/home/n"));
    assert_string_equal(out, "/home/n/Geladenes");
    assert_true(directory_user_dir(out, text, "MUSIC", "/home/n"));
    assert_string_equal(out, "/data/music");
    assert_false(directory_user_dir(out, text, "VIDEOS", "/home/n"));
    assert_false(directory_user_dir(out, text, "PICTURES", "/home/n"));
    assert_false(directory_user_dir(out, text, "DOCUMENTS", "/home/n"));
    assert_false(directory_user_dir(out, text, "DESKTOP", "/home/n"));
    assert_false(directory_user_dir(out, "", "DOWNLOAD", "/home/n"));
    char long_home[2 * PATHS_MAX];
    memset(long_home, 'a', sizeof long_home - 1);
    long_home[sizeof long_home - 1] = '\0';
    assert_false(directory_user_dir(out, text, "DOWNLOAD", long_home));
}

static int drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static int clean(void **state)
{
    (void)state;
    return nftw(top, drop, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
    if (!mkdtemp(top))
        return 1;
    sem_init(&there, 0, 0);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_list), cmocka_unit_test(test_bound),
                                       cmocka_unit_test(test_hurry), cmocka_unit_test(test_places),
                                       cmocka_unit_test(test_user_dirs)};
    return cmocka_run_group_tests(tests, NULL, clean);
}
