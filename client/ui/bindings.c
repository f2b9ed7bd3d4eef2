#include "bindings.h"

#include "shared/base.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

void bindings_start(struct bindings *b, const struct input_key *keys, size_t count)
{
    memset(b, 0, sizeof *b);
    memcpy(b->keys, keys, MIN(count, (size_t)BINDINGS_MAX) * sizeof *keys);
    b->count = MIN(count, (size_t)BINDINGS_MAX);
}

void bindings_copy(struct bindings *to, const struct bindings *from)
{
    *to = *from;
    for (size_t i = 0; i < to->count; i++) // caps that lie in `from`
        for (size_t c = 0; c < ARRAY_LEN(to->keys[i].cap); c++)
            for (size_t g = 0; g < from->given; g++)
                if (to->keys[i].cap[c] == from->caps[g][c])
                    to->keys[i].cap[c] = to->caps[g][c];
}

// What every screen is left and passed through by.
static bool is_fixed(SDL_Keycode key)
{
    static const SDL_Keycode fixed[] = {
        SDLK_ESCAPE, SDLK_RETURN, SDLK_KP_ENTER, SDLK_SELECT,    SDLK_AC_BACK, SDLK_LEFT,     SDLK_RIGHT, SDLK_UP,
        SDLK_DOWN,   SDLK_PAGEUP, SDLK_SPACE,    SDLK_BACKSPACE, SDLK_DELETE,  SDLK_PAGEDOWN, SDLK_HOME,  SDLK_END};
    for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
        if (fixed[i] == key)
            return true;
    return false;
}

// Of a remote or a headset: nobody binds these, and nobody hits them by mistake.
static bool is_media(SDL_Keycode key)
{
    return key == SDLK_VOLUMEUP || key == SDLK_VOLUMEDOWN || key == SDLK_MUTE || key == SDLK_AUDIOMUTE ||
           key == SDLK_AUDIOPLAY || key == SDLK_MENU;
}

static bool is_single(const struct input_key *k)
{
    bool keypad = k->key >= SDLK_KP_1 && k->key <= SDLK_KP_0;
    return !k->ctrl && ((k->key > ' ' && k->key < 0x7F) || keypad);
}

static void drop(struct bindings *b, bool (*which)(const struct input_key *k, const void *arg), const void *arg)
{
    size_t kept = 0;
    for (size_t i = 0; i < b->count; i++)
        if (!which(&b->keys[i], arg))
            b->keys[kept++] = b->keys[i];
    b->count = kept;
}

static bool any_single(const struct input_key *k, const void *arg)
{
    (void)arg;
    return is_single(k);
}

static bool of_action(const struct input_key *k, const void *arg)
{
    return k->action == *(const enum input_action *)arg && !is_media(k->key);
}

static bool fail(char *error, size_t size, const char *what, const char *which, const char *advice)
{
    snprintf(error, size, "%s '%.40s'%s", what, which, advice);
    return false;
}

static void add_caps(struct bindings *b, struct input_key *k, const char *key)
{
    size_t part = 0;
    if (k->ctrl) {
        snprintf(b->caps[b->given][part], BINDINGS_CAP, "Ctrl");
        k->cap[part] = b->caps[b->given][part];
        part++;
        key += strlen("Ctrl+");
    }
    snprintf(b->caps[b->given][part], BINDINGS_CAP, "%s", key);
    if (key[0] && !key[1])
        b->caps[b->given][part][0] = (char)toupper((unsigned char)key[0]);
    k->cap[part] = b->caps[b->given][part];
    if (part == 0)
        k->cap[1] = NULL;
    b->given++;
}

static bool bind(struct bindings *b, const struct input_key *like, const char *key, char *error, size_t size)
{
    struct input_key k = *like;
    uint16_t modifiers;
    if (!input_parse(key, &k.key, &modifiers))
        return fail(error, size, "there is no key", key, ": see the help screen for how keys are called.");
    if (modifiers & ~KMOD_LCTRL)
        return fail(error, size, "only Ctrl can be held with a key, not", key, ".");
    k.ctrl = modifiers != 0;
    if (is_fixed(k.key) || is_media(k.key))
        return fail(error, size, "the way through the screens stays as it is, so nothing can be bound to", key, ".");
    if (b->count == BINDINGS_MAX || b->given == BINDINGS_MAX || strlen(key) >= BINDINGS_CAP)
        return fail(error, size, "too many keys:", key, ".");
    k.while_typing = k.ctrl || !is_single(&k); // what writes nothing may be pressed while one writes
    add_caps(b, &k, key);
    b->keys[b->count++] = k;
    return true;
}

// Every "ACTION=KEY" of the spec: `round` 0 takes away, 1 gives.
static bool each(struct bindings *b, const struct bindings *first, const char *spec, int round, char *error,
                 size_t size)
{
    for (const char *at = spec; *at;) {
        char word[64];
        size_t n = strcspn(at, ",");
        // "chat=," is the comma itself.
        if (n > 0 && at[n - 1] == '=' && at[n] == ',')
            n++;
        if (n >= sizeof word)
            return fail(error, size, "this is no ACTION=KEY:", at, "");
        memcpy(word, at, n);
        word[n] = 0;
        at += n + (at[n] == ',');
        char *name = word + strspn(word, " "), *equals = strchr(name, '=');
        if (!strcmp(name, "none") || !*name) {
            if (*name && round == 0)
                drop(b, any_single, NULL);
            continue;
        }
        if (!equals || !equals[1])
            return fail(error, size, "this is no ACTION=KEY:", name, ".");
        *equals = 0;
        const struct input_key *like = NULL;
        for (size_t i = 0; i < first->count && !like; i++)
            if (first->keys[i].name && !strcmp(first->keys[i].name, name))
                like = &first->keys[i];
        if (!like)
            return fail(error, size, "there is no action", name, ".");
        if (round == 0)
            drop(b, of_action, &like->action);
        else if (strcmp(equals + 1, "none") != 0 && !bind(b, like, equals + 1, error, size))
            return false;
    }
    return true;
}

bool bindings_apply(struct bindings *b, const char *spec, char *error, size_t size)
{
    struct bindings first = *b;
    if (!each(b, &first, spec, 0, error, size) || !each(b, &first, spec, 1, error, size))
        return false;
    for (size_t i = 0; i < b->count; i++)
        for (size_t k = 0; k < i; k++)
            if (b->keys[i].key == b->keys[k].key && b->keys[i].ctrl == b->keys[k].ctrl)
                return fail(error, size, "two actions have the key",
                            b->keys[i].cap[b->keys[i].ctrl] ? b->keys[i].cap[b->keys[i].ctrl] : "", ".");
    return true;
}
