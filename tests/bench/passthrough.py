#!/usr/bin/env python3
"""What is coded already: what passing it on costs beside the ffmpeg tool's own copying, and what who watches a film in three
qualities sees when he goes from one to another. `passthrough.py [--seconds N] [--part cost|camera|film] [--order 0|1]`. Figures: README.md."""
import argparse
import os
import shutil
import subprocess
import sys
import time

import measure as m
import network_call as call
from measure import kit
from rtsp_server import RtspServer

CLIP_S = 40
STAMPED_S = 30


def make(name, *args):
    path = os.path.join(kit.BUILD, "passthrough-" + name)
    if not os.path.exists(path):
        part = path + ".part.mp4"
        subprocess.run(["ffmpeg", "-v", "error", "-y", *args, part], check=True, stdin=subprocess.DEVNULL)
        os.rename(part, path)
    return path


def coding(kbps, fps, keyframe_s, preset="veryfast", b_frames=2):
    return ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", preset, "-bf", str(b_frames), "-b:v", "%dk" % kbps, "-maxrate",
            "%dk" % (kbps * 5 // 4), "-bufsize", "%dk" % (kbps * 2), "-g", str(fps * keyframe_s), "-keyint_min",
            str(fps * keyframe_s), "-sc_threshold", "0"]


def h264(name, width, height, fps, kbps, keyframe_s, b_frames=2):
    """Without sound; noise, so that it takes its rate."""
    picture = "testsrc2=s=%dx%d:r=%d,noise=alls=12:allf=t" % (width, height, fps)
    return make(name, "-f", "lavfi", "-i", picture, "-t", str(CLIP_S), *coding(kbps, fps, keyframe_s, b_frames=b_frames))


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


def tool_rate(source, seconds, *out):
    """Of the ffmpeg tool; `source`: its options and what it reads."""
    p = subprocess.Popen(["ffmpeg", "-v", "error", *source, "-c", "copy", *out], stdin=subprocess.DEVNULL)
    time.sleep(2)
    rate = m.cpu_rate(p.pid, seconds)
    p.kill()
    p.wait()
    return rate


def compare(what, ours, idle, source, seconds):
    print("%s: idle %.1f ms/s, passing %.1f ms/s (%.1f %% of a core)" % (what, idle, ours, ours / 10))
    for out in (["-f", "null", "-"], ["-f", "mpegts", "-y", "/dev/null"]):
        rate = tool_rate(source, seconds, *out)
        print("  ffmpeg -c copy %s %s: %.1f ms/s; ours is %.1f times that" % (" ".join(source[:-1]), " ".join(out[:2]), rate, ours / max(rate, 0.1)))


def cost(seconds):
    clip = h264("1080p30-4M.mp4", 1920, 1080, 30, 4000, 2)
    relay = kit.Relay()
    viewer = kit.Client("Vera", relay, "--window", "1920x1080", create=True, camera="none")
    library = Library(viewer, {"Film.mp4": clip})
    idle = m.cpu_rate(library.p.pid, 3)
    play(viewer)
    time.sleep(4)  # the stretch it began with is over
    ours = m.cpu_rate(library.p.pid, seconds)
    print("the viewer shows %.1f a second" % viewer.streams()[0]["fps_shown"])
    compare("serve", ours, idle, ["-re", "-i", clip], seconds)
    viewer.quit()


def by_thread(pid, seconds):
    before = m.threads(pid)
    time.sleep(seconds)
    after = m.threads(pid)
    return {k: round((v - before.get(k, 0)) / seconds, 1) for k, v in after.items() if v - before.get(k, 0) > 1}


def camera(seconds):
    """`parlour camera` with a camera that codes by itself, over RTSP, and with a file."""
    clip = h264("camera-1080p30-4M.mp4", 1920, 1080, 30, 4000, 2, 0)
    bare = clip[:-len("mp4")] + "h264"
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", clip, "-c", "copy", "-f", "h264", bare], check=True, stdin=subprocess.DEVNULL)
    server = RtspServer(bare, 30)
    for name, spec, source in (("RTSP", server.url, ["-rtsp_transport", "tcp", "-i", server.url]), ("file", "file:" + clip, ["-re", "-i", clip])):
        relay = kit.Relay()
        viewer = kit.Client("Vera", relay, "--window", "1920x1080", create=True, camera="none")
        cameras = kit.Cameras("Door", spec, room=viewer.invite())
        kit.wait_for(lambda: cameras.by_name("Door")["direct"], "the camera", 15)
        kit.wait_for(lambda: viewer.streams() and viewer.streams()[0]["fps_shown"] > 20, "its pictures", 20)
        time.sleep(4)  # the stretch it began with is over
        ours = m.cpu_rate(cameras.p.pid, seconds)
        shown, threads = viewer.streams()[0]["fps_shown"], by_thread(cameras.p.pid, 5)
        viewer.ask("leave")
        kit.wait_for(lambda: cameras.ask("stats")[0]["bitrate_up_kbps"] < 50, "nothing goes out any more", 30)
        idle = m.cpu_rate(cameras.p.pid, seconds / 2)
        print("the viewer shows %.1f a second; ms/s by thread: %s" % (shown, threads))
        compare("camera, " + name, ours, idle, source, seconds)
        viewer.quit()
        cameras.quit()


QUALITIES = {240: (426, 400), 720: (1280, 1500), 1440: (2560, 4000)}
FPS, WATCH_S, APART_S = 25, 36, 2


def stamped(lines):
    """A film whose pictures carry their number, and which quality they are of, in the test camera's cells."""
    path, master = os.path.join(kit.BUILD, "passthrough-stamped-%dp.mp4" % lines), os.path.join(kit.BUILD, "passthrough-master.mp4")
    width, kbps = QUALITIES[lines]
    if os.path.exists(path):
        return path
    if not os.path.exists(master):
        h264_args = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "12"]
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=%d,noise=alls=12:allf=t" % FPS,
                        "-t", str(CLIP_S), *h264_args, master + ".part.mp4"], check=True, stdin=subprocess.DEVNULL)
        os.rename(master + ".part.mp4", master)
    size, quality = 1280 * 720 * 3 // 2, sorted(QUALITIES).index(lines)
    decode = subprocess.Popen(["ffmpeg", "-v", "error", "-i", master, "-f", "rawvideo", "-"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE)
    encode = subprocess.Popen(["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "1280x720", "-r",
                               str(FPS), "-i", "-", "-vf", "scale=%d:%d" % (width, lines), *coding(kbps, FPS, 2, "superfast"), path + ".part.mp4"],
                              stdin=subprocess.PIPE)
    for i in range(STAMPED_S * FPS):
        encode.stdin.write(call.stamped(bytearray(decode.stdout.read(size)), i, quality, 0.40))
    encode.stdin.close()
    decode.kill()  # it may have more than is wanted
    decode.wait()
    kit.check(encode.wait() == 0, "the film cannot be made")
    os.rename(path + ".part.mp4", path)
    return path


def changes(viewer, sequence):
    """[(when, to which quality)]"""
    out = []
    for wanted in sequence:
        out.append((time.monotonic(), wanted))
        viewer.ask("film", "quality", wanted)
        time.sleep(APART_S)
    return out


def film(sequence):
    relay, screen = kit.Relay(), kit.Screen(1280, 720)
    viewer = kit.Client("Vera", relay, "--window", "1280x720", create=True, camera="none", display=screen.display,
                        headless=False)
    Library(viewer, {"Film_%dp.mp4" % lines: stamped(lines) for lines in QUALITIES})
    play(viewer)
    film_id = next(o["id"] for o in viewer.others() if o.get("kind") == "film")
    tile = next(t for t in viewer.ask("tiles") if t["id"] == film_id)
    strip = (tile["x"], tile["y"] - tile["h"] // 2, tile["w"], tile["h"])  # where no bar covers it: half a picture higher
    watch = subprocess.Popen([m.tool("glass_watch")] + [str(v) for v in strip] + [str(WATCH_S), "-1", "3"],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                             env=dict(os.environ, DISPLAY=screen.display))
    kit._started.append(watch)
    began = time.monotonic()
    made = changes(viewer, sequence)
    watch.terminate()
    seen = [tuple(int(v) for v in line.split()) for line in watch.communicate()[0].splitlines()]
    report([(at / 1e6, number, quality) for at, number, quality in seen if at / 1e6 > began], made)
    viewer.quit()


def report(seen, made):
    gaps = [(b[0] - a[0], a[0]) for a, b in zip(seen, seen[1:])]
    ahead = [at - number / FPS for at, number, _ in seen]
    for n, (at, wanted) in enumerate(made):
        until = made[n + 1][0] if n + 1 < len(made) else seen[-1][0]
        took = next((s[0] - at for s in seen if s[0] > at and s[2] == wanted), None)
        gap = max([g for g, begin in gaps if at <= begin < until] or [0])
        print("  to %4dp: %s, longest gap %3.0f ms" % (sorted(QUALITIES)[wanted], "seen after %4.0f ms" % (took * 1000) if took else
                                                       "NEVER SEEN", gap * 1000))
    print("%d changes, load %.1f: longest gap %.0f ms, %d over 300; %d pictures of %d seen; film's time within %.0f ms" %
          (len(made), os.getloadavg()[0], max(g for g, _ in gaps) * 1000, sum(g > 0.3 for g, _ in gaps), len(seen),
           seen[-1][1] - seen[0][1] + 1, (max(ahead) - min(ahead)) * 1000))


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--seconds", type=float, default=10)
    a.add_argument("--part", choices=["cost", "camera", "film"])
    a.add_argument("--order", type=int, choices=[0, 1], help="which changes; without it each of them")
    o = a.parse_args()
    if o.part in (None, "cost"):
        cost(o.seconds)
    if o.part in (None, "camera"):
        camera(o.seconds)
    if o.part in (None, "film") and o.order is not None:
        film([[2, 0] * 5, [1, 0, 1, 2, 0, 2, 1, 0, 2, 1]][o.order])
    elif o.part in (None, "film"):  # a room of its own for each
        for order in ("0", "1"):
            subprocess.run([sys.executable, __file__, "--part", "film", "--order", order], check=True)


main()
