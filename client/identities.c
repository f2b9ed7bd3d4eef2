#define _GNU_SOURCE
#include "identities.h"

#include "thread.h"

#include "shared/base.h"
#include "shared/clock.h"
#include "shared/keys.h"
#include "shared/label.h"
#include "shared/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CHANGES_MAX = 256, // not yet on the disk; then the oldest meeting goes, and is written when they meet again
    SAVE_AFTER_US = 1000000,
    SAVE_AGAIN_US = 30 * 1000000, // after a failure
    LOOK_US = 3 * 1000000,        // whether another program has written the file
    LOCK_TRIES = 100,
    LOCK_TRY_US = 20000
};

enum change_kind { MET, VERIFY, PAIR, UNPAIR, FORGET };

struct change {
    enum change_kind kind;
    bool named; // false = whatever its name
    char name[CALL_NAME_MAX];
    uint8_t key[32];
    int64_t wall_s;
};

struct file_state { // what differs after every replacement of the file
    ino_t inode;
    off_t size;
    struct timespec changed;
};

struct identities {
    char *path, *lock_path;
    bool only_paired;
    pthread_t thread;
    bool started;
    void (*changed)(void *ctx);
    void *ctx;

    pthread_mutex_t saving; // one save at a time; taken before `mutex`; covers `seen`
    struct file_state seen; // the file when it was last read or written here

    pthread_mutex_t mutex; // covers the rest; never held over file work
    pthread_cond_t woken;
    struct identity_table table;
    struct change changes[CHANGES_MAX]; // done to the table, not yet in the file
    size_t change_count;
    bool stop;
};

// ---- changes ----

static bool apply(struct identity_table *t, const struct change *c)
{
    const char *name = c->named ? c->name : NULL;
    switch (c->kind) {
    case MET:
        return identity_table_met(t, c->name, c->key, c->wall_s);
    case VERIFY: { // whoever is compared in a call has been met, whatever the file says
        bool met = name && identity_table_met(t, name, c->key, c->wall_s);
        return identity_table_verify(t, name, c->key) || met;
    }
    case PAIR:
        return identity_table_pair(t, c->key, true);
    case UNPAIR:
        return identity_table_pair(t, c->key, false);
    case FORGET:
        return identity_table_forget(t, name, c->key);
    }
    return false;
}

static struct change make(enum change_kind kind, const char *name, const uint8_t key[32], int64_t wall_s)
{
    struct change c = {.kind = kind, .named = name != NULL, .wall_s = wall_s};
    if (name)
        label_of(c.name, name);
    if (key)
        memcpy(c.key, key, sizeof c.key);
    return c;
}

// Mutex held. A person's decision outlasts meetings. False when there are decisions only.
static bool remember(struct identities *ids, const struct change *c)
{
    if (ids->change_count == CHANGES_MAX) {
        size_t i = 0;
        while (i < CHANGES_MAX && ids->changes[i].kind != MET)
            i++;
        if (i == CHANGES_MAX)
            return false;
        memmove(&ids->changes[i], &ids->changes[i + 1], (CHANGES_MAX - i - 1) * sizeof *c);
        ids->change_count--;
    }
    ids->changes[ids->change_count++] = *c;
    pthread_cond_signal(&ids->woken);
    return true;
}

// ---- the file ----

static char *read_all(int fd, size_t *size)
{
    size_t n = 0;
    char *text = base_alloc(*size + 1);
    while (n < *size) {
        ssize_t done = read(fd, text + n, *size - n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0) {
            free(text);
            return NULL;
        }
        if (done == 0)
            break;
        n += (size_t)done;
    }
    *size = n;
    return text;
}

// The file's text, malloced; "" when there is none yet; NULL with a sentence.
static char *read_text(const char *path, size_t *size, char *error, size_t error_size)
{
    struct stat st;
    char *text = NULL;
    *size = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return base_strdup("");
    if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        snprintf(error, error_size, "The file %s cannot be read: mend it or move it away.", path);
    } else if (st.st_mode & 077) {
        snprintf(error, error_size, "The file %s can be read by others: run chmod 600 on it.", path);
    } else if (st.st_size > IDENTITY_TABLE_FILE_MAX) {
        snprintf(error, error_size, "The file %s is too large: mend it or move it away.", path);
    } else {
        *size = (size_t)st.st_size;
        text = read_all(fd, size);
        if (!text)
            snprintf(error, error_size, "The file %s cannot be read: mend it or move it away.", path);
    }
    if (fd >= 0)
        close(fd);
    return text;
}

static struct file_state look(const char *path)
{
    struct stat st;
    if (lstat(path, &st))
        return (struct file_state){.size = -1};
    return (struct file_state){st.st_ino, st.st_size, st.st_ctim};
}

static bool same_state(const struct file_state *a, const struct file_state *b)
{
    return a->inode == b->inode && a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}

// Other programs hold the lock for as long as a file takes to write; one that hangs must not hang us. -1 with a
// sentence.
static int lock(struct identities *ids, char *error, size_t error_size)
{
    int fd = open(ids->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    for (int i = 0; fd >= 0 && i < LOCK_TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return fd;
        clock_sleep_until(clock_now_us() + LOCK_TRY_US);
    }
    snprintf(error, error_size, fd < 0 ? "The file %s cannot be made: check its folder." : "The file %s stays locked.",
             ids->lock_path);
    if (fd >= 0)
        close(fd);
    return -1;
}

// Mutex held. `now` is what the file says; what was first met in this run, or is not yet written, is carried over.
static void take_over(struct identities *ids, struct identity_table *now)
{
    for (size_t i = 0; i < ids->table.count; i++) {
        const struct identity *r = &ids->table.rows[i];
        for (size_t k = 0; r->fresh && k < now->count; k++)
            if (!memcmp(now->rows[k].key, r->key, sizeof r->key) && !strcmp(now->rows[k].name, r->name))
                now->rows[k].fresh = true;
    }
    for (size_t i = 0; i < ids->change_count; i++) {
        bool ignored = apply(now, &ids->changes[i]); // what others forgot meanwhile cannot be verified
        (void)ignored;
    }
    identity_table_free(&ids->table);
    ids->table = *now;
}

// The lock and `saving` held.
static bool rewrite(struct identities *ids, char *error, size_t error_size)
{
    size_t old_size, size;
    ids->seen = look(ids->path);
    char *old = read_text(ids->path, &old_size, error, error_size);
    if (!old)
        return false;
    struct identity_table now = {.count = 0};
    identity_table_read(&now, old, old_size);
    struct change *done = base_alloc(sizeof ids->changes);
    pthread_mutex_lock(&ids->mutex);
    size_t count = ids->change_count;
    memcpy(done, ids->changes, count * sizeof *done);
    take_over(ids, &now);
    ids->change_count = 0;
    char *text = identity_table_write(&ids->table, &size);
    pthread_mutex_unlock(&ids->mutex);

    bool same = count == 0 || (size == old_size && !memcmp(text, old, size));
    bool ok = same || keys_write_file(ids->path, text, size);
    if (ok && !same)
        ids->seen = look(ids->path);
    if (!ok) {
        snprintf(error, error_size, "The file %s cannot be written: check its folder.", ids->path);
        pthread_mutex_lock(&ids->mutex);
        size_t later = MIN(ids->change_count, CHANGES_MAX - count); // they come again; decisions of meanwhile are few
        memcpy(done + count, ids->changes, later * sizeof *done);
        memcpy(ids->changes, done, (count + later) * sizeof *done);
        ids->change_count = count + later;
        pthread_mutex_unlock(&ids->mutex);
    }
    free(done);
    free(text);
    free(old);
    return ok;
}

// Take what others have written, and write what waits. *foreign = somebody else has written.
static bool meet_file(struct identities *ids, bool *foreign, char *error, size_t error_size)
{
    pthread_mutex_lock(&ids->saving);
    struct file_state now = look(ids->path);
    *foreign = !same_state(&now, &ids->seen);
    pthread_mutex_lock(&ids->mutex);
    bool ok = ids->change_count == 0 && !*foreign;
    pthread_mutex_unlock(&ids->mutex);
    int fd = ok ? -1 : lock(ids, error, error_size);
    if (fd >= 0) {
        ok = rewrite(ids, error, error_size);
        close(fd);
    }
    pthread_mutex_unlock(&ids->saving);
    return ok;
}

bool identities_save(struct identities *ids, char *error, size_t error_size)
{
    bool foreign;
    return meet_file(ids, &foreign, error, error_size);
}

static void *saver(void *arg)
{
    struct identities *ids = arg;
    char error[512] = "";
    bool ok = true, foreign;
    pthread_mutex_lock(&ids->mutex);
    while (!ids->stop) {
        uint64_t look_at_us = clock_now_us() + LOOK_US;
        while (!ids->stop && !ids->change_count && clock_now_us() < look_at_us)
            thread_cond_wait_until(&ids->woken, &ids->mutex, look_at_us);
        // Those who come together are written together.
        uint64_t end = clock_now_us() + (!ok ? SAVE_AGAIN_US : ids->change_count ? SAVE_AFTER_US : 0);
        while (!ids->stop && clock_now_us() < end)
            thread_cond_wait_until(&ids->woken, &ids->mutex, end);
        if (ids->stop)
            break;
        identity_table_settle(&ids->table, clock_wall_ms() / 1000);
        pthread_mutex_unlock(&ids->mutex);
        ok = meet_file(ids, &foreign, error, sizeof error);
        if (!ok)
            log_warn("identities", "the file is not as it should be, tried again why=\"%s\"", error);
        else if (foreign)
            ids->changed(ids->ctx);
        pthread_mutex_lock(&ids->mutex);
    }
    pthread_mutex_unlock(&ids->mutex);
    return NULL;
}

// ---- life ----

struct identities *identities_open(const char *path, bool only_paired, char *error, size_t error_size)
{
    size_t size;
    struct file_state seen = look(path);
    char *text = read_text(path, &size, error, error_size);
    if (!text)
        return NULL;
    struct identities *ids = base_alloc(sizeof *ids);
    ids->path = base_strdup(path);
    ids->only_paired = only_paired;
    ids->seen = seen;
    if (asprintf(&ids->lock_path, "%s.lock", path) < 0)
        abort();
    pthread_mutex_init(&ids->saving, NULL);
    pthread_mutex_init(&ids->mutex, NULL);
    thread_cond_init(&ids->woken);
    identity_table_read(&ids->table, text, size);
    free(text);
    if (ids->table.damaged)
        log_warn("identities", "damaged lines are kept, but say nothing file=%s first_line=%u lines=%u", path,
                 ids->table.damaged_line, ids->table.damaged);
    if (ids->table.dropped)
        log_warn("identities", "there are too many, those seen longest ago are forgotten file=%s rows=%u", path,
                 ids->table.dropped);
    return ids;
}

bool identities_start(struct identities *ids, void (*changed)(void *ctx), void *ctx)
{
    ids->changed = changed;
    ids->ctx = ctx;
    ids->started = thread_start(&ids->thread, "identities", saver, ids);
    return ids->started;
}

void identities_close(struct identities *ids)
{
    char error[512] = "";
    if (!ids)
        return;
    if (ids->started) {
        pthread_mutex_lock(&ids->mutex);
        ids->stop = true;
        pthread_cond_signal(&ids->woken);
        pthread_mutex_unlock(&ids->mutex);
        pthread_join(ids->thread, NULL);
    }
    if (!identities_save(ids, error, sizeof error))
        log_error("identities", "who was met is not remembered why=\"%s\"", error);
    identity_table_free(&ids->table);
    pthread_cond_destroy(&ids->woken);
    pthread_mutex_destroy(&ids->mutex);
    pthread_mutex_destroy(&ids->saving);
    free(ids->path);
    free(ids->lock_path);
    free(ids);
}

// ---- asking and editing ----

enum call_trust identities_judge(struct identities *ids, const char *name, const uint8_t identity[32])
{
    pthread_mutex_lock(&ids->mutex);
    enum call_trust trust = identity_table_judge(&ids->table, name, identity, ids->only_paired);
    pthread_mutex_unlock(&ids->mutex);
    return trust;
}

bool identities_paired(struct identities *ids, const uint8_t identity[32])
{
    pthread_mutex_lock(&ids->mutex);
    bool paired = identity_table_paired(&ids->table, identity);
    pthread_mutex_unlock(&ids->mutex);
    return paired;
}

bool identities_met_before(struct identities *ids, const uint8_t identity[32])
{
    pthread_mutex_lock(&ids->mutex);
    bool met = identity_table_seen(&ids->table, identity);
    pthread_mutex_unlock(&ids->mutex);
    return met;
}

void identities_met(struct identities *ids, const char *name, const uint8_t identity[32], int64_t wall_s)
{
    struct change c = make(MET, name, identity, wall_s);
    pthread_mutex_lock(&ids->mutex);
    if (apply(&ids->table, &c) && !remember(ids, &c))
        log_warn("identities", "who was met is not remembered: too much waits to be written");
    pthread_mutex_unlock(&ids->mutex);
}

static enum identities_result decide(struct identities *ids, struct change c, enum identities_result refusal)
{
    char error[512] = "";
    pthread_mutex_lock(&ids->mutex);
    bool done = apply(&ids->table, &c), kept = done && remember(ids, &c);
    pthread_mutex_unlock(&ids->mutex);
    if (!done)
        return refusal;
    if (identities_save(ids, error, sizeof error) && kept)
        return IDENTITIES_DONE;
    log_error("identities", "not written yet why=\"%s\"", error);
    return IDENTITIES_UNSAVED;
}

enum identities_result identities_verify(struct identities *ids, const char *name, const uint8_t identity[32],
                                         int64_t wall_s)
{
    return decide(ids, make(VERIFY, name, identity, wall_s), IDENTITIES_NOBODY);
}

enum identities_result identities_trust(struct identities *ids, const char *name, const uint8_t identity[32],
                                        int64_t wall_s)
{
    // Nothing new when it was met a moment ago: then it is a key of that name already.
    enum identities_result r = decide(ids, make(MET, name, identity, wall_s), IDENTITIES_FULL);
    return r == IDENTITIES_FULL && identities_judge(ids, name, identity) != CALL_TRUST_CHANGED ? IDENTITIES_DONE : r;
}

enum identities_result identities_pair(struct identities *ids, const uint8_t identity[32], bool on)
{
    return decide(ids, make(on ? PAIR : UNPAIR, NULL, identity, 0), on ? IDENTITIES_FULL : IDENTITIES_NOBODY);
}

enum identities_result identities_forget(struct identities *ids, const char *name, const uint8_t identity[32])
{
    return decide(ids, make(FORGET, name, identity, 0), IDENTITIES_NOBODY);
}

enum identity_found identities_find(struct identities *ids, const char *text, uint8_t identity[32], bool *long_form)
{
    pthread_mutex_lock(&ids->mutex);
    enum identity_found found = identity_table_find(&ids->table, text, identity, long_form);
    pthread_mutex_unlock(&ids->mutex);
    return found;
}

unsigned identities_list_paired(struct identities *ids, uint8_t (*out)[32], unsigned most)
{
    pthread_mutex_lock(&ids->mutex);
    unsigned count = identity_table_list_paired(&ids->table, out, most);
    pthread_mutex_unlock(&ids->mutex);
    return count;
}

static int by_name(const void *a, const void *b)
{
    const struct identity *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : memcmp(x->key, y->key, sizeof x->key);
}

struct identity *identities_list(struct identities *ids, size_t *count)
{
    pthread_mutex_lock(&ids->mutex);
    *count = ids->table.count;
    struct identity *list = base_alloc((*count + 1) * sizeof *list);
    if (*count)
        memcpy(list, ids->table.rows, *count * sizeof *list);
    pthread_mutex_unlock(&ids->mutex);
    if (*count)
        qsort(list, *count, sizeof *list, by_name);
    return list;
}
