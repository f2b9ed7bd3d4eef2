// Sources of pictures: files, live pipes, filter graphs, the test pattern; on and off, failure and return, prompt ends.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/send/camera.h"
#include "client/send/camera_convert.h"
#include "client/send/test_picture.h"
#include "shared/clock.h"

#include <fcntl.h>
#include <libavutil/frame.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WIDTH = 320, HEIGHT = 180, SIZE = WIDTH * HEIGHT * 3 / 2 };

struct seen {
    pthread_mutex_t mutex; // covers the rest
    unsigned pictures, failures, recoveries, wrong;
    int width, height;
    uint64_t first_us, last_us;
    uint32_t counter;
    char sentence[200];
};

static void on_picture(void *ctx, struct AVFrame *frame, uint64_t capture_us)
{
    struct seen *s = ctx;
    uint32_t counter = 0, ms;
    test_picture_read(frame->data[0], frame->linesize[0], (unsigned)frame->width, (unsigned)frame->height, &counter,
                      &ms);
    pthread_mutex_lock(&s->mutex);
    if (s->pictures++ == 0)
        s->first_us = capture_us;
    s->wrong += frame->format != AV_PIX_FMT_YUV420P || capture_us < s->last_us || capture_us > clock_now_us() + 1000;
    s->last_us = capture_us;
    s->width = frame->width;
    s->height = frame->height;
    s->counter = counter;
    pthread_mutex_unlock(&s->mutex);
}

static void on_failed(void *ctx, const char *sentence)
{
    struct seen *s = ctx;
    pthread_mutex_lock(&s->mutex);
    if (*sentence)
        s->failures++;
    else
        s->recoveries++;
    snprintf(s->sentence, sizeof s->sentence, "%s", sentence);
    pthread_mutex_unlock(&s->mutex);
}

static struct seen look(struct seen *s)
{
    pthread_mutex_lock(&s->mutex);
    struct seen copy = *s;
    pthread_mutex_unlock(&s->mutex);
    return copy;
}

static void wait_ms(unsigned ms)
{
    clock_sleep_until(clock_now_us() + ms * 1000u);
}

static bool wait_pictures(struct seen *s, unsigned count, unsigned most_ms)
{
    uint64_t end = clock_now_us() + most_ms * 1000u;
    while (look(s).pictures < count && clock_now_us() < end)
        wait_ms(5);
    return look(s).pictures >= count;
}

static struct camera *open_camera(const char *spec, struct seen *s)
{
    *s = (struct seen){.mutex = PTHREAD_MUTEX_INITIALIZER};
    struct camera *c = camera_create(
        &(struct camera_config){.spec = spec, .ctx = s, .on_picture = on_picture, .on_failed = on_failed});
    assert_true(camera_start(c));
    return c;
}

static void close_camera(struct camera *c)
{
    uint64_t begin = clock_now_us();
    camera_stop(c);
    camera_join(c);
    uint64_t took = clock_now_us() - begin;
    camera_destroy(c);
    assert_true(took < 200000);
}

// A YUV4MPEG stream of test pictures.
static void write_y4m(int fd, unsigned from, unsigned count, bool header)
{
    static uint8_t pixels[SIZE];
    uint8_t *planes[3] = {pixels, pixels + WIDTH * HEIGHT, pixels + WIDTH * HEIGHT * 5 / 4};
    const int strides[3] = {WIDTH, WIDTH / 2, WIDTH / 2};
    struct test_picture *t = test_picture_create(WIDTH, HEIGHT);
    if (header)
        dprintf(fd, "YUV4MPEG2 W%d H%d F30:1 Ip A1:1 C420jpeg\n", WIDTH, HEIGHT);
    for (unsigned n = from; n < from + count; n++) {
        test_picture_draw(t, n, n * 33333u, planes, strides);
        dprintf(fd, "FRAME\n");
        for (size_t done = 0; done < SIZE;) {
            ssize_t w = write(fd, pixels + done, SIZE - done);
            if (w <= 0)
                break;
            done += (size_t)w;
        }
    }
    test_picture_destroy(t);
}

static void test_pattern(void **state)
{
    (void)state;
    struct seen s;
    struct camera *c = open_camera("test", &s);
    assert_true(wait_pictures(&s, 30, 5000));
    camera_set_on(c, false);
    wait_ms(80);
    unsigned off = look(&s).pictures;
    wait_ms(150);
    assert_int_equal(look(&s).pictures, off);
    camera_set_on(c, true);
    assert_true(wait_pictures(&s, off + 5, 2000));
    struct seen now = look(&s);
    close_camera(c);
    assert_int_equal(now.width, 1280);
    assert_int_equal(now.height, 720);
    assert_int_equal(now.wrong, 0);
    assert_int_equal(now.failures, 0);
}

static void none_is_silent(void **state)
{
    (void)state;
    struct seen s;
    struct camera *c = open_camera("none", &s);
    wait_ms(50);
    struct seen now = look(&s);
    close_camera(c);
    assert_int_equal(now.pictures + now.failures, 0);
}

static void file_plays_at_its_own_speed_and_loops(void **state)
{
    (void)state;
    char path[] = "/tmp/parlour-camera-XXXXXX.y4m", spec[64];
    int fd = mkstemps(path, 4);
    write_y4m(fd, 0, 15, true); // half a second
    close(fd);
    snprintf(spec, sizeof spec, "file:%s", path);
    struct seen s;
    struct camera *c = open_camera(spec, &s);
    assert_true(wait_pictures(&s, 46, 10000));
    struct seen now = look(&s);
    close_camera(c);
    unlink(path);
    double interval = (double)(now.last_us - now.first_us) / (now.pictures - 1);
    assert_true(interval > 33000 && interval < 33700); // through the joints too
    assert_int_equal(now.width, WIDTH);
    assert_int_equal(now.counter, (now.pictures - 1) % 15);
    assert_int_equal(now.wrong, 0);
}

static void pipe_is_taken_as_it_comes(void **state)
{
    (void)state;
    char path[64], spec[100];
    snprintf(path, sizeof path, "/tmp/parlour-camera-%d.fifo", (int)getpid());
    snprintf(spec, sizeof spec, "yuv4mpegpipe:%s", path);
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    struct seen s;
    struct camera *c = open_camera(spec, &s);
    wait_ms(100); // it waits for a writer
    assert_int_equal(look(&s).failures, 0);
    for (unsigned writer = 0; writer < 2; writer++) { // the second one: end of file is a new beginning
        int fd = open(path, O_WRONLY);
        assert_true(fd >= 0);
        uint64_t begin = clock_now_us();
        write_y4m(fd, 100 * writer, 60, true);
        assert_true(wait_pictures(&s, 60 * (writer + 1), 1500)); // two seconds' worth in far less: not paced
        assert_true(clock_now_us() - begin < 1500000);
        if (writer == 1) { // each picture comes through when it is written, not one later
            unsigned before = look(&s).pictures;
            write_y4m(fd, 500, 1, false);
            assert_true(wait_pictures(&s, before + 1, 500));
            assert_int_equal(look(&s).counter, 500);
        }
        close(fd);
        wait_ms(50);
    }
    struct seen now = look(&s);
    int fd = open(path, O_WRONLY); // stopped in the middle of a picture: still prompt
    dprintf(fd, "YUV4MPEG2 W%d H%d F30:1\nFRAME\nhalf", WIDTH, HEIGHT);
    wait_ms(50);
    close_camera(c);
    close(fd);
    unlink(path);
    assert_int_equal(now.wrong, 0);
    assert_int_equal(now.failures, 0);
}

static void graph_is_paced(void **state)
{
    (void)state;
    struct seen s;
    struct camera *c = open_camera("lavfi:testsrc2=size=1920x1080:rate=25", &s);
    assert_true(wait_pictures(&s, 26, 10000));
    struct seen now = look(&s);
    close_camera(c);
    double interval = (double)(now.last_us - now.first_us) / (now.pictures - 1);
    assert_true(interval > 39000 && interval < 42000);
    assert_int_equal(now.width, 1280); // brought down to the limit
    assert_int_equal(now.height, 720);
}

static void missing_source_is_told_once_and_comes_back(void **state)
{
    (void)state;
    char path[] = "/tmp/parlour-camera-XXXXXX.y4m", spec[64];
    int fd = mkstemps(path, 4);
    unlink(path);
    snprintf(spec, sizeof spec, "file:%s", path);
    struct seen s;
    struct camera *c = open_camera(spec, &s);
    wait_ms(300);
    struct seen now = look(&s);
    assert_int_equal(now.failures, 1);
    assert_true(strlen(now.sentence) > 10 && !strstr(now.sentence, "/tmp"));
    close(fd);
    fd = open(path, O_WRONLY | O_CREAT, 0600);
    write_y4m(fd, 0, 15, true);
    close(fd);
    assert_true(wait_pictures(&s, 3, 4000));
    now = look(&s);
    close_camera(c);
    unlink(path);
    assert_int_equal(now.failures, 1);
    assert_int_equal(now.recoveries, 1);
}

static void sizes_fit(void **state)
{
    (void)state;
    static const unsigned cases[][4] = {
        {1280, 720, 1280, 720}, {1920, 1080, 1280, 720}, {640, 480, 640, 480}, {1600, 1200, 960, 720},
        {721, 1281, 404, 720},  {3440, 1440, 1280, 536}, {1, 1, 2, 2}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        unsigned w, h;
        camera_convert_fit(cases[i][0], cases[i][1], 1280, 720, &w, &h);
        assert_int_equal(w, cases[i][2]);
        assert_int_equal(h, cases[i][3]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pattern),
        cmocka_unit_test(none_is_silent),
        cmocka_unit_test(file_plays_at_its_own_speed_and_loops),
        cmocka_unit_test(pipe_is_taken_as_it_comes),
        cmocka_unit_test(graph_is_paced),
        cmocka_unit_test(missing_source_is_told_once_and_comes_back),
        cmocka_unit_test(sizes_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
