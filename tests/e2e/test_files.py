#!/usr/bin/env python3
"""Files between real clients: whole, empty, deflated, with odd names, two at once, refused, stopped; to one and to all."""
from files import *

relay = Relay()
ann = client("Ann", relay, create=True)
bob = client("Bob", relay, invite=ann.invite())
cat = client("Cat", relay, invite=ann.invite())
together(ann, bob, cat)
ids = {m["name"]: m["id"] for m in ann.members()}
check(ann.ask("send-file", "/etc/hostname", 999, refused=True).startswith("nobody"), "to nobody")

# To one alone
give(ann, bob, make("noise.bin", 1 << 20), to=ids["Bob"])
give(ann, bob, make("text.txt", 3 << 20, text=True), to=ids["Bob"])
give(bob, ann, make("empty", 0), to=ids["Ann"])
check(not cat.ask("files"), "nobody else is offered it: %s" % cat.ask("files"))
check(os.stat(os.path.join(bob.folder, "noise.bin")).st_mode & 0o777 == 0o600, "it is for its owner alone")
f = find(bob, False, "text.txt")
check(f["sentence"] == "Saved in Bob-in" and f["who"] == "Ann", f)
passed("a file of 1 MiB, one of text, an empty one")

# Names, and none is written over
before = digest(os.path.join(bob.folder, "noise.bin"))
where = give(ann, bob, make("noise.bin", 5000, 2), to=ids["Bob"])
check(os.path.basename(where) == "noise (2).bin" and digest(os.path.join(bob.folder, "noise.bin")) == before, where)
odd = [("..\\..\\up.txt", None), ("-rf", None), (".hidden", None), ("CON", None), ("a\u202etxt.exe", None), ("\u4e2d" * 80 + ".pdf", None),
       ("x\n\ty", None), ("  . ", None), ("con.txt:stream|<>?", None)]
for i, (name, _) in enumerate(odd):
    here = find(ann, True)["file"]
    ann.ask("send-file", make(name, 1000 + i, i), ids["Bob"])
    f = wait_for(lambda: find(bob, False, state="asked"), "Bob is offered %r" % name)
    bob.ask("accept-file", f["file"])
    wait_for(lambda: find(bob, False, f["name"], "done"), "%r arrives" % name)
inside = os.listdir(bob.folder)
check(len(inside) == 3 + len(odd) and not parts(bob), "all are in the folder: %s" % inside)
check(set(os.listdir(WORK)) >= {"give", "Bob-in"} and not os.path.exists(os.path.join(WORK, "up.txt")), "and nowhere else")
for n in inside:
    check(len(n.encode()) <= 120 and not n.startswith((".", "-")) and not any(c in n for c in "\\/:\u202e\n|<>?"), repr(n))
passed("names are labels: %s" % sorted(inside)[:20])

# Two at once, both ways
one, two, back = make("one", 6 << 20, 11), make("two", 6 << 20, 12), make("back", 6 << 20, 13)
ann.ask("send-file", one, ids["Bob"])
ann.ask("send-file", two, ids["Bob"])
bob.ask("send-file", back, ids["Ann"])
files = [take(bob, "one"), take(bob, "two"), take(ann, "back")]
arrived(ann, bob, one, files[0]["file"], "one")
arrived(ann, bob, two, files[1]["file"], "two")
arrived(bob, ann, back, files[2]["file"], "back")
passed("two at once, and one the other way")

# To all: one takes it, one does not
whole = make("for-all.bin", 2 << 20, 21)
ann.ask("send-file", whole)
f = take(bob, "for-all.bin")
cat.ask("refuse-file", offered(cat, "for-all.bin")["file"])
arrived(ann, bob, whole, f["file"], "for-all.bin")
wait_state(cat, False, "for-all.bin", "refused")
f = wait_for(lambda: find(ann, True, "for-all.bin", "done"), "it is done")
check(f["takers"] == 1 and f["finished"] == 1 and f["state"] == "done", f)
check(not os.path.exists(os.path.join(cat.folder, "for-all.bin")), "who refuses has nothing")
later = make("later.bin", 1 << 20, 22)  # done for one, and another takes it later
ann.ask("send-file", later)
f = take(bob, "later.bin")
arrived(ann, bob, later, f["file"], "later.bin")
f = take(cat, "later.bin")
arrived(ann, cat, later, f["file"], "later.bin")
wait_for(lambda: find(ann, True, "later.bin")["finished"] == 2, "both have it")
ann.ask("send-file", whole, ids["Cat"])
cat.ask("refuse-file", offered(cat, "for-all.bin")["file"])
wait_state(ann, True, "for-all.bin", "refused")
passed("to all and to one, taken and refused")

# Stopped: by who offers, before and in the middle; by who takes
big = make("big", (100 if os.environ.get("PARLOUR_FULL") else 24) << 20, 31)
ann.ask("send-file", big, ids["Bob"])
file = offered(bob, "big")["file"]
ann.ask("cancel-file", find(ann, True, "big")["file"])
wait_state(bob, False, "big", "cancelled")
for who, other in ((ann, bob), (bob, ann)):
    ann.ask("send-file", big, ids["Bob"])
    take(bob, "big")
    wait_for(lambda: (find(bob, False, "big") or {}).get("done", 0) > 0 and parts(bob), "some of it comes", 20, 0.02)
    who.ask("cancel-file", find(who, who == ann, "big")["file"])
    wait_state(who, who == ann, "big", "cancelled")
    f = wait_state(other, other == ann, "big", "cancelled")
    check(f["sentence"] == "%s has stopped it." % who.name, f)
    wait_for(lambda: not parts(bob), "nothing of it is left", 5)
check(ann.ask("retry-file", 4242, refused=True) == "no such file", "a file that is not")
passed("stopped, and nothing is left")

# What cannot be offered
for path, sentence in (("/nowhere/x", "This file is no longer there."), ("/dev/null", "Only single files can be sent."),
                       (WORK, "Only single files can be sent.")):
    ann.ask("send-file", path)
    f = wait_for(lambda: find(ann, True, os.path.basename(path), "failed"), "it fails")
    check(f["sentence"] == sentence, f)
passed("what cannot be sent is said")

# A large one, and what is told of it
ann.ask("retry-file", find(ann, True, "big")["file"])
from_s = time.monotonic()
f = take(bob, "big")
arrived(ann, bob, big, f["file"], "big", 60)
took = time.monotonic() - from_s
bob.ask("stats")
told = [e for e in bob.events if e["event"] == "file-progress" and e["file"] == f["file"]]
done = [e["done"] for e in told]
check(done == sorted(done), "it goes forward: %s" % done)
check(any(e["event"] == "file-offer" and e["file"] == f["file"] for e in bob.events) and
      any(e["event"] == "file-done" and e["file"] == f["file"] for e in bob.events), "an offer and an end are told")
passed("%d MiB after another try, in %.1f s: %s" % (os.path.getsize(big) >> 20, took, [(e["done"] >> 20, round(e["rate"] / 1e6, 1)) for e in told]))

# Who leaves the room takes nothing with him
ann.ask("send-file", big, ids["Bob"])
offered(bob, "big")
bob.ask("leave")
wait_for(lambda: find(bob, False, "big")["state"] == "cancelled", "an offer ends with the room")
for c in (ann, bob, cat):
    c.quit()
passed("and all end")
