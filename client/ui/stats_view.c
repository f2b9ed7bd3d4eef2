#include "stats_view.h"

#include "figures.h"
#include "file_words.h"
#include "hash.h"
#include "panel.h"
#include "shared/base.h"
#include "theme.h"
#include "tile.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

enum { COLUMNS = 4, TABLES = 4, GRAPHS = 6, LINES = 6 };

uint64_t stats_view_signature(const struct stats_view *view, const struct stats *stats)
{
    // The snapshot has no padding that changes by itself; once a second this is cheap.
    const unsigned char *bytes = (const unsigned char *)&stats->call;
    uint64_t h = hash_int(HASH_START, view->page);
    for (size_t i = 0; i < sizeof stats->call; i++)
        h = (h ^ bytes[i]) * 1099511628211u;
    for (size_t i = 0; i < MIN(stats->stream_count, (size_t)STATS_STREAMS_MAX); i++) {
        const struct stats_stream *s = &stats->streams[i];
        h = hash_int(h, (uint64_t)s->width << 40 ^ (uint64_t)s->member << 20 ^ (uint64_t)(s->fps_shown * 10));
        h = hash_int(h, s->freezes ^ s->frames_decoded << 12 ^ s->keyframe_requests << 48 ^ s->lost << 32 ^
                            s->repaired << 24);
        h = hash_int(h, (uint64_t)(int64_t)s->latency_ms ^ (uint64_t)(s->bitrate_kbps) << 20 ^
                            (uint64_t)(s->concealed_pct * 100) << 40);
    }
    for (size_t i = 0; i < stats->file_count; i++)
        h = hash_int(h, (uint64_t)stats->files[i].rate_kbps << 20 ^ (uint64_t)stats->files[i].rtt_ms);
    for (size_t i = 0; i < stats->history; i += 7)
        h = hash_int(hash_int(h, (uint64_t)stats->queue[i]),
                     (uint64_t)(stats->rtt[i] * 8) ^ (uint64_t)(stats->down[i]) << 20 ^ (uint64_t)(stats->up[i]) << 40);
    return hash_int(h, stats->history);
}

// With its unit, which may be "".
static void number_words(double value, int decimals, const char *unit, char *out, size_t size)
{
    char number[FIGURES_SIZE];
    figures_here(number, sizeof number, value, decimals);
    snprintf(out, size, "%s%s", number, unit);
}

static void rate_words(double kbps, char *out, size_t size)
{
    bool large = kbps >= 995;
    number_words(large ? kbps / 1000 : kbps, large ? 1 : 0, large ? " Mbit/s" : " kbit/s", out, size);
}

struct graph {
    const char *label;
    char value[FIGURES_SIZE + 8], second[64];
    const float *history;
    float top, dash; // scale of the graph; dash in the same unit, <0 = none
};

// A calm scale: at least `least`, else a little more than the highest value.
static float scale_for(const float *values, size_t count, float least)
{
    float top = least;
    for (size_t i = 0; i < count; i++)
        top = MAX(top, values[i] * 1.15f);
    return top;
}

// How much of a file may be under way, and where that begins to rise slowly. False when none goes.
static bool fill_window(struct graph *g, const struct stats *s)
{
    char words[FILE_WORDS_SIZE];
    const struct stats_call *c = &s->call;
    if (c->cwnd_bytes <= 0)
        return false;
    *g = (struct graph){.label = WORD_FILE_WINDOW, .history = s->cwnd, .dash = -1};
    file_words_size(g->value, sizeof g->value, (uint64_t)c->cwnd_bytes);
    g->top = scale_for(s->cwnd, s->history, 20000);
    if (c->ssthresh_bytes > 0) {
        file_words_size(words, sizeof words, (uint64_t)c->ssthresh_bytes);
        snprintf(g->second, sizeof g->second, WORD_FILE_THRESHOLD, words);
        g->dash = (float)c->ssthresh_bytes;
        g->top = MAX(g->top, g->dash * 1.15f);
    }
    return true;
}

// Returns how many there are: that of a file only while one goes.
static size_t fill_graphs(struct graph g[GRAPHS], const struct stats *s)
{
    const struct stats_call *c = &s->call;
    char mine[FIGURES_SIZE];
    memset(g, 0, GRAPHS * sizeof g[0]);
    size_t first = fill_window(&g[0], s) ? 1 : 0;
    g += first;
    g[0] = (struct graph){.label = WORD_ROUND_TRIP, .history = s->rtt, .dash = -1};
    if (c->rtt_ms >= 0)
        number_words(c->rtt_ms, c->rtt_ms < 10 ? 1 : 0, " ms", g[0].value, sizeof g[0].value);
    else
        snprintf(g[0].value, sizeof g[0].value, "–");
    g[0].top = scale_for(s->rtt, s->history, 100);
    g[1] = (struct graph){.label = WORD_LOST, .history = s->loss, .dash = -1};
    number_words(c->loss_down_pct, 1, " %", g[1].value, sizeof g[1].value);
    number_words(c->loss_up_pct, 1, "", mine, sizeof mine);
    snprintf(g[1].second, sizeof g[1].second, WORD_LOST_OF_MINE, mine);
    g[1].top = scale_for(s->loss, s->history, 5);
    g[2] = (struct graph){.label = WORD_SENDING_RATE, .history = s->up, .dash = (float)c->target_kbps};
    rate_words(c->bitrate_up_kbps, g[2].value, sizeof g[2].value);
    if (c->target_kbps > 0) {
        char of[FIGURES_SIZE + 8];
        rate_words(c->target_kbps, of, sizeof of);
        of[strcspn(of, " ")] = '\0';
        // The unit is said once when both share it.
        if ((c->target_kbps >= 995) == (c->bitrate_up_kbps >= 995))
            snprintf(g[2].second, sizeof g[2].second, WORD_OF, of);
        else {
            rate_words(c->target_kbps, of, sizeof of);
            snprintf(g[2].second, sizeof g[2].second, WORD_OF, of);
        }
    }
    g[2].top = scale_for(s->up, s->history, MAX((float)c->target_kbps * 1.15f, 300));
    g[3] = (struct graph){.label = WORD_QUEUE, .history = s->queue, .dash = -1};
    number_words(c->queue_up_ms, 0, " ms", g[3].value, sizeof g[3].value);
    g[3].top = scale_for(s->queue, s->history, 100);
    g[4] = (struct graph){.label = WORD_RECEIVING, .history = s->down, .dash = -1};
    rate_words(c->bitrate_down_kbps, g[4].value, sizeof g[4].value);
    g[4].top = scale_for(s->down, s->history, 300);
    return first + 5;
}

static void draw_graph(struct pen *pen, const struct graph *g, size_t count, SDL_Rect at, int head)
{
    struct pen_style label = {26, false, THEME_SOFT, false}, value = {30, true, THEME_TEXT, false};
    struct pen_style second = {24, false, THEME_SOFT, false};
    int right = at.x + at.w, y = at.y + head / 2;
    float scaled[STATS_HISTORY];
    if (g->second[0])
        right -= pen_number(pen, right, y, second, g->second) + pen_px(pen, 10);
    right -= pen_number(pen, right, y, value, g->value);
    pen_text_fit(pen, at.x, y, label, g->label, right - at.x - pen_px(pen, 8));
    for (size_t i = 0; i < count; i++)
        scaled[i] = g->history[i] / g->top;
    pen_graph(pen, (SDL_Rect){at.x, at.y + head, at.w, at.h - head}, scaled, count,
              g->dash > 0 ? g->dash / g->top : -1);
}

static void name_of(const struct call *call, uint16_t member, char *out, size_t size)
{
    snprintf(out, size, "–");
    for (size_t i = 0; i < call->member_count; i++)
        if (call->members[i].id == member)
            tile_name(&call->members[i], out, size);
}

struct table {
    bool sound;
};

static const struct table TABLE[TABLES] = {{false}, {false}, {false}, {true}};

static const char *title_of(size_t table, int column)
{
    const char *const titles[TABLES][COLUMNS] = {{WORD_PICTURE, WORD_SIZE, WORD_PER_S, WORD_AGE},
                                                 {WORD_PICTURE, WORD_STOPS, WORD_FOR, WORD_ASKED},
                                                 {WORD_PICTURE, WORD_RATE, WORD_LOST_HEALED, WORD_DECODED},
                                                 {WORD_SOUND, WORD_GAPS, WORD_JITTER, WORD_AGE}};
    return titles[table][column];
}

static void cell_words(const struct stats_stream *s, size_t table, int column, char *out, size_t size)
{
    out[0] = '\0';
    char age[FIGURES_SIZE + 8] = "–", lost[FIGURES_SIZE], healed[FIGURES_SIZE];
    if (s->latency_ms >= 0)
        number_words(s->latency_ms, 0, " ms", age, sizeof age);
    switch (table * 10 + (size_t)column) {
    case 1:
        snprintf(out, size, s->width ? "%u × %u" : "–", s->width, s->height);
        break;
    case 2:
        number_words(s->fps_shown, 0, "", out, size);
        break;
    case 3:
    case 33:
        snprintf(out, size, "%s", age);
        break;
    case 11:
        number_words((double)s->freezes, 0, "", out, size);
        break;
    case 12:
        number_words((double)s->freeze_ms / 1000, 1, " s", out, size);
        break;
    case 13:
        number_words((double)s->keyframe_requests, 0, "", out, size);
        break;
    case 21:
        rate_words(s->bitrate_kbps, out, size);
        break;
    case 22:
        number_words((double)s->lost, 0, "", lost, sizeof lost);
        number_words((double)s->repaired, 0, "", healed, sizeof healed);
        snprintf(out, size, "%s · %s", lost, healed);
        break;
    case 23:
        number_words((double)s->frames_decoded, 0, "", out, size);
        break;
    case 31:
        number_words(s->concealed_pct, 1, " %", out, size);
        break;
    case 32:
        number_words(s->jitter_ms, 0, " ms", out, size);
        break;
    default:
        break;
    }
}

static bool belongs(const struct stats_stream *s, const struct table *t)
{
    return (strcmp(s->slot, "audio") == 0) == t->sound;
}

static size_t rows_of(const struct stats *stats, const struct table *t)
{
    size_t rows = 0;
    for (size_t i = 0; i < stats->stream_count; i++)
        rows += belongs(&stats->streams[i], t) ? 1 : 0;
    return rows;
}

// Columns in per mille of the width: name, figure, figure; the last is right-aligned.
static const int START[COLUMNS] = {0, 345, 635, 1000};

static void draw_row(struct pen *pen, const struct call *call, const struct stats_stream *s, size_t which, SDL_Rect at)
{
    struct pen_style name = {24, true, THEME_TEXT, false}, value = {24, false, THEME_TEXT, false};
    int y = at.y + at.h / 2, gap = pen_px(pen, 12);
    char words[CALL_NAME_MAX];
    name_of(call, s->member, words, sizeof words);
    pen_text_fit(pen, at.x, y, name, words, at.w * START[1] / 1000 - gap);
    for (int c = 1; c < COLUMNS; c++) {
        cell_words(s, which, c, words, sizeof words);
        if (c == COLUMNS - 1)
            pen_number(pen, at.x + at.w, y, value, words);
        else
            pen_text_fit(pen, at.x + at.w * START[c] / 1000, y, value, words, at.w * (START[c + 1] - START[c]) / 1000);
    }
}

// Rows from `skip` on, as many as there is room for.
static void draw_table(struct pen *pen, size_t which, size_t skip, const struct call *call, const struct stats *stats,
                       SDL_Rect at, int row)
{
    const struct table *t = &TABLE[which];
    struct pen_style head = {24, false, THEME_SOFT, false};
    int y = at.y + row / 2, gap = pen_px(pen, 12);
    for (int c = 0; c < COLUMNS; c++) {
        int x = at.x + at.w * START[c] / 1000;
        if (c == COLUMNS - 1)
            pen_text_right(pen, x, y, head, title_of(which, c));
        else
            pen_text_fit(pen, x, y, head, title_of(which, c), at.w * (START[c + 1] - START[c]) / 1000 - gap);
    }
    pen_divider(pen, at.x, at.y + row, at.w);
    int used = row + pen_px(pen, 2);
    size_t seen = 0;
    for (size_t i = 0; i < stats->stream_count && used + row <= at.h; i++) {
        if (!belongs(&stats->streams[i], t) || seen++ < skip)
            continue;
        draw_row(pen, call, &stats->streams[i], which, (SDL_Rect){at.x, at.y + used, at.w, row});
        used += row;
    }
}

static int draw_line(struct pen *pen, int x, int top, int width, const char *words)
{
    int line = pen_scaled(pen, 34);
    pen_text_fit(pen, x, top + line / 2, (struct pen_style){24, false, THEME_SOFT, false}, words, width);
    return line;
}

// NULL when nothing steers the rate.
static const char *why_words(const char *reason)
{
    const struct {
        const char *reason, *words;
    } why[] = {{"start", WORD_RATE_START},   {"rise", WORD_RATE_RISE},   {"return", WORD_RATE_RETURN},
               {"probe", WORD_RATE_PROBE},   {"trend", WORD_RATE_TREND}, {"queue", WORD_RATE_QUEUE},
               {"window", WORD_RATE_WINDOW}, {"loss", WORD_RATE_LOSS},   {"silence", WORD_RATE_SILENCE},
               {"share", WORD_RATE_SHARE}};
    for (size_t i = 0; i < ARRAY_LEN(why); i++)
        if (strcmp(reason, why[i].reason) == 0)
            return why[i].words;
    return NULL;
}

// What repair and parity have done about what was lost.
static int draw_repair(struct pen *pen, const struct stats *stats, SDL_Rect at)
{
    char words[160], one[FIGURES_SIZE], other[FIGURES_SIZE];
    uint64_t lost = 0, healed = 0;
    for (size_t i = 0; i < stats->stream_count; i++) {
        lost += stats->streams[i].lost;
        healed += stats->streams[i].repaired;
    }
    number_words((double)healed, 0, "", one, sizeof one);
    number_words((double)lost, 0, "", other, sizeof other);
    snprintf(words, sizeof words, WORD_HEALED, one, other);
    int used = draw_line(pen, at.x, at.y, at.w, words);
    number_words(stats->call.parity_up_pct, 0, "", one, sizeof one);
    number_words(stats->call.parity_down_pct, 0, "", other, sizeof other);
    snprintf(words, sizeof words, WORD_PARITY, one, other);
    return used + draw_line(pen, at.x, at.y + used, at.w, words);
}

// The one whose window the graph shows; NULL: none is under way.
static const struct stats_file *file_of(const struct stats *stats)
{
    for (size_t i = 0; i < stats->file_count; i++)
        if (stats->files[i].out && stats->files[i].cwnd_bytes == stats->call.cwnd_bytes)
            return &stats->files[i];
    return stats->file_count ? &stats->files[0] : NULL;
}

static const char *file_state_words(const char *state)
{
    const struct {
        const char *state, *words;
    } all[] = {{"slow-start", WORD_FILE_SLOW_START}, {"avoidance", WORD_FILE_AVOIDANCE},
               {"recovery", WORD_FILE_RECOVERY},     {"timeout", WORD_FILE_TIMEOUT},
               {"receiving", WORD_FILE_RECEIVING},   {"waiting", WORD_FILE_WAITS}};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (strcmp(state, all[i].state) == 0)
            return all[i].words;
    return state;
}

static int draw_file(struct pen *pen, const struct stats *stats, SDL_Rect at)
{
    const struct stats_file *f = file_of(stats);
    char words[160], rate[FIGURES_SIZE + 8], rtt[FIGURES_SIZE + 8];
    if (!f)
        return 0;
    rate_words(f->rate_kbps, rate, sizeof rate);
    number_words(f->rtt_ms, 0, " ms", rtt, sizeof rtt);
    if (f->out)
        snprintf(words, sizeof words, WORD_FILE_GOES, file_state_words(f->state), rate, rtt);
    else
        snprintf(words, sizeof words, WORD_FILE_COMES, file_state_words(f->state), rate);
    return draw_line(pen, at.x, at.y, at.w, words);
}

// My own picture and its rate, the way, and what the box has to do for it.
static void draw_summary(struct pen *pen, const struct stats *stats, SDL_Rect at)
{
    const struct stats_call *c = &stats->call;
    const char *why = why_words(c->target_reason);
    char words[160], jitter[FIGURES_SIZE], bad[FIGURES_SIZE];
    int used = 0;
    if (c->width_sent) {
        snprintf(words, sizeof words, WORD_SENT_PICTURE, c->width_sent, c->height_sent, c->fps_sent);
        used += draw_line(pen, at.x, at.y + used, at.w, words);
    }
    if (why)
        used += draw_line(pen, at.x, at.y + used, at.w, why);
    used += draw_repair(pen, stats, (SDL_Rect){at.x, at.y + used, at.w, at.h - used});
    used += draw_file(pen, stats, (SDL_Rect){at.x, at.y + used, at.w, at.h - used});
    const char *path = !strcmp(c->path, "udp") ? "UDP" : !strcmp(c->path, "tcp") ? "TCP" : WORD_NOT_CONNECTED;
    number_words(c->jitter_ms, 0, "", jitter, sizeof jitter);
    number_words((double)c->bad_datagrams, 0, "", bad, sizeof bad);
    snprintf(words, sizeof words, WORD_PATH, path, jitter, bad);
    used += draw_line(pen, at.x, at.y + used, at.w, words);
    snprintf(words, sizeof words, WORD_BOX, c->process_cpu_pct, c->presents_per_s);
    draw_line(pen, at.x, at.y + used, at.w, words);
}

// Turn the page number into a table and its first row; returns how many pages there are.
static size_t find_page(const struct stats *stats, size_t visible, size_t page, size_t *table, size_t *skip)
{
    size_t pages = 0;
    *table = *skip = 0;
    for (size_t t = 0; t < TABLES; t++) {
        size_t rows = rows_of(stats, &TABLE[t]), here = MAX((rows + visible - 1) / visible, (size_t)1);
        if (page >= pages && page < pages + here) {
            *table = t;
            *skip = (page - pages) * visible;
        }
        pages += here;
    }
    return pages;
}

void stats_view_draw(struct stats_view *view, struct pen *pen, const struct call *call, const struct stats *stats,
                     SDL_Rect panel)
{
    SDL_Rect at = panel_draw(pen, panel, WORD_CONNECTION, "T");
    struct graph graphs[GRAPHS];
    size_t graph_count = fill_graphs(graphs, stats);
    bool file = file_of(stats) != NULL;
    int head = pen_scaled(pen, 44), high = head + pen_px(pen, 72), gap = pen_px(pen, 14), row = pen_scaled(pen, 40);
    int hint = pen_scaled(pen, 34), bottom = at.y + at.h - hint, y = at.y,
        summary = (LINES + (file ? 1 : 0)) * hint + pen_px(pen, 16);
    // Large words leave less room: fewer graphs are shown at once and Down goes on to the others. The largest leave
    // none for the table either: then the first page has the summary and the others have the table.
    int count = CLAMP((bottom - y - summary - 2 * row) / (high + gap), 1, (int)graph_count);
    int table_top = y + count * (high + gap) + summary;
    bool tight = bottom - table_top < 2 * row;
    size_t extra = tight ? 1 : 0, table, skip;
    table_top -= tight ? summary : 0;
    size_t visible = (size_t)MAX((bottom - table_top) / row - 1, 1);
    view->pages = extra + find_page(stats, visible, view->page - MIN(view->page, extra), &table, &skip);
    if (view->page >= view->pages) { // somebody left
        view->page = view->pages - 1;
        find_page(stats, visible, view->page - MIN(view->page, extra), &table, &skip);
    }
    size_t first = MIN(view->page * (size_t)count, graph_count - (size_t)count);
    for (size_t i = first; i < first + (size_t)count; i++, y += high + gap)
        draw_graph(pen, &graphs[i], MIN(stats->history, (size_t)STATS_HISTORY), (SDL_Rect){at.x, y, at.w, high}, head);
    if (!tight || view->page == 0)
        draw_summary(pen, stats, (SDL_Rect){at.x, y + pen_px(pen, 4), at.w, summary});
    if (!tight || view->page > 0)
        draw_table(pen, table, skip, call, stats, (SDL_Rect){at.x, table_top, at.w, bottom - table_top}, row);
    char words[48];
    snprintf(words, sizeof words, WORD_PAGE_OF, (unsigned)view->page + 1, (unsigned)view->pages);
    draw_line(pen, at.x, bottom, at.w, words);
}

void stats_view_scroll(struct stats_view *view, int steps)
{
    if (steps > 0 && view->page + 1 < view->pages)
        view->page++;
    if (steps < 0 && view->page > 0)
        view->page--;
}
