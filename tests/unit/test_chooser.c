// Choosing a file to send: the way through folders, letters that jump, whom it goes to - never to more than was meant.
#include "client/ui/chooser.h"
#include "shared/base.h"

#include "unit.h"

static struct call call;
static struct chooser c;

static struct directory_entry places[] = {
    {.name = "Downloads", .path = "/home/n/Downloads", .place = DIRECTORY_DOWNLOADS, .folder = true},
    {.name = "USB", .path = "/media/USB", .place = DIRECTORY_MEDIUM, .folder = true}};
static struct directory_entry inside[] = {{.name = "Älter", .folder = true},
                                          {.name = "Photos", .folder = true},
                                          {.name = "paper 1.pdf", .size = 10},
                                          {.name = "paper 2.pdf", .size = 20},
                                          {.name = "zoo.mkv", .size = ((uint64_t)2 << 30) + 1}};
static struct directory_list list;

// What the disk says of the folder that is looked at.
static void read_list(void)
{
    bool root = !c.path[0];
    list = (struct directory_list){.state = DIRECTORY_READY,
                                   .entries = root ? places : inside,
                                   .count = root ? ARRAY_LEN(places) : ARRAY_LEN(inside),
                                   .number = list.number + 1};
    snprintf(list.path, sizeof list.path, "%s", c.path);
    assert_int_equal(chooser_follow(&c, &list, &call), CHOOSER_NOTHING);
}

static void room(size_t others)
{
    memset(&call, 0, sizeof call);
    call.member_count = others + 1;
    for (size_t i = 0; i <= others; i++)
        call.members[i] = (struct call_member){
            .id = (uint16_t)(i + 1), .join_id = 100 + i, .trust = CALL_TRUST_NEW, .self = i == others};
}

static void into_downloads(const struct call_member *one)
{
    chooser_open(&c, one);
    read_list();
    chooser_press(&c, &list, &call);
    assert_string_equal(c.path, "/home/n/Downloads");
    read_list();
}

static void test_ways(void **state)
{
    (void)state;
    room(2);
    into_downloads(NULL);
    chooser_move(&c, &list, &call, 1);
    assert_false(chooser_press(&c, &list, &call).send);
    assert_string_equal(c.path, "/home/n/Downloads/Photos");
    read_list();
    assert_int_equal(c.focus, 0);
    // Up: where one was has the focus; never above the place.
    assert_true(chooser_up(&c));
    read_list();
    assert_int_equal(c.focus, 1);
    assert_true(chooser_up(&c));
    assert_string_equal(c.path, "");
    read_list();
    chooser_move(&c, &list, &call, 1);
    chooser_press(&c, &list, &call);
    assert_string_equal(c.path, "/media/USB");
    assert_true(chooser_up(&c));
    read_list();
    assert_int_equal(c.focus, 1);
    assert_false(chooser_up(&c));
    assert_int_equal(c.step, CHOOSER_CLOSED);
}

static void test_list_of_before(void **state)
{
    (void)state;
    room(2);
    chooser_open(&c, NULL);
    read_list();
    chooser_press(&c, &list, &call);
    list.state = DIRECTORY_READING; // the disk is slow
    list.count = 0;
    assert_false(chooser_press(&c, &list, &call).send);
    chooser_move(&c, &list, &call, 1);
    chooser_jump(&c, &list, 'z', 0);
    assert_int_equal(c.focus, 0);
    assert_string_equal(c.path, "/home/n/Downloads");
}

static void test_letters(void **state)
{
    (void)state;
    room(2);
    into_downloads(NULL);
    chooser_jump(&c, &list, 'p', 5000000);
    assert_int_equal(c.focus, 1); // Photos: case does not matter
    chooser_jump(&c, &list, 'p', 7000000);
    assert_int_equal(c.focus, 2); // a second later it goes on to the next one
    chooser_jump(&c, &list, 'p', 9000000);
    const char *word = "aper 2";
    for (size_t i = 0; word[i]; i++)
        chooser_jump(&c, &list, (uint32_t)word[i], 9000000 + i * 500000);
    assert_int_equal(c.focus, 3);
    chooser_jump(&c, &list, 0xC4, 20000000);
    assert_int_equal(c.focus, 0); // Ä
    chooser_jump(&c, &list, 'q', 30000000);
    assert_int_equal(c.focus, 0); // nothing begins so
    for (unsigned i = 0; i < 200; i++)
        chooser_jump(&c, &list, 0x1F600, 40000000); // a finger on a key
}

static void test_whom(void **state)
{
    (void)state;
    room(3);
    call.members[1].trust = CALL_TRUST_GHOST;
    call.members[2].kind = CALL_KIND_CAMERA;
    call.members[3].self = false; // and me
    call.members[4] = (struct call_member){.id = 5, .trust = CALL_TRUST_NEW, .self = true};
    call.member_count = 5;
    call.members[3].kind = CALL_KIND_PERSON;
    const struct call_member *row[CALL_MEMBERS_MAX + 1];
    assert_int_equal(chooser_whom(&call, row), 3); // everybody, and the two who can take it
    assert_null(row[0]);
    assert_int_equal(row[1]->id, 1);
    assert_int_equal(row[2]->id, 4);
    into_downloads(NULL);
    chooser_move(&c, &list, &call, 2);
    assert_false(chooser_press(&c, &list, &call).send);
    assert_int_equal(c.step, CHOOSER_WHOM);
    chooser_move(&c, &list, &call, 1);
    struct chooser_order o = chooser_press(&c, &list, &call);
    assert_true(o.send);
    assert_int_equal(o.member, 1);
    assert_string_equal(o.path, "/home/n/Downloads/paper 1.pdf");
    // He leaves, and another one comes under his number: it goes to neither him nor everybody.
    call.members[0].join_id = 999;
    assert_false(chooser_press(&c, &list, &call).send);
    chooser_move(&c, &list, &call, -9);
    o = chooser_press(&c, &list, &call);
    assert_true(o.send);
    assert_int_equal(o.member, 0);
    assert_true(chooser_up(&c)); // back to the list, the file still has the focus
    assert_int_equal(c.focus, 2);
}

static void test_one_other(void **state)
{
    (void)state;
    const struct call_member *row[CALL_MEMBERS_MAX + 1];
    room(1);
    assert_int_equal(chooser_whom(&call, row), 1);
    into_downloads(NULL);
    chooser_move(&c, &list, &call, 3);
    chooser_press(&c, &list, &call);
    assert_int_equal(chooser_press(&c, &list, &call).member, 1);
    room(0);
    assert_int_equal(chooser_whom(&call, row), 0);
    assert_false(chooser_press(&c, &list, &call).send);
}

// Opened from somebody's card: it goes to him at once, and to nobody when he has left.
static void test_for_one(void **state)
{
    (void)state;
    room(3);
    into_downloads(&call.members[1]);
    chooser_move(&c, &list, &call, 2);
    assert_false(chooser_leads_on(&c, &list)); // an arrow sends nothing
    struct chooser_order o = chooser_press(&c, &list, &call);
    assert_true(o.send);
    assert_int_equal(o.member, 2);
    call.members[1].join_id = 7;
    assert_false(chooser_press(&c, &list, &call).send);
    assert_int_equal(c.step, CHOOSER_WHOM);
}

static void test_too_large(void **state)
{
    (void)state;
    room(2);
    into_downloads(NULL);
    chooser_move(&c, &list, &call, 99);
    struct chooser_order o = chooser_press(&c, &list, &call);
    assert_true(o.too_large && !o.send);
    assert_int_equal(c.step, CHOOSER_FILES);
}

static void test_dropped(void **state)
{
    (void)state;
    struct directory_entry file = {.name = "a.pdf", .path = "/tmp/a.pdf", .size = 5};
    room(2);
    chooser_drop(&c, "/tmp/a.pdf");
    list = (struct directory_list){.state = DIRECTORY_READING, .path = "/tmp/a.pdf"};
    assert_int_equal(chooser_follow(&c, &list, &call), CHOOSER_NOTHING);
    assert_false(chooser_press(&c, &list, &call).send);
    list = (struct directory_list){
        .state = DIRECTORY_READY, .path = "/tmp/a.pdf", .entries = &file, .count = 1, .number = 1};
    assert_int_equal(chooser_follow(&c, &list, &call), CHOOSER_NOTHING);
    assert_int_equal(c.step, CHOOSER_WHOM);
    assert_string_equal(chooser_press(&c, &list, &call).path, "/tmp/a.pdf");
    assert_false(chooser_up(&c)); // there is no list behind it
    // A folder, or nothing at all; what is too large.
    chooser_drop(&c, "/tmp/a.pdf");
    list = (struct directory_list){.state = DIRECTORY_READY, .path = "/tmp/a.pdf", .entries = inside, .count = 1};
    assert_int_equal(chooser_follow(&c, &list, &call), CHOOSER_NO_FILE);
    assert_int_equal(c.step, CHOOSER_CLOSED);
    chooser_drop(&c, "/tmp/a.pdf");
    file.size = (uint64_t)3 << 30;
    list = (struct directory_list){.state = DIRECTORY_READY, .path = "/tmp/a.pdf", .entries = &file, .count = 1};
    assert_int_equal(chooser_follow(&c, &list, &call), CHOOSER_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ways),      cmocka_unit_test(test_list_of_before),
                                       cmocka_unit_test(test_letters),   cmocka_unit_test(test_whom),
                                       cmocka_unit_test(test_one_other), cmocka_unit_test(test_for_one),
                                       cmocka_unit_test(test_too_large), cmocka_unit_test(test_dropped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
