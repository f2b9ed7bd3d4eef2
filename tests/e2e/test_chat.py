#!/usr/bin/env python3
"""Chat between real clients: a line to one alone stays with that one; who comes later finds the last lines to all, and
none of those; what is half typed and what waits outlive a relay that dies; a line for one who has left goes to nobody."""
from kit import *

relay = Relay()
amina = Client("Amina", relay, "--verbose", create=True)
invite = amina.invite()
robert = Client("Robert", relay, "--verbose", invite=invite)
samuel = Client("Samuel", relay, "--verbose", invite=invite)
people = [amina, robert, samuel]


def together(*who):
    for p in who:
        wait_for(lambda: sum(m["has_key"] for m in p.others()) == len(who) - 1, "%s hears everybody" % p.name, 30)


def lines(p, text=None):
    return [l for l in p.ask("chat-log") if text is None or l["text"] == text]


def id_of(p, name):
    return next(m["id"] for m in p.members() if m["name"] == name)


def type_text(p, text):
    for c in text:
        p.ask("key", "Space" if c == " " else c)


def choose(p, name):
    """Whom what is typed is for, from the list: everybody stands first, then the others as in `members`."""
    p.ask("key", "Tab")
    for _ in range(1 + [m["name"] for m in p.members() if not m["self"]].index(name)):
        p.ask("key", "Down")
    p.ask("key", "Return")


together(*people)

# ---- to one alone ----

amina.ask("chat-to", id_of(amina, "Robert"), "for Robert alone")
amina.ask("chat", "for all")
for p in (robert, samuel):
    wait_for(lambda: lines(p, "for all"), "%s has the line to all" % p.name)
got = lines(robert, "for Robert alone")
check(len(got) == 1 and got[0]["alone"] and not got[0]["mine"], "Robert has it: %s" % got)
check(len(lines(samuel)) == 1, "Samuel has one line: %s" % lines(samuel))
mine = wait_for(lambda: [l for l in lines(amina, "for Robert alone") if l["delivered"]], "it is delivered")
check(mine[0]["to"] == id_of(amina, "Robert") and mine[0]["to_name"] == "Robert", "whom it was for: %s" % mine)
check("written to" in amina.ask("chat-to", 60000, "x", refused=True), "nobody has that id")
check("written to" in amina.ask("chat-to", id_of(amina, "Amina"), "x", refused=True), "not to oneself")
print("PASS: to one alone")

# ---- who comes later ----

nora = Client("Nora", relay, "--verbose", invite=invite)
people.append(nora)
together(*people)
wait_for(lambda: lines(nora), "Nora is told what was said")
robert.ask("chat", "welcome")
wait_for(lambda: lines(nora, "welcome"), "and hears what is said now")
told = [(l["from"], l["text"], l["older"]) for l in lines(nora)]
check(told == [("Amina", "for all", True), ("Robert", "welcome", False)], "Nora's log: %s" % told)
print("PASS: what was said before one came")

# ---- the relay dies ----

amina.ask("key", "c")
wait_for(lambda: amina.ask("screen")["panel"] == "chat", "the chat is open")
relay.kill()
wait_for(lambda: not amina.ask("stats")["call"]["path"], "Amina has noticed", 20)
type_text(amina, "typed while away")
amina.ask("key", "Return")
type_text(amina, "half")
relay.run()
for p in people[1:]:
    wait_for(lambda: lines(p, "typed while away"), "%s has what waited" % p.name, 30)
together(*people)
amina.ask("key", "Escape")
amina.ask("key", "c")
type_text(amina, " and half")
amina.ask("key", "Return")
for p in people[1:]:
    wait_for(lambda: lines(p, "half and half"), "%s has the rest" % p.name)
    for text in ("for all", "welcome", "typed while away", "half and half"):
        check(len(lines(p, text)) == 1, "%s has '%s' %d times" % (p.name, text, len(lines(p, text))))
print("PASS: what is half typed, and what waits")

# ---- whom it is for leaves ----

choose(amina, "Robert")
type_text(amina, "a secret")
robert.quit()
people.remove(robert)
wait_for(lambda: len(amina.others()) == 2, "Robert has left", 40)
amina.ask("key", "Return")
samuel.ask("chat", "mark")
for p in people:
    wait_for(lambda: lines(p, "mark"), "%s goes on" % p.name)
    check(not lines(p, "a secret"), "%s has the secret" % p.name)
# The words are still there, and go when a person says to whom.
choose(amina, "Samuel")
amina.ask("key", "Return")
wait_for(lambda: lines(samuel, "a secret"), "Samuel has it now")
check(lines(samuel, "a secret")[0]["alone"] and not lines(nora, "a secret"), "and he alone")
print("PASS: whom it is for leaves")

for p in people:
    p.quit()
for name in os.listdir(WORK):
    if name.endswith(".log"):
        with open(os.path.join(WORK, name)) as f:
            log = f.read()
        for text in ("for Robert alone", "a secret", "half and half"):
            check(text not in log, "%s tells '%s'" % (name, text))
print("PASS: no log tells a word")
