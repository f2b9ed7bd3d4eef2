// Published test vectors of SFrame (RFC 9605 Appendix C), as the SFrame working group has them:
// github.com/sframe-wg/sframe, test-vectors/test-vectors.json, all of "header" and of "sframe" the one with
// cipher_suite 5.
#ifndef PARLOUR_TESTS_SFRAME_VECTORS_H
#define PARLOUR_TESTS_SFRAME_VECTORS_H

#include <stdint.h>

enum { SFRAME_VALUES = 17 };

// KIDs and CTRs of the header vectors: every KID with every CTR.
static const uint64_t SFRAME_VALUE[SFRAME_VALUES] = {
    0x0u,
    0x1u,
    0xffu,
    0x100u,
    0xffffu,
    0x10000u,
    0xffffffu,
    0x1000000u,
    0xffffffffu,
    0x100000000u,
    0xffffffffffu,
    0x10000000000u,
    0xffffffffffffu,
    0x1000000000000u,
    0xffffffffffffffu,
    0x100000000000000u,
    0xffffffffffffffffu,
};

// [KID][CTR]
static const char *const SFRAME_HEADER[SFRAME_VALUES][SFRAME_VALUES] = {
    {"00", "01", "08ff", "090100", "09ffff", "0a010000", "0affffff", "0b01000000", "0bffffffff", "0c0100000000",
     "0cffffffffff", "0d010000000000", "0dffffffffffff", "0e01000000000000", "0effffffffffffff", "0f0100000000000000",
     "0fffffffffffffffff"},
    {"10", "11", "18ff", "190100", "19ffff", "1a010000", "1affffff", "1b01000000", "1bffffffff", "1c0100000000",
     "1cffffffffff", "1d010000000000", "1dffffffffffff", "1e01000000000000", "1effffffffffffff", "1f0100000000000000",
     "1fffffffffffffffff"},
    {"80ff", "81ff", "88ffff", "89ff0100", "89ffffff", "8aff010000", "8affffffff", "8bff01000000", "8bffffffffff",
     "8cff0100000000", "8cffffffffffff", "8dff010000000000", "8dffffffffffffff", "8eff01000000000000",
     "8effffffffffffffff", "8fff0100000000000000", "8fffffffffffffffffff"},
    {"900100", "910100", "980100ff", "9901000100", "990100ffff", "9a0100010000", "9a0100ffffff", "9b010001000000",
     "9b0100ffffffff", "9c01000100000000", "9c0100ffffffffff", "9d0100010000000000", "9d0100ffffffffffff",
     "9e010001000000000000", "9e0100ffffffffffffff", "9f01000100000000000000", "9f0100ffffffffffffffff"},
    {"90ffff", "91ffff", "98ffffff", "99ffff0100", "99ffffffff", "9affff010000", "9affffffffff", "9bffff01000000",
     "9bffffffffffff", "9cffff0100000000", "9cffffffffffffff", "9dffff010000000000", "9dffffffffffffffff",
     "9effff01000000000000", "9effffffffffffffffff", "9fffff0100000000000000", "9fffffffffffffffffffff"},
    {"a0010000", "a1010000", "a8010000ff", "a90100000100", "a9010000ffff", "aa010000010000", "aa010000ffffff",
     "ab01000001000000", "ab010000ffffffff", "ac0100000100000000", "ac010000ffffffffff", "ad010000010000000000",
     "ad010000ffffffffffff", "ae01000001000000000000", "ae010000ffffffffffffff", "af0100000100000000000000",
     "af010000ffffffffffffffff"},
    {"a0ffffff", "a1ffffff", "a8ffffffff", "a9ffffff0100", "a9ffffffffff", "aaffffff010000", "aaffffffffffff",
     "abffffff01000000", "abffffffffffffff", "acffffff0100000000", "acffffffffffffffff", "adffffff010000000000",
     "adffffffffffffffffff", "aeffffff01000000000000", "aeffffffffffffffffffff", "afffffff0100000000000000",
     "afffffffffffffffffffffff"},
    {"b001000000", "b101000000", "b801000000ff", "b9010000000100", "b901000000ffff", "ba01000000010000",
     "ba01000000ffffff", "bb0100000001000000", "bb01000000ffffffff", "bc010000000100000000", "bc01000000ffffffffff",
     "bd01000000010000000000", "bd01000000ffffffffffff", "be0100000001000000000000", "be01000000ffffffffffffff",
     "bf010000000100000000000000", "bf01000000ffffffffffffffff"},
    {"b0ffffffff", "b1ffffffff", "b8ffffffffff", "b9ffffffff0100", "b9ffffffffffff", "baffffffff010000",
     "baffffffffffffff", "bbffffffff01000000", "bbffffffffffffffff", "bcffffffff0100000000", "bcffffffffffffffffff",
     "bdffffffff010000000000", "bdffffffffffffffffffff", "beffffffff01000000000000", "beffffffffffffffffffffff",
     "bfffffffff0100000000000000", "bfffffffffffffffffffffffff"},
    {"c00100000000", "c10100000000", "c80100000000ff", "c901000000000100", "c90100000000ffff", "ca0100000000010000",
     "ca0100000000ffffff", "cb010000000001000000", "cb0100000000ffffffff", "cc01000000000100000000",
     "cc0100000000ffffffffff", "cd0100000000010000000000", "cd0100000000ffffffffffff", "ce010000000001000000000000",
     "ce0100000000ffffffffffffff", "cf01000000000100000000000000", "cf0100000000ffffffffffffffff"},
    {"c0ffffffffff", "c1ffffffffff", "c8ffffffffffff", "c9ffffffffff0100", "c9ffffffffffffff", "caffffffffff010000",
     "caffffffffffffffff", "cbffffffffff01000000", "cbffffffffffffffffff", "ccffffffffff0100000000",
     "ccffffffffffffffffffff", "cdffffffffff010000000000", "cdffffffffffffffffffffff", "ceffffffffff01000000000000",
     "ceffffffffffffffffffffffff", "cfffffffffff0100000000000000", "cfffffffffffffffffffffffffff"},
    {"d0010000000000", "d1010000000000", "d8010000000000ff", "d90100000000000100", "d9010000000000ffff",
     "da010000000000010000", "da010000000000ffffff", "db01000000000001000000", "db010000000000ffffffff",
     "dc0100000000000100000000", "dc010000000000ffffffffff", "dd010000000000010000000000", "dd010000000000ffffffffffff",
     "de01000000000001000000000000", "de010000000000ffffffffffffff", "df0100000000000100000000000000",
     "df010000000000ffffffffffffffff"},
    {"d0ffffffffffff", "d1ffffffffffff", "d8ffffffffffffff", "d9ffffffffffff0100", "d9ffffffffffffffff",
     "daffffffffffff010000", "daffffffffffffffffff", "dbffffffffffff01000000", "dbffffffffffffffffffff",
     "dcffffffffffff0100000000", "dcffffffffffffffffffffff", "ddffffffffffff010000000000", "ddffffffffffffffffffffffff",
     "deffffffffffff01000000000000", "deffffffffffffffffffffffffff", "dfffffffffffff0100000000000000",
     "dfffffffffffffffffffffffffffff"},
    {"e001000000000000", "e101000000000000", "e801000000000000ff", "e9010000000000000100", "e901000000000000ffff",
     "ea01000000000000010000", "ea01000000000000ffffff", "eb0100000000000001000000", "eb01000000000000ffffffff",
     "ec010000000000000100000000", "ec01000000000000ffffffffff", "ed01000000000000010000000000",
     "ed01000000000000ffffffffffff", "ee0100000000000001000000000000", "ee01000000000000ffffffffffffff",
     "ef010000000000000100000000000000", "ef01000000000000ffffffffffffffff"},
    {"e0ffffffffffffff", "e1ffffffffffffff", "e8ffffffffffffffff", "e9ffffffffffffff0100", "e9ffffffffffffffffff",
     "eaffffffffffffff010000", "eaffffffffffffffffffff", "ebffffffffffffff01000000", "ebffffffffffffffffffffff",
     "ecffffffffffffff0100000000", "ecffffffffffffffffffffffff", "edffffffffffffff010000000000",
     "edffffffffffffffffffffffffff", "eeffffffffffffff01000000000000", "eeffffffffffffffffffffffffffff",
     "efffffffffffffff0100000000000000", "efffffffffffffffffffffffffffffff"},
    {"f00100000000000000", "f10100000000000000", "f80100000000000000ff", "f901000000000000000100",
     "f90100000000000000ffff", "fa0100000000000000010000", "fa0100000000000000ffffff", "fb010000000000000001000000",
     "fb0100000000000000ffffffff", "fc01000000000000000100000000", "fc0100000000000000ffffffffff",
     "fd0100000000000000010000000000", "fd0100000000000000ffffffffffff", "fe010000000000000001000000000000",
     "fe0100000000000000ffffffffffffff", "ff01000000000000000100000000000000", "ff0100000000000000ffffffffffffffff"},
    {"f0ffffffffffffffff", "f1ffffffffffffffff", "f8ffffffffffffffffff", "f9ffffffffffffffff0100",
     "f9ffffffffffffffffffff", "faffffffffffffffff010000", "faffffffffffffffffffffff", "fbffffffffffffffff01000000",
     "fbffffffffffffffffffffffff", "fcffffffffffffffff0100000000", "fcffffffffffffffffffffffffff",
     "fdffffffffffffffff010000000000", "fdffffffffffffffffffffffffffff", "feffffffffffffffff01000000000000",
     "feffffffffffffffffffffffffffffff", "ffffffffffffffffff0100000000000000", "ffffffffffffffffffffffffffffffffff"},
};

static const char SFRAME_BASE_KEY[] = "000102030405060708090a0b0c0d0e0f";
static const char SFRAME_KEY_LABEL[] = "534672616d6520312e3020536563726574206b65792000000000000001230005";
static const char SFRAME_SALT_LABEL[] = "534672616d6520312e30205365637265742073616c742000000000000001230005";
static const char SFRAME_SECRET[] = "0fc3ea6de6aac97a35f194cf9bed94d4b5230f1cb45a785c9fe5dce9c188938ab6ba005bc4c0a19181"
                                    "599e9d1bcf7b74aca48b60bf5e254e546d809313e083a3";
static const char SFRAME_KEY[] = "d3e27b0d4a5ae9e55df01a70e6d4d28d969b246e2936f4b7a5d9b494da6b9633";
static const char SFRAME_SALT[] = "84991c167b8cd23c93708ec7";
static const char SFRAME_NONCE[] = "84991c167b8cd23c9370cba0";
static const char SFRAME_METADATA[] = "4945544620534672616d65205747";
static const char SFRAME_AAD[] = "99012345674945544620534672616d65205747";
static const char SFRAME_CLEAR[] = "64726166742d696574662d736672616d652d656e63";
static const char SFRAME_SEALED[] =
    "990123456794f509d36e9beacb0e261d99c7d1e972f1fed787d4049f17ca21353c1cc24d56ceabced279";
enum { SFRAME_KID = 0x123, SFRAME_CTR = 0x4567 };

#endif
