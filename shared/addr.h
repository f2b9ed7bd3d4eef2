// An IPv4 or IPv6 address and port.
#ifndef PARLOUR_ADDR_H
#define PARLOUR_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct addr {
    union {
        struct sockaddr sa;
        struct sockaddr_in in4;
        struct sockaddr_in6 in6;
    };
    socklen_t length; // 0 = none
};

enum { ADDR_TEXT_MAX = 64 };

// Split "host", "host:port", "[v6]:port" or a bare IPv6 literal. False for an empty host or a port outside 1-65535.
bool addr_split(const char *text, uint16_t default_port, char *host, size_t host_size, uint16_t *port);
// A literal address and port, no name look-up. False when `host` is no literal.
bool addr_literal(struct addr *addr, const char *host, uint16_t port);
bool addr_equal(const struct addr *a, const struct addr *b);
uint16_t addr_port(const struct addr *a);
void addr_set_port(struct addr *a, uint16_t port);
void addr_bytes16(const struct addr *a, uint8_t out[16]); // IPv4 as ::ffff:a.b.c.d
bool addr_is_any(const struct addr *a);
bool addr_is_loopback(const struct addr *a);
// Multicast, broadcast, port 0 or unspecified: never a peer.
bool addr_is_unusable(const struct addr *a);
const char *addr_text(const struct addr *a, char out[ADDR_TEXT_MAX]);      // "1.2.3.4:5", "[::1]:5"
const char *addr_host_text(const struct addr *a, char out[ADDR_TEXT_MAX]); // without port and brackets

#endif
