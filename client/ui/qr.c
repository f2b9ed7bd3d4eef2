#include "qr.h"

#include "client/secrets.h"
#include "hash.h"
#include "shared/base.h"
#include "theme.h"

#include <qrencode.h>
#include <sodium.h>
#include <stdlib.h>

enum { QUIET = 3 }; // modules of white around it; the frame adds to it

static void encode(struct qr *qr, const char *words)
{
    uint64_t hash = hash_words(HASH_START, words);
    if (qr->dark && qr->words == hash)
        return;
    qr_destroy(qr);
    QRcode *code = QRcode_encodeString8bit(words, 0, QR_ECLEVEL_M);
    if (!code)
        return;
    qr->words = hash;
    qr->width = code->width;
    qr->dark = base_alloc((size_t)code->width * (size_t)code->width);
    for (int i = 0; i < code->width * code->width; i++)
        qr->dark[i] = code->data[i] & 1;
    sodium_memzero(code->data, (size_t)code->width * (size_t)code->width);
    QRcode_free(code);
    secrets_scrub(); // the library does not wipe what it read
}

void qr_draw(struct qr *qr, struct pen *pen, SDL_Rect square, const char *words)
{
    encode(qr, words);
    if (!qr->dark)
        return;
    // Whole pixels for every module: cameras dislike uneven ones.
    int all = qr->width + 2 * QUIET, module = MAX(square.w / all, 1), size = module * qr->width;
    int left = square.x + (square.w - size) / 2, top = square.y + (square.h - size) / 2;
    int r = pen_px(pen, 20);
    pen_round4(pen, square, (int[4]){r, r, r, r}, THEME_FOCUS);
    for (int y = 0; y < qr->width; y++)
        for (int x = 0; x < qr->width;) {
            int run = 0;
            while (x + run < qr->width && qr->dark[y * qr->width + x + run])
                run++;
            if (run)
                pen_fill(pen, (SDL_Rect){left + x * module, top + y * module, run * module, module}, THEME_NIGHT);
            x += MAX(run, 1);
        }
}

void qr_destroy(struct qr *qr)
{
    if (qr->dark)
        sodium_memzero(qr->dark, (size_t)qr->width * (size_t)qr->width);
    free(qr->dark);
    sodium_memzero(qr, sizeof *qr);
}
