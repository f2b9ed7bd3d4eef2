#include "tests/unit/unit.h"

#include "shared/control.h"

#include <jansson.h>

#define K   "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"
#define P   "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fIA" // 64 bytes
#define D50 "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyABAgMEBQ"
#define D   D50 D50 D50 D50 K         // 182 bytes
#define KS  K "\",\"signature\":\"" P // a key with its statement
#define M7  "{\"id\":7,\"join\":\"00000000000000ff\",\"name\":\"Ada\",\"identity\":\"" K "\""

// One of every message, as it goes over the wire.
static const char *const EXAMPLES[] = {
    "{\"type\":\"hello\",\"version\":\"1.0\",\"name\":\"Ada\",\"identity\":\"" K "\"}",
    "{\"type\":\"hello\",\"version\":\"1.0\",\"name\":\"Ada\",\"identity\":\"" K "\",\"key\":\"" KS
    "\",\"ticket\":\"AQID\"}",
    "{\"type\":\"welcome\",\"version\":\"1.0\",\"resumed\":true}",
    "{\"type\":\"create\",\"request\":1,\"key\":\"" KS "\",\"admit_hash\":\"" K "\"}",
    "{\"type\":\"join\",\"request\":4294967295,\"code\":\"000042\",\"key\":\"" KS "\",\"token\":\"" K "\"}",
    "{\"type\":\"join\",\"code\":\"428193\",\"key\":\"" KS "\"}",
    "{\"type\":\"room\",\"request\":2,\"room\":4294967295,\"code\":\"428193\",\"epoch\":3,\"self\":1,\"join\":"
    "\"fedcba9876543210\",\"resumed\":false,\"more\":true,\"media_host\":\"\",\"media_port\":5001,\"hop_key\":\"" K
    "\",\"room_secret\":\"" K "\",\"ticket\":\"AQID\",\"members\":[" M7 "}," M7 ",\"key\":\"" KS "\",\"away\":true}]}",
    "{\"type\":\"joined\",\"id\":7,\"join\":\"00000000000000ff\",\"name\":\"\xc3\x84\xf0\x9f\x98\x80\",\"identity\":"
    "\"" K "\",\"key\":\"" KS "\"}",
    "{\"type\":\"away\",\"id\":65535,\"away\":true}",
    "{\"type\":\"left\",\"id\":7,\"reason\":\"lost\"}",
    "{\"type\":\"leave\"}",
    "{\"type\":\"box\",\"boxes\":[{\"to\":0,\"data\":\"AAAA\"},{\"to\":9,\"data\":\"BBBB\"}]}",
    "{\"type\":\"box\",\"boxes\":[]}",
    "{\"type\":\"box\",\"from\":7,\"to\":0,\"data\":\"AAAA\"}",
    "{\"type\":\"box\",\"from\":7,\"data\":\"AAAA\"}",
    "{\"type\":\"ticket\",\"epoch\":4,\"room_secret\":\"" K "\",\"ticket\":\"AQID\"}",
    "{\"type\":\"welcome\",\"version\":\"1.0\",\"resumed\":false,\"challenge\":\"" K "\"}",
    "{\"type\":\"create\",\"key\":\"" KS "\",\"admit_hash\":\"" K "\",\"lobby\":true}",
    "{\"type\":\"join\",\"code\":\"428193\",\"key\":\"" KS "\",\"token\":\"" K "\",\"proof\":\"" P
    "\",\"descriptor\":\"" D "\"}",
    "{\"type\":\"waiting\",\"request\":4}",
    "{\"type\":\"knock\",\"knock\":4294967295,\"name\":\"Eve\",\"identity\":\"" K "\",\"key\":\"" KS "\"}",
    "{\"type\":\"knock-gone\",\"knock\":7}",
    "{\"type\":\"admit\",\"knock\":7}",
    "{\"type\":\"deny\",\"knock\":7}",
    "{\"type\":\"kick\",\"id\":65535}",
    "{\"type\":\"pass\",\"hashes\":[]}",
    "{\"type\":\"pass\",\"hashes\":[\"" K "\",\"" K "\"]}",
    "{\"type\":\"lock\",\"on\":true}",
    "{\"type\":\"lobby\",\"on\":false}",
    "{\"type\":\"role\",\"id\":7,\"host\":true}",
    "{\"type\":\"end\"}",
    "{\"type\":\"room-state\",\"epoch\":2,\"created\":1700000000,\"lobby\":true,\"locked\":false,\"hosts\":[7],"
    "\"host_keys\":[\"" K "\",\"" K "\"]}",
    "{\"type\":\"descriptor\",\"descriptor\":\"" D "\"}",
    "{\"type\":\"join\",\"code\":\"428193\",\"key\":\"" KS "\",\"door\":\"AQID\"}",
    "{\"type\":\"knock\",\"knock\":7,\"name\":\"Eve\",\"identity\":\"" K "\",\"key\":\"" KS "\",\"door\":\"AQID\"}",
    "{\"type\":\"door\",\"knock\":4294967295,\"data\":\"AQID\"}",
    "{\"type\":\"door\",\"id\":65535,\"data\":\"AQ\"}",
    "{\"type\":\"draining\"}",
    "{\"type\":\"error\",\"request\":2,\"code\":\"no-room\",\"text\":\"No room has this number.\"}",
    "{\"type\":\"error\",\"code\":\"name-taken\",\"text\":\"Taken.\"}",
    "{\"type\":\"room\",\"room\":9,\"epoch\":1,\"self\":1,\"join\":\"fedcba9876543210\",\"resumed\":false,\"more\":"
    "false,"
    "\"media_host\":\"\",\"media_port\":5001,\"hop_key\":\"" K "\",\"room_secret\":\"" K
    "\",\"ticket\":\"AQID\",\"members\":[]}", // of a call
    "{\"type\":\"register\",\"request\":3,\"key\":\"" KS "\",\"proof\":\"" P "\"}",
    "{\"type\":\"register\",\"key\":\"" KS "\",\"proof\":\"" P "\",\"away\":true,\"answers\":true}",
    "{\"type\":\"presence\"}",
    "{\"type\":\"presence\",\"away\":true}",
    "{\"type\":\"people\",\"people\":[]}",
    "{\"type\":\"people\",\"whole\":true,\"more\":true,\"people\":[{\"identity\":\"" K
    "\",\"state\":\"away\",\"name\":\"Ada\",\"key\":\"" KS "\",\"answers\":true},{\"identity\":\"" K
    "\",\"state\":\"gone\"}]}",
    "{\"type\":\"call\",\"request\":4,\"to\":\"" K "\",\"key\":\"" KS "\",\"data\":\"AQID\"}",
    "{\"type\":\"calling\",\"request\":4,\"call\":4294967295}",
    "{\"type\":\"ringing\",\"call\":7,\"name\":\"Ada\",\"identity\":\"" K "\",\"key\":\"" KS "\",\"data\":\"AQID\"}",
    "{\"type\":\"answer\",\"request\":5,\"call\":7,\"key\":\"" KS "\"}",
    "{\"type\":\"hangup\",\"call\":7,\"reason\":\"not-now\"}",
    "{\"type\":\"call-ended\",\"call\":7,\"reason\":\"no-answer\"}",
    "{\"type\":\"missed\",\"name\":\"Ada\",\"identity\":\"" K "\",\"key\":\"" KS "\"}",
};

static bool reads(const char *text, size_t n)
{
    struct control c;
    char *exact = malloc(n ? n : 1); // no zero after it
    memcpy(exact, text, n);
    bool ok = control_read(&c, exact, n);
    free(exact);
    if (ok)
        control_free(&c);
    return ok;
}

static void every_message_there_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(EXAMPLES); i++) {
        struct control c;
        assert_true(control_read(&c, EXAMPLES[i], strlen(EXAMPLES[i])));
        char *text = control_write(&c);
        assert_string_equal(text, EXAMPLES[i]);
        free(text);
        control_free(&c);
        for (size_t n = 0; n < strlen(EXAMPLES[i]); n++)
            assert_false(reads(EXAMPLES[i], n));
    }
}

static void fields_arrive(void **state)
{
    struct control c;
    uint8_t key[32];
    (void)state;
    unit_count(key, 32, 1);
    assert_true(control_read(&c, EXAMPLES[6], strlen(EXAMPLES[6])));
    assert_int_equal(c.type, CONTROL_ROOM);
    assert_int_equal(c.request, 2);
    assert_true(c.room.room == 0xffffffff && c.room.code == 428193 && c.room.epoch == 3 && c.room.self == 1);
    assert_true(c.room.join_id == 0xfedcba9876543210u && !c.room.resumed && c.room.more);
    assert_memory_equal(c.room.hop_key, key, 32);
    assert_int_equal(c.room.ticket_size, 3);
    assert_int_equal(c.room.member_count, 2);
    assert_true(!c.room.members[0].has_key && c.room.members[1].has_key && c.room.members[1].away);
    assert_memory_equal(c.room.members[1].key, key, 32);
    assert_memory_equal(c.room.members[1].signature, key, 32);
    assert_memory_equal(c.room.members[1].signature + 32, key, 32);
    control_free(&c);
    assert_true(control_read(&c, EXAMPLES[4], strlen(EXAMPLES[4])));
    assert_true(c.join.code == 42 && c.join.has_token);
    control_free(&c);
}

// A limit just kept and just passed: the %s of the pattern.
static void limits(void **state)
{
    static const struct {
        const char *pattern;
        char fill;
        size_t most;
    } table[] = {
        {"{\"type\":\"hello\",\"version\":\"1.0\",\"identity\":\"" K "\",\"name\":\"%s\"}", 'n', 32},
        {"{\"type\":\"hello\",\"name\":\"a\",\"identity\":\"" K "\",\"version\":\"%s\"}", '1', 15},
        {"{\"type\":\"left\",\"id\":1,\"reason\":\"%s\"}", 'r', 15},
        {"{\"type\":\"error\",\"code\":\"busy\",\"text\":\"%s\"}", 't', 159},
        {"{\"type\":\"ticket\",\"epoch\":1,\"room_secret\":\"" K "\",\"ticket\":\"%s\"}", 'A', 400}, // 300 bytes
        {"{\"type\":\"door\",\"id\":1,\"data\":\"%s\"}", 'A', 1400},
        {"{\"type\":\"join\",\"code\":\"428193\",\"key\":\"" KS "\",\"door\":\"%s\"}", 'A', 1400},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        for (size_t extra = 0; extra < 5; extra += 4) {
            char fill[1500] = "", text[2048];
            memset(fill, table[i].fill, table[i].most + extra);
            fill[table[i].most + extra] = 0;
            const char *at = strstr(table[i].pattern, "%s");
            snprintf(text, sizeof text, "%.*s%s%s", (int)(at - table[i].pattern), table[i].pattern, fill, at + 2);
            assert_int_equal(reads(text, strlen(text)), extra == 0);
        }
}

// None of these is a message.
static const char *const MALFORMED[] = {
    "",
    "null",
    "[]",
    "\"leave\"",
    "{}",
    "{\"type\":\"\"}",
    "{\"type\":\"LEAVE\"}",
    "{\"type\":\"persons\"}",
    "{\"type\":1}",
    "{\"type\":null}",
    "{\"type\":[\"leave\"]}",
    "{\"type\":\"leave\"} x",
    "{\"type\":\"leave\"}{\"type\":\"leave\"}",
    "{\"type\":\"leave\",}",
    "{type:\"leave\"}",
    "{'type':'leave'}",
    "{\"type\":\"leave\",\"type\":\"leave\"}",                 // the same key twice
    "{\"type\":\"leave\",\"a\":{\"b\":1,\"b\":2}}",            // at any depth
    "{\"type\":\"leave\\u0000\"}",                             // zero byte
    "{\"type\":\"left\",\"id\":1,\"reason\":\"le\\u0000ft\"}", //
    "{\"type\":\"leave\xff\"}",                                // not UTF-8
    "{\"type\":\"leave\",\"request\":-1}",
    "{\"type\":\"leave\",\"request\":4294967296}",
    "{\"type\":\"leave\",\"request\":1.0}",
    "{\"type\":\"leave\",\"request\":\"1\"}",
    "{\"type\":\"leave\",\"request\":99999999999999999999999}",
    "{\"type\":\"leave\",\"request\":1e999}",
    "{\"type\":\"leave\",\"request\":true}",
    "{\"type\":\"leave\",\"request\":null}",
    "{\"type\":\"away\",\"away\":true}",
    "{\"type\":\"away\",\"id\":65536,\"away\":true}",
    "{\"type\":\"away\",\"id\":-1}",
    "{\"type\":\"away\",\"id\":18446744073709551615}",
    "{\"type\":\"join\",\"code\":428193,\"key\":\"" KS "\"}",
    "{\"type\":\"join\",\"code\":\"42819\",\"key\":\"" KS "\"}",
    "{\"type\":\"join\",\"code\":\"4281933\",\"key\":\"" KS "\"}",
    "{\"type\":\"join\",\"code\":\"42 193\",\"key\":\"" KS "\"}",
    "{\"type\":\"join\",\"code\":\"-42193\",\"key\":\"" KS "\"}",
    "{\"type\":\"join\",\"code\":\"428193\"}",
    "{\"type\":\"join\",\"code\":\"428193\",\"key\":\"" K "A\",\"signature\":\"" P "\"}", // 33 bytes or a bad tail
    "{\"type\":\"join\",\"code\":\"428193\",\"key\":\"" K "=\",\"signature\":\"" P "\"}",
    "{\"type\":\"join\",\"code\":\"428193\",\"key\":\"AQID\",\"signature\":\"" P "\"}",
    "{\"type\":\"join\",\"code\":\"428193\",\"key\":[],\"signature\":\"" P "\"}",
    "{\"type\":\"join\",\"code\":\"428193\",\"key\":\"" KS "\",\"token\":\"AQID\"}",
    "{\"type\":\"join\",\"code\":\"428193\",\"key\":\"" KS "\",\"token\":null}",
    "{\"type\":\"join\",\"code\":\"428193\",\"key\":\"" K "\"}", // unsigned
    "{\"type\":\"join\",\"code\":\"428193\",\"signature\":\"" P "\"}",
    "{\"type\":\"join\",\"code\":\"428193\",\"key\":\"" K "\",\"signature\":\"" K "\"}",
    "{\"type\":\"create\",\"key\":\"" K "\",\"admit_hash\":\"" K "\"}",
    "{\"type\":\"hello\",\"version\":\"1.0\",\"name\":\"a\",\"identity\":\"" K "\",\"key\":\"" K "\"}",
    "{\"type\":\"joined\",\"id\":1,\"join\":\"00000000000000ff\",\"name\":\"A\",\"identity\":\"" K "\",\"key\":\"" K
    "\"}",
    "{\"type\":\"knock\",\"knock\":1,\"name\":\"A\",\"identity\":\"" K "\",\"key\":\"" K "\"}",
    "{\"type\":\"knock\",\"knock\":1,\"name\":\"A\",\"identity\":\"" K "\"}",
    "{\"type\":\"hello\",\"version\":\"1.0\",\"name\":\"\",\"identity\":\"" K "\"}",
    "{\"type\":\"hello\",\"version\":\"1.0\",\"name\":\"a\\nb\",\"identity\":\"" K "\"}",
    "{\"type\":\"hello\",\"version\":\"1.0\",\"name\":\"a\\u009bb\",\"identity\":\"" K "\"}",
    "{\"type\":\"hello\",\"version\":\"1.0\",\"name\":{},\"identity\":\"" K "\"}",
    "{\"type\":\"hello\",\"version\":\"1.0\",\"name\":\"a\",\"identity\":\"" K "\",\"ticket\":\"\"}",
    "{\"type\":\"joined\",\"id\":0,\"join\":\"00000000000000ff\",\"name\":\"A\",\"identity\":\"" K "\"}",
    "{\"type\":\"joined\",\"id\":1,\"join\":\"00000000000000FF\",\"name\":\"A\",\"identity\":\"" K "\"}",
    "{\"type\":\"joined\",\"id\":1,\"join\":\"ff\",\"name\":\"A\",\"identity\":\"" K "\"}",
    "{\"type\":\"joined\",\"id\":1,\"join\":255,\"name\":\"A\",\"identity\":\"" K "\"}",
    "{\"type\":\"box\"}",
    "{\"type\":\"box\",\"boxes\":{}}",
    "{\"type\":\"box\",\"boxes\":[1]}",
    "{\"type\":\"box\",\"boxes\":[{\"to\":1}]}",
    "{\"type\":\"box\",\"boxes\":[{\"data\":\"A\"}]}",
    "{\"type\":\"box\",\"boxes\":[{\"to\":1,\"data\":7}]}",
    "{\"type\":\"box\",\"from\":1,\"to\":2}",
    "{\"type\":\"box\",\"from\":0,\"to\":2,\"data\":\"A\"}", // nobody is 0
    "{\"type\":\"box\",\"to\":2,\"data\":\"A\"}",
    "{\"type\":\"box\",\"from\":1,\"to\":null,\"data\":\"A\"}",
    "{\"type\":\"door\",\"id\":1}",
    "{\"type\":\"door\",\"data\":\"AAAA\"}",
    "{\"type\":\"door\",\"id\":0,\"data\":\"AAAA\"}", // one end is named, and only one
    "{\"type\":\"door\",\"knock\":0,\"data\":\"AAAA\"}",
    "{\"type\":\"door\",\"knock\":1,\"id\":1,\"data\":\"AAAA\"}",
    "{\"type\":\"door\",\"id\":1,\"data\":\"\"}",
    "{\"type\":\"door\",\"id\":1,\"data\":\"A+A=\"}",
    "{\"type\":\"join\",\"code\":\"428193\",\"key\":\"" KS "\",\"door\":null}",
    "{\"type\":\"join\",\"code\":\"428193\",\"key\":\"" KS "\",\"door\":\"A\"}",
    "{\"type\":\"room\",\"members\":[]}",
    "{\"type\":\"lock\"}",
    "{\"type\":\"lock\",\"on\":1}",
    "{\"type\":\"lobby\",\"on\":\"true\"}",
    "{\"type\":\"role\",\"id\":7}",
    "{\"type\":\"role\",\"id\":65536,\"host\":true}",
    "{\"type\":\"kick\"}",
    "{\"type\":\"pass\"}",
    "{\"type\":\"pass\",\"hashes\":{}}",
    "{\"type\":\"pass\",\"hashes\":[7]}",
    "{\"type\":\"pass\",\"hashes\":[\"AQID\"]}",
    "{\"type\":\"admit\",\"knock\":-1}",
    "{\"type\":\"deny\",\"knock\":4294967296}",
    "{\"type\":\"knock\",\"knock\":1,\"name\":\"a\\nb\",\"identity\":\"" K "\",\"key\":\"" KS "\"}",
    "{\"type\":\"descriptor\",\"descriptor\":\"AQID\"}",
    "{\"type\":\"descriptor\"}",
    "{\"type\":\"join\",\"code\":\"428193\",\"key\":\"" KS "\",\"proof\":\"" K "\"}",
    "{\"type\":\"join\",\"code\":\"428193\",\"key\":\"" KS "\",\"descriptor\":\"" K "\"}",
    "{\"type\":\"room-state\",\"epoch\":2,\"created\":1,\"hosts\":[0],\"host_keys\":[]}",
    "{\"type\":\"room-state\",\"epoch\":2,\"created\":1,\"hosts\":[1,2,3,4,5,6,7,8,9],\"host_keys\":[]}",
    "{\"type\":\"room-state\",\"epoch\":2,\"created\":1,\"hosts\":[],\"host_keys\":[\"AQID\"]}",
    "{\"type\":\"room-state\",\"epoch\":2,\"created\":1,\"hosts\":[]}",
    "{\"type\":\"register\",\"key\":\"" KS "\"}", // not proved
    "{\"type\":\"register\",\"key\":\"" K "\",\"proof\":\"" P "\"}",
    "{\"type\":\"register\",\"key\":\"" KS "\",\"proof\":\"" K "\"}",
    "{\"type\":\"people\"}",
    "{\"type\":\"people\",\"people\":{}}",
    "{\"type\":\"people\",\"people\":[1]}",
    "{\"type\":\"people\",\"people\":[{\"state\":\"gone\"}]}",
    "{\"type\":\"people\",\"people\":[{\"identity\":\"" K "\"}]}",
    "{\"type\":\"people\",\"people\":[{\"identity\":\"" K "\",\"state\":\"asleep\"}]}",
    "{\"type\":\"people\",\"people\":[{\"identity\":\"" K "\",\"state\":\"free\",\"name\":\"A\"}]}", // unsigned
    "{\"type\":\"people\",\"people\":[{\"identity\":\"" K "\",\"state\":\"free\",\"name\":\"a\\nb\",\"key\":\"" KS
    "\"}]}",
    "{\"type\":\"call\",\"to\":\"" K "\",\"key\":\"" KS "\"}",
    "{\"type\":\"call\",\"to\":\"AQID\",\"key\":\"" KS "\",\"data\":\"AQID\"}",
    "{\"type\":\"call\",\"to\":\"" K "\",\"data\":\"AQID\"}",
    "{\"type\":\"call\",\"to\":\"" K "\",\"key\":\"" KS "\",\"data\":\"\"}",
    "{\"type\":\"call\",\"to\":\"" K "\",\"key\":\"" KS "\",\"data\":\"?\"}",
    "{\"type\":\"calling\"}",
    "{\"type\":\"calling\",\"call\":4294967296}",
    "{\"type\":\"ringing\",\"call\":7,\"name\":\"\",\"identity\":\"" K "\",\"key\":\"" KS "\",\"data\":\"AQID\"}",
    "{\"type\":\"ringing\",\"call\":7,\"name\":\"A\",\"identity\":\"" K "\",\"key\":\"" KS "\"}",
    "{\"type\":\"answer\",\"call\":7}",
    "{\"type\":\"answer\",\"key\":\"" KS "\"}",
    "{\"type\":\"hangup\",\"call\":7}",
    "{\"type\":\"hangup\",\"call\":7,\"reason\":\"\"}",
    "{\"type\":\"hangup\",\"reason\":\"busy\"}",
    "{\"type\":\"call-ended\",\"call\":7,\"reason\":\"left\"}",
    "{\"type\":\"missed\",\"name\":\"A\",\"identity\":\"" K "\"}",
};

static void malformed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(MALFORMED); i++)
        if (reads(MALFORMED[i], strlen(MALFORMED[i])))
            fail_msg("was taken: %s", MALFORMED[i]);
    assert_false(reads("{\"type\":\"leave\"}\0", 17)); // a zero byte after the end
}

static void unknown_members_are_ignored(void **state)
{
    static const char text[] = "{\"future\":{\"a\":[1,2,{}]},\"type\":\"leave\",\"more\":1e5}";
    (void)state;
    assert_true(reads(text, strlen(text)));
}

// 16 KiB of opening brackets must neither be taken nor cost the stack.
static void deep_nesting(void **state)
{
    char text[WIRE_CONTROL_MAX + 32] = "{\"type\":\"leave\",\"a\":";
    (void)state;
    memset(text + strlen(text), '[', WIRE_CONTROL_MAX - 64);
    assert_false(reads(text, strlen(text)));
    size_t head = strlen("{\"type\":\"leave\",\"a\":"), n = WIRE_CONTROL_MAX - 64;
    memset(text + head, '[', n / 2);
    memset(text + head + n / 2, ']', n / 2);
    text[head + n / 2 * 2] = '}';
    text[head + n / 2 * 2 + 1] = 0;
    assert_false(reads(text, strlen(text)));
}

static void boxes_up_to_one_for_each_member(void **state)
{
    (void)state;
    for (unsigned count = WIRE_ROOM_MEMBERS_MAX; count <= WIRE_ROOM_MEMBERS_MAX + 1; count++) {
        char text[4096] = "{\"type\":\"box\",\"boxes\":[";
        size_t used = strlen(text);
        for (unsigned i = 0; i < count; i++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s{\"to\":1,\"data\":\"A\"}", i ? "," : "");
        snprintf(text + used, sizeof text - used, "]}");
        assert_int_equal(reads(text, strlen(text)), count == WIRE_ROOM_MEMBERS_MAX);
    }
}

// The largest things anybody may say fit what a message may measure.
static void largest_room_page(void **state)
{
    struct control c = {.type = CONTROL_ROOM, .request = UINT32_MAX}, back;
    (void)state;
    c.room.self = 1;
    c.room.ticket_size = WIRE_TICKET_MAX;
    c.room.member_count = 32;
    for (unsigned i = 0; i < 32; i++) {
        struct control_member *m = &c.room.members[i];
        m->id = (uint16_t)(i + 2);
        m->has_key = m->away = true;
        for (unsigned k = 0; k < 32; k++)
            memcpy(m->name + 4 * k, "\xf0\x9f\x98\x80", 4);
    }
    char *text = control_write(&c);
    assert_true(strlen(text) <= WIRE_CONTROL_MAX);
    assert_true(control_read(&back, text, strlen(text)));
    assert_int_equal(back.room.member_count, 32);
    control_free(&back);
    free(text);
}

static void largest_page_of_people(void **state)
{
    struct control c = {.type = CONTROL_PEOPLE, .people.whole = true, .people.more = true}, back;
    (void)state;
    for (unsigned i = 0; i < CONTROL_PAGE; i++) {
        struct control_person *p = &c.people.person[c.people.count++];
        p->state = CONTROL_PERSON_FREE;
        p->answers = true;
        for (unsigned k = 0; k < WIRE_NAME_CODEPOINTS; k++)
            memcpy(p->name + 4 * k, "\xf0\x9f\x98\x80", 4);
    }
    char *text = control_write(&c);
    assert_true(strlen(text) <= WIRE_CONTROL_MAX);
    assert_true(control_read(&back, text, strlen(text)));
    assert_int_equal(back.people.count, CONTROL_PAGE);
    control_free(&back);
    free(text);
    static const char one[] = "{\"identity\":\"" K "\",\"state\":\"gone\"},";
    for (unsigned count = CONTROL_PAGE; count <= CONTROL_PAGE + 1; count++) {
        char many[8192] = "{\"type\":\"people\",\"people\":[";
        for (unsigned i = 0; i < count; i++)
            memcpy(many + strlen(many), one, sizeof one);
        memcpy(many + strlen(many) - 1, "]}", 3);
        assert_int_equal(reads(many, strlen(many)), count == CONTROL_PAGE);
    }
}

static void largest_hello(void **state)
{
    struct control c = {.type = CONTROL_HELLO, .request = UINT32_MAX, .hello.version = "1.0", .hello.has_key = true};
    (void)state;
    c.hello.ticket_size = WIRE_TICKET_MAX;
    for (unsigned k = 0; k < WIRE_NAME_CODEPOINTS; k++)
        memcpy(c.hello.name + 4 * k, "\xf0\x9f\x98\x80", 4);
    char *text = control_write(&c);
    assert_true(strlen(text) <= WIRE_CONTROL_FIRST_MAX);
    assert_true(reads(text, strlen(text)));
    free(text);
}

static void error_names(void **state)
{
    (void)state;
    for (unsigned code = CONTROL_ERROR_BAD_MESSAGE; code <= CONTROL_ERROR_IN_A_CALL; code++) {
        struct control c = {.type = CONTROL_ERROR, .error.code = (enum control_error)code}, back;
        assert_string_not_equal(control_error_name((enum control_error)code), "unknown");
        char *text = control_write(&c);
        assert_true(control_read(&back, text, strlen(text)));
        assert_int_equal(back.error.code, code);
        control_free(&back);
        free(text);
    }
    assert_string_equal(control_error_name((enum control_error)0), "unknown");
    assert_string_equal(control_error_name((enum control_error)99), "unknown");
    struct control later; // a code of a later version is still an error with a sentence
    static const char text[] = "{\"type\":\"error\",\"code\":\"moved\",\"text\":\"Go there.\"}";
    assert_true(control_read(&later, text, strlen(text)));
    assert_int_equal(later.error.code, 0);
    control_free(&later);
}

static void names(void **state)
{
    static const struct {
        const char *name;
        bool ok;
    } table[] = {
        {"A", true},
        {"\xf0\x9f\x98\x80", true},
        {"", false},
        {"a\tb", false},
        {"\x7f", false},
        {"\xc2\x85", false},
        {"\xc2\xa0", true},
        {"\xc3\x28", false},
        {"\xed\xa0\x80", false},
        {"\xff", false},
        {"12345678901234567890123456789012", true},
        {"123456789012345678901234567890123", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        assert_int_equal(control_name_ok(table[i].name), table[i].ok);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_there_and_back),
        cmocka_unit_test(fields_arrive),
        cmocka_unit_test(limits),
        cmocka_unit_test(malformed),
        cmocka_unit_test(unknown_members_are_ignored),
        cmocka_unit_test(deep_nesting),
        cmocka_unit_test(boxes_up_to_one_for_each_member),
        cmocka_unit_test(largest_room_page),
        cmocka_unit_test(largest_page_of_people),
        cmocka_unit_test(largest_hello),
        cmocka_unit_test(error_names),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
