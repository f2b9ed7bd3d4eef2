// The fields of the home screen in which a room's number, a link and a passphrase are typed. Pure.
#ifndef PARLOUR_UI_HOME_JOIN_H
#define PARLOUR_UI_HOME_JOIN_H

#include "field.h"

#include <stdbool.h>

// What Enter in the fields means.
enum home_enter {
    HOME_ENTER_BAD,  // neither a number nor a link
    HOME_ENTER_ON,   // a number: on to the passphrase
    HOME_ENTER_LINK, // an invite link to join
    HOME_ENTER_CODE  // a number to join, perhaps with a blank and a passphrase behind it
};

enum { HOME_JOIN_MAX = FIELD_BYTES + 8 };

struct home_join {
    bool open;            // the field for a number or an invite is there
    bool passphrase_open; // and the one below it has the focus
    struct field field, passphrase;
};

// Six digits, perhaps with blanks or dashes between them, and nothing else.
bool home_join_code(char code[7], const char *text);
enum home_enter home_join_enter(struct home_join *join, char text[HOME_JOIN_MAX]);
void home_join_back(struct home_join *join);           // one step out of the fields
void home_join_close(struct home_join *join);          // nothing typed stays, least of all a passphrase
struct field *home_join_field(struct home_join *join); // the one with the focus

#endif
