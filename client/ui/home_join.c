#include "home_join.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

bool home_join_code(char code[7], const char *text)
{
    size_t digits = 0;
    for (; *text; text++) {
        if (*text >= '0' && *text <= '9') {
            if (digits == 6)
                return false;
            code[digits++] = *text;
        } else if (strncmp(text, "\u2009", 3) == 0) { // the thin blank we write ourselves
            text += 2;
        } else if (*text != ' ' && *text != '-') {
            return false;
        }
    }
    code[digits] = '\0';
    return digits == 6;
}

static void forget(struct field *field)
{
    unsigned change = field->change;
    sodium_memzero(field, sizeof *field);
    field->change = change + 1;
}

enum home_enter home_join_enter(struct home_join *join, char text[HOME_JOIN_MAX])
{
    char code[7];
    const char *from = join->field.text;
    if (home_join_code(code, from)) {
        if (!join->passphrase_open) {
            join->passphrase_open = true;
            return HOME_ENTER_ON;
        }
        if (field_blank(&join->passphrase))
            snprintf(text, HOME_JOIN_MAX, "%s", code);
        else
            snprintf(text, HOME_JOIN_MAX, "%s %s", code, join->passphrase.text);
        home_join_close(join);
        return HOME_ENTER_CODE;
    }
    while (*from == ' ')
        from++;
    if (strncmp(from, "parlour://", 10) != 0)
        return HOME_ENTER_BAD;
    snprintf(text, HOME_JOIN_MAX, "%s", from);
    for (size_t n = strlen(text); n > 0 && text[n - 1] == ' '; n--)
        text[n - 1] = '\0';
    home_join_close(join);
    return HOME_ENTER_LINK;
}

void home_join_back(struct home_join *join)
{
    if (join->passphrase_open)
        forget(&join->passphrase);
    else
        join->open = false;
    join->passphrase_open = false;
}

void home_join_close(struct home_join *join)
{
    join->open = join->passphrase_open = false;
    forget(&join->field); // a link carries the room's key
    forget(&join->passphrase);
}

struct field *home_join_field(struct home_join *join)
{
    return join->passphrase_open ? &join->passphrase : &join->field;
}
