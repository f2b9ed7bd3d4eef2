// The RTP dump, byte for byte (tests/e2e/test_sealed.py shows it to tshark).
#define _GNU_SOURCE
#include "tests/unit/unit.h"

#include "client/net/rtp_dump.h"
#include "shared/wire.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_HEADER = 24, FRAME_HEADER = 16, HEADERS = 40 };

static char path[] = "/tmp/test_rtp_dump.XXXXXX";

static size_t slurp(uint8_t *out, size_t max)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(out, 1, max, f);
    fclose(f);
    return n;
}

static void expect(const uint8_t *at, const char *hex)
{
    uint8_t bytes[64];
    size_t n = unit_hex(bytes, sizeof bytes, hex);
    assert_memory_equal(at, bytes, n);
}

static void every_byte(void **state)
{
    static const uint8_t payload[] = {0x65, 1, 2};
    (void)state;
    uint8_t file[400];
    struct stat st;
    struct rtp_dump *d = rtp_dump_open(path);
    assert_non_null(d);
    rtp_dump_packet(d, 3000007, 0x0102, WIRE_SLOT(WIRE_STREAM_CAMERA, 2), WIRE_MARK_END, 0x1000abcd, 0xcafef00d,
                    payload, sizeof payload);
    rtp_dump_packet(d, 3000008, 9, WIRE_SLOT(WIRE_STREAM_AUDIO, 0), WIRE_MARK_START, 7, 960, payload, 1);
    rtp_dump_packet(d, 3000009, 9, WIRE_SLOT(WIRE_STREAM_AUDIO, 0), WIRE_MARK_END, 8, 1920, payload, 0);
    rtp_dump_close(d);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    size_t n = slurp(file, sizeof file);
    assert_int_equal(n, FILE_HEADER + 3 * (FRAME_HEADER + HEADERS) + 4);
    expect(file, "a1b2c3d4 0002 0004 00000000 00000000 0000ffff 00000065");
    const uint8_t *p = file + FILE_HEADER;
    expect(p, "00000003 00000007 0000002b 0000002b");
    p += FRAME_HEADER;
    expect(p, "4500 002b 0000 4000 40 11"); // then the checksum, which must make the sum all ones
    uint32_t sum = 0;
    for (size_t i = 0; i < 20; i += 2)
        sum += (uint32_t)p[i] << 8 | p[i + 1];
    assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff);
    expect(p + 12, "0a000102 7f000001 138e 138e 0017 0000");
    expect(p + 28, "80 e0 abcd cafef00d 01021800 650102"); // marker and 96, CTR's low half, sender and slot
    p += HEADERS + 3 + FRAME_HEADER;
    expect(p + 20, "138c 138c 0015 0000 80 ef 0007 000003c0 00090000 65"); // start of a spurt: marker and 111
    p += HEADERS + 1 + FRAME_HEADER;
    expect(p + 20, "138c 138c 0014 0000 80 6f 0008 00000780 00090000"); // E says nothing about audio
}

static void streams_and_limits(void **state)
{
    (void)state;
    uint8_t file[4096], payload[WIRE_PAYLOAD_MAX + 1] = {0};
    struct rtp_dump *d = rtp_dump_open(path);
    assert_non_null(d);
    rtp_dump_l16(d);
    rtp_dump_packet(d, 0, 1, WIRE_SLOT(WIRE_STREAM_AUDIO, 0), 0, 0, 0, payload, 0);
    rtp_dump_packet(d, 0, 1, WIRE_SLOT(WIRE_STREAM_SCREEN, 0), 0, 0, 0, payload, 0);
    rtp_dump_packet(d, 0, 1, WIRE_SLOT(WIRE_STREAM_META, 0), 0, 0, 0, payload, 0);
    rtp_dump_packet(d, 0, 1, WIRE_SLOT(WIRE_STREAM_CAMERA, 0), 0, 0, 0, payload, WIRE_PAYLOAD_MAX + 1); // left out
    rtp_dump_packet(d, 0, 1, WIRE_SLOT(WIRE_STREAM_CAMERA, 0), 0, 0, 0, payload, WIRE_PAYLOAD_MAX);
    rtp_dump_close(d);
    size_t n = slurp(file, sizeof file);
    assert_int_equal(n, FILE_HEADER + 4 * (FRAME_HEADER + HEADERS) + WIRE_PAYLOAD_MAX);
    static const uint8_t want[][2] = {{0x8c, 112}, {0x8e, 96}, {0x90, 127}, {0x8e, 96}}; // port's low half, type
    for (size_t i = 0; i < 4; i++) {
        const uint8_t *p = file + FILE_HEADER + i * (FRAME_HEADER + HEADERS) + FRAME_HEADER;
        assert_int_equal(p[23], want[i][0]);
        assert_int_equal(p[29], want[i][1]);
    }
}

static void failures(void **state)
{
    (void)state;
    assert_null(rtp_dump_open("/nonexistent/file"));
    assert_int_equal(errno, ENOENT);
    rtp_dump_packet(NULL, 0, 1, 0, 0, 0, 0, NULL, 0);
    rtp_dump_l16(NULL);
    rtp_dump_close(NULL);
    struct rtp_dump *d = rtp_dump_open("/dev/full"); // every write fails: one warning, no end of the call
    if (!d)
        return;
    uint8_t payload[1000] = {0};
    for (int i = 0; i < 20; i++)
        rtp_dump_packet(d, 0, 1, 0x10, 0, 0, 0, payload, sizeof payload);
    rtp_dump_close(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte),
        cmocka_unit_test(streams_and_limits),
        cmocka_unit_test(failures),
    };
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
