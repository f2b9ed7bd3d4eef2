#include "file_box.h"

#include "client/text_clean.h"
#include "shared/keys.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAG_TEXT = 17, KEY_TEXT = 64, HAVE_TEXT = 400 };

static const char *const KIND[FILE_BOX_KINDS] = {"file-offer", "file-accept", "file-refuse", "file-start",
                                                 "file-later", "file-cancel", "file-done",   "file-full"};

static int kind_of(const char *kind)
{
    for (int i = 0; kind && i < FILE_BOX_KINDS; i++)
        if (!strcmp(kind, KIND[i]))
            return i;
    return -1;
}

bool file_box_is(const char *kind)
{
    return kind_of(kind) >= 0;
}

uint64_t file_box_tag(const uint8_t key[32])
{
    uint8_t hash[32];
    uint64_t tag = 0;
    keys_kdf(hash, key, 32, "file tag", "", 0);
    for (unsigned i = 0; i < 8; i++)
        tag = tag << 8 | hash[i];
    return tag;
}

// ---- in ----

static bool read_number(const json_t *o, const char *name, uint64_t most, uint64_t *out)
{
    const json_t *v = json_object_get(o, name);
    json_int_t n = json_integer_value(v);
    *out = (uint64_t)n;
    return json_is_integer(v) && n >= 0 && (uint64_t)n <= most;
}

static bool read_bytes(const json_t *o, const char *name, uint8_t *out, size_t size, bool all)
{
    const char *text = json_string_value(json_object_get(o, name));
    size_t n = 0;
    return text && keys_unbase64(out, size, &n, text) && (!all || n == size);
}

static bool read_tag(const json_t *o, uint64_t *tag)
{
    const char *text = json_string_value(json_object_get(o, "file"));
    if (!text || strlen(text) != TAG_TEXT - 1 || strspn(text, "0123456789abcdef") != TAG_TEXT - 1)
        return false;
    *tag = strtoull(text, NULL, 16);
    return true;
}

static bool read_offer(struct file_box *b, const json_t *o)
{
    const char *name = json_string_value(json_object_get(o, "name"));
    size_t length = name ? strlen(name) : 0;
    uint64_t number;
    if (!name || length >= sizeof b->name || !read_number(o, "n", FILE_BOX_NUMBERS - 1, &number) ||
        !read_number(o, "size", FILE_BOX_SIZE_MOST, &b->size) || !read_bytes(o, "key", b->key, 32, true) ||
        !read_bytes(o, "root", b->root, 32, true))
        return false;
    memcpy(b->name, name, length + 1);
    b->number = (uint8_t)number;
    b->tag = file_box_tag(b->key);
    return true;
}

static bool read_rest(struct file_box *b, const json_t *o)
{
    uint64_t number = 0, turn = 0, first = 0, of = 0;
    if (b->kind == FILE_BOX_ACCEPT &&
        !(read_number(o, "n", FILE_BOX_NUMBERS - 1, &number) && read_number(o, "turn", UINT32_MAX, &turn) &&
          read_bytes(o, "have", b->have, sizeof b->have, false)))
        return false;
    if (b->kind == FILE_BOX_START &&
        !(read_number(o, "turn", UINT32_MAX, &turn) && read_number(o, "first", UINT32_MAX, &first) &&
          read_number(o, "of", WIRE_ROOM_MEMBERS_MAX, &of)))
        return false;
    b->number = (uint8_t)number;
    b->turn = (uint32_t)turn;
    b->first = (uint32_t)first;
    b->of = (unsigned)of;
    b->ok = json_is_true(json_object_get(o, "ok"));
    return read_tag(o, &b->tag);
}

bool file_box_read(struct file_box *b, const json_t *o)
{
    int kind = kind_of(json_string_value(json_object_get(o, "kind")));
    memset(b, 0, sizeof *b);
    if (kind < 0)
        return false;
    b->kind = (enum file_box_kind)kind;
    return b->kind == FILE_BOX_OFFER ? read_offer(b, o) : read_rest(b, o);
}

// ---- out ----

static json_t *offer(const struct file_box *b)
{
    char key[KEY_TEXT], root[KEY_TEXT], name[MESSAGE_FILE_NAME];
    text_clean(name, sizeof name, b->name, strlen(b->name), sizeof name, false);
    json_t *o = json_pack("{s:s,s:i,s:s,s:s,s:I,s:s}", "kind", KIND[b->kind], "n", (int)b->number, "key",
                          keys_base64(key, sizeof key, b->key, 32), "name", name, "size", (json_int_t)b->size, "root",
                          keys_base64(root, sizeof root, b->root, 32));
    sodium_memzero(key, sizeof key);
    return o;
}

static json_t *accept(const struct file_box *b, const char *tag)
{
    char have[HAVE_TEXT];
    size_t n = sizeof b->have;
    while (n > 0 && b->have[n - 1] == 0)
        n--;
    return json_pack("{s:s,s:s,s:i,s:I,s:s}", "kind", KIND[b->kind], "file", tag, "n", (int)b->number, "turn",
                     (json_int_t)b->turn, "have", keys_base64(have, sizeof have, b->have, n));
}

char *file_box_write(const struct file_box *b)
{
    char tag[TAG_TEXT];
    json_t *o;
    snprintf(tag, sizeof tag, "%016llx", (unsigned long long)b->tag);
    if (b->kind == FILE_BOX_OFFER)
        o = offer(b);
    else if (b->kind == FILE_BOX_ACCEPT)
        o = accept(b, tag);
    else if (b->kind == FILE_BOX_START)
        o = json_pack("{s:s,s:s,s:I,s:I,s:i}", "kind", KIND[b->kind], "file", tag, "turn", (json_int_t)b->turn, "first",
                      (json_int_t)b->first, "of", (int)b->of);
    else if (b->kind == FILE_BOX_DONE)
        o = json_pack("{s:s,s:s,s:b}", "kind", KIND[b->kind], "file", tag, "ok", (int)b->ok);
    else
        o = json_pack("{s:s,s:s}", "kind", KIND[b->kind], "file", tag);
    char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
    json_decref(o);
    return text;
}
