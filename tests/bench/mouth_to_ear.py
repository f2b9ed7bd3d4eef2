#!/usr/bin/env python3
"""From mouth to ear: chirps into one client's microphone, found again in the other's loudspeaker. See README.md.

mouth_to_ear.py [-b DIR] [-n CHIRPS] [-s SECONDS] [-a--OPTION=VALUE]... [CASE...]

Cases: ruler bare talk short silence.

Sound is soft real time: with builds beside it only "chrt -f 1", as root, shows Parlour rather than the machine.
"""
import time

import chirp_cases

# Not a whole number of frames, so that chirps fall anywhere in them; long enough for the codec to pause in silence.
GAP_MS = 1003
SETTLE_S = 45  # until blocks and packets have found their lengths
TALK, SILENCE = 300, 0  # what is heard between the chirps, of 32767: over and under what pauses the codec


def figures(found):
    """(how many were heard, p50, p95, how alike the least tenth of them was) of [(ms, how alike) or None]"""
    heard, alike = [v[0] for v in found if v], [v[1] for v in found if v]
    if not heard:
        return 0, float("nan"), float("nan"), 0
    return len(heard), m.percentile(heard, .5), m.percentile(heard, .95), m.percentile(alike, .1)


def ruler(room, count, options):
    """Does the ruler itself tell the truth?"""
    path, seconds = sound_room.chirps(min(count, 5), GAP_MS, TALK)
    return room.say(sound_room.ruler(path, 1234), seconds, "mono,aux0"), "1234 samples late: 25.7 is right"


def bare(room, count, options):
    """The devices alone: a program that hands the microphone to the loudspeaker."""
    path, seconds = sound_room.chirps(count, GAP_MS, TALK)
    p = room.start([m.tool("bare_sound"), str(int(seconds) + 5)], "bare_sound.log")
    time.sleep(1)
    found = room.say(path, seconds)
    p.wait(30)
    with open(p.log) as log:
        return found, "microphone to loudspeaker, nothing between; " + log.read().strip()


def call(room, count, options, noise):
    call.number += 1
    relay = kit.Relay(name="relay%d" % call.number)
    speaks = kit.Client("A", relay, "--window", "320x180", *options, create=True, camera="none", microphone="auto",
                        env=room.env)
    hears = kit.Client("B", relay, "--window", "320x180", *options, invite=speaks.invite(), camera="none",
                       speaker="auto", env=room.env)
    kit.wait_for(lambda: hears.streams("audio"), "sound comes", 20)
    path, seconds = sound_room.chirps(count, GAP_MS, noise)
    settling = sound_room.chirps(max(1, settle * 1000 // GAP_MS), GAP_MS, noise)
    room.say(*settling)
    before = [m.cpu_ms(c.p.pid) for c in (speaks, hears)]
    began = time.monotonic()
    found = room.say(path, seconds)
    cpu = [(m.cpu_ms(c.p.pid) - b) / (time.monotonic() - began) for c, b in zip((speaks, hears), before)]
    stats = hears.ask("stats")
    voice = [s for s in stats["streams"] if s["slot"] == "audio"][0]
    told = ", ".join("%s %.4g" % (k, voice[k]) for k in ("latency_ms", "concealed_pct", "jitter_ms", "lost"))
    audio = stats["audio"]
    told += "; blocks %.0f ms, underruns %d, packets %d ms; CPU %.1f + %.1f ms/s" % (
        audio["playout_delay_ms"], audio["underruns"], audio["frame_ms"], cpu[0], cpu[1])
    for c in (hears, speaks):
        c.quit()
    relay.p.terminate()
    return found, told


call.number = 0


def talk(room, count, options):
    """A call of two, somebody talking all the time, in packets of 20 ms."""
    return call(room, count, ["--audio-frame", "20", *options], TALK)


def short(room, count, options):
    """The same in packets of 10 ms."""
    return call(room, count, ["--audio-frame", "10", *options], TALK)


def silence(room, count, options):
    """A call of two, silence between the chirps: each begins anew what was paused."""
    return call(room, count, options, SILENCE)


CASES = {f.__name__: f for f in (ruler, bare, talk, short, silence)}


def measure(names, count, options=(), seconds=SETTLE_S):
    """{case: (heard, p50, p95, how alike, what else was seen)}"""
    global settle
    settle = seconds
    room, out = sound_room.Room(), {}
    for name in names:
        found, told = CASES[name](room, count, options)
        out[name] = (*figures(found), told)
        heard, p50, p95, alike, _ = out[name]
        print("    %-8s p50 %.1f p95 %.1f ms, %d of %d heard, alike %.2f (%s)" %
              (name, p50, p95, heard, len(found), alike, told), flush=True)
    room.p.terminate()
    return out


if __name__ == "__main__":
    arguments = chirp_cases.read(__doc__, CASES, 20, SETTLE_S, option=True)
import measure as m  # noqa: E402  (after PARLOUR_BUILD is set)
import sound_room  # noqa: E402
from measure import kit  # noqa: E402

if __name__ == "__main__":
    measure(arguments.cases or CASES, arguments.chirps, arguments.option, arguments.settle)
