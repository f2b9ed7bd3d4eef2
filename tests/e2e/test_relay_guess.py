#!/usr/bin/env python3
"""Room numbers are short: somebody who tries them, from one place or from hundreds, gets few answers and no hint, and who
has an invite is not kept out by it."""
import random

from peer import *

SOURCES, EACH = 200, 12
random.seed(4)
relay = Relay()
ann = hello(relay, "Ann")
create(ann)
room = ann.until("room")
RIGHT = room["code"]


def wrong():
    while True:
        code = "%06d" % random.randrange(1000000)
        if code != RIGHT:
            return code


# One place: ten wrong ones, then none is looked at, not even the right number; an invite always is.
one = hello(relay, "One", "127.1.0.1")
answers = [join(one, wrong(), os.urandom(32)), join(one, RIGHT, os.urandom(32))]  # nobody guesses tokens: not counted
answers += [join(one, wrong(), None) for i in range(10)]
check(all(a == answers[0] and a["code"] == "no-room" for a in answers), "all alike, also with the right number: %s" % answers)
check(join(one, wrong(), None)["code"] == "busy", "the eleventh is not looked at")
check(join(one, RIGHT, None)["code"] == "busy", "nor is the right number")
again = hello(relay, "Again", "127.1.0.1")
check(join(again, wrong(), None)["code"] == "busy", "nor by another connection from there")
check(join(again, RIGHT)["type"] == "room", "an invite enters from the same place")
ann.until("joined")
passed("one place")

# Hundreds of places: the whole relay looks at twenty a second.
begun, looked, refused = time.monotonic(), 0, 0
for n in range(SOURCES):
    w = hello(relay, "N%d" % n, "127.2.%d.%d" % (n // 100, 1 + n % 100))
    for i in range(EACH):
        a = join(w, wrong(), None)
        check(a["type"] == "error" and a["code"] in ("no-room", "busy"), "a guess is told nothing else: %s" % a)
        looked += a["code"] == "no-room"
        refused += a["code"] == "busy"
    w.k.close()
took = time.monotonic() - begun
print("%d guesses from %d places in %.1f s: %d looked at, %d not" % (SOURCES * EACH, SOURCES, took, looked, refused))
check(looked <= 20 + 20 * took + 1, "at most 20 a second: %d" % looked)
guest = hello(relay, "Guest", "127.3.0.1")
check(join(guest, RIGHT)["type"] == "room", "an invite enters meanwhile")
passed("hundreds of places")
