// FEEDBACK blocks: the walk ends, stays inside, and each block that reads is written again as it was.
#include "tests/fuzz/fuzz.h"

#include "shared/feedback.h"

static void block(int type, struct bytes_reader body, struct bytes_writer *w)
{
    struct feedback_arrivals a;
    struct feedback_nack k;
    struct feedback_layers l;
    struct feedback_refresh r;
    struct feedback_watched x;
    struct feedback_heads h;
    struct feedback_path p;
    if (type == FEEDBACK_ARRIVALS && feedback_read_arrivals(&a, body))
        feedback_put_arrivals(w, &a);
    else if (type == FEEDBACK_NACK && feedback_read_nack(&k, body))
        feedback_put_nack(w, &k);
    else if (type == FEEDBACK_LAYERS && feedback_read_layers(&l, body))
        feedback_put_layers(w, &l);
    else if (type == FEEDBACK_REFRESH && body.left > 3 && body.at[3] < 2 && feedback_read_refresh(&r, body))
        feedback_put_refresh(w, &r);
    else if (type == FEEDBACK_WATCHED && feedback_read_watched(&x, body))
        feedback_put_watched(w, &x);
    else if (type == FEEDBACK_HEADS && feedback_read_heads(&h, body))
        feedback_put_heads(w, &h);
    else if (type == FEEDBACK_PATH && body.left > 3 && body.at[3] == 0 && feedback_read_path(&p, body))
        feedback_put_path(w, &p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes_reader r = bytes_reader(data, size), body;
    unsigned blocks = 0;
    int type;
    if (size > WIRE_DATAGRAM_MAX - WIRE_HEADER - WIRE_TRAILER)
        return 0;
    while ((type = feedback_next(&r, &body)) > 0) {
        uint8_t again[WIRE_DATAGRAM_MAX];
        struct bytes_writer w = bytes_writer(again, sizeof again);
        HOLDS(++blocks <= size / 3);
        HOLDS(body.at >= data + 3 && body.at + body.left <= data + size && body.at + body.left == r.at);
        block(type, body, &w);
        size_t n = sizeof again - w.left;
        HOLDS(!w.failed && (n == 0 || (n == body.left + 3 && memcmp(again, body.at - 3, n) == 0)));
    }
    HOLDS(type == -1 || r.left == 0);
    return 0;
}
