#!/usr/bin/env python3
"""In front of a room, met by hand: what hosts and who knocks say to each other arrives unchanged and nowhere else, within
its limits; everybody's key comes with a statement signed by his identity; who brings none is refused."""
from peer import *

relay = Relay(tls=True)
ann = hello(relay, "Ann")
create(ann)
room = ann.until("room")
bob, ida = hello(relay, "Bob"), hello(relay, "Ida")
guest, second = join(bob, room["code"]), join(ida, room["code"])
ann.send(type="role", id=second["self"], host=True)
check(all(states(m) for m in second["members"]) and len(second["members"]) == 2, "who is here has signed his key")
joined = [ann.until("joined") for _ in range(2)]
check([m["name"] for m in joined] == ["Bob", "Ida"] and all(states(m) for m in joined), "and who comes")
joined[0]["name"] = "Rob"
check(not states(joined[0]), "under his own name")


def all_of(w, kinds):
    """The messages of these kinds that come before an answer to what nobody may."""
    w.send(type="admit", request=77, knock=0)
    found = []
    while True:
        m = w.recv()
        if m.get("request") == 77:
            return found
        if m["type"] in kinds:
            found.append(m)


EVERYTHING = ("room", "joined", "away", "left", "box", "ticket", "room-state", "descriptor", "knock", "door", "error")
text = b64(os.urandom(1050))
check(len(text) == 1400, "as long as it may be")
eve, cat = hello(relay, "Eve"), hello(relay, "Cat")
check(join(eve, room["code"], None, door=text)["type"] == "waiting", "Eve waits outside")
knock = ann.until("knock")
check(knock == dict(ida.until("knock")) and knock["door"] == text, "both hosts hear her first words, unchanged")
check(knock["name"] == "Eve" and states(knock), "and what she has signed")
check(join(cat, room["code"], None)["type"] == "waiting" and "door" not in ann.until("knock"), "Cat says nothing")

there = [b64(os.urandom(1 + i * 65)) for i in range(5)]
for t in there:
    ann.send(type="door", knock=knock["knock"], data=t)
heard = [eve.until("door") for _ in there]
check(heard == [{"type": "door", "id": room["self"], "data": t} for t in there], "Ann's words reach Eve, in order")
for t in there:
    eve.send(type="door", id=second["self"], data=t)
heard = [ida.until("door") for _ in there]
check(heard == [{"type": "door", "knock": knock["knock"], "data": t} for t in there], "Eve's reach the host she names")
for w, fields in ((eve, {"id": guest["self"]}), (eve, {"id": 65535}), (eve, {"knock": knock["knock"]}),
                  (bob, {"knock": knock["knock"]}), (bob, {"id": room["self"]}), (ann, {"id": guest["self"]})):
    w.send(type="door", data="AAAA", **fields)
ann.send(type="box", boxes=[{"to": 0, "data": "AAAA"}])
for w, name in ((eve, "Eve"), (cat, "Cat")):
    check(not all_of(w, EVERYTHING), "%s hears nothing else" % name)
check(all(m["type"] in ("joined", "room-state", "ticket", "box", "descriptor") for m in all_of(bob, EVERYTHING)),
      "nor does a guest hear of the door")
check(not all_of(ann, ("door", "error")), "and Ann nothing that was not for her")
passed("what is said at the door")

for i in range(30):  # 5 each way have gone
    ann.send(type="door", knock=knock["knock"], data="AAAA")
    eve.send(type="door", id=room["self"], data="BBBB")
check(len(all_of(eve, ("door",))) == 11 and len(all_of(ann, ("door",))) == 11, "16 each way, no answer to more")
eve.send(type="leave")
ann.until("knock-gone")
ann.send(type="door", knock=knock["knock"], data="AAAA")
check(not all_of(eve, EVERYTHING) and not all_of(ann, EVERYTHING), "nobody is there any more")
check(join(eve, room["code"], None)["type"] == "waiting", "Eve knocks again")
knock = ann.until("knock")
ann.send(type="door", knock=knock["knock"], data=text)
ann.send(type="admit", knock=knock["knock"])
check(eve.recv() == {"type": "door", "id": room["self"], "data": text}, "a grant comes first")
inside = eve.until("room")
check(states(bob.until("joined")) and all(states(m) for m in inside["members"]), "then she is in, signed like all")
passed("limits, and being let in")

for t in ("A" * 1401, "A", "", "not base64", 7, None):
    cat.send(type="door", id=room["self"], data=t)
    check(cat.recv()["code"] == "bad-message", "refused: %r" % t)
check(not all_of(ann, ("door",)), "and not handed on")
mallory = hello(relay, "Mallory")
key = signed_key("Mallory")
for fields in ({"key": key["key"]}, {"signature": key["signature"]}, dict(key, signature=key["key"]), dict(key, door=b64(bytes(1051)))):
    mallory.send(type="join", request=2, code=room["code"], **fields)
    check(mallory.recv()["code"] == "bad-message", "an unsigned key is refused: %s" % fields)
    mallory.send(type="create", request=2, admit_hash=ADMIT, **dict(fields, door=None))
    check(mallory.recv()["type"] == ("room" if "door" in fields else "error"), "to found a room, too")
check(not all_of(ann, ("knock",)), "no host hears of it")
passed("what is malformed")
