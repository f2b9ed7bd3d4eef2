#include "stats.h"

#include <math.h>
#include <string.h>

struct stats_stream *stats_find(struct stats *stats, uint16_t member, const char *slot)
{
    for (size_t i = 0; i < stats->stream_count; i++)
        if (stats->streams[i].member == member && strcmp(stats->streams[i].slot, slot) == 0)
            return &stats->streams[i];
    return NULL;
}

static void append(float *values, size_t count, double value)
{
    if (count == STATS_HISTORY)
        memmove(values, values + 1, (STATS_HISTORY - 1) * sizeof *values);
    values[count == STATS_HISTORY ? STATS_HISTORY - 1 : count] = (float)value;
}

void stats_remember(struct stats *stats)
{
    const struct stats_call *c = &stats->call;
    append(stats->rtt, stats->history, c->rtt_ms < 0 ? 0 : c->rtt_ms);
    append(stats->loss, stats->history, c->loss_down_pct > c->loss_up_pct ? c->loss_down_pct : c->loss_up_pct);
    append(stats->up, stats->history, c->bitrate_up_kbps);
    append(stats->queue, stats->history, c->queue_up_ms);
    append(stats->down, stats->history, c->bitrate_down_kbps);
    append(stats->cwnd, stats->history, c->cwnd_bytes);
    append(stats->ssthresh, stats->history, c->ssthresh_bytes);
    if (stats->history < STATS_HISTORY)
        stats->history++;
}

uint32_t stats_picture_number(const struct stats_stream *stream, uint32_t ts)
{
    double after = (int32_t)(ts - stream->number_ts) * stream->number_rate;
    if (!stream->number || after <= -(double)stream->number)
        return 0;
    return stream->number + (uint32_t)(int32_t)lround(after);
}
