// The list of people: who registers, what the others are told of him, and when.
#include "control_parts.h"

#include <stdlib.h>
#include <string.h>

// A tick sends everybody at most one page of changes and LIST_PAGES pages of the whole list: however many come and go,
// a slow reader is never sent more than it can take, and the work does not grow with the number of those who are new.
enum { LIST_PAGES = 2, BLOCKS = PEOPLE_MAX / CONTROL_PAGE };

static struct people_person *person_of(struct control_logic *l, uint32_t conn)
{
    uint32_t at = l->conn[conn].person;
    return at ? &l->people.person[at - 1] : NULL;
}

uint32_t control_person(const struct control_logic *l, uint32_t conn)
{
    return l->conn[conn].person - 1; // 0 - 1 = PEOPLE_NOBODY
}

// ---- pages ----

static void put(struct control *m, const struct people_person *p)
{
    struct control_person *out = &m->people.person[m->people.count++];
    memset(out, 0, sizeof *out);
    out->state = p->told ? (enum control_person_state)p->told : CONTROL_PERSON_GONE;
    out->answers = p->answers;
    memcpy(out->name, p->name, sizeof out->name);
    memcpy(out->identity, p->identity, sizeof out->identity);
    memcpy(out->key, p->key, sizeof out->key);
    memcpy(out->signature, p->signature, sizeof out->signature);
}

// The text of a page, without one of them when he is in it: nobody is told of himself.
static char *page_text(const struct control_logic *l, const uint32_t who[], size_t n, uint32_t but, bool more)
{
    struct control m = {.type = CONTROL_PEOPLE};
    for (size_t i = 0; i < n; i++)
        if (who[i] != but)
            put(&m, &l->people.person[who[i]]);
    m.people.more = more;
    return control_write(&m);
}

// One text for all, but for those whom it names. `listing`: only to who is being sent the whole list.
static void send_page(struct control_logic *l, const uint32_t who[], size_t n, bool listing)
{
    char *text = page_text(l, who, n, PEOPLE_NOBODY, listing);
    for (uint32_t i = 0; i < l->people.touched; i++) {
        const struct people_person *p = &l->people.person[i];
        bool named = false;
        if (!p->used || p->conn == PEOPLE_NOBODY || (listing && p->list_until <= l->list_block))
            continue;
        for (size_t k = 0; k < n; k++)
            named = named || who[k] == i;
        if (!named)
            control_send_text(l, p->conn, base_strdup(text));
        else if (n > 1)
            control_send_text(l, p->conn, page_text(l, who, n, i, listing));
    }
    free(text);
}

// ---- the whole list ----

static size_t block(const struct people *all, uint32_t number, uint32_t out[CONTROL_PAGE])
{
    size_t n = 0;
    for (uint32_t i = number * CONTROL_PAGE; i < (number + 1) * CONTROL_PAGE && i < all->touched; i++)
        if (all->person[i].told)
            out[n++] = i;
    return n;
}

// At once as many as go into a page; when there are more, the rest comes with the ticks.
static void begin_list(struct control_logic *l, uint32_t at)
{
    struct people *all = &l->people;
    struct control m = {.type = CONTROL_PEOPLE, .people.whole = true};
    for (uint32_t i = 0; i < all->touched && !m.people.more; i++) {
        if (i == at || !all->person[i].told)
            continue;
        if (m.people.count == CONTROL_PAGE)
            m.people.more = true;
        else
            put(&m, &all->person[i]);
    }
    all->person[at].list_until = m.people.more ? l->list_block + BLOCKS : 0;
    control_send(l, all->person[at].conn, &m);
}

// Round and round the table, for all who are new at the same time: each hears every block once.
static void go_on_with_lists(struct control_logic *l)
{
    static const struct control end = {.type = CONTROL_PEOPLE};
    uint64_t last = 0;
    for (uint32_t i = 0; i < l->people.touched; i++)
        last = MAX(last, l->people.person[i].list_until);
    for (unsigned sent = 0; l->list_block < last && sent < LIST_PAGES; l->list_block++) {
        uint32_t who[CONTROL_PAGE];
        size_t n = block(&l->people, (uint32_t)(l->list_block % BLOCKS), who);
        if (n)
            send_page(l, who, n, true);
        sent += n > 0;
    }
    for (uint32_t i = 0; i < l->people.touched; i++) {
        struct people_person *p = &l->people.person[i];
        if (!p->list_until || p->list_until > l->list_block)
            continue;
        p->list_until = 0;
        control_send(l, p->conn, &end);
    }
}

// ---- changes ----

static enum control_person_state state_of(void *ctx, uint32_t at)
{
    const struct control_logic *l = ctx;
    uint32_t conn = l->people.person[at].conn;
    return people_state(&l->people, at, conn != PEOPLE_NOBODY && l->conn[conn].member);
}

void control_tick_people(struct control_logic *l, uint64_t now_us)
{
    uint32_t who[CONTROL_PAGE];
    size_t n = people_changed(&l->people, &l->next_change, who, CONTROL_PAGE, now_us, state_of, l);
    if (n)
        send_page(l, who, n, false);
    go_on_with_lists(l);
    people_forget(&l->people, now_us);
}

// ---- messages ----

void control_unregister(struct control_logic *l, uint32_t conn, uint64_t now_us)
{
    uint32_t at = control_person(l, conn);
    if (at == PEOPLE_NOBODY)
        return;
    control_drop_call(l, conn, CONTROL_CALL_GONE);
    l->conn[conn].person = 0;
    people_leave(&l->people, at, now_us);
}

// The same identity on another connection: what the older one was in the list, the newer is from now on.
static void replace(struct control_logic *l, uint32_t conn, uint64_t now_us)
{
    uint32_t at = people_find(&l->people, l->conn[conn].identity);
    uint32_t old = at == PEOPLE_NOBODY ? PEOPLE_NOBODY : l->people.person[at].conn;
    if (old == PEOPLE_NOBODY || old == conn)
        return;
    control_unregister(l, old, now_us);
    control_fail(l, old, 0, CONTROL_ERROR_REPLACED, "You registered on another connection.");
}

static bool is_proved(const struct control_logic_conn *k, const struct control *x)
{
    return statement_signed(x->registration.signature, k->name, k->identity, x->registration.key) &&
           statement_proved(x->registration.proof, k->challenge, k->identity);
}

void control_take_register(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us)
{
    struct control_logic_conn *k = &l->conn[conn];
    if (!guard_register(&l->guard, k->host, now_us)) {
        control_fail(l, conn, x->request, CONTROL_ERROR_BUSY, "Too many tries; try again later.");
        return;
    }
    if (!is_proved(k, x)) {
        control_fail(l, conn, x->request, CONTROL_ERROR_NOT_ALLOWED, "This identity has not signed that.");
        return;
    }
    if (people_taken(&l->people, k->name, k->identity, now_us)) {
        control_fail(l, conn, x->request, CONTROL_ERROR_NAME_TAKEN, "Somebody else is called so here.");
        return;
    }
    replace(l, conn, now_us);
    uint32_t at = people_register(&l->people, k->name, k->identity, conn, k->host);
    if (at == PEOPLE_NOBODY) {
        control_fail(l, conn, x->request, CONTROL_ERROR_FULL, "The list of people is full.");
        return;
    }
    struct people_person *p = &l->people.person[at];
    k->person = at + 1;
    p->away = x->registration.away;
    p->answers = x->registration.answers;
    memcpy(p->key, x->registration.key, sizeof p->key);
    memcpy(p->signature, x->registration.signature, sizeof p->signature);
    begin_list(l, at);
}

void control_take_presence(struct control_logic *l, uint32_t conn, const struct control *x)
{
    struct people_person *p = person_of(l, conn);
    if (!p) {
        control_fail(l, conn, x->request, CONTROL_ERROR_NOT_NOW, "Register first.");
        return;
    }
    p->news = p->news || p->answers != x->presence.answers;
    p->away = x->presence.away;
    p->answers = x->presence.answers;
}
