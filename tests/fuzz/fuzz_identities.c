// The file of whom a box has met: whatever it says, what is written of it reads back the same, and nothing of it is
// lost.
#include "tests/fuzz/fuzz.h"

#include "client/identity_table.h"
#include "shared/label.h"

static void same(const struct identity_table *a, const struct identity_table *b)
{
    HOLDS(a->count == b->count && a->kept_size == b->kept_size);
    HOLDS(!a->kept_size || !memcmp(a->kept, b->kept, a->kept_size));
    for (size_t i = 0; i < a->count; i++) {
        const struct identity *x = &a->rows[i], *y = &b->rows[i];
        HOLDS(!strcmp(x->name, y->name) && !memcmp(x->key, y->key, 32));
        HOLDS(x->first_s == y->first_s && x->last_s == y->last_s && x->verified == y->verified &&
              x->paired == y->paired);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct identity_table a = {.count = 0}, b = {.count = 0};
    char label[CALL_NAME_MAX], again[CALL_NAME_MAX], *name = base_alloc(size + 1);
    size_t first = 0, second = 0;
    uint8_t key[32];
    bool long_form;
    identity_table_read(&a, (const char *)data, size);
    HOLDS(a.count <= IDENTITY_TABLE_MAX && a.kept_size <= size + 1);
    char *text = identity_table_write(&a, &first);
    identity_table_read(&b, text, first);
    HOLDS(a.damaged == b.damaged && b.dropped == 0);
    same(&a, &b);
    char *copy = identity_table_write(&b, &second);
    HOLDS(first == second && !memcmp(text, copy, first));

    memcpy(name, data, size);
    label_of(label, name);
    label_of(again, label);
    HOLDS(label[0] && !strcmp(label, again));
    (void)!identity_table_find(&a, name, key, &long_form);
    for (size_t i = 0; i < a.count; i++) {
        const struct identity *r = &a.rows[i];
        HOLDS(r->name[0] || r->paired);
        HOLDS(!r->name[0] ||
              identity_table_judge(&a, r->name, r->key, false) == (r->verified ? CALL_TRUST_VERIFIED : CALL_TRUST_NEW));
    }
    free(name);
    free(text);
    free(copy);
    identity_table_free(&a);
    identity_table_free(&b);
    return 0;
}
