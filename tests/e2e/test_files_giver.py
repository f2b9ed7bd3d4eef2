#!/usr/bin/env python3
"""A file that goes on where it was: after kill -9 of who gives it."""
from files import *
from bad_line import BadLine

MIB = 1 << 20
relay = Relay()
line = BadLine(relay, "delay=2 rate=16000 queue=60")
ann = client("Ann", relay, create=True)
link = ann.invite()
bob = client("Bob", relay, invite=line.invite(link))
together(ann, bob)

# He offers it once more, and only the rest comes.
path = begins(ann, bob, "one", 6 * MIB, 1, 3 * MIB // 2)
ann.p.kill()
ann.p.wait()
ann = client("Ann", relay, invite=link)
together(ann, bob)
ann.ask("send-file", path)
f = wait_for(lambda: find(bob, False, "one", "done"), "it is there without another question", 40)
arrived(ann, bob, path, f["file"], "one")
check(len([n for n in os.listdir(bob.folder) if "one" in n]) == 1 and not parts(bob), os.listdir(bob.folder))
passed("the giver killed in the middle")

for c in (ann, bob):
    c.quit()
