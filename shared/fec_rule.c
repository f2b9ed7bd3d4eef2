#include "fec_rule.h"

#include "fec.h"

#include <string.h>

#define ON    0.01
#define OFF   0.005
#define SOUND 0.004 // of groups left to NACK

// Gilbert's channel: in the bad state everything is lost. Probabilities of having lost j so far, by state.
struct channel {
    double to_bad, to_good;
    double good[FEC_ROWS + 1], bad[FEC_ROWS + 1];
};

static void begin(struct channel *c, const struct fec_path *path)
{
    double loss = CLAMP(path->loss, 0.0, 0.9);
    // Losses that know nothing of each other come in bursts of 1 / (1 - loss); shorter ones are chance.
    double burst = MAX(path->burst, 1 / (1 - loss));
    memset(c, 0, sizeof *c);
    c->to_good = 1 / burst;
    c->to_bad = MIN(loss / ((1 - loss) * burst), 1.0);
    c->good[0] = 1 - loss; // the state before the first
    c->bad[0] = loss;
}

static void step(struct channel *c)
{
    double good[FEC_ROWS + 1], bad[FEC_ROWS + 1];
    for (unsigned j = 0; j <= FEC_ROWS; j++) {
        good[j] = c->good[j] * (1 - c->to_bad) + c->bad[j] * c->to_good;
        bad[j] = j ? c->good[j - 1] * c->to_bad + c->bad[j - 1] * (1 - c->to_good) : 0;
    }
    memcpy(c->good, good, sizeof good);
    memcpy(c->bad, bad, sizeof bad);
}

// After so many datagrams.
static void follow(struct channel *c, const struct fec_path *path, unsigned n)
{
    begin(c, path);
    for (unsigned i = 0; i < n; i++)
        step(c);
}

static double more_than(const struct channel *c, unsigned m)
{
    double within = 0;
    for (unsigned j = 0; j <= m; j++)
        within += c->good[j] + c->bad[j];
    return 1 - within;
}

double fec_rule_residue(const struct fec_path *path, unsigned k, unsigned m)
{
    struct channel c;
    follow(&c, path, k + m);
    return more_than(&c, MIN(m, (unsigned)FEC_ROWS));
}

// The share of groups that may be left to NACK.
static double left_to_nack(const struct fec_path *path, enum fec_kind kind)
{
    double h = path->rtt_ms, share = h <= 30 ? 0.3 : h <= 60 ? 0.1 : h <= 120 ? 0.03 : 0.01;
    // Everything after a keyframe hangs on it; sound waits for nothing and is small.
    return kind == FEC_KEYFRAME ? share / 3 : kind == FEC_SOUND ? MIN(share, SOUND) : share;
}

static unsigned most(const struct fec_path *path, unsigned k, enum fec_kind kind)
{
    unsigned half = (k + 1) / 2;
    // In bursts at a long round trip the last rows gain little, and the rate is better spent on pictures.
    bool bursts = path->burst > 2 && path->burst > 1.5 / (1 - CLAMP(path->loss, 0.0, 0.9));
    unsigned rows = kind == FEC_SOUND ? k + 1 : path->rtt_ms > 60 && !bursts ? k : half;
    return MIN(rows, (unsigned)FEC_ROWS);
}

unsigned fec_rule(struct fec_rule *r, const struct fec_path *path, unsigned k, enum fec_kind kind)
{
    struct channel c;
    r->on = path->loss >= (r->on ? OFF : ON);
    if (!r->on || k == 0)
        return 0;
    double allowed = left_to_nack(path, kind);
    unsigned m = 0, cap = most(path, k, kind);
    follow(&c, path, k);
    for (; m < cap && more_than(&c, m) > allowed; m++)
        step(&c);
    return m;
}
