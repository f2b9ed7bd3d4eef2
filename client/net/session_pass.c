// Whom our box has paired passes the lobby of a room in which we are host, whether or not a host is there: told to the
// members as an order, so that they give keys to who comes that way, and to the relay, with what other hosts have said,
// so that it lets him in. Nobody is told before the room has a lobby; from then on every change, and the relay again on
// every connection.
#include "session_parts.h"

#include "shared/keys.h"

#include <stdlib.h>
#include <string.h>

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

// In an order of its own: who was seen when is nobody's business.
static struct order paired(struct session *s)
{
    uint8_t identities[ORDERS_PASSES][32];
    struct order x = {.kind = ORDER_PASS};
    if (s->io.paired)
        x.pass_count = s->io.paired(s->io.ctx, identities, ORDERS_PASSES);
    for (unsigned i = 0; i < x.pass_count; i++)
        keys_pass(x.passes[i], s->orders.room, identities[i]);
    qsort(x.passes, x.pass_count, sizeof x.passes[0], by_bytes);
    return x;
}

static void tell_members(struct session *s, const struct orders_host *said, uint64_t now_us)
{
    struct order x = paired(s);
    if (said ? said->pass_count == x.pass_count && memcmp(said->passes, x.passes, (size_t)32 * x.pass_count) == 0
             : x.pass_count == 0)
        return;
    session_orders_say(s, &x, now_us);
}

// It takes such a list from those whom it names as hosts.
static void tell_relay(struct session *s)
{
    struct control c = {.type = CONTROL_PASS};
    bool named = false;
    for (size_t i = 0; i < s->named.count; i++)
        named = named || s->named.id[i] == s->self;
    if (!named) {
        s->passed.told = false;
        return;
    }
    c.pass.count = orders_passes(&s->orders, s->config.identity, c.pass.hashes);
    if (s->passed.told && s->passed.count == c.pass.count &&
        memcmp(s->passed.hashes, c.pass.hashes, 32 * c.pass.count) == 0)
        return;
    s->passed.told = true;
    s->passed.count = c.pass.count;
    memcpy(s->passed.hashes, c.pass.hashes, sizeof s->passed.hashes);
    s->io.control(s->io.ctx, control_write(&c));
}

void session_pass_tell(struct session *s, uint64_t now_us)
{
    const struct orders_host *said = orders_passes_of(&s->orders, s->config.identity);
    if (!session_room_can_talk(s) || session_calls_talking(s) || !s->now.epoch ||
        !orders_is_host(&s->orders, s->config.identity) || !(s->orders.lobby || said))
        return;
    tell_members(s, said, now_us);
    tell_relay(s);
}
