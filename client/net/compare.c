#include "compare.h"

#include "shared/bytes.h"
#include "shared/keys.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

// ---- steps as JSON ----

static bool read_bytes(uint8_t out[32], const json_t *o, const char *field)
{
    const json_t *v = json_object_get(o, field);
    const char *text = json_string_value(v);
    size_t n;
    return text && strlen(text) == json_string_length(v) && keys_unbase64(out, 32, &n, text) && n == 32;
}

bool compare_read(struct compare_step *step, const json_t *o)
{
    const json_t *v = json_object_get(o, "step");
    memset(step, 0, sizeof *step);
    if (!json_is_integer(v))
        return false;
    switch (json_integer_value(v)) {
    case COMPARE_STOP:
        step->kind = COMPARE_STOP;
        return true;
    case COMPARE_COMMIT:
        step->kind = COMPARE_COMMIT;
        return read_bytes(step->commit, o, "commit");
    case COMPARE_ANSWER:
        step->kind = COMPARE_ANSWER;
        return read_bytes(step->commit, o, "commit") && read_bytes(step->nonce, o, "nonce");
    case COMPARE_REVEAL:
        step->kind = COMPARE_REVEAL;
        return read_bytes(step->nonce, o, "nonce");
    default:
        return false;
    }
}

char *compare_write(const struct compare_step *step)
{
    char commit[64], nonce[64], text[256], commit_field[96] = "", nonce_field[96] = "";
    keys_base64(commit, sizeof commit, step->commit, 32);
    keys_base64(nonce, sizeof nonce, step->nonce, 32);
    if (step->kind == COMPARE_COMMIT || step->kind == COMPARE_ANSWER)
        snprintf(commit_field, sizeof commit_field, ",\"commit\":\"%s\"", commit);
    if (step->kind == COMPARE_ANSWER || step->kind == COMPARE_REVEAL)
        snprintf(nonce_field, sizeof nonce_field, ",\"nonce\":\"%s\"", nonce);
    snprintf(text, sizeof text, "{\"kind\":\"compare\",\"step\":%d%s%s}", (int)step->kind, commit_field, nonce_field);
    return base_strdup(text);
}

// ---- what both compute (§12) ----

static void add_party(crypto_generichash_state *state, const struct compare_party *p)
{
    crypto_generichash_update(state, p->identity, 32);
    crypto_generichash_update(state, p->key, 32);
}

static void commitment(uint8_t out[32], const struct compare_party *initiator, const uint8_t nonce[32])
{
    static const char label[] = "parlour commit 1";
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, 32);
    crypto_generichash_update(&state, (const uint8_t *)label, strlen(label));
    add_party(&state, initiator);
    crypto_generichash_update(&state, nonce, 32);
    crypto_generichash_final(&state, out, 32);
}

static void show_number(struct compare *c, const uint8_t initiators[32], const uint8_t responders[32])
{
    static const char label[] = "parlour compare 1";
    crypto_generichash_state state;
    uint8_t room[4], hash[32];
    struct bytes_writer w = bytes_writer(room, sizeof room);
    bytes_put_u32(&w, c->room);
    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    crypto_generichash_update(&state, (const uint8_t *)label, strlen(label));
    crypto_generichash_update(&state, room, sizeof room);
    add_party(&state, c->initiator ? &c->me : &c->them);
    add_party(&state, c->initiator ? &c->them : &c->me);
    crypto_generichash_update(&state, initiators, 32);
    crypto_generichash_update(&state, responders, 32);
    crypto_generichash_final(&state, hash, sizeof hash);
    struct bytes_reader r = bytes_reader(hash, sizeof hash);
    snprintf(c->number, sizeof c->number, "%06u", (unsigned)(bytes_u64(&r) % 1000000));
    c->state = CALL_COMPARE_NUMBER;
}

// ---- the steps ----

static void forget(struct compare *c, enum call_compare_state state)
{
    c->state = state;
    c->number[0] = 0;
    sodium_memzero(c->nonce, sizeof c->nonce);
    sodium_memzero(c->commit, sizeof c->commit);
}

void compare_begin(struct compare *c, uint32_t room, const struct compare_party *me)
{
    forget(c, CALL_COMPARE_NONE);
    c->room = room;
    c->me = *me;
}

static void wait_for(struct compare *c, const struct compare_party *them, bool initiator, uint64_t now_us)
{
    forget(c, CALL_COMPARE_ASKED);
    c->them = *them;
    c->initiator = initiator;
    c->until_us = now_us + COMPARE_WAIT_US;
    // Fresh each time: a nonce that has been seen could be played against.
    randombytes_buf(c->nonce, sizeof c->nonce);
}

static bool same_party(const struct compare_party *a, const struct compare_party *b)
{
    return a->id == b->id && memcmp(a->identity, b->identity, 32) == 0 && memcmp(a->key, b->key, 32) == 0;
}

bool compare_start(struct compare *c, const struct compare_party *them, uint64_t now_us, struct compare_step *out)
{
    if (c->state == CALL_COMPARE_ASKED && same_party(&c->them, them))
        return false;
    wait_for(c, them, true, now_us);
    commitment(c->commit, &c->me, c->nonce);
    *out = (struct compare_step){.kind = COMPARE_COMMIT};
    memcpy(out->commit, c->commit, 32);
    return true;
}

// Every answer lets who began see a number before its own half is due, and give up: not as often as it likes.
static bool may_answer(struct compare *c, uint64_t now_us)
{
    unsigned old = 0;
    while (old < c->answers && now_us - c->answered_us[old] >= COMPARE_ANSWERS_US)
        old++;
    c->answers -= old;
    memmove(c->answered_us, c->answered_us + old, c->answers * sizeof c->answered_us[0]);
    if (c->answers == COMPARE_ANSWERS)
        return false;
    c->answered_us[c->answers++] = now_us;
    return true;
}

static bool stopped(struct compare *c, enum call_compare_state state, struct compare_step *out)
{
    forget(c, state);
    *out = (struct compare_step){.kind = COMPARE_STOP};
    return true;
}

static bool leads(const struct compare_party *a, const struct compare_party *b)
{
    int order = memcmp(a->identity, b->identity, 32);
    return (order ? order : memcmp(a->key, b->key, 32)) < 0;
}

static bool take_commit(struct compare *c, const struct compare_party *them, const struct compare_step *step,
                        uint64_t now_us, struct compare_step *out)
{
    bool asked = c->state == CALL_COMPARE_ASKED;
    if (asked && c->initiator && leads(&c->me, them))
        return false; // both began: the lower identity leads, and its commitment is on the way to them
    if (asked && !memcmp(c->commit, step->commit, 32))
        return false; // said twice; or my own, sent back
    if (!may_answer(c, now_us)) {
        if (asked)
            forget(c, CALL_COMPARE_FAILED);
        *out = (struct compare_step){.kind = COMPARE_STOP};
        return true;
    }
    wait_for(c, them, false, now_us);
    memcpy(c->commit, step->commit, 32);
    *out = (struct compare_step){.kind = COMPARE_ANSWER};
    memcpy(out->commit, step->commit, 32);
    memcpy(out->nonce, c->nonce, 32);
    return true;
}

static bool take_answer(struct compare *c, const struct compare_step *step, struct compare_step *out)
{
    if (!c->initiator || memcmp(c->commit, step->commit, 32))
        return false; // of an earlier one
    *out = (struct compare_step){.kind = COMPARE_REVEAL};
    memcpy(out->nonce, c->nonce, 32);
    show_number(c, c->nonce, step->nonce);
    return true;
}

static bool take_reveal(struct compare *c, const struct compare_step *step, struct compare_step *out)
{
    uint8_t expected[32];
    if (c->initiator)
        return false;
    commitment(expected, &c->them, step->nonce);
    if (sodium_memcmp(expected, c->commit, 32))
        return stopped(c, CALL_COMPARE_FAILED, out);
    show_number(c, step->nonce, c->nonce);
    return false;
}

bool compare_take(struct compare *c, const struct compare_party *them, const struct compare_step *step, uint64_t now_us,
                  struct compare_step *out)
{
    bool busy = c->state == CALL_COMPARE_ASKED || c->state == CALL_COMPARE_NUMBER, ours = same_party(&c->them, them);
    if (step->kind == COMPARE_COMMIT && busy && !ours) {
        *out = (struct compare_step){.kind = COMPARE_STOP};
        return true;
    }
    if (step->kind == COMPARE_COMMIT)
        return take_commit(c, them, step, now_us, out);
    if (!ours || c->state != CALL_COMPARE_ASKED)
        return false; // late: a number that is shown stays until a person has read it
    if (step->kind == COMPARE_ANSWER)
        return take_answer(c, step, out);
    if (step->kind == COMPARE_REVEAL)
        return take_reveal(c, step, out);
    forget(c, CALL_COMPARE_FAILED);
    return false;
}

bool compare_stop(struct compare *c, struct compare_step *out)
{
    bool tell = c->state == CALL_COMPARE_ASKED;
    stopped(c, CALL_COMPARE_NONE, out);
    return tell;
}

void compare_gone(struct compare *c, uint16_t id)
{
    if (c->them.id != id)
        return;
    if (c->state == CALL_COMPARE_ASKED)
        forget(c, CALL_COMPARE_FAILED);
    else if (c->state == CALL_COMPARE_NUMBER) // or a yes to it would be about who has the id next
        forget(c, CALL_COMPARE_NONE);
}

bool compare_late(struct compare *c, uint64_t now_us, struct compare_step *out)
{
    return now_us >= compare_deadline(c) && stopped(c, CALL_COMPARE_FAILED, out);
}

uint64_t compare_deadline(const struct compare *c)
{
    return c->state == CALL_COMPARE_ASKED ? c->until_us : UINT64_MAX;
}
