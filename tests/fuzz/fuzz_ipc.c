// Lines of the IPC socket and the commands in them: any bytes are answered, nothing is leaked, and every answer is
// JSON.
#include "tests/fuzz/fuzz.h"

#include "client/ipc.h"
#include "client/ipc_commands.h"

static const char *take_text(void *ctx, const char *text)
{
    (void)ctx;
    HOLDS(text && *text);
    return NULL;
}

static const char *take_chat(void *ctx, uint16_t to, const char *text)
{
    (void)to;
    return take_text(ctx, text);
}

static const char *take_nothing(void *ctx)
{
    (void)ctx;
    return "not now";
}

static const char *take_order(void *ctx, const struct ipc_order *order)
{
    (void)ctx;
    HOLDS(order->order <= COMMAND_END);
    return NULL;
}

static const char *take_member(void *ctx, enum command_type type, uint16_t member)
{
    (void)ctx;
    HOLDS(type >= COMMAND_COMPARE && type <= COMMAND_TRUST && member);
    return NULL;
}

static const char *take_volume(void *ctx, uint16_t member, int percent)
{
    (void)ctx;
    HOLDS(member && percent >= 0 && percent <= 200);
    return NULL;
}

static const char *take_pair(void *ctx, uint16_t member, const char *fingerprint)
{
    (void)ctx;
    HOLDS(member || (fingerprint && *fingerprint));
    return NULL;
}

static json_t *some_json(void *ctx)
{
    (void)ctx;
    return json_object();
}

static const char *take_path(void *ctx, const char *path, uint16_t member)
{
    (void)ctx;
    (void)member;
    HOLDS(path[0] == '/');
    return NULL;
}

static const char *take_file(void *ctx, enum ipc_file_act act, uint32_t id)
{
    (void)ctx;
    HOLDS(id > 0 && act <= IPC_FILE_RETRY);
    return "no such file";
}

static bool tile_rect(void *ctx, uint16_t member, int *x, int *y, int *w, int *h)
{
    (void)ctx;
    *x = *y = *w = *h = member;
    return true;
}

static void screen(void *ctx, const char **name, const char **panel)
{
    (void)ctx;
    *name = "home";
    *panel = "";
}

// Half of the inputs are taken as the argument of a command we know: few random bytes are JSON.
static size_t make_line(char *out, size_t max, const uint8_t *data, size_t size)
{
    static const char *const names[] = {
        "stats",   "members",    "chat-log",    "tiles",       "screen",       "screenshot", "key",   "chat",
        "chat-to", "create",     "join",        "leave",       "quit",         "dance",      "room",  "admit",
        "deny",    "kick",       "lock",        "lobby",       "role",         "mute",       "end",   "identity",
        "volume",  "identities", "safety",      "compare",     "compare-stop", "verify",     "trust", "pair",
        "forget",  "send-file",  "accept-file", "refuse-file", "cancel-file",  "retry-file", "files"};
    size_t rest = size ? size - 1 : 0, n = 0;
    if (size && data[0] & 1)
        n = (size_t)snprintf(out, max, "{\"request_id\":1,\"command\":[\"%s\",", names[data[0] / 2 % ARRAY_LEN(names)]);
    if (rest)
        memcpy(out + n, data + 1, rest);
    n += rest;
    if (size && data[0] & 1) {
        memcpy(out + n, "]}", 2);
        n += 2;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct ipc_ops ops = {.screenshot = take_text,
                                       .press = take_text,
                                       .send_chat = take_chat,
                                       .create = take_nothing,
                                       .join = take_text,
                                       .leave = take_nothing,
                                       .host = take_order,
                                       .about = take_member,
                                       .volume = take_volume,
                                       .pair = take_pair,
                                       .forget = take_text,
                                       .send_file = take_path,
                                       .file = take_file,
                                       .identity = some_json,
                                       .identities = some_json,
                                       .quit = take_nothing,
                                       .tile_rect = tile_rect,
                                       .screen = screen};
    static struct call call = {.member_count = 2,
                               .members = {{.id = 1, .name = "Ada"}, {.id = 2, .self = true}},
                               .file_count = 1,
                               .files = {{.id = 3, .size = 9, .rate = 2}}};
    static struct stats stats = {.stream_count = 1};
    const struct ipc_view view = {&call, &stats, &ops};
    struct ipc_command c;
    const char *error;
    size_t max = size + 100;
    char *line = base_alloc(max);
    bool ok = ipc_read_line(&c, line, make_line(line, max, data, size), &error);
    HOLDS(ok == !error && ok == (c.args != NULL));
    if (ok) {
        HOLDS(json_is_string(json_array_get(c.args, 0)));
        json_t *answer = ipc_commands_run(&view, c.args, &error);
        char *text = answer ? json_dumps(answer, JSON_ENCODE_ANY) : NULL;
        HOLDS(!answer || (text && !error));
        free(text);
        json_decref(answer);
    }
    ipc_command_clear(&c);
    free(line);
    return 0;
}
