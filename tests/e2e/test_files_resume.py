#!/usr/bin/env python3
"""Files that go on where they were: after kill -9 of who takes them, of the relay, of who gives them."""
from files import *
from bad_line import BadLine

MIB = 1 << 20
relay = Relay()
line = BadLine(relay, "delay=2 rate=16000 queue=60")
ann = client("Ann", relay, create=True)
link = ann.invite()


def come():
    return client("Bob", relay, invite=line.invite(link))


def begins(name, size, seed):
    path = make(name, size, seed)
    ann.ask("send-file", path)
    take(bob, name)
    return path


def come_far(c, name, bytes_):
    wait_for(lambda: (find(c, False, name) or {}).get("done", 0) >= bytes_, "%d bytes of %s are there" % (bytes_, name), 30)


bob = come()
together(ann, bob)

# The one who takes it is killed. When he comes again he is not asked again, and only the rest comes.
path = begins("one", 6 * MIB, 1)
come_far(bob, "one", 3 * MIB // 2)
bob.p.kill()
bob.p.wait()
check(len(parts(bob)) == 2, "what has come is on the disk: %s" % parts(bob))
bob = come()
together(ann, bob)
seen = []


def goes_on():
    f = find(bob, False, "one")
    if f and f["done"]:
        seen.append(f["done"])
    return f and f["state"] == "done" and f


f = wait_for(goes_on, "the rest comes", 30)
check(seen[0] >= MIB, "it goes on where it was: %s" % seen[:3])
arrived(ann, bob, path, f["file"], "one")
check(not parts(bob), "and nothing else is left")
passed("the taker killed in the middle; it went on at %.1f of 6 MiB" % (seen[0] / MIB))

# The relay is killed: both come again by themselves, and so does the file.
path = begins("two", 4 * MIB, 2)
come_far(bob, "two", MIB)
relay.kill()
waited = wait_for(lambda: find(bob, False, "two", "waiting") and find(ann, True, "two", "waiting"), "both say that it waits", 15)
relay.run()
f = find(bob, False, "two")
arrived(ann, bob, path, f["file"], "two", 60)
passed("the relay killed in the middle")

# Who gives it is killed; he offers it once more, and only the rest comes.
path = begins("four", 6 * MIB, 4)
come_far(bob, "four", 3 * MIB // 2)
ann.p.kill()
ann.p.wait()
ann = client("Ann", relay, invite=link)
together(ann, bob)
ann.ask("send-file", path)
f = wait_for(lambda: find(bob, False, "four", "done"), "it is there without another question", 40)
arrived(ann, bob, path, f["file"], "four")
check(len([n for n in os.listdir(bob.folder) if "four" in n]) == 1 and not parts(bob), os.listdir(bob.folder))
passed("the giver killed in the middle")

for c in (ann, bob):
    c.quit()
