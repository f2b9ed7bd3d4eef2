#include "language.h"

#include <libintl.h>

#define DOMAIN "parlour"

const char *language_words(const char *english)
{
    return english[0] ? dgettext(DOMAIN, english) : english; // an empty one would ask for the catalogue's own head
}

const char *language_count(const char *one, const char *many, unsigned long count)
{
    return dngettext(DOMAIN, one, many, count);
}
