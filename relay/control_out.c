#include "control_out.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

struct control_out_text {
    struct control_out_text *next;
    size_t n;
    unsigned char data[]; // LWS_PRE bytes, then the text
};

bool control_out_push(struct control_out *o, const char *text)
{
    size_t n = strlen(text);
    struct control_out_text *t = base_alloc(sizeof *t + LWS_PRE + n);
    t->n = n;
    memcpy(t->data + LWS_PRE, text, n);
    if (o->last)
        o->last->next = t;
    else
        o->first = t;
    o->last = t;
    o->bytes += n;
    return o->bytes <= CONTROL_OUT_BYTES;
}

bool control_out_write(struct control_out *o, struct lws *wsi)
{
    struct control_out_text *t = o->first;
    if (!t)
        return true;
    o->first = t->next;
    if (!o->first)
        o->last = NULL;
    o->bytes -= t->n;
    int n = lws_write(wsi, t->data + LWS_PRE, t->n, LWS_WRITE_TEXT);
    free(t);
    return n >= 0;
}

void control_out_clear(struct control_out *o)
{
    while (o->first) {
        struct control_out_text *t = o->first;
        o->first = t->next;
        free(t);
    }
    o->last = NULL;
    o->bytes = 0;
}
