// What somebody at the relay writes down, and what a member can read of it with all it ever held.
#include "keys_room.h"

#include "shared/box.h"

#include <stdlib.h>
#include <string.h>

void keys_room_record(struct keys_room *r, unsigned from, bool media, uint16_t to, const void *data, size_t size)
{
    if (!r->recording)
        return;
    if (r->record_count % 256 == 0)
        r->records = realloc(r->records, (r->record_count + 256) * sizeof *r->records);
    struct keys_room_note *x = &r->records[r->record_count++];
    *x = (struct keys_room_note){r->now_us, from, media, to, base_alloc(size + 1), size};
    memcpy(x->data, data, size);
}

void keys_room_used(struct keys_room *r, const uint8_t key[32], const char *what, uint8_t slot, uint64_t n)
{
    uint8_t hash[32];
    keys_kdf(hash, key, 32, what, &slot, 1);
    if (r->use_count % 1024 == 0)
        r->uses = realloc(r->uses, (r->use_count + 1024) * sizeof *r->uses);
    struct keys_room_use *u = &r->uses[r->use_count++];
    memcpy(&u->key, hash, sizeof u->key);
    u->n = n;
}

static int by_use(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct keys_room_use));
}

bool keys_room_numbers_once(struct keys_room *r)
{
    qsort(r->uses, r->use_count, sizeof *r->uses, by_use);
    for (size_t i = 1; i < r->use_count; i++)
        if (by_use(&r->uses[i - 1], &r->uses[i]) == 0)
            return false;
    return r->use_count > 0;
}

// Whatever it holds now it knows for ever.
void keys_room_learn(struct keys_room *r, struct keys_room_person *p)
{
    for (unsigned i = 0; i < r->count; i++) {
        const struct room_keys_peer *peer = room_keys_find(&p->keys, r->people[i].id);
        for (unsigned b = 0; peer && b < ROOM_KEYS_BASES; b++) {
            const struct room_keys_base *base = &room_keys_secret_of(&p->keys, peer)->bases[b];
            bool old = !base->used;
            for (size_t j = 0; j < p->known_count && !old; j++)
                old = memcmp(p->known[j].base, base->base, 32) == 0;
            if (old)
                continue;
            if (p->known_count % 64 == 0)
                p->known = realloc(p->known, (p->known_count + 64) * sizeof *p->known);
            p->known[p->known_count] = (struct keys_room_known){.sender = i, .number = base->number};
            memcpy(p->known[p->known_count++].base, base->base, 32);
        }
    }
}

bool keys_room_opens(const uint8_t base[32], const uint8_t *data, size_t n)
{
    static const uint8_t metadata[SEAL_METADATA];
    uint8_t slot[32], clear[KEYS_ROOM_PAYLOAD], kid;
    uint64_t ctr;
    size_t got = 0;
    struct seal_key key;
    keys_slot(slot, base, KEYS_ROOM_SLOT);
    if (!seal_peek(data, n, &kid, &ctr) || !seal_key_init(&key, slot, kid, false))
        return false;
    bool ok = seal_open(&key, metadata, data, n, clear, &got);
    seal_key_destroy(&key);
    return ok;
}

void keys_room_lose(struct keys_room *r, unsigned from, unsigned to, uint64_t at_us, const uint8_t *data, size_t size)
{
    if (r->lost_count % 256 == 0)
        r->lost = realloc(r->lost, (r->lost_count + 256) * sizeof *r->lost);
    struct keys_room_lost *x = &r->lost[r->lost_count++];
    *x = (struct keys_room_lost){.at_us = at_us, .from = from, .to = to, .size = MIN(size, sizeof x->data)};
    memcpy(x->data, data, x->size);
}

unsigned keys_room_lost(const struct keys_room *r)
{
    unsigned n = 0;
    for (size_t i = 0; i < r->lost_count; i++) {
        const struct keys_room_lost *x = &r->lost[i];
        const struct keys_room_person *p = &r->people[x->to];
        bool due = p->here && p->here_us + 2000000 < x->at_us;
        for (size_t j = 0; j < p->known_count && !due; j++)
            due = p->known[j].sender == x->from && keys_room_opens(p->known[j].base, x->data, x->size);
        n += due;
    }
    return n;
}

static bool readable(const struct keys_room_person *p, const struct keys_room_note *x)
{
    enum { AHEAD = 24 };
    uint8_t kid = 0, number = 0;
    uint64_t ctr;
    if (x->media ? !seal_peek(x->data, x->size, &kid, &ctr) : !box_number((char *)x->data, &number))
        return false;
    for (size_t i = 0; i < p->known_count; i++) {
        struct keys_room_known k = p->known[i];
        for (unsigned step = 0; k.sender == x->from && step < AHEAD; step++) {
            struct box_address a = {.room = 0x1234, .from = (uint16_t)(x->from + 1), .number = k.number};
            uint8_t key[32], *clear = NULL;
            uint64_t n;
            size_t size;
            keys_message(key, k.base);
            if (!x->media && number == k.number)
                clear = box_open(key, &a, (char *)x->data, &n, &size);
            bool ok = clear || (x->media && k.number % 8 == kid && keys_room_opens(k.base, x->data, x->size));
            free(clear);
            if (ok)
                return true;
            keys_ratchet(k.base, k.base);
            k.number = (uint8_t)((k.number + 1) % ROOM_KEYS_NUMBERS);
        }
    }
    return false;
}

unsigned keys_room_readable(const struct keys_room *r, unsigned who, uint64_t from_us, uint64_t until_us)
{
    unsigned n = 0;
    for (size_t i = 0; i < r->record_count; i++)
        if (r->records[i].at_us >= from_us && r->records[i].at_us < until_us && r->records[i].from != who &&
            (r->records[i].media || r->records[i].to == 0))
            n += readable(&r->people[who], &r->records[i]);
    return n;
}
