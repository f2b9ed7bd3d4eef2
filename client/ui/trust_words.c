#include "trust_words.h"

#include "client/text_clean.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

bool trust_words_doubt(enum call_trust trust)
{
    return trust == CALL_TRUST_GHOST || trust == CALL_TRUST_CHANGED || trust == CALL_TRUST_STRANGER ||
           trust == CALL_TRUST_NOT_ADMITTED;
}

const char *trust_words_icon(enum call_trust trust)
{
    if (trust_words_doubt(trust))
        return "warn";
    return trust == CALL_TRUST_VERIFIED ? "shield" : trust == CALL_TRUST_WAITING ? "wait" : "";
}

void trust_words_name(char *out, size_t size, const char *name)
{
    if (text_clean(out, size, name, strlen(name), 32, false) == 0)
        snprintf(out, size, "%s", WORD_GUEST);
}

const char *trust_words_least(enum call_trust trust)
{
    const char *const words[] = {WORD_JOINS,         WORD_NEW,      WORD_VERIFIED,    WORD_GHOST,
                                 WORD_CHANGED_LEAST, WORD_STRANGER, WORD_NOT_ADMITTED};
    return words[trust];
}

void trust_words_short(char *out, size_t size, const struct call_member *member)
{
    char name[CALL_NAME_MAX];
    trust_words_name(name, sizeof name, member->name);
    if (member->trust == CALL_TRUST_CHANGED)
        snprintf(out, size, WORD_CHANGED, name);
    else
        snprintf(out, size, "%s", trust_words_least(member->trust));
}

const char *trust_words_long(enum call_trust trust)
{
    const char *const words[] = {WORD_JOINS_2,   WORD_NEW_2,      WORD_VERIFIED_2,    WORD_GHOST_2,
                                 WORD_CHANGED_2, WORD_STRANGER_2, WORD_NOT_ADMITTED_2};
    return words[trust];
}

void trust_words_knock(char *out, size_t size, const struct call_knock *knock)
{
    char name[CALL_NAME_MAX];
    trust_words_name(name, sizeof name, knock->name);
    if (knock->trust == CALL_TRUST_CHANGED)
        snprintf(out, size, WORD_KNOCK_CHANGED, name);
    else if (knock->trust == CALL_TRUST_VERIFIED)
        snprintf(out, size, "%s", WORD_KNOCK_KNOWN);
    else
        snprintf(out, size, "%s", knock->met ? WORD_KNOCK_MET : WORD_KNOCK_NEW);
}
