#!/usr/bin/env python3
"""A file that goes on where it was: after kill -9 of the relay."""
from files import *

MIB = 1 << 20
relay, line, link, ann, bob = across_a_line()

# Both come again by themselves, and so does the file.
path = begins(ann, bob, "one", 4 * MIB, 1, MIB)
relay.kill()
wait_for(lambda: find(bob, False, "one", "waiting") and find(ann, True, "one", "waiting"), "both say that it waits", 15)
relay.run()
f = find(bob, False, "one")
arrived(ann, bob, path, f["file"], "one", 60)
passed("the relay killed in the middle")

for c in (ann, bob):
    c.quit()
