#include "record_order.h"

#include <libavcodec/avcodec.h>
#include <stdlib.h>

enum { BETWEEN_US = 33333 };

struct record_order_poc { // FFmpeg's parser reads the headers of slices
    AVCodecParserContext *parser;
    AVCodecContext *codec;
};

// ---- where a picture belongs among those since the last IDR ----

static struct record_order_poc *open_poc(void)
{
    struct record_order_poc *p = base_alloc(sizeof *p);
    const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_H264);
    p->parser = av_parser_init(AV_CODEC_ID_H264);
    p->codec = codec ? avcodec_alloc_context3(codec) : NULL;
    if (p->parser)
        p->parser->flags |= PARSER_FLAG_COMPLETE_FRAMES;
    return p;
}

static void close_poc(struct record_order_poc *p)
{
    if (!p)
        return;
    if (p->parser)
        av_parser_close(p->parser);
    avcodec_free_context(&p->codec);
    free(p);
}

static int poc_of(struct record_order_poc *p, const struct record_item *item)
{
    uint8_t *out;
    int size;
    if (!p->parser || !p->codec)
        return 0;
    av_parser_parse2(p->parser, p->codec, &out, &size, item->data, (int)item->size, AV_NOPTS_VALUE, AV_NOPTS_VALUE, 0);
    return p->parser->output_picture_number;
}

// ---- order ----

static void show_first(struct record_order *o, uint64_t at_us)
{
    unsigned first = 0;
    for (unsigned i = 1; i < o->count; i++)
        if (o->waiting[i].key < o->waiting[first].key)
            first = i;
    o->waiting[first].item->shown_us = MAX(at_us, o->waiting[first].item->at_us);
    o->waiting[first].item->placed = true;
    o->waiting[first] = o->waiting[--o->count];
}

void record_order_add(struct record_order *o, struct record_item *item)
{
    unsigned depth = MIN(o->depth, (unsigned)SPS_REORDER_MAX);
    if (depth && !o->poc)
        o->poc = open_poc();
    int poc = o->poc ? poc_of(o->poc, item) : 0;
    o->sequence += item->keyframe;
    item->placed = false;
    o->waiting[o->count].key = o->sequence * ((int64_t)1 << 32) + poc;
    o->waiting[o->count++].item = item;
    while (o->count > depth)
        show_first(o, item->at_us);
}

void record_order_forget(struct record_order *o, const struct record_item *item)
{
    for (unsigned i = 0; i < o->count; i++)
        if (o->waiting[i].item == item)
            o->waiting[i] = o->waiting[--o->count];
}

void record_order_flush(struct record_order *o)
{
    uint64_t at = 0;
    for (unsigned i = 0; i < o->count; i++)
        at = MAX(at, o->waiting[i].item->at_us);
    while (o->count)
        show_first(o, at += BETWEEN_US);
}

void record_order_destroy(struct record_order *o)
{
    close_poc(o->poc);
    o->poc = NULL;
    o->count = 0;
}
