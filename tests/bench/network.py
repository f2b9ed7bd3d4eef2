#!/usr/bin/env python3
"""A call over bad networks: real programs, natural 720p30 pictures and speech, one member's line bad in both directions, and
what he and the other see of each other. Ends with a table against the aims. See README.md in this folder.

network.py [-b DIR] [--seconds N] [--case NAME]... [--json FILE] [--check]      --check: with the test camera
"""
import argparse
import json
import os
import time

LINE, RTT_MS = "rate=5000 queue=300", 50

# What a browser's call (Chromium, WebRTC) does on such lines: told beside ours, not measured here.
CHROMIUM = {"loss-20": "Chromium: 31 kbit/s, 320x180, 20 freezes a minute",
            "drop": "Chromium: frozen for 2.5 s, queue 317 ms, 20 s until it is as before"}


def loss(percent, fps, freezes, payload, audio):
    return {"plan": "0: loss=%d" % percent, "fps": fps, "freezes": freezes, "payload_pct": payload, "concealed_pct": audio}


def outages(ms, freezes):
    return {"plan": "5+10: cut=1; %.3f+10: cut=0" % (5 + ms / 1000), "outages": freezes, "back_ms": 300}


CASES = {
    "clean": {"plan": "0: loss=0", "freezes": 0, "above_owd_ms": 75},
    "loss-5": loss(5, 29, 0, 90, 0.5),
    "loss-10": loss(10, 28, 1, 80, 1),
    "loss-20": loss(20, 27, 2, 65, 1.5),
    "loss-30": loss(30, 25, 4, 45, 2),
    "bursts": {"plan": "0: burst=10:4", "freezes": 2},
    "outage-100": outages(100, 0),
    "outage-500": outages(500, 1),
    "drop": {"least_s": 55, "line": "rate=2500 queue=300", "plan": "20: rate=500; 21:; 40: rate=2500", "longest_ms": 300, "queue_p95": 80,
             "again_s": 6, "concealed_ms": 400},
    "far-loss": {"rtt_ms": 200, "plan": "0: loss=10", "fps": 26, "freezes": 3, "above_owd_ms": 200},
}
WHAT = {"clean": "no loss", "loss-5": "5 % loss", "loss-10": "10 % loss", "loss-20": "20 % loss", "loss-30": "30 % loss",
        "bursts": "10 % in bursts of 4", "outage-100": "outages of 100 ms each 10 s", "outage-500": "outages of 500 ms each 10 s",
        "drop": "2.5, 0.5, 2.5 Mbit/s", "far-loss": "RTT 200 ms, 10 % loss"}


# ---- figures of a case ----

def picture_back(times, stretches):
    """ms from the end of each outage to the next picture"""
    ends = [s["from_us"] / 1e6 for s in stretches if s["stretch"].strip() == "cut=0"]
    return [1000 * (min([t for t in times if t > e] or [float("inf")]) - e) for e in ends]


def rate_again(f):
    """s from when the line is as before to when nine tenths of the pictures' rate are; the figures are of a second each"""
    before = [k for at, k in f["kbps"] if 5 <= at < 20]
    wanted = 0.9 * sum(before) / max(1, len(before))
    return min([at - 40 for at, k in f["kbps"] if at >= 41 and k >= wanted] or [float("inf")])


def add_figures(case, f, way, stretches):
    f["queue_p95"] = max(s[way]["queue_ms"]["p95"] for s in stretches)
    f["above_owd_ms"] = f["latency_p95"] - case.get("rtt_ms", RTT_MS) / 2
    if "outages" in case:
        back = picture_back(f["times"], stretches)
        f["outages"] = f["freezes"] / max(1, len(back))
        f["back_ms"] = max(back or [0])
    if "again_s" in case:
        late = [s for s in stretches[1:] if s["stretch"] == ""]  # what was before the plan has no words either
        f["queue_p95"] = max([s[way]["queue_ms"]["p95"] for s in late] or [float("inf")])
        f["again_s"] = rate_again(f)


# name of the figure -> (how the aim is told, how many decimals, at least rather than at most)
AIMS = {"fps": ("fps", 1, True), "freezes": ("freezes a minute", 0, False), "outages": ("freezes an outage", 1, False),
        "longest_ms": ("ms the longest freeze", 0, False), "back_ms": ("ms until the picture is back", 0, False),
        "above_owd_ms": ("ms p95 above the way", 0, False), "concealed_pct": ("% of audio made up", 1, False),
        "concealed_ms": ("ms of audio made up", 0, False), "payload_pct": ("% of the payload", 0, True),
        "queue_p95": ("ms queue p95", 0, False), "again_s": ("s to 90 % of the rate", 1, False)}


def missed(case, f, seconds):
    """[(what is missed, in words)]; counts of freezes are for a minute."""
    out = []
    for key, (words, decimals, at_least) in AIMS.items():
        if key not in case or key not in f:
            continue
        value = f[key] * 60 / seconds if key == "freezes" else f[key]
        if value < case[key] if at_least else value > case[key]:
            out.append("%.*f %s (aim %s)" % (decimals, value, words, case[key]))
    return out


def measure(name, case, seconds, test):
    import network_call as call  # when it is known which build
    seconds = max(seconds, case.get("least_s", 0))
    calm = "delay=%g %s" % (case.get("rtt_ms", RTT_MS) / 2, case.get("line", LINE))
    ways, stretches, summary = call.run(calm, case["plan"], seconds, test)
    for way, f in ways.items():
        add_figures(case, f, way, stretches)
        f.pop("times")
    return {"case": name, "seconds": seconds, "up": ways["up"], "down": ways["down"], "line": summary,
            "stretches": stretches}


HEAD = ("| case | seen by | fps | freezes, longest ms | latency p50 / p95 ms | payload | audio made up | queue p95 ms | missed |\n"
        "|---|---|---|---|---|---|---|---|---|")


def row(case, result, way):
    f = result[way]
    return "| %s | %s | %.1f | %d, %.0f | %.0f / %.0f | %s | %.1f %% | %.0f | %s |" % (
        WHAT[result["case"]] if way == "up" else "", "the other" if way == "up" else "himself", f["fps"], f["freezes"],
        f["longest_ms"], f["latency_p50"], f["latency_p95"],
        "%.0f %%" % f["payload_pct"] if "payload_pct" in f else "%.0f kbit/s" % f["payload_kbps"], f["concealed_pct"],
        f["queue_p95"], "; ".join(missed(case, f, result["seconds"])) or "-")


def table(seconds, names, test=False, tell=print):
    """Run the cases; rows as they come. [result]"""
    results, clean = [], {}
    tell(HEAD)
    for name in names:
        result = measure(name, CASES[name], seconds, test)
        for way in ("up", "down"):
            if name == "clean":
                clean[way] = result[way]["payload_kbps"]
            elif way in clean:
                result[way]["payload_pct"] = 100 * result[way]["payload_kbps"] / clean[way]
            tell(row(CASES[name], result, way))
        if name in CHROMIUM:
            tell("| | %s | | | | | | | |" % CHROMIUM[name])
        results.append(result)
    return results


def compare(results):
    """What the screens showed beside what the clients say of themselves."""
    print("\n| case | seen by | fps: screen, client | frozen ms | latency p50 / p95: screen | client | stamps |\n"
          "|---|---|---|---|---|---|---|")
    for r in results:
        for way in ("up", "down"):
            f, s = r[way], r[way]["said"]
            print("| %s | %s | %.1f, %.1f | %.0f, %.0f | %.0f / %.0f | %.0f / %.0f | %s |" % (
                WHAT[r["case"]], "the other" if way == "up" else "himself", f["fps"], s["fps"], f["frozen_ms"], s["frozen_ms"],
                f["latency_p50"], f["latency_p95"], s["latency_p50"], s["latency_p95"],
                "%.0f / %.0f" % tuple(f["stamped"]) if f["stamped"] else "-"))


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("-b", "--build", help="build directory (default: PARLOUR_BUILD, else build/release)")
    p.add_argument("--seconds", type=float, default=60, help="of each case (default 60, drop at least 55)")
    p.add_argument("--case", action="append", choices=CASES, help="only this; clean comes first when payloads are compared")
    p.add_argument("--json", help="write all figures there too")
    p.add_argument("--check", action="store_true", help="with the test camera, whose pictures carry their time: "
                   "three ways to tell latencies side by side")
    a = p.parse_args()
    if a.build:
        os.environ["PARLOUR_BUILD"] = os.path.abspath(a.build)
    print("load average %.1f %.1f %.1f, %s" % (*os.getloadavg(), time.strftime("%H:%M")))
    results = table(a.seconds, a.case or list(CASES), a.check, lambda line: print(line, flush=True))
    compare(results)
    if a.json:
        with open(a.json, "w") as f:
            json.dump(results, f, indent=1)
    late = max(r["line"]["late_ms"]["p99"] for r in results)
    print("\nThe line itself was late by at most %.2f ms in 99 of 100." % late)
