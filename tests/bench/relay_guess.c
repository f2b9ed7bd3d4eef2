// Does the time of an answer tell whether a room exists? Wrong numbers, and the right number with a wrong token, in
// random order through the relay's control logic, each timed from message to answer.
//
//   relay_guess [TRIES]
#include "tests/unit/control_rig.h"

#include <time.h>

enum { KINDS = 3, BESIDE_US = 700000000 }; // so far apart that no limit is reached

static const char *const name[KINDS] = {"no such room", "wrong token", "no such room, no token"};

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    size_t tries = argc > 1 ? strtoul(argv[1], NULL, 10) : 5000, count[KINDS] = {0};
    struct crig *rig = crig_start();
    struct control room, join = {.type = CONTROL_JOIN, .request = 2};
    uint32_t *ns[KINDS];
    if (tries < 100)
        return 64;
    for (unsigned k = 0; k < KINDS; k++)
        ns[k] = calloc(tries * KINDS, sizeof *ns[k]);
    crig_create(rig, crig_hello(rig, "Ann"), &room);
    uint32_t eve = crig_hello(rig, "Eve");
    for (size_t i = 0; i < tries * KINDS; i++) {
        unsigned kind = randombytes_uniform(KINDS);
        do
            join.join.code = kind == 1 ? room.room.code : randombytes_uniform(1000000);
        while (kind != 1 && join.join.code == room.room.code);
        join.join.has_token = kind != 2;
        randombytes_buf(join.join.token, sizeof join.join.token);
        memset(join.join.key, 7, sizeof join.join.key);
        char *text = control_write(&join);
        rig->now += BESIDE_US;
        crig_clear(rig);
        uint64_t begun = now_ns();
        control_logic_message(rig->logic, eve, text, strlen(text), rig->now);
        uint64_t took = now_ns() - begun;
        ns[kind][count[kind]++] = (uint32_t)took;
        free(text);
        if (crig_count(rig, eve, CONTROL_ERROR) != 1)
            return 1;
    }
    for (unsigned k = 0; k < KINDS; k++) {
        qsort(ns[k], count[k], sizeof *ns[k], compare);
        printf("%-24s %6zu tries: p50 %6.2f us, p90 %6.2f us, p99 %6.2f us\n", name[k], count[k],
               ns[k][count[k] / 2] / 1e3, ns[k][count[k] * 9 / 10] / 1e3, ns[k][count[k] * 99 / 100] / 1e3);
        free(ns[k]);
    }
    control_free(&room);
    crig_end(rig);
    return 0;
}
