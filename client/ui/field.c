#include "field.h"

#include "shared/base.h"
#include "client/text_clean.h"
#include "client/utf8.h"

#include <string.h>

void field_clear(struct field *field)
{
    field->text[0] = '\0';
    field->length = field->caret = field->scroll = 0;
    field->change++;
}

void field_insert(struct field *field, const char *text)
{
    char clean[FIELD_BYTES];
    size_t have = utf8_count(field->text, field->length);
    size_t room = FIELD_BYTES - field->length, codes = have < FIELD_CODES ? FIELD_CODES - have : 0;
    size_t n = text_clean(clean, room, text, strlen(text), codes, false);
    memmove(field->text + field->caret + n, field->text + field->caret, field->length - field->caret + 1);
    memcpy(field->text + field->caret, clean, n);
    field->length += n;
    field->caret += n;
    field->change++;
}

// Where the cluster that ends at `at` begins.
static size_t cluster_before(const struct field *field, size_t at)
{
    size_t start = 0;
    for (size_t next = 0; next < at;) {
        start = next;
        next += utf8_cluster(field->text + next, field->length - next);
    }
    return start;
}

static void cut(struct field *field, size_t from, size_t to)
{
    memmove(field->text + from, field->text + to, field->length - to + 1);
    field->length -= to - from;
    field->caret = from;
    field->scroll = MIN(field->scroll, from);
    field->change++;
}

void field_backspace(struct field *field)
{
    if (field->caret == 0)
        return;
    size_t from = cluster_before(field, field->caret);
    uint32_t code = 0;
    utf8_next(field->text + from, field->length - from, &code);
    // A letter with marks loses its last mark first; a picture of several parts goes whole.
    if (!utf8_is_emoji(code))
        from = field->caret - utf8_previous(field->text, field->caret);
    cut(field, from, field->caret);
}

void field_delete(struct field *field)
{
    if (field->caret < field->length)
        cut(field, field->caret, field->caret + utf8_cluster(field->text + field->caret, field->length - field->caret));
}

void field_left(struct field *field)
{
    field->caret = cluster_before(field, field->caret);
    field->scroll = MIN(field->scroll, field->caret);
    field->change++;
}

void field_right(struct field *field)
{
    if (field->caret < field->length)
        field->caret += utf8_cluster(field->text + field->caret, field->length - field->caret);
    field->change++;
}

void field_home(struct field *field)
{
    field->caret = field->scroll = 0;
    field->change++;
}

void field_end(struct field *field)
{
    field->caret = field->length;
    field->change++;
}

bool field_blank(const struct field *field)
{
    for (size_t i = 0; i < field->length; i++)
        if (field->text[i] != ' ')
            return false;
    return true;
}
