// CPace against the vectors of draft-irtf-cfrg-cpace-21, appendix B.3 (ristretto255 and SHA-512), and what both sides
// of a run get when passwords, identifiers or bytes on the way differ.
#include "tests/unit/unit.h"

#include "shared/cpace.h"

#include <sodium.h>

#define TEXT(literal) ((struct cpace_text){literal, sizeof(literal) - 1})

// The vectors' scalars come out of this; afterwards the real thing.
static uint8_t next_random[2][32];
static unsigned random_given = 2;

static const char *random_name(void)
{
    return "vectors first";
}

static void random_buf(void *const buf, const size_t size)
{
    if (random_given < 2 && size == 32)
        memcpy(buf, next_random[random_given++], 32);
    else
        randombytes_sysrandom_implementation.buf(buf, size);
}

static uint32_t random_u32(void)
{
    return randombytes_sysrandom_implementation.random();
}

static struct randombytes_implementation vectors_first = {
    .implementation_name = random_name, .random = random_u32, .buf = random_buf};

static int start(void **state)
{
    (void)state;
    return randombytes_set_implementation(&vectors_first) || sodium_init() < 0 ? -1 : 0;
}

static const char draft_channel[] = "0b415f696e69746961746f720b425f726573706f6e646572";
static const char draft_session[] = "7e4b4791d6a8ef019b936c79fb7f2c57";

struct draft {
    uint8_t channel[24], session[16];
    struct cpace_text ci, sid;
};

static void draft_inputs(struct draft *d)
{
    unit_hex(d->channel, sizeof d->channel, draft_channel);
    unit_hex(d->session, sizeof d->session, draft_session);
    d->ci = (struct cpace_text){d->channel, sizeof d->channel};
    d->sid = (struct cpace_text){d->session, sizeof d->session};
}

static void expect(const uint8_t *got, size_t n, const char *hex)
{
    uint8_t wanted[64];
    assert_int_equal(unit_hex(wanted, sizeof wanted, hex), n);
    assert_memory_equal(got, wanted, n);
}

static void the_drafts_run(void **state)
{
    struct draft d;
    struct cpace a, b;
    uint8_t g[32], isk[2][CPACE_ISK];
    (void)state;
    draft_inputs(&d);
    assert_true(cpace_generator(g, TEXT("Password"), d.ci, d.sid));
    expect(g, 32, "222b6b195fe84b1652badb6f6a3ae3d24341e7306967f0b8115b40d5698c7e56");
    unit_hex(next_random[0], 32, "da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08");
    unit_hex(next_random[1], 32, "d2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d");
    random_given = 0;
    assert_true(cpace_begin(&a, TEXT("Password"), d.ci, d.sid));
    assert_true(cpace_begin(&b, TEXT("Password"), d.ci, d.sid));
    assert_int_equal(random_given, 2);
    expect(a.share, 32, "d6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0eec482b9157");
    expect(b.share, 32, "3ea7e0b19560d7c0b0f5734f63b955286dfa8232b5ebe63324e2d9e7433f7258");
    assert_true(cpace_finish(isk[0], &a, true, b.share, d.sid, TEXT("ADa"), TEXT("ADb")));
    assert_true(cpace_finish(isk[1], &b, false, a.share, d.sid, TEXT("ADa"), TEXT("ADb")));
    for (unsigned i = 0; i < 2; i++)
        expect(isk[i], 64,
               "b69effbf61b51d56401c0f65601abe428de8206feaaf0e32198896dcae7b35cd"
               "2b38950a39dfd5d4a79164614c2984f7daa460b588c1e80c3fa2068af7900447");
}

static void the_drafts_bad_shares_are_refused(void **state)
{
    struct draft d;
    struct cpace c;
    uint8_t share[32], isk[CPACE_ISK], out[32];
    (void)state;
    draft_inputs(&d);
    unit_hex(c.scalar, 32, "7cd0e075fa7955ba52c02759a6c90dbbfc10e6d40aea8d283e407d88cf538a05");
    memset(c.share, 1, 32);
    unit_hex(share, 32, "2c3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c");
    assert_int_equal(crypto_scalarmult_ristretto255(out, c.scalar, share), 0);
    expect(out, 32, "7c13645fe790a468f62c39beb7388e541d8405d1ade69d1778c5fe3e7f6b600e");
    assert_true(cpace_finish(isk, &c, true, share, d.sid, TEXT("ADa"), TEXT("ADb")));
    unit_hex(share, 32, "2b3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c");
    memset(isk, 0x55, sizeof isk);
    for (unsigned i = 0; i < 2; i++) { // no element; the identity
        assert_false(cpace_finish(isk, &c, true, share, d.sid, TEXT("ADa"), TEXT("ADb")));
        assert_false(cpace_finish(isk, &c, false, share, d.sid, TEXT("ADa"), TEXT("ADb")));
        memset(share, 0, sizeof share);
    }
    for (unsigned i = 0; i < sizeof isk; i++)
        assert_int_equal(isk[i], 0x55);
}

// An encoding counts only in its one canonical form: no two texts of one share.
static void shares_have_one_spelling(void **state)
{
    struct cpace a, b;
    uint8_t isk[CPACE_ISK], share[32], more[32];
    unsigned carry = 0;
    (void)state;
    assert_true(cpace_begin(&a, TEXT("pw"), TEXT("ci"), TEXT("sid")));
    assert_true(cpace_begin(&b, TEXT("pw"), TEXT("ci"), TEXT("sid")));
    memcpy(share, b.share, 32);
    share[31] |= 0x80;
    assert_false(cpace_finish(isk, &a, true, share, TEXT("sid"), TEXT("a"), TEXT("b")));
    memset(more, 0xff, sizeof more); // + p = 2^255 - 19
    more[0] = 0xed;
    more[31] = 0x7f;
    for (unsigned i = 0; i < 32; i++) {
        carry += (unsigned)b.share[i] + more[i];
        share[i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_false(cpace_finish(isk, &a, true, share, TEXT("sid"), TEXT("a"), TEXT("b")));
    memset(share, 0xff, sizeof share);
    assert_false(cpace_finish(isk, &a, true, share, TEXT("sid"), TEXT("a"), TEXT("b")));
}

struct inputs {
    struct cpace_text password, channel, session, a, b;
};

static const struct inputs usual = {
    {"secret", 6}, {"parlour room 428193", 19}, {"join key", 8}, {"Ann", 3}, {"Bob", 3}};

// Both sides' keys, of a run in which the responder has `theirs`.
static bool run(uint8_t isk[2][CPACE_ISK], const struct inputs *mine, const struct inputs *theirs, int flip)
{
    struct cpace a, b;
    uint8_t ya[32], yb[32];
    assert_true(cpace_begin(&a, mine->password, mine->channel, mine->session));
    assert_true(cpace_begin(&b, theirs->password, theirs->channel, theirs->session));
    memcpy(ya, a.share, 32);
    memcpy(yb, b.share, 32);
    if (flip >= 0 && flip < 256)
        ya[flip / 8] ^= (uint8_t)(1 << flip % 8);
    else if (flip >= 0)
        yb[flip / 8 - 32] ^= (uint8_t)(1 << flip % 8);
    return cpace_finish(isk[0], &a, true, yb, mine->session, mine->a, mine->b) &&
           cpace_finish(isk[1], &b, false, ya, theirs->session, theirs->a, theirs->b);
}

static void keys_agree_only_when_everything_does(void **state)
{
    uint8_t isk[2][CPACE_ISK], before[CPACE_ISK];
    (void)state;
    assert_true(run(isk, &usual, &usual, -1));
    assert_memory_equal(isk[0], isk[1], CPACE_ISK);
    memcpy(before, isk[0], CPACE_ISK);
    assert_true(run(isk, &usual, &usual, -1));
    assert_memory_not_equal(isk[0], before, CPACE_ISK); // fresh scalars
    for (unsigned i = 0; i < 5; i++) {
        struct inputs other = usual;
        ((struct cpace_text *)&other)[i].data = "somebody else's text";
        assert_true(run(isk, &usual, &other, -1));
        assert_memory_not_equal(isk[0], isk[1], CPACE_ISK);
        other = usual;
        ((struct cpace_text *)&other)[i].size--;
        assert_true(run(isk, &usual, &other, -1));
        assert_memory_not_equal(isk[0], isk[1], CPACE_ISK);
    }
    for (int flip = 0; flip < 512; flip++)
        if (run(isk, &usual, &usual, flip))
            assert_memory_not_equal(isk[0], isk[1], CPACE_ISK);
}

// Who takes one side with one password holds one key to try: it fits when the guess was right, and no other guess can
// be tried on the same run, for the key does not come out of the other's share without the scalar of that guess.
static void one_run_is_one_guess(void **state)
{
    static const char *const guesses[] = {"hunter2", "secret", "passwort"};
    uint8_t victim[CPACE_ISK], mine[CPACE_ISK];
    (void)state;
    for (unsigned first = 0; first < ARRAY_LEN(guesses); first++) {
        struct cpace attacker, host, again;
        struct cpace_text guess = {guesses[first], strlen(guesses[first])};
        assert_true(cpace_begin(&attacker, guess, usual.channel, usual.session));
        assert_true(cpace_begin(&host, usual.password, usual.channel, usual.session));
        assert_true(cpace_finish(victim, &host, false, attacker.share, usual.session, usual.a, usual.b));
        assert_true(cpace_finish(mine, &attacker, true, host.share, usual.session, usual.a, usual.b));
        assert_int_equal(memcmp(victim, mine, CPACE_ISK) == 0, first == 1);
        // Later guesses, with the scalar known and the share sent: all of them give the key just had, or another run's.
        for (unsigned later = 0; later < ARRAY_LEN(guesses); later++) {
            struct cpace_text text = {guesses[later], strlen(guesses[later])};
            assert_true(cpace_begin(&again, text, usual.channel, usual.session));
            memcpy(again.share, attacker.share, 32);
            assert_true(cpace_finish(mine, &again, true, host.share, usual.session, usual.a, usual.b));
            assert_memory_not_equal(victim, mine, CPACE_ISK);
        }
    }
}

static void long_fields_are_refused(void **state)
{
    char text[CPACE_FIELD_MAX + 1];
    uint8_t isk[2][CPACE_ISK];
    struct cpace c;
    (void)state;
    memset(text, 'x', sizeof text);
    struct cpace_text most = {text, CPACE_FIELD_MAX}, more = {text, CPACE_FIELD_MAX + 1};
    struct inputs full = {most, most, most, most, most};
    assert_true(run(isk, &full, &full, -1));
    assert_memory_equal(isk[0], isk[1], CPACE_ISK);
    assert_false(cpace_begin(&c, more, most, most));
    assert_false(cpace_begin(&c, most, more, most));
    assert_false(cpace_begin(&c, most, most, more));
    assert_true(cpace_begin(&c, most, most, most));
    const uint8_t *share = c.share;
    assert_false(cpace_finish(isk[0], &c, true, share, more, most, most));
    assert_false(cpace_finish(isk[0], &c, true, share, most, more, most));
    assert_false(cpace_finish(isk[0], &c, true, share, most, most, more));
    struct cpace_text nothing = {"", 0};
    struct inputs empty = {nothing, nothing, nothing, nothing, nothing};
    assert_true(run(isk, &empty, &empty, -1));
    assert_memory_equal(isk[0], isk[1], CPACE_ISK);
}

static void a_passphrase_becomes_a_root(void **state)
{
    uint8_t root[2][32], salt[16];
    (void)state;
    assert_true(cpace_root(root[0], "correct horse", 13));
    crypto_generichash(salt, 16, (const uint8_t *)"parlour passphrase 1", 20, NULL, 0);
    assert_int_equal(crypto_pwhash(root[1], 32, "correct horse", 13, salt, 2, 64u << 20, 2), 0);
    assert_memory_equal(root[0], root[1], 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_drafts_run),
        cmocka_unit_test(the_drafts_bad_shares_are_refused),
        cmocka_unit_test(shares_have_one_spelling),
        cmocka_unit_test(keys_agree_only_when_everything_does),
        cmocka_unit_test(one_run_is_one_guess),
        cmocka_unit_test(long_fields_are_refused),
        cmocka_unit_test(a_passphrase_becomes_a_root),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
