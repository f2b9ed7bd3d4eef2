// The rooms one was in, in this process alone: their links stay in guarded memory that is closed but for these lines.
#include "app_parts.h"

#include "shared/clock.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

bool app_recent_create(struct app *a)
{
    a->recent = sodium_malloc(CALL_RECENT_MAX * sizeof *a->recent);
    if (a->recent)
        sodium_mprotect_noaccess(a->recent);
    return a->recent != NULL;
}

void app_recent_destroy(struct app *a)
{
    sodium_free(a->recent); // wipes
    a->recent = NULL;
}

static bool same_room(const struct invite *a, const struct invite *b)
{
    return a->code == b->code && a->port == b->port && strcmp(a->host, b->host) == 0;
}

void app_recent_add(struct app *a, const struct invite *invite)
{
    struct call *c = &a->call;
    sodium_mprotect_readwrite(a->recent);
    if (a->own_room && c->recent_count && same_room(&a->recent[0], invite)) { // its link stays the one that was given
        sodium_mprotect_noaccess(a->recent);
        return;
    }
    size_t first = a->own_room && c->recent_count, at = first;
    while (at < c->recent_count && !same_room(&a->recent[at], invite))
        at++;
    if (at == c->recent_count && c->recent_count < CALL_RECENT_MAX)
        c->recent_count++;
    at = MIN(at, (size_t)CALL_RECENT_MAX - 1); // the oldest goes
    memmove(&a->recent[first + 1], &a->recent[first], (at - first) * sizeof *a->recent);
    memmove(&c->recent[first + 1], &c->recent[first], (at - first) * sizeof *c->recent);
    a->recent[first] = *invite;
    sodium_mprotect_noaccess(a->recent);
    c->recent[first].left_ms = clock_wall_ms();
    snprintf(c->recent[first].code, sizeof c->recent[first].code, "%06u", (unsigned)invite->code % 1000000u);
    memcpy(c->back_code, c->recent[0].code, sizeof c->back_code);
}

bool app_recent_drop(struct app *a, const struct invite *invite)
{
    struct call *c = &a->call;
    size_t at = a->own_room && c->recent_count;
    sodium_mprotect_readwrite(a->recent);
    while (at < c->recent_count && !same_room(&a->recent[at], invite))
        at++;
    bool found = at < c->recent_count;
    if (found) {
        size_t after = --c->recent_count - at;
        memmove(&a->recent[at], &a->recent[at + 1], after * sizeof *a->recent);
        memmove(&c->recent[at], &c->recent[at + 1], after * sizeof *c->recent);
        invite_wipe(&a->recent[c->recent_count]);
    }
    sodium_mprotect_noaccess(a->recent);
    if (found)
        snprintf(c->back_code, sizeof c->back_code, "%s", c->recent_count ? c->recent[0].code : "");
    return found;
}

void app_recent_show_own(struct app *a)
{
    struct call *c = &a->call;
    struct invite own;
    if (!a->own_room || c->phase != CALL_HOME || c->invite[0] || !app_recent_get(a, 0, &own))
        return;
    own.has_key = own.has_key && !a->options->passphrase; // who comes by the passphrase needs no more than the number
    if (!invite_build(&own, c->invite, sizeof c->invite))
        c->invite[0] = 0;
    invite_wipe(&own);
    if (a->ui)
        ui_invalidate(a->ui);
}

bool app_recent_get(struct app *a, size_t index, struct invite *invite)
{
    if (index >= a->call.recent_count)
        return false;
    sodium_mprotect_readonly(a->recent);
    *invite = a->recent[index];
    sodium_mprotect_noaccess(a->recent);
    return true;
}
