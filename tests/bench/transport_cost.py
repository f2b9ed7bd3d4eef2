#!/usr/bin/env python3
"""What the network side of a call costs: CPU of sealing, pacing, rates, parity, repair and sockets (the net and link threads and
half of the relay) against that of the codecs, in one run: a real call of two, natural 720p30 pictures and speech, on a clean line and
at 10 % loss. And where it goes, by function. See README.md in this folder.

transport_cost.py [-b DIR]... [--seconds N] [--passes N] [--case NAME]...     several builds: in turns
"""
import argparse
import collections
import os
import re
import shutil
import statistics
import subprocess
import time

CALM, SETTLE_S = "delay=25 rate=5000 queue=300", 10
CASES = {"clean": "loss=0", "loss-10": "loss=10"}
TRANSPORT, CODEC, SOUND = ("net", "link"), ("encoder", "decoder", "enc"), ("mic", "speaker")
AIM = 0.10
# Whose function it is: first match wins. Static ones that no file's name begins are "the rest".
GROUPS = [("sealing, opening, tags", r"libcrypto|libsodium|seal_|hop_tag|media_tx|media_rx|sframe|keys_"),
          ("parity", r"libisal|fec_|parity_"),
          ("rates and pacing", r"pacer_|bandwidth_|trend_|outflow_|inflow_|sent_log_|budget_|probe_|libm\.so"),
          ("repair", r"repair|nack_|history_|hop_loss|loss_"),
          ("frames: cut, put together, queued", r"packetiser|assembler|media_queue|receivers_|encoded_frame|mailbox_"),
          ("memory and locks", r"libc\.so")]


def clocks(pid):
    """{thread: CPU ms so far}, by the scheduler's own clock: ticks miss who runs for some microseconds at a time"""
    out = collections.Counter()
    for tid in os.listdir("/proc/%d/task" % pid):
        try:
            with open("/proc/%d/task/%s/comm" % (pid, tid)) as c, open("/proc/%d/task/%s/schedstat" % (pid, tid)) as s:
                out[re.sub(r"[ \d].*", "", c.read().strip())] += int(s.read().split()[0]) / 1e6
        except OSError:
            continue
    return out


def spent(before, after, seconds):
    return {k: (after[k] - before[k]) / seconds for k in after}


def sample(pids, seconds):
    """[(thread, library, function, system call or None)] of the next seconds; none without perf."""
    path = os.path.join(kit.WORK, "perf.data")
    record = ["perf", "record", "-q", "-e", "cpu-clock", "-F", "799", "-g", "-o", path, "-p", ",".join(map(str, pids)), "--", "sleep",
              str(seconds)]
    if not shutil.which("perf") or subprocess.run(record, stderr=subprocess.DEVNULL).returncode:
        time.sleep(seconds)
        return []
    text = subprocess.run(["perf", "script", "-i", path, "-F", "comm,ip,sym,dso"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True).stdout
    return [read_sample(block.splitlines()) for block in text.split("\n\n") if block.strip().count("\n")]


def read_sample(lines):
    frames = [re.match(r"\s*[0-9a-f]+ (.*) \((.*)\)$", line) for line in lines[1:]]
    names = [(f[1], os.path.basename(f[2])) for f in frames if f]
    call = next((m[1] for name, _ in names for m in [re.match(r"__(?:x64_)?sys_(\w+)", name)] if m), None)
    function, library = names[0] if names else ("?", "?")
    kernel = library.startswith("[") and "vdso" not in library
    return lines[0].strip(), library, function, call or ("interrupts" if kernel else None)


def group(s):
    _, library, function, call = s
    if call:
        return "kernel: " + call
    return next((name for name, pattern in GROUPS if re.search(pattern, library + " " + function)), "the rest")


def begin_call(line, relay):
    people = []
    for name in call.FILMS:
        people.append(kit.Client(name, relay, "--window", "1280x720", "--no-sounds", create=not people,
                                 invite=line.invite(people[0].invite()) if people else None, camera="file:" + call.film(name),
                                 microphone="file:" + call.speech(name), speaker="file:" + os.path.join(kit.WORK, name + ".wav")))
    kit.wait_for(lambda: all(p.sees(1) for p in people), "both see each other", 30)
    return people


def measure(build, case, seconds):
    """CPU ms a second of a member: transport, relay's half, codecs, by thread; samples of the transport"""
    kit.BUILD = build
    relay = kit.Relay()
    line = call.BadLine(relay, CALM)
    people = begin_call(line, relay)
    line.set(CASES[case])
    time.sleep(SETTLE_S)
    pids = [p.p.pid for p in people] + [relay.p.pid]
    before, began = [clocks(pid) for pid in pids], time.monotonic()
    time.sleep(seconds)
    after, took = [clocks(pid) for pid in pids], time.monotonic() - began
    samples = sample(pids, seconds)  # after what is counted: looking costs, too
    each = [spent(b, a, took) for b, a in zip(before, after)]
    kbps = [p.ask("stats")["call"]["bitrate_up_kbps"] for p in people]
    for p in people:
        p.quit()
    relay.p.terminate()
    relay.p.wait(10)
    line.end()
    return figures(each[:2], sum(each[2].values()) / 2, samples, kbps)


def opus_share(samples):
    """of what the threads of sound do"""
    sound = [s for s in samples if s[0].split()[0] in SOUND]
    return sum("libopus" in s[1] for s in sound) / max(1, len(sound))


def figures(members, relay, samples, kbps):
    def of(names):
        return sum(v for m in members for k, v in m.items() if k in names) / len(members)
    opus = of(SOUND) * opus_share(samples)
    ours = [s for s in samples if s[0].split()[0] in TRANSPORT or "relay" in s[0]]
    parts = collections.Counter(("relay, " if "relay" in s[0] else "client, ") + group(s) for s in ours)
    f = {"transport": of(TRANSPORT), "relay": relay, "video": of(CODEC), "opus": opus, "kbps": statistics.mean(kbps)}
    f["ratio"] = (f["transport"] + f["relay"]) / (f["video"] + f["opus"])
    f["client ratio"] = f["transport"] / (f["video"] + f["opus"])
    f["parts"] = {k: v / len(ours) for k, v in parts.items()}
    return f


def tell(case, build, rounds):
    def median(key):
        return statistics.median(f[key] for f in rounds)
    print("| %s, %s | %.1f | %.1f | %.0f | %.1f | %.0f | %s | %s | %.2f |" % (
        case, build, median("transport"), median("relay"), median("video"), median("opus"), median("kbps"),
        m.spread([f["client ratio"] for f in rounds], "%.3f"), m.spread([f["ratio"] for f in rounds], "%.3f"), AIM), flush=True)


def tell_parts(rounds):
    whole = collections.Counter()
    for f in rounds:
        whole.update(f["parts"])
    for name, share in sorted(whole.items(), key=lambda x: -x[1]):
        if share / len(rounds) >= 0.005:
            print("    %5.1f %%  %s" % (100 * share / len(rounds), name))


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("-b", "--build", action="append", help="build directory (default: PARLOUR_BUILD, else build/release)")
    p.add_argument("--seconds", type=float, default=20, help="counted of each case (default 20), and as much looked at")
    p.add_argument("--passes", type=int, default=3)
    p.add_argument("--case", action="append", choices=CASES)
    a = p.parse_args()
    import measure as m
    import network_call as call
    from measure import kit
    builds, all_of = [os.path.abspath(b) for b in a.build or [kit.BUILD]], collections.defaultdict(list)
    for i in range(a.passes):
        for case in a.case or CASES:
            for build in builds:
                all_of[case, build].append(measure(build, case, a.seconds))
                f = all_of[case, build][-1]
                print("    pass %d, %s, %s: %.3f" % (i + 1, case, build, f["ratio"]), flush=True)
    print("\n| case | net and link, ms a second | relay, of a member | video codecs | Opus | kbit/s up | client's ratio | ratio | aim |\n"
          "|---|---|---|---|---|---|---|---|---|")
    for (case, build), rounds in all_of.items():
        tell(case, os.path.relpath(build), rounds)
    for (case, build), rounds in all_of.items():
        print("\n%s, %s: of the transport's CPU" % (case, os.path.relpath(build)))
        tell_parts(rounds)
