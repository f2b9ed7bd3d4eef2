// A member that says any steps, as text, and the other's own steps late, twice and mirrored: a nonce is said once, a
// number is shown only for a half that was committed to before ours was said, and answers have an end.
#include "tests/fuzz/fuzz.h"

#include "client/net/compare.h"

#include <sodium.h>

enum { KEPT = 8, LINES_MAX = 64 };

struct scene {
    struct compare_party me, them[2];
    struct compare c;
    struct compare_step said[KEPT];
    unsigned count, answers; // answers: at this instant
    uint64_t now;
};

static void check(struct scene *s, const struct compare_step *in, const struct compare_step *out, bool send)
{
    struct compare_step back;
    HOLDS((s->c.state == CALL_COMPARE_NUMBER) == (strlen(s->c.number) == 6));
    HOLDS((s->c.state == CALL_COMPARE_ASKED) == (compare_deadline(&s->c) != UINT64_MAX));
    if (!send)
        return;
    char *text = compare_write(out);
    json_t *o = json_loads(text, 0, NULL);
    HOLDS(strlen(text) < 256 && compare_read(&back, o));
    HOLDS(back.kind == out->kind && !memcmp(back.nonce, out->nonce, 32) && !memcmp(back.commit, out->commit, 32));
    json_decref(o);
    free(text);
    if (out->kind == COMPARE_ANSWER) {
        HOLDS(in && in->kind == COMPARE_COMMIT && !memcmp(in->commit, out->commit, 32));
        for (unsigned i = 0; i < MIN(s->count, KEPT); i++)
            HOLDS(memcmp(s->said[i].nonce, out->nonce, 32));
        s->answers++;
        HOLDS(s->answers <= COMPARE_ANSWERS);
    }
    if (out->kind == COMPARE_REVEAL)
        HOLDS(in && in->kind == COMPARE_ANSWER && s->c.state == CALL_COMPARE_NUMBER);
    s->said[s->count++ % KEPT] = *out;
}

static void take(struct scene *s, unsigned from, const struct compare_step *in)
{
    struct compare_step out;
    enum call_compare_state before = s->c.state;
    bool shown = s->c.initiator;
    uint8_t commit[32];
    memcpy(commit, s->c.commit, 32);
    bool send = compare_take(&s->c, &s->them[from], in, s->now, &out);
    if (s->c.state == CALL_COMPARE_NUMBER && before == CALL_COMPARE_ASKED && !shown) {
        uint8_t text[16 + 96], wanted[32];
        memcpy(text, "parlour commit 1", 16);
        memcpy(text + 16, s->them[from].identity, 32);
        memcpy(text + 48, s->them[from].key, 32);
        memcpy(text + 80, in->nonce, 32);
        crypto_generichash(wanted, 32, text, sizeof text, NULL, 0);
        HOLDS(!memcmp(wanted, commit, 32));
    }
    check(s, in, &out, send);
}

// One line: what to do, by whom, and a step's text.
static void line(struct scene *s, const char *text, size_t size)
{
    struct compare_step step;
    unsigned from = size > 1 && text[1] == '2';
    bool send;
    if (size == 0)
        return;
    switch (text[0]) {
    case 's':
        send = compare_start(&s->c, &s->them[from], s->now, &step);
        check(s, NULL, &step, send);
        break;
    case 'x':
        send = compare_stop(&s->c, &step);
        check(s, NULL, &step, send);
        break;
    case 't':
        s->now += COMPARE_WAIT_US / 4;
        send = compare_late(&s->c, s->now, &step);
        check(s, NULL, &step, send);
        break;
    case 'g':
        compare_gone(&s->c, s->them[from].id);
        break;
    case 'm': // mine, mirrored, under another step's name
        if (s->count && size > 2) {
            step = s->said[(unsigned)text[1] % MIN(s->count, KEPT)];
            step.kind = (enum compare_kind)((unsigned)text[2] % 4);
            take(s, text[2] & 4 ? 1 : 0, &step);
        }
        break;
    default: {
        json_t *o = size > 2 ? json_loadb(text + 2, size - 2, JSON_REJECT_DUPLICATES, NULL) : NULL;
        if (o && compare_read(&step, o))
            take(s, from, &step);
        json_decref(o);
    }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scene s = {.me = {1, {5}, {6}}, .them = {{2, {4}, {7}}, {3, {8}, {9}}}, .now = 1};
    const char *text = (const char *)data;
    if (sodium_init() < 0)
        abort();
    compare_begin(&s.c, 77, &s.me);
    for (unsigned i = 0; i < LINES_MAX && size > 0; i++) {
        const char *end = memchr(text, '\n', size);
        size_t n = end ? (size_t)(end - text) : size;
        uint64_t before = s.now;
        line(&s, text, n);
        if (s.now != before)
            s.answers = 0;
        text += n + (end != NULL);
        size -= n + (end != NULL);
    }
    return 0;
}
