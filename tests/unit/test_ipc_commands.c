// IPC commands: the JSON they answer with, and which of the app's doings they call.
#include "tests/unit/unit.h"

#include "client/ipc_commands.h"

#include <math.h>

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
static const char *send_chat(void *ctx, uint16_t to, const char *text)
{
    static char words[64];
    snprintf(words, sizeof words, "%u %s", (unsigned)to, text);
    return note(ctx, "chat", words);
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
static const char *about(void *ctx, enum command_type type, uint16_t member)
{
    static char text[64];
    snprintf(text, sizeof text, "%d %u", (int)type, (unsigned)member);
    return note(ctx, "about", text);
}
static const char *volume(void *ctx, uint16_t member, int percent)
{
    static char text[64];
    snprintf(text, sizeof text, "%u %d", (unsigned)member, percent);
    return note(ctx, "volume", text);
}
static const char *pair(void *ctx, uint16_t member, const char *fingerprint)
{
    static char text[64];
    snprintf(text, sizeof text, "%u %s", (unsigned)member, fingerprint ? fingerprint : "");
    return note(ctx, "pair", text);
}
static const char *unpair(void *ctx, const char *fingerprint)
{
    return note(ctx, "unpair", fingerprint);
}
static const char *call_person(void *ctx, const uint8_t identity[32])
{
    static char text[8];
    snprintf(text, sizeof text, "%u", identity[0]);
    return note(ctx, "call", text);
}
static const char *answer(void *ctx, bool picture)
{
    return note(ctx, "answer", picture ? "with picture" : "sound");
}
static const char *refuse(void *ctx)
{
    return note(ctx, "refuse", "");
}
static const char *hang_up(void *ctx)
{
    return note(ctx, "hangup", "");
}
static const char *away(void *ctx, bool on)
{
    return note(ctx, "away", on ? "yes" : "no");
}
static const char *hand(void *ctx, bool given, bool up)
{
    return note(ctx, "hand", !given ? "other way" : up ? "up" : "down");
}
static const char *forget(void *ctx, const char *name)
{
    return note(ctx, "forget", name);
}
static const char *send_file(void *ctx, const char *path, uint16_t member)
{
    static char text[64];
    snprintf(text, sizeof text, "%u %s", (unsigned)member, path);
    return note(ctx, "send-file", text);
}
static const char *file(void *ctx, enum ipc_file_act act, uint32_t id)
{
    static char text[64];
    snprintf(text, sizeof text, "%d %u", (int)act, (unsigned)id);
    return note(ctx, "file", text);
}
static json_t *identity(void *ctx)
{
    (void)ctx;
    return json_pack("{s:s}", "name", "me");
}
static json_t *identities(void *ctx)
{
    (void)ctx;
    return json_array();
}
static const char *record(void *ctx, const char *path)
{
    return note(ctx, "record", path ? path : "of its own");
}

static const char *record_stop(void *ctx)
{
    return note(ctx, "record-stop", "");
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
static const struct ipc_ops ops = {.ctx = &did,
                                   .screenshot = screenshot,
                                   .press = press,
                                   .send_chat = send_chat,
                                   .create = create,
                                   .join = join,
                                   .leave = leave,
                                   .host = host,
                                   .about = about,
                                   .volume = volume,
                                   .pair = pair,
                                   .unpair = unpair,
                                   .forget = forget,
                                   .call = call_person,
                                   .answer = answer,
                                   .refuse = refuse,
                                   .hang_up = hang_up,
                                   .away = away,
                                   .hand = hand,
                                   .send_file = send_file,
                                   .file = file,
                                   .identity = identity,
                                   .identities = identities,
                                   .record = record,
                                   .record_stop = record_stop,
                                   .quit = quit,
                                   .tile_rect = tile_rect,
                                   .screen = screen};
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
    call.members[0] = (struct call_member){.id = 7,
                                           .name = "Ad\"a",
                                           .trust = CALL_TRUST_VERIFIED,
                                           .muted = true,
                                           .camera = true,
                                           .speaking = true,
                                           .volume = 150,
                                           .has_key = true};
    call.members[1] = (struct call_member){.id = 65535, .name = "Me", .self = true, .away = true};
    call.member_count = 2;
    unit_count(call.members[0].identity, 32, 0);
    memset(call.members[1].identity, 0xff, 32);
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
    command("[\"members\"]",
            "[{\"id\":7,\"name\":\"Ad\\\"a\",\"trust\":\"verified\",\"fingerprint\":\"oewd-rjg3-he62-cblf\",\"self\":"
            "false,\"muted\":true,\"camera\":true,\"speaking\":true,"
            "\"away\":false,\"has_key\":true,\"host\":false,\"hand\":false,\"volume\":150,\"paused\":false,\"kind\":"
            "\"person\",\"screen\":false,\"recording\":false},{\"id\":"
            "65535,\"name\":"
            "\"Me\",\"trust\":"
            "\"waiting\","
            "\"fingerprint\":\"codx-sdwp-27ki-be6n\",\"self\":true,\"muted\":false,"
            "\"camera\":false,\"speaking\":false,\"away\":true,\"has_key\":false,\"host\":false,\"hand\":false,"
            "\"volume\":0,\"paused\":false,\"kind\":\"person\",\"screen\":false,\"recording\":false}]",
            NULL);
    command("[\"tiles\"]", "[{\"id\":7,\"x\":7,\"y\":2,\"w\":3,\"h\":4}]", NULL);
    command("[\"screen\"]", "{\"screen\":\"call\",\"panel\":\"chat\"}", NULL);
    command("[\"chat-log\"]", "[]", NULL);
    command("[\"identity\"]", "{\"name\":\"me\"}", NULL);
    command("[\"identities\"]", "[]", NULL);
    memcpy(call.safety_code, "12345 67890", 12);
    command("[\"room\"]",
            "{\"private\":false,\"code\":\"\",\"safety_code\":\"12345 "
            "67890\",\"lobby\":false,\"locked\":false,\"epoch\":0,\"waiting\":false,"
            "\"knocks\":[]}",
            NULL);
    call.compare_with = 7;
    call.compare = CALL_COMPARE_NUMBER;
    memcpy(call.compare_number, "042042", 7);
    call.member_count = 1;
    command(
        "[\"safety\"]",
        "{\"code\":\"12345 67890\",\"compare\":{\"with\":7,\"state\":\"number\",\"number\":\"042042\"},\"members\":[{"
        "\"id\":7,\"name\":\"Ad\\\"a\",\"trust\":\"verified\",\"fingerprint\":\"oewd-rjg3-he62-cblf\"}]}",
        NULL);
    call_chat_add(&call, 7, "Ada", "hello \xf0\x9f\x99\x82\nyou", 1700000000123, false)->older = true;
    struct call_chat_line *mine = call_chat_add(&call, 65535, "Me", "hi", 1700000000456, true);
    mine->to = 7;
    mine->delivered = true;
    snprintf(mine->to_name, sizeof mine->to_name, "Ada");
    static const char said[] =
        "{\"from\":\"Me\",\"text\":\"hi\",\"at\":1700000000456,\"mine\":true,\"older\":false,\"to\":7,"
        "\"to_name\":\"Ada\",\"alone\":true,\"delivered\":true,\"lost\":false}]";
    char both[512], one[512];
    snprintf(both, sizeof both,
             "[{\"from\":\"Ada\",\"text\":\"hello \xf0\x9f\x99\x82\\nyou\",\"at\":1700000000123,\"mine\":false,"
             "\"older\":true,\"to\":0,\"to_name\":\"\",\"alone\":false,\"delivered\":false,\"lost\":false},%s",
             said);
    snprintf(one, sizeof one, "[%s", said);
    command("[\"chat-log\"]", both, NULL);
    command("[\"chat-log\",1]", one, NULL);
    assert_string_equal(did.what, ""); // asking does nothing
}

static void people_and_calls(void **state)
{
    (void)state;
    command("[\"people\"]", "{\"registered\":false,\"name_taken\":false,\"people\":[]}", NULL);
    command("[\"ring\"]", "{\"state\":\"none\"}", NULL);
    command("[\"missed\"]", "[]", NULL);
    call.registered = true;
    call.people[0] = (struct call_person){
        .name = "Ada", .state = CALL_PERSON_AWAY, .answers = true, .trust = CALL_TRUST_NEW, .paired = true};
    call.people[1] = (struct call_person){.name = "Bob", .state = CALL_PERSON_BUSY, .trust = CALL_TRUST_CHANGED};
    unit_count(call.people[0].identity, 32, 0);
    memset(call.people[1].identity, 0xff, 32);
    call.people_count = 2;
    command(
        "[\"people\"]",
        "{\"registered\":true,\"name_taken\":false,\"people\":[{\"name\":\"Ada\",\"state\":\"away\",\"answers\":true,"
        "\"trust\":\"new\",\"paired\":true,\"met\":false,\"fingerprint\":\"oewd-rjg3-he62-cblf\"},{\"name\":\"Bob\","
        "\"state\":\"busy\",\"answers\":false,\"trust\":\"changed\",\"paired\":false,\"met\":false,\"fingerprint\":"
        "\"codx-sdwp-27ki-be6n\"}]}",
        NULL);
    call.phase = CALL_RINGING;
    call.ring = (struct call_ring){
        .id = 9, .name = "Ada", .trust = CALL_TRUST_NEW, .met = true, .picture = true, .answers_at_us = 5};
    unit_count(call.ring.identity, 32, 0);
    command("[\"ring\"]",
            "{\"state\":\"ringing\",\"name\":\"Ada\",\"trust\":\"new\",\"paired\":false,\"met\":true,\"picture\":true,"
            "\"answers_itself\":true,\"fingerprint\":\"oewd-rjg3-he62-cblf\"}",
            NULL);
    call.phase = CALL_IN_ROOM;
    command("[\"ring\"]", "{\"state\":\"none\"}", NULL);
    call_add_missed(&call, "Ada", call.ring.identity, 1700000000123);
    command("[\"missed\"]",
            "[{\"name\":\"Ada\",\"at\":1700000000123,\"seen\":false,\"fingerprint\":\"oewd-rjg3-he62-cblf\"}]", NULL);
    assert_string_equal(did.what, "");
    static const char *const ways[] = {"[\"call\",\"Ada\"]", "[\"call\",\"oewd-rjg3-he62-cblf\"]",
                                       "[\"call\",\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"]"};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        did.what[0] = 0;
        command(ways[i], NULL, NULL);
        assert_string_equal(did.what, "call");
        assert_string_equal(did.text, "0");
    }
    command("[\"call\",\"Bob\"]", NULL, NULL);
    assert_string_equal(did.text, "255");
    did.what[0] = 0;
    command("[\"call\",\"Eve\"]", NULL, "nobody can be called by this");
    assert_string_equal(did.what, "");
}

// One comes, one goes.
static void two_files(void)
{
    stats.files[0] = (struct stats_file){5, 7, false, "receiving", .rate_kbps = 900, .retransmitted = 3};
    stats.files[1] = (struct stats_file){.id = 6,
                                         .member = 7,
                                         .out = true,
                                         .state = "slow-start",
                                         .cwnd_bytes = 11000,
                                         .ssthresh_bytes = INFINITY,
                                         .flight_bytes = 1100,
                                         .rtt_ms = 50,
                                         .rate_kbps = 800};
    stats.file_count = 2;
}

static void some_sound(void)
{
    stats.audio = (struct stats_audio){.processing = {.on = true,
                                                      .delay_ms = 25,
                                                      .erle_db = 31,
                                                      .near_dbfs = -30,
                                                      .out_dbfs = -61,
                                                      .far_dbfs = -24,
                                                      .far_lost = 2},
                                       .playout_delay_ms = 20,
                                       .underruns = 3,
                                       .frame_ms = 10};
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
                                     .target_reason = "probe",
                                     .queue_up_ms = 13,
                                     .parity_up_pct = 15,
                                     .parity_down_pct = 16,
                                     .loss_alone_pct = 14,
                                     .path = "udp",
                                     .fps_sent = 7,
                                     .width_sent = 8,
                                     .height_sent = 9,
                                     .bad_datagrams = 10,
                                     .process_cpu_pct = 11,
                                     .presents_per_s = 12,
                                     .layers[1] = {640, 360, 2, 30, 440, true},
                                     .screen[1] = {1920, 1080, 1, 5, 60, true}};
    some_sound();
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
                                             .seq = 20,
                                             .age_ms = 21,
                                             .target_ms = 17,
                                             .hold_ms = 18,
                                             .has_skew = true,
                                             .av_skew_ms = -19,
                                             .concealed_pct = 10,
                                             .fec_pct = 17,
                                             .copies_pct = 18,
                                             .keyframe_requests = 11,
                                             .bitrate_kbps = 12,
                                             .jitter_ms = 13,
                                             .lost = 14,
                                             .nacks = 15,
                                             .repaired = 16,
                                             .wanted_layer = -1,
                                             .reason = "paused",
                                             .limit_kbps = 17};
    stats.recording =
        (struct stats_recording){.on = true, .file = "a.mkv", .seconds = 1, .bytes = 2, .dropped = 3, .parts = 4};
    two_files();
    command("[\"stats\"]",
            "{\"call\":{\"rtt_ms\":-1.0,\"loss_up_pct\":1.0,\"loss_down_pct\":2.0,\"jitter_ms\":3.0,"
            "\"bitrate_up_kbps\":4.0,\"bitrate_down_kbps\":5.0,\"target_kbps\":6.0,\"target_reason\":\"probe\",\"queue_"
            "up_ms\":13.0,"
            "\"parity_up_pct\":15.0,\"parity_down_pct\":16.0,\"loss_alone_pct\":14.0,\"path\":\"udp\",\"fps_sent\":7.0,"
            "\"width_sent\":8,\"height_sent\":9,\"bad_datagrams\":10,\"process_cpu_pct\":11.0,"
            "\"presents_per_s\":12.0,\"layers\":[{\"layer\":1,\"offered\":true,\"watchers\":2,\"width\":640,"
            "\"height\":360,\"fps\":30.0,\"kbps\":440.0}],\"screen\":[{\"layer\":1,\"offered\":true,\"watchers\":1,"
            "\"width\":1920,\"height\":1080,\"fps\":5.0,\"kbps\":60.0}]},\"audio\":{\"processing\":true,\"far_active\":"
            "false,\"delay_"
            "ms\":25.0,"
            "\"erle_db\":31.0,\"near_dbfs\":-30.0,\"out_dbfs\":-61.0,\"far_dbfs\":-24.0,\"far_lost\":2,"
            "\"playout_delay_ms\":20.0,\"underruns\":3,\"frame_ms\":10},"
            "\"streams\":[{\"member\":7,\"slot\":\"camera\",\"layer\":2,\"width\":3,"
            "\"height\":4,\"fps_in\":5.0,\"fps_shown\":6.0,\"frames_decoded\":7,\"freezes\":8,\"freeze_ms\":9,"
            "\"latency_ms\":-1.0,\"seq\":20,\"age_ms\":21.0,\"target_ms\":17.0,\"hold_ms\":18.0,\"av_skew_ms\":-19.0,"
            "\"concealed_pct\":10.0,"
            "\"fec_pct\":17.0,\"copies_pct\":18.0,\"keyframe_requests\":11,\"bitrate_kbps\":12.0,"
            "\"jitter_ms\":13.0,\"lost\":14,\"nacks\":15,\"repaired\":16,\"wanted_layer\":-1,\"reason\":\"paused\","
            "\"limit_kbps\":17}],"
            "\"files\":[{\"file\":5,\"member\":7,\"out\":false,\"state\":\"receiving\",\"rate_kbps\":900.0,"
            "\"retransmitted\":3},"
            "{\"file\":6,\"member\":7,\"out\":true,\"state\":\"slow-start\",\"rate_kbps\":800.0,\"retransmitted\":0,"
            "\"cwnd_bytes\":11000.0,\"ssthresh_bytes\":null,\"flight_bytes\":1100.0,\"rtt_ms\":50.0}],"
            "\"recording\":{\"file\":\"a.mkv\",\"seconds\":1.0,\"bytes\":2,\"dropped\":3,\"parts\":4}}",
            NULL);
    stats.recording = (struct stats_recording){0};
    stats.file_count = 0;
}

static void files(void **state)
{
    (void)state;
    command("[\"files\"]", "[]", NULL);
    call.files[0] = (struct call_file){.id = 3,
                                       .state = CALL_FILE_RUNNING,
                                       .name = "a.pdf",
                                       .size = 300,
                                       .done = 100,
                                       .rate = 50,
                                       .member = 7,
                                       .who = "Ada",
                                       .sentence = "s",
                                       .advice = "a"};
    call.file_count = 1;
    command("[\"files\"]",
            "[{\"file\":3,\"out\":false,\"state\":\"running\",\"name\":\"a.pdf\",\"size\":300,\"done\":100,"
            "\"rate\":50.0,\"id\":7,\"who\":\"Ada\",\"takers\":0,\"finished\":0,\"sentence\":\"s\","
            "\"advice\":\"a\",\"seconds_left\":4.0}]",
            NULL);
    call.file_count = 0;
}

static void acts(void **state)
{
    static const struct {
        const char *args, *what, *text;
    } rows[] = {
        {"[\"screenshot\",\"/tmp/a.png\"]", "screenshot", "/tmp/a.png"},
        {"[\"key\",\"Ctrl+D\"]", "key", "Ctrl+D"},
        {"[\"chat\",\"hello\"]", "chat", "0 hello"},
        {"[\"chat-to\",7,\"you only\"]", "chat", "7 you only"},
        {"[\"join\",\"parlour://x\"]", "join", "parlour://x"},
        {"[\"record\"]", "record", "of its own"},
        {"[\"record\",\"/tmp/a.mkv\"]", "record", "/tmp/a.mkv"},
        {"[\"record-stop\"]", "record-stop", ""},
        {"[\"create\"]", "create", ""},
        {"[\"leave\"]", "leave", ""},
        {"[\"forget\",\"Ada B\"]", "forget", "Ada B"},
        {"[\"pair\",7]", "pair", "7 "},
        {"[\"pair\",\"oewd-rjg3-he62-cblf\"]", "pair", "0 oewd-rjg3-he62-cblf"},
        {"[\"quit\",\"now\",3]", "quit", ""},
        {"[\"unpair\",\"oewd-rjg3-he62-cblf\"]", "unpair", "oewd-rjg3-he62-cblf"},
        {"[\"answer\"]", "answer", "with picture"},
        {"[\"answer\",\"sound\"]", "answer", "sound"},
        {"[\"refuse\"]", "refuse", ""},
        {"[\"hangup\"]", "hangup", ""},
        {"[\"away\",true]", "away", "yes"},
        {"[\"away\",false]", "away", "no"},
        {"[\"volume\",7,0]", "volume", "7 0"},
        {"[\"volume\",65535,200]", "volume", "65535 200"},
        {"[\"send-file\",\"/a b\"]", "send-file", "0 /a b"},
        {"[\"send-file\",\"/a\",7]", "send-file", "7 /a"},
        {"[\"accept-file\",3]", "file", "0 3"},
        {"[\"refuse-file\",3]", "file", "1 3"},
        {"[\"cancel-file\",4294967295]", "file", "2 4294967295"},
        {"[\"retry-file\",4]", "file", "3 4"},
        {"[\"hand\"]", "hand", "other way"},
        {"[\"hand\",true]", "hand", "up"},
        {"[\"hand\",false]", "hand", "down"},
    };
    (void)state;
    const struct {
        const char *args;
        enum command_type type;
    } members[] = {{"[\"compare\",7]", COMMAND_COMPARE},
                   {"[\"compare-stop\",7]", COMMAND_COMPARE_STOP},
                   {"[\"verify\",7]", COMMAND_VERIFIED},
                   {"[\"trust\",7]", COMMAND_TRUST}};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        char expected[64];
        snprintf(expected, sizeof expected, "%d 7", (int)members[i].type);
        command(members[i].args, NULL, NULL);
        assert_string_equal(did.what, "about");
        assert_string_equal(did.text, expected);
    }
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
    command("[\"verify\"]", NULL, "this command needs another argument");
    command("[\"trust\",0]", NULL, "this command needs another argument");
    command("[\"compare\",65536]", NULL, "this command needs another argument");
    command("[\"pair\",\"\"]", NULL, "this command needs another argument");
    command("[\"pair\",-1]", NULL, "this command needs another argument");
    command("[\"forget\"]", NULL, "this command needs a text");
    command("[\"call\"]", NULL, "this command needs a text");
    command("[\"answer\",\"loudly\"]", NULL, "this command needs another argument");
    command("[\"answer\",true]", NULL, "this command needs another argument");
    command("[\"away\"]", NULL, "this command needs another argument");
    static const char *const volumes[] = {"[\"volume\"]",       "[\"volume\",7]",      "[\"volume\",7,201]",
                                          "[\"volume\",7,-1]",  "[\"volume\",0,50]",   "[\"volume\",7,\"50\"]",
                                          "[\"volume\",7,1.5]", "[\"volume\",65536,5]"};
    for (size_t i = 0; i < sizeof volumes / sizeof volumes[0]; i++)
        command(volumes[i], NULL, "this command needs an id and a number from 0 to 200");
    command("[\"hand\",1]", NULL, "this command needs another argument");
    command("[\"send-file\",\"a\"]", NULL, "this command needs the whole path of a file");
    command("[\"send-file\"]", NULL, "this command needs the whole path of a file");
    command("[\"send-file\",\"/a\",0]", NULL, "this command needs another argument");
    command("[\"send-file\",\"/a\",\"all\"]", NULL, "this command needs another argument");
    command("[\"accept-file\"]", NULL, "this command needs another argument");
    command("[\"cancel-file\",4294967296]", NULL, "this command needs another argument");
    command("[\"unpair\",7]", NULL, "this command needs another argument");
    assert_string_equal(did.what, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(people_and_calls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_figure, set_up, tear_down),
        cmocka_unit_test_setup_teardown(files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(acts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
