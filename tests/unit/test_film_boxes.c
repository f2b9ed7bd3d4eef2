// What a film's file claims to have: boxes put together here, by ISO/IEC 14496-12.
#include "tests/unit/unit.h"

#include "client/library/film_boxes.h"
#include "shared/bytes.h"

struct file {
    uint8_t bytes[4096];
    size_t size;
    unsigned reads;
};

static bool read_at(void *ctx, uint64_t at, uint8_t *out, size_t n)
{
    struct file *f = ctx;
    f->reads++;
    assert_true(at + n <= f->size);
    memcpy(out, f->bytes + at, n);
    return true;
}

static void put32(struct file *f, uint32_t v)
{
    struct bytes_writer w = bytes_writer(f->bytes + f->size, sizeof f->bytes - f->size);
    bytes_put_u32(&w, v);
    assert_false(w.failed);
    f->size += 4;
}

static size_t begin(struct file *f, const char *type)
{
    size_t at = f->size;
    put32(f, 0);
    memcpy(f->bytes + f->size, type, 4);
    f->size += 4;
    return at;
}

static void end(struct file *f, size_t at)
{
    struct bytes_writer w = bytes_writer(f->bytes + at, 4);
    bytes_put_u32(&w, (uint32_t)(f->size - at));
}

static void table(struct file *f, const char *type, const uint32_t *words, size_t count)
{
    size_t at = begin(f, type);
    put32(f, 0);
    for (size_t i = 0; i < count; i++)
        put32(f, words[i]);
    end(f, at);
}

#define TABLE(f, type, ...)                                                                                            \
    table(f, type, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void track(struct file *f, bool sound, uint32_t each, uint32_t samples, uint32_t lasts)
{
    size_t trak = begin(f, "trak"), mdia = begin(f, "mdia"), hdlr = begin(f, "hdlr");
    put32(f, 0);
    put32(f, 0);
    memcpy(f->bytes + f->size, sound ? "soun" : "vide", 4);
    f->size += 4;
    end(f, hdlr);
    size_t minf = begin(f, "minf"), stbl = begin(f, "stbl");
    TABLE(f, "stts", 1, samples, lasts);
    TABLE(f, "stsz", each, samples);
    end(f, stbl);
    end(f, minf);
    end(f, mdia);
    end(f, trak);
}

static bool bounded(struct file *f)
{
    f->reads = 0;
    return film_boxes_bounded(&(struct film_boxes){f->size, f, read_at});
}

static void usual(void **state)
{
    (void)state;
    struct file f = {.size = 0};
    assert_true(bounded(&f)); // nothing
    end(&f, begin(&f, "ftyp"));
    size_t moov = begin(&f, "moov");
    track(&f, false, 0, 0, 512);
    track(&f, true, 4, 1000000000, 1); // plain sound is read by the chunk
    track(&f, false, 7, 5000000, 512);
    end(&f, moov);
    size_t whole = f.size;
    begin(&f, "mdat"); // size 0: to the end
    put32(&f, 1);
    assert_true(bounded(&f));
    for (f.size = 0; f.size <= whole; f.size++) // cut off anywhere
        bounded(&f);
}

static void too_many_samples(void **state)
{
    (void)state;
    struct file f = {.size = 0};
    track(&f, false, 1, FILM_BOXES_SAMPLES + 1, 1); // no sound, so they are listed
    assert_false(bounded(&f));
    f.size = 0;
    track(&f, true, 1, FILM_BOXES_SAMPLES + 1, 2);
    assert_false(bounded(&f));
    f.size = 0;
    track(&f, false, 1, FILM_BOXES_SAMPLES / 2, 1);
    assert_true(bounded(&f));
    track(&f, false, 1, FILM_BOXES_SAMPLES / 2 + 1, 1);
    assert_false(bounded(&f)); // together
    f.size = 0;
    track(&f, false, 0, 10, 1); // each size is listed, and is not there
    assert_false(bounded(&f));
}

static void tables_that_are_not_there(void **state)
{
    (void)state;
    static const char *const types[] = {"stts", "ctts", "stsc", "stss", "stco", "co64"};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        struct file f = {.size = 0};
        TABLE(&f, types[i], 1, 2, 3, 4);
        assert_true(bounded(&f));
        f.size = 0;
        TABLE(&f, types[i], 0x20000000, 2, 3, 4);
        assert_false(bounded(&f));
    }
}

static void pieces_edits_and_tracks(void **state)
{
    (void)state;
    struct file f = {.size = 0};
    size_t moof = begin(&f, "moof"), traf = begin(&f, "traf");
    TABLE(&f, "trun", FILM_BOXES_SAMPLES);
    end(&f, traf);
    end(&f, moof);
    assert_true(bounded(&f));
    TABLE(&f, "trun", 1);
    assert_false(bounded(&f));
    f.size = 0;
    size_t trak = begin(&f, "trak");
    TABLE(&f, "elst", FILM_BOXES_EDITS + 1);
    end(&f, trak);
    assert_false(bounded(&f));
    f.size = 0;
    for (unsigned i = 0; i < FILM_BOXES_TRACKS; i++)
        end(&f, begin(&f, "trak"));
    assert_true(bounded(&f));
    end(&f, begin(&f, "trak"));
    assert_false(bounded(&f));
}

static void odd_heads(void **state)
{
    (void)state;
    struct file f = {.size = 0};
    for (unsigned i = 0; i < 20; i++) // each in the one before, to the end
        begin(&f, "trak");
    assert_false(bounded(&f));
    f.size = 0;
    put32(&f, 1); // 64 bits: beyond the end
    memcpy(f.bytes + 4, "moov", 4);
    f.size = 8;
    put32(&f, 0xffffffff);
    put32(&f, 0xffffffff);
    track(&f, false, 1, FILM_BOXES_SAMPLES + 1, 1);
    assert_false(bounded(&f));
    f.bytes[8] = f.bytes[9] = f.bytes[10] = f.bytes[11] = f.bytes[12] = f.bytes[13] = f.bytes[14] = 0;
    f.bytes[15] = 15; // smaller than its own head
    assert_true(bounded(&f));
    assert_true(f.reads <= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(usual), cmocka_unit_test(too_many_samples),
                                       cmocka_unit_test(tables_that_are_not_there),
                                       cmocka_unit_test(pieces_edits_and_tracks), cmocka_unit_test(odd_heads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
