#!/usr/bin/env python3
"""Somebody with a program of his own lies about what he sends: its name, its size, what is in it. Nothing gets out of the
folder, nothing but what was offered gets a name, the other one reads what happened, and the call goes on."""
from files import *

MIB = 1 << 20


class Liar:
    """The client with lies in it (tests/fake/file_liar.c)."""

    def command(self, args):
        return [os.path.join(BUILD, "tests", "file_liar")] + args[1:]


relay = Relay()
bob = client("Bob", relay, create=True)
link = bob.invite()
eve = client("Eve", relay, invite=link, host=Liar())
ann = client("Ann", relay, invite=link)
together(bob, eve, ann)
to = next(m["id"] for m in eve.members() if m["name"] == "Bob")

# The name leads out of the folder: it is a label, and what arrives is what was offered.
name = "lie-name-%d" % os.getpid()
give(eve, bob, make(name, MIB), to=to)
outside = [p for p in (os.path.join(WORK, name), os.path.join(os.path.dirname(WORK), name)) if os.path.exists(p)]
check(os.listdir(bob.folder) == [name] and not outside, "%s and %s" % (os.listdir(bob.folder), outside))
passed("a name that leads out of the folder")

for lie, text in (("root", False), ("size", False), ("hash", False), ("more", True)):
    name = "lie-" + lie
    eve.ask("send-file", make(name, 3 * MIB // 2, text=text), to)
    take(bob, name)
    f = wait_state(bob, False, name, "failed")
    check((f["sentence"], f["advice"]) == ("The file arrived damaged.", "Eve can send it again."), f)
    wait_for(lambda: not parts(bob), "nothing of it is left", 5)
    check(len(os.listdir(bob.folder)) == 1, "nothing has its name: %s" % os.listdir(bob.folder))
    wait_state(eve, True, name, "failed")
passed("another content, less of it, a block that is not what it says, and more than was said")

# He is not shut out for it, and the others have noticed nothing.
give(eve, bob, make("true", MIB, 7), to=to)
give(ann, bob, make("from-ann", MIB, 8), to=next(m["id"] for m in ann.members() if m["name"] == "Bob"))
bob.ask("chat", "still here")
wait_for(lambda: all(any(l["text"] == "still here" for l in c.ask("chat-log")) for c in (ann, eve)), "the call is as it was", 5)
passed("and the call goes on")
for c in (ann, bob, eve):
    c.quit()
