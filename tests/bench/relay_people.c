// What a list of a thousand people costs the relay: its control logic in virtual time, without TLS and sockets. CPU
// time of a tick, bytes of a tick to each client, and memory: while all of them register, while all of them change at
// once, and while nobody does.
//
//   relay_people [PEOPLE]
#include "tests/unit/control_rig.h"

#include <time.h>
#include <unistd.h>

enum { PEOPLE_MOST = 4000, IDLE_TICKS = 1000 };

static uint64_t sent, bytes;

static void count(void *ctx, uint32_t conn, char *text)
{
    (void)ctx;
    (void)conn;
    sent++;
    bytes += strlen(text);
    free(text);
}

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static long resident_kib(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%*d %ld", &pages) != 1)
        abort();
    fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static uint32_t person(struct crig *rig, uint32_t number)
{
    struct control hello, c = {.type = CONTROL_REGISTER};
    uint8_t seed[32] = {0}, secret[64];
    char name[16];
    memcpy(seed, &number, sizeof number);
    snprintf(name, sizeof name, "Kiosk %u", number);
    uint32_t conn = crig_open(rig);
    crig_hello_message(&hello, name);
    crypto_sign_seed_keypair(hello.hello.identity, secret, seed);
    crig_say(rig, conn, &hello);
    statement_sign(c.registration.signature, name, c.registration.key, secret);
    statement_prove(c.registration.proof, rig->logic->conn[conn].challenge, secret);
    crig_say(rig, conn, &c);
    return conn;
}

// Ticks until nothing more is to be told.
static void settle(struct crig *rig, unsigned people, const char *what)
{
    double all = 0, most = 0;
    unsigned ticks = 0;
    uint64_t begun = bytes;
    for (uint64_t before = sent - 1; before != sent; ticks++) {
        double from = cpu_ms();
        before = sent;
        crig_tick(rig, CONTROL_LOGIC_TICK_US);
        all += cpu_ms() - from;
        most = MAX(most, cpu_ms() - from);
    }
    printf("%s: %u ticks, each %.1f ms, the longest %.1f ms; to each client %.0f kB, %.0f kB a second\n", what, ticks,
           all / ticks, most, (double)(bytes - begun) / people / 1e3,
           (double)(bytes - begun) / people / ticks * 5 / 1e3);
}

int main(int argc, char **argv)
{
    unsigned people = (unsigned)CLAMP(argc > 1 ? strtoul(argv[1], NULL, 10) : 1000, 1, PEOPLE_MOST);
    static uint32_t conn[PEOPLE_MOST];
    struct crig *rig = crig_start();
    rig->logic->config.send = count;
    long before = resident_kib();
    for (unsigned i = 0; i < people; i++)
        conn[i] = person(rig, i);
    printf("%u people, %.1f KB each\n", people, (double)(resident_kib() - before) * 1.024 / people);
    settle(rig, people, "all come");
    for (unsigned i = 0; i < people; i++) {
        struct control away = {.type = CONTROL_PRESENCE, .presence.away = true};
        crig_say(rig, conn[i], &away);
    }
    settle(rig, people, "all change");
    double from = cpu_ms();
    for (unsigned i = 0; i < IDLE_TICKS; i++)
        crig_tick(rig, CONTROL_LOGIC_TICK_US);
    printf("nothing changes: a tick %.1f us\n", (cpu_ms() - from) * 1e3 / IDLE_TICKS);
    crig_end(rig);
    return 0;
}
