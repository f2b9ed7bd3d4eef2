#!/usr/bin/env python3
"""A relay run by an enemy stands at the door. Who comes by the number alone may meet the man in the middle: he reads all, but the
safety codes differ, and no way of comparing gives two equal numbers. Against an invite link or a passphrase he gets nothing. Whom
no host has let in is not in, on either side of the door; who was removed reads nothing more, whatever is passed on to him."""
from middle import *


class LetIn(Attack):
    """He lets people in by himself: with a token he has seen, or as if the host had said so."""

    def __init__(self, token=None):
        self.token = token

    def on_control_up(self, leg, m):
        return dict(m, token=b64(self.token)) if self.token and m["type"] == "join" else m

    def on_control_down(self, leg, m):
        if m["type"] == "knock":
            leg.say({"type": "admit", "knock": m["knock"]})
            return None
        return None if m["type"] in ("knock-gone", "door") else m


class KeepIn(Boxes):
    """The kicked one is told nothing of it: he goes on getting all that `like` gets, and the others go on hearing of him."""

    def __init__(self, name, like):
        self.name, self.like, self.passed = name, like, 0

    def on_control_up(self, leg, m):
        return m

    def on_control_down(self, leg, m):
        out = hostile.leg(self.name)
        if leg is out:
            return m if m["type"] == "box" and not self.passed else None
        if m["type"] == "left" and m["id"] == out.id:
            return None
        if leg.name == self.like and m["type"] == "ticket":
            out.way.secrets = [unb64(m["room_secret"])] + out.way.secrets[:1]
            out.send(dict(m, ticket=TICKET))
        if leg.name == self.like and m["type"] == "box":
            out.send(m)
        return m

    def on_datagram_down(self, leg, d):
        out = hostile.leg(self.name)
        if leg is out:
            return None
        if leg.name == self.like and d[0] in (4, 5) and int.from_bytes(d[2:4], "big") != out.id:
            self.passed += 1
            out.way.to_client(out.way.tag(d, int.from_bytes(d[12:16], "big")))
        return d


def knocks(host):
    return {k["name"]: k["knock"] for k in host.ask("room")["knocks"]}


def let_in(host, name):
    host.ask("admit", wait_for(lambda: knocks(host).get(name), "%s knocks" % name, 15))


def refused(c, word):
    wait_for(lambda: c.p.poll() is not None, "%s ends" % c.name, 15)
    said = open(c.p.log).read().split("parlour: ")[-1].split("\n")[0]
    check(c.p.returncode == 3 and word in said, "%s ends with %r and says %r" % (c.name, c.p.returncode, said))
    print("%s is told: %s" % (c.name, said))


def compare(c):
    return c.ask("safety")["compare"]


def compared(a, b):
    """Both persons have a result: (state, number) of each."""
    a.ask("compare", member(a, b.name)["id"])
    done = lambda: [x for x in (compare(a), compare(b)) if x["state"] in ("number", "failed")]
    wait_for(lambda: len(done()) == 2 or any(x["state"] == "failed" for x in done()), "a result of comparing", 15)
    time.sleep(0.3)
    return [(x["state"], x["number"]) for x in (compare(a), compare(b))]


relay = Relay()
hostile = Hostile(relay)
ann = enter(hostile, "Ann", create=True)
invite = ann.invite()
code = re.search(r"/r/(\d{6})", invite)[1]

# By the number alone.
middle = hostile.use(Middle("Ann", "Bob"))
bob = enter(hostile, "Bob", code)
let_in(ann, "Bob")
two = [ann, bob]
all_see(two, "through the man in the middle")
said(ann, "we should compare", two)
check(any("we should compare" in x for x in middle.read), "he reads: he is the man in the middle indeed")
check(ann.ask("safety")["code"] != bob.ask("safety")["code"], "the safety codes differ")
check([member(c, o)["trust"] for c, o in ((ann, "Bob"), (bob, "Ann"))] == ["new"] * 2, "nobody is called verified")
result = compared(ann, bob)
check(any(s == "failed" for s, _ in result), "passed on: it fails: %s" % result)
for cheat in ("own", "grind"):
    hostile.do(lambda: setattr(middle, "cheat", cheat))
    for c in two:
        c.ask("compare-stop", member(c, "Bob" if c is ann else "Ann")["id"])
    wait_for(lambda: all(compare(c)["state"] == "none" for c in two), "the last comparison is over", 10)
    result = compared(ann, bob)
    print(cheat, result)
    check(any(s == "failed" for s, _ in result) if cheat == "grind" else
          [s for s, _ in result] == ["number"] * 2 and result[0][1] != result[1][1], "%s: %s" % (cheat, result))
check(middle.compared.get("found"), "he has found a number that would have fitted")
bob.quit()
passed("by the number alone: %d boxes read, and found by comparing" % middle.translated)

# With the link.
middle = hostile.use(Middle("Ann", "Bob"))
bob = enter(hostile, "Bob", invite=invite)
for c, o in ((ann, "Bob"), (bob, "Ann")):
    wait_for(lambda: member(c, o).get("trust") == "ghost", "%s is a ghost to %s" % (o, c.name), 20)
check(not ann.streams() and not bob.streams() and not middle.translated, "he has opened nothing, and shows nothing")
bob.quit()
passed("with a link: %d boxes, none opened" % middle.refused)

# With a passphrase.
words = os.path.join(WORK, "words")
with open(words, "w") as f:
    f.write("seven green bottles\n")
cat = enter(hostile, "Cat", "--passphrase-file", words, create=True)
number = re.search(r"/r/(\d{6})", cat.invite())[1]
hostile.use(Middle("Cat", "Dan"))
dan = enter(hostile, "Dan", number, "--passphrase-file", words)
refused(dan, "passphrase")
check(not cat.others() and not cat.streams(), "nobody has come in")
hostile.use()
dan = enter(hostile, "Dan", number, "--passphrase-file", words)
all_see([cat, dan], "with the passphrase and without him", 30)
check(cat.ask("safety")["code"] == dan.ask("safety")["code"], "one safety code")
result = compared(cat, dan)
check(result[0] == result[1] and result[0][0] == "number", "who compares sees one number: %s" % result)
dan.quit()
cat.quit()
passed("with a passphrase")

# Nobody but a host lets in.
bob = enter(hostile, "Bob", invite=invite)
all_see(two := [ann, bob], "honest")
token = unb64([m for m in hostile.tap.control if m["type"] == "join" and "token" in m][-1]["token"])
hostile.use(LetIn(token))
eve = enter(hostile, "Eve", code)
refused(eve, "not a host")
hostile.use(LetIn())
ann.ask("lobby", True)
wait_for(lambda: bob.ask("room")["lobby"], "Bob has heard of the lobby")
fay = enter(hostile, "Fay", invite=invite)
for c in two:
    wait_for(lambda: member(c, "Fay").get("trust") == "not-admitted", "%s sees whom no host let in" % c.name, 15)
said(ann, "who is at the door?", two)
check(not fay.streams() and not lines(fay) and not any(m["has_key"] for m in fay.others()), "Fay sees and reads nothing")
check(not any(member(c, "Fay")["has_key"] for c in two), "nor is Fay seen")
fay.quit()
hostile.use()
passed("let in by the relay alone")

# Removed, and kept by the relay.
cat = enter(hostile, "Cat", invite=invite)
let_in(ann, "Cat")
all_see(three := two + [cat], "three")
said(ann, "before", three)
TICKET = next(m["ticket"] for m in reversed(hostile.tap.control) if m["type"] == "room" and m["self"] == hostile.leg("Cat").id)
keep = hostile.use(KeepIn("Cat", "Bob"))
ann.ask("kick", member(ann, "Cat")["id"])
wait_for(lambda: keep.passed > 20, "he goes on passing on")
wait_for(lambda: not cat.sees(1), "what is passed on does not open any more", 10)
frames = sum(s["frames_decoded"] for s in cat.streams())
said(ann, "after", two)
at = keep.passed
wait_for(lambda: keep.passed > at + 100, "he goes on passing on")
check(cat.p.poll() is None and sum(s["frames_decoded"] for s in cat.streams()) == frames, "no picture after that")
check("after" not in lines(cat) and "before" in lines(cat), "nor a line: %s" % lines(cat))
for c in two:
    check(not member(c, "Cat").get("has_key"), "%s does not see Cat any more: %s" % (c.name, member(c, "Cat")))
passed("%d datagrams to one who was removed, none opened" % keep.passed)

# A fingerprint counts whenever it comes: a box that met the enemy first, and is connected, asks him nothing of an invite for another.
hostile.use()
check("fp=" + hostile.fingerprint in invite, "the invite names the relay that was given by its fingerprint")
other = Client("Gus", hostile, camera="none")
wait_for(lambda: hostile.legs[-1].name == "Gus", "Gus has met him")
asked = len([m for m in hostile.tap.control if m["type"] == "join"])
other.ask("join", invite.replace(hostile.fingerprint, b64(os.urandom(32))))
refused(other, "not the one")
check(len([m for m in hostile.tap.control if m["type"] == "join"]) == asked, "nothing was asked of him")
passed("an invite for another relay")
