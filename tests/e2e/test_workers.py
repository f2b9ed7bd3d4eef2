#!/usr/bin/env python3
"""Several workers share one port: every room works, wherever its number puts it, before and after a restart."""
from kit import *

WORKERS, ROOMS = 3, 5
relay = Relay(args=["--workers", str(WORKERS)])
with open("/proc/%d/status" % relay.p.pid) as f:
    threads = int(re.search(r"Threads:\s+(\d+)", f.read())[1])
check(threads >= 1 + WORKERS, "%d workers have a thread each: %d threads" % (WORKERS, threads))

pairs = []
for i in range(ROOMS):
    host = Client("Host%d" % i, relay, create=True)
    pairs.append((host, Client("Guest%d" % i, relay, invite=host.invite())))


def all_see():
    return all(a.sees(1) and b.sees(1) for a, b in pairs)


wait_for(all_see, "pictures in all %d rooms" % ROOMS, 15)
passed("every room has its worker")

relay.kill()
relay.run()
began = time.monotonic()
for a, b in pairs:
    before = [x.streams()[0]["frames_decoded"] for x in (a, b)]
    wait_for(lambda: all(x.streams() and x.streams()[0]["frames_decoded"] > n for x, n in zip((a, b), before)),
             "pictures again after a restart", 10)
print("all rooms move again %.1f s after the restart" % (time.monotonic() - began))
for a, b in pairs:
    check(len(a.others()) == 1 and len(b.others()) == 1, "nobody was lost")
passed("a restart with workers")
