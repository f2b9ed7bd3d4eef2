#!/usr/bin/env python3
"""Whom a box has met, from outside: the orders of the command line, what IPC tells, a key that has changed under a known
name, and a box that talks to paired ones only."""
import os
import re
import stat
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import BUILD, WORK, Client, Relay, check, wait_for

PARLOUR = os.path.join(BUILD, "parlour")
SHORT = r"[a-z2-7]{4}(-[a-z2-7]{4}){3}"
SOMEBODY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"  # the key of bytes 0 to 31
SOMEBODY_SHORT = "oewd-rjg3-he62-cblf"


def order(data, *args, code=0, says=""):
    p = subprocess.run([PARLOUR, "--data-dir", data, "--name", "Box"] + list(args), stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                       env=dict(os.environ, XDG_CONFIG_HOME=os.path.join(WORK, "config")))
    out, err = p.stdout.decode(), p.stderr.decode()
    check(p.returncode == code, "%s ended with %d: %s%s" % (args, p.returncode, out, err))
    check(says in (err if code else out), "%s says %r %r" % (args, out, err))
    check(code == 0 or (err.count("\n") == 1 and not out), "%s says more than a sentence: %r %r" % (args, out, err))
    return out


def rows(data):
    return order(data, "--list-identities").split("\n")[4:-1]


def command_line():
    data = os.path.join(WORK, "orders")
    first = order(data, "--list-identities").split("\n")
    me = re.fullmatch(r"I am Box, fingerprint (%s)" % SHORT, first[0])
    whole = re.search(r"--pair-identity ([\w-]{43})$", first[1])
    check(me and whole, "the list does not begin with who I am: %r" % first)
    check(re.match(r"NAME +FINGERPRINT +FIRST SEEN +LAST SEEN +VERIFIED +PAIRED$", first[3]), "no table: %r" % first)
    check(order(data, "--list-identities").split("\n")[0] == first[0], "who I am is another the second time")

    order(data, "--pair-identity", SOMEBODY_SHORT, code=64, says="43 characters")
    order(data, "--pair-identity", "Ada", code=64, says="no fingerprint")
    order(data, "--verify-identity", SOMEBODY, code=64, says="never met")
    order(data, "--unpair-identity", SOMEBODY, code=64, says="never met")
    order(data, "--forget-identity", "Ada", code=64, says="Ada")
    order(data, "--pair-identity", SOMEBODY, says="paired: " + SOMEBODY_SHORT)
    check(re.fullmatch(r"\(not met yet\) +%s +never +never +no +yes" % SOMEBODY_SHORT, rows(data)[0]), rows(data))
    order(data, "--verify-identity", SOMEBODY_SHORT.upper(), says="verified: " + SOMEBODY_SHORT)
    order(data, "--unpair-identity", SOMEBODY_SHORT.replace("-", ""), says="no longer paired")
    check(rows(data) == [], rows(data))
    order(data, "--list-identities", "--forget-identity", "x", code=64, says="one order")

    path = os.path.join(data, "identities")
    check(stat.S_IMODE(os.stat(path).st_mode) == 0o600, "the file can be read by others")
    with open(path, "a") as f:
        f.write("%s 1700000000 1700000001 - Living room\nnonsense\n" % SOMEBODY)
    check(len(rows(data)) == 1 and rows(data)[0].startswith("Living room "), rows(data))
    order(data, "--forget-identity", " Living  room ", says="forgotten: Living room")
    check(rows(data) == [] and "nonsense\n" in open(path).read(), "a damaged line is gone")

    # Many at once lose nothing of each other's.
    keys = ["%042d0" % n for n in range(16)]
    many = [subprocess.Popen([PARLOUR, "--data-dir", data, "--pair-identity", k], stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for k in keys]
    check([p.wait(60) for p in many] == [0] * len(keys), "not all could be paired at once")
    check(len(rows(data)) == len(keys), "of %d paired at once %d are left" % (len(keys), len(rows(data))))

    os.chmod(path, 0o644)
    order(data, "--list-identities", code=78, says="chmod 600")
    order(data, "--headless", "--ipc", os.path.join(WORK, "unused.sock"), code=78, says="chmod 600")
    print("orders on the command line")


def box(name, relay, data, *args, **kw):
    return Client(name, relay, "--data-dir", os.path.join(WORK, data), *args, **kw)


def member(client, other):
    """What `client` shows of the box `other`: found by the fingerprint, as names are labels."""
    return next((m for m in client.others() if m["fingerprint"] == other), {"trust": "absent", "has_key": False, "id": 0})


def trusts(client, other, trust, has_key):
    wait_for(lambda: (member(client, other)["trust"], member(client, other)["has_key"]) == (trust, has_key),
             "%s takes %s for %s" % (client.name, other, trust), 20)


def over_ipc(relay):
    a = box("Ada", relay, "ada")
    me = a.ask("identity")
    check(me["name"] == "Ada" and re.fullmatch(SHORT, me["short"]) and len(me["fingerprint"]) == 43, me)
    check(a.ask("identities") == [], "somebody is known already")
    check("fingerprint" in a.ask("pair", "nobody", refused=True), "pairs nobody")
    a.ask("pair", SOMEBODY)
    known = a.ask("identities")
    check(len(known) == 1 and known[0]["short"] == SOMEBODY_SHORT and known[0]["paired"] and not known[0]["name"], known)
    check("known" in a.ask("forget", "Nobody", refused=True), "forgets nobody")
    check("number" in a.ask("join", "4281930", refused=True), "joins by a wrong number")
    check("member" in a.ask("verify", 5, refused=True), "verifies nobody")
    check(a.ask("safety")["compare"]["state"] == "none" and a.ask("safety")["members"] == [], a.ask("safety"))
    check(a.ask("room")["safety_code"] == "", a.ask("room"))
    a.quit()
    print("identities over IPC")
    return me["short"]


def changed_key(relay, ada):
    hall = box("Hall", relay, "hall", create=True)
    a = box("Ada", relay, "ada", invite=hall.invite())
    trusts(hall, ada, "new", True)
    wait_for(lambda: [i for i in hall.ask("identities") if i["name"] == "Ada" and i["short"] == ada], "Ada is remembered")
    a.quit()
    hall.quit()
    check(any(r.startswith("Ada ") and ada in r for r in rows(os.path.join(WORK, "hall"))), "Ada is not in the file")

    hall = box("Hall", relay, "hall", create=True)
    impostor = box(" Ada ", relay, "impostor", invite=hall.invite())
    other = impostor.ask("identity")["short"]
    trusts(hall, other, "changed", False)
    a = box("Ada", relay, "ada", invite=hall.invite())
    trusts(hall, ada, "new", True)
    wait_for(lambda: hall.sees(1), "Hall sees Ada", 20)
    check(len(hall.streams()) == 1, "Hall shows somebody under a name that was another's")
    hall.ask("chat", "for Ada")
    wait_for(lambda: a.ask("chat-log"), "Ada reads what Hall wrote")
    check(impostor.ask("chat-log") == [], "who goes by another's name reads what is written")
    trusts(impostor, hall.ask("identity")["short"], "ghost", False)

    hall.ask("trust", member(hall, other)["id"])
    trusts(hall, other, "new", True)
    wait_for(lambda: hall.sees(2), "Hall sees both, once a person has said so", 20)
    hall.ask("verify", member(hall, ada)["id"])
    trusts(hall, ada, "verified", True)
    hall.quit()
    listed = {r.split()[1]: r for r in rows(os.path.join(WORK, "hall"))}
    check(listed[ada].split()[-2:] == ["yes", "no"] and listed[other].split()[-2:] == ["no", "no"], listed)
    a.quit()
    impostor.quit()
    print("a changed key stops until a person accepts it")


def only_paired(relay, ada):
    order(os.path.join(WORK, "portal"), "--pair-identity", rows_me(os.path.join(WORK, "ada")), says="paired: " + ada)
    portal = box("Portal", relay, "portal", "--only-paired", create=True)
    eve = box("Eve", relay, "eve", invite=portal.invite())
    a = box("Ada", relay, "ada", invite=portal.invite())
    other = eve.ask("identity")["short"]
    trusts(portal, ada, "new", True)
    trusts(portal, other, "stranger", False)
    wait_for(lambda: portal.sees(1), "Portal sees Ada", 20)
    check(len(portal.streams()) == 1, "Portal shows a stranger")
    portal.ask("pair", member(portal, other)["id"])
    trusts(portal, other, "new", True)
    wait_for(lambda: portal.sees(2) and eve.sees(2), "Portal and Eve see each other once paired", 20)
    # The command line beside a running box.
    order(os.path.join(WORK, "portal"), "--unpair-identity", other, says="no longer paired: " + other)
    trusts(portal, other, "stranger", False)
    wait_for(lambda: len(portal.streams()) == 1, "Portal shows Eve no longer", 20)
    for c in (eve, a, portal):
        c.quit()
    print("paired boxes only")


def rows_me(data):
    return re.search(r"--pair-identity ([\w-]{43})", order(data, "--list-identities"))[1]


command_line()
relay = Relay()
ada = over_ipc(relay)
changed_key(relay, ada)
only_paired(relay, ada)
