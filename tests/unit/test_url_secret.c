// Passwords in addresses: hidden wherever they stand, and nothing else is.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/url_secret.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *given, *shown;
} rows[] = {
    {"rtsp://admin:geheim99@10.0.0.5:554/stream", "rtsp://admin:***@10.0.0.5:554/stream"},
    {"rtsp://admin:p@ss:w@10.0.0.5/stream", "rtsp://admin:***@10.0.0.5/stream"},
    {"rtsp://admin:xy@camera", "rtsp://admin:**@camera"},
    {"rtsp://admin:@camera/1", "rtsp://admin:@camera/1"},
    {"rtsp://admin@camera/1", "rtsp://admin@camera/1"},
    {"rtsp://camera:554/a@b:c", "rtsp://camera:554/a@b:c"},
    {"mpegts:http://me:hidden@camera/x", "mpegts:http://me:***@camera/x"},
    {"http://camera/mjpeg?user=me&password=geheim99&size=1", "http://camera/mjpeg?user=me&password=***&size=1"},
    {"rtsp://camera/user=admin_Password=geheim99_channel=1", "rtsp://camera/user=admin_Password=***"},
    {"rtsp://camera/?pwd=geheim99#k", "rtsp://camera/?pwd=***#k"},
    {"rtsp://a:geheim@camera/?token=geheim99&pass=geheim&b=c", "rtsp://a:***@camera/?token=***&pass=***&b=c"},
    {"rtsp://camera/?bypass=1&compass=north", "rtsp://camera/?bypass=1&compass=north"},
    {"lavfi:color=c=red:password=no", "lavfi:color=c=red:password=no"},
    {"pass=://a", "pass=://a"},
    {"rtsp://:geheim@", "rtsp://:***@"},
    {"rtsp://", "rtsp://"},
    {"/dev/video0", "/dev/video0"},
    {"", ""},
};

static void hides(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t n = strlen(rows[i].given);
        char *text = malloc(n + 1);
        memcpy(text, rows[i].given, n + 1);
        url_secret_hide(text);
        assert_string_equal(text, rows[i].shown);
        for (size_t k = strlen(text); k <= n; k++)
            assert_int_equal(text[k], 0); // of an argument all of its bytes can be read
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hides)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
