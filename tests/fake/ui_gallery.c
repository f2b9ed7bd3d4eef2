// Writes a picture of every screen and panel to a directory, drawn from a made-up call: for looking at, and for
// measuring what a present costs. Usage: ui_gallery DIR [WIDTHxHEIGHT [TEXT_PERCENT [PATH]]]; PATH "surface" or
// "renderer" opens a window. UI_GALLERY=stage draws that part alone.
#include "gallery.h"
#include "shared/base.h"
#include "shared/clock.h"
#include "shared/log.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/imgutils.h>
#include <libswscale/swscale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { PICTURES = 30, PICTURE_W = 1280, PICTURE_H = 720 };

static AVFrame *picture[PICTURES];
static uint16_t busy_from = 1, busy_to; // members whose pictures move now
bool stands_still;
static uint64_t given[64];
static unsigned pressed_actions;
static uint64_t now_us;

static AVFrame *new_picture(void)
{
    AVFrame *f = av_frame_alloc();
    f->format = AV_PIX_FMT_YUV420P;
    f->width = PICTURE_W;
    f->height = PICTURE_H;
    av_frame_get_buffer(f, 0);
    return f;
}

// A warm wall and a lamp: enough to judge a layout by when there is no clip.
static void paint(AVFrame *f, int seed)
{
    for (int y = 0; y < f->height; y++)
        for (int x = 0; x < f->width; x++) {
            double lamp = exp(-(pow(x - 300 - seed * 37 % 600, 2) + pow(y - 250, 2)) / 60000.0);
            f->data[0][y * f->linesize[0] + x] = (uint8_t)(60 + 90 * lamp + 30.0 * y / f->height);
            f->data[1][y / 2 * f->linesize[1] + x / 2] = (uint8_t)(128 - 12 * lamp + seed % 7);
            f->data[2][y / 2 * f->linesize[2] + x / 2] = (uint8_t)(132 + 14 * lamp + seed % 5);
        }
}

static int load_clip(const char *path, int first, int count, int skip)
{
    AVFormatContext *in = NULL;
    if (avformat_open_input(&in, path, NULL, NULL) < 0)
        return first;
    avformat_find_stream_info(in, NULL);
    int stream = av_find_best_stream(in, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    const AVCodec *codec = stream >= 0 ? avcodec_find_decoder(in->streams[stream]->codecpar->codec_id) : NULL;
    AVCodecContext *decoder = codec ? avcodec_alloc_context3(codec) : NULL;
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    int at = first, n = 0;
    if (decoder && avcodec_parameters_to_context(decoder, in->streams[stream]->codecpar) >= 0 &&
        avcodec_open2(decoder, codec, NULL) == 0)
        while (at < first + count && at < PICTURES && av_read_frame(in, packet) >= 0) {
            if (packet->stream_index == stream && avcodec_send_packet(decoder, packet) == 0)
                while (avcodec_receive_frame(decoder, frame) == 0)
                    if (n++ % skip == 0 && at < PICTURES) {
                        AVFrame *out = new_picture();
                        int crop = frame->width * 9 / 16, top = MAX((frame->height - crop) / 3, 0) & ~1;
                        const uint8_t *src[4] = {frame->data[0] + top * frame->linesize[0], NULL, NULL, NULL};
                        for (int k = 1; k < 3 && frame->data[k]; k++) // a packed format has one plane
                            src[k] = frame->data[k] + top / 2 * frame->linesize[k];
                        struct SwsContext *sws =
                            sws_getContext(frame->width, MIN(crop, frame->height), frame->format, PICTURE_W, PICTURE_H,
                                           AV_PIX_FMT_YUV420P, SWS_BICUBIC, NULL, NULL, NULL);
                        sws_scale(sws, src, frame->linesize, 0, MIN(crop, frame->height), out->data, out->linesize);
                        sws_freeContext(sws);
                        picture[at++] = out;
                    }
            av_packet_unref(packet);
        }
    av_packet_free(&packet);
    av_frame_free(&frame);
    avcodec_free_context(&decoder);
    avformat_close_input(&in);
    return at;
}

static void load_pictures(void)
{
    if (gallery_listens()) { // nobody looks
        picture[0] = new_picture();
        paint(picture[0], 0);
        for (int i = 1; i < PICTURES; i++)
            picture[i] = av_frame_clone(picture[0]);
        return;
    }
    int n = load_clip("/usr/share/doc/opencv-doc/examples/data/Megamind.avi", 0, 20, 13);
    n = load_clip("/usr/share/doc/opencv-doc/examples/data/tree.avi", n, 5, 20);
    n = load_clip("/usr/share/doc/opencv-doc/examples/data/vtest.avi", n, 5, 40);
    for (; n < PICTURES; n++) {
        picture[n] = new_picture();
        paint(picture[n], n);
    }
}

static AVFrame *give(void *ctx, uint16_t member, uint64_t at_us, uint64_t *next)
{
    (void)ctx;
    (void)next;
    bool moves = member >= busy_from && member <= busy_to;
    // Seldom enough to see that nothing else is drawn, often enough not to be late.
    if (!moves && given[member % 64] && (stands_still || at_us - given[member % 64] < 1500000))
        return NULL;
    given[member % 64] = at_us;
    return picture[(member * 7u + 3u) % PICTURES];
}

static void shown(void *ctx, uint16_t member, uint64_t at_us)
{
    (void)ctx;
    (void)member;
    (void)at_us;
}

static void action(void *ctx, enum ui_action what, uint32_t id, const char *text)
{
    struct call *call = ctx;
    pressed_actions++;
    printf("  action=%d id=%u text=%s\n", (int)what, (unsigned)id, text ? text : "");
    if (what == UI_SET)
        gallery_set(text);
    if (what == UI_ADMIT || what == UI_DENY)
        call_remove_knock(call, id);
    if (what == UI_COMPARE) {
        call->compare = CALL_COMPARE_ASKED;
        call->compare_with = (uint16_t)id;
    }
    if (what == UI_COMPARE_SAME && call_member_by_id(call, (uint16_t)id))
        call_member_by_id(call, (uint16_t)id)->trust = CALL_TRUST_VERIFIED;
    if (what == UI_COMPARE_SAME || what == UI_COMPARE_STOP)
        call->compare = CALL_COMPARE_NONE;
    if (what == UI_TRUST && call_member_by_id(call, (uint16_t)id))
        call_member_by_id(call, (uint16_t)id)->trust = CALL_TRUST_NEW;
    if (what == UI_TOGGLE_MICROPHONE)
        call->microphone_on = !call->microphone_on;
    if (what == UI_TOGGLE_CAMERA)
        call->camera_on = !call->camera_on;
    for (size_t i = 0; what == UI_MISSED_SEEN && i < call->missed_count; i++)
        call->missed[i].seen = true;
    if (what == UI_CHAT_SEEN)
        call->chat_unread = 0;
    if (what == UI_SEND_CHAT)
        call_chat_add(call, call_self(call)->id, "Nora", text, clock_wall_ms(), true);
}

static const char *const NAMES[] = {"Amina Diallo", "Robert",     "Samuel",        "Marta, Lisbon office",
                                    "Jonas Weber",  "Kenji 健二", "Leila ليلى",    "Priya",
                                    "Grete",        "Zoë",        "Family portal", "Мария",
                                    "山田 太郎",    "Olu",        "Reception"};

void people(struct call *call, size_t count)
{
    call->phase = CALL_IN_ROOM;
    call->member_count = count;
    snprintf(call->code, sizeof call->code, "428193");
    for (size_t i = 0; i < count; i++) {
        struct call_member *m = &call->members[i];
        *m = (struct call_member){
            .id = (uint16_t)(i + 1), .join_id = i + 100, .camera = true, .has_key = true, .volume = 100};
        m->self = i + 1 == count;
        snprintf(m->name, sizeof m->name, "%s", m->self ? "Nora" : NAMES[i % ARRAY_LEN(NAMES)]);
        m->identity[0] = (uint8_t)(i * 7 + 3);
        m->muted = i % 5 == 2;
        m->speaking = i == 0;
        m->host = m->self;
        m->trust = i == 0 ? CALL_TRUST_VERIFIED : CALL_TRUST_NEW;
    }
    snprintf(call->safety_code, sizeof call->safety_code, "%s", count > 1 ? "41027 73695 18204 66310 29857" : "");
    memset(given, 0, sizeof given);
}

static void figures(struct stats *s, size_t count)
{
    memset(s, 0, sizeof *s);
    for (int i = 0; i < 60; i++) {
        s->call = (struct stats_call){.rtt_ms = 40 + i % 7 + (i > 20 && i < 27 ? 40 : 0),
                                      .loss_up_pct = 0.2,
                                      .loss_down_pct = i % 9 == 0 ? 1.4 : 0.1,
                                      .bitrate_up_kbps = 1700 + 40 * (i % 5) - (i > 24 && i < 34 ? 500 : 0),
                                      .target_kbps = 2400,
                                      .target_reason = "probe",
                                      .queue_up_ms = 3 + i % 5 + (i > 24 && i < 34 ? 40 : 0),
                                      .parity_up_pct = 12,
                                      .parity_down_pct = 8,
                                      .jitter_ms = 4,
                                      .bitrate_down_kbps = 3600 + 60 * (i % 4),
                                      .path = "udp",
                                      .fps_sent = 30,
                                      .width_sent = 1280,
                                      .height_sent = 720,
                                      .process_cpu_pct = 38,
                                      .presents_per_s = 30};
        stats_remember(s);
    }
    for (size_t i = 0; i + 1 < count; i++) {
        s->streams[s->stream_count++] = (struct stats_stream){.member = (uint16_t)(i + 1),
                                                              .slot = "camera",
                                                              .width = i ? 640 : 1280,
                                                              .height = i ? 360 : 720,
                                                              .fps_in = 30,
                                                              .fps_shown = 30 - (double)(i % 3),
                                                              .latency_ms = 86 + 9.0 * (double)i,
                                                              .frames_decoded = 5512,
                                                              .freezes = i,
                                                              .freeze_ms = i * 700,
                                                              .keyframe_requests = i,
                                                              .lost = 4,
                                                              .repaired = 193,
                                                              .bitrate_kbps = 1200};
        s->streams[s->stream_count++] = (struct stats_stream){
            .member = (uint16_t)(i + 1), .slot = "audio", .latency_ms = 92, .concealed_pct = 0.3, .jitter_ms = 5};
    }
}

static void chat(struct call *call)
{
    int64_t at = 1700000000000;
    call_chat_add(call, 1, "Amina Diallo", "Hello", at, false);
    for (int i = 0; i < 6; i++)
        call_chat_add(call, 1, "Amina Diallo", "An older line that was written before", at + i * 60000, false);
    call_chat_add(call, 1, "Amina Diallo", "Can you see us both? 😊", at + 900000, false);
    call_chat_add(call, 9, "Nora", "Perfectly. He has grown!", at + 950000, true)->delivered = true;
    call_chat_add(call, 1, "Amina Diallo", "He wants to show you his drawing of the boat.", at + 990000, false);
    call_chat_add(call, 9, "Nora", "Hold it up, a little higher 👨‍👩‍👧", at + 999000, true)->delivered =
        true;
    call_chat_add(call, 2, "山田 太郎", "こんにちは、今日はとても良い天気ですね。また明日お話ししましょう。",
                  at + 1000000, false);
    call_chat_add(call, 3, "Leila", "مرحبا Nora، هل تسمعينني 123؟", at + 1060000, false);
}

uint64_t gallery_now_us(void)
{
    return now_us;
}

void settle(struct gallery *g, unsigned ms)
{
    now_us = MAX(now_us, clock_now_us()); // keys are pressed at the real time if that is later
    uint64_t end = now_us + ms * 1000ull;
    while (now_us < end) {
        SDL_Event e;
        while (SDL_WasInit(SDL_INIT_VIDEO) && SDL_PollEvent(&e))
            ui_event(g->ui, &e);
        uint64_t due_us = ui_frame(g->ui, &g->call, &g->stats, now_us);
        now_us = MIN(MAX(due_us, now_us + 1000), end);
    }
}

void take(struct gallery *g, const char *name)
{
    char path[512];
    settle(g, 900);
    uint64_t before = ui_presents(g->ui);
    snprintf(path, sizeof path, "%s/%s.png", g->dir, name);
    if (gallery_listens())
        return;
    ui_screenshot(g->ui, path);
    settle(g, 100);
    printf("%-18s screen=%s panel=%s idle-presents=%llu\n", name, ui_screen_name(g->ui), ui_panel_name(g->ui),
           (unsigned long long)(ui_presents(g->ui) - before));
}

void gallery_keys(struct gallery *g, const char *const *names)
{
    for (; *names; names++)
        ui_press(g->ui, *names);
}

static double cpu_ms(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000 +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1000;
}

static void cost(struct gallery *g, size_t count)
{
    people(&g->call, count);
    settle(g, 900);
    busy_to = (uint16_t)(count - 1);
    uint64_t before = ui_presents(g->ui);
    double cpu = cpu_ms();
    for (int i = 0; i < 45; i++) { // 1.5 s of 30 pictures a second
        ui_frame(g->ui, &g->call, &g->stats, now_us);
        now_us += 33000;
    }
    cpu = cpu_ms() - cpu;
    busy_to = 0;
    uint64_t presents = ui_presents(g->ui) - before;
    printf("cost %2zu people: %.2f ms cpu a present, %llu presents\n", count, cpu / (double)presents,
           (unsigned long long)presents);
}

static void panels(struct gallery *g)
{
    people(&g->call, 4);
    figures(&g->stats, 4);
    KEYS(g, "t");
    take(g, "connection-4");
    gallery_files_figures(g);
    take(g, "connection-file");
    figures(&g->stats, 4);
    KEYS(g, "Down");
    take(g, "connection-4b");
    KEYS(g, "t");
    people(&g->call, 2);
    chat(&g->call);
    settle(g, 300);
    KEYS(g, "c");
    settle(g, 400);
    for (const char *c = "yes, beautif"; *c; c++)
        ui_press(g->ui, (char[2]){*c, 0});
    take(g, "chat-2");
    for (int i = 0; i < 4; i++)
        ui_press(g->ui, "Up");
    take(g, "chat-scrolled");
    KEYS(g, "Escape");
    settle(g, 500);
    call_chat_add(&g->call, 1, "Family portal",
                  "Are you still there? We can hear you very well now, the picture is fine too.", clock_wall_ms(),
                  false);
    take(g, "chat-toast");
    settle(g, 6000);
    take(g, "unread");
    KEYS(g, "Right", "Right");
    take(g, "bar-2");
    KEYS(g, "Escape");
    g->call.chat_unread = 0;
}

static void states(struct gallery *g)
{
    people(&g->call, 9);
    g->call.members[1].camera = false;
    g->call.members[3].has_key = false;
    g->call.members[3].camera = false;
    settle(g, 300);
    KEYS(g, "m");
    take(g, "grid-9");
    KEYS(g, "w");
    take(g, "speaker-9");
    KEYS(g, "Right");
    take(g, "speaker-bar");
    KEYS(g, "Escape", "w");
    settle(g, 2500);
    people(&g->call, 9);
    stands_still = true;
    settle(g, 2500);
    take(g, "late-9");
    stands_still = false;
    g->call.phase = CALL_RECONNECTING;
    take(g, "reconnecting-9");
    people(&g->call, 2);
    g->call.members[0].camera = false;
    take(g, "two-avatar");
    KEYS(g, "?");
    take(g, "help");
    KEYS(g, "Escape");
}

static void knock(struct call *call, uint32_t id, const char *name, enum call_trust trust)
{
    call_add_knock(call, id, name);
    call->knocks[call->knock_count - 1].trust = trust;
}

// Who is who: the panel, the cards, the door.
static void trust(struct gallery *g, size_t count)
{
    struct call *c = &g->call;
    char name[64];
    const struct {
        const char *name;
        const char *keys[4]; // pressed before the picture
    } with_two[] = {{"safety", {"y"}}, {"compare-wait", {"Return"}}};
    people(c, count);
    settle(g, 1300);
    KEYS(g, "p");
    snprintf(name, sizeof name, "people-%zu", count);
    take(g, name);
    KEYS(g, "Down", "Return");
    snprintf(name, sizeof name, "person-%zu", count);
    take(g, name);
    KEYS(g, "Escape", "Escape");
    for (size_t i = 0; i < ARRAY_LEN(with_two); i++) {
        gallery_keys(g, with_two[i].keys);
        snprintf(name, sizeof name, "%s-%zu", with_two[i].name, count);
        take(g, name);
    }
    c->compare_with = 1;
    c->compare = CALL_COMPARE_NUMBER;
    snprintf(c->compare_number, sizeof c->compare_number, "428193");
    snprintf(name, sizeof name, "compare-%zu", count);
    take(g, name);
    KEYS(g, "Return");
    snprintf(name, sizeof name, "listening-%zu", count);
    take(g, name);
    KEYS(g, "Return");
    c->compare = CALL_COMPARE_NUMBER;
    snprintf(c->compare_number, sizeof c->compare_number, "428194");
    settle(g, 1000);
    KEYS(g, "Left", "Return");
    snprintf(name, sizeof name, "compared-%zu", count);
    take(g, name);
    c->compare = CALL_COMPARE_FAILED;
    snprintf(name, sizeof name, "compare-ended-%zu", count);
    take(g, name);
    KEYS(g, "Return");
    c->members[0].trust = CALL_TRUST_CHANGED;
    snprintf(name, sizeof name, "changed-%zu", count);
    take(g, name);
    KEYS(g, "Escape");
    snprintf(name, sizeof name, "changed-tile-%zu", count);
    take(g, name);
    c->members[0].trust = CALL_TRUST_NEW;
    knock(c, 1, "Robert Klein", CALL_TRUST_NEW);
    snprintf(name, sizeof name, "knock-%zu", count);
    take(g, name);
    knock(c, 2, "Grete", CALL_TRUST_VERIFIED);
    knock(c, 3, "Samuel", CALL_TRUST_CHANGED);
    KEYS(g, "Return", "Escape", "c");
    c->knocks[1].id = 7;
    snprintf(name, sizeof name, "knock-typing-%zu", count);
    take(g, name);
    KEYS(g, "Tab");
    snprintf(name, sizeof name, "knock-tab-%zu", count);
    take(g, name);
    KEYS(g, "Escape", "Escape", "p");
    for (size_t i = 1; i < MIN(count, (size_t)6); i++)
        c->members[i - 1].trust = (enum call_trust)(i == 1 ? CALL_TRUST_CHANGED : i + 1);
    KEYS(g, "Escape", "p");
    snprintf(name, sizeof name, "people-door-%zu", count);
    take(g, name);
    for (int i = 0; i < 5; i++)
        ui_press(g->ui, "Down");
    snprintf(name, sizeof name, "people-doubt-%zu", count);
    take(g, name);
    KEYS(g, "Escape");
    c->knock_count = 0;
    settle(g, 300);
    snprintf(name, sizeof name, "doubt-%zu", count);
    take(g, name);
}

static void screens(struct gallery *g)
{
    g->call.loudness = 100;
    g->call.microphone_on = g->call.camera_on = g->call.relay_reached = true;
    take(g, "home");
    KEYS(g, "Down", "Return");
    take(g, "home-join");
    for (const char *c = "428 193"; *c; c++)
        ui_press(g->ui, (char[2]){*c, 0});
    KEYS(g, "Return");
    take(g, "home-passphrase-empty");
    for (const char *c = "blue boat"; *c; c++)
        ui_press(g->ui, (char[2]){*c, 0});
    take(g, "home-passphrase");
    KEYS(g, "Return");
    g->call.phase = CALL_JOINING;
    take(g, "joining");
    g->call.waiting = true;
    snprintf(g->call.code, sizeof g->call.code, "428193");
    take(g, "lobby");
    g->call.waiting = false;
    g->call.phase = CALL_FAILED;
    snprintf(g->call.sentence, sizeof g->call.sentence, "No room has this number");
    snprintf(g->call.advice, sizeof g->call.advice, "Check the number and try again.");
    take(g, "failed");
    g->call.sentence[0] = g->call.advice[0] = '\0';
    snprintf(g->call.invite, sizeof g->call.invite,
             "parlour://relay.example.org:5000/r/"
             "428193#k=Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE&fp=3q2-7wABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhs");
    people(&g->call, 1);
    take(g, "waiting");
    knock(&g->call, 1, "Robert Klein", CALL_TRUST_NEW);
    take(g, "waiting-knock");
    KEYS(g, "Return");
    static const size_t counts[] = {2, 3, 4, 16, 25};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        char name[32];
        people(&g->call, counts[i]);
        snprintf(name, sizeof name, "grid-%zu", counts[i]);
        take(g, name);
    }
}

static void acts(struct gallery *g)
{
    gallery_acts(g, 9);
    gallery_acts(g, 2);
}

static int one_part(struct gallery *g, const char *name)
{
    static const struct {
        const char *name;
        void (*draw)(struct gallery *g);
    } parts[] = {
        {"home", gallery_home}, {"settings", gallery_settings}, {"stage", gallery_stage}, {"chat", gallery_chat},
        {"acts", acts},         {"hands", gallery_hands},       {"files", gallery_files}, {"films", gallery_films}};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (!strcmp(parts[i].name, name)) {
            parts[i].draw(g);
            return EXIT_OK;
        }
    return EXIT_USAGE_ERROR;
}

int main(int argc, char **argv)
{
    int width = 1920, height = 1080, scale = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 100;
    if (argc < 2)
        return EXIT_USAGE_ERROR;
    if (argc > 2) {
        char *x;
        width = (int)strtol(argv[2], &x, 10);
        height = *x == 'x' ? (int)strtol(x + 1, NULL, 10) : height;
    }
    static struct gallery g;
    const char *sentence = "";
    const char *path = argc > 4 ? argv[4] : "auto";
    struct ui_config config = {.width = width,
                               .height = height,
                               .headless = argc < 5,
                               .display_path = path,
                               .title = "Parlour",
                               .text_scale = scale,
                               .mirror_self = true,
                               .name = "Lobby, ground floor"};
    struct ui_ops ops = {.ctx = &g.call,
                         .action = action,
                         .picture = give,
                         .shown = shown,
                         .screen_picture = give,
                         .setting = gallery_setting,
                         .known = gallery_known,
                         .devices = gallery_devices,
                         .directory = gallery_directory};
    gallery_settings_start(scale);
    load_pictures();
    g.dir = argv[1];
    g.text_scale = scale;
    g.ui = ui_create(&config, &ops, &sentence);
    if (!g.ui) {
        fprintf(stderr, "%s\n", sentence);
        return EXIT_INTERNAL;
    }
    gallery_settings_apply(&g);
    const char *part = getenv("UI_GALLERY");
    if (part)
        return one_part(&g, part);
    gallery_home(&g);
    gallery_settings(&g);
    screens(&g);
    gallery_stage(&g);
    panels(&g);
    gallery_chat(&g);
    gallery_files(&g);
    gallery_films(&g);
    states(&g);
    trust(&g, 2);
    trust(&g, 9);
    if (gallery_listens()) {
        ui_destroy(g.ui);
        return EXIT_OK;
    }
    cost(&g, 2);
    cost(&g, 4);
    cost(&g, 9);
    cost(&g, 16);
    cost(&g, 25);
    ui_destroy(g.ui);
    call_destroy(&g.call);
    for (int i = 0; i < PICTURES; i++)
        av_frame_free(&picture[i]);
    return EXIT_OK;
}
