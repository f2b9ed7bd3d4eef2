#!/usr/bin/env python3
"""A file that goes on where it was: after who takes it was killed, or ended as a program should."""
from files import *
from bad_line import BadLine

MIB = 1 << 20
relay = Relay()
line = BadLine(relay, "delay=2 rate=16000 queue=60")
ann = client("Ann", relay, create=True)
link = ann.invite()


def come():
    return client("Bob", relay, invite=line.invite(link))


bob = come()
together(ann, bob)

# The one who takes it ends. When he comes again he is not asked again, and only the rest comes.
at = []
for name, ends in (("one", lambda c: c.p.kill()), ("two", lambda c: c.quit())):
    path = begins(ann, bob, name, 4 * MIB, len(at) + 1, 3 * MIB // 2)
    ends(bob)
    bob.p.wait()
    check(len(parts(bob)) == 2, "what has come is on the disk: %s" % parts(bob))
    bob = come()
    together(ann, bob)
    seen = []

    def goes_on():
        f = find(bob, False, name)
        if f and f["done"]:
            seen.append(f["done"])
        return f and f["state"] == "done" and f

    f = wait_for(goes_on, "the rest comes", 30)
    check(seen[0] >= MIB, "it goes on where it was: %s" % seen[:3])
    arrived(ann, bob, path, f["file"], name)
    check(not parts(bob), "and nothing else is left")
    at.append(seen[0] / MIB)
passed("the taker killed, and ended, in the middle; it went on at %.1f and %.1f of 4 MiB" % tuple(at))

for c in (ann, bob):
    c.quit()
