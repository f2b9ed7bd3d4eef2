#!/usr/bin/env python3
"""A relay run by an enemy, and calls. He lies in the list of people, rings for calls nobody has made - kept, changed, said
again, to a box that answers by itself - and answers what nobody has answered; he puts a third one into a call, and hands what
was written to one alone to others. Nothing rings or opens but what a person has called or paired, and nobody reads along."""
from hostile import *


class Keep(Attack):
    """Keeps each `ringing` and `room` that went down, and with `hold` what rings gets no further."""

    def __init__(self, hold=False):
        self.hold, self.ringing, self.rooms = hold, [], []

    def on_control_down(self, leg, m):
        if m["type"] == "ringing":
            self.ringing.append(dict(m))
            return None if self.hold else m
        if m["type"] == "room":
            self.rooms.append(dict(m))
        return m


class Unlisted(Attack):
    """A client of this name hears of nobody what the real relay says."""

    def __init__(self, name):
        self.name = name

    def on_control_down(self, leg, m):
        return None if leg.name == self.name and m["type"] == "people" else m


class Third(Boxes):
    """Somebody who is in the list of people stands in a call he has no part in; what is said to him is counted."""

    def __init__(self, entry):
        self.entry, self.told = entry, 0

    def box(self, leg, b, up):
        self.told += up and b["to"] == self.entry["id"]
        return b


class Aloud(Boxes):
    """A box for one alone goes to all others as well, as theirs and as one to all."""

    def __init__(self):
        self.said = 0

    def box(self, leg, b, up):
        if up or b.get("to") == 0:
            return b
        for other in hostile.alive():
            if other.name not in (leg.name, other.roster.get(b["from"], {}).get("name"), "Ann"):
                for to in ({}, {"to": 0}, {"to": other.id}):
                    other.send(dict({"type": "box", "from": b["from"], "data": b["data"]}, **to))
                    self.said += 1
        return b


def listed(c, name):
    return next((p for p in c.ask("people")["people"] if p["name"] == name), None)


def at_home(*clients):
    for c in clients:
        wait_for(lambda: c.ask("ring")["state"] == "none" and not c.ask("room")["private"] and not c.members(), "%s is at home" % c.name)


def in_call(*clients):
    for c in clients:
        wait_for(lambda: c.ask("room")["private"] and any(m["has_key"] for m in c.others()), "%s is in the call" % c.name)


def free(a, b):
    wait_for(lambda: (listed(a, b.name) or {"state": "gone"})["state"] == "free", "%s can call %s" % (a.name, b.name), 15)


def events(c, kind):
    c.ask("ring")
    return [e for e in c.events if e["event"] == kind]


def tell(name, *messages):
    hostile.do(lambda: [hostile.leg(name).send(m) for m in messages])


def comes(c):
    """Into Ann's room, by its number."""
    c.ask("join", ann.ask("room")["code"])
    knock = wait_for(lambda: ann.ask("room")["knocks"], "%s knocks" % c.name)[0]
    ann.ask("admit", knock["knock"])
    wait_for(lambda: member(ann, c.name).get("has_key"), "%s is in" % c.name)


def nothing_rings(c, why):
    """Nothing rings, opens, or is answered."""
    time.sleep(0.5)  # what rings does at once
    check(c.ask("ring")["state"] == "none" and not c.members() and not c.ask("room")["private"], "nothing rings: " + why)
    check(not events(c, "ringing") and not events(c, "auto-answer") and not events(c, "room"), "and nothing has: %s" % why)


relay = Relay()
hostile = Hostile(relay)
ann = enter(hostile, "Ann")
bob = enter(hostile, "Bob", "--auto-answer", "--auto-answer-delay", "3")
cat = enter(hostile, "Cat")
for a, b in ((ann, bob), (ann, cat), (bob, ann), (cat, bob)):
    free(a, b)
bob.ask("pair", ann.ask("identity")["fingerprint"])

# Held back, a call does not ring; and the box answers by itself, once, when it comes. What was kept is worth nothing more.
keep = hostile.use(Keep())
ann.ask("call", "Bob")
in_call(ann, bob)
check(len(events(bob, "auto-answer")) == 1, "the box has answered its pair")
ann.ask("leave")
at_home(ann, bob)
bob.events.clear()
true, = keep.ringing
tell("Bob", true, dict(true, call=4000), dict(true, call=4001))
nothing_rings(bob, "a call that was answered, again")
tell("Cat", true, dict(true, call=4002))
nothing_rings(cat, "a call for somebody else")
passed("calls again")

# Cat's call under Ann's name: whole, with Ann's statement, with Ann's old key.
free(cat, bob)
keep = hostile.use(Keep(hold=True))
cat.ask("call", "Bob")
wait_for(lambda: keep.ringing, "her call has come to him")
hers = keep.ringing[0]
anns = {k: true[k] for k in ("name", "identity", "key", "signature")}
tell("Bob", dict(hers, name="Ann", call=4010), dict(hers, call=4011, **anns), dict(hers, call=4012, identity=true["identity"]),
     dict(hers, call=4013, key=true["key"], signature=true["signature"]), dict(true, call=4014, data=hers["data"]),
     {k: v for k, v in dict(hers, call=4015).items() if k != "data"}, dict(hers, call=4016, data=b64(os.urandom(154))))
nothing_rings(bob, "a call under another's name")
tell("Bob", {"type": "calling", "request": 1, "call": 4017}, *[dict(m, request=r) for m in keep.rooms for r in (0, 1, 2, 3)])
kept = [m for m in hostile.tap.control if m["type"] == "room"]
tell("Bob", *[dict(m, request=r) for m in kept for r in (1, 2, 3)])
nothing_rings(bob, "a room nobody here has asked for")
# As she made it, it rings as hers, and is not answered without a person.
tell("Bob", hers)
wait_for(lambda: bob.ask("ring")["state"] == "ringing" and bob.ask("ring")["name"] == "Cat", "her call as she made it")
check(not bob.ask("ring")["answers_itself"], "and for her the box does not answer")
bob.ask("refuse")
at_home(bob, cat)
passed("calls of others")

# The list: nobody is in it under a name or key he has not signed, and who is changed in it cannot be called at all.
real = {p["name"]: p for m in hostile.tap.control if m["type"] == "people" for p in m["people"] if "name" in p}
changes = {
    "another identity": lambda p: dict(p, identity=real["Cat"]["identity"]) if p.get("name") == "Bob" else p,
    "another name": lambda p: dict(p, name="Bobby") if p.get("name") == "Bob" else p,
    "another key": lambda p: dict(p, key=b64(os.urandom(32))) if p.get("name") == "Bob" else p,
    "another's statement": lambda p: dict(p, key=real["Cat"]["key"], signature=real["Cat"]["signature"]) if p.get("name") == "Bob" else p,
}
hostile.use(Unlisted("Ann"))
for what, change in changes.items():
    mark = "away" if listed(ann, "Cat")["state"] == "free" else "free"
    page = [dict(real["Cat"], state=mark), change(dict(real["Bob"]))]
    tell("Ann", {"type": "people", "whole": True, "people": page})
    wait_for(lambda: (listed(ann, "Cat") or {}).get("state") == mark, "the list has come: " + what)
    check(not listed(ann, "Bob") and not listed(ann, "Bobby"), "with %s Bob is not in the list: %s" % (what, ann.ask("people")))
    check(ann.ask("call", "Bob", refused=True), "and cannot be called")
tell("Ann", {"type": "people", "whole": True, "people": [dict(real["Bob"], state="free"), dict(real["Cat"], state="free")] * 3})
wait_for(lambda: listed(ann, "Bob"), "Bob is back")
check(sorted(p["name"] for p in ann.ask("people")["people"]) == ["Bob", "Cat"], "each once: %s" % ann.ask("people"))
passed("the list of people")

# In the call of two stands Cat, who has signed all that he shows of her.
third = hostile.use(Third({"type": "joined", "id": 50000, "join": "00000000000000aa", "name": "Cat", "identity": real["Cat"]["identity"],
                           "key": real["Cat"]["key"], "signature": real["Cat"]["signature"]}))
ann.ask("call", "Bob")
in_call(ann, bob)
hostile.do(lambda: [leg.send(third.entry) for leg in hostile.alive() if leg.name in ("Ann", "Bob")])
said(ann, "between us two", [bob])
time.sleep(1)
for c in (ann, bob):
    check(not any(m["has_key"] or m["trust"] == "new" for m in c.others() if m["name"] == "Cat"), "Cat has no part in it: %s" % c.others())
check(third.told == 0, "nothing was said to her: %d boxes" % third.told)
tell("Ann", {"type": "left", "id": 50000, "reason": "left"})
check(ann.ask("room")["private"] and len(ann.others()) >= 1, "her going ends nothing")
ann.ask("leave")
at_home(ann, bob)
passed("a third one in a call")

# In a room, what Bob is written alone is handed to Cat, and to all.
aloud = hostile.use(Aloud())
ann.ask("create")
wait_for(lambda: ann.ask("room")["code"], "Ann has a room")
check(not lines(ann), "what was said in the call is not in the room's chat: %s" % lines(ann))
comes(bob)
comes(cat)
three = [ann, bob, cat]
for c in three:
    wait_for(lambda: sum(m["has_key"] for m in c.others()) == 2, "%s has both keys" % c.name, 15)
ann.ask("chat-to", member(ann, "Bob")["id"], "for Bob alone")
wait_for(lambda: "for Bob alone" in lines(bob), "Bob reads it")
said(ann, "for all", three)
check(aloud.said > 10 and lines(bob).count("for Bob alone") == 1, "he has handed on %d boxes" % aloud.said)
check("for Bob alone" not in lines(cat), "and Cat has read nothing of it")
hostile.use()
cat.ask("leave")
wait_for(lambda: not cat.members(), "Cat has left")
comes(cat)
wait_for(lambda: "for all" in lines(cat), "Cat is told what was said before")
check("for Bob alone" not in lines(cat), "but not what was said to one alone")
passed("what is for one alone")
for c in three:
    c.quit()
