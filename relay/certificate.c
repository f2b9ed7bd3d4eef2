#define _GNU_SOURCE
#include "certificate.h"

#include "shared/keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { YEARS_20 = 20 * 365, LEFT_S = 60 };

bool certificate_directory(const char *dir, char *error, size_t error_size)
{
    char path[PATH_MAX];
    size_t n = strlen(dir);
    if (n == 0 || n >= sizeof path) {
        snprintf(error, error_size, "the state directory's name is empty or too long");
        return false;
    }
    memcpy(path, dir, n + 1);
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != 0)
            continue;
        char kept = path[i];
        path[i] = 0;
        if (mkdir(path, 0700) < 0 && errno != EEXIST) {
            snprintf(error, error_size, "cannot make the directory %s: %s", path, strerror(errno));
            return false;
        }
        path[i] = kept;
    }
    return true;
}

static char *path_in(const char *dir, const char *name)
{
    char *path;
    if (asprintf(&path, "%s/%s", dir, name) < 0)
        exit(EXIT_INTERNAL);
    return path;
}

// errno as a sentence.
static bool refuse(const char *path, char *error, size_t error_size)
{
    if (errno == EACCES || errno == EPERM)
        snprintf(error, error_size, "cannot use %s: it must be ours and private (chown, chmod 600)", path);
    else
        snprintf(error, error_size, "cannot use %s: %s", path,
                 errno == EINVAL ? "it is damaged; restore or remove it" : strerror(errno));
    return false;
}

// A file with a secret: a plain one, ours (or the administrator's, whom we cannot keep out) and closed to others. False
// with errno set: ENOENT, EACCES, EPERM (someone else's), EINVAL (no plain file).
static bool is_private(const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return false;
    errno = !S_ISREG(st.st_mode)                       ? EINVAL
            : st.st_mode & 077                         ? EACCES
            : st.st_uid != geteuid() && st.st_uid != 0 ? EPERM
                                                       : 0;
    return errno == 0;
}

// Make a file that is not there, mode 0600: all of it, or nothing, and never over another's (errno EEXIST).
static bool create_private(const char *path, const void *data, size_t size)
{
    char *temporary = NULL;
    if (asprintf(&temporary, "%s.new.%d", path, (int)getpid()) < 0)
        exit(EXIT_INTERNAL);
    bool ok = keys_write_file(temporary, data, size) && link(temporary, path) == 0;
    int why = errno;
    unlink(temporary);
    free(temporary);
    errno = why;
    return ok;
}

// What a start that was killed left behind.
static void remove_leftovers(const char *dir, const char *name)
{
    DIR *d = opendir(dir);
    size_t n = strlen(name);
    for (struct dirent *e; d && (e = readdir(d));) {
        struct stat st;
        bool ours = strncmp(e->d_name, name, n) == 0 && strncmp(e->d_name + n, ".new.", 5) == 0;
        // Another relay may be starting at this moment.
        if (ours && fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && time(NULL) - st.st_mtime > LEFT_S)
            unlinkat(dirfd(d), e->d_name, 0);
    }
    if (d)
        closedir(d);
}

bool certificate_ticket_key(const char *dir, uint8_t key[32], bool *existed, char *error, size_t error_size)
{
    char *path = path_in(dir, "ticket.key");
    remove_leftovers(dir, "ticket.key");
    *existed = access(path, F_OK) == 0;
    if (!*existed) {
        randombytes_buf(key, 32);
        errno = 0;
    }
    bool made = !*existed && create_private(path, key, 32);
    bool ok = made || ((*existed || errno == EEXIST) && is_private(path) && keys_read_file(path, key, 32));
    if (!ok)
        refuse(path, error, error_size);
    free(path);
    return ok;
}

static X509 *make_certificate(EVP_PKEY *key)
{
    static const unsigned char cn[] = "parlour-relay";
    X509 *x = X509_new();
    if (!x)
        return NULL;
    unsigned char serial[8];
    randombytes_buf(serial, sizeof serial);
    BIGNUM *number = BN_bin2bn(serial, sizeof serial, NULL);
    // Clients pin the key and do not look at the dates: a kiosk's clock may be wrong.
    bool ok = number && X509_set_version(x, 2) && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) &&
              X509_gmtime_adj(X509_getm_notBefore(x), -86400) &&
              X509_time_adj_ex(X509_getm_notAfter(x), YEARS_20, 0, NULL) && X509_set_pubkey(x, key) &&
              X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, cn, -1, -1, 0) &&
              X509_set_issuer_name(x, X509_get_subject_name(x)) && X509_sign(x, key, EVP_sha256());
    BN_free(number);
    if (ok)
        return x;
    X509_free(x);
    return NULL;
}

static bool create_from(BIO *bio, const char *path)
{
    char *data;
    long n = bio ? BIO_get_mem_data(bio, &data) : 0;
    return n > 0 && create_private(path, data, (size_t)n);
}

static bool make_key(const char *path)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *bio = BIO_new(BIO_s_secmem());
    errno = ENOMEM;
    bool ok = key && bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) && create_from(bio, path);
    BIO_free_all(bio);
    EVP_PKEY_free(key);
    return ok || errno == EEXIST; // another relay that starts was first: its key is as good
}

static EVP_PKEY *read_key(const char *path)
{
    FILE *f = fopen(path, "re");
    char buffer[BUFSIZ]; // ours, so that we can wipe it
    if (f)
        setvbuf(f, buffer, _IOFBF, sizeof buffer);
    EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
    if (f)
        fclose(f);
    sodium_memzero(buffer, sizeof buffer);
    return key;
}

// Clients pin the key: the certificate around it can be made anew at any time.
static bool make_certificate_for(const char *key_path, const char *path)
{
    EVP_PKEY *key = read_key(key_path);
    X509 *x = key ? make_certificate(key) : NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    errno = x ? 0 : EINVAL;
    bool ok = x && bio && PEM_write_bio_X509(bio, x) && create_from(bio, path);
    BIO_free_all(bio);
    X509_free(x);
    EVP_PKEY_free(key);
    return ok || errno == EEXIST;
}

bool certificate_self_signed(const char *dir, char **cert, char **key, char *error, size_t error_size)
{
    *cert = path_in(dir, "tls.crt");
    *key = path_in(dir, "tls.key");
    remove_leftovers(dir, "tls.key");
    remove_leftovers(dir, "tls.crt");
    bool ok = access(*key, F_OK) == 0 || make_key(*key) || refuse(*key, error, error_size);
    ok = ok && (is_private(*key) || refuse(*key, error, error_size));
    if (ok && access(*cert, F_OK) < 0 && !make_certificate_for(*key, *cert))
        ok = refuse(errno == EINVAL ? *key : *cert, error, error_size);
    if (ok)
        return true;
    free(*cert);
    free(*key);
    *cert = *key = NULL;
    return false;
}

// The chain after the first certificate; NULL with *ok false when it cannot be read.
static STACK_OF(X509) * read_chain(FILE *f, bool *ok)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    X509 *x;
    *ok = chain != NULL;
    while (*ok && (x = PEM_read_X509(f, NULL, NULL, NULL)))
        *ok = sk_X509_push(chain, x) > 0;
    *ok = *ok && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE; // the end of the file
    ERR_clear_error();
    return chain;
}

bool certificate_use(struct ssl_ctx_st *context, const char *cert, const char *key, char *error, size_t error_size)
{
    bool ok = false;
    if (!is_private(key))
        return refuse(key, error, error_size);
    ERR_clear_error();
    FILE *f = fopen(cert, "re");
    X509 *x = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
    STACK_OF(X509) *chain = x ? read_chain(f, &ok) : NULL;
    EVP_PKEY *private = read_key(key);
    *error = 0;
    if (!x || !ok)
        snprintf(error, error_size, "cannot read the certificate %s", cert);
    else if (!private)
        snprintf(error, error_size, "cannot read the key %s", key);
    else if (X509_check_private_key(x, private) != 1)
        snprintf(error, error_size, "the certificate %s and the key %s do not belong together", cert, key);
    else if (context && SSL_CTX_use_cert_and_key(context, x, private, chain, 1) != 1)
        snprintf(error, error_size, "OpenSSL refuses the certificate %s: %s", cert,
                 ERR_reason_error_string(ERR_peek_last_error()));
    ERR_clear_error();
    EVP_PKEY_free(private);
    sk_X509_pop_free(chain, X509_free);
    X509_free(x);
    if (f)
        fclose(f);
    return *error == 0;
}

bool certificate_fingerprint(const char *cert, char out[CERTIFICATE_FINGERPRINT], char *error, size_t error_size)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    unsigned char *spki = NULL;
    FILE *f = fopen(cert, "re");
    X509 *x = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
    int n = x ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki) : -1;
    if (n > 0) {
        crypto_hash_sha256(hash, spki, (unsigned long long)n);
        keys_base64(out, CERTIFICATE_FINGERPRINT, hash, sizeof hash);
    } else {
        snprintf(error, error_size, "cannot read the certificate %s", cert);
    }
    OPENSSL_free(spki);
    X509_free(x);
    if (f)
        fclose(f);
    return n > 0;
}
