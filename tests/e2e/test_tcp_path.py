#!/usr/bin/env python3
"""Where UDP does not pass, media goes through the WebSocket: from the start, from the middle of a call, and back to UDP when
that works again. Over TLS, in networks of its own."""
import netns
from kit import *

netns.require()
net = netns.Network()
relay = Relay(tls=True, host=net.host("relay"))
home, office = net.host("home"), net.host("office")


def block_udp(on=True):
    """Both ways: the office's own rules drop what comes, the relay's what comes from there."""
    office.block_udp(on)
    relay.host.iptables("-A" if on else "-D", "INPUT", "-p", "udp", "-s", office.address, "-j", "DROP")


heard, heard_by_bob = os.path.join(WORK, "ann.wav"), os.path.join(WORK, "bob.wav")
ann = Client("Ann", relay, "--no-sounds", create=True, host=home, microphone="tone:440", speaker="file:" + heard)
invite = ann.invite()
block_udp()
bob = Client("Bob", relay, "--no-sounds", invite=invite, host=office, microphone="tone:660", speaker="file:" + heard_by_bob)


def path(client):
    return client.ask("stats")["call"]["path"]


def hears(client):
    """Sound from the other has arrived and was opened within the last second."""
    return any(s["bitrate_kbps"] > 5 for s in client.streams("audio"))


wait_for(lambda: bob.others(), "Bob is in the room", 15)
joined, marks = time.monotonic(), [recorded(f) for f in (heard, heard_by_bob)]
wait_for(lambda: bob.sees(1) and ann.sees(1) and hears(bob) and hears(ann), "pictures and sound both ways", 15)
took = time.monotonic() - joined
print("UDP blocked from the start: pictures and sound both ways %.1f s after joining" % took)
gaps = [silence(f, m) for f, m in zip((heard, heard_by_bob), marks)]
print("sound %.1f s after joining at Ann's, %.1f s at Bob's" % tuple(gaps))
check(max(gaps) <= 2 * SLOW, "sound within 2 s of joining")
check(took < 4 * SLOW, "pictures within 2 s of joining, and two for the figures to show it: %.1f s" % took)
check(path(bob) == "tcp" and path(ann) == "udp", "Bob by TCP, Ann by UDP: %s %s" % (path(bob), path(ann)))
passed("UDP blocked from the start")


def decoded(client):
    return sum(s["frames_decoded"] for s in client.streams())


def moves(client, before):
    return decoded(client) > before


# Another network: the way back to UDP is tried at once.
block_udp(False)
office.readdress(net.free_address())
wait_for(lambda: path(bob) == "udp", "back to UDP", 10)
wait_for(lambda: bob.sees(1) and ann.sees(1), "and pictures both ways", 10)
passed("back to UDP")

events = [m["id"] for m in ann.members()]
time.sleep(1.5)
block_udp()
marks = [recorded(f) for f in (heard, heard_by_bob)]
began = time.monotonic()
wait_for(lambda: path(bob) == "tcp", "Bob goes by TCP", 10, 0.02)
a, b = decoded(ann), decoded(bob)
wait_for(lambda: moves(ann, a + 5) and moves(bob, b + 5) and hears(ann) and hears(bob), "media both ways", 10, 0.02)
time.sleep(1)
gaps = [silence(f, m) for f, m in zip((heard, heard_by_bob), marks)]
print("UDP dies in a call: silence of %.1f s at Ann's, %.1f s at Bob's" % tuple(gaps))
check(max(gaps) <= 4 * SLOW, "sound again within four seconds: %s" % gaps)
check([m["id"] for m in ann.members()] == events, "the roster is what it was")
passed("UDP dies in a call")

time.sleep(35 if os.environ.get("PARLOUR_FULL") else 6)
check([m["id"] for m in ann.others()] and [m["id"] for m in bob.others()], "nobody is away or has left")
check(bob.sees(1) and ann.sees(1) and path(bob) == "tcp", "the call goes on by TCP")
passed("a member without UDP stays")

block_udp(False)
if os.environ.get("PARLOUR_FULL"):
    wait_for(lambda: path(bob) == "udp", "UDP is tried again each 30 s", 40)
else:
    office.readdress(net.free_address())
    wait_for(lambda: path(bob) == "udp", "back to UDP in another network", 10)
wait_for(lambda: bob.sees(1) and ann.sees(1) and hears(ann) and hears(bob), "pictures and sound both ways", 10)
for c in (ann, bob):
    check(len(c.members()) == 2, "two in the room")
bob.quit()
ann.quit()
passed("UDP works again")
