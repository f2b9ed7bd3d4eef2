// Ends of a session that lead nowhere: for tests that are about what it says to the relay and to main.
#ifndef PARLOUR_TESTS_SESSION_NOWHERE_H
#define PARLOUR_TESTS_SESSION_NOWHERE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline void nowhere_datagram(void *ctx, const uint8_t *p, size_t n)
{
    (void)ctx;
    (void)p;
    (void)n;
}

static inline void nowhere_fresh_socket(void *ctx)
{
    (void)ctx;
}

static inline void nowhere_media_address(void *ctx, const char *host, uint16_t port)
{
    (void)ctx;
    (void)host;
    (void)port;
}

static inline void nowhere_gone(void *ctx, uint16_t member)
{
    (void)ctx;
    (void)member;
}

static inline void nowhere_slot(void *ctx, uint8_t slot)
{
    (void)ctx;
    (void)slot;
}

static inline void nowhere_hold(void *ctx, bool hold)
{
    (void)ctx;
    (void)hold;
}

#endif
