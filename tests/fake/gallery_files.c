// Pictures of the Files panel: offers, files on their way, how they end, odd names.
#include "gallery.h"

#include "shared/base.h"

#include "client/directory.h"
#include "client/ui/words.h"
#include "shared/clock.h"

#include <stdio.h>
#include <string.h>

static struct call_file *add(struct gallery *g, bool out, enum call_file_state state, const char *name, double mb)
{
    struct call_file *f = call_file_add(&g->call);
    f->out = out;
    f->state = state;
    f->size = (uint64_t)(mb * 1e6);
    f->member = 1;
    snprintf(f->name, sizeof f->name, "%s", name);
    snprintf(f->who, sizeof f->who, "%s", g->call.members[0].name);
    return f;
}

static void everyday(struct gallery *g)
{
    struct call_file *f;
    people(&g->call, 3);
    settle(g, 1300);
    KEYS(g, "Ctrl+O", "Ctrl+O");
    take(g, "files-none");
    KEYS(g, "Escape");
    settle(g, 500);
    add(g, false, CALL_FILE_DONE, "Photo 0114.jpg", 3.1);
    f = add(g, true, CALL_FILE_WAITING, "Minutes, November.odt", 0.8);
    f->done = 568000;
    f->member = 0;
    f->who[0] = '\0';
    f = add(g, true, CALL_FILE_WAITING, "Film of the choir.mov", 96);
    f->done = 31000000;
    snprintf(f->sentence, sizeof f->sentence, WORD_FILE_NO_ROOM_THERE, f->who);
    f = add(g, false, CALL_FILE_RUNNING, "Summer house.mp4", 38);
    f->done = 12300000;
    f->rate = 1.4e6;
    settle(g, 300);
    add(g, false, CALL_FILE_ASKED, "Garden plan.pdf", 4.1);
    take(g, "files");
    KEYS(g, "Down");
    take(g, "files-running");
    KEYS(g, "Return");
    take(g, "files-stop");
    KEYS(g, "Escape", "Escape");
    settle(g, 500);
    KEYS(g, "Right");
    for (int i = 0; i < 5; i++)
        ui_press(g->ui, "Right");
    take(g, "files-bar");
    KEYS(g, "Escape", "c");
    settle(g, 500);
    add(g, false, CALL_FILE_ASKED, "Key list, ground floor.ods", 0.0124);
    take(g, "files-while-writing");
    KEYS(g, "Escape");
    settle(g, 5000);
}

static void endings(struct gallery *g)
{
    struct call_file *f;
    g->call.file_count = 0;
    f = add(g, true, CALL_FILE_DONE, "Programme.pdf", 0.2);
    f->member = 0;
    f->finished = f->takers = 4;
    add(g, true, CALL_FILE_REFUSED, "דוח שנתי 2026 (סופי).pdf", 1.2)->again = true;
    f = add(g, false, CALL_FILE_FAILED, "Reception, report of the long winter meeting, second version.docx", 7.7);
    snprintf(f->sentence, sizeof f->sentence, "The file arrived damaged.");
    snprintf(f->advice, sizeof f->advice, "%s can send it again.", f->who);
    add(g, true, CALL_FILE_PREPARING, "山の写真.zip", 812)->done = 90000000;
    add(g, true, CALL_FILE_OFFERED, "empty.txt", 0);
    f = add(g, true, CALL_FILE_RUNNING, "Archive.tar", 1900);
    f->done = 1899900000;
    f->rate = 812000;
    settle(g, 500);
    KEYS(g, "p");
    settle(g, 500);
    KEYS(g, "p");
    settle(g, 500);
    for (int i = 0; i < 6; i++)
        ui_press(g->ui, "Right");
    KEYS(g, "Return");
    for (int i = 0; i < 5; i++)
        ui_press(g->ui, "Right");
    KEYS(g, "Return");
    for (int i = 0; i < 4; i++)
        ui_press(g->ui, "Up");
    take(g, "files-ends");
    for (int i = 0; i < 6; i++)
        ui_press(g->ui, "Up");
    take(g, "files-top");
    KEYS(g, "Escape");
    g->call.file_count = 0;
    settle(g, 500);
}

static struct directory_entry entries[2000];
static struct directory_list list;
static bool stalled;

static void entry(const char *name, bool folder, double mb, int days)
{
    struct directory_entry *e = &entries[list.count++];
    *e = (struct directory_entry){.name = (char *)name, .folder = folder, .size = (uint64_t)(mb * 1e6)};
    e->changed_s = clock_wall_ms() / 1000 - days * 86400ll;
}

static void place(const char *name, const char *path, enum directory_place which)
{
    entry(name, true, 0, 1);
    entries[list.count - 1].path = (char *)path;
    entries[list.count - 1].place = which;
}

static void fill_places(void)
{
    place("Downloads", "/home/nora/Downloads", DIRECTORY_DOWNLOADS);
    place("Pictures", "/home/nora/Pictures", DIRECTORY_PICTURES);
    place("Videos", "/home/nora/Videos", DIRECTORY_VIDEOS);
    place("Documents", "/home/nora/Documents", DIRECTORY_DOCUMENTS);
    place("Home", "/home/nora", DIRECTORY_HOME);
    place("HOLIDAY 2026", "/media/nora/HOLIDAY 2026", DIRECTORY_MEDIUM);
}

// The disk of the gallery: places, a folder with what folders have, and an empty one.
const struct directory_list *gallery_directory(void *ctx, const char *path, bool again)
{
    (void)ctx;
    if (list.number && !again && !strcmp(list.path, path) && !stalled == (list.state != DIRECTORY_READING))
        return &list;
    list = (struct directory_list){
        .state = stalled ? DIRECTORY_READING : DIRECTORY_READY, .entries = entries, .number = list.number + 1};
    snprintf(list.path, sizeof list.path, "%s", path);
    if (stalled || strstr(path, "Videos"))
        return &list;
    if (!path[0]) {
        fill_places();
        return &list;
    }
    entry("Summer house", true, 0, 40);
    entry("Winter", true, 0, 400);
    entry("Concert, whole evening.mkv", false, 4812, 3);
    entry("Garden plan.pdf", false, 4.1, 0);
    entry("Minutes, November.odt", false, 0.0312, 2);
    entry("Photo 0114.jpg", false, 3.1, 9);
    entry("Photo 0115.jpg", false, 2.9, 9);
    entry("Reception, report of the long winter meeting, second version.docx", false, 7.7, 700);
    entry("דוח שנתי 2026 (סופי).pdf", false, 1.2, 30);
    entry("山の写真.zip", false, 812, 80);
    entry("\xff\xfe 0116", false, 0, 80);
    list.more = strstr(path, "Home") != NULL;
    return &list;
}

static void chooser(struct gallery *g)
{
    people(&g->call, 5);
    settle(g, 1300);
    KEYS(g, "Ctrl+O");
    take(g, "choose-places");
    KEYS(g, "Down", "Return", "g");
    take(g, "choose-file");
    KEYS(g, "End");
    take(g, "choose-end");
    KEYS(g, "Home", "g", "Return");
    take(g, "choose-whom");
    KEYS(g, "Escape", "Escape", "Down", "Return");
    take(g, "choose-empty");
    stalled = true;
    take(g, "choose-stalled");
    stalled = false;
    KEYS(g, "Escape", "Escape");
    settle(g, 500);
}

// A room with more in it than people.
static void kinds(struct gallery *g)
{
    static const enum call_kind kinds[] = {CALL_KIND_CAMERA, CALL_KIND_LIBRARY, CALL_KIND_FILM, CALL_KIND_RECORDER};
    people(&g->call, 7);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        g->call.members[i + 1].kind = kinds[i];
        g->call.members[i + 1].recording = kinds[i] == CALL_KIND_RECORDER;
        g->call.members[i + 1].known = true;
    }
    g->call.members[0].screen = g->call.members[5].recording = true;
    g->call.members[5].known = g->call.members[5].away = true; // his sign stays
    g->call.members[4].heard_us = 1;                           // a recorder that says something, and is seen then
    g->call.members[4].speaking = true;
    settle(g, 1300);
    take(g, "call-kinds");
    KEYS(g, "p");
    take(g, "people-kinds");
    KEYS(g, "Return");
    take(g, "person-files");
    KEYS(g, "Escape", "Escape");
    settle(g, 500);
    people(&g->call, 3);
}

void gallery_files_figures(struct gallery *g)
{
    struct stats *s = &g->stats;
    double window = 12000;
    for (int i = 0; i < 60; i++) {
        window = i < 8 ? window * 1.5 : i % 13 == 0 ? window / 2 : window + 6000;
        s->call.cwnd_bytes = window;
        s->call.ssthresh_bytes = i < 8 ? 0 : 96000;
        stats_remember(s);
    }
    s->files[0] = (struct stats_file){.out = true, .state = "avoidance", .cwnd_bytes = window, .ssthresh_bytes = 96000};
    s->files[0].rtt_ms = 43;
    s->files[0].rate_kbps = 5100;
    s->file_count = 1;
}

void gallery_files(struct gallery *g)
{
    everyday(g);
    endings(g);
    chooser(g);
    kinds(g);
}
