#!/usr/bin/env python3
"""What pictures are worth at the other end of a line: PSNR of luma of what came, against the same encoder fed with the same film at a
steady rate, tuned until it makes as many bytes as came. A real call of two; what is opened is taken from --rtp-dump. A picture that
was not whole, or came before a whole one could be shown again, counts as the one before it. See README.md in this folder.

picture_quality.py [-b DIR] [--seconds N] [--case NAME]...
"""
import argparse
import os
import re
import struct
import subprocess
import time

CASES = {"clean": "rate=5000 queue=300", "600 kbit/s": "rate=600 queue=300", "10 % loss": "rate=5000 queue=300 loss=10"}
AIM_DB, SETTLE_S = 0.5, 12


def packets(path):
    """[(stream, number, ts, marker, payload)] of the H.264 in a dump, in order"""
    out, newest = [], {}
    with open(path, "rb") as f:
        data = f.read()
    at = 24
    while at + 16 <= len(data):
        size = struct.unpack(">I", data[at + 8:at + 12])[0]
        rtp = data[at + 16 + 28:at + 16 + size]
        at += 16 + size
        if len(rtp) < 13 or rtp[1] & 127 != 96:
            continue
        seq, ts, stream = struct.unpack(">HII", rtp[2:12])
        last = newest.get(stream, seq)
        number = last + ((seq - last + 0x8000) & 0xffff) - 0x8000
        newest[stream] = max(last, number)
        out.append((stream, number, ts, rtp[1] >> 7, rtp[12:]))
    return sorted(set(out), key=lambda p: (p[0], p[1]))


def annex_b(payloads):
    """RFC 6184: single units, STAP-A, FU-A"""
    out = bytearray()
    for p in payloads:
        kind = p[0] & 31
        if kind == 24:
            at = 1
            while at + 2 < len(p):
                n = struct.unpack(">H", p[at:at + 2])[0]
                out += b"\0\0\0\1" + p[at + 2:at + 2 + n]
                at += 2 + n
        elif kind == 28:
            if p[1] & 0x80:
                out += b"\0\0\0\1" + bytes([p[0] & 0xe0 | p[1] & 31])
            out += p[2:]
        else:
            out += b"\0\0\0\1" + p
    return bytes(out)


def is_key(unit):
    return any(unit[m.end()] & 31 == 5 for m in re.finditer(b"\0\0\0\1", unit))


def units(stream):
    """[(ts, key, unit)] of one layer: whole pictures, none between a hole and the next keyframe"""
    out, part, expected, good = [], [], None, False
    for _, number, ts, marker, payload in stream:
        if expected is not None and number != expected:
            part, good = None, False
        expected = number + 1
        if part is not None:
            part.append(payload)
        if marker:
            unit = annex_b(part) if part else b""
            good = bool(unit) and (good or is_key(unit))
            if good:
                out.append((ts, is_key(unit), unit))
            part = []
    return out


def whole_pictures(path):
    """[(ts, unit)]: of the layers, one at a time; from one to another at a keyframe"""
    by = {}
    for p in packets(path):
        by.setdefault(p[0], []).append(p)
    merged = sorted((ts, layer, key, unit) for layer, stream in by.items() for ts, key, unit in units(stream))
    out, now = [], None
    for ts, layer, key, unit in merged:
        if (key or layer == now) and (not out or ts > out[-1][0]):
            out.append((ts, unit))
            now = layer
    return out


def judge(film, path):
    """{psnr, plain_psnr, kbps, ...}: the plain encoder's rate is moved until it makes what came"""
    pictures = whole_pictures(path)
    first, out = pictures[0][0], path + ".h264"
    size = sum(len(unit) for ts, unit in pictures if ts - first >= SETTLE_S * 90000)
    with open(out, "wb") as f:
        f.write(b"".join(unit for _, unit in pictures))

    def ask(*more):
        text = subprocess.run([m.tool("picture_quality"), film, "arrived", out, str(SETTLE_S * call.FPS), *more], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True, check=True).stdout
        return {k: float(v) for k, v in re.findall(r"(\w+)=([\d.]+)", text)}
    kbps = size * 8 / 1000 * call.FPS / ask()["pictures"]
    wanted = kbps
    for _ in range(3):
        f = ask(str(round(wanted)))
        wanted *= kbps / f["plain_kbps"]
        if abs(f["plain_kbps"] / kbps - 1) < 0.01:
            break
    return dict(f, kbps=kbps)


def measure(case, seconds):
    relay = kit.Relay()
    line = call.BadLine(relay, "delay=25 rate=5000 queue=300")
    people = []
    for name in call.FILMS:
        people.append(kit.Client(name, relay, "--window", "1280x720", "--no-sounds", "--rtp-dump", os.path.join(kit.WORK, name + ".pcap"),
                                 create=not people, invite=line.invite(people[0].invite()) if people else None,
                                 camera="file:" + call.film(name), microphone="file:" + call.speech(name)))
    kit.wait_for(lambda: all(p.sees(1) for p in people), "both see each other", 30)
    line.set(CASES[case])
    time.sleep(SETTLE_S + seconds)
    for p in people:
        p.quit()
    line.end()
    relay.p.terminate()
    relay.p.wait(10)
    names = list(call.FILMS)
    for name, other, who in ((names[0], names[1], "the other"), (names[1], names[0], "himself")):
        f = judge(call.film(other), os.path.join(kit.WORK, name + ".pcap"))
        print("| %s | %s | %.0f | %d of %d | %.2f | %.2f | %.2f | %.1f |" % (
            case, who, f["kbps"], f["pictures"] - f["missing"], f["pictures"], f["psnr"], f["plain_psnr"],
            f["psnr"] - f["plain_psnr"], -AIM_DB), flush=True)


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("-b", "--build", help="build directory (default: PARLOUR_BUILD, else build/release)")
    p.add_argument("--seconds", type=float, default=30)
    p.add_argument("--case", action="append", choices=CASES)
    a = p.parse_args()
    if a.build:
        os.environ["PARLOUR_BUILD"] = os.path.abspath(a.build)
    import measure as m
    import network_call as call
    from measure import kit
    print("| line | seen by | payload kbit/s | pictures shown | PSNR dB | steady encoder | difference | aim, at least |\n|---|---|---|---|---|---|---|---|",
          flush=True)
    for case in a.case or CASES:
        measure(case, a.seconds)
