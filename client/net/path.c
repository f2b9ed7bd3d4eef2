#include "path.h"

#include "shared/wire.h"

#include <string.h>

enum { PROOF_US = 5000000, ALIVE_US = WIRE_SUSPECT_MS * 1000, TRIES = 3, TRY_US = 250000 };

void path_init(struct path *p)
{
    memset(p, 0, sizeof *p);
    p->gap_us = PATH_RETRY_US;
    p->retry_us = UINT64_MAX;
}

void path_begin(struct path *p, uint64_t now_us)
{
    p->since_us = now_us;
}

static bool alive(const struct path *p, enum path_kind kind, uint64_t now_us)
{
    return p->heard_us[kind] && now_us - p->heard_us[kind] < ALIVE_US;
}

static bool silent(const struct path *p, uint64_t now_us)
{
    uint64_t heard = p->heard_us[p->kind];
    return heard > p->since_us ? now_us - heard >= PATH_SILENT_US : now_us - p->since_us >= PATH_FIRST_US;
}

bool path_set_tcp(struct path *p, bool up, uint64_t now_us)
{
    bool rose = up && !p->tcp;
    p->tcp = up;
    return rose && p->kind == PATH_TCP && !alive(p, PATH_TCP, now_us);
}

unsigned path_hello(const struct path *p, uint64_t now_us)
{
    bool needed = p->kind == PATH_UDP ? silent(p, now_us) : !alive(p, PATH_TCP, now_us);
    return 1u << PATH_UDP | (p->tcp && needed ? 1u << PATH_TCP : 0);
}

bool path_may_prove(const struct path *p, enum path_kind by, uint64_t now_us)
{
    return by == PATH_UDP || p->kind == PATH_TCP || !alive(p, PATH_UDP, now_us);
}

void path_proved(struct path *p, enum path_kind by, uint64_t now_us)
{
    p->proved_us[by] = now_us;
}

static void change(struct path *p, enum path_kind to, uint64_t now_us)
{
    p->kind = to;
    p->since_us = now_us;
    p->proved_us[PATH_UDP] = p->proved_us[PATH_TCP] = 0;
    p->tries = 0;
    if (to == PATH_UDP) {
        p->back_us = now_us;
        p->retry_us = UINT64_MAX;
        return;
    }
    bool brief = p->back_us && now_us - p->back_us < PATH_RETRY_US;
    p->gap_us = brief ? MIN(2 * p->gap_us, (uint64_t)PATH_RETRY_MAX_US) : PATH_RETRY_US;
    p->retry_us = now_us + p->gap_us;
}

bool path_heard(struct path *p, enum path_kind by, uint64_t now_us)
{
    p->heard_us[by] = now_us;
    if (by == p->kind)
        return false;
    bool proved = p->proved_us[by] && now_us - p->proved_us[by] < PROOF_US;
    if (!proved && !silent(p, now_us))
        return false;
    change(p, by, now_us);
    return true;
}

bool path_retry(struct path *p, uint64_t now_us)
{
    if (p->kind != PATH_TCP || now_us < p->retry_us)
        return false;
    p->tries++;
    p->retry_us = now_us + (p->tries < TRIES ? TRY_US : p->gap_us);
    if (p->tries >= TRIES)
        p->tries = 0;
    return true;
}

void path_route_changed(struct path *p, uint64_t now_us)
{
    p->gap_us = PATH_RETRY_US;
    p->back_us = 0;
    p->tries = 0;
    if (p->kind == PATH_TCP)
        p->retry_us = now_us;
}
