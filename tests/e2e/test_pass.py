#!/usr/bin/env python3
"""Paired boxes pass the lobby, with real clients over TLS: whom the host has paired comes in after the host has gone, is seen
and heard, also by a relay that has been started anew; who is not paired, or no longer, waits."""
from kit import *

relay = Relay(tls=True)


def knocks(host):
    return {k["name"] for k in host.ask("room")["knocks"]}


def pair(host, who, on=True):
    host.ask("pair" if on else "unpair", who.ask("identity")["fingerprint"])


def all_see(*them):
    wait_for(lambda: all(c.sees(len(them) - 1) for c in them), "%s see each other" % [c.name for c in them], 20)


host = Client("Host", relay, "--lobby", create=True)
link = host.invite()
heard = os.path.join(WORK, "heard.wav")
guest = Client("Guest", relay, "--no-sounds", invite=link, speaker="file:" + heard)
wait_for(lambda: "Guest" in knocks(host), "the guest knocks", 10)
host.ask("admit", host.ask("room")["knocks"][0]["knock"])
all_see(host, guest)

cat, dan, eve, fay = (Client(n, relay, microphone="tone:700" if n == "Cat" else "none") for n in ("Cat", "Dan", "Eve", "Fay"))
for who in (cat, eve, fay):
    pair(host, who)
pair(host, eve, False)
host.quit()
wait_for(lambda: any(m["self"] and m["host"] for m in guest.members()), "the guest is host now", 40)
for who in (cat, dan, eve):
    who.ask("join", link)
all_see(guest, cat)
wait_for(lambda: tones(heard, [700], 1.0)[0] > 0.02, "the guest hears Cat", 15, 0.5)
check(next(m for m in guest.others() if m["name"] == "Cat")["trust"] == "new", guest.members())
wait_for(lambda: knocks(guest) == {"Dan", "Eve"}, "who is not paired, or no longer, waits", 10)
check(dan.ask("room")["waiting"] and eve.ask("room")["waiting"] and not dan.members() and not eve.members(), "and sees nobody")
passed("a paired box comes in without the host")

relay.kill()
relay.run()
fay.ask("join", link)
all_see(guest, cat, fay)
passed("nor does it need the relay that knew of it")

pair(guest, dan)
all_see(guest, cat, fay, dan)
passed("who waits and is paired is in")
