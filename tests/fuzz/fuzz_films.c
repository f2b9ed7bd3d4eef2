// Anything as a message of a library or of who watches, as what a film says of itself, and as a file's name: what is
// taken is in bounds, and what is written of it reads as the same.
#include "tests/fuzz/fuzz.h"

#include "client/library/film_protocol.h"

static void message(const char *text, size_t size)
{
    static struct film_message m, again;
    if (!film_protocol_read(&m, text, size))
        return;
    HOLDS(m.what < FILM_DO_COUNT && m.count <= FILM_PAGE_MAX);
    HOLDS(m.ms <= 86400000 && m.from <= FILM_FILMS_MAX && m.total <= FILM_FILMS_MAX);
    HOLDS((m.error != FILM_ERROR_NONE) == (m.what == FILM_ERROR) && m.error < FILM_ERROR_COUNT);
    for (size_t i = 0; i < m.count; i++) {
        HOLDS(m.films[i].id && memchr(m.films[i].title, 0, FILM_TITLE_MAX));
        for (unsigned k = 0; k < FILM_QUALITIES; k++)
            HOLDS(m.films[i].quality[k].way <= FILM_BAD && m.films[i].quality[k].why < FILM_WHY_COUNT);
    }
    size_t count = m.count;
    char *back = film_protocol_write(&m);
    HOLDS(back && m.count <= count && (count == 0 || m.count > 0));
    HOLDS(film_protocol_read(&again, back, strlen(back)));
    HOLDS(again.what == m.what && again.film == m.film && again.ms == m.ms && again.count == m.count);
    free(back);
}

static void about(const char *text)
{
    struct film_about a, again;
    if (!film_protocol_read_about(&a, text))
        return;
    char *back = film_protocol_write_about(&a);
    HOLDS(back && film_protocol_read_about(&again, back));
    HOLDS(again.by == a.by && again.only == a.only && again.ms == a.ms && strcmp(again.title, a.title) == 0);
    free(back);
}

static void name(const char *text)
{
    char title[FILM_TITLE_MAX];
    size_t stem;
    unsigned quality;
    bool single;
    if (!film_file(text, title, &stem, &quality, &single))
        return;
    HOLDS(stem < strlen(text) && quality < FILM_QUALITIES && memchr(title, 0, sizeof title));
    struct film_about a = {.by = 1}, again;
    memcpy(a.title, title, sizeof title);
    char *back = film_protocol_write_about(&a); // a title is text whatever the file is called
    HOLDS(back && film_protocol_read_about(&again, back) && strcmp(again.title, title) == 0);
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = 0;
    message(text, size);
    about(text);
    name(text);
    free(text);
    return 0;
}
