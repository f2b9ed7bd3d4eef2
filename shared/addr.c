#include "addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_port(const char *text, uint16_t *port)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    unsigned long v = strtoul(text, &end, 10);
    if (*end || v < 1 || v > 65535)
        return false;
    *port = (uint16_t)v;
    return true;
}

static bool copy_host(const char *from, size_t n, char *host, size_t host_size)
{
    if (n == 0 || n >= host_size)
        return false;
    memcpy(host, from, n);
    host[n] = 0;
    return true;
}

bool addr_split(const char *text, uint16_t default_port, char *host, size_t host_size, uint16_t *port)
{
    *port = default_port;
    if (*text == '[') {
        const char *end = strchr(text, ']');
        if (!end || !copy_host(text + 1, (size_t)(end - text - 1), host, host_size))
            return false;
        return end[1] == 0 || (end[1] == ':' && parse_port(end + 2, port));
    }
    const char *colon = strchr(text, ':');
    if (!colon || strchr(colon + 1, ':')) // none, or a bare IPv6 literal
        return copy_host(text, strlen(text), host, host_size);
    return copy_host(text, (size_t)(colon - text), host, host_size) && parse_port(colon + 1, port);
}

bool addr_literal(struct addr *addr, const char *host, uint16_t port)
{
    memset(addr, 0, sizeof *addr);
    if (inet_pton(AF_INET, host, &addr->in4.sin_addr) == 1) {
        addr->in4.sin_family = AF_INET;
        addr->in4.sin_port = htons(port);
        addr->length = sizeof addr->in4;
        return true;
    }
    if (inet_pton(AF_INET6, host, &addr->in6.sin6_addr) == 1) {
        addr->in6.sin6_family = AF_INET6;
        addr->in6.sin6_port = htons(port);
        addr->length = sizeof addr->in6;
        return true;
    }
    return false;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
    if (a->length == 0 || b->length == 0)
        return a->length == b->length;
    uint8_t x[16], y[16];
    addr_bytes16(a, x);
    addr_bytes16(b, y);
    return addr_port(a) == addr_port(b) && memcmp(x, y, 16) == 0;
}

uint16_t addr_port(const struct addr *a)
{
    return ntohs(a->sa.sa_family == AF_INET6 ? a->in6.sin6_port : a->in4.sin_port);
}

void addr_set_port(struct addr *a, uint16_t port)
{
    if (a->sa.sa_family == AF_INET6)
        a->in6.sin6_port = htons(port);
    else
        a->in4.sin_port = htons(port);
}

void addr_bytes16(const struct addr *a, uint8_t out[16])
{
    memset(out, 0, 16);
    if (a->sa.sa_family == AF_INET6) {
        memcpy(out, &a->in6.sin6_addr, 16);
    } else {
        out[10] = out[11] = 0xff;
        memcpy(out + 12, &a->in4.sin_addr, 4);
    }
}

static bool all_zero(const uint8_t *p, size_t n)
{
    while (n--)
        if (*p++)
            return false;
    return true;
}

bool addr_is_any(const struct addr *a)
{
    if (a->sa.sa_family == AF_INET6)
        return all_zero((const uint8_t *)&a->in6.sin6_addr, 16);
    return a->in4.sin_addr.s_addr == 0;
}

static bool is_v4(const uint8_t b[16])
{
    return all_zero(b, 10) && b[10] == 0xff && b[11] == 0xff;
}

bool addr_is_loopback(const struct addr *a)
{
    uint8_t b[16];
    addr_bytes16(a, b);
    return is_v4(b) ? b[12] == 127 : all_zero(b, 15) && b[15] == 1;
}

bool addr_is_unusable(const struct addr *a)
{
    if (a->length == 0 || addr_port(a) == 0)
        return true;
    uint8_t b[16];
    addr_bytes16(a, b);
    if (is_v4(b))
        return b[12] == 0 || b[12] >= 224; // 0/8, multicast, reserved, broadcast
    return b[0] == 0xff || all_zero(b, 16);
}

const char *addr_host_text(const struct addr *a, char out[ADDR_TEXT_MAX])
{
    out[0] = 0;
    if (a->sa.sa_family == AF_INET6)
        inet_ntop(AF_INET6, &a->in6.sin6_addr, out, ADDR_TEXT_MAX);
    else if (a->length)
        inet_ntop(AF_INET, &a->in4.sin_addr, out, ADDR_TEXT_MAX);
    return out;
}

const char *addr_text(const struct addr *a, char out[ADDR_TEXT_MAX])
{
    char host[ADDR_TEXT_MAX];
    addr_host_text(a, host);
    snprintf(out, ADDR_TEXT_MAX, a->sa.sa_family == AF_INET6 ? "[%.46s]:%u" : "%.46s:%u", host, (unsigned)addr_port(a));
    return out;
}
