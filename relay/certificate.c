#define _GNU_SOURCE
#include "certificate.h"

#include "shared/keys.h"

#include <errno.h>
#include <limits.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { YEARS_20 = 20 * 365 };

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

bool certificate_ticket_key(const char *dir, uint8_t key[32], bool *existed, char *error, size_t error_size)
{
    char *path = path_in(dir, "ticket.key");
    bool ok = keys_read_file(path, key, 32);
    *existed = ok;
    if (!ok && errno == ENOENT) {
        randombytes_buf(key, 32);
        ok = keys_write_file(path, key, 32);
    }
    if (!ok)
        snprintf(error, error_size,
                 errno == EACCES ? "cannot use %s: it must be ours and private (chmod 600)" : "cannot use %s (%s)",
                 path, strerror(errno));
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

static bool write_bio(BIO *bio, const char *path)
{
    char *data;
    long n = BIO_get_mem_data(bio, &data);
    return n > 0 && keys_write_file(path, data, (size_t)n);
}

static bool make_pair(const char *cert, const char *key_path)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = key ? make_certificate(key) : NULL;
    BIO *key_bio = BIO_new(BIO_s_secmem()), *cert_bio = BIO_new(BIO_s_mem());
    // The certificate goes first: a key without one would be kept, and its certificate made anew would not match.
    bool ok = x && key_bio && cert_bio && PEM_write_bio_X509(cert_bio, x) &&
              PEM_write_bio_PrivateKey(key_bio, key, NULL, NULL, 0, NULL, NULL) && write_bio(cert_bio, cert) &&
              write_bio(key_bio, key_path);
    BIO_free_all(key_bio);
    BIO_free_all(cert_bio);
    X509_free(x);
    EVP_PKEY_free(key);
    return ok;
}

bool certificate_self_signed(const char *dir, char **cert, char **key, char *error, size_t error_size)
{
    struct stat st;
    *cert = path_in(dir, "tls.crt");
    *key = path_in(dir, "tls.key");
    bool have_cert = access(*cert, R_OK) == 0, have_key = stat(*key, &st) == 0, ok = true;
    if (have_key && (st.st_mode & 077)) {
        snprintf(error, error_size, "%s is readable by others; make it private (chmod 600)", *key);
        ok = false;
    } else if (have_key && !have_cert) {
        snprintf(error, error_size, "%s is missing although %s is there; restore it or remove both", *cert, *key);
        ok = false;
    } else if (!have_key && !make_pair(*cert, *key)) {
        snprintf(error, error_size, "cannot make a TLS key in %s: %s", dir,
                 errno ? strerror(errno) : "OpenSSL refused");
        ok = false;
    }
    if (ok)
        return true;
    free(*cert);
    free(*key);
    *cert = *key = NULL;
    return false;
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
