// IPC commands: the JSON they answer with, and which of the app's doings they call.
#include "tests/unit/unit.h"

#include "client/ipc_commands.h"

struct did {
    char what[32], text[64];
    const char *refusal; // what the op answers
};

static const char *note(void *ctx, const char *what, const char *text)
{
    struct did *d = ctx;
    snprintf(d->what, sizeof d->what, "%s", what);
    snprintf(d->text, sizeof d->text, "%s", text);
    return d->refusal;
}
static const char *screenshot(void *ctx, const char *path)
{
    return note(ctx, "screenshot", path);
}
static const char *press(void *ctx, const char *key)
{
    return note(ctx, "key", key);
}
static const char *send_chat(void *ctx, const char *text)
{
    return note(ctx, "chat", text);
}
static const char *create(void *ctx)
{
    return note(ctx, "create", "");
}
static const char *join(void *ctx, const char *url)
{
    return note(ctx, "join", url);
}
static const char *leave(void *ctx)
{
    return note(ctx, "leave", "");
}
static const char *host(void *ctx, const struct ipc_order *o)
{
    static char text[64];
    snprintf(text, sizeof text, "%d %u %u %d", (int)o->order, (unsigned)o->knock, (unsigned)o->member, o->on);
    return note(ctx, "host", text);
}
static const char *quit(void *ctx)
{
    return note(ctx, "quit", "");
}

static bool tile_rect(void *ctx, uint16_t member, int *x, int *y, int *w, int *h)
{
    (void)ctx;
    *x = member;
    *y = 2;
    *w = 3;
    *h = 4;
    return member == 7;
}

static void screen(void *ctx, const char **name, const char **panel)
{
    (void)ctx;
    *name = "call";
    *panel = "chat";
}

static struct did did;
static const struct ipc_ops ops = {&did,  screenshot, press, send_chat, create, join,
                                   leave, host,       quit,  tile_rect, screen};
static struct call call;
static struct stats stats;
static const struct ipc_view view = {&call, &stats, &ops};

// Run a command given as JSON; the answer must be exactly `want` (NULL = no data), the error exactly `error`.
static void command(const char *args_text, const char *want, const char *error)
{
    const char *why;
    json_t *args = json_loads(args_text, 0, NULL);
    assert_non_null(args);
    json_t *data = ipc_commands_run(&view, args, &why), *expected = want ? json_loads(want, 0, NULL) : NULL;
    json_decref(args);
    if (error)
        assert_string_equal(why, error);
    else
        assert_null(why);
    assert_int_equal(data != NULL, want != NULL);
    if (want) {
        assert_non_null(expected);
        if (!json_equal(data, expected)) {
            char *text = json_dumps(data, 0);
            fail_msg("%s gave %s", args_text, text);
        }
    }
    json_decref(data);
    json_decref(expected);
}

static int set_up(void **state)
{
    (void)state;
    call_destroy(&call);
    memset(&call, 0, sizeof call);
    memset(&stats, 0, sizeof stats);
    memset(&did, 0, sizeof did);
    call.members[0] = (struct call_member){
        .id = 7, .name = "Ad\"a", .muted = true, .camera = true, .speaking = true, .has_key = true};
    call.members[1] = (struct call_member){.id = 65535, .name = "Me", .self = true, .away = true};
    call.member_count = 2;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    call_destroy(&call);
    memset(&call, 0, sizeof call);
    return 0;
}

static void answers(void **state)
{
    (void)state;
    command(
        "[\"members\"]",
        "[{\"id\":7,\"name\":\"Ad\\\"a\",\"self\":false,\"muted\":true,\"camera\":true,\"speaking\":true,"
        "\"away\":false,\"has_key\":true,\"host\":false},{\"id\":65535,\"name\":\"Me\",\"self\":true,\"muted\":false,"
        "\"camera\":false,\"speaking\":false,\"away\":true,\"has_key\":false,\"host\":false}]",
        NULL);
    command("[\"tiles\"]", "[{\"id\":7,\"x\":7,\"y\":2,\"w\":3,\"h\":4}]", NULL);
    command("[\"screen\"]", "{\"screen\":\"call\",\"panel\":\"chat\"}", NULL);
    command("[\"chat-log\"]", "[]", NULL);
    call_chat_add(&call, 7, "Ada", "hello \xf0\x9f\x99\x82\nyou", 1700000000123, false);
    call_chat_add(&call, 65535, "Me", "hi", 1700000000456, true);
    command("[\"chat-log\"]",
            "[{\"from\":\"Ada\",\"text\":\"hello \xf0\x9f\x99\x82\\nyou\",\"at\":1700000000123,\"mine\":false},"
            "{\"from\":\"Me\",\"text\":\"hi\",\"at\":1700000000456,\"mine\":true}]",
            NULL);
    command("[\"chat-log\",1]", "[{\"from\":\"Me\",\"text\":\"hi\",\"at\":1700000000456,\"mine\":true}]", NULL);
    assert_string_equal(did.what, ""); // asking does nothing
}

static void every_figure(void **state)
{
    (void)state;
    stats.call = (struct stats_call){.rtt_ms = -1,
                                     .loss_up_pct = 1,
                                     .loss_down_pct = 2,
                                     .jitter_ms = 3,
                                     .bitrate_up_kbps = 4,
                                     .bitrate_down_kbps = 5,
                                     .target_kbps = 6,
                                     .path = "udp",
                                     .fps_sent = 7,
                                     .width_sent = 8,
                                     .height_sent = 9,
                                     .bad_datagrams = 10,
                                     .process_cpu_pct = 11,
                                     .presents_per_s = 12};
    stats.stream_count = 1;
    stats.streams[0] = (struct stats_stream){.member = 7,
                                             .slot = "camera",
                                             .layer = 2,
                                             .width = 3,
                                             .height = 4,
                                             .fps_in = 5,
                                             .fps_shown = 6,
                                             .frames_decoded = 7,
                                             .freezes = 8,
                                             .freeze_ms = 9,
                                             .latency_ms = -1,
                                             .concealed_pct = 10,
                                             .keyframe_requests = 11,
                                             .bitrate_kbps = 12,
                                             .jitter_ms = 13,
                                             .lost = 14,
                                             .nacks = 15,
                                             .repaired = 16};
    command("[\"stats\"]",
            "{\"call\":{\"rtt_ms\":-1.0,\"loss_up_pct\":1.0,\"loss_down_pct\":2.0,\"jitter_ms\":3.0,"
            "\"bitrate_up_kbps\":4.0,\"bitrate_down_kbps\":5.0,\"target_kbps\":6.0,\"path\":\"udp\",\"fps_sent\":7.0,"
            "\"width_sent\":8,\"height_sent\":9,\"bad_datagrams\":10,\"process_cpu_pct\":11.0,"
            "\"presents_per_s\":12.0},\"streams\":[{\"member\":7,\"slot\":\"camera\",\"layer\":2,\"width\":3,"
            "\"height\":4,\"fps_in\":5.0,\"fps_shown\":6.0,\"frames_decoded\":7,\"freezes\":8,\"freeze_ms\":9,"
            "\"latency_ms\":-1.0,\"concealed_pct\":10.0,\"keyframe_requests\":11,\"bitrate_kbps\":12.0,"
            "\"jitter_ms\":13.0,\"lost\":14,\"nacks\":15,\"repaired\":16}]}",
            NULL);
}

static void acts(void **state)
{
    static const struct {
        const char *args, *what, *text;
    } rows[] = {
        {"[\"screenshot\",\"/tmp/a.png\"]", "screenshot", "/tmp/a.png"},
        {"[\"key\",\"Ctrl+D\"]", "key", "Ctrl+D"},
        {"[\"chat\",\"hello\"]", "chat", "hello"},
        {"[\"join\",\"parlour://x\"]", "join", "parlour://x"},
        {"[\"create\"]", "create", ""},
        {"[\"leave\"]", "leave", ""},
        {"[\"quit\",\"now\",3]", "quit", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        did.refusal = NULL;
        command(rows[i].args, NULL, NULL);
        assert_string_equal(did.what, rows[i].what);
        assert_string_equal(did.text, rows[i].text);
        did.refusal = "not now";
        command(rows[i].args, NULL, "not now");
    }
}

static void refuses(void **state)
{
    (void)state;
    command("[\"dance\"]", NULL, "no such command");
    command("[]", NULL, "no such command");
    command("[1]", NULL, "no such command");
    command("[\"chat\"]", NULL, "this command needs a text");
    command("[\"chat\",\"\"]", NULL, "this command needs a text");
    command("[\"chat\",5]", NULL, "this command needs a text");
    command("[\"key\",[\"m\"]]", NULL, "this command needs a text");
    assert_string_equal(did.what, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_figure, set_up, tear_down),
        cmocka_unit_test_setup_teardown(acts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
