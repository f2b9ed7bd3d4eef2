#!/usr/bin/env python3
"""A member whose address changes in a call goes on: after half a second at most the others hear him again, and he them;
nobody is said to have left. So does one whose cable is pulled and put back."""
import netns
from kit import *

netns.require()
LIMIT = 0.5 * max(1.0, SLOW)

net = netns.Network()
relay = Relay(tls=True, host=net.host("relay"))
home, away = net.host("home"), net.host("away")
heard_by_home, heard_by_away = (os.path.join(WORK, n + ".wav") for n in ("home", "away"))
a = Client("Ann", relay, "--no-sounds", create=True, host=home, microphone="tone:440",
           speaker="file:" + heard_by_home)
b = Client("Ben", relay, "--no-sounds", invite=a.invite(), host=away, microphone="tone:700", speaker="file:" + heard_by_away)
wait_for(lambda: a.sees(1) and b.sees(1), "two see each other", 15)
time.sleep(1.5)


def change(what, act, limit):
    before = [recorded(p) for p in (heard_by_home, heard_by_away)]
    frames = [c.streams()[0]["frames_decoded"] for c in (a, b)]
    act()
    time.sleep(2.5 * max(1.0, SLOW))
    gaps = [silence(p, s) for p, s in zip((heard_by_home, heard_by_away), before)]
    print("%s: silence %.2f s at home, %.2f s away" % (what, *gaps))
    check(max(gaps) <= limit, "%s costs %.2f s of sound" % (what, max(gaps)))
    wait_for(lambda: all(c.streams() and c.streams()[0]["frames_decoded"] > n for c, n in zip((a, b), frames)),
             "pictures go on", 5)
    check(len(a.others()) == 1 and len(b.others()) == 1, "nobody was lost")


for i in range(3):
    change("another address", lambda: away.readdress("%s.%d" % (net.subnet, 100 + i)), LIMIT)
passed("a changed address")

b.ask("chat", "still here")
wait_for(lambda: any(x["text"] == "still here" for x in a.ask("chat-log")), "chat goes on as well", 5)
passed("the control connection follows")


def cable():
    away.pull()
    time.sleep(1)
    away.plug_in()


change("a cable pulled for a second", cable, 1 + LIMIT)
left = [e for e in (a.ask("members"), b.ask("members")) if len(e) != 2]
check(not left, "the roster stayed")
passed("a pulled cable")
