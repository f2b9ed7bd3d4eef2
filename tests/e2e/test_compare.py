#!/usr/bin/env python3
"""Three real clients see one safety code; two of them compare a number and know each other from then on; somebody else
who comes by a known name is shown as that, and gets and gives nothing until a person says that it is all right."""
from kit import *

relay = Relay(tls=True)
ann = Client("Ann", relay, create=True)
bob, cat = (Client(name, relay, invite=ann.invite()) for name in ("Bob", "Cat"))
everybody = (ann, bob, cat)
wait_for(lambda: all(c.sees(2) for c in everybody), "three see each other", 15)


def safety(c):
    return c.ask("safety")


def trust(c, name):
    return next((m["trust"] for m in c.members() if m["name"] == name and not m["self"]), None)


def id_of(c, name):
    return next(m["id"] for m in c.members() if m["name"] == name)


wait_for(lambda: len({safety(c)["code"] for c in everybody}) == 1, "all three show one code", 5)
code = safety(ann)["code"]
check(re.fullmatch(r"(\d{5} ){4}\d{5}", code), "five groups of five digits: " + code)
check([trust(ann, n) for n in ("Bob", "Cat")] == ["new", "new"], "nobody has been compared")
passed("one safety code")

ann.ask("compare", id_of(ann, "Bob"))
wait_for(lambda: all(safety(c)["compare"]["state"] == "number" for c in (ann, bob)), "both see a number", 5)
check(safety(ann)["compare"]["number"] == safety(bob)["compare"]["number"], "the same one")
check(safety(cat)["compare"]["state"] == "none", "and Cat sees none")
ann.ask("verify", id_of(ann, "Bob"))
bob.ask("verify", id_of(bob, "Ann"))
wait_for(lambda: trust(ann, "Bob") == "verified" and trust(bob, "Ann") == "verified", "they know each other", 5)
check(trust(ann, "Cat") == "new" and trust(cat, "Bob") == "new", "and nobody else")
passed("two have compared")

bob.quit()
wait_for(lambda: len(ann.members()) == 2 and safety(ann)["code"] != code, "Bob is gone, the code is another", 10)
wait_for(lambda: safety(cat)["code"] == safety(ann)["code"], "on both screens", 5)
other = Client("Bob", relay, invite=ann.invite())
wait_for(lambda: trust(ann, "Bob") == "changed", "another Bob is not who Ann knows", 15)
wait_for(lambda: cat.sees(2) and other.sees(1), "Cat, who has compared nothing, sees him, and he her", 15)
ann.ask("chat", "For Cat")
wait_for(lambda: [l["text"] for l in cat.ask("chat-log")] == ["For Cat"], "Cat reads Ann", 5)
check(not other.ask("chat-log") and not ann.sees(2), "he reads nothing of hers, and she sees nothing of his")
ann.ask("trust", id_of(ann, "Bob"))
wait_for(lambda: ann.sees(2) and other.sees(2), "a person has said that it is all right", 15)
check(trust(ann, "Bob") == "new", "though not compared")
passed("a changed key")
