// The chat panel through real events: what an input method has in hand is not sent, what is half typed outlives the
// panel and the connection and goes with the room, a line for one who has left stays where it is; and of every script a
// letter is drawn by a font that has it.
#include "client/call.h"
#include "client/stats.h"
#include "client/ui/canvas.h"
#include "client/ui/font.h"
#include "client/ui/text.h"
#include "client/ui/ui.h"
#include "client/utf8.h"
#include "shared/base.h"
#include "shared/clock.h"

#include "unit.h"

static struct call call;
static struct stats stats;
static struct ui *ui;
static struct {
    unsigned count;
    enum ui_action what;
    uint32_t id;
    char text[256];
} did;

static void action(void *ctx, enum ui_action what, uint32_t id, const char *text)
{
    (void)ctx;
    if (what != UI_SEND_CHAT && what != UI_SEND_CHAT_TO)
        return;
    did.count++;
    did.what = what;
    did.id = id;
    snprintf(did.text, sizeof did.text, "%s", text);
}

static struct AVFrame *no_picture(void *ctx, uint16_t member, uint64_t now_us, uint64_t *next_due_us)
{
    (void)ctx;
    (void)member;
    (void)now_us;
    (void)next_due_us;
    return NULL;
}

static void shown(void *ctx, uint16_t member, uint64_t now_us)
{
    (void)ctx;
    (void)member;
    (void)now_us;
}

static void look(void)
{
    static uint64_t now;
    now = MAX(now + 100000, clock_now_us());
    ui_invalidate(ui);
    ui_frame(ui, &call, &stats, now);
}

static void room(const char *code)
{
    call.phase = CALL_IN_ROOM;
    call.member_count = 3;
    for (size_t i = 0; i < 3; i++) {
        struct call_member *m = &call.members[i];
        *m = (struct call_member){.id = (uint16_t)(i + 1), .join_id = i + 10, .has_key = true, .self = i == 2};
        m->trust = CALL_TRUST_NEW;
        memset(m->identity, (int)i + 1, sizeof m->identity);
        snprintf(m->name, sizeof m->name, "%s", i == 0 ? "Amina" : i == 1 ? "Robert" : "Nora");
    }
    snprintf(call.code, sizeof call.code, "%s", code);
    look();
}

static int set_up(void **state)
{
    static const struct ui_ops ops = {.action = action, .picture = no_picture, .shown = shown};
    const struct ui_config config = {.width = 640, .height = 360, .headless = true, .display_path = "auto"};
    const char *why = NULL;
    (void)state;
    memset(&call, 0, sizeof call);
    memset(&did, 0, sizeof did);
    ui = ui_create(&config, &ops, &why);
    assert_non_null(ui);
    look();
    room("428193");
    ui_press(ui, "c");
    look();
    assert_string_equal(ui_panel_name(ui), "chat");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ui_destroy(ui);
    call_destroy(&call);
    return 0;
}

static void type(const char *words)
{
    SDL_Event e = {.type = SDL_TEXTINPUT};
    snprintf(e.text.text, sizeof e.text.text, "%s", words);
    ui_event(ui, &e);
}

static void compose(const char *words)
{
    SDL_Event e = {.type = SDL_TEXTEDITING};
    snprintf(e.edit.text, sizeof e.edit.text, "%s", words);
    ui_event(ui, &e);
}

static void press(SDL_Keycode key)
{
    SDL_Event e = {.type = SDL_KEYDOWN};
    e.key.keysym.sym = key;
    ui_event(ui, &e);
    look();
}

static void an_input_method(void **state)
{
    (void)state;
    type("ab");
    compose("に");
    look();
    press(SDLK_RETURN); // chooses a candidate
    press(SDLK_BACKSPACE);
    press(SDLK_ESCAPE);
    press(SDLK_TAB);
    assert_int_equal(did.count, 0);
    assert_string_equal(ui_panel_name(ui), "chat");
    type("日本");
    press(SDLK_RETURN);
    assert_int_equal(did.count, 1);
    assert_string_equal(did.text, "ab日本");
    // Given up, nothing of it is left.
    compose("x");
    compose("");
    press(SDLK_RETURN);
    assert_int_equal(did.count, 1);
    // More than fits into a plain event comes in another kind.
    SDL_Event e = {.type = SDL_TEXTEDITING_EXT};
    e.editExt.text = SDL_strdup("にほんごにほんごにほんごにほんご");
    ui_event(ui, &e);
    look();
    press(SDLK_RETURN);
    assert_int_equal(did.count, 1);
    type("c");
    press(SDLK_RETURN);
    assert_string_equal(did.text, "c");
}

static void a_draft_stays_in_its_room(void **state)
{
    (void)state;
    type("half");
    press(SDLK_ESCAPE);
    assert_string_equal(ui_panel_name(ui), "");
    call.phase = CALL_RECONNECTING;
    look();
    press(SDLK_c);
    type(" and half");
    call.phase = CALL_IN_ROOM;
    look();
    call_clear_room(&call); // left, and back
    call.phase = CALL_HOME;
    look();
    room("428193");
    press(SDLK_c);
    press(SDLK_RETURN);
    assert_string_equal(did.text, "half and half");
    type("for these people");
    call_clear_room(&call);
    call.phase = CALL_HOME;
    look();
    room("111111");
    press(SDLK_c);
    press(SDLK_RETURN);
    assert_int_equal(did.count, 1);
}

static void to_one_alone(void **state)
{
    (void)state;
    type("quiet");
    press(SDLK_TAB);
    press(SDLK_DOWN);
    press(SDLK_DOWN);
    press(SDLK_RETURN);
    assert_int_equal(did.count, 0);
    press(SDLK_RETURN);
    assert_int_equal(did.what, UI_SEND_CHAT_TO);
    assert_int_equal(did.id, 2);
    assert_string_equal(did.text, "quiet");
    // He has left: nothing is sent, to nobody, and the words stay.
    type("more");
    call.members[1] = call.members[2];
    call.member_count = 2;
    look();
    press(SDLK_RETURN);
    press(SDLK_RETURN);
    assert_int_equal(did.count, 1);
    // Another one in his place, under his name and id, is not he.
    room("428193");
    call.members[1].identity[5] = 99;
    look();
    press(SDLK_RETURN);
    assert_int_equal(did.count, 1);
    // He is back, as 9.
    room("428193");
    call.members[1].id = 9;
    look();
    press(SDLK_RETURN);
    assert_int_equal(did.count, 2);
    assert_int_equal(did.id, 9);
    assert_string_equal(did.text, "more");
    // By remote, beside the empty field; Back closes the list and nothing else.
    press(SDLK_RIGHT);
    press(SDLK_AC_BACK);
    assert_string_equal(ui_panel_name(ui), "chat");
    press(SDLK_LEFT);
    press(SDLK_UP);
    press(SDLK_UP);
    press(SDLK_RETURN);
    type("aloud");
    press(SDLK_RETURN);
    assert_int_equal(did.what, UI_SEND_CHAT);
    assert_string_equal(did.text, "aloud");
}

// ---- letters ----

// Of each script what people write every day. A font that has it must be found when one is installed: these come with
// what the package asks for.
static void no_letter_is_missing(void **state)
{
    static const char *const samples[] = {"Äßøłğőñ", "Ελλάδα",     "Жизнь їжак", "שלום",       "مرحبا پچگی", "नमस्ते क्ष",
                                          "বাংলা",   "ਪੰਜਾਬੀ",      "ગુજરાતી",     "தமிழ்",       "తెలుగు",      "ಕನ್ನಡ",
                                          "മലയാളം",  "සිංහල",       "ไทย",        "ລາວ",        "မြန်မာ",      "ខ្មែរ",
                                          "ქართული", "Հայերեն",    "አማርኛ",       "日本語かな", "中文简体",   "繁體中文",
                                          "한국어",  "Tiếng Việt", "€₹₺…—“”·×→", "😀👍❤🇧🇪🎉"};
    (void)state;
    struct fonts *fonts = fonts_create();
    assert_non_null(fonts);
    for (size_t i = 0; i < ARRAY_LEN(samples); i++)
        for (int bold = 0; bold < 2; bold++)
            for (size_t at = 0, n; at < strlen(samples[i]); at += n) {
                uint32_t code = 0;
                n = utf8_next(samples[i] + at, strlen(samples[i]) - at, &code);
                int face = fonts_face(fonts, code, bold, utf8_is_emoji(code));
                if (!fonts_has(fonts, face, code))
                    fail_msg("no font for U+%04X of %s", (unsigned)code, samples[i]);
            }
    fonts_destroy(fonts);
}

static void pictures_are_one_letter_wide(void **state)
{
    static const char *const one[] = {
        "👨‍👩‍👧‍👦", "🇧🇪", "👋🏿", "❤️", "1️⃣", "🏳️‍🌈"};
    const struct text_font font = {.size = 34};
    (void)state;
    struct canvas *canvas = canvas_create(NULL, 64, 64, "auto");
    struct text *text = text_create(canvas);
    int plain = text_width(text, font, "😀", strlen("😀")), blank = text_width(text, font, " ", 1);
    assert_true(plain > 30 && plain < 60);
    for (size_t i = 0; i < ARRAY_LEN(one); i++) {
        int width = text_width(text, font, one[i], strlen(one[i]));
        if (abs(width - plain) > 4)
            fail_msg("%s is %d wide, not %d", one[i], width, plain);
    }
    // As wide as it is drawn, blanks between pictures too.
    const char *row = "😀 😀 😀";
    assert_int_equal(text_line(text, font, 0xFFFFFF, row, strlen(row))->width,
                     text_width(text, font, row, strlen(row)));
    assert_true(abs(text_width(text, font, row, strlen(row)) - 3 * plain - 2 * blank) <= 4);
    text_destroy(text);
    canvas_destroy(canvas);
}

static void lines_that_run_to_the_left(void **state)
{
    const struct text_font font = {.size = 34};
    const char *hebrew = "שלום", *mixed = "שלום Nora";
    (void)state;
    struct canvas *canvas = canvas_create(NULL, 64, 64, "auto");
    struct text *text = text_create(canvas);
    size_t n = strlen(hebrew), all = strlen(mixed);
    int width = text_width(text, font, hebrew, n), whole = text_width(text, font, mixed, all);
    assert_int_equal(text_caret(text, font, hebrew, n, 0), width);
    assert_int_equal(text_caret(text, font, hebrew, n, n), 0);
    int middle = text_caret(text, font, hebrew, n, 4);
    assert_true(middle > 0 && middle < width);
    assert_int_equal(text_caret(text, font, mixed, all, 0), whole);
    int nora = text_caret(text, font, mixed, all, all); // behind the a, which stands left of the Hebrew
    assert_true(nora > 0 && nora < whole - width + 12);
    assert_int_equal(text_caret(text, font, "abc", 3, 0), 0);
    assert_int_equal(text_caret(text, font, "abc", 3, 3), text_width(text, font, "abc", 3));
    assert_int_equal(text_base_of(hebrew, n), TEXT_BASE_RIGHT_TO_LEFT);
    assert_int_equal(text_base_of("12: سلام", strlen("12: سلام")), TEXT_BASE_RIGHT_TO_LEFT);
    assert_int_equal(text_base_of("a שלום", 6), TEXT_BASE_LEFT_TO_RIGHT);
    assert_int_equal(text_base_of("12 …", 3), TEXT_BASE_LEFT_TO_RIGHT);
    // The second line of a Hebrew paragraph begins with a Latin word: that stands at the right.
    struct text_font based = font;
    based.base = TEXT_BASE_RIGHT_TO_LEFT;
    const char *second = "Blue שלום";
    assert_int_equal(text_caret(text, based, second, strlen(second), 0),
                     text_width(text, based, second, strlen(second)));
    int blue = text_caret(text, based, second, strlen(second), 4);
    assert_true(blue > text_width(text, font, second, strlen(second)) - 8);
    assert_int_equal(text_caret(text, font, second, strlen(second), 4), text_width(text, font, "Blue", 4));
    text_destroy(text);
    canvas_destroy(canvas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_input_method, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_draft_stays_in_its_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(to_one_alone, set_up, tear_down),
        cmocka_unit_test(no_letter_is_missing),
        cmocka_unit_test(pictures_are_one_letter_wide),
        cmocka_unit_test(lines_that_run_to_the_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
