#!/usr/bin/env python3
"""What is coded already: what passing it on costs beside the ffmpeg tool's own copying, and what who watches a film in three
qualities sees when he goes from one to another. `passthrough.py [--seconds N] [--part cost|film]`. Figures: README.md."""
import argparse
import os
import shutil
import statistics
import subprocess
import time

import measure as m
from measure import kit

CLIP_S = 40


def make(name, *args):
    path = os.path.join(kit.BUILD, "passthrough-" + name)
    if not os.path.exists(path):
        part = path + ".part.mp4"
        subprocess.run(["ffmpeg", "-v", "error", "-y", *args, part], check=True, stdin=subprocess.DEVNULL)
        os.rename(part, path)
    return path


def h264(name, width, height, fps, kbps, keyframe_s):
    """With B-frames, without sound; noise, so that it takes its rate."""
    picture = "testsrc2=s=%dx%d:r=%d,noise=alls=12:allf=t" % (width, height, fps)
    return make(name, "-f", "lavfi", "-i", picture, "-t", str(CLIP_S), "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset",
                "veryfast", "-bf", "2", "-b:v", "%dk" % kbps, "-maxrate", "%dk" % (kbps * 5 // 4), "-bufsize",
                "%dk" % (kbps * 2), "-g", str(fps * keyframe_s), "-keyint_min", str(fps * keyframe_s), "-sc_threshold", "0")


class Library:
    """`parlour serve` on a folder, in the viewer's room."""

    def __init__(self, viewer, files):
        self.folder = os.path.join(kit.WORK, "films")
        os.makedirs(self.folder, exist_ok=True)
        for name, path in files.items():
            shutil.copyfile(path, os.path.join(self.folder, name))
        self.p = kit.start([os.path.join(kit.BUILD, "parlour"), "serve", self.folder, "--room", viewer.invite(), "--no-tls",
                            "--data-dir", os.path.join(kit.WORK, "library-data")], "serve.log", stdout=subprocess.DEVNULL)
        kit.wait_for(lambda: any(o.get("kind") == "library" for o in viewer.others()), "the library", 15)


def play(viewer):
    films = kit.wait_for(lambda: viewer.ask("films"), "the list of films", 15)
    viewer.ask("play", films[0]["id"], "me")
    kit.wait_for(lambda: any(o.get("kind") == "film" for o in viewer.others()), "the film", 15)
    kit.wait_for(lambda: viewer.streams() and viewer.streams()[0]["fps_shown"] > 10, "its pictures", 20)


def tool_rate(clip, seconds, *out):
    p = subprocess.Popen(["ffmpeg", "-v", "error", "-re", "-i", clip, "-c", "copy", *out], stdin=subprocess.DEVNULL)
    time.sleep(2)
    rate = m.cpu_rate(p.pid, seconds)
    p.kill()
    p.wait()
    return rate


def cost(seconds):
    clip = h264("1080p30-4M.mp4", 1920, 1080, 30, 4000, 2)
    relay = kit.Relay()
    viewer = kit.Client("Vera", relay, "--window", "1920x1080", create=True, camera="none")
    library = Library(viewer, {"Film.mp4": clip})
    idle = m.cpu_rate(library.p.pid, 3)
    play(viewer)
    time.sleep(4)  # the stretch it began with is over
    ours = m.cpu_rate(library.p.pid, seconds)
    stream = viewer.streams()[0]
    bare = {"null": tool_rate(clip, seconds, "-f", "null", "-"), "mpegts": tool_rate(clip, seconds, "-f", "mpegts", "-y", "/dev/null")}
    print("serve: idle %.1f ms/s, passing %.1f ms/s (%.1f %% of a core), the viewer shows %.1f a second" %
          (idle, ours, ours / 10, stream["fps_shown"]))
    for name, rate in bare.items():
        print("ffmpeg -re -c copy -f %s: %.1f ms/s; ours is %.1f times that" % (name, rate, ours / max(rate, 0.1)))
    viewer.quit()


def freezes(viewer):
    s = viewer.streams()[0]
    return s["freezes"], s["freeze_ms"], s["layer"]


def film():
    files = {"Film_240p.mp4": h264("240p.mp4", 426, 240, 25, 400, 2), "Film_720p.mp4": h264("720p.mp4", 1280, 720, 25, 1500, 2),
             "Film_1440p.mp4": h264("1440p.mp4", 2560, 1440, 25, 4000, 2)}
    relay = kit.Relay()
    viewer = kit.Client("Vera", relay, "--window", "1280x720", create=True, camera="none")
    Library(viewer, files)
    play(viewer)
    time.sleep(4)
    took, before = [], freezes(viewer)
    for i in range(10):
        wanted = 1 - i % 2 if i < 8 else i % 3
        began = time.monotonic()
        viewer.ask("film", "quality", wanted)
        kit.wait_for(lambda: freezes(viewer)[2] == wanted, "quality %d" % wanted, 10, every=0.02)
        took.append((time.monotonic() - began) * 1000)
        time.sleep(1.5)
    time.sleep(1)
    after = freezes(viewer)
    number, ms = after[0] - before[0], after[1] - before[1]
    print("ten changes: told by the statistics (each second) after %.0f ms in the middle, %.0f ms at the most" %
          (statistics.median(took), max(took)))
    print("freezes: %d, %.0f ms each on average" % (number, ms / number if number else 0))
    viewer.quit()


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--seconds", type=float, default=10)
    a.add_argument("--part", choices=["cost", "film"])
    o = a.parse_args()
    if o.part != "film":
        cost(o.seconds)
    if o.part != "cost":
        film()


main()
