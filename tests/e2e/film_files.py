"""Films for tests, made once by the ffmpeg tool and kept in the build directory."""
import os
import shutil
import subprocess

from kit import BUILD, Client, WORK, _started, start

FOLDER = os.path.join(BUILD, "films-3")  # another number when what is made here changes


def _run(path, *args):
    if os.path.exists(path):
        return path
    os.makedirs(FOLDER, exist_ok=True)
    part = "%s.%d.mp4" % (path, os.getpid())
    subprocess.run(["ffmpeg", "-v", "error", "-y"] + list(args) + [part], check=True, stdin=subprocess.DEVNULL)
    os.rename(part, path)
    return path


def film(lines, seconds=8, fps=25, tone=440):
    """H.264 with B-frames and a keyframe a second, AAC: a picture of so many lines with a moving part."""
    path = os.path.join(FOLDER, "film-%d-%d-%d-%d.mp4" % (lines, seconds, fps, tone))
    width = lines * 16 // 9 // 2 * 2
    return _run(path, "-f", "lavfi", "-i", "testsrc=s=320x180:r=%d" % fps, "-f", "lavfi", "-i",
                "sine=%d:sample_rate=48000" % tone, "-t", str(seconds), "-vf", "scale=%d:%d:flags=neighbor" % (width, lines),
                "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", str(fps),
                "-keyint_min", str(fps), "-sc_threshold", "0", "-maxrate", "%dk" % (lines // 2), "-bufsize", "%dk" % (lines // 10), "-c:a", "aac")


def other_codec(seconds=4):
    path = os.path.join(FOLDER, "other-%d.mp4" % seconds)
    return _run(path, "-f", "lavfi", "-i", "testsrc=s=320x240:r=25", "-f", "lavfi", "-i", "sine=880:sample_rate=44100",
                "-t", str(seconds), "-c:v", "mpeg4", "-b:v", "1M", "-c:a", "aac")


class Library(Client):
    """`parlour serve` with its IPC socket."""

    def __init__(self, folder, room, *args):
        self.name = "library"
        tag = "library%d" % len(_started)
        self.path = os.path.join(WORK, tag + ".sock")
        self.p = start([os.path.join(BUILD, "parlour"), "serve", folder, "--room", room, "--no-tls", "--ipc", self.path,
                        "--data-dir", os.path.join(WORK, tag + "-data")] + list(args), tag + ".log")
        self.s = None
        self.next = 0
        self.events = []


def put(folder, name, path):
    os.makedirs(folder, exist_ok=True)
    shutil.copyfile(path, os.path.join(folder, name))
