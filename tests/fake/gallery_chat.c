// Pictures of the chat: to one alone, what was said before, the list of whom to write to, every script.
#include "gallery.h"

#include "shared/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t AT = 1700000000000;

static struct call_chat_line *said(struct gallery *g, uint16_t from, const char *text, int64_t minutes)
{
    const struct call_member *m = call_member_by_id(&g->call, from);
    struct call_chat_line *line = call_chat_add(&g->call, from, m->name, text, AT + minutes * 60000, m->self);
    memcpy(line->identity, m->identity, sizeof line->identity);
    return line;
}

static void type(struct gallery *g, const char *words)
{
    SDL_Event e = {.type = SDL_TEXTINPUT};
    snprintf(e.text.text, sizeof e.text.text, "%s", words);
    ui_event(g->ui, &e);
}

static void empty(struct gallery *g)
{
    while (g->call.chat_count)
        free(g->call.chat[--g->call.chat_count].text);
    g->call.chat_mark = 0;
    g->call.chat_changes++;
}

static void whom(struct gallery *g)
{
    struct call_chat_line *line;
    static const uint8_t gone[32] = {200};
    people(&g->call, 5);
    for (size_t i = 0; i < 5; i++)
        memset(g->call.members[i].identity, (int)i + 1, sizeof g->call.members[i].identity);
    g->call.members[2].trust = CALL_TRUST_GHOST;
    line = call_chat_insert(&g->call, 1, gone, "Grete", "The keys are at the reception.", AT - 3600000, false);
    line->older = true;
    snprintf(line->told_by, sizeof line->told_by, "Robert");
    line = call_chat_insert(&g->call, 2, gone, "Robert", "Thank you! I shall fetch them.", AT - 3500000, false);
    line->older = true;
    said(g, 2, "Who has the keys?", 0);
    line = said(g, 1, "I do not want to say it before all: he is in hospital.", 1);
    line->to = 5;
    line = said(g, 5, "Thank you for telling me. I shall call her tonight.", 2);
    line->to = 1;
    snprintf(line->to_name, sizeof line->to_name, "Amina Diallo");
    line->delivered = true;
    said(g, 5, "They are at the reception.", 3)->lost = true;
    settle(g, 1300);
    ui_press(g->ui, "c");
    settle(g, 300);
    take(g, "chat-private");
    for (int i = 0; i < 3; i++)
        ui_press(g->ui, "Up");
    take(g, "chat-older");
    for (int i = 0; i < 3; i++)
        ui_press(g->ui, "Down");
    ui_press(g->ui, "Tab");
    ui_press(g->ui, "Down");
    take(g, "chat-whom");
    ui_press(g->ui, "Return");
    type(g, "Shall we talk later");
    take(g, "chat-to-one");
    people(&g->call, 5);
    g->call.members[0].identity[0] = 99; // she has left, and somebody else is in her place
    ui_press(g->ui, "Return");
    take(g, "chat-gone");
    ui_press(g->ui, "Escape");
    ui_press(g->ui, "Escape");
    settle(g, 500);
}

static void scripts(struct gallery *g)
{
    empty(g);
    people(&g->call, 3);
    g->call.chat_unread = 0;
    snprintf(g->call.code, sizeof g->call.code, "428194"); // another room: the draft goes
    snprintf(g->call.members[0].name, sizeof g->call.members[0].name, "ליאה כהן");
    snprintf(g->call.members[1].name, sizeof g->call.members[1].name, "ليلى Haddad");
    said(g, 1, "שלום לכולם, הפגישה תתחיל בשעה 15:30 בחדר Blue 2, נא להגיע בזמן", 0);
    said(g, 2, "مرحبا Nora، هل تسمعينني 123؟ سأرسل لك العنوان بعد قليل إن شاء الله", 1);
    said(g, 2, "The word is سلام and it means peace.", 2);
    said(g, 3, "नमस्ते, क्षत्रिय विद्यार्थी! आप कैसे हैं?", 3)->delivered = true;
    said(g, 1, "東京の天気は晴れです。午後から雨が降るかもしれませんので、傘を持ってきてください。", 4);
    said(g, 1, "한국어와 ภาษาไทย", 5);
    said(g, 3, "👨‍👩‍👧‍👦 🇧🇪🇫🇷 👍🏽👋🏿 ❤️ 1️⃣ 🏳️‍🌈", 6)
        ->delivered = true;
    settle(g, 1300);
    ui_press(g->ui, "c");
    settle(g, 300);
    type(g, "שלום Nora");
    take(g, "chat-scripts");
    for (int i = 0; i < 4; i++)
        ui_press(g->ui, "Up");
    take(g, "chat-scripts-up");
    SDL_Event e = {.type = SDL_TEXTEDITING};
    snprintf(e.edit.text, sizeof e.edit.text, "にほんご");
    e.edit.start = 2;
    ui_press(g->ui, "Ctrl+U");
    ui_event(g->ui, &e);
    take(g, "chat-composing");
    ui_press(g->ui, "Escape");
}

void gallery_chat(struct gallery *g)
{
    whom(g);
    scripts(g);
}
