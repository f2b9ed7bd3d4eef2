#!/usr/bin/env python3
"""A wall of cameras is a room: 25 of them from one process on one screen, in five rows of five, none a second old."""
from kit import *

COUNT = 25
relay = Relay()
viewer = Client("Wall", relay, "--window", "1920x1080", create=True, camera="none")
words = []
for n in range(1, COUNT + 1):
    words += ["Camera %d" % n, "lavfi:testsrc2=size=320x180:rate=10,hue=h=%d" % (n * 14)]
cameras = Cameras(*words, room=viewer.invite())
viewer.ask("key", "0")  # my own tile is not one of them
wait_for(lambda: len(viewer.others()) == COUNT, "all of them in the room", 20)


def cpu_s(p):
    with open("/proc/%d/stat" % p.pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def fresh():
    listed = viewer.ask("cameras")
    return len(listed) == COUNT and all(c["watched"] and c["seq"] and 0 <= c["age_ms"] < 1000 * SLOW for c in listed)


wait_for(fresh, "all of them shown, none older than a second", 20)
listed = viewer.ask("cameras")
check(sorted(c["id"] for c in listed) == list(range(1, COUNT + 1)), "each has its number")
tiles = [t for t in viewer.ask("tiles") if t["id"] in [c["member"] for c in listed]]
check((len({t["x"] for t in tiles}), len({t["y"] for t in tiles})) == (5, 5), "five rows of five")
before, at = [cpu_s(p) for p in (cameras.p, viewer.p, relay.p)], time.monotonic()
worst = 0
for _ in range(6):
    time.sleep(0.5)
    worst = max(worst, max(c["age_ms"] for c in viewer.ask("cameras")))
seconds = time.monotonic() - at
used = [100 * (cpu_s(p) - b) / seconds for p, b in zip((cameras.p, viewer.p, relay.p), before)]
check(worst < 1000 * SLOW, "and so they stay: the oldest was %d ms" % worst)
shown = [s["fps_shown"] for s in viewer.streams()]
print("oldest %.0f ms, shown %.1f to %.1f a second, of a core: cameras %.0f %%, screen %.0f %%, relay %.0f %%" %
      (worst, min(shown), max(shown), *used))


def camera(number):
    return next(c for c in viewer.ask("cameras") if c["id"] == number)


viewer.ask("key", "w")  # one large, a few beside it: the others are not asked for
wait_for(lambda: not camera(20)["watched"], "the twentieth is not on the screen")
time.sleep(1.2)
number = camera(20)["seq"]
asked = time.monotonic()
viewer.ask("watch", 20)
wait_for(lambda: camera(20)["watched"] and camera(20)["seq"] > number and camera(20)["age_ms"] < 500 * SLOW,
         "whoever asks for one by its number sees its newest picture", 5, 0.02)
took = time.monotonic() - asked
print("seen %.0f ms after it was asked for" % (took * 1000))
check(took < 1 * SLOW, "within a second")
cameras.quit()
wait_for(lambda: not viewer.others(), "all have gone", 5)
passed("a wall of cameras")
