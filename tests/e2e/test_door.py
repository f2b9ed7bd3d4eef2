#!/usr/bin/env python3
"""A host at the door, with real clients over TLS: who knocks sees and hears nothing, is let in or sent away; roles change
hands; who is removed cannot stay; a room that has ended has ended for all. Every refusal is final and says so (exit 3)."""
from kit import *

relay = Relay(tls=True)
host = Client("Host", relay, "--lobby", create=True)
invite = host.invite()


def knocks():
    return {k["name"]: k["knock"] for k in host.ask("room")["knocks"]}


def knock(name):
    c = Client(name, relay, invite=invite)
    wait_for(lambda: name in knocks(), "%s knocks" % name, 10)
    wait_for(lambda: c.ask("room")["waiting"], "%s waits outside" % name)
    check(not c.members(), "%s sees nobody" % name)
    return c


def refused(c, why):
    c.p.wait(15)
    check(c.p.returncode == 3, "%s ends with 3, not %r: %s" % (c.name, c.p.returncode, why))


ann, bob, eve = knock("Ann"), knock("Bob"), knock("Eve")
host.ask("admit", knocks()["Ann"])
host.ask("admit", knocks()["Bob"])
wait_for(lambda: all(c.sees(2) for c in (host, ann, bob)), "three see each other", 15)
check(len(host.members()) == 3, "and nobody else")
host.ask("deny", knocks()["Eve"])
refused(eve, "denied")
passed("the door")

cat = knock("Cat")
cat.p.terminate()
cat.p.wait(10)
wait_for(lambda: not knocks(), "who goes away knocks no more", 5)
passed("no dead names at the door")

ids = {m["name"]: m["id"] for m in host.members()}
print("a guest is told:", ann.ask("kick", ids["Bob"], refused=True))
check(len(host.members()) == 3, "a guest removes nobody")
host.ask("role", ids["Ann"], "host")
wait_for(lambda: all(any(m["name"] == "Ann" and m["host"] for m in c.members()) for c in (ann, bob)),
         "Ann is host, and knows it", 5)
ann.ask("kick", ids["Bob"])
refused(bob, "removed")
wait_for(lambda: len(host.members()) == 2 and host.sees(1) and ann.sees(1), "two go on", 10)
passed("roles, and who is removed")

host.ask("lobby", False)
host.ask("lock", True)
wait_for(lambda: ann.ask("room")["locked"], "the room is locked", 5)
dan = knock("Dan")
ann.ask("lock", False)
host.ask("mute", "all")
wait_for(lambda: not ann.ask("room")["locked"], "and open again", 5)
ann.ask("end")
for c in (host, ann, dan):
    refused(c, "the room has ended")
passed("lock and end")
