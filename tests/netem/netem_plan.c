#include "netem_plan.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { MS, SHARE, BITS, BYTES, SMALL, FLAG, SHAPE, BURST };

static const struct name {
    const char *name;
    enum kind kind;
    size_t at;
} names[] = {
    {"delay", MS, offsetof(struct netem_settings, delay_us)},
    {"jitter", MS, offsetof(struct netem_settings, jitter_us)},
    {"shape", SHAPE, offsetof(struct netem_settings, jitter)},
    {"jitter-reorders", FLAG, offsetof(struct netem_settings, jitter_reorders)},
    {"reorder", SHARE, offsetof(struct netem_settings, reorder)},
    {"reorder-by", MS, offsetof(struct netem_settings, reorder_us)},
    {"duplicate", SHARE, offsetof(struct netem_settings, duplicate)},
    {"loss", SHARE, offsetof(struct netem_settings, loss)},
    {"burst", BURST, 0},
    {"rate", BITS, offsetof(struct netem_settings, rate_bps)},
    {"queue", MS, offsetof(struct netem_settings, queue_us)},
    {"queue-bytes", BYTES, offsetof(struct netem_settings, queue_bytes)},
    {"overhead", SMALL, offsetof(struct netem_settings, overhead)},
    {"cut", FLAG, offsetof(struct netem_settings, cut)},
    {"stall", FLAG, offsetof(struct netem_settings, stall)},
    {"late", SHARE, offsetof(struct netem_settings, late)},
    {"late-by", MS, offsetof(struct netem_settings, late_us)},
};

const char netem_plan_help[] =
    "  delay=MS jitter=MS shape=uniform|normal|pareto jitter-reorders=0|1\n"
    "  reorder=PERCENT reorder-by=MS duplicate=PERCENT\n"
    "  loss=PERCENT               each for itself\n"
    "  burst=PERCENT:LENGTH       that share of all, in bursts of so many on average; 0 = none\n"
    "  rate=KBIT/S queue=MS queue-bytes=N overhead=N      0 = no bottleneck, no limit; 28 bytes a packet\n"
    "  cut=0|1                    an outage that loses; TCP waits\n"
    "  stall=0|1                  an outage that keeps what is sent in it\n"
    "  late=PERCENT late-by=MS    of TCP's parts: up to so much later, as when it repeats\n";

static bool set_number(struct netem_settings *s, const struct name *n, double x)
{
    void *at = (char *)s + n->at;
    if (!(x >= 0 && x < 1e9)) // nor what is no number
        return false;
    switch (n->kind) {
    case MS:
        *(uint64_t *)at = (uint64_t)(x * 1000 + 0.5);
        return true;
    case SHARE:
        *(double *)at = x / 100;
        return x <= 100;
    case BITS:
        *(uint64_t *)at = (uint64_t)(x * 1000 + 0.5);
        return true;
    case BYTES:
        *(size_t *)at = (size_t)x;
        return true;
    case SMALL:
        *(unsigned *)at = (unsigned)x;
        return x <= 10000;
    case FLAG:
        *(bool *)at = x > 0;
        return x == 0 || x == 1;
    case BURST:
        s->burst_loss = x / 100;
        s->burst_length = 1;
        return x < 100;
    case SHAPE:
    default:
        return false;
    }
}

static bool set_shape(struct netem_settings *s, const char *value, const char *end)
{
    static const char *const shapes[] = {
        [NETEM_UNIFORM] = "uniform", [NETEM_NORMAL] = "normal", [NETEM_PARETO] = "pareto"};
    for (unsigned i = 0; i < ARRAY_LEN(shapes); i++)
        if ((size_t)(end - value) == strlen(shapes[i]) && !strncmp(value, shapes[i], strlen(shapes[i]))) {
            s->jitter = (enum netem_jitter)i;
            return true;
        }
    return false;
}

static bool set_value(struct netem_settings *s, const struct name *n, const char *value, const char *end)
{
    char *after;
    if (n->kind == SHAPE)
        return set_shape(s, value, end);
    if (value == end || isspace((unsigned char)*value) || !set_number(s, n, strtod(value, &after)))
        return false;
    if (n->kind == BURST && after < end && *after == ':') {
        s->burst_length = strtod(after + 1, &after);
        if (!(s->burst_length >= 1 && s->burst_length < 1e6))
            return false;
    }
    return after == end;
}

static bool set_word(struct netem_line *line, const char *word, const char *end)
{
    bool up = strncmp(word, "down.", 5) != 0, down = strncmp(word, "up.", 3) != 0;
    word += !up ? 5 : !down ? 3 : 0;
    const char *equals = memchr(word, '=', (size_t)(end - word));
    for (unsigned i = 0; equals && i < ARRAY_LEN(names); i++)
        if ((size_t)(equals - word) == strlen(names[i].name) && !strncmp(word, names[i].name, (size_t)(equals - word)))
            return (!up || set_value(&line->up, &names[i], equals + 1, end)) &&
                   (!down || set_value(&line->down, &names[i], equals + 1, end));
    return false;
}

static bool ends_word(char c)
{
    return !c || isspace((unsigned char)c) || c == ',';
}

bool netem_plan_settings(struct netem_line *line, const char *words, const char **wrong)
{
    struct netem_line now = *line;
    for (const char *p = words; *p;) {
        const char *end = p;
        while (!ends_word(*end))
            end++;
        *wrong = p;
        if (end > p && !set_word(&now, p, end))
            return false;
        p = *end ? end + 1 : end;
    }
    *line = now;
    return true;
}

// "20:" or "5+10:", in seconds.
static const char *read_time(struct netem_step *step, const char *p)
{
    char *after;
    double at = strtod(p, &after), every = 0;
    if (after == p || !(at >= 0 && at <= 1e6))
        return NULL;
    if (*after == '+') {
        p = after + 1;
        every = strtod(p, &after);
        if (after == p || !(every >= 0.001 && every <= 1e6))
            return NULL;
    }
    step->at_us = (uint64_t)(at * 1e6 + 0.5);
    step->every_us = (uint64_t)(every * 1e6 + 0.5);
    return *after == ':' ? after + 1 : NULL;
}

static bool read_step(struct netem_plan *plan, const char *p, const char *end, const char **wrong)
{
    struct netem_step step = {0};
    struct netem_line nowhere = {0};
    const char *words = read_time(&step, p);
    *wrong = p;
    if (!words || words > end || (size_t)(end - words) >= sizeof step.words || plan->count == NETEM_PLAN_STEPS)
        return false;
    memcpy(step.words, words, (size_t)(end - words));
    if (!netem_plan_settings(&nowhere, step.words, wrong)) {
        *wrong = words + (*wrong - step.words);
        return false;
    }
    plan->steps[plan->count++] = step;
    return true;
}

bool netem_plan_read(struct netem_plan *plan, const char *text, const char **wrong)
{
    plan->count = 0;
    for (const char *p = text; *p;) {
        p += strspn(p, " \t\r\n;");
        const char *end = p + strcspn(p, ";#\n");
        if (end > p && !read_step(plan, p, end, wrong))
            return false;
        p = *end == '#' ? end + strcspn(end, "\n") : end;
    }
    return true;
}

// Of two at once the one that was written first.
static int find_next(const struct netem_plan *plan)
{
    int next = -1;
    for (unsigned i = 0; i < plan->count; i++)
        if (plan->steps[i].at_us != UINT64_MAX && (next < 0 || plan->steps[i].at_us < plan->steps[next].at_us))
            next = (int)i;
    return next;
}

uint64_t netem_plan_next_us(const struct netem_plan *plan)
{
    int next = find_next(plan);
    return next < 0 ? UINT64_MAX : plan->steps[next].at_us;
}

const char *netem_plan_step(struct netem_plan *plan, struct netem_line *line)
{
    int next = find_next(plan);
    const char *wrong;
    if (next < 0)
        return "";
    struct netem_step *step = &plan->steps[next];
    step->at_us = step->every_us ? step->at_us + step->every_us : UINT64_MAX;
    netem_plan_settings(line, step->words, &wrong);
    return step->words;
}
