#!/usr/bin/env python3
"""Every sound of Parlour, made from nothing: felt mallets on wood and glass, in D major.

    make_sounds.py OUT.c        the sounds as C, for the program (the build does this)
    make_sounds.py --wav DIR    as WAV files, to listen to
    make_sounds.py --list       name, length and loudness of each

48 kHz, mono, 16 bit. The same on every run: chance comes from a seeded generator. Standard library only."""
import array
import math
import os
import random
import sys
import wave

RATE = 48000
LOUDNESS, RING_LOUDNESS, SOFTER = -24.0, -18.0, -27.0
FADE = 0.005
STRIKE = 0.003  # a blow comes this long after the start, so that the fade does not take its edge away
TWO_PI = 2 * math.pi

D3, D4, A4, D5, FIS5, A5 = 146.83, 293.66, 440.0, 587.33, 739.99, 880.0

# ---- what sounds ----

# (ratio to the note, amplitude, seconds until it has fallen by 60 dB)
WOOD = ((1, 1, 1.1), (3.9, 0.16, 0.28), (9.2, 0.045, 0.09), (0.5, 0.12, 0.5))
WOOD_SHORT = ((1, 1, 0.32), (3.9, 0.18, 0.14), (9.2, 0.05, 0.06), (0.5, 0.1, 0.2))
GLASS = ((1, 1, 0.3), (2.3, 0.3, 0.2), (4.2, 0.14, 0.13), (6.6, 0.05, 0.08))
CLEAR = ((1, 1, 0.28), (2.3, 0.12, 0.18), (3.9, 0.16, 0.12), (9.2, 0.03, 0.06))


def silence(seconds):
    return [0.0] * round(seconds * RATE)


def ring_down(out, at, hertz, amplitude, fall):
    """Add a sine that falls by 60 dB in `fall` seconds."""
    r = 10 ** (-3 / (fall * RATE))
    w = TWO_PI * hertz / RATE
    a, b = 2 * r * math.cos(w), -r * r
    y2, y1 = 0.0, amplitude * r * math.sin(w)
    start = round(at * RATE)
    for i in range(start, min(len(out), start + round(1.4 * fall * RATE))):
        out[i] += y1
        y2, y1 = y1, a * y1 + b * y2


def noise(out, at, amplitude, fall, low, seed):
    """Add a puff of noise below `low` Hz: felt, knuckles, the inside of a switch."""
    chance = random.Random(seed)
    r = 10 ** (-3 / (fall * RATE))
    k = 1 - math.exp(-TWO_PI * low / RATE)
    level, y, z = amplitude, 0.0, 0.0
    start = round(at * RATE)
    for i in range(start, min(len(out), start + round(1.2 * fall * RATE))):
        y += k * (chance.random() * 2 - 1 - y)
        z += k * (y - z)
        out[i] += level * z
        level *= r


def soften(out, at, attack):
    """Let what begins at `at` come up over `attack` seconds: felt gives way."""
    start, n = round(at * RATE), round(attack * RATE)
    for i in range(start, min(len(out), start + n)):
        out[i] *= math.sin(0.5 * math.pi * (i - start) / n) ** 2


def note(length, at, hertz, body, amplitude=1.0, attack=0.004, felt=0.05):
    """One blow of the mallet, as a list of its own."""
    out = silence(length)
    at += STRIKE
    for ratio, level, fall in body:
        ring_down(out, at, hertz * ratio, amplitude * level, fall)
    soften(out, at, attack)
    noise(out, at, amplitude * felt * 4, 0.04, 1400, round(hertz * 10 + at * 1000))
    return out


def add(*parts):
    return [sum(s) for s in zip(*parts)]


def drop(length, at, low, high, fall):
    """A drop of water: a bubble that rises in pitch while it dies."""
    out = silence(length)
    phase, start = 0.0, round((at + STRIKE) * RATE)
    for i in range(start, len(out)):
        t = (i - start) / RATE
        phase += TWO_PI * (low + (high - low) * (1 - math.exp(-t / 0.02))) / RATE
        out[i] = math.sin(phase) * 10 ** (-3 * t / fall) * min(1.0, t / 0.003)
    return out


def room(dry, wet, seconds=0.35, damp=0.35):
    """A small room round it: four combs that lose their high notes, and an allpass."""
    total = [0.0] * len(dry)
    for delay in (1427, 1783, 1973, 2099):
        line, low, at = [0.0] * delay, 0.0, 0
        feedback = 10 ** (-3 * delay / RATE / seconds)
        for i, x in enumerate(dry):
            y = line[at]
            low += (1 - damp) * (y - low)
            line[at] = x + feedback * low
            total[i] += y
            at = at + 1 if at + 1 < delay else 0
    line, at = [0.0] * 241, 0
    out = []
    for x, y in zip(dry, total):
        v = y + 0.6 * line[at]
        out.append(x + wet * 0.25 * (line[at] - 0.6 * v))
        line[at] = v
        at = at + 1 if at + 1 < 241 else 0
    return out


def far_away(samples):
    """Through a wall: what is above 900 Hz stays behind."""
    k = 1 - math.exp(-TWO_PI * 900 / RATE)
    y, out = 0.0, []
    for x in samples:
        y += k * (x - y)
        out.append(y)
    return out


def knuckles(length):
    out = silence(length)
    for at, level in ((0, 1.0), (0.19, 0.85)):
        at += STRIKE
        for hertz, amplitude, fall in ((172, 1, 0.12), (263, 0.7, 0.1), (431, 0.5, 0.07), (795, 0.3, 0.045), (1370, 0.15, 0.03)):
            ring_down(out, at, hertz, level * amplitude, fall)
        soften(out, at, 0.001)
        noise(out, at, level * 2.5, 0.02, 2600, 7 + round(at * 100))
    return room(out, 0.5, 0.25, 0.5)


def switch(length, hertz, seed, second):
    """A light switch: the spring lets go, the rocker lands."""
    out = silence(length)
    for at, level in ((0, 0.5), (second, 1.0)):
        at += STRIKE
        for ratio, amplitude, fall in ((1, 1, 0.035), (1.62, 0.5, 0.025), (2.76, 0.3, 0.015)):
            ring_down(out, at, hertz * ratio, level * amplitude, fall)
        noise(out, at, level * 1.5, 0.012, 5000, seed)
    return room(out, 0.15, 0.1)


def tap(length):
    out = silence(length)
    for hertz, amplitude, fall in ((D4 / 2, 1, 0.07), (D4, 0.55, 0.05), (D4 * 2.3, 0.12, 0.03)):
        ring_down(out, STRIKE, hertz, amplitude, fall)
    soften(out, STRIKE, 0.008)
    noise(out, STRIKE, 1.2, 0.03, 500, 3)
    return out


def swell(length, rising):
    """A low D that goes, or comes; with its upper notes, for loudspeakers that have no low ones."""
    out = silence(length)
    for ratio, amplitude in ((1, 1), (2, 0.6), (3, 0.22), (4, 0.1)):
        w = TWO_PI * D3 * ratio / RATE
        for i in range(len(out)):
            out[i] += amplitude * math.sin(w * i)
    n = len(out)
    for i in range(n):
        t = i / n
        out[i] *= math.sin(0.5 * math.pi * t) ** 2 if rising else math.cos(0.5 * math.pi * t) ** 2 * min(1, t * length / 0.02)
    return out


def melody(length, body, *notes, wet=0.3):
    parts = [note(length, at, hertz, body, level) for at, hertz, level in notes]
    return room(add(*parts), wet)


def ring():
    low = note(2.4, 0, D4, WOOD, 0.45, 0.008)
    high = melody(2.4, WOOD, (0, D5, 1), (0.34, A5, 0.8), (0.68, FIS5, 0.9), (1.02, A5, 0.85), wet=0.35)
    return add(low, high)


def calling():
    return far_away(melody(0.8, WOOD, (0, D5, 1), (0.3, A5, 0.8), wet=1.0))


# In the order of enum sound. (seconds, LUFS, what makes it)
SOUNDS = {
    "RING": (2.4, RING_LOUDNESS, ring),
    "CALLING": (0.8, LOUDNESS, calling),
    "ANSWERED": (0.3, LOUDNESS, lambda: melody(0.3, WOOD_SHORT, (0, D5, 0.8), (0.11, A5, 1))),
    "ENDED": (0.3, LOUDNESS, lambda: melody(0.3, WOOD_SHORT, (0, A5, 0.9), (0.11, D5, 1))),
    "JOINED": (0.2, LOUDNESS, lambda: melody(0.2, GLASS, (0, A5, 1))),
    "LEFT": (0.2, SOFTER, lambda: melody(0.2, GLASS, (0, D5, 1))),
    "KNOCK": (0.5, LOUDNESS, lambda: knuckles(0.5)),
    "MESSAGE": (0.15, LOUDNESS, lambda: room(drop(0.15, 0, 620, 1500, 0.14), 0.2)),
    "FILE_DONE": (0.4, LOUDNESS, lambda: room(add(drop(0.4, 0, 620, 1200, 0.16), drop(0.4, 0.16, 830, 1760, 0.2)), 0.2)),
    "MICROPHONE_ON": (0.08, LOUDNESS, lambda: switch(0.08, 2349, 11, 0.018)),
    "MICROPHONE_OFF": (0.08, LOUDNESS, lambda: switch(0.08, 1175, 12, 0.018)),
    "CAMERA_ON": (0.08, LOUDNESS, lambda: switch(0.08, 1760, 13, 0.03)),
    "CAMERA_OFF": (0.08, LOUDNESS, lambda: switch(0.08, 880, 14, 0.03)),
    "STEP_1": (0.2, LOUDNESS, lambda: melody(0.2, CLEAR, (0, D5, 1))),
    "STEP_2": (0.2, LOUDNESS, lambda: melody(0.2, CLEAR, (0, FIS5, 1))),
    "STEP_3": (0.2, LOUDNESS, lambda: melody(0.2, CLEAR, (0, A5, 1))),
    "LOST": (0.5, LOUDNESS, lambda: swell(0.5, False)),
    "BACK": (0.5, LOUDNESS, lambda: swell(0.5, True)),
    "NOT_POSSIBLE": (0.1, LOUDNESS, lambda: tap(0.1)),
}

# ---- how loud, and clean ends ----


def biquad(samples, b0, b1, b2, a1, a2):
    x1 = x2 = y1 = y2 = 0.0
    out = []
    for x in samples:
        y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2
        x2, x1, y2, y1 = x1, x, y1, y
        out.append(y)
    return out


def loudness(samples):
    """LUFS as ITU-R BS.1770 weighs and gates them, but over blocks of 100 ms: these sounds are too short for 400 ms."""
    k = biquad(samples, 1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585)
    k = biquad(k, 1, -2, 1, -1.99004745483398, 0.99007225036621)
    size = min(4800, len(k))
    powers = [sum(v * v for v in k[at:at + size]) / size for at in range(0, len(k) - size + 1, 1200)]
    powers = [p for p in powers if p > 10 ** -6.93]
    gate = sum(powers) / len(powers) / 10
    powers = [p for p in powers if p > gate]
    return -0.691 + 10 * math.log10(sum(powers) / len(powers))


def finish(samples, lufs):
    """No DC, silent ends, as loud as asked; 16 bit."""
    r, x1, y = 1 - TWO_PI * 30 / RATE, 0.0, 0.0
    out = []
    for x in samples:
        y = x - x1 + r * y
        x1 = x
        out.append(y)
    n, tail = len(out), max(round(FADE * RATE), len(out) // 4)
    for i in range(round(FADE * RATE)):
        out[i] *= i / (FADE * RATE)
    for i in range(tail):  # what still sounds goes gently, and well inside the last 5 ms
        out[n - 1 - i] *= math.sin(0.5 * math.pi * i / tail) ** 2
    gain = 10 ** ((lufs - loudness(out)) / 20)
    peak = max(abs(v) for v in out) * gain
    if peak > 0.9:
        sys.exit("make_sounds: a sound would be cut off at %.2f of full scale" % peak)
    return array.array("h", (round(v * gain * 32767) for v in out))


def make(name):
    seconds, lufs, how = SOUNDS[name]
    samples = how()
    if len(samples) != round(seconds * RATE):
        sys.exit("make_sounds: %s has the wrong length" % name)
    return finish(samples, lufs)


def write_c(path):
    lines = ["// Made by make_sounds.py.", '#include "client/sounds_data.h"', ""]
    table = []
    for name in SOUNDS:
        pcm = make(name)
        lines.append("static const int16_t pcm_%s[%d] = {" % (name.lower(), len(pcm)))
        for at in range(0, len(pcm), 24):
            lines.append(",".join(map(str, pcm[at:at + 24])) + ",")
        lines.append("};")
        table.append("    [SOUND_%s] = {pcm_%s, %d}," % (name, name.lower(), len(pcm)))
    lines += ["const struct sounds_data sounds_data[SOUND_COUNT] = {"] + table + ["};", ""]
    with open(path + ".part", "w", encoding="ascii") as f:
        f.write("\n".join(lines))
    os.replace(path + ".part", path)


def write_wavs(folder):
    os.makedirs(folder, exist_ok=True)
    for name in SOUNDS:
        with wave.open(os.path.join(folder, name.lower() + ".wav"), "wb") as w:
            w.setnchannels(1)
            w.setsampwidth(2)
            w.setframerate(RATE)
            w.writeframes(make(name).tobytes())


def show():
    for name in SOUNDS:
        pcm = make(name)
        scaled = [v / 32768 for v in pcm]
        print("%-16s %.2f s %6.1f LUFS, highest %5.1f dBFS" %
              (name.lower(), len(pcm) / RATE, loudness(scaled), 20 * math.log10(max(map(abs, scaled)))))


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--wav":
        write_wavs(sys.argv[2])
    elif sys.argv[1:] == ["--list"]:
        show()
    elif len(sys.argv) == 2 and not sys.argv[1].startswith("-"):
        write_c(sys.argv[1])
    else:
        sys.exit(__doc__)
