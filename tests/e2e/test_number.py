#!/usr/bin/env python3
"""Coming in without an invite key, with real clients over TLS: by the number alone, when a person lets one in, or by the
room's passphrase. What the relay alone does opens nothing."""
from kit import *

relay = Relay(tls=True)
FP = ["--relay-fingerprint", relay.fingerprint]


def number(invite):
    return re.search(r"/r/(\d{6})", invite)[1]


def knocks(host):
    return {k["name"]: k["knock"] for k in host.ask("room")["knocks"]}


def refused(c, why):
    c.p.wait(15)
    check(c.p.returncode == 3, "%s ends with 3, not %r: %s" % (c.name, c.p.returncode, why))


def secret(name, text):
    path = os.path.join(WORK, name)
    with open(path, "w") as f:
        f.write(text + "\n")
    os.chmod(path, 0o600)
    return path


host = Client("Host", relay, create=True)
code = number(host.invite())
ann = Client("Ann", relay, code, *FP)
wait_for(lambda: "Ann" in knocks(host), "Ann knocks", 10)
check(ann.ask("room")["waiting"] and not ann.members(), "and sees nobody")
host.ask("admit", knocks(host)["Ann"])
wait_for(lambda: host.sees(1) and ann.sees(1), "they see each other", 15)
host.ask("chat", "Welcome")
wait_for(lambda: [l["text"] for l in ann.ask("chat-log")] == ["Welcome"], "and read each other", 5)
bob = Client("Bob", relay, invite=host.invite())
wait_for(lambda: all(c.sees(2) for c in (host, ann, bob)), "one with the link sees both, and they him", 15)
passed("by the number alone")

eve = Client("Eve", relay, code, *FP)
wait_for(lambda: "Eve" in knocks(host), "Eve knocks", 10)
host.ask("deny", knocks(host)["Eve"])
refused(eve, "denied")
passed("not let in")

right, wrong = secret("right", "correct horse battery"), secret("wrong", "correct horse batterie")
two = Client("Two", relay, "--passphrase-file", right, create=True)
link = two.invite()
check("k=" not in link, "the link of such a room holds no key: " + link.split("#")[0])
cat = Client("Cat", relay, number(link), "--passphrase-file", right, *FP)
wait_for(lambda: two.sees(1) and cat.sees(1), "who knows the passphrase is in, and nobody had to press a key", 15)
dan = Client("Dan", relay, number(link), "--passphrase-file", wrong, *FP)
refused(dan, "a wrong passphrase")
check(len(two.members()) == 2, "and has seen nothing")
fay = Client("Fay", relay, *FP)
fay.ask("join", number(link) + " correct horse battery")
wait_for(lambda: fay.sees(2) and two.sees(2), "Fay comes in by IPC", 15)
fay.quit()
two.quit()
wait_for(lambda: any(m["self"] and m["host"] for m in cat.members()), "Cat is host now", 40)
fay = Client("Fay", relay, "--passphrase-file", right, invite=link)
wait_for(lambda: cat.sees(1) and fay.sees(1), "whoever came by the passphrase lets others in by it", 15)
passed("by the passphrase")
