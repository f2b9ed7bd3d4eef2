#include "client_programs.h"

#include "client_rows.h"
#include "shared/control.h"

#include <stdio.h>
#include <string.h>

#define SHARED_ROWS                                                                                                    \
    TEXT("room", room, NULL, "INVITE|CODE", "the room: an invite link, or a number with --relay"),                     \
        TEXT("relay", relay, NULL, "HOST[:PORT]", "the relay, when no invite names it (port 5000)"),                   \
        TEXT("passphrase-file", passphrase_file, NULL, "FILE",                                                         \
             "the room's passphrase is its first line; - = from stdin"),                                               \
        TEXT("relay-fingerprint", relay_fingerprint, NULL, "FP",                                                       \
             "the relay's key, as its ready line shows it, or public"),                                                \
        FLAG("require-fingerprint", require_fingerprint, NULL, "trust a relay by a given or pinned key only"),         \
        FLAG("tls", tls, "yes", "encrypt the control connection (--no-tls is for tests)"),                             \
        FLAG("only-paired", only_paired, NULL, "give keys to paired identities only"),                                 \
        TEXT("data-dir", data_dir, NULL, "DIR", "keys and known relays (default: $XDG_DATA_HOME/parlour)"),            \
        TEXT("ipc", ipc, NULL, "PATH", "take commands as JSON lines on this Unix socket"),                             \
        NUMBER("time-limit", time_limit, "0", 0, 31536000, "SEC", "end after this many seconds, 0 = never"),           \
        NUMBER("connect-timeout", connect_timeout, "0", 0, 86400, "SEC", "give up after this, 0 = never"),             \
        ROW("verbose", 'v', OPTION_COUNT, verbose, NULL, 0, 3, NULL, "log more"),                                      \
        ROW("quiet", 'q', OPTION_COUNT, quiet, NULL, 0, 3, NULL, "log less; twice: errors only"),                      \
        TEXT("log-format", log_format, "logfmt", "FORMAT", "logfmt or json")

// ---- parlour camera ----

static const struct option_row camera_rows[] = {
    SHARED_ROWS,
    NUMBER("camera-id", camera_id, "0", 0, 65000, "N", "of the first camera, the others count on; 0 = the first free"),
    TEXT("microphone", microphone, "none", "SPEC", "with one camera: auto, none, a name, tone:440, file:SOUND.wav"),
    NUMBER("serve-tcp", serve_tcp, "0", 0, 65535, "PORT",
           "also feed stock viewers, NOT SEALED; cameras count on from it"),
    TEXT("serve-tcp-address", serve_tcp_address, "127.0.0.1", "ADDR",
         "where: 0.0.0.0 = to whoever reaches this machine"),
    NUMBER("video-bitrate", video_bitrate, "1200", 50, 50000, "KBPS", "of each camera, in kbit/s"),
};

static const struct option_table camera_table = {
    "parlour camera", "NAME SPEC [NAME SPEC]... --room INVITE|CODE [OPTION]...",
    "Cameras as members of a room, without a screen. SPEC: auto, a name, /dev/video0, test, file:CLIP, rtsp://..., "
    "FORMAT:URL.",
    camera_rows, ARRAY_LEN(camera_rows)};

static bool check_camera(const struct client_options *o, char *why, size_t size)
{
    const char *sentence = NULL;
    if (o->word_count == 0)
        sentence = "A camera has a name and a source: parlour camera DOOR /dev/video0 --room INVITE.";
    else if (o->word_count % 2)
        sentence = "Each camera needs two words, a name and a source. See --help.";
    else if (!o->room && !o->serve_tcp)
        sentence = "A camera needs a room: give --room INVITE, or --room CODE with --relay HOST[:PORT].";
    else if (o->serve_tcp && o->serve_tcp + (int)o->word_count / 2 > 65536)
        sentence = "--serve-tcp: there are not so many ports.";
    else if (o->word_count > 2 && strcmp(o->microphone, "none") != 0)
        sentence = "--microphone is for one camera alone.";
    else if (!o->room && strcmp(o->microphone, "none") != 0)
        sentence = "--microphone needs a room: stock viewers get pictures alone.";
    else if (!o->microphone[0])
        sentence = "--microphone is empty: write none to go without.";
    for (size_t i = 0; i < o->word_count && !sentence; i++) {
        if (i % 2 ? !o->words[i][0] : !control_name_ok(o->words[i]))
            sentence =
                i % 2 ? "A camera's source is empty." : "A camera's name must be 1 to 32 characters of plain text.";
        for (size_t k = 0; k < i && i % 2 == 0 && !sentence; k += 2)
            if (strcmp(o->words[k], o->words[i]) == 0)
                sentence = "Two cameras have the same name.";
    }
    if (sentence)
        snprintf(why, size, "%s", sentence);
    return sentence == NULL;
}

// ---- parlour serve ----

static const struct option_row serve_rows[] = {
    SHARED_ROWS,
    TEXT("name", name, "Films", "NAME", "what the library is called"),
    NUMBER("films", films, "4", 1, 16, "N", "so many films play at a time"),
};

static const struct option_table serve_table = {"parlour serve", "DIR --room INVITE|CODE [OPTION]...",
                                                "The films in a folder, for everybody in a room: NAME_240p.mp4, "
                                                "NAME_720p.mp4 and NAME_1440p.mp4 are one film in three "
                                                "qualities, NAME.mp4 is one in a single quality. Files of H.264 with "
                                                "keyframes at most 2 s apart are sent as they are.",
                                                serve_rows, ARRAY_LEN(serve_rows)};

static bool check_serve(const struct client_options *o, char *why, size_t size)
{
    const char *sentence = NULL;
    if (o->word_count != 1)
        sentence = "Films are in one folder: parlour serve DIR --room INVITE.";
    else if (!o->room)
        sentence = "A library needs a room: give --room INVITE, or --room CODE with --relay HOST[:PORT].";
    if (sentence)
        snprintf(why, size, "%s", sentence);
    return sentence == NULL;
}

// ---- which ----

static const struct {
    const char *word;
    enum client_program program;
    const struct option_table *table;
    bool (*check)(const struct client_options *o, char *why, size_t size);
} programs[] = {{"camera", CLIENT_CAMERA, &camera_table, check_camera},
                {"serve", CLIENT_LIBRARY, &serve_table, check_serve}};

bool client_programs_find(const char *word, enum client_program *program)
{
    for (size_t i = 0; i < ARRAY_LEN(programs); i++)
        if (strcmp(word, programs[i].word) == 0) {
            *program = programs[i].program;
            return true;
        }
    return false;
}

const struct option_table *client_programs_table(enum client_program program)
{
    for (size_t i = 0; i < ARRAY_LEN(programs); i++)
        if (programs[i].program == program)
            return programs[i].table;
    return client_options_table();
}

bool client_programs_check(const struct client_options *o, char *why, size_t size)
{
    for (size_t i = 0; i < ARRAY_LEN(programs); i++)
        if (programs[i].program == o->program)
            return programs[i].check(o, why, size);
    return true;
}
