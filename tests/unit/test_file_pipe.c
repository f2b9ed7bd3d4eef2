// A file's bytes between two threads: in order, bounded, and whoever waits is woken.
#include "unit.h"

#include "client/file_pipe.h"

#include <pthread.h>
#include <string.h>

static void count(void *ctx)
{
    ++*(unsigned *)ctx;
}

static void what_goes_in_comes_out_in_order(void **state)
{
    (void)state;
    unsigned put = 0, take = 0;
    struct file_pipe *p = file_pipe_create(count, &put, count, &take);
    uint8_t out[FILE_PIPE_CHUNK];
    size_t n = 0;
    assert_false(file_pipe_take(p, out, &n));
    for (uint32_t i = 0; i < FILE_PIPE_CHUNKS; i++)
        assert_true(file_pipe_put(p, &i, sizeof i));
    assert_int_equal(take, 1);
    assert_false(file_pipe_put(p, "x", 1));
    for (uint32_t i = 0; i < FILE_PIPE_CHUNKS; i++) {
        assert_true(file_pipe_take(p, out, &n));
        assert_int_equal(n, sizeof i);
        assert_memory_equal(out, &i, n);
    }
    assert_int_equal(put, 1); // once, not for each
    assert_false(file_pipe_put(p, out, FILE_PIPE_CHUNK + 1));
    file_pipe_free(p);
}

static void an_end_leaves_what_is_inside(void **state)
{
    (void)state;
    unsigned put = 0, take = 0;
    struct file_pipe *p = file_pipe_create(NULL, NULL, NULL, NULL);
    uint8_t out[FILE_PIPE_CHUNK];
    size_t n = 0;
    file_pipe_hold(p);
    assert_true(file_pipe_put(p, "abc", 3));
    file_pipe_set_take_wake(p, count, &take);
    assert_int_equal(take, 1); // of what was there before
    file_pipe_set_put_wake(p, count, &put);
    file_pipe_end(p);
    assert_int_equal(take, 2);
    assert_false(file_pipe_put(p, "d", 1));
    assert_true(file_pipe_take(p, out, &n));
    assert_memory_equal(out, "abc", 3);
    assert_int_equal(file_pipe_get_state(p), FILE_PIPE_ENDED);
    file_pipe_abort(p);
    assert_int_equal(file_pipe_get_state(p), FILE_PIPE_ABORTED);
    assert_int_equal(take, 3);
    file_pipe_free(p);
    file_pipe_free(p);
}

static void one_that_gives_up_ends_it_for_both(void **state)
{
    (void)state;
    struct file_pipe *p = file_pipe_create(NULL, NULL, NULL, NULL);
    uint8_t out[FILE_PIPE_CHUNK];
    size_t n;
    assert_true(file_pipe_put(p, "abc", 3));
    file_pipe_abort(p);
    file_pipe_end(p); // too late
    assert_false(file_pipe_take(p, out, &n));
    assert_false(file_pipe_put(p, "d", 1));
    assert_int_equal(file_pipe_get_state(p), FILE_PIPE_ABORTED);
    file_pipe_free(p);
}

struct ends {
    struct file_pipe *pipe;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    unsigned wakes;
};

static void wake(void *ctx)
{
    struct ends *e = ctx;
    pthread_mutex_lock(&e->mutex);
    e->wakes++;
    pthread_cond_broadcast(&e->cond);
    pthread_mutex_unlock(&e->mutex);
}

static void await(struct ends *e, unsigned *seen)
{
    pthread_mutex_lock(&e->mutex);
    while (e->wakes == *seen)
        pthread_cond_wait(&e->cond, &e->mutex);
    *seen = e->wakes;
    pthread_mutex_unlock(&e->mutex);
}

enum { MANY = 20 * FILE_PIPE_CHUNKS };

static void *putter(void *ctx)
{
    struct ends *e = ctx;
    unsigned seen = 0;
    for (uint32_t i = 0; i < MANY; i++)
        while (!file_pipe_put(e->pipe, &i, sizeof i))
            await(e, &seen);
    file_pipe_end(e->pipe);
    return NULL;
}

static void two_threads_wait_for_each_other_and_never_for_ever(void **state)
{
    (void)state;
    struct ends e = {.mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};
    e.pipe = file_pipe_create(wake, &e, wake, &e);
    pthread_t thread;
    uint8_t out[FILE_PIPE_CHUNK];
    size_t n;
    unsigned seen = 0;
    assert_int_equal(pthread_create(&thread, NULL, putter, &e), 0);
    for (uint32_t i = 0; i < MANY; i++) {
        while (!file_pipe_take(e.pipe, out, &n))
            await(&e, &seen);
        assert_memory_equal(out, &i, sizeof i);
    }
    pthread_join(thread, NULL);
    assert_int_equal(file_pipe_get_state(e.pipe), FILE_PIPE_ENDED);
    file_pipe_free(e.pipe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out_in_order),
        cmocka_unit_test(an_end_leaves_what_is_inside),
        cmocka_unit_test(one_that_gives_up_ends_it_for_both),
        cmocka_unit_test(two_threads_wait_for_each_other_and_never_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
