#!/usr/bin/env python3
"""Lip sync of a call of two: how much earlier a sound is heard than the picture of the same moment is seen. The test camera's
stamp on the screen against chirps from mouth to ear; see README.md.

lip_sync.py [-b DIR] [-n CHIRPS] [-s SECONDS] [CASE...]

Cases: clean late lossy far. "chrt -f 1" as for mouth_to_ear.py.
"""
import os
import subprocess
import time

import chirp_cases

GAP_MS, TALK, SETTLE_S = 1003, 300, 30
LEAD_S = 1.5  # from the start of a recording to the first chirp, about
NEAR_S = .5   # pictures within so much of a chirp are of its moment
WIDTH, HEIGHT = 640, 360

# What is wrong with the way, and what lip sync has to do about it.
CASES = {"clean": (None, "sound and pictures as they come"),
         "late": ("delay=25 jitter=15", "both shake by 15 ms"),
         "lossy": ("delay=40 up.loss=10", "pictures wait for repairs"),
         "far": ("delay=25 down.loss=5 up.loss=5", "both ways lose")}


def watch(screen, tile, seconds):
    args = [m.tool("glass_watch"), *(str(tile[k]) for k in "xywh"), str(int(seconds))]
    p = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                         env=dict(os.environ, DISPLAY=screen.display))
    kit._started.append(p)
    return p


def pictures(p):
    """[(seen, s; how old it was, ms)] of what glass_watch saw"""
    rows = [[int(v) for v in line.split()] for line in p.communicate()[0].splitlines()]
    return [(at / 1e6, (at / 1000 - 0.5 - ms) % 2**32) for at, _, ms in rows]


def differences(began, chirps, seen):
    """ms: of each chirp that was heard, to each picture near it."""
    out = []
    for i, chirp in enumerate(chirps):
        at = began + LEAD_S + i * GAP_MS / 1000
        out += [age - chirp[0] for when, age in seen if chirp and abs(when - at) < NEAR_S]
    return out


def call(room, line, count, settle):
    relay, screen = kit.Relay(name="relay%d" % len(os.listdir(kit.WORK))), kit.Screen(WIDTH, HEIGHT)
    speaks = kit.Client("A", relay, "--window", "320x180", create=True, camera="test", microphone="auto", env=room.env)
    bad = BadLine(relay, line) if line else None
    invite = bad.invite(speaks.invite()) if bad else speaks.invite()
    hears = kit.Client("B", relay, "--window", "%dx%d" % (WIDTH, HEIGHT), invite=invite, camera="none", speaker="auto",
                       display=screen.display, headless=False, env=room.env)
    kit.wait_for(lambda: hears.sees(1) and hears.streams("audio"), "sound and pictures come", 30)
    hears.ask("key", "0")  # what stands on the strip of bits
    room.say(*sound_room.chirps(max(1, settle * 1000 // GAP_MS), GAP_MS, TALK))
    path, seconds = sound_room.chirps(count, GAP_MS, TALK)
    tile = next(t for t in hears.ask("tiles") if t["id"] == hears.others()[0]["id"])
    watching, began = watch(screen, tile, seconds + 6), time.monotonic()
    chirps = room.say(path, seconds)
    seen = pictures(watching)
    streams = {s["slot"]: s for s in hears.ask("stats")["streams"]}
    for c in (hears, speaks):
        c.quit()
    if bad:
        bad.end()
    for p in (relay.p, screen.p):
        p.terminate()
    return began, chirps, seen, streams


def told(streams):
    voice, picture = streams["audio"], streams["camera"]
    return "skew %s, sound %.0f, picture %.0f ms, held %.0f and %.0f ms" % (
        "unknown" if voice["av_skew_ms"] is None else "%.0f ms" % voice["av_skew_ms"], voice["latency_ms"],
        picture["latency_ms"], voice["hold_ms"], picture["hold_ms"])


def measure(names, count, settle=SETTLE_S):
    """{case: ms by which sound comes before its picture}"""
    room, out = sound_room.Room(), {}
    for name in names:
        line, what = CASES[name]
        began, chirps, seen, streams = call(room, line, count, settle)
        heard = [c[0] for c in chirps if c]
        out[name] = differences(began, chirps, seen)
        kit.check(len(out[name]) > count, "too little was heard or seen")
        p = [m.percentile(out[name], part) for part in (.05, .5, .95)]
        print("%-6s heard before it is seen p5 %.0f p50 %.0f p95 %.0f ms; mouth to ear p50 %.0f, glass to glass p50 %.0f ms; "
              "%d of %d chirps, %d pictures (%s; the client says: %s)" %
              (name, *p, m.percentile(heard, .5), m.percentile([a for _, a in seen], .5), len(heard), len(chirps),
               len(seen), what, told(streams)), flush=True)
    room.p.terminate()
    return out


if __name__ == "__main__":
    arguments = chirp_cases.read(__doc__, CASES, 40, SETTLE_S)
import measure as m  # noqa: E402  (after PARLOUR_BUILD is set)
import sound_room  # noqa: E402
from bad_line import BadLine  # noqa: E402
from measure import kit  # noqa: E402

if __name__ == "__main__":
    measure(arguments.cases or list(CASES), arguments.chirps, arguments.settle)
