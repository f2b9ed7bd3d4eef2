#!/usr/bin/env python3
"""A killed client goes from the others' grids within 5 s; a killed and restarted relay has everybody back in the same
room under the same code, moving, without a key press."""
from kit import *

relay = Relay()
people = [Client("Amina", relay, create=True)]
invite = people[0].invite()
for name in ("Robert", "Samuel", "Nora"):
    people.append(Client(name, relay, invite=invite))
for p in people:
    wait_for(lambda: len(p.others()) == 3, p.name + " has the others", 15)
    wait_for(lambda: p.sees(3), p.name + " sees the others", 15)

victim = people.pop()
victim.p.kill()
victim.p.wait()
began = time.monotonic()
for p in people:
    wait_for(lambda: len([t for t in p.ask("tiles")]) == 3, p.name + " has three tiles", 6)
took = time.monotonic() - began
check(took < 5 * SLOW, "the dead client's tile went after %.1f s" % took)

relay.kill()
for p in people:
    wait_for(lambda: p.ask("screen")["screen"] and p.ask("stats")["call"]["path"] == "", p.name + " notices", 6)
relay.run()
restarted = time.monotonic()
for p in people:
    wait_for(lambda: len(p.others()) == 2 and p.ask("stats")["call"]["path"] == "udp" and p.sees(2),
             p.name + " sees the others again", 15)
back = time.monotonic() - restarted
late = Client("Kenji", relay, invite=invite)  # the number and the link still open the door
wait_for(lambda: len(late.others()) == 3, "the same invite still works", 15)
wait_for(lambda: late.sees(3), "Kenji sees the others", 15)
for p in people + [late]:
    p.quit()
passed("killed client gone in %.1f s, relay back in %.1f s" % (took, back))
