// Control messages: what is taken can be written, and what is written reads and writes the same again.
#include "tests/fuzz/fuzz.h"

#include "shared/control.h"

static void check(const struct control *c)
{
    switch (c->type) {
    case CONTROL_HELLO:
        HOLDS(control_name_ok(c->hello.name) && c->hello.ticket_size <= WIRE_TICKET_MAX);
        break;
    case CONTROL_JOIN:
        HOLDS(c->join.code < 1000000 && (!c->join.door || strlen(c->join.door) <= WIRE_DOOR_TEXT));
        break;
    case CONTROL_ROOM:
        HOLDS((c->room.code < 1000000 || c->room.code == CONTROL_NO_CODE) && c->room.self &&
              c->room.member_count <= 32);
        for (size_t i = 0; i < c->room.member_count; i++)
            HOLDS(c->room.members[i].id && control_name_ok(c->room.members[i].name));
        break;
    case CONTROL_DOOR:
        HOLDS(!c->door.knock != !c->door.id && c->door.data && strlen(c->door.data) <= WIRE_DOOR_TEXT);
        break;
    case CONTROL_KNOCK:
        HOLDS(control_name_ok(c->knock.name) && (!c->knock.door || strlen(c->knock.door) <= WIRE_DOOR_TEXT));
        break;
    case CONTROL_BOX:
        HOLDS(c->box.count <= WIRE_ROOM_MEMBERS_MAX);
        for (size_t i = 0; i < c->box.count; i++)
            HOLDS(c->box.boxes[i].data);
        break;
    default:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct control c, back;
    if (!control_read(&c, (const char *)data, size))
        return 0;
    check(&c);
    char *text = control_write(&c);
    bool later = c.type == CONTROL_ERROR && !c.error.code; // an error code that does not exist yet reads as unknown
    HOLDS(text);
    HOLDS(control_read(&back, text, strlen(text)));
    char *again = control_write(&back);
    HOLDS(later || strcmp(text, again) == 0);
    HOLDS(back.type == c.type && back.request == c.request);
    control_free(&c);
    control_free(&back);
    free(text);
    free(again);
    return 0;
}
