// Pictures on their way to the screen.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/recv/frame_queue.h"
#include "client/thread.h"

#include <libavutil/frame.h>
#include <stdatomic.h>

static AVFrame *picture(int width)
{
    AVFrame *f = av_frame_alloc();
    f->format = AV_PIX_FMT_YUV420P;
    f->width = width;
    f->height = 2;
    assert_int_equal(av_frame_get_buffer(f, 0), 0);
    return f;
}

static void push(struct frame_queue *q, int width, uint64_t due_us)
{
    AVFrame *f = picture(width);
    frame_queue_push(q, f, due_us, (uint32_t)width);
    av_frame_free(&f);
}

static void count_wake(void *ctx)
{
    atomic_fetch_add((atomic_uint *)ctx, 1);
}

static void newest_due_is_taken(void **state)
{
    (void)state;
    atomic_uint wakes = 0;
    struct frame_queue *q = frame_queue_create(count_wake, &wakes);
    uint64_t next = 77;
    assert_null(frame_queue_take(q, 1000, &next));
    assert_int_equal(next, 77);
    push(q, 10, 100);
    push(q, 20, 200);
    push(q, 30, 300);
    assert_int_equal(wakes, 1);
    assert_null(frame_queue_take(q, 99, &next));
    assert_int_equal(next, 100);
    AVFrame *f = frame_queue_take(q, 250, &next); // two are due: the newer one
    assert_int_equal(f->width, 20);
    assert_int_equal(next, 300);
    assert_int_equal(frame_queue_taken_ts(q), 20);
    assert_null(frame_queue_take(q, 299, NULL));
    assert_int_equal(f->width, 20); // still there
    assert_int_equal(frame_queue_take(q, 300, NULL)->width, 30);
    push(q, 40, 0);
    assert_int_equal(wakes, 2);
    struct frame_queue_figures figures;
    frame_queue_get_figures(q, &figures);
    assert_int_equal(figures.pushed, 4);
    assert_int_equal(figures.taken, 2);
    assert_int_equal(figures.dropped, 1);
    assert_int_equal(figures.width, 40);
    frame_queue_destroy(q);
}

static void oldest_is_dropped(void **state)
{
    (void)state;
    struct frame_queue *q = frame_queue_create(NULL, NULL);
    for (int i = 1; i <= 5; i++)
        push(q, i * 10, (uint64_t)i * 100);
    uint64_t next;
    assert_null(frame_queue_take(q, 250, &next));
    assert_int_equal(next, 300); // 1 and 2 are gone
    frame_queue_clear(q);
    assert_null(frame_queue_take(q, 1000, NULL));
    struct frame_queue_figures figures;
    frame_queue_get_figures(q, &figures);
    assert_int_equal(figures.dropped, 2);
    frame_queue_destroy(q);
}

static void pixels_are_not_copied(void **state)
{
    (void)state;
    struct frame_queue *q = frame_queue_create(NULL, NULL);
    AVFrame *f = picture(64);
    const uint8_t *pixels = f->data[0];
    frame_queue_push(q, f, 0, 0);
    av_frame_free(&f);
    assert_ptr_equal(frame_queue_take(q, 1, NULL)->data[0], pixels);
    frame_queue_destroy(q);
}

static void *produce(void *arg)
{
    for (int i = 0; i < 20000; i++)
        push(arg, 2 + i, 0);
    return NULL;
}

static void two_threads(void **state)
{
    (void)state;
    struct frame_queue *q = frame_queue_create(NULL, NULL);
    pthread_t thread;
    assert_true(thread_start(&thread, "producer", produce, q));
    int before = 0;
    while (before < 20001) {
        AVFrame *f = frame_queue_take(q, 1, NULL);
        assert_true(!f || f->width > before);
        before = f ? f->width : before;
    }
    pthread_join(thread, NULL);
    frame_queue_destroy(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newest_due_is_taken),
        cmocka_unit_test(oldest_is_dropped),
        cmocka_unit_test(pixels_are_not_copied),
        cmocka_unit_test(two_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
