#!/usr/bin/env python3
"""A relay run by an enemy, with three real clients who hold the invite link: he reads, loses, reorders, repeats, relabels and
forges. He learns no word, no picture and no key; nothing is shown twice or under another's name; when he stops, the call is as
before. What he can do is to make it fail, visibly."""
import random

from hostile import *

class Lose(Boxes):
    """A quarter of all boxes on the way up, and again on the way down, and a tenth of all datagrams never arrive."""

    def __init__(self, seed, boxes=0.25, datagrams=0.1):
        self.random, self.boxes, self.datagrams, self.lost = random.Random(seed), boxes, datagrams, 0

    def box(self, leg, b, up):
        lost = self.random.random() < self.boxes
        self.lost += lost
        return None if lost else b

    def on_datagram_down(self, leg, d):
        return None if self.random.random() < self.datagrams else d


class LoseControl(Attack):
    """Three in ten control messages of every kind never arrive."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def on_control_up(self, leg, m):
        return None if self.random.random() < 0.3 else m

    on_control_down = on_control_up


class Repeat(Boxes):
    """Boxes and datagrams come in another order, again at once, and again later."""

    def __init__(self):
        self.random, self.copies, self.held, self.old = random.Random(3), 0, [], {}

    def box(self, leg, b, up):
        if up:
            return b
        self.copies += 2
        leg.relay.later(0.05 + self.random.random(), leg.send, b)
        return [b, b]

    def on_datagram_down(self, leg, d):
        if d[0] not in (4, 5):
            return [d, d]
        self.copies += 1
        leg.relay.later(self.random.random() / 8, leg.way.to_client, d)
        if self.random.random() < 0.2:
            return None  # this one comes late only
        again = [d]
        old = self.old.setdefault(leg.name, [])
        if len(old) < 200:
            old.append(d)
        else:  # under a fresh number, so that the hop takes it: the seal has seen it
            again.append(leg.way.ahead(self.random.choice(old)))
            self.copies += 1
        return again


class Relabel(Attack):
    """Everybody's media also comes under another's id, slot, time and mark, with another SFrame counter, and bent."""

    def __init__(self):
        self.forged, self.count = 0, 0

    def on_datagram_down(self, leg, d):
        self.count += 1
        if d[0] != 4 or self.count % 3:
            return d
        sender, slot, ts = int.from_bytes(d[2:4], "big"), d[19], int.from_bytes(d[20:24], "big")
        others = [i for i in leg.roster if i not in (sender, leg.id)]
        bend = lambda at, bit: bytes(x ^ bit if i == at else x for i, x in enumerate(d))
        wrong = [leg.way.ahead(d, sender=o) for o in others]
        wrong += [leg.way.ahead(d, slot=s) for s in (0x00, 0x18, 0x28) if s != slot]
        wrong += [leg.way.ahead(d, ts=ts + 9000), leg.way.ahead(bend(1, 0xC0)), leg.way.ahead(bend(28, 1)),
                  leg.way.ahead(bend(29, 1)), leg.way.ahead(bend(len(d) - 1, 1))]
        self.forged += len(wrong)
        return wrong + [d]


def bad(c):
    return c.ask("stats")["call"]["bad_datagrams"]


relay = Relay()
hostile = Hostile(relay)
tap = hostile.tap
people = [enter(hostile, "Ann", create=True)]
invite = people[0].invite()
secret_key = unb64(re.search(r"k=([\w-]{22})", invite)[1])
for name in ("Bob", "Cat"):
    people.append(enter(hostile, name, invite=invite))
ann, bob, cat = people
all_see(people, "at first")
secret = "Nobody but the three of us may read this sentence, nor a piece of it."
said(ann, secret, people)
passed("a call through him")

attack = hostile.use(Repeat())
numbered = ["line %d" % i for i in range(8)]
for text in numbered:
    said(bob, text, people)
wait_for(lambda: attack.copies > 2000, "he has repeated enough", 30)
all_see(people, "while everything is repeated")
hostile.use()
said(cat, "the end of it", people)
for c in people:
    check([x for x in lines(c) if x in numbered] == numbered, "each line once and in order: %s %s" % (c.name, lines(c)))
passed("%d copies of boxes and datagrams" % attack.copies)

before = {c.name: bad(c) for c in people}
attack = hostile.use(Relabel())
wait_for(lambda: attack.forged > 1500, "he has forged enough", 30)
hostile.use()
wait_for(lambda: sum(bad(c) - before[c.name] for c in people) > attack.forged * 0.95, "what he forged is refused")
all_see(people, "after the forgeries")
passed("%d datagrams under another sender, slot, time, mark or counter" % attack.forged)

attack = hostile.use(Lose(5))
people.remove(cat)  # who leaves and who comes changes all keys, and much of that is lost
cat.quit()
dan = enter(hostile, "Dan", invite=invite)
people.append(dan)
all_see(people, "almost half of all boxes are lost", 40)
for i in range(20, 40):
    people[i % 3].ask("chat", "perhaps %d" % i)
wait_for(lambda: attack.lost > 4, "boxes were lost")
hostile.use()
heard_again(dan, "after the losses", people)
hostile.use(LoseControl(9))
for i in range(20):
    people[i % 3].ask("chat", "perhaps %d" % i)
hostile.use()
hostile.do(hostile.hang_up)
all_see(people, "connections were lost after control messages were")
heard_again(ann, "all is well", people)
for c in people:
    got = [x for x in lines(c) if x.startswith("perhaps")]
    check(len(set(got)) == len(got), "no line twice: %s" % got)
passed("lost boxes, lost control messages, lost connections")

for c in people:
    c.quit()

# What came out of it, and what he has seen.
everything = {c.name: never_twice(c) for c in people + [cat]}
owner, same = {}, {}
for name, packets in everything.items():
    for source, ts, sequence, mark, payload in packets:
        check(same.setdefault((source, ts, sequence), (mark, payload)) == (mark, payload), "two were given different things")
        if len(payload) > 60 and source & 0xFF00 != 0xF000:  # meta says little
            stream = source & ~0x0C00  # layers of a picture so small are one and the same
            check(owner.setdefault(payload, stream) == stream, "a payload of %x was shown as %x's" % (owner[payload], source))
tap.learned_nothing([secret.encode(), secret_key, b64(secret_key).encode(), secret_key.hex().encode(), b"perhaps", b"all is well",
                     b'"kind"'] + [x[4] for p in everything.values() for x in p], names=[b"Ann", b"Bob"])
passed("he has read %d messages and %d datagrams, and learned nothing" % (len(tap.control), len(tap.datagrams)))
