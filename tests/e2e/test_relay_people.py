#!/usr/bin/env python3
"""People and calls, met by hand over a real relay: the list and what changes in it, whose a name is, calls with each of their
ends, the room of two they lead to, and somebody whose machine has died."""
import http.client
import signal

from peer import *

relay = Relay(tls=True, args=["--admin", "127.0.0.1:0"])


def metric(name):
    k = http.client.HTTPConnection("127.0.0.1", relay.admin, timeout=10 * SLOW)
    k.request("GET", "/metrics")
    text = k.getresponse().read().decode()
    k.close()
    return int(re.search(r"^parlour_relay_%s (\d+)$" % name, text, re.M)[1])


def greet(name, who=None, to=None):
    """Says hello, and keeps the challenge."""
    w = WebSocket(to or relay)
    w.name, w.who = name, who or PEOPLE.setdefault(name, Person(name))
    w.send(type="hello", version="1.0", name=name, identity=b64(w.who.identity))
    w.challenge = unb64(w.until("welcome")["challenge"])
    w.list, w.heard = {}, []
    return w


def key_of(w):
    key = os.urandom(32)
    name = w.name.encode()
    statement = sign("parlour join 1", key + bytes([len(name)]) + name, w.who.secret)
    return {"key": b64(key), "signature": b64(statement)}


def register(w, **more):
    w.send(type="register", request=9, proof=b64(sign("parlour register 1", w.challenge, w.who.secret)), **key_of(w), **more)
    return w


def take(w, m):
    """Keeps the list; everything else waits to be asked for."""
    if m["type"] != "people":
        w.heard.append(m)
        return
    if m.get("whole"):
        w.list = {}
    for p in m["people"]:
        check(p["identity"] != b64(w.who.identity), "nobody is told of himself")
        if p["state"] == "gone":
            w.list.pop(p["identity"], None)
        else:
            check(states(p), "who is listed has signed his key")
            w.list[p["identity"]] = p


def listen(w, until, what, timeout=5):
    """Takes what comes until it is so."""
    end = time.time() + timeout * SLOW
    while not until(w):
        check(time.time() < end, "%s: %s hears %s, has %s" % (what, w.name, w.heard, [(p["name"], p["state"]) for p in w.list.values()]))
        try:
            take(w, w.recv(0.2))
        except TimeoutError:
            pass


def hears(w, kind, timeout=5, **fields):
    """The next message of this kind with these fields, taken out."""
    fits = lambda m: m["type"] == kind and all(m.get(k) == v for k, v in fields.items())
    listen(w, lambda w: any(map(fits, w.heard)), "hears %s %s" % (kind, fields), timeout)
    m = next(filter(fits, w.heard))
    w.heard.remove(m)
    return m


def state(w, name):
    return next((p["state"] for p in w.list.values() if p["name"] == name), "gone")


def sees(w, name, what, timeout=5):
    listen(w, lambda w: state(w, name) == what, "%s sees %s %s" % (w.name, name, what), timeout)


def quiet(w):
    """Whatever was on its way has come, and nothing more of it."""
    w.send(type="hangup", call=0, reason="busy")  # is answered by nothing
    w.send(type="hello", version="1.0", name="x", identity=b64(w.who.identity), request=77)
    check(hears(w, "error", request=77)["code"] == "not-now", "an answer")
    found, w.heard = w.heard, []
    return found


def call(a, b, request=5):
    a.send(type="call", request=request, to=b64(b.who.identity), data="AQID", **key_of(a))


def ring(a, b):
    call(a, b)
    number = hears(a, "calling", request=5)["call"]
    m = hears(b, "ringing", call=number, name=a.name, identity=b64(a.who.identity), data="AQID")
    check(states(m), "the caller has signed his key")
    return number


# ---- the list ----

ann, bob, cat = (register(greet(n)) for n in ("Ann", "Bob", "Cat"))
stranger = greet("Eve")
for w, others in ((ann, ("Bob", "Cat")), (bob, ("Ann", "Cat")), (cat, ("Ann", "Bob"))):
    for other in others:
        sees(w, other, "free")
wait_for(lambda: metric("people") == 3, "three people are counted", 5)
bob.send(type="presence", away=True)
sees(ann, "Bob", "away")
bob.send(type="presence", answers=True)
sees(ann, "Bob", "free")
check(next(p for p in ann.list.values() if p["name"] == "Bob")["answers"], "Bob's box answers by itself")
create(cat)
code = hears(cat, "room")["code"]
sees(ann, "Cat", "busy")
cat.send(type="leave")
sees(ann, "Cat", "free")
stranger.send(type="presence", away=True)
check([m["type"] for m in quiet(stranger)] == ["error"], "who has not registered hears no list, and says nothing in it")
passed("the list of people")

# ---- names ----

second = register(greet("bOB", Person("bOB")))
check(hears(second, "error", request=9)["code"] == "name-taken", "another key under Bob's name")
forged = greet("Dan")
forged.send(type="register", request=9, proof=b64(sign("parlour register 1", os.urandom(32), forged.who.secret)), **key_of(forged))
check(hears(forged, "error", request=9)["code"] == "not-allowed", "a proof of another connection")
before = next(p for p in ann.list.values() if p["name"] == "Bob")["key"]
again = register(greet("Bob"))
check(hears(bob, "error")["code"] == "replaced", "the older connection hears it")
listen(ann, lambda w: any(p["name"] == "Bob" and p["key"] != before for p in w.list.values()), "Bob's new key")
bob.k.close()
call(ann, again)
hears(again, "ringing")
ann.send(type="hangup", call=hears(ann, "calling")["call"], reason="cancelled")
hears(again, "call-ended", reason="cancelled")
bob = again
bob.k.close()
sees(ann, "Bob", "gone")
second = register(greet("Bob", Person("Bob")))
check(hears(second, "error", request=9)["code"] == "name-taken", "the name is kept while Bob is away")
bob = register(greet("Bob"))
sees(ann, "Bob", "free")
passed("a name belongs to its key")

# ---- how calls end ----

number = ring(ann, bob)
sees(cat, "Ann", "busy")
sees(cat, "Bob", "busy")
call(cat, bob)
check(hears(cat, "error", request=5)["code"] == "in-a-call", "Bob is rung already")
check(states(hears(bob, "missed", name="Cat")), "he is told who called")
call(bob, ann, 6)
check(hears(bob, "error", request=6)["code"] == "in-a-call", "they call each other")
bob.send(type="hangup", call=number, reason="not-now")
hears(ann, "call-ended", call=number, reason="not-now")
number = ring(ann, bob)
bob.send(type="hangup", call=number, reason="busy")
hears(ann, "call-ended", call=number, reason="busy")
number = ring(ann, bob)
ann.send(type="hangup", call=number, reason="cancelled")
hears(bob, "call-ended", call=number, reason="cancelled")
bob.send(type="answer", request=6, call=number, **key_of(bob))
check(hears(bob, "error", request=6)["code"] == "not-now", "too late")
call(ann, stranger)
check(hears(ann, "error", request=5)["code"] == "not-here", "Eve has not registered")
number = ring(bob, cat)
cat.k.close()
hears(bob, "call-ended", call=number, reason="gone")
cat = register(greet("Cat"))
sees(ann, "Cat", "free")
number = ring(cat, bob)
cat.k.close()
hears(bob, "call-ended", call=number, reason="gone")
cat = register(greet("Cat"))
sees(ann, "Cat", "free")
check(not quiet(ann) and not quiet(bob), "nothing is said twice")
check(metric("calls_ringing") == 0 and metric("calls_total") == 6, "calls are counted")
passed("every end of a call but one")

# ---- the room of a call ----

number = ring(ann, bob)
bob.send(type="answer", request=6, call=number, **key_of(bob))
room_a, room_b = hears(ann, "room", request=5), hears(bob, "room", request=6)
check("code" not in room_a and "code" not in room_b and room_a["room"] == room_b["room"], "a room without a number")
for room, other, name in ((room_a, room_b, "Bob"), (room_b, room_a, "Ann")):
    check([(m["id"], m["name"]) for m in room["members"]] == [(other["self"], name)], "they find each other")
    check(states(room["members"][0]), "signed")
a, b = Member(relay, room_a), Member(relay, room_b)
a.handshake()
b.handshake()
check(b.hears(a.send_media()) and a.hears(b.send_media()), "they hear each other")
ann.send(type="box", boxes=[{"to": 0, "data": "AAAA"}])
hears(bob, "box", data="AAAA")
sees(cat, "Bob", "busy")
call(cat, ann)
check(hears(cat, "error", request=5)["code"] == "in-a-call", "Ann talks")
hears(ann, "missed", name="Cat")
for t in ("16777215", "999999", "000000"):
    cat.send(type="join", request=7, code=t, token=b64(TOKEN), **key_of(cat))
    check(hears(cat, "error")["code"] in ("no-room", "bad-message"), "no number leads there")
late = WebSocket(relay)
late.send(type="hello", version="1.0", name="Cat", identity=b64(PEOPLE["Cat"].identity), ticket=room_a["ticket"], **key_of(cat))
check(late.until("welcome")["resumed"] is False, "nor Ann's ticket in other hands")
for kind in ("lock", "end"):
    ann.send(type=kind, request=8, on=True)
    check(hears(ann, "error", request=8)["code"] == "not-allowed", "nobody is host there")
relay.kill()
relay.run()
back = {}
for name, room in (("Ann", room_a), ("Bob", room_b)):
    w = WebSocket(relay)
    w.name, w.who, w.list, w.heard = name, PEOPLE[name], {}, []
    w.send(type="hello", version="1.0", name=name, identity=b64(w.who.identity), ticket=room["ticket"], **key_of(w))
    m = w.until("welcome")
    w.challenge = unb64(m["challenge"])
    check(m["resumed"] and w.until("room")["room"] == room["room"], "%s is back in the call after the relay's end" % name)
    back[name] = register(w)
ann, bob, cat = back["Ann"], back["Bob"], register(greet("Cat"))
sees(cat, "Ann", "busy")
sees(cat, "Bob", "busy")
bob.send(type="leave")
hears(ann, "left", id=room_b["self"], reason="left")
sees(cat, "Bob", "free")
ann.send(type="leave")
sees(cat, "Ann", "free")
wait_for(lambda: metric("rooms") == 0, "the room has gone with them", 5)
passed("the room of a call")

# ---- one who dies ----

child = os.fork()
if child == 0:  # a machine of its own that stands still: its kernel goes on, and answers nothing of ours
    dan = register(greet("Dan"))
    dan.recv(5)
    signal.pause()
    os._exit(0)
try:
    sees(ann, "Dan", "free", 10)
    os.kill(child, signal.SIGSTOP)
    began = time.time()
    number = ring(bob, cat)
    while state(ann, "Dan") != "gone":
        check(time.time() - began < 15 * SLOW, "who is dead is out of the list within 15 s")
        for w in (ann, bob, cat):
            try:
                take(w, w.recv(0.1))
            except TimeoutError:
                pass
    print("dead and out of the list after %.1f s" % (time.time() - began))
finally:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
check(state(ann, "Bob") == "busy" and all(m["type"] != "call-ended" for m in bob.heard), "the others are where they were")
bob.send(type="hangup", call=number, reason="cancelled")
hears(cat, "call-ended", reason="cancelled")
passed("who dies is gone within 15 s")

# ---- a crowd ----

CROWD = 200  # who do not answer pings while the others come; a thousand are counted by tests/bench/relay_people.c
crowd_relay = Relay(name="crowd", args=["--max-members", "1000"])
looks = register(greet("Looker", to=crowd_relay))
began = time.time()
crowd = []
for i in range(CROWD):
    crowd.append(register(greet("Kiosk %d" % i, Person("Kiosk %d" % i), to=crowd_relay)))
    if i % 20 == 0:  # their pages must be read, too
        listen(looks, lambda w: len(w.list) >= i - 19, "the list grows", 20)
listen(looks, lambda w: len(w.list) == CROWD, "all are listed", 20)
print("%d registered in %.1f s" % (CROWD, time.time() - began))
new = register(greet("Newcomer", to=crowd_relay))
listen(new, lambda w: len(w.list) == CROWD + 1, "a newcomer is told all of them", 20)
crowd_relay.kill()
for w in crowd + [looks, new]:
    w.k.close()
passed("a crowd of people")
