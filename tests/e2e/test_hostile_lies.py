#!/usr/bin/env python3
"""A relay run by an enemy lies about who is here: he adds members, swaps join keys, renames, hides, exchanges ids, throws out,
names hosts, invents orders, hands out descriptors of his own, strips what is signed and speaks of older versions. The three
who hold the link give nobody a key whose statement is not good and who does not hold the invite key; who is not proved is
shown so and not counted; orders come from hosts only."""
from hostile import *


class Ghosts(Boxes):
    """Members that do not exist; what is said to them goes to him."""

    def __init__(self, entries):
        self.entries, self.told, self.began = entries, [], time.monotonic()

    def appear(self):
        for leg in hostile.alive():
            for e in self.entries:
                leg.send(dict(e, type="joined"))

    def box(self, leg, b, up):
        if not up or b["to"] not in GHOSTS:
            return b
        self.told.append((b["to"], time.monotonic() - self.began, leg, b["data"]))
        return None


class Entries(Attack):
    """Each roster entry a client of this name gets goes through `change`."""

    def __init__(self, name, change):
        self.name, self.change = name, change

    def on_control_down(self, leg, m):
        if leg.name == self.name and m["type"] == "room":
            return dict(m, members=[x for e in m["members"] for x in several(self.change(leg, dict(e)))])
        if leg.name == self.name and m["type"] == "joined":
            return self.change(leg, dict(m))
        return m


class Count(Boxes):
    """Counts the boxes one client says to another."""

    def __init__(self, name, to):
        self.name, self.to, self.count = name, to, 0

    def box(self, leg, b, up):
        self.count += up and leg.name == self.name and any(x.name == self.to and x.id == b["to"] for x in hostile.legs)
        return b


def id_of(name):
    """As the real relay numbers this client."""
    return hostile.leg(name).id


def bad(c):
    return c.ask("stats")["call"]["bad_datagrams"]


def safety(c):
    return c.ask("safety")["code"]


def hosts(c):
    return sorted(m["name"] for m in c.members() if m["host"])


relay = Relay()
hostile = Hostile(relay)
ann = enter(hostile, "Ann", create=True)
invite = ann.invite()
bob = enter(hostile, "Bob", invite=invite)
two = [ann, bob]
all_see(two, "at first")
wait_for(lambda: all(member(c, o)["trust"] == "new" for c, o in ((ann, "Bob"), (bob, "Ann"))), "they have proved themselves")
code = safety(ann)
check(code and safety(bob) == code, "one safety code: %s %s" % (code, safety(bob)))

# Members that do not exist: Zoe is a person of his own making, whole but for the invite key; Tim's statement is of another name;
# under Bob's name and identity stands a join key of his own; Kim has no signature, Lea no key.
GHOSTS = range(1000, 1005) if id_of("Ann") > 32000 else range(60000, 60005)  # ids the real relay does not give
FIRST = GHOSTS[0]
room, people = hostile.leg("Ann").room, [Person(n, int.from_bytes(os.urandom(8), "big")) for n in ("Zoe", "Tim", "Bobby", "Kim", "Lea")]
zoe, tim, fake, kim, lea = people
entries = [p.entry(FIRST + i) for i, p in enumerate(people)]
entries[1]["name"] = "Tom"
victim = hostile.leg("Bob")
entries[2].update(name="Bob", identity=b64(victim.me.identity), signature=victim.signature)
del entries[3]["signature"], entries[4]["key"], entries[4]["signature"]
ghosts = hostile.use(Ghosts(entries))
hostile.do(ghosts.appear)


def speak_as_zoe():
    """What he can make without the invite key: a base, a line, orders, and Ann's media under Zoe's id."""
    base = os.urandom(32)
    for leg in hostile.alive():
        n = int(time.time() * 1e6)
        for invite_key in (bytes(16), os.urandom(16)):
            key = zoe.pair(leg.me, room, invite_key)[1]
            for clear in (b"\1\0" + base, b"\3", b"\2\0", signed_text(zoe, room, FIRST, leg.id, n, '{"kind":"chat","text":"zoe"}')):
                n += 1
                leg.send({"type": "box", "from": FIRST, "to": leg.id, "data": box_seal(key, room, FIRST, leg.id, n, clear)})
        for text in ('{"kind":"chat","text":"zoe"}', '{"kind":"order","order":"mute","id":0}'):
            n += 1
            leg.send({"type": "box", "from": FIRST, "to": 0, "data":
                      box_seal(message_key(base), room, FIRST, 0, n, signed_text(zoe, room, FIRST, 0, n, text), 0)})


hostile.do(speak_as_zoe)
for c in two:
    wait_for(lambda: [m["trust"] for m in c.members() if m["name"] in ("Zoe", "Tom")] == ["ghost"] * 2, "%s shows ghosts" % c.name)
    check(sorted(m["trust"] for m in c.members() if m["name"] == "Bob" and not m["self"] and m["id"] == FIRST + 2) == ["ghost"],
          "Bob's double is a ghost")
    check(all(member(c, x).get("trust", "ghost") in ("waiting", "ghost") for x in ("Kim", "Lea")), "without proof no trust")
    check(safety(c) == code, "ghosts are not counted")
    check(not any(m["has_key"] for m in c.members() if m["id"] in GHOSTS), "no ghost has given a key: %s" % c.members())
    check("zoe" not in lines(c), "no ghost is read")
told = {i: [t for to, t, _, _ in ghosts.told if to == i] for i in GHOSTS}
check(not any(told[i] for i in GHOSTS[1:]), "not a box for whom the statement does not fit: %s" % told)
for to, _, leg, data in ghosts.told:
    for key in (bytes(16), os.urandom(16)):
        check(not box_open(zoe.pair(leg.me, room, key)[0], room, leg.id, to, data), "he reads what is said to Zoe")
said(ann, "with ghosts around", two)
hostile.do(lambda: ghosts.entries.clear())
wait_for(lambda: time.monotonic() - ghosts.began > 7, "a while", 20)
late = [t for _, t, _, _ in ghosts.told if t > 6 * SLOW]
check(not late, "no box for a ghost after 5 s: %s" % late)
hostile.do(lambda: [leg.send({"type": "left", "id": i, "reason": "left"}) for leg in hostile.alive() for i in GHOSTS])
passed("ghosts: %d boxes in the first 5 s, none of use" % len(ghosts.told))

# Dan comes: renamed for Ann, hidden from Bob, and told Ann's and Bob's ids the wrong way round.
swap = lambda leg, e: dict(e, id=id_of({"Ann": "Bob", "Bob": "Ann"}[e["name"]]))
hostile.use(Together(Entries("Ann", lambda leg, e: dict(e, name="Boss")), Entries("Bob", lambda leg, e: None), Entries("Dan", swap)))
dan = enter(hostile, "Dan", invite=invite)
wait_for(lambda: member(ann, "Boss").get("trust") == "ghost", "the renamed one is a ghost", 15)
wait_for(lambda: len(dan.others()) == 2, "Dan is told of two", 15)
said(ann, "who is Boss?", two)
all_see(two, "with a boss")
check(not member(bob, "Dan") and not dan.streams() and not lines(dan), "Dan sees and reads nothing: %s" % lines(dan))
check(all(m["trust"] in ("waiting", "ghost") and not m["has_key"] for m in dan.others()), "and trusts nobody: %s" % dan.others())
check(safety(ann) == safety(bob) == code, "Dan is not counted")
dan.quit()
passed("renamed, hidden, exchanged")

# Cat comes, hidden from Bob: what Ann and Bob read to each other differs.
hostile.use(Together(Entries("Bob", lambda leg, e: None), Count("Bob", "Cat")))
cat = enter(hostile, "Cat", invite=invite)
all_see([ann, cat], "Cat and Ann", 15)
wait_for(lambda: safety(ann) != code, "Ann counts Cat")
check(safety(bob) == code != safety(ann), "who compares the codes finds it")
check(hostile.attack.attacks[1].count == 0, "Bob has given no key to whom he does not know")
hostile.use()
cat.quit()
cat = enter(hostile, "Cat", invite=invite)
three = two + [cat]
all_see(three, "Cat is back", 15)
wait_for(lambda: safety(ann) == safety(bob) == safety(cat) != code, "one safety code of three")
passed("a member hidden")


def claim():
    """He names hosts, opens and closes doors, mutes, removes and admits, and hands out a descriptor that he has signed."""
    for leg in hostile.alive():
        leg.send({"type": "room-state", "epoch": 9, "created": 1700000000, "lobby": True, "locked": True, "hosts": [id_of("Bob")],
                  "host_keys": [b64(zoe.identity)]})
        for kind in ("mute", "kick"):
            leg.send({"type": kind, "id": id_of("Ann")})
            leg.send({"type": kind, "id": id_of("Bob")})
        leg.send({"type": "admit", "knock": 1})
        leg.send({"type": "role", "id": id_of("Bob"), "host": True})
        leg.send({"type": "lock", "on": True})
        leg.send({"type": "descriptor", "descriptor": b64(descriptor(leg))})


def descriptor(leg):
    token = hashlib.blake2b(TOKENS[-1], digest_size=32).digest()
    d = struct.pack(">BI", 1, leg.room) + leg.code.to_bytes(3, "big") + struct.pack(">BIQ", 0, 99, 1700000000) + token
    d += b"\1" + zoe.identity + zoe.identity + os.urandom(32)
    return d + sign("parlour descriptor 1", d, zoe.secret)


TOKENS = [unb64(m["token"]) for m in hostile.tap.control if m["type"] == "join"]
before = [c.ask("room")["locked"] for c in three], [c.ask("room")["lobby"] for c in three], [hosts(c) for c in three]
hostile.do(claim)
said(bob, "after his claims", three)
check([hosts(c) for c in three] == before[2] == [["Ann"]] * 3, "Ann is host, whatever he says: %s" % [hosts(c) for c in three])
check(before[:2] == ([c.ask("room")["locked"] for c in three], [c.ask("room")["lobby"] for c in three]), "and nothing is locked")
check(not any(m["muted"] for c in three for m in c.members()), "nobody is muted")
print("who is no host is told:", bob.ask("kick", id_of("Ann"), refused=True))
passed("claims about hosts, doors and members")

# Old ways of speaking: in the clear, not signed, sealed under keys that everybody knows.
def speak_old():
    for leg in hostile.alive():
        for frm in set(leg.roster):
            text, n = b'{"kind":"chat","text":"old"}'.ljust(64), (1 << 62) + frm
            head = struct.pack(">Q", n)
            shapes = [text.decode(), b64(text), b64(head + text), b64(head + text + bytes(16)), b64(b"\0" + head + text + bytes(16))]
            for key in (bytes(32), kdf(bytes(32), "message"), kdf(bytes(16), "message")):
                shapes += [box_seal(key, room, frm, to, n, clear, number) for to, number in ((leg.id, None), (0, 0), (0, None), (0, 255))
                           for clear in (text, b"\6" + bytes(64) + text)]
            for data in shapes:
                leg.send({"type": "box", "from": frm, "to": 0, "data": data})
                leg.send({"type": "box", "from": frm, "to": leg.id, "data": data})
        leg.send({"type": "welcome", "version": "0.9", "resumed": False})


hostile.do(speak_old)
said(cat, "new", three)
all_see(three, "after old words")
check(not any("old" in lines(c) for c in three), "nothing unsealed or unsigned is read")


def older(leg, e):
    """What is signed is stripped, for each in another way."""
    if leg.name == "Dan":
        return dict(e, signature=b64(bytes(64)))
    return {k: v for k, v in e.items() if k != "signature" and (k != "key" or leg.name == "Ann")}


hostile.use(Together(*(Entries(x, older) for x in ("Ann", "Bob", "Cat", "Dan"))))
dan = enter(hostile, "Dan", invite=invite)
wait_for(lambda: [m["trust"] for m in dan.others()] == ["ghost"] * 3, "nobody has signed anything for Dan: ghosts", 15)
wait_for(lambda: member(bob, "Dan").get("trust") == "waiting", "nor Dan for Bob")
check(not any(m["has_key"] for m in dan.others()) and not dan.streams(), "nor has anybody a key")
check(member(ann, "Dan").get("trust", "ghost") == "ghost" and not any(member(c, "Dan").get("has_key") for c in three), "either way")
dan.quit()


class Version(Attack):
    def on_control_up(self, leg, m):
        return dict(m, version="2.0") if m["type"] == "hello" else m


hostile.use(Version())
dan = enter(hostile, "Dan", invite=invite)
wait_for(lambda: dan.p.poll() is not None, "another version is a refusal", 15)
check(dan.p.returncode == 3, "and a visible one: %r" % dan.p.returncode)
passed("old words, no signatures, other versions")



def play(entry, whom):
    """All that was ever said by this one, and what it showed of late under its newest key. Gives the number of datagrams."""
    count = 0
    for c in whom:
        leg = hostile.leg(c)
        for m in [m for m in hostile.tap.boxes[c] if m["from"] == entry["id"]]:
            leg.send(m)
        media = [d for d in hostile.tap.media[c] if int.from_bytes(d[2:4], "big") == entry["id"]][-300:]
        for d in [d for d in media if d[24] == media[-1][24]]:
            leg.way.to_client(leg.way.ahead(d))
            count += 1
    return count


def again(entry, whom):
    """He lists somebody whom he has called gone, and plays the past of that one."""
    for c in whom:
        leg = hostile.leg(c)
        leg.send({"type": "left", "id": entry["id"], "reason": "left"})
        leg.send(dict(entry, type="joined"))
    play(entry, whom)


# Who has left is played once more, and who is here, too.
hostile.use()
count = {c.name: len(lines(c)) for c in three}
gone = dict(hostile.leg("Ann").roster[id_of("Cat")])
frames = lambda c, id: sum(s["frames_decoded"] for s in c.streams() if s["member"] == id)
cat.quit()
for c in two:
    wait_for(lambda: not member(c, "Cat"), "Cat has left")
hostile.do(again, gone, ["Ann", "Bob"])
for c in two:
    wait_for(lambda: member(c, "Cat").get("trust") in ("ghost", "new"), "Cat is listed again", 15)
    check(member(c, "Cat")["trust"] == "ghost" and not member(c, "Cat")["has_key"], "what Cat said proves nothing now: %s" % member(c, "Cat"))
    check(not frames(c, gone["id"]), "%s sees nothing of Cat's past" % c.name)
bobs = dict(hostile.leg("Ann").roster[id_of("Bob")])
hostile.do(again, bobs, ["Ann"])
hostile.do(lambda: [leg.send({"type": "left", "id": gone["id"], "reason": "left"}) for leg in hostile.alive()])
wait_for(lambda: member(ann, "Bob").get("has_key"), "Ann holds Bob's key again", 20)
time.sleep(1)
shown = frames(ann, bobs["id"])
wait_for(lambda: frames(ann, bobs["id"]) > shown + 6, "Ann sees Bob again", 20)
refused = bad(ann)
played = hostile.do(play, bobs, ["Ann"])  # what she has seen under that key she does not see again
wait_for(lambda: bad(ann) > refused + played * 0.8, "and refuses what he showed before")
check(played > 50, "enough was played: %d" % played)
said(bob, "once is enough", two)
for c in two:
    check(len(lines(c)) == count[c.name] + 1, "no line twice: %s" % lines(c))
cat = enter(hostile, "Cat", invite=invite)
all_see(three := two + [cat], "and Cat is back")
passed("the past played once more")

# Thrown out by the relay alone: it is seen, and no ban; who then joins anew brings the creator's descriptor.
entry = dict(hostile.leg("Ann").roster[id_of("Bob")])
hostile.do(lambda: hostile.leg("Ann").send({"type": "left", "id": id_of("Bob"), "reason": "kicked"}))
wait_for(lambda: not member(ann, "Bob"), "Bob has gone, Ann is told")
hostile.do(lambda: hostile.leg("Ann").send(dict(entry, type="joined")))
all_see(three, "a relay bans nobody", 20)
joins = len([m for m in hostile.tap.control if m["type"] == "join"])
hostile.do(lambda: hostile.leg("Bob").send({"type": "left", "id": id_of("Bob"), "reason": "lost"}))
wait_for(lambda: [m for m in hostile.tap.control if m["type"] == "join"][joins:], "Bob joins anew")
shown = unb64([m for m in hostile.tap.control if m["type"] == "join"][-1]["descriptor"])
check(zoe.identity not in shown, "the descriptor he brings is the creator's")
hostile.do(lambda: hostile.leg("Cat").send({"type": "left", "id": id_of("Cat"), "reason": "ended"}))
wait_for(lambda: cat.p.poll() is not None, "Cat believes that it has ended", 15)
check(cat.p.returncode == 3, "and says so: %r" % cat.p.returncode)
passed("thrown out")
bob.quit()
ann.quit()
never_twice(ann)
never_twice(bob)
passed("nothing was opened twice in all that")
