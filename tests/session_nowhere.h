// Ends of a session that lead nowhere: for tests that are about what it says to the relay and to main.
#ifndef PARLOUR_TESTS_SESSION_NOWHERE_H
#define PARLOUR_TESTS_SESSION_NOWHERE_H

#include "client/net/session.h"

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

static inline void nowhere_audio(void *ctx, const struct media_packet *p)
{
    (void)ctx;
    (void)p;
}

static inline void nowhere_clock_map(void *ctx, uint16_t member, uint8_t slot, uint32_t ts, uint64_t local_us)
{
    (void)ctx;
    (void)member;
    (void)slot;
    (void)ts;
    (void)local_us;
}

static inline void nowhere_rates(void *ctx, const struct outflow_rates *rates)
{
    (void)ctx;
    (void)rates;
}

// All of them, but `notice`, `control` and `video`, which are given what they must free.
static inline struct session_io session_nowhere(void)
{
    return (struct session_io){.datagram = nowhere_datagram,
                               .fresh_socket = nowhere_fresh_socket,
                               .media_address = nowhere_media_address,
                               .audio = nowhere_audio,
                               .clock_map = nowhere_clock_map,
                               .gone = nowhere_gone,
                               .keyframe = nowhere_slot,
                               .rates = nowhere_rates,
                               .hold = nowhere_hold};
}

#endif
