// The file of whom a box has met: what survives a run, two programs with one file, what is refused, and threads at
// once.
#define _GNU_SOURCE
#include "tests/unit/unit.h"

#include "client/identities.h"
#include "client/thread.h"
#include "shared/keys.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], path[96], lock_path[128], error[512];

static int set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/test_identities.XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/identities", dir);
    snprintf(lock_path, sizeof lock_path, "%s.lock", path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    unlink(lock_path);
    return rmdir(dir); // fails when a temporary file is left
}

static const uint8_t *key(unsigned n)
{
    static _Thread_local uint8_t keys[4][32];
    static _Thread_local unsigned turn;
    uint8_t *k = keys[turn++ % 4];
    memset(k, 0, 32);
    k[0] = (uint8_t)n;
    k[1] = (uint8_t)(n >> 8);
    return k;
}

static struct identities *opened(void)
{
    struct identities *ids = identities_open(path, false, error, sizeof error);
    if (!ids)
        fail_msg("%s", error);
    return ids;
}

static size_t count(struct identities *ids)
{
    size_t n;
    free(identities_list(ids, &n));
    return n;
}

static void put_file(const char *text, mode_t mode)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    assert_int_equal(chmod(path, mode), 0);
}

static void a_run_remembers(void **state)
{
    (void)state;
    struct stat st;
    struct identities *ids = opened();
    assert_int_equal(access(path, F_OK), -1);
    identities_met(ids, "Ada", key(1), 1000);
    assert_int_equal(access(path, F_OK), -1); // meeting somebody costs no file work
    assert_int_equal(identities_judge(ids, "Ada", key(2)), CALL_TRUST_NEW);
    identities_close(ids);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    ids = opened();
    assert_int_equal(identities_judge(ids, "Ada", key(2)), CALL_TRUST_CHANGED);
    assert_int_equal(identities_verify(ids, NULL, key(2), 0), IDENTITIES_NOBODY);
    assert_int_equal(identities_trust(ids, "Ada", key(2), 2000), IDENTITIES_DONE);
    assert_int_equal(identities_trust(ids, "Ada", key(2), 2001), IDENTITIES_DONE);
    assert_int_equal(identities_judge(ids, "Ada", key(2)), CALL_TRUST_NEW);
    assert_int_equal(identities_verify(ids, "Ada", key(2), 2000), IDENTITIES_DONE);
    struct identities *next = opened(); // what a person decides is on the disk at once
    assert_int_equal(identities_judge(next, "Ada", key(2)), CALL_TRUST_VERIFIED);
    assert_int_equal(identities_judge(next, "Ada", key(1)), CALL_TRUST_NEW);
    identities_close(next);
    assert_int_equal(identities_forget(ids, "Ada", NULL), IDENTITIES_DONE);
    assert_int_equal(identities_forget(ids, "Ada", NULL), IDENTITIES_NOBODY);
    identities_close(ids);
    ids = opened();
    assert_int_equal(count(ids), 0);
    identities_close(ids);
}

static void two_programs_lose_nothing(void **state)
{
    (void)state;
    size_t n;
    bool long_form;
    uint8_t found[32];
    struct identities *a = opened(), *b = opened();
    identities_met(a, "Ada", key(1), 1000);
    identities_met(b, "Bob", key(2), 1000);
    assert_true(identities_save(a, error, sizeof error));
    assert_true(identities_save(b, error, sizeof error));
    assert_int_equal(count(a), 1);
    assert_int_equal(count(b), 2); // what it wrote, it knows
    identities_met(a, "Cy", key(3), 1000);
    assert_int_equal(identities_pair(b, key(1), true), IDENTITIES_DONE);
    assert_int_equal(identities_verify(a, NULL, key(1), 0), IDENTITIES_DONE);
    struct identity *list = identities_list(a, &n);
    assert_int_equal(n, 3);
    assert_string_equal(list[0].name, "Ada"); // by name
    assert_true(list[0].verified && list[0].paired);
    assert_string_equal(list[2].name, "Cy");
    free(list);
    // First met in this run stays so when the file is read again; what the other program met was an earlier run's.
    assert_int_equal(identities_pair(a, key(3), true), IDENTITIES_DONE);
    assert_int_equal(identities_judge(a, "Cy", key(9)), CALL_TRUST_NEW);
    assert_int_equal(identities_judge(a, "Bob", key(9)), CALL_TRUST_CHANGED);
    // One forgets whom the other compares: who has been compared is there.
    assert_int_equal(identities_forget(a, NULL, key(2)), IDENTITIES_DONE);
    assert_int_equal(identities_verify(b, "Bob", key(2), 2000), IDENTITIES_DONE);
    identities_close(a);
    identities_close(b);
    a = opened();
    assert_int_equal(identities_judge(a, "Bob", key(2)), CALL_TRUST_VERIFIED);
    char text[KEYS_FINGERPRINT_TEXT];
    keys_fingerprint_text(text, key(3));
    assert_int_equal(identities_find(a, text, found, &long_form), IDENTITY_FOUND);
    assert_memory_equal(found, key(3), 32);
    identities_close(a);
}

static void only_paired(void **state)
{
    (void)state;
    struct identities *ids = identities_open(path, true, error, sizeof error);
    assert_int_equal(identities_judge(ids, "Ada", key(1)), CALL_TRUST_STRANGER);
    assert_int_equal(identities_pair(ids, key(1), true), IDENTITIES_DONE);
    assert_int_equal(identities_judge(ids, "Ada", key(1)), CALL_TRUST_NEW);
    assert_int_equal(identities_pair(ids, key(1), false), IDENTITIES_DONE);
    assert_int_equal(identities_pair(ids, key(1), false), IDENTITIES_NOBODY);
    assert_int_equal(identities_judge(ids, "Ada", key(1)), CALL_TRUST_STRANGER);
    identities_close(ids);
}

static void refuses(const char *says)
{
    error[0] = 0;
    assert_null(identities_open(path, false, error, sizeof error));
    if (!strstr(error, says) || !strstr(error, path))
        fail_msg("'%s' does not say '%s' and where", error, says);
}

static void unusable_files_are_refused(void **state)
{
    (void)state;
    put_file("", 0640);
    refuses("chmod 600");
    put_file("", 0604);
    refuses("chmod 600");
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    refuses("mend it or move it away");
    rmdir(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    refuses("mend it or move it away");
    unlink(path);
    assert_int_equal(symlink("/dev/null", path), 0);
    refuses("mend it or move it away");
    unlink(path);
    put_file("", 0600);
    assert_int_equal(truncate(path, IDENTITY_TABLE_FILE_MAX + 1), 0);
    refuses("too large");
}

static void what_cannot_be_written_is_kept(void **state)
{
    (void)state;
    struct identities *ids = opened();
    identities_met(ids, "Ada", key(1), 1000);
    assert_true(identities_save(ids, error, sizeof error));
    assert_int_equal(chmod(path, 0644), 0); // somebody has opened it to others meanwhile
    assert_int_equal(identities_verify(ids, "Ada", key(1), 1000), IDENTITIES_UNSAVED);
    assert_int_equal(identities_judge(ids, "Ada", key(1)), CALL_TRUST_VERIFIED);
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0); // nor can it be replaced
    assert_false(identities_save(ids, error, sizeof error));
    rmdir(path);
    int held = open(lock_path, O_RDWR);
    assert_int_equal(flock(held, LOCK_EX), 0);
    assert_false(identities_save(ids, error, sizeof error)); // and not while another program holds it
    assert_non_null(strstr(error, "locked"));
    close(held);
    assert_true(identities_save(ids, error, sizeof error));
    identities_close(ids);
    ids = opened();
    assert_int_equal(identities_judge(ids, "Ada", key(1)), CALL_TRUST_VERIFIED);
    identities_close(ids);
}

static void *meets(void *arg)
{
    struct identities *ids = arg;
    char name[32];
    for (unsigned i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "box %u", i);
        if (identities_judge(ids, name, key(i)) == CALL_TRUST_NEW)
            identities_met(ids, name, key(i), 1000 + i);
    }
    return NULL;
}

static void count_change(void *ctx)
{
    ++*(atomic_uint *)ctx;
}

static void threads_at_once(void **state)
{
    (void)state;
    pthread_t net;
    struct identities *ids = opened();
    atomic_uint changes = 0;
    assert_true(identities_start(ids, count_change, &changes));
    assert_true(thread_start(&net, "net", meets, ids));
    for (unsigned i = 300; i < 320; i++)
        assert_int_equal(identities_pair(ids, key(i), true), IDENTITIES_DONE);
    pthread_join(net, NULL);
    identities_close(ids);
    assert_int_equal(changes, 0); // nobody else has written
    ids = opened();
    assert_int_equal(count(ids), 220);
    identities_close(ids);
}

static void written_without_being_asked(void **state)
{
    (void)state;
    struct stat st;
    atomic_uint changes = 0;
    struct identities *ids = opened();
    assert_true(identities_start(ids, count_change, &changes));
    identities_met(ids, "Ada", key(1), 1000);
    for (int i = 0; i < 3000 && stat(path, &st); i++)
        usleep(10000);
    assert_int_equal(stat(path, &st), 0);
    identities_close(ids);
}

static void sees_what_others_write(void **state)
{
    (void)state;
    atomic_uint changes = 0;
    struct identities *ids = identities_open(path, true, error, sizeof error), *other = opened();
    assert_true(identities_start(ids, count_change, &changes));
    assert_int_equal(identities_pair(other, key(1), true), IDENTITIES_DONE);
    for (int i = 0; i < 3000 && !changes; i++)
        usleep(10000);
    assert_int_equal(changes, 1);
    assert_int_equal(identities_judge(ids, "Ada", key(1)), CALL_TRUST_NEW);
    assert_int_equal(identities_pair(other, key(1), false), IDENTITIES_DONE);
    for (int i = 0; i < 3000 && changes < 2; i++)
        usleep(10000);
    assert_int_equal(changes, 2);
    assert_int_equal(identities_judge(ids, "Ada", key(1)), CALL_TRUST_STRANGER);
    identities_close(other);
    identities_close(ids);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_run_remembers),
        TEST(two_programs_lose_nothing),
        TEST(only_paired),
        TEST(unusable_files_are_refused),
        TEST(what_cannot_be_written_is_kept),
        TEST(threads_at_once),
        TEST(written_without_being_asked),
        TEST(sees_what_others_write),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
