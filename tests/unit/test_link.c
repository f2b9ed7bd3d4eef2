// The link against a libwebsockets server in this process: TLS keys and pins, echo, loss and return, bounds.
#define _GNU_SOURCE
#include "client/net/link.h"

#include "client/net/pins.h"
#include "client/thread.h"
#include "shared/clock.h"
#include "shared/control.h"
#include "shared/log.h"

#include <libwebsockets.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64];

static char *in_dir(char out[128], const char *name)
{
    snprintf(out, 128, "%s/%s", dir, name);
    return out;
}

// ---- a relay that echoes ----

struct server {
    struct lws_context *context;
    pthread_t thread;
    int port;
    atomic_bool stop, paused;
    atomic_int upgrades; // a client's request was read: something had been sent
    char *echo;          // server thread only
    size_t echo_size;
    size_t flood; // answer this many bytes instead of the echo
};

static int server_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
    struct server *s = lws_context_user(lws_get_context(wsi));
    (void)user;
    switch ((int)reason) {
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        s->upgrades++;
        break;
    case LWS_CALLBACK_RECEIVE:
        free(s->echo);
        s->echo_size = s->flood ? s->flood : n;
        s->echo = base_alloc(LWS_PRE + s->echo_size);
        if (s->flood)
            memset(s->echo + LWS_PRE, 'x', s->flood);
        else
            memcpy(s->echo + LWS_PRE, in, n);
        lws_callback_on_writable(wsi);
        break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        if (s->echo)
            lws_write(wsi, (unsigned char *)s->echo + LWS_PRE, s->echo_size, LWS_WRITE_TEXT);
        free(s->echo);
        s->echo = NULL;
        break;
    default:
        break;
    }
    return 0;
}

static const struct lws_protocols server_protocols[] = {{CONTROL_PROTOCOL, server_event, 0, 70000, 0, NULL, 0},
                                                        {NULL, NULL, 0, 0, 0, NULL, 0}};

static void *server_run(void *arg)
{
    struct server *s = arg;
    while (!s->stop) {
        while (s->paused && !s->stop)
            usleep(10000);
        lws_service(s->context, 0);
    }
    return NULL;
}

// The library leaves the TLS context of a server behind when a client's context lives in the same process. Relay and
// client are two processes, whose leaks the end-to-end tests watch; here those of the TLS library are not ours.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libcrypto.so\nleak:libssl.so\n";
}

// `key` names a key pair made by make_key, NULL = no TLS; port 0 = any.
static void server_start(struct server *s, int port, const char *key)
{
    char cert[128], secret[128];
    memset(s, 0, sizeof *s);
    struct lws_context_creation_info info = {.port = port,
                                             .protocols = server_protocols,
                                             .user = s,
                                             .iface = "lo",
                                             .pt_serv_buf_size = 70000,
                                             .gid = -1,
                                             .uid = -1};
    char name[32];
    if (key) {
        snprintf(name, sizeof name, "%s.crt", key);
        info.ssl_cert_filepath = in_dir(cert, name);
        snprintf(name, sizeof name, "%s.key", key);
        info.ssl_private_key_filepath = in_dir(secret, name);
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
    }
    for (int i = 0; i < 50 && !s->context; i++) { // the port may still be closing
        s->context = lws_create_context(&info);
        if (!s->context)
            usleep(100000);
    }
    assert_non_null(s->context);
    s->port = lws_get_vhost_listen_port(lws_get_vhost_by_name(s->context, "default"));
    assert_true(thread_start(&s->thread, "server", server_run, s));
}

static void server_stop(struct server *s)
{
    s->stop = true;
    lws_cancel_service(s->context);
    pthread_join(s->thread, NULL);
    lws_context_destroy(s->context);
    free(s->echo);
}

// Make NAME.key and a self-signed NAME.crt that expired in 1971.
static void make_key(const char *name)
{
    char path[128], file[32];
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    ASN1_TIME_set(X509_getm_notBefore(x), 0);
    ASN1_TIME_set(X509_getm_notAfter(x), 31536000);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"relay", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    snprintf(file, sizeof file, "%s.key", name);
    FILE *f = fopen(in_dir(path, file), "w");
    assert_non_null(f);
    PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
    fclose(f);
    snprintf(file, sizeof file, "%s.crt", name);
    f = fopen(in_dir(path, file), "w");
    assert_non_null(f);
    PEM_write_X509(f, x);
    fclose(f);
    X509_free(x);
    EVP_PKEY_free(key);
}

// ---- what the link said ----

struct heard {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    int up, down, refused, messages;
    char address[64], text[256], sentence[LINK_SENTENCE_MAX];
    size_t size;
};

static void on_up(void *ctx, const char *address)
{
    struct heard *h = ctx;
    pthread_mutex_lock(&h->lock);
    h->up++;
    snprintf(h->address, sizeof h->address, "%s", address);
    pthread_cond_broadcast(&h->cond);
    pthread_mutex_unlock(&h->lock);
}

static void on_message(void *ctx, const char *text, size_t n)
{
    struct heard *h = ctx;
    pthread_mutex_lock(&h->lock);
    h->messages++;
    h->size = n;
    snprintf(h->text, sizeof h->text, "%s", text);
    pthread_cond_broadcast(&h->cond);
    pthread_mutex_unlock(&h->lock);
}

static void on_down(void *ctx)
{
    struct heard *h = ctx;
    pthread_mutex_lock(&h->lock);
    h->down++;
    pthread_cond_broadcast(&h->cond);
    pthread_mutex_unlock(&h->lock);
}

static void on_refused(void *ctx, const char *sentence)
{
    struct heard *h = ctx;
    pthread_mutex_lock(&h->lock);
    h->refused++;
    snprintf(h->sentence, sizeof h->sentence, "%s", sentence);
    pthread_cond_broadcast(&h->cond);
    pthread_mutex_unlock(&h->lock);
}

// Wait until *what is at least `least`; true when it came to that within `seconds`.
static bool comes(struct heard *h, const int *what, int least, unsigned seconds)
{
    uint64_t deadline = clock_now_us() + seconds * 1000000ull;
    pthread_mutex_lock(&h->lock);
    while (*what < least && thread_cond_wait_until(&h->cond, &h->lock, deadline))
        continue;
    bool ok = *what >= least;
    pthread_mutex_unlock(&h->lock);
    return ok;
}

static struct link *begin(struct heard *h, struct link_config config)
{
    memset(h, 0, sizeof *h);
    pthread_mutex_init(&h->lock, NULL);
    thread_cond_init(&h->cond);
    config.ctx = h;
    config.on_up = on_up;
    config.on_message = on_message;
    config.on_down = on_down;
    config.on_refused = on_refused;
    struct link *link = link_create(&config);
    assert_non_null(link);
    assert_true(link_start(link));
    return link;
}

// Stop, join, destroy; it must be prompt.
static void finish(struct link *link)
{
    uint64_t start = clock_now_us();
    link_stop(link);
    link_join(link);
    assert_true(clock_now_us() - start < 2000000);
    link_destroy(link);
}

static void send_text(struct link *link, const char *text)
{
    char *copy = base_strdup(text);
    assert_true(link_send(link, copy));
}

// ---- tests ----

static void echoes_without_tls(void **state)
{
    (void)state;
    struct server s;
    struct heard h;
    server_start(&s, 0, NULL);
    struct link *link = begin(&h, (struct link_config){.host = "localhost", .port = (uint16_t)s.port});
    assert_true(comes(&h, &h.up, 1, 10));
    send_text(link, "{\"type\":\"hello\"}");
    assert_true(comes(&h, &h.messages, 1, 10));
    assert_string_equal(h.text, "{\"type\":\"hello\"}");
    assert_string_equal(h.address, "127.0.0.1");
    link_disconnect(link);
    assert_true(comes(&h, &h.down, 1, 10));
    char late[] = "late";
    assert_false(link_send(link, late));
    link_reconnect_now(link);
    assert_true(comes(&h, &h.up, 2, 10));
    char *big = base_alloc(WIRE_CONTROL_MAX + 2);
    memset(big, 'a', WIRE_CONTROL_MAX + 1);
    assert_false(link_send(link, big));
    big[WIRE_CONTROL_MAX] = 0;
    assert_true(link_send(link, big));
    assert_true(comes(&h, &h.messages, 2, 10));
    assert_int_equal(h.size, WIRE_CONTROL_MAX);
    finish(link);
    server_stop(&s);
}

static void the_queue_is_bounded(void **state)
{
    (void)state;
    struct server s;
    struct heard h;
    server_start(&s, 0, NULL);
    struct link *link = begin(&h, (struct link_config){.host = "127.0.0.1", .port = (uint16_t)s.port});
    assert_true(comes(&h, &h.up, 1, 10));
    s.paused = true;
    int taken = 0;
    bool refused = false;
    for (int i = 0; i < 20000 && !refused; i++) {
        char *text = base_alloc(WIRE_CONTROL_MAX + 1);
        memset(text, 'q', WIRE_CONTROL_MAX);
        refused = !link_send(link, text);
        if (refused)
            free(text);
        else
            taken++;
    }
    assert_true(refused);
    assert_true(taken >= LINK_QUEUE_MAX);
    finish(link);
    server_stop(&s);
}

static void the_first_key_is_pinned(void **state)
{
    (void)state;
    struct server s;
    struct heard h;
    char pins[128], found[LINK_FINGERPRINT_SIZE];
    server_start(&s, 0, "one");
    struct link_config config = {
        .host = "localhost", .port = (uint16_t)s.port, .tls = true, .pins_path = in_dir(pins, "pins")};
    unlink(pins);
    config.require_fingerprint = true;
    struct link *link = begin(&h, config);
    assert_true(comes(&h, &h.refused, 1, 10)); // never met, and that is not enough
    finish(link);
    assert_int_equal(s.upgrades, 0);
    config.require_fingerprint = false;
    link = begin(&h, config);
    assert_true(comes(&h, &h.up, 1, 10));
    send_text(link, "{}");
    assert_true(comes(&h, &h.messages, 1, 10));
    finish(link);
    config.require_fingerprint = true; // met before: the pin is a fingerprint
    link = begin(&h, config);
    assert_true(comes(&h, &h.up, 1, 10));
    finish(link);
    int port = s.port, upgrades = s.upgrades;
    assert_int_equal(upgrades, 2);
    server_stop(&s);

    server_start(&s, port, "two");
    link = begin(&h, config);
    assert_true(comes(&h, &h.refused, 1, 10));
    char *text = pins_read(pins);
    assert_int_equal(pins_check(text, "LOCALHOST", (uint16_t)port, "x", found), PINS_DIFFERENT);
    free(text);
    assert_non_null(strstr(h.sentence, found));
    usleep(600000);
    assert_int_equal(h.refused, 1); // and it does not try again by itself
    assert_int_equal(h.up, 0);
    assert_int_equal(s.upgrades, 0); // not one byte of ours came through the TLS session
    link_reconnect_now(link);
    assert_true(comes(&h, &h.refused, 2, 10));
    finish(link);
    server_stop(&s);
}

static void the_file_of_pins_is_read(void **state)
{
    (void)state;
    static const char one[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                      two[] = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
    char text[1024], found[LINK_FINGERPRINT_SIZE] = "untouched";
    snprintf(text, sizeof text,
             "# a word of the person's\n"
             "a.example:5000 %s\r\n"
             "b.example:5000 public\n"
             "b.example:5000 %s\n"
             "c.example:5000 publicly\n"
             "c.example:5000 publi\n"
             "c.example:5000\n"
             "c.example:5000 \n"
             "[::1]:5000 public and more\n"
             "d.example:5000 public",
             one, two);
    assert_int_equal(pins_check(text, "b.example", 5000, two, found), PINS_PUBLIC); // the first line counts
    assert_int_equal(pins_check(text, "D.Example", 5000, one, found), PINS_PUBLIC);
    assert_int_equal(pins_check(text, "::1", 5000, one, found), PINS_PUBLIC);
    assert_int_equal(pins_check(text, "b.example", 500, two, found), PINS_UNKNOWN);
    assert_int_equal(pins_check(text, "c.example", 5000, two, found), PINS_UNKNOWN);
    assert_string_equal(found, "untouched");
    assert_int_equal(pins_check(text, "a.example", 5000, one, found), PINS_MATCH);
    assert_int_equal(pins_check(text, "a.example", 5000, two, found), PINS_DIFFERENT);
    assert_string_equal(found, one);
    for (size_t n = strlen(text); n--;) { // a file cut short anywhere is read to its end and no further
        char *cut = base_alloc(n + 1);
        memcpy(cut, text, n);
        pins_check(cut, "d.example", 5000, one, found);
        assert_int_not_equal(pins_check(cut, "a.example", 5000, one, found), PINS_DIFFERENT);
        free(cut);
    }
}

static void a_fingerprint_decides(void **state)
{
    (void)state;
    struct server s;
    struct heard h;
    char pins[128], found[LINK_FINGERPRINT_SIZE] = "";
    server_start(&s, 0, "one");
    struct link_config config = {
        .host = "127.0.0.1", .port = (uint16_t)s.port, .tls = true, .pins_path = in_dir(pins, "pins2")};
    struct link *link = begin(&h, config);
    assert_true(comes(&h, &h.up, 1, 10));
    finish(link);
    char *text = pins_read(pins);
    pins_check(text, "127.0.0.1", (uint16_t)s.port, "", found);
    free(text);
    config.pins_path = NULL;
    config.require_fingerprint = true;
    config.fingerprint = found;
    link = begin(&h, config);
    assert_true(comes(&h, &h.up, 1, 10));
    finish(link);
    config.fingerprint = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    link = begin(&h, config);
    assert_true(comes(&h, &h.refused, 1, 10));
    link_connect(link, "127.0.0.1", (uint16_t)s.port, found); // the right one, given later
    assert_true(comes(&h, &h.up, 1, 10));
    finish(link);
    server_stop(&s);
}

static void it_comes_back(void **state)
{
    (void)state;
    struct server s;
    struct heard h;
    server_start(&s, 0, "one");
    int port = s.port;
    struct link *link = begin(&h, (struct link_config){.host = "127.0.0.1", .port = (uint16_t)port, .tls = true});
    assert_true(comes(&h, &h.up, 1, 10));
    server_stop(&s);
    assert_true(comes(&h, &h.down, 1, 10));
    char why[LINK_SENTENCE_MAX];
    usleep(400000);
    link_last_error(link, why, sizeof why);
    assert_true(why[0] != 0);
    server_start(&s, port, "one");
    assert_true(comes(&h, &h.up, 2, 10));
    send_text(link, "{}");
    assert_true(comes(&h, &h.messages, 1, 10));
    link_reconnect_now(link);
    assert_true(comes(&h, &h.up, 3, 10));
    assert_true(comes(&h, &h.down, 2, 10));
    finish(link);
    server_stop(&s);
}

static void too_much_ends_the_connection(void **state)
{
    (void)state;
    struct server s;
    struct heard h;
    server_start(&s, 0, NULL);
    s.flood = LINK_MESSAGE_MAX;
    struct link *link = begin(&h, (struct link_config){.host = "127.0.0.1", .port = (uint16_t)s.port});
    assert_true(comes(&h, &h.up, 1, 10));
    send_text(link, "{}");
    assert_true(comes(&h, &h.messages, 1, 10));
    assert_int_equal(h.size, LINK_MESSAGE_MAX);
    s.flood = LINK_MESSAGE_MAX + 1;
    send_text(link, "{}");
    assert_true(comes(&h, &h.down, 1, 10));
    assert_int_equal(h.messages, 1);
    assert_true(comes(&h, &h.up, 2, 10));
    finish(link);
    server_stop(&s);
}

static void nobody_there(void **state)
{
    (void)state;
    struct heard h;
    char why[LINK_SENTENCE_MAX];
    struct link *link = begin(&h, (struct link_config){.host = "no-such-host.invalid", .port = 5000, .tls = true});
    usleep(300000);
    link_connect(link, "127.0.0.1", 1, NULL);
    usleep(300000);
    link_last_error(link, why, sizeof why);
    assert_true(why[0] != 0);
    assert_int_equal(h.up + h.refused, 0);
    finish(link);
    link = begin(&h, (struct link_config){.tls = true}); // nowhere to go yet
    link_reconnect_now(link);
    usleep(50000);
    finish(link);
}

// Takes 20 s: with tests/run.sh --full only.
static void a_dead_peer_is_noticed(void **state)
{
    (void)state;
    struct server s;
    struct heard h;
    if (!getenv("PARLOUR_FULL"))
        skip();
    server_start(&s, 0, NULL);
    struct link *link = begin(&h, (struct link_config){.host = "127.0.0.1", .port = (uint16_t)s.port});
    assert_true(comes(&h, &h.up, 1, 10));
    usleep(11000000); // silence alone is no death: pings are answered
    assert_int_equal(h.down, 0);
    s.paused = true;
    assert_true(comes(&h, &h.down, 1, 15));
    finish(link);
    server_stop(&s);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/test_link.XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    make_key("one");
    make_key("two");
    return 0;
}

static int tear_down(void **state)
{
    static const char *const files[] = {"one.key", "one.crt", "two.key", "two.crt", "pins", "pins2"};
    char path[128];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        unlink(in_dir(path, files[i]));
    rmdir(dir);
    return 0;
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN); // the server's side
    log_setup(getenv("VERBOSE") ? LOG_DEBUG : LOG_ERROR, false);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(echoes_without_tls),           cmocka_unit_test(the_queue_is_bounded),
        cmocka_unit_test(the_first_key_is_pinned),      cmocka_unit_test(the_file_of_pins_is_read),
        cmocka_unit_test(a_fingerprint_decides),        cmocka_unit_test(it_comes_back),
        cmocka_unit_test(too_much_ends_the_connection), cmocka_unit_test(nobody_there),
        cmocka_unit_test(a_dead_peer_is_noticed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
