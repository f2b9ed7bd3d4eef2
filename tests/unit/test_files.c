// The Files panel: the order of its cards, what OK and Back do and when they count, what is said of files.
#include "client/ui/file_words.h"
#include "client/ui/files.h"
#include "client/ui/scroll.h"
#include "client/ui/theme.h"
#include "shared/base.h"

#include "unit.h"

enum { SECOND = 1000000 };

static struct call call;
static struct files files;

static struct call_file *add(bool out, enum call_file_state state)
{
    struct call_file *f = call_file_add(&call);
    f->out = out;
    f->state = state;
    snprintf(f->name, sizeof f->name, "Plan %u.pdf", f->id);
    snprintf(f->who, sizeof f->who, "Priya");
    return f;
}

static void start(void)
{
    memset(&call, 0, sizeof call);
    memset(&files, 0, sizeof files);
}

static void follow(uint64_t now_us)
{
    files_follow(&files, &call, true, true, true, now_us);
}

static void test_order(void **state)
{
    (void)state;
    const struct call_file *order[CALL_FILES_MAX];
    start();
    uint32_t old_done = add(false, CALL_FILE_DONE)->id, running = add(true, CALL_FILE_RUNNING)->id;
    uint32_t asked = add(false, CALL_FILE_ASKED)->id, failed = add(true, CALL_FILE_FAILED)->id;
    uint32_t asked2 = add(false, CALL_FILE_ASKED)->id;
    assert_int_equal(files_order(&call, order), 5);
    const uint32_t expected[] = {asked2, asked, running, failed, old_done};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(order[i]->id, expected[i]);
    assert_int_equal(files_asking(&call), 2);
}

// An offer comes by itself: nothing counts for 800 ms, then OK takes it, and the focus goes on to the next offer.
static void test_offer(void **state)
{
    (void)state;
    start();
    uint32_t first = add(false, CALL_FILE_ASKED)->id;
    assert_true(files_wanted(&files, &call));
    files_open(&files, &call, true, true, SECOND);
    assert_false(files_wanted(&files, &call)); // it opens once
    follow(SECOND);
    assert_int_equal(files_focused(&files, &call)->id, first);
    assert_int_equal(files_press(&files, &call, SECOND + 799000).does, FILES_NOTHING);
    assert_int_equal(files_back(&files, &call, SECOND + 799000).does, FILES_NOTHING);
    uint32_t second = add(false, CALL_FILE_ASKED)->id;
    follow(SECOND + 800000);
    assert_int_equal(files_focused(&files, &call)->id, first); // one offer takes nothing from another
    struct files_order o = files_press(&files, &call, SECOND + 800000);
    assert_int_equal(o.does, FILES_ACT);
    assert_int_equal(o.action, UI_FILE_ACCEPT);
    assert_int_equal(o.id, first);
    assert_false(o.closes);
    call_file_by_id(&call, first)->state = CALL_FILE_RUNNING;
    follow(SECOND + 810000);
    // The second one has slipped under the finger.
    assert_int_equal(files_focused(&files, &call)->id, second);
    assert_int_equal(files_press(&files, &call, SECOND + 900000).does, FILES_NOTHING);
    o = files_back(&files, &call, 3 * SECOND);
    assert_int_equal(o.action, UI_FILE_REFUSE);
    assert_int_equal(o.id, second);
    assert_false(o.closes); // the first one is still on its way
}

static void test_refused_closes(void **state)
{
    (void)state;
    start();
    add(false, CALL_FILE_DONE);
    add(false, CALL_FILE_ASKED);
    files_open(&files, &call, true, true, 0);
    follow(0);
    assert_true(files_back(&files, &call, SECOND).closes);
    files_open(&files, &call, true, false, 0); // opened by a person: it stays
    follow(0);
    assert_false(files_back(&files, &call, SECOND).closes);
}

// Without the keys (a card asks something else, help is open) the time does not run.
static void test_no_keys(void **state)
{
    (void)state;
    start();
    add(false, CALL_FILE_ASKED);
    files_open(&files, &call, true, true, 0);
    files_follow(&files, &call, true, true, false, 5 * SECOND);
    assert_false(files_ready(&files, &call, 5 * SECOND + 100));
    follow(5 * SECOND + 800000);
    assert_true(files_ready(&files, &call, 5 * SECOND + 800000));
}

// What runs is stopped by two presses, and by one only when nothing came between.
static void test_stop(void **state)
{
    (void)state;
    start();
    uint32_t other = add(true, CALL_FILE_WAITING)->id, id = add(false, CALL_FILE_RUNNING)->id;
    files_open(&files, &call, true, false, 0);
    assert_null(files_focused(&files, &call)); // "Send a file": nothing that could be stopped
    assert_int_equal(files_press(&files, &call, SECOND).does, FILES_CHOOSE);
    files_move(&files, &call, true, -1);
    assert_int_equal(files_focused(&files, &call)->id, other);
    files_move(&files, &call, true, -5);
    assert_int_equal(files_focused(&files, &call)->id, id);
    assert_int_equal(files_press(&files, &call, SECOND).does, FILES_NOTHING);
    assert_true(files.armed);
    assert_int_equal(files_back(&files, &call, SECOND).does, FILES_NOTHING); // goes on
    assert_false(files.armed);
    files_press(&files, &call, SECOND);
    files_move(&files, &call, true, 1);
    files_move(&files, &call, true, -1);
    assert_false(files.armed);
    files_press(&files, &call, SECOND);
    struct files_order o = files_press(&files, &call, SECOND);
    assert_int_equal(o.action, UI_FILE_CANCEL);
    assert_int_equal(o.id, id);
    // It is over between two presses: the second one stops nothing.
    files_press(&files, &call, SECOND);
    call_file_by_id(&call, id)->state = CALL_FILE_DONE;
    follow(SECOND);
    assert_int_equal(files_press(&files, &call, SECOND).does, FILES_NOTHING);
    assert_int_equal(files_back(&files, &call, SECOND).does, FILES_CLOSE);
    // An offer takes the focus from a card, but not while it is asked whether to stop.
    files_move(&files, &call, true, 0);
    files.focus = other;
    files_press(&files, &call, SECOND);
    add(false, CALL_FILE_ASKED);
    follow(SECOND);
    assert_int_equal(files.focus, other);
}

static void test_again(void **state)
{
    (void)state;
    for (int again = 0; again < 2; again++) {
        start();
        struct call_file *f = add(again, CALL_FILE_FAILED);
        f->again = again;
        files.focus = f->id;
        struct files_order o = files_press(&files, &call, SECOND);
        assert_int_equal(o.does, again ? FILES_ACT : FILES_NOTHING);
        assert_true(!again || o.action == UI_FILE_RETRY);
    }
}

// In a box that sends nothing there is no row for it, and the focus is on a card.
static void test_no_sending(void **state)
{
    (void)state;
    start();
    files_open(&files, &call, false, false, 0);
    files_move(&files, &call, false, 1);
    uint32_t id = add(false, CALL_FILE_DONE)->id;
    files_open(&files, &call, false, false, 0);
    assert_int_equal(files.focus, id);
    files_move(&files, &call, false, 3);
    assert_int_equal(files.focus, id);
}

static void test_news(void **state)
{
    (void)state;
    unsigned before;
    start();
    struct call_file *f = add(false, CALL_FILE_ASKED);
    assert_ptr_equal(files_news(&files, &call, &before), f);
    assert_null(files_news(&files, &call, &before));
    f->state = CALL_FILE_RUNNING;
    assert_ptr_equal(files_news(&files, &call, &before), f);
    assert_int_equal(before, CALL_FILE_ASKED);
    f->done = 7; // progress is no news
    assert_null(files_news(&files, &call, &before));
    for (size_t i = 0; i < 3 * CALL_FILES_MAX; i++) { // the table turns over
        add(true, CALL_FILE_DONE);
        assert_non_null(files_news(&files, &call, &before));
        assert_null(files_news(&files, &call, &before));
    }
}

static void says(const char *expected, const struct call_file *f)
{
    char words[CALL_SENTENCE_MAX];
    file_words_sentence(words, sizeof words, f);
    assert_string_equal(words, expected);
}

static void test_words(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *words;
    } sizes[] = {{0, "0 bytes"},
                 {1, "1 byte"},
                 {999, "999 bytes"},
                 {1000, "1.0\u00A0kB"},
                 {9949, "9.9\u00A0kB"},
                 {9950, "10\u00A0kB"},
                 {999499, "999\u00A0kB"},
                 {999500, "1.0\u00A0MB"},
                 {4100000, "4.1\u00A0MB"},
                 {38000000, "38\u00A0MB"},
                 {2147483648, "2.1\u00A0GB"}};
    char words[FILE_WORDS_SIZE];
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        file_words_size(words, sizeof words, sizes[i].bytes);
        assert_string_equal(words, sizes[i].words);
    }
    file_words_size(words, sizeof words, UINT64_MAX);
    static const struct {
        double seconds;
        const char *words;
    } left[] = {{0, "a few seconds left"},       {4.9, "a few seconds left"},   {5, "about 5 seconds left"},
                {18.4, "about 20 seconds left"}, {50, "about 50 seconds left"}, {51, "about 1 minute left"},
                {89, "about 1 minute left"},     {91, "about 2 minutes left"},  {3569, "about 59 minutes left"},
                {3570, "about 1 hour left"},     {1e7, "it takes very long"},   {-1, "it takes very long"}};
    for (size_t i = 0; i < ARRAY_LEN(left); i++) {
        file_words_left(words, sizeof words, left[i].seconds);
        assert_string_equal(words, left[i].words);
    }
    start();
    struct call_file *f = add(false, CALL_FILE_RUNNING);
    f->size = 38000000;
    f->done = 12300000;
    says("12 of 38\u00A0MB", f);
    f->rate = 1.4e6;
    says("12 of 38\u00A0MB, about 20 seconds left", f);
    assert_int_equal(file_words_percent(f), 32);
    f->done = f->size - 1;
    assert_int_equal(file_words_percent(f), 99); // all of it is there only when it is
    f->done = UINT64_MAX;
    assert_int_equal(file_words_percent(f), 100);
    f->size = 0;
    assert_int_equal(file_words_percent(f), 0);
    f->state = CALL_FILE_DONE;
    says("Saved in Downloads", f);
    assert_int_equal(file_words_percent(f), 100);
    f->out = true;
    f->finished = 2;
    says("2 people have it.", f);
    f->member = 3;
    says("Priya has it.", f);
    f->state = CALL_FILE_FAILED;
    snprintf(f->sentence, sizeof f->sentence, "The disk is full.");
    says("The disk is full.", f);
}

// Foreign names turn nothing around and say nothing invisible.
static void test_names(void **state)
{
    (void)state;
    char words[FILE_WORDS_LINE];
    file_words_name(words, sizeof words, "annex\u202Efdp.exe");
    assert_string_equal(words, "annexfdp.exe");
    start();
    struct call_file *f = add(false, CALL_FILE_ASKED);
    f->size = 4100000;
    snprintf(f->who, sizeof f->who, "Pri\u2066ya");
    file_words_who(words, sizeof words, f);
    assert_string_equal(words, "Priya offers you 4.1\u00A0MB");
}

static void test_scroll(void **state)
{
    (void)state;
    const int height[] = {100, 200, 100, 150, 100};
    struct scroll s = {height, 5, 650, 40};
    assert_int_equal(scroll_end(&s, 0), 5);
    s.room = 500; // 100 + 200 + 100 and the line that counts
    assert_int_equal(scroll_end(&s, 0), 3);
    assert_int_equal(scroll_top(&s, 0, 2), 0);
    assert_int_equal(scroll_top(&s, 0, 3), 2);
    assert_int_equal(scroll_end(&s, 2), 5);
    assert_int_equal(scroll_top(&s, 4, 4), 2); // nothing scrolled away that would fit
    assert_int_equal(scroll_top(&s, 2, 0), 0);
    s.room = 50; // one row at least
    assert_int_equal(scroll_end(&s, 3), 4);
    s.count = 0;
    assert_int_equal(scroll_top(&s, 9, 0), 0);
    assert_int_equal(scroll_end(&s, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),      cmocka_unit_test(test_offer), cmocka_unit_test(test_refused_closes),
        cmocka_unit_test(test_no_keys),    cmocka_unit_test(test_stop),  cmocka_unit_test(test_again),
        cmocka_unit_test(test_no_sending), cmocka_unit_test(test_news),  cmocka_unit_test(test_words),
        cmocka_unit_test(test_names),      cmocka_unit_test(test_scroll)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
