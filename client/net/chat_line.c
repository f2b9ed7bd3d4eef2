#include "chat_line.h"

#include "client/secrets.h"
#include "shared/bytes.h"
#include "shared/keys.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char LABEL[] = "parlour line 1";

enum { HEAD_MAX = sizeof LABEL - 1 + CHAT_LINE_TAG + 8 + 8 + 1 + CALL_NAME_MAX };

void chat_line_free(struct chat_line *line)
{
    secrets_free(line->text);
    sodium_memzero(line, sizeof *line);
}

static size_t code_points(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

const char *chat_line_text(const json_t *value)
{
    const char *text = json_string_value(value);
    size_t length = text ? json_string_length(value) : 0;
    bool good =
        length > 0 && length <= WIRE_CHAT_BYTES && strlen(text) == length && code_points(text) <= WIRE_CHAT_CODEPOINTS;
    return good ? text : NULL;
}

// ---- the signature ----

// What is signed: malloced.
static uint8_t *signed_bytes(const struct chat_line *line, const uint8_t tag[CHAT_LINE_TAG], size_t *size)
{
    size_t name = strlen(line->name), text = strlen(line->text);
    uint8_t *out = base_alloc(HEAD_MAX + text);
    struct bytes_writer w = bytes_writer(out, HEAD_MAX + text);
    bytes_put(&w, LABEL, sizeof LABEL - 1);
    bytes_put(&w, tag, CHAT_LINE_TAG);
    bytes_put_u64(&w, line->id);
    bytes_put_u64(&w, (uint64_t)line->at_ms);
    bytes_put_u8(&w, (uint8_t)name);
    bytes_put(&w, line->name, name);
    bytes_put(&w, line->text, text);
    *size = HEAD_MAX + text - w.left;
    return out;
}

static void wipe(uint8_t *bytes, size_t size)
{
    sodium_memzero(bytes, size);
    free(bytes);
}

void chat_line_sign(struct chat_line *line, const uint8_t tag[CHAT_LINE_TAG], const uint8_t secret[64])
{
    size_t size;
    uint8_t *bytes = signed_bytes(line, tag, &size);
    crypto_sign_detached(line->signature, NULL, bytes, size, secret);
    wipe(bytes, size);
}

bool chat_line_signed(const struct chat_line *line, const uint8_t tag[CHAT_LINE_TAG])
{
    size_t size;
    uint8_t *bytes = signed_bytes(line, tag, &size);
    bool good = crypto_sign_verify_detached(line->signature, bytes, size, line->identity) == 0;
    wipe(bytes, size);
    return good;
}

// ---- JSON ----

void chat_line_write_id(char out[CHAT_LINE_ID], uint64_t id)
{
    snprintf(out, CHAT_LINE_ID, "%016llx", (unsigned long long)id);
}

bool chat_line_read_id(uint64_t *id, const json_t *value)
{
    const char *text = json_string_value(value);
    if (!text || strlen(text) != CHAT_LINE_ID - 1 || strspn(text, "0123456789abcdef") != CHAT_LINE_ID - 1)
        return false;
    *id = strtoull(text, NULL, 16);
    return *id != 0;
}

static bool read_bytes(uint8_t *out, size_t size, const json_t *value)
{
    size_t n;
    const char *text = json_string_value(value);
    return text && keys_unbase64(out, size, &n, text) && n == size;
}

bool chat_line_put(const struct chat_line *line, json_t *o)
{
    char id[CHAT_LINE_ID], signature[96];
    chat_line_write_id(id, line->id);
    return json_object_set_new(o, "id", json_string(id)) == 0 &&
           json_object_set_new(o, "at", json_integer(line->at_ms)) == 0 &&
           json_object_set_new(o, "signature",
                               json_string(keys_base64(signature, sizeof signature, line->signature, 64))) == 0;
}

bool chat_line_take(struct chat_line *line, const json_t *o)
{
    const json_t *at = json_object_get(o, "at");
    line->at_ms = json_integer_value(at);
    return json_is_integer(at) && line->at_ms > 0 && chat_line_read_id(&line->id, json_object_get(o, "id")) &&
           read_bytes(line->signature, sizeof line->signature, json_object_get(o, "signature"));
}

json_t *chat_line_write(const struct chat_line *line)
{
    char identity[64];
    keys_base64(identity, sizeof identity, line->identity, sizeof line->identity);
    json_t *o = json_pack("{s:s,s:s,s:s}", "from", identity, "name", line->name, "text", line->text);
    if (o && chat_line_put(line, o))
        return o;
    json_decref(o);
    return NULL;
}

// As long as the name of a member may be, and something.
static bool read_name(char out[CALL_NAME_MAX], const json_t *value)
{
    const char *name = json_string_value(value);
    size_t length = name ? json_string_length(value) : 0;
    if (length == 0 || length >= CALL_NAME_MAX || strlen(name) != length || code_points(name) > WIRE_NAME_CODEPOINTS)
        return false;
    memcpy(out, name, length + 1);
    return true;
}

bool chat_line_read(struct chat_line *line, const json_t *o)
{
    const char *text = chat_line_text(json_object_get(o, "text"));
    memset(line, 0, sizeof *line);
    if (!text || !read_name(line->name, json_object_get(o, "name")) ||
        !read_bytes(line->identity, sizeof line->identity, json_object_get(o, "from")) || !chat_line_take(line, o)) {
        memset(line, 0, sizeof *line);
        return false;
    }
    line->text = base_strdup(text);
    return true;
}
