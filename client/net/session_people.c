// Who can be called, as the relay says and we believe: an entry counts when its identity has signed name and key
// (shared/statement.h). And that we are in that list: with every connection under a fresh key, which what callers send
// past the relay is sealed to (shared/call_offer.h).
#include "session_parts.h"

#include "shared/log.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
    SECOND = 1000000,
    AGAIN_US = 10 * SECOND, // the relay was busy; or every call that a key is good for has come
    TAKEN_US = 60 * SECOND, // somebody else is called so: he may go away
    REQUESTS = 0x20000000   // of registrations, from here; rooms and calls are asked for with small numbers
};

void session_people_init(struct session *s)
{
    struct session_people *p = &s->people;
    people_list_init(&p->list, s->config.name);
    p->due_us = UINT64_MAX;
    p->request = REQUESTS;
    p->secret = sodium_malloc(sizeof *p->secret);
    if (!p->secret)
        abort(); // no guarded memory: no secret may be held
    memset(p->secret, 0, sizeof *p->secret);
}

void session_people_destroy(struct session *s)
{
    people_list_destroy(&s->people.list);
    sodium_free(s->people.secret); // wipes
}

// ---- that we can be called ----

static void tell_registered(struct session *s)
{
    struct notice *n = notice_new(NOTICE_REGISTERED);
    n->flag = s->people.registered;
    n->taken = s->people.taken;
    s->io.notice(s->io.ctx, n);
}

static void forget_list(struct session *s)
{
    people_list_begin(&s->people.list);
    s->io.notice(s->io.ctx, notice_new(NOTICE_PEOPLE));
}

static void register_now(struct session *s, uint64_t now_us)
{
    struct session_people *p = &s->people;
    struct control c = {.type = CONTROL_REGISTER, .request = ++p->request};
    p->due_us = UINT64_MAX;
    p->asked = true;
    p->key_us = now_us;
    p->offer_count = 0;
    crypto_box_keypair(p->key, p->secret->registration);
    memcpy(c.registration.key, p->key, 32);
    statement_sign(c.registration.signature, s->config.name, p->key, s->config.identity_secret);
    statement_prove(c.registration.proof, s->challenge, s->config.identity_secret);
    c.registration.away = p->away;
    c.registration.answers = p->answers;
    s->io.control(s->io.ctx, control_write(&c));
}

void session_people_welcome(struct session *s, uint64_t now_us)
{
    if (s->config.registers && s->has_challenge) // a relay without challenges knows no people
        register_now(s, now_us);
}

void session_people_rename(struct session *s, const char *name)
{
    if (!name || !control_name_ok(name))
        return;
    snprintf(s->people.next_name, sizeof s->people.next_name, "%s", name);
}

// What a connection has said hello with is what everything on it is signed with, and in a room one stays who one was.
void session_people_hello(struct session *s)
{
    struct session_people *p = &s->people;
    if (!p->next_name[0] || s->in_room || s->want != SESSION_NOTHING)
        return;
    snprintf(s->config.name, sizeof s->config.name, "%s", p->next_name);
    p->next_name[0] = '\0';
    people_list_destroy(&p->list); // told anew with this connection
    people_list_init(&p->list, s->config.name);
}

void session_people_presence(struct session *s, bool away, bool answers)
{
    struct session_people *p = &s->people;
    struct control c = {.type = CONTROL_PRESENCE, .presence = {away, answers}};
    if (p->away == away && p->answers == answers)
        return;
    p->away = away;
    p->answers = answers;
    if (p->asked)
        s->io.control(s->io.ctx, control_write(&c));
}

bool session_people_fresh(struct session *s, const uint8_t key[32], uint64_t now_us)
{
    struct session_people *p = &s->people;
    for (unsigned i = 0; i < p->offer_count; i++)
        if (memcmp(p->offers[i], key, 32) == 0)
            return false;
    if (p->offer_count == SESSION_OFFERS) // under a new key none of the old ones opens, so none need be remembered
        return false;
    memcpy(p->offers[p->offer_count++], key, 32);
    if (p->offer_count == SESSION_OFFERS)
        p->due_us = MAX(now_us, p->key_us + AGAIN_US);
    return true;
}

// Another program holds our identity and has registered: we are in the list no more, and do not fight over the place.
static void on_replaced(struct session *s)
{
    struct session_people *p = &s->people;
    if (!p->registered)
        return;
    p->asked = p->registered = false;
    p->due_us = UINT64_MAX;
    tell_registered(s);
    forget_list(s);
}

bool session_people_failed(struct session *s, const struct control *c, uint64_t now_us)
{
    struct session_people *p = &s->people;
    if (c->error.code == CONTROL_ERROR_REPLACED)
        on_replaced(s);
    if (c->request <= REQUESTS || c->request > p->request)
        return false;
    if (c->request != p->request || !p->asked)
        return true;
    bool taken = c->error.code == CONTROL_ERROR_NAME_TAKEN;
    p->due_us = now_us + (taken ? TAKEN_US : AGAIN_US);
    if (taken && !p->taken) {
        forget_list(s);
        p->asked = p->registered = false;
        p->taken = true;
        tell_registered(s);
    }
    return true;
}

// ---- the list ----

static void tell_person(void *ctx, const struct people_entry *e, bool gone)
{
    struct session *s = ctx;
    struct notice *n = notice_new(NOTICE_PERSON);
    memcpy(n->name, e->name, sizeof n->name);
    memcpy(n->identity, e->identity, sizeof n->identity);
    n->person = e->state;
    n->answers = e->answers;
    n->trust = e->trust;
    n->flag = gone;
    s->io.notice(s->io.ctx, n);
}

static enum call_trust judge(struct session *s, const char *name, const uint8_t identity[32])
{
    return s->io.judge ? s->io.judge(s->io.ctx, name, identity) : CALL_TRUST_NEW;
}

static bool believable(struct session *s, const struct control_person *x)
{
    return memcmp(x->identity, s->config.identity, 32) != 0 &&
           (people_list_signed(&s->people.list, x->identity, x->name, x->key) ||
            statement_signed(x->signature, x->name, x->identity, x->key));
}

static bool take_person(struct session *s, const struct control_person *x)
{
    struct call_person p = {.answers = x->answers};
    if (x->state == CONTROL_PERSON_GONE) {
        people_list_remove(&s->people.list, x->identity);
        return true;
    }
    if (!believable(s, x))
        return false;
    p.state = x->state == CONTROL_PERSON_BUSY   ? CALL_PERSON_BUSY
              : x->state == CONTROL_PERSON_AWAY ? CALL_PERSON_AWAY
                                                : CALL_PERSON_FREE;
    memcpy(p.name, x->name, sizeof p.name);
    memcpy(p.identity, x->identity, sizeof p.identity);
    p.trust = judge(s, p.name, p.identity);
    return people_list_put(&s->people.list, &p, x->key);
}

void session_people_take(struct session *s, const struct control *c)
{
    struct session_people *p = &s->people;
    unsigned bad = 0;
    if (!p->asked)
        return; // nobody asked for it
    if (!p->registered) {
        p->registered = true;
        p->taken = false;
        tell_registered(s);
    }
    if (c->people.whole)
        forget_list(s);
    for (size_t i = 0; i < c->people.count; i++)
        bad += !take_person(s, &c->people.person[i]);
    if (bad)
        log_warn("session", "some people in the relay's list are not shown: not signed, or too many count=%u", bad);
    people_list_settle(&p->list, tell_person, s);
}

void session_people_judge(struct session *s)
{
    struct people_list *l = &s->people.list;
    for (size_t i = 0; i < l->count; i++)
        people_list_trust(l, &l->entry[i], judge(s, l->entry[i].name, l->entry[i].identity));
    people_list_settle(l, tell_person, s);
}

void session_people_down(struct session *s)
{
    struct session_people *p = &s->people;
    bool told = p->registered || p->taken;
    p->asked = p->registered = p->taken = false;
    p->due_us = UINT64_MAX;
    sodium_memzero(p->secret, sizeof *p->secret);
    if (!told)
        return;
    tell_registered(s);
    forget_list(s);
}

uint64_t session_people_tick(struct session *s, uint64_t now_us)
{
    struct session_people *p = &s->people;
    if (!s->link_up || !s->welcomed)
        return UINT64_MAX;
    if (now_us >= p->due_us)
        register_now(s, now_us);
    return p->due_us;
}
