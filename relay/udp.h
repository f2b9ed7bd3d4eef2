// One UDP socket, read and written in batches. Nothing is queued beyond a batch: what the socket refuses is lost, as on
// any link. Used by one thread.
#ifndef PARLOUR_UDP_H
#define PARLOUR_UDP_H

#include "shared/addr.h"
#include "shared/wire.h"

#include <netinet/in.h>
#include <sys/uio.h>

// The tail of a read buffer shows a datagram that was too long: it is dropped by its length.
enum { UDP_IN = 64, UDP_IN_SIZE = WIRE_DATAGRAM_MAX + 16, UDP_OUT = 512, UDP_SCRATCH = 64 };

struct udp;

// Bind to a literal address; an empty `listen` means every address, IPv6 and IPv4. Port 0 = any free one.
// NULL with one sentence in `error`.
struct udp *udp_open(const char *listen, uint16_t port, char *error, size_t error_size);
void udp_close(struct udp *u);
int udp_fd(const struct udp *u);
const struct addr *udp_address(const struct udp *u); // as bound
// The receive and send buffers the kernel gave, in bytes.
void udp_buffers(const struct udp *u, int *in, int *out);
// Read what is there, at most UDP_IN datagrams; returns how many. They stay valid until the next call.
unsigned udp_receive(struct udp *u);
uint8_t *udp_datagram(struct udp *u, unsigned i, size_t *n, const struct addr **from);
// Queue for sending. A pointer into a received datagram is used in place (udp_flush before the next udp_receive); any
// other bytes are copied.
void udp_send(struct udp *u, const uint8_t *bytes, size_t n, const struct addr *to);
void udp_flush(struct udp *u);

#endif
