#!/usr/bin/env python3
"""Files over a bad line: cut for a while, and one that loses a fifth of all both ways."""
from files import *

MIB = 1 << 20
relay, line, link, ann, bob = across_a_line()
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
