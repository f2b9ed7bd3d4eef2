#!/usr/bin/env python3
"""A file that goes on where it was: after who gives it was killed, or ended as a program should."""
from files import *

MIB = 1 << 20
relay, line, link, ann, bob = across_a_line()

# She offers it once more, and only the rest comes.
for name, ends in (("one", lambda c: c.p.kill()), ("two", lambda c: c.quit())):
    path = begins(ann, bob, name, 4 * MIB, len(name) + ord(name[0]), 3 * MIB // 2)
    ends(ann)
    ann.p.wait()
    check(len(parts(bob)) == 2 and find(bob, False, name)["state"] in ("running", "waiting"), find(bob, False, name))
    ann = client("Ann", relay, invite=link)
    together(ann, bob)
    seen = []
    ann.ask("send-file", path)

    def goes_on():
        f = find(bob, False, name)
        seen.append(f["done"])
        return f["state"] == "done" and f

    f = wait_for(goes_on, "it is there without another question", 40)
    arrived(ann, bob, path, f["file"], name)
    check(any(MIB <= n < 4 * MIB for n in seen), "it went on where it was: %s" % seen[:3])
    check(len([n for n in os.listdir(bob.folder) if name in n]) == 1 and not parts(bob), os.listdir(bob.folder))
passed("the giver killed in the middle, and ended in the middle")

for c in (ann, bob):
    c.quit()
