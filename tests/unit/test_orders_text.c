// The texts of orders and claims: there and back, and every way they can be wrong.
#include "tests/unit/unit.h"

#include "tests/orders_json.h"
#include "shared/box.h"
#include "shared/keys.h"

static void texts_there_and_back(void **state)
{
    (void)state;
    for (enum order_kind kind = ORDER_ADMIT; kind <= ORDER_PASS; kind++) {
        struct order x = {.kind = kind}, back;
        x.on = kind >= ORDER_ROLE && kind <= ORDER_LOBBY;
        if (kind == ORDER_PASS) {
            x.pass_count = ORDERS_PASSES;
            unit_count(x.passes[31], 32, 5);
        }
        x.id = kind == ORDER_KICK || kind == ORDER_MUTE ? 65535 : 0;
        x.join_id = kind == ORDER_KICK ? 0xfedcba9876543210u : 0;
        if (kind == ORDER_ADMIT)
            unit_count(x.key, 32, 7);
        if (kind == ORDER_ROLE || kind == ORDER_KICK)
            unit_count(x.identity, 32, 9);
        char *text = order_write(&x);
        assert_true(read_order(&back, text));
        assert_memory_equal(&x, &back, sizeof x);
        free(text);
    }
    struct orders_claim c, back;
    memset(&c, 0, sizeof c);
    c.host_count = ORDERS_HOSTS;
    c.admitted_count = ARRAY_LEN(c.admitted);
    c.kicked_count = ORDERS_KICKED;
    c.has_door = c.locked = c.has_passes = true;
    c.pass_count = ORDERS_PASSES;
    unit_count(c.hosts[3], 32, 1);
    unit_count(c.admitted[50], 32, 2);
    unit_count(c.kicked[63], 32, 3);
    for (unsigned i = 0; i < ORDERS_PASSES; i++) { // two of each host: the longest there is
        c.passes[i].host[0] = (uint8_t)(i / 2);
        c.passes[i].hash[0] = (uint8_t)i;
    }
    char *text = orders_claim_write(&c);
    assert_true(strlen(text) < BOX_CLEAR_MAX - BOX_TEXT_HEAD); // in one box
    assert_true(read_claim(&back, text));
    assert_memory_equal(&c, &back, sizeof c);
    free(text);
}

#define K "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"

// One more than there may be: of an order, and of a claim over all its hosts.
static void too_many_passes(void)
{
    struct order x;
    struct orders_claim c;
    for (unsigned count = ORDERS_PASSES; count <= ORDERS_PASSES + 1; count++) {
        char keys[64 * 40], text[64 * 80];
        size_t used = 0;
        for (unsigned i = 1; i < count; i++)
            used += (size_t)snprintf(keys + used, sizeof keys - used, "%s\"" K "\"", i > 1 ? "," : "");
        snprintf(text, sizeof text, "{\"kind\":\"order\",\"order\":\"pass\",\"hashes\":[\"" K "\",%s]}", keys);
        assert_int_equal(read_order(&x, text), count <= ORDERS_PASSES);
        snprintf(text, sizeof text,
                 "{\"kind\":\"hosts\",\"identities\":[],\"passes\":[{\"host\":\"" K "\",\"hashes\":[\"" K
                 "\"]},{\"host\":\"" K "\",\"hashes\":[%s]}]}",
                 keys);
        assert_int_equal(read_claim(&c, text), count <= ORDERS_PASSES);
    }
}

static void bad_texts_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "x",
        "[]",
        "{}",
        "{\"kind\":\"order\"}",
        "{\"kind\":\"order\",\"order\":\"dance\"}",
        "{\"kind\":\"order\",\"order\":7}",
        "{\"kind\":\"hosts\",\"order\":\"lock\",\"on\":true}",
        "{\"kind\":\"order\",\"order\":\"lock\"}",
        "{\"kind\":\"order\",\"order\":\"pass\",\"hashes\":7}",
        "{\"kind\":\"order\",\"order\":\"pass\",\"hashes\":[7]}",
        "{\"kind\":\"order\",\"order\":\"pass\",\"hashes\":[\"AQ\"]}",
        "{\"kind\":\"order\",\"order\":\"lock\",\"on\":1}",
        "{\"kind\":\"order\",\"order\":\"admit\",\"key\":\"AQID\"}",
        "{\"kind\":\"order\",\"order\":\"admit\",\"key\":\"" K "AA\"}",
        "{\"kind\":\"order\",\"order\":\"kick\",\"id\":0,\"join\":\"00000000000000ff\"}",
        "{\"kind\":\"order\",\"order\":\"kick\",\"id\":3,\"join\":\"ff\"}",
        "{\"kind\":\"order\",\"order\":\"kick\",\"id\":3,\"join\":\"00000000000000FF\"}",
        "{\"kind\":\"order\",\"order\":\"kick\",\"id\":3,\"join\":\"00000000000000ff\",\"identity\":\"AQ\"}",
        "{\"kind\":\"order\",\"order\":\"mute\"}",
        "{\"kind\":\"order\",\"order\":\"mute\",\"id\":-1}",
        "{\"kind\":\"order\",\"order\":\"mute\",\"id\":65536}",
        "{\"kind\":\"order\",\"order\":\"mute\",\"id\":\"3\"}",
        "{\"kind\":\"order\",\"order\":\"role\",\"identity\":\"" K "\"}",
        "{\"kind\":\"order\",\"order\":\"role\",\"host\":true}"};
    static const char *const claims[] = {"",
                                         "{\"kind\":\"hosts\"}",
                                         "{\"kind\":\"hosts\",\"identities\":7}",
                                         "{\"kind\":\"hosts\",\"identities\":{}}",
                                         "{\"kind\":\"hosts\",\"identities\":[\"AQ\"]}",
                                         "{\"kind\":\"hosts\",\"identities\":[],\"kicked\":[7]}",
                                         "{\"kind\":\"hosts\",\"identities\":[],\"passes\":7}",
                                         "{\"kind\":\"hosts\",\"identities\":[],\"passes\":[7]}",
                                         "{\"kind\":\"hosts\",\"identities\":[],\"passes\":[{\"hashes\":[]}]}",
                                         "{\"kind\":\"hosts\",\"identities\":[],\"passes\":[{\"host\":\"" K
                                         "\",\"hashes\":[7]}]}",
                                         "{\"kind\":\"hosts\",\"identities\":[],\"lobby\":true}",
                                         "{\"kind\":\"hosts\",\"identities\":[],\"lobby\":0,\"locked\":0}"};
    struct order x;
    struct orders_claim c;
    char many[64 * 20] = "{\"kind\":\"hosts\",\"identities\":[";
    size_t used = strlen(many);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(read_order(&x, bad[i]));
    for (size_t i = 0; i < ARRAY_LEN(claims); i++)
        assert_false(read_claim(&c, claims[i]));
    for (unsigned i = 0; i <= ORDERS_HOSTS; i++) {
        used += (size_t)snprintf(many + used, sizeof many - used, "%s\"" K "\"", i ? "," : "");
        snprintf(many + used, sizeof many - used, "]}");
        assert_int_equal(read_claim(&c, many), i < ORDERS_HOSTS);
    }
    too_many_passes();
    assert_true(read_claim(&c, "{\"kind\":\"hosts\",\"identities\":[],\"other\":1}   "));
    assert_false(c.has_passes);
    assert_false(c.has_door);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_there_and_back),
        cmocka_unit_test(bad_texts_are_refused),
    };
    return cmocka_run_group_tests_name("orders_text", tests, NULL, NULL);
}
