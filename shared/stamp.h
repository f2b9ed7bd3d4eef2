// When a datagram came, by the kernel: how long it waited until we were given a core is no queue on its way.
#ifndef PARLOUR_STAMP_H
#define PARLOUR_STAMP_H

#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

enum { STAMP_SPACE = CMSG_SPACE(sizeof(struct timespec)) }; // of control bytes, in each message

// The socket's datagrams are stamped from now on. Where the kernel refuses, their age is 0.
void stamp_on(int fd);
// How long ago this message came, us, at most a second; 0 = not known.
uint64_t stamp_age_us(const struct msghdr *m);

#endif
