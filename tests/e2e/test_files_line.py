#!/usr/bin/env python3
"""Files over a bad line: cut for a while, and one that loses a fifth of all both ways."""
from files import *
from bad_line import BadLine

MIB = 1 << 20
relay = Relay()
line = BadLine(relay, "delay=2 rate=16000 queue=60")
ann = client("Ann", relay, create=True)
bob = client("Bob", relay, invite=line.invite(ann.invite()))
together(ann, bob)
path = make("cut", 4 * MIB, 3)
ann.ask("send-file", path)
file = take(bob, "cut")["file"]
wait_for(lambda: find(bob, False, "cut")["done"] >= MIB, "some of it comes", 30)
line.set("cut=1")
wait_for(lambda: find(bob, False, "cut", "waiting"), "Bob says that it waits", 15)
line.set("cut=0")
arrived(ann, bob, path, file, "cut", 60)
passed("a line that was cut")
line.set("loss=20")
give(ann, bob, make("lossy", 2 * MIB, 5), seconds=60)
passed("a fifth of all datagrams lost, both ways")
for c in (ann, bob):
    c.quit()
