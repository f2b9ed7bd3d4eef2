#include "fanout.h"

void fanout_send(struct core *c, struct fanout *f, uint64_t now_us)
{
    for (uint64_t seats = f->seats; seats; seats &= seats - 1) {
        struct table_member *to = &c->table.member[f->room->seat[__builtin_ctzll(seats)]];
        to->sent_us = now_us;
        to->forwarded_bytes += f->n;
        c->counters.out += f->count;
        c->counters.out_bytes += f->n;
        c->config.emit(c->config.ctx, f->start, f->n, f->segment, &to->addr);
    }
    f->seats = 0;
}

void fanout_add(struct core *c, struct fanout *f, struct table_room *room, uint64_t seats, uint8_t *p, size_t n,
                uint64_t now_us)
{
    bool follows = f->seats == seats && f->room == room && !f->closed && p == f->start + f->n && n <= f->segment &&
                   f->count < WIRE_TRAIN_SEGMENTS && f->n + n <= WIRE_TRAIN_BYTES;
    if (!follows) {
        fanout_send(c, f, now_us);
        *f = (struct fanout){.start = p, .segment = n, .seats = seats, .room = room};
    }
    f->closed = n < f->segment;
    f->n += n;
    f->count++;
}
