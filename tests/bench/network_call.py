"""A call of two over one bad line, and what each of them saw: natural pictures with a frame counter burned in, speech, screens
that are read a few times a frame. The client's own figures stand beside what its screen showed."""
import os
import subprocess
import threading
import time

import measure as m
from measure import kit
from bad_line import BadLine

WIDTH, HEIGHT, FPS = 1280, 720, 30
FREEZE_MS, WINDOW_S = 200, 5
CALM_S = 2  # of the line with its delay alone, before the trouble begins
FILMS = {"Amina": ("Megamind.avi", "fps=30", 339), "Nora": ("vtest.avi", "setpts=PTS/3,fps=30", 264)}
SPEECH = {"Amina": ("en-gb", "The rain in Spain stays mainly in the plain. How are you today? I have seen the pictures of the new "
                             "house, and the garden is lovely. We shall come on Sunday, if the trains run."),
          "Nora": ("en-us", "She had your dark suit in greasy wash water all year. Do not ask me to carry an oily rag like "
                            "that. Next week the children go to school again, and then it will be quiet here.")}


# ---- what is shown and said ----

def checksum(counter, ms):
    h = (counter * 2654435761 & 0xffffffff) ^ (ms * 2246822519 + 0x9e37 & 0xffffffff)
    return (h ^ h >> 16) & 0xffff


def strip_rows(counter, ms):
    """Two rows of pixels: the cells of client/send/test_picture, with the counter and, mostly, no time."""
    bits = "{:032b}{:032b}{:016b}".format(counter, ms, checksum(counter, ms))
    left, cell = WIDTH * 0.1, WIDTH * 0.8 / 40
    rows = []
    for half in (bits[:40], bits[40:]):
        edges = [int(left + i * cell) for i in range(41)]
        rows.append(b"".join(bytes([235 if b == "1" else 16]) * (edges[i + 1] - edges[i]) for i, b in enumerate(half)))
    return int(left), rows


def stamped(picture, counter, ms=0, begin=0.90):
    left, rows = strip_rows(counter, ms)
    top = [int(HEIGHT * begin + i * HEIGHT * 0.04) for i in range(3)]
    for i, row in enumerate(rows):
        for y in range(top[i], top[i + 1]):
            picture[y * WIDTH + left:y * WIDTH + left + len(row)] = row
    return picture


def film(name):
    """A natural 720p30 film, each picture with its number; cheap to decode."""
    source, speed, frames = FILMS[name]
    path, size = os.path.join(kit.WORK, "film-%s.mp4" % name), WIDTH * HEIGHT * 3 // 2
    if os.path.exists(path):
        return path
    fit = "scale=%d:%d:force_original_aspect_ratio=increase,crop=%d:%d,setsar=1" % (WIDTH, HEIGHT, WIDTH, HEIGHT)
    decode = subprocess.Popen(["ffmpeg", "-v", "error", "-i", os.path.join(kit.SAMPLES, source), "-vf", speed + "," + fit,
                               "-frames:v", str(frames), "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    encode = subprocess.Popen(["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "%dx%d" %
                               (WIDTH, HEIGHT), "-r", str(FPS), "-i", "-", "-c:v", "libx264", "-preset", "ultrafast", "-tune",
                               "fastdecode", "-bf", "0", "-crf", "16", path], stdin=subprocess.PIPE)
    for i in range(frames):
        picture = bytearray(decode.stdout.read(size))
        kit.check(len(picture) == size, "%s has only %d pictures" % (source, i))
        encode.stdin.write(stamped(picture, i))
    encode.stdin.close()
    kit.check(encode.wait() == 0 and decode.wait() == 0, "the film cannot be made")
    return path


def speech(name):
    voice, words = SPEECH[name]
    path = os.path.join(kit.WORK, "speech-%s.wav" % name)
    if not os.path.exists(path):
        subprocess.run(["espeak-ng", "-v", voice, "-w", path + ".22", words], check=True, stdin=subprocess.DEVNULL)
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", path + ".22", "-ar", "48000", "-ac", "1", "-c:a", "pcm_s16le",
                        path], check=True, stdin=subprocess.DEVNULL)
    return path


# ---- what is seen ----

class Watch:
    """One member's view of the other: the tile on the screen, and the figures of the client."""

    def __init__(self, client, screen, other, seconds):
        self.client, self.polls, self.stop = client, [], False
        ids = {x["name"]: x["id"] for x in client.members()}
        self.id = ids[other]
        t = {x["id"]: x for x in client.ask("tiles")}[self.id]
        kit.check(t["w"] >= 640, "the tile is large")
        self.p = subprocess.Popen([m.tool("glass_watch")] + [str(v) for v in (t["x"], t["y"], t["w"], t["h"], seconds, -1, 3)],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                  env=dict(os.environ, DISPLAY=screen.display))
        kit._started.append(self.p)
        self.thread = threading.Thread(target=self.poll, daemon=True)
        self.thread.start()

    def poll(self):
        while not self.stop:
            at, stats = time.monotonic(), self.client.ask("stats")
            streams = {s["slot"]: s for s in stats["streams"] if s["member"] == self.id}
            if "camera" in streams:
                self.polls.append((at, streams["camera"], streams.get("audio", {}), stats["call"]))
            time.sleep(0.25)

    def end(self):
        """[(s seen, number of the picture, its capture ms)]"""
        self.stop = True
        self.thread.join()
        out = []
        for line in self.p.communicate()[0].splitlines():
            at, number, ms = (int(v) for v in line.split())
            out.append((at / 1e6, number, ms))
        return out


def latencies(seen, polls, begin, period):
    """ms of each picture. What the client says is averaged over some eight pictures: it tells the level, in windows of a few
    seconds; how far pictures come after each other than they were taken, the screen shows. `period`: pictures of the film."""
    late, base, last, out = {}, 0, None, []
    for at, number, _ in seen:
        base += period if last is not None and number < last else 0  # the film has begun again
        last = number
        late.setdefault(int((at - begin) / WINDOW_S), []).append(at * 1000 - (base + number) * 1000 / FPS)
    for window, values in late.items():
        said = [p[1]["latency_ms"] for p in polls if int((p[0] - begin) / WINDOW_S) == window and p[1]["latency_ms"] >= 0]
        if said:
            level = sum(said) / len(said) - sum(values) / len(values)
            out += [v + level for v in values]
    return out


def stamped_latencies(seen):
    """ms of each picture of the test camera, whose pictures tell when they were taken"""
    return [(at * 1000 - 0.5 - ms) % 2**32 for at, _, ms in seen]


def of_the_audio(polls, first, what="concealed_pct"):
    """(share of the audio since the first poll, %, and ms of it); the client tells the share of all it has played."""
    (t0, _, a, _), (t1, _, b, _) = polls[0], polls[-1]
    so_much = (b.get(what, 100) * (t1 - first) - a.get(what, 100) * (t0 - first)) / 100
    return 100 * max(0, so_much) / (t1 - t0), 1000 * max(0, so_much)


def figures(seen, polls, begin, end, period, joined):
    """What one member saw of the other between two times; `period` None: the test camera."""
    polls = [p for p in polls if begin <= p[0] < end]
    kit.check(len(polls) > 4, "the client tells its figures")
    times = [begin] + [at for at, _, _ in seen if begin <= at < end] + [end]
    gaps = [1000 * (b - a) for a, b in zip(times, times[1:])]
    frozen = [g for g in gaps if g > FREEZE_MS]
    shown = [s for s in seen if begin <= s[0] < end]
    delays = latencies(shown, polls, begin, period or 2**32) or [float("inf")]
    share, made_up = of_the_audio(polls, joined)
    said = [p[1]["latency_ms"] for p in polls]
    stamped = stamped_latencies(shown) if not period else []
    first, last = polls[0][1], polls[-1][1]
    return {"fps": (len(times) - 2) / (end - begin), "freezes": len(frozen), "longest_ms": max(gaps), "frozen_ms": sum(frozen),
            "latency_p50": m.percentile(delays, .5), "latency_p95": m.percentile(delays, .95),
            "concealed_pct": share, "concealed_ms": made_up,
            "audio": {"fec_pct": of_the_audio(polls, joined, "fec_pct")[0],
                      "copies_pct": of_the_audio(polls, joined, "copies_pct")[0],
                      "delay_ms": sum(p[2].get("latency_ms", 0) for p in polls) / len(polls)},
            "payload_kbps": sum(p[1]["bitrate_kbps"] for p in polls) / len(polls),
            "kbps": [(round(p[0] - begin, 2), round(p[1]["bitrate_kbps"])) for p in polls],
            "said": {"fps": (last["frames_decoded"] - first["frames_decoded"]) / (polls[-1][0] - polls[0][0]),
                     "freezes": last["freezes"] - first["freezes"], "frozen_ms": last["freeze_ms"] - first["freeze_ms"],
                     "latency_p50": m.percentile(said, .5), "latency_p95": m.percentile(said, .95),
                     "keyframes_asked": last["keyframe_requests"] - first["keyframe_requests"],
                     "lost": last["lost"] - first["lost"], "repaired": last["repaired"] - first["repaired"]},
            "stamped": [m.percentile(stamped, p) for p in (.5, .95)] if stamped else None, "times": times[1:-1]}


# ---- the call ----

def run(calm, plan, seconds, test=False, args=()):
    """One call: the line as `calm` says, then `plan`. ({"up": figures at the other, "down": at the member behind the line},
    stretches of the line in the plan)"""
    relay, line = kit.Relay(), None
    line = BadLine(relay, calm)
    screens = [kit.Screen(WIDTH, HEIGHT), kit.Screen(WIDTH, HEIGHT)]
    people, invite = [], None
    for i, name in enumerate(FILMS):
        people.append(kit.Client(name, relay, "--window", "%dx%d" % (WIDTH, HEIGHT), "--no-sounds", *args, create=not i,
                                 invite=line.invite(people[0].invite()) if i else None, display=screens[i].display,
                                 headless=False, camera="test" if test else "file:" + film(name),
                                 microphone="file:" + speech(name),
                                 speaker="file:" + os.path.join(kit.WORK, "heard-%s.wav" % name)))
    kit.wait_for(lambda: all(p.sees(1) for p in people), "both see each other", 30)
    joined = time.monotonic()
    for p in people:
        p.ask("key", "0")  # one's own picture stands on the strip of bits
    time.sleep(5)  # the start is over, the toasts are gone
    whole = CALM_S + seconds + 1
    watches = [Watch(p, s, o, whole) for p, s, o in zip(people, screens, ("Nora", "Amina"))]
    time.sleep(CALM_S)
    begin = time.monotonic()
    line.set("plan " + plan)
    time.sleep(seconds)
    end = time.monotonic()
    seen = [w.end() for w in watches]
    stretches, summary = line.end()
    periods = [None if test else FILMS[o][2] for o in ("Nora", "Amina")]
    out = {way: figures(s, w.polls, begin, end, period, joined)
           for way, s, w, period in zip(("up", "down"), seen, watches, periods)}
    for p in [c.p for c in people] + [relay.p] + [s.p for s in screens]:
        p.terminate()
        p.wait(10)
    for p in people:
        p.s.close()
        kit._clients.remove(p)
    return out, [s for s in stretches if s["to_us"] > begin * 1e6], summary
