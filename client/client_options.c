#define _GNU_SOURCE
#include "client_options.h"

#include "client_programs.h"
#include "client_rows.h"
#include "language.h"
#include "passphrase.h"
#include "paths.h"
#include "settings_file.h"

#include "shared/addr.h"
#include "shared/control.h"
#include "shared/keys.h"
#include "shared/log.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WINDOW_MIN = 160, WINDOW_MAX = 8192, WIDTH_DEFAULT = 1280, HEIGHT_DEFAULT = 720, ARGS_MAX = 1 };

static const struct option_row rows[] = {
    FLAG("create", create, NULL, "make a new room and print its invite link"),
    FLAG("lobby", lobby, NULL, "with --create: everybody waits until the host lets him in"),
    TEXT("relay", relay, NULL, "HOST[:PORT]", "the relay to meet at, when no invite names it (port 5000)"),
    TEXT("name", name, NULL, "NAME", "your name as others see it (default: this machine's name)"),
    TEXT("camera", camera, "auto", "SPEC", "auto, none, a name, /dev/video0, test, file:CLIP, FORMAT:URL"),
    TEXT("microphone", microphone, "auto", "SPEC", "auto, none, a name or its part, tone:440, file:SOUND.wav"),
    TEXT("speaker", speaker, "auto", "SPEC", "auto, none, a name or its part, file:OUT.wav"),
    FLAG("audio-processing", audio_processing, "yes",
         "echo, noise and gain (a tone or a file: only if asked for here)"),
    NUMBER("volume", volume, "100", 0, 100, "PERCENT", "of the loudspeaker, voices and sounds; + and - change it"),
    FLAG("sounds", sounds, "yes", "ring, knock and the other sounds of this program"),
    NUMBER("sound-volume", sound_volume, "70", 0, 100, "PERCENT", "of these sounds; voices are not changed"),
    FLAG("fullscreen", fullscreen, "yes", "fill the screen"),
    TEXT("window", window, NULL, "WxH", "a window of this size instead (with --headless: size of the layout)"),
    FLAG("headless", headless, NULL, "no window; everything else runs"),
    FLAG("kiosk", kiosk, NULL, "full screen, no cursor, no quit keys, for machines nobody attends"),
    TEXT("room", room, NULL, "INVITE", "the room to join at start, also by number (for the config file of a kiosk)"),
    TEXT("passphrase-file", passphrase_file, NULL, "FILE", "the room's passphrase is its first line; - = from stdin"),
    TEXT("ipc", ipc, NULL, "PATH", "take commands as JSON lines on this Unix socket"),
    NUMBER("time-limit", time_limit, "0", 0, 31536000, "SEC", "end after this many seconds, 0 = never"),
    NUMBER("connect-timeout", connect_timeout, "10", 0, 86400, "SEC", "headless: give up after this, 0 = never"),
    NUMBER("video-bitrate", video_bitrate, "1200", 50, 50000, "KBPS", "of the camera, in kbit/s"),
    TEXT("share", share, NULL, "WHAT", "show it in each room: screen, window:TITLE, window:0xID or :DISPLAY"),
    FLAG("allow-share", allow_share, NULL, "with --kiosk: people here may show this screen to others"),
    TEXT("audio-codec", audio_codec, "opus", "CODEC", "opus, or l16 for plain PCM in wired rooms"),
    TEXT("audio-frame", audio_frame, "auto", "MS",
         "of a packet of voice: 10 (sooner), 20 (cheaper), or auto by the network"),
    TEXT("display-path", display_path, "auto", "PATH", "auto, surface or renderer"),
    NUMBER("text-scale", text_scale, "100", 100, 300, "PERCENT", "size of all text"),
    TEXT("theme", theme, "dark", "THEME", "dark or high-contrast"),
    FLAG("reduced-motion", reduced_motion, NULL, "nothing slides or fades"),
    NUMBER("screen-edges", screen_edges, "0", 0, 5, "PERCENT", "of each side that this screen cuts off"),
    TEXT("language", language, "auto", "CODE", "auto, en or de; this help and the log stay English"),
    TEXT("keys", keys, NULL, "ACTION=KEY,...", "other keys, as chat=T,help=none; none alone: no single letters"),
    TEXT("settings-pin", settings_pin, NULL, "DIGITS", "4 to 8 digits to type before the settings open"),
    FLAG("listen-while-muted", listen_while_muted, NULL,
         "keep the muted microphone open, to tell who speaks that it is off; nothing is sent"),
    FLAG("mirror", mirror, "yes", "show one's own picture as a mirror does"),
    NUMBER("idle-after", idle_after, "10", 0, 1440, "MIN", "nobody there: show the time only, 0 = never"),
    TEXT("relay-fingerprint", relay_fingerprint, NULL, "FP", "the relay's key, as its ready line shows it, or public"),
    FLAG("require-fingerprint", require_fingerprint, NULL, "trust a relay by a given or pinned key only"),
    FLAG("tls", tls, "yes", "encrypt the control connection (--no-tls is for tests)"),
    TEXT("rtp-dump", rtp_dump, NULL, "FILE", "write received media, opened, as RTP to a pcap file"),
    TEXT("record", record, NULL, "FILE", "write what comes to FILE.mkv and tell all; with --headless: only that"),
    TEXT("data-dir", data_dir, NULL, "DIR", "keys and known relays (default: $XDG_DATA_HOME/parlour)"),
    TEXT("download-dir", download_dir, NULL, "DIR", "files of others (default: $XDG_DOWNLOAD_DIR or ~/Downloads)"),
    NUMBER("file-floor-mb", file_floor_mb, "0", 0, 1048576, "MB",
           "disk they leave free; 0 = 1 GiB or 5 %, whichever is more"),
    FLAG("register", registers, "yes", "be in the relay's list of people, so that others can call"),
    FLAG("auto-answer", auto_answer, NULL, "take calls of paired identities after a moment, without anybody's doing"),
    NUMBER("auto-answer-delay", auto_answer_delay, "5", 3, 30, "SEC", "how long it rings before that"),
    TEXT("quiet-hours", quiet_hours, NULL, "HH:MM-HH:MM", "no sounds then, and nothing is answered by itself"),
    FLAG("only-paired", only_paired, NULL, "see and hear paired identities only, and be seen and heard by no others"),
    FLAG("list-devices", list_devices, NULL, "print cameras, microphones and loudspeakers, and end"),
    FLAG("list-identities", list_identities, NULL, "print who I am and whom this machine has met, and end"),
    TEXT("forget-identity", forget_identity, NULL, "NAME|FP", "forget a name, or a fingerprint, and end"),
    TEXT("verify-identity", verify_identity, NULL, "FP", "mark a fingerprint as compared, and end"),
    TEXT("pair-identity", pair_identity, NULL, "FP", "put a fingerprint on the list of --only-paired, and end"),
    TEXT("unpair-identity", unpair_identity, NULL, "FP", "take it off that list, and end"),
    ROW("verbose", 'v', OPTION_COUNT, verbose, NULL, 0, 3, NULL, "log more"),
    ROW("quiet", 'q', OPTION_COUNT, quiet, NULL, 0, 3, NULL, "log less; twice: errors only"),
    TEXT("log-format", log_format, "logfmt", "FORMAT", "logfmt or json"),
};

static const struct option_table table = {
    "parlour", "[URL|CODE] [OPTION]...\n       parlour camera --help\n       parlour serve --help",
    "A full-screen video call. Without an argument it opens its home screen.", rows, ARRAY_LEN(rows)};

const struct option_table *client_options_table(void)
{
    return &table;
}

static void drop_if_empty(char **text)
{
    if (*text && !**text) {
        free(*text);
        *text = NULL;
    }
}

// ---- checks ----

struct check {
    struct client_options *o;
    int argc;
    char **argv;
    char *argument; // URL or CODE, or NULL
    int exit_code;
};

// True when the option stands on the command line: a mistake there is usage, elsewhere configuration.
static bool typed(const struct check *c, const char *name)
{
    size_t n = strlen(name);
    for (int i = 1; i < c->argc && strcmp(c->argv[i], "--"); i++)
        if (!strncmp(c->argv[i], "--", 2) && !strncmp(c->argv[i] + 2, name, n) &&
            (c->argv[i][n + 2] == 0 || c->argv[i][n + 2] == '='))
            return true;
    return false;
}

// Always false. `name` is the option at fault, NULL = the argument.
static bool fail(struct check *c, const char *name, const char *fmt, ...) PRINTF_ARGS(3, 4);

static bool fail(struct check *c, const char *name, const char *fmt, ...)
{
    va_list ap;
    fprintf(stderr, "%s: ", client_programs_table(c->o->program)->program);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    c->exit_code = !name || typed(c, name) ? EXIT_USAGE_ERROR : EXIT_BAD_CONFIG;
    return false;
}

static bool one_of(struct check *c, const char *name, const char *value, const char *a, const char *b, const char *d)
{
    if (!strcmp(value, a) || !strcmp(value, b) || (d && !strcmp(value, d)))
        return true;
    return fail(c, name, "--%s '%.60s' is not known: it is %s%s%s%s%s.", name, value, a, d ? ", " : " or ", b,
                d ? " or " : "", d ? d : "");
}

// A name others can read: the given one, or the host's, cut to what the protocol takes.
static bool check_name(struct check *c)
{
    struct client_options *o = c->o;
    if (o->name) {
        if (control_name_ok(o->name))
            return true;
        return fail(c, "name", "--name must be 1 to %d characters of plain text.", WIRE_NAME_CODEPOINTS);
    }
    char host[256] = "";
    if (gethostname(host, sizeof host - 1))
        host[0] = 0;
    host[strcspn(host, ".")] = 0;
    host[WIRE_NAME_CODEPOINTS] = 0; // host names are ASCII
    o->name = base_strdup(control_name_ok(host) ? host : "Parlour");
    return true;
}

static bool read_side(const char **p, int *out)
{
    long v = 0;
    const char *start = *p;
    for (; **p >= '0' && **p <= '9' && v <= WINDOW_MAX; ++*p)
        v = v * 10 + (**p - '0');
    *out = (int)v;
    return *p != start && v >= WINDOW_MIN && v <= WINDOW_MAX;
}

static bool check_window(struct check *c)
{
    struct client_options *o = c->o;
    o->width = WIDTH_DEFAULT;
    o->height = HEIGHT_DEFAULT;
    if (o->window) {
        const char *p = o->window;
        if (!read_side(&p, &o->width) || *p++ != 'x' || !read_side(&p, &o->height) || *p)
            return fail(c, "window", "--window '%.40s' is not a size like 1280x720, each side %d to %d.", o->window,
                        WINDOW_MIN, WINDOW_MAX);
    }
    if (o->kiosk && o->window && !o->headless)
        return fail(c, "window", "--kiosk fills the screen: leave --window away.");
    // A size means a window, unless full screen is asked for by name as well.
    if (o->window && !typed(c, "fullscreen"))
        o->fullscreen = false;
    if (o->kiosk)
        o->fullscreen = true;
    if (o->headless)
        o->fullscreen = false;
    if (o->headless && o->record) { // it writes down what others say, and says nothing
        char **const devices[] = {&o->camera, &o->microphone, &o->speaker};
        for (size_t i = 0; i < ARRAY_LEN(devices); i++) {
            free(*devices[i]);
            *devices[i] = base_strdup("none");
        }
        o->registers = false;
    }
    return true;
}

static bool check_argument(struct check *c)
{
    struct client_options *o = c->o;
    uint32_t code;
    const char *why = NULL;
    if (c->argument && o->create)
        return fail(c, NULL, "--create makes a new room: leave the invite away.");
    o->from_room = !c->argument && o->room && !o->create;
    const char *given = o->from_room ? o->room : c->argument;
    if (given && invite_code(&code, given)) {
        o->has_invite = o->has_code = true; // check_relay makes the invite
        o->code = code;
    } else if (c->argument) {
        if (!invite_parse(&o->invite, c->argument, &why))
            return fail(c, NULL, "%s", why);
        o->has_invite = true;
    } else if (o->from_room) {
        if (!invite_parse(&o->invite, o->room, &why))
            return fail(c, "room", "%s See 'room'.", why);
        o->has_invite = true;
    }
    return true;
}

// The relay to go to, and which key it must have.
static bool check_relay(struct check *c)
{
    struct client_options *o = c->o;
    if (o->relay && !addr_split(o->relay, CLIENT_OPTIONS_PORT, o->relay_host, sizeof o->relay_host, &o->relay_port))
        return fail(c, "relay", "--relay '%.80s' is not HOST or HOST:PORT.", o->relay);
    struct invite given = {.port = 0};
    if (o->relay_fingerprint && !invite_set_relay_key(&given, o->relay_fingerprint))
        return fail(c, "relay-fingerprint",
                    "--relay-fingerprint must be the 43 characters the relay prints, or " INVITE_PUBLIC ".");
    invite_relay_key(&given, o->fingerprint);
    if (o->has_code) {
        if (!o->relay_host[0])
            return fail(c, o->from_room ? "room" : NULL, "A room number needs its relay: give --relay HOST[:PORT].");
        o->invite = given;
        o->invite.port = o->relay_port;
        o->invite.code = o->code;
        memcpy(o->invite.host, o->relay_host, sizeof o->invite.host);
    } else if (o->has_invite) {
        // The invite says where its room is. A fingerprint given by the one who runs this machine outranks it.
        memcpy(o->relay_host, o->invite.host, sizeof o->relay_host);
        o->relay_port = o->invite.port;
        if (!o->relay_fingerprint)
            invite_relay_key(&o->invite, o->fingerprint);
    }
    if (o->create && !o->relay_host[0])
        return fail(c, "create", "--create needs a relay to make the room on: give --relay HOST[:PORT].");
    if (o->headless && !o->has_invite && !o->create && !o->ipc)
        return fail(c, "headless", "--headless has no home screen: give an invite, --create or --ipc.");
    return true;
}

static bool check_data_dir(struct check *c)
{
    char path[PATHS_MAX];
    if (c->o->data_dir && c->o->data_dir[0])
        return true;
    if (!paths_data_dir(path))
        return fail(c, "data-dir", "There is no home directory to keep keys in: give --data-dir DIR.");
    free(c->o->data_dir);
    c->o->data_dir = base_strdup(path);
    return true;
}

static bool check_media(struct check *c)
{
    const struct {
        const char *name, *value;
    } specs[] = {{"camera", c->o->camera}, {"microphone", c->o->microphone}, {"speaker", c->o->speaker}};
    for (size_t i = 0; i < ARRAY_LEN(specs); i++)
        if (!specs[i].value[0])
            return fail(c, specs[i].name, "--%s is empty: write none to go without.", specs[i].name);
    return one_of(c, "audio-codec", c->o->audio_codec, "opus", "l16", NULL) &&
           one_of(c, "audio-frame", c->o->audio_frame, "10", "20", "auto") &&
           one_of(c, "display-path", c->o->display_path, "auto", "surface", "renderer") &&
           one_of(c, "theme", c->o->theme, "dark", "high-contrast", NULL) &&
           one_of(c, "log-format", c->o->log_format, "logfmt", "json", NULL);
}

static bool check_pin(struct check *c)
{
    const char *pin = c->o->settings_pin;
    size_t n = pin ? strlen(pin) : 0;
    if (!pin || (n >= 4 && n <= 8 && strspn(pin, "0123456789") == n))
        return true;
    return fail(c, "settings-pin", "--settings-pin is 4 to 8 digits.");
}

static bool check_language(struct check *c)
{
    if (language_known(c->o->language))
        return true;
    return fail(c, "language", "--language '%.20s' is not known: it is auto, en or de.", c->o->language);
}

// The passphrase is read only when there is a room to use it for.
static bool check_passphrase(struct check *c)
{
    struct client_options *o = c->o;
    const char *why = NULL;
    if (!o->passphrase_file)
        return true;
    if (!o->create && (!o->has_invite || o->invite.has_key)) {
        if (typed(c, "passphrase-file"))
            return fail(c, "passphrase-file",
                        "--passphrase-file is for --create, a room number or an invite without a key.");
        return true; // of a config file, for another room than this one
    }
    o->passphrase = passphrase_read(o->passphrase_file, &why);
    if (o->passphrase)
        return true;
    fail(c, "passphrase-file", "The passphrase file '%.200s' %s", o->passphrase_file, why);
    c->exit_code = EXIT_BAD_CONFIG;
    return false;
}

static bool check_quiet_hours(struct check *c)
{
    const struct client_options *o = c->o;
    if (!o->quiet_hours || quiet_hours_parse(&c->o->silence, o->quiet_hours))
        return true;
    return fail(c, "quiet-hours", "--quiet-hours '%.40s' is not a span of the day like 22:00-07:00.", o->quiet_hours);
}

// At most one order about identities, and nothing else to do beside it.
static bool check_orders(struct check *c)
{
    struct client_options *o = c->o;
    const struct {
        const char *name;
        char **text;
    } orders[] = {{"forget-identity", &o->forget_identity},
                  {"verify-identity", &o->verify_identity},
                  {"pair-identity", &o->pair_identity},
                  {"unpair-identity", &o->unpair_identity}};
    unsigned count = o->list_identities;
    for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
        if (*orders[i].text && !**orders[i].text && typed(c, orders[i].name))
            return fail(c, orders[i].name, "--%s needs to know whom: see --list-identities.", orders[i].name);
        drop_if_empty(orders[i].text);
        count += *orders[i].text != NULL;
    }
    if (count > 1)
        return fail(c, NULL, "Identities are edited one order at a time.");
    if (count && (c->argument || typed(c, "create")))
        return fail(c, NULL, "An order about identities starts no call: leave the room away.");
    o->has_order = count == 1;
    return true;
}

// An empty value in the config file or the environment means "not set".
static void drop_empty(struct client_options *o)
{
    char **const optional[] = {&o->relay,    &o->window,          &o->ipc,  &o->relay_fingerprint, &o->room,
                               &o->rtp_dump, &o->passphrase_file, &o->keys, &o->settings_pin,      &o->quiet_hours,
                               &o->record,   &o->download_dir};
    for (size_t i = 0; i < ARRAY_LEN(optional); i++)
        drop_if_empty(optional[i]);
}

bool client_options_settings_path(const struct client_options *o, char out[PATHS_MAX])
{
    return paths_join(out, o->data_dir, "settings");
}

bool client_options_show(const struct client_options *o, const char *name, char *out, size_t size)
{
    return options_show(&table, o, name, out, size);
}

bool client_options_change(struct client_options *o, const char *name, const char *value)
{
    if (!settings_fit(name, value) || !options_store(&table, o, name, value))
        return false;
    drop_empty(o);
    quiet_hours_parse(&o->silence, o->quiet_hours ? o->quiet_hours : "");
    return true;
}

static void take_settings(void *ctx, void *target)
{
    const struct settings *s = ctx;
    for (size_t i = 0; i < s->count; i++)
        if (!options_store(&table, target, s->rows[i].name, s->rows[i].value))
            log_warn("settings", "not used name=%s", s->rows[i].name);
}

// Where the settings are is an option, too: all is read once to know it, and a second time over them.
static enum options_result read_all(struct client_options *o, int argc, char **argv, const char *config, char **args,
                                    size_t *count)
{
    char path[PATHS_MAX], dir[PATHS_MAX];
    struct settings settings = {.count = 0};
    enum options_result r = options_parse(&table, o, argc, argv, config, args, ARGS_MAX, count);
    if (r != OPTIONS_RUN)
        return r;
    const char *given = o->data_dir && o->data_dir[0] ? o->data_dir : paths_data_dir(dir) ? dir : NULL;
    if (given && paths_join(path, given, "settings"))
        settings_file_read(path, &settings);
    o->camera_given = base_strdup(o->camera);
    o->microphone_given = base_strdup(o->microphone);
    o->speaker_given = base_strdup(o->speaker);
    if (settings.count == 0)
        return r;
    char *camera = o->camera_given, *microphone = o->microphone_given, *speaker = o->speaker_given;
    options_free(&table, o);
    memset(o, 0, sizeof *o);
    r = options_parse_with(&table, o, argc, argv, config, take_settings, &settings, args, ARGS_MAX, count);
    o->camera_given = camera;
    o->microphone_given = microphone;
    o->speaker_given = speaker;
    return r;
}

static bool runs(enum options_result r, int *exit_code)
{
    static const int codes[] = {[OPTIONS_RUN] = EXIT_OK,
                                [OPTIONS_DONE] = EXIT_OK,
                                [OPTIONS_USAGE] = EXIT_USAGE_ERROR,
                                [OPTIONS_CONFIG] = EXIT_BAD_CONFIG};
    *exit_code = codes[r];
    return r == OPTIONS_RUN;
}

static void set_log(struct client_options *o)
{
    o->log_level = CLAMP((int)LOG_INFO + o->verbose - o->quiet, (int)LOG_ERROR, (int)LOG_DEBUG);
    o->log_json = strcmp(o->log_format, "json") == 0;
}

// `parlour camera` and what else is not the call itself: argv[1] says which, and has been taken away.
static bool read_program(struct client_options *o, int argc, char **argv, int *exit_code)
{
    const struct option_table *own = client_programs_table(o->program);
    char *args[CLIENT_OPTIONS_WORDS];
    size_t count = 0;
    // The config file is that of the screen here.
    if (!runs(options_parse(own, o, argc, argv, NULL, args, ARRAY_LEN(args), &count), exit_code))
        return false;
    struct check c = {o, argc, argv, NULL, EXIT_OK};
    char why[200] = "";
    for (; o->word_count < count; o->word_count++) // copies: what is secret in argv is wiped
        o->words[o->word_count] = base_strdup(args[o->word_count]);
    drop_empty(o);
    bool named = options_show(own, o, "name", why, sizeof why);
    bool ok = (!named || check_name(&c)) && check_data_dir(&c) &&
              (client_programs_check(o, why, sizeof why) || fail(&c, NULL, "%s", why)) && check_argument(&c) &&
              check_relay(&c) && check_passphrase(&c) &&
              one_of(&c, "log-format", o->log_format, "logfmt", "json", NULL);
    if (o->room)
        sodium_memzero(o->room, strlen(o->room));
    o->headless = true;
    *exit_code = c.exit_code;
    if (ok)
        set_log(o);
    return ok;
}

bool client_options_read(struct client_options *o, int argc, char **argv, int *exit_code)
{
    char config[PATHS_MAX], *args[ARGS_MAX] = {NULL};
    size_t count = 0;
    memset(o, 0, sizeof *o);
    if (argc > 1 && client_programs_find(argv[1], &o->program))
        return read_program(o, argc - 1, argv + 1, exit_code);
    bool has_config = paths_config_file(config);
    if (!runs(read_all(o, argc, argv, has_config ? config : NULL, args, &count), exit_code))
        return false;
    struct check c = {o, argc, argv, count ? args[0] : NULL, EXIT_OK};
    drop_empty(o);
    bool ok = check_name(&c) && check_data_dir(&c) && check_orders(&c);
    if (ok && !o->has_order && !o->list_devices)
        ok = check_window(&c) && check_argument(&c) && check_relay(&c) && check_media(&c) && check_language(&c) &&
             check_pin(&c) && check_quiet_hours(&c) && check_passphrase(&c);
    if (o->room)
        sodium_memzero(o->room, strlen(o->room)); // what counts of it is in `invite`
    if (!ok) {
        *exit_code = c.exit_code;
        return false;
    }
    o->keys_typed = typed(&c, "keys");
    o->audio_processing_typed = typed(&c, "audio-processing");
    set_log(o);
    o->l16 = strcmp(o->audio_codec, "l16") == 0;
    return true;
}

void client_options_free(struct client_options *o)
{
    options_free(client_programs_table(o->program), o);
    for (size_t i = 0; i < o->word_count; i++)
        free(o->words[i]);
    free(o->camera_given);
    free(o->microphone_given);
    free(o->speaker_given);
    invite_wipe(&o->invite);
    passphrase_free(o->passphrase);
    o->passphrase = NULL;
}
