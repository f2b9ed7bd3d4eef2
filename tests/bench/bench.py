#!/usr/bin/env python3
"""Every figure Parlour promises, measured: one table `figure | reached | aim`. See README.md in this folder.

bench.py [-b DIR] [-n PASSES] [-s SECONDS] [NAME...]     names: call_cpu glass_to_glass mouth_to_ear key_to_pixel
start_time memory idle network
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import time


def read_arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("-b", "--build", help="build directory (default: PARLOUR_BUILD, else build/release)")
    p.add_argument("-n", "--passes", type=int, default=5, help="passes of each bench (default 5)")
    p.add_argument("-s", "--seconds", type=int, default=8, help="length of one measurement (default 8)")
    p.add_argument("names", nargs="*", metavar="NAME", help="only these benches")
    a = p.parse_args()
    unknown = [n for n in a.names if n not in BENCHES]
    if unknown:
        p.error("no such bench: %s" % unknown[0])
    return a


rows = []


def row(figure, reached, aim):
    rows.append((figure, reached, aim))
    print("| %s | %s | %s |" % rows[-1], flush=True)


def note(*words):
    print("   ", *words, flush=True)


# ---- the benches ----

def call_cpu(args):
    """A client in a call of four against the same codec and display work done bare, in turns."""
    screen, relay = kit.Screen(), kit.Relay()
    people, fourth = m.call_of_four(relay)
    clips = [m.natural_clip(*c) for c in m.CLIPS]
    ratios, costs, bares = [], [], []
    for i in range(args.passes):
        bare = bare_pass(args, screen, clips)
        nora = fourth(screen.display)
        time.sleep(3)
        before = m.threads(nora.p.pid)
        cost = m.cpu_rate(nora.p.pid, args.seconds)
        after = m.threads(nora.p.pid)
        stats = nora.ask("stats")
        nora.quit()
        ratios.append(cost / bare["cpu"])
        costs.append(cost)
        bares.append(bare["cpu"])
        parts = {n: (after[n] - before.get(n, 0)) / args.seconds for n in after}
        note("pass %d: client %.0f ms/s, bare %.0f (%s; %d late)" %
             (i + 1, cost, bare["cpu"], " ".join("%s %.0f" % (k, bare[k]) for k in
              ("decode", "encode", "scale", "present", "audio")), bare["late"]))
        note("        client's threads:", " ".join("%s %.0f" % (n, v) for n, v in
             sorted(parts.items(), key=lambda x: -x[1]) if v >= 0.5), "| shown fps",
             " ".join("%.0f" % s["fps_shown"] for s in stats["streams"] if s["slot"] == "camera"))
    row("CPU of a call with four 360p30 tiles, ratio to the bare work", m.spread(ratios), "1.4")
    note("client %s ms/s, bare %s ms/s" % (m.spread(costs, "%.0f"), m.spread(bares, "%.0f")))
    end(people)


def bare_pass(args, screen, clips):
    p = subprocess.Popen([m.tool("bare_call"), str(args.seconds)] + clips, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, env=dict(os.environ, DISPLAY=screen.display), text=True)
    kit._started.append(p)
    kit.check(p.stdout.readline() == "ready\n", "bare_call is not ready")
    time.sleep(1)
    out, _ = p.communicate("go\n")
    kit.check(p.returncode == 0, "bare_call failed")
    return {k: float(v) for k, v in re.findall(r"(\w+)=([\d.]+)", out)}


def watch(screen, rect, seconds, count=None):
    """[(seen us, counter, capture ms)] of the test camera's pictures in a rectangle of the screen."""
    args = [m.tool("glass_watch")] + [str(v) for v in rect] + [str(seconds)] + ([str(count)] if count else [])
    p = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                         env=dict(os.environ, DISPLAY=screen.display))
    kit._started.append(p)
    return p


def seen(p):
    return [tuple(int(v) for v in line.split()) for line in p.communicate()[0].splitlines()]


def latencies(samples):
    """ms from the middle of the capture's millisecond to the first look that saw it"""
    return [(at / 1000 - 0.5 - ms) % 2**32 for at, _, ms in samples]


def tile_of(client, name):
    ids = {x["name"]: x["id"] for x in client.members()}
    t = {x["id"]: x for x in client.ask("tiles")}[ids[name]]
    return t["x"], t["y"], t["w"], t["h"]


def glass_pass(args, relay, size, self_view, grid, full):
    screen = kit.Screen(*size)
    # A microphone that hears nothing: no sign of sound or of its absence stands on the strip of bits.
    sender = kit.Client("A", relay, "--window", "320x180", create=True, camera="test", microphone="file:" + m.silence())
    invite = sender.invite()
    more = [kit.Client("B", relay, "--window", "320x180", invite=invite, camera="test")] if grid else []
    receiver = kit.Client("C", relay, *full, invite=invite, display=screen.display, headless=False,
                          camera="test" if self_view else "none")
    kit.wait_for(lambda: receiver.sees(1 + len(more)), "the receiver sees the sender", 20)
    if not grid:
        receiver.ask("key", "0")  # it stands on the strip of bits
    time.sleep(6)  # start-up jitter is forgotten, the toasts are gone
    samples = seen(watch(screen, tile_of(receiver, "A"), args.seconds * 2))
    stats = [s for s in receiver.ask("stats")["streams"] if s["slot"] == "camera"]
    for c in (receiver, *more, sender):
        c.quit()
    kit.check(len(samples) > 30, "the strip is not read from the screen")
    screen.p.terminate()
    return latencies(samples), samples, stats


def glass_to_glass(args):
    """Capture stamp of the test camera to the pixels of the X screen, 720p30, everything on this machine."""
    cases = [("two people, 1280x720 window, no camera of one's own", (1280, 720), False, False,
              ("--window", "1280x720"), "40 / 60"),
             ("two people, full screen 1920x1080, own camera on", (1920, 1080), True, False, ("--fullscreen",), "40 / 60"),
             ("three people, full screen 1920x1080, self-view shown", (1920, 1080), True, True, ("--fullscreen",), "")]
    all_of, relay = {c[0]: [] for c in cases}, kit.Relay()
    for i in range(max(1, args.passes // 2)):
        for name, size, self_view, grid, full, _ in cases:
            values, samples, stats = glass_pass(args, relay, size, self_view, grid, full)
            all_of[name] += values
            counters = [c for _, c, _ in samples]
            missed = counters[-1] - counters[0] + 1 - len(counters)
            note("pass %d, %s: p50 %.1f p95 %.1f p99 %.1f ms, %d pictures, %d not seen; the client says latency %.0f "
                 "jitter %.1f" % (i + 1, name, m.percentile(values, .5), m.percentile(values, .95),
                                  m.percentile(values, .99), len(values), missed, stats[0]["latency_ms"],
                                  stats[0]["jitter_ms"]))
    for name, *_, aim in cases:
        v = all_of[name]
        row("glass to glass, 720p30, ms p50 / p95 / p99: " + name, "%.0f / %.0f / %.0f" % tuple(
            m.percentile(v, p) for p in (.5, .95, .99)), aim or "-")


def mouth_to_ear(args):
    """Chirps into one client's microphone, found again in the other's loudspeaker, through a sound server of our own."""
    import mouth_to_ear as way
    reached = way.measure(("bare", "talk", "short", "silence"), 4 * args.passes)
    for name, what, aim in (("bare", "the devices alone", "-"), ("talk", "somebody talks, packets of 20 ms", "80"),
                            ("short", "packets of 10 ms", "45"), ("silence", "out of silence", "80")):
        row("mouth to ear, ms p50 / p95: " + what, "%.0f / %.0f" % reached[name][1:3], aim)


def pressed(screen, rect, presses, gap_ms, *keys):
    """ms from each press of a key to the first changed pixel in a rectangle of the screen"""
    args = [m.tool("key_watch")] + [str(v) for v in (*rect, presses, gap_ms)] + list(keys)
    out = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True,
                         env=dict(os.environ, DISPLAY=screen.display)).stdout.split()
    kit.check("none" not in out, "%d of %d presses of %s changed nothing" % (out.count("none"), len(out), keys))
    return sorted(float(x) for x in out)


def key_to_pixel(args):
    """A key pressed as a keyboard does, to the first changed pixel of the X screen, 1920x1080."""
    screen, relay = kit.Screen(1920, 1080), kit.Relay()
    me = kit.Client("Nora", relay, "--fullscreen", display=screen.display, headless=False)
    kit.wait_for(lambda: me.ask("screen")["screen"] == "home", "the home screen", 20)
    time.sleep(2)
    cases = [("home screen, the focus moves", pressed(screen, (960, 0, 960, 1000), 60, 250, "Down", "Up"))]
    host = kit.Client("A", relay, "--window", "1280x720", create=True, camera="lavfi:testsrc2=size=1280x720:rate=30")
    me.ask("join", host.invite())
    kit.wait_for(lambda: me.sees(1), "a picture", 20)
    time.sleep(5)
    screen.keys("c")
    time.sleep(1)
    field = (1320, 880, 560, 150)  # where one writes; the picture moves beside it
    cases.append(("a call of two at 720p30, a letter in the chat field", pressed(screen, field, 60, 250, "a", "b")))
    for what, ms in cases:
        row("key to changed pixel, %s, p50 / p95" % what,
            "%.0f / %.0f ms" % (ms[len(ms) // 2], ms[len(ms) * 95 // 100]), "50 ms")
    for c in (me, host):
        c.quit()
    screen.p.terminate()


def start_time(args):
    """fork to the first remote picture: as the client says, and as the screen shows."""
    screen, relay = kit.Screen(), kit.Relay(tls=True)
    sender = kit.Client("A", relay, "--window", "320x180", create=True, camera="test")
    invite = sender.invite()
    said, from_fork, on_screen = [], [], []
    for i in range(args.passes * 2):
        watcher = watch(screen, (0, 0, 1920, 1080), 10, 1)
        time.sleep(0.3)
        began = time.monotonic()
        client = kit.Client("C", relay, "--fullscreen", invite=invite, display=screen.display, headless=False,
                            camera="none", microphone="none")
        samples = seen(watcher)
        line = kit.wait_for(lambda: re.search(r"first picture.*after_ms=(\d+)", open(client.p.log).read()),
                            "the client tells of its first picture", 10)
        kit.check(samples, "no picture on the screen")
        client.quit()
        said.append(int(line[1]))
        on_screen.append(samples[0][0] / 1000 - began * 1000)
        note("pass %d: after_ms=%d, fork to screen %.0f ms" % (i + 1, said[-1], on_screen[-1]))
        time.sleep(0.5)
    row("start: fork to the first remote picture on the screen, ms", m.spread(on_screen, "%.0f"), "400")
    row("start: the client's own figure, ms", m.spread(said, "%.0f"), "400")
    sender.quit()


def memory(args):
    """PSS in a call of four, beside the other three and alone, and of a relay with ten members."""
    screen, relay = kit.Screen(), kit.Relay()
    people, fourth = m.call_of_four(relay)
    client_memory(args, fourth(screen.display), "the other three on the same machine")
    # With copies of the libraries: nobody shares their pages, as in a kiosk.
    client_memory(args, fourth(screen.display, env={"LD_LIBRARY_PATH": m.copied_libraries()}), "alone on its machine")
    end(people)
    pss = relay_of_ten()
    row("relay with ten members, PSS, MiB", "%.1f" % (sum(pss.values()) / 1024), "12")
    top(pss, 5)


def client_memory(args, client, where):
    time.sleep(max(args.seconds, 10))
    pss = m.memory(client.p.pid)
    libraries = sum(v for n, v in pss.items() if ".so" in n) / 1024
    gl = sum(v for n, v in pss.items() if m.is_gl(n)) / 1024
    total = sum(pss.values()) / 1024
    row("client in a call of four, PSS, MiB: " + where, "%.1f" % total, "80")
    note("%.1f of it libraries; without those of GL %.1f in all" % (libraries, total - gl))
    top(pss, 8)
    client.quit()


def top(pss, count):
    for name, kib in sorted(pss.items(), key=lambda x: -x[1])[:count]:
        note("%7.1f MiB  %s" % (kib / 1024, name))


def relay_of_ten():
    relay, members = kit.Relay(tls=True, name="ten"), []
    for i in range(10):
        members.append(kit.Client("P%d" % i, relay, "--window", "320x180", "--video-bitrate", "300",
                                  invite=members[0].invite() if members else None, create=not members,
                                  camera="test" if i < 2 else "none", microphone="tone:%d" % (300 + 70 * i)))
    kit.wait_for(lambda: len(members[0].others()) == 9, "ten members", 30)
    kit.wait_for(lambda: members[9].sees(2), "the tenth sees pictures", 20)
    time.sleep(5)
    out = m.memory(relay.p.pid)
    end(members)
    return out


def idle(args):
    """The home screen, left alone."""
    screen, relay = kit.Screen(), kit.Relay()
    client = kit.Client("Nora", relay, "--fullscreen", display=screen.display, headless=False, camera="none")
    client.connect()
    time.sleep(4)
    client.ask("stats")
    time.sleep(1.5)
    client.ask("stats")  # the rates below begin here
    rate = m.cpu_rate(client.p.pid, 60)
    presents = client.ask("stats")["call"]["presents_per_s"]
    row("idle home screen, presents a second over 60 s (the clock's minute is one)", "%.3f" % presents, "0")
    row("idle home screen, CPU, % of one core", "%.2f" % (rate / 10), "-")
    client.quit()


def network(args):
    """A call over bad networks, each case for as long as one pass of all the others (60 s at the default)."""
    import network as n
    results = n.table(max(8, args.seconds * 7.5), n.CASES, tell=note)
    for r in results:
        for way, who in (("up", "the other"), ("down", "himself")):
            f = r[way]
            row("bad network: %s, seen by %s: fps / freezes / longest ms / latency p95" % (n.WHAT[r["case"]], who),
                "%.1f / %d / %.0f / %.0f" % (f["fps"], f["freezes"], f["longest_ms"], f["latency_p95"]),
                "missed: " + "; ".join(n.missed(n.CASES[r["case"]], f, r["seconds"])) if
                n.missed(n.CASES[r["case"]], f, r["seconds"]) else "reached")


def end(clients):
    for c in clients:
        c.quit()


BENCHES = {f.__name__: f for f in (call_cpu, glass_to_glass, mouth_to_ear, key_to_pixel, start_time, memory, idle,
                                network)}


if __name__ == "__main__":
    arguments = read_arguments()
    if arguments.build:
        os.environ["PARLOUR_BUILD"] = os.path.abspath(arguments.build)
    import measure as m
    from measure import kit
    for bench in arguments.names or BENCHES:
        note(bench, "-", BENCHES[bench].__doc__)
        BENCHES[bench](arguments)
    print("\n| figure | reached | aim |\n|---|---|---|")
    for r in rows:
        print("| %s | %s | %s |" % r)
