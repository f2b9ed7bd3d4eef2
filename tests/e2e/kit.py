"""What the end-to-end tests stand on: real relays, real clients, real screens. Standard library only.

Every process started here is ended here, by its own id. Ports are chosen by the system. PARLOUR_BUILD names the build
directory (default build/release)."""
import atexit
import array
import json
import math
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import wave

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("PARLOUR_BUILD", os.path.join(ROOT, "build", "release"))
SLOW = float(os.environ.get("PARLOUR_SLOW", "1"))  # sanitizers: waits are longer, never the behaviour
WORK = tempfile.mkdtemp(prefix="parlour-e2e-")
_started = []
_clients = []
_failing = False


def _end_all():
    for p in reversed(_started):
        if p.poll() is None:
            p.terminate()
    for p in reversed(_started):
        try:
            p.wait(5)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
    if os.environ.get("PARLOUR_KEEP"):
        print("kept", WORK)
    else:
        shutil.rmtree(WORK, ignore_errors=True)


atexit.register(_end_all)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def start(args, log, host=None, **kw):
    """A process that is ended with the test; inside a host of netns.py when one is given."""
    out = open(os.path.join(WORK, log), "ab")
    args = host.command(args) if host else args
    p = subprocess.Popen(args, stdin=kw.pop("stdin", subprocess.DEVNULL), stdout=kw.pop("stdout", out), stderr=out, **kw)
    _started.append(p)
    p.log = os.path.join(WORK, log)
    return p


def fail(text):
    global _failing
    if _failing:  # what is asked below may fail as well
        raise RuntimeError(text)
    _failing = True
    print("FAIL:", text)
    for c in _clients:
        if c.s and c.p.poll() is None:
            try:
                print("---", c.name, "members", json.dumps(c.ask("members")), "stats", json.dumps(c.ask("stats")))
            except (RuntimeError, OSError, ValueError) as e:
                print("---", c.name, e)
    for name in sorted(os.listdir(WORK)):
        if name.endswith(".log"):
            with open(os.path.join(WORK, name), errors="replace") as f:
                tail = f.read()[-3000:]
            print("--- %s\n%s" % (name, tail))
    sys.stdout.flush()
    sys.exit(1)


def check(ok, text):
    if not ok:
        fail(text)


def wait_for(what, text, seconds=10.0, every=0.05):
    """Wait until what() is true (its value is returned)."""
    end = time.monotonic() + seconds * SLOW
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > end:
            fail("waited %.0f s in vain: %s" % (seconds * SLOW, text))
        time.sleep(every)


class Relay:
    """One relay; `run` starts it again on the same ports with the same state. `host`: where (netns.py); `wrap`: a command
    that starts it, such as setpriv. It has no admin port and ends at once, unless `args` says otherwise."""

    def __init__(self, tls=False, name="relay", args=(), host=None, wrap=(), build=None, env=None):
        self.env = dict(os.environ, **env) if env else None
        self.name, self.tls, self.args, self.host, self.wrap = name, tls, list(args), host, list(wrap)
        self.listen = host.address if host else "127.0.0.1"
        self.binary = os.path.join(build or BUILD, "parlour-relay")
        self.state = os.path.join(WORK, name + "-state")
        self.control = self.media = 0
        self.run()

    def run(self):
        args = self.wrap + [self.binary, "--listen", self.listen, "--control-port", str(self.control),
                            "--media-port", str(self.media), "--state-dir", self.state, "--admin", "none", "--drain", "0"] + self.args
        if not self.tls:
            args.append("--no-tls")
        self.p = start(args, self.name + ".log", self.host, stdout=subprocess.PIPE, env=self.env)
        line = self.p.stdout.readline().decode()
        m = re.match(r"ready control=\S+:(\d+) media=\S+:(\d+) fingerprint=(\S+)(?: admin=(?:none|\S+:(\d+)))?", line)
        check(m, "the relay is not ready: %r" % line)
        self.admin = int(m[4] or 0)
        self.control, self.media, self.fingerprint = int(m[1]), int(m[2]), m[3]

    def kill(self):
        self.p.kill()
        self.p.wait()

    @property
    def address(self):
        return "%s:%d" % (self.listen, self.control)

    def resident_kib(self):
        with open("/proc/%d/status" % self.p.pid) as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])

    def open_files(self):
        return len(os.listdir("/proc/%d/fd" % self.p.pid))

    def cpu_s(self):
        """Processor seconds used so far, of all threads."""
        with open("/proc/%d/stat" % self.p.pid) as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Client:
    """One client with its IPC socket."""

    def __init__(self, name, relay=None, *args, invite=None, create=False, display=None, headless=True, env=None,
                 camera="test", microphone="none", speaker="none", host=None):
        self.name = name
        tag = re.sub(r"\W", "", name) + str(len(_started))
        self.path = os.path.join(WORK, tag + ".sock")
        a = [os.path.join(BUILD, "parlour"), "--name", name, "--ipc", self.path, "--data-dir",
             os.path.join(WORK, tag + "-data"), "--camera", camera, "--microphone", microphone, "--speaker", speaker]
        if invite:
            a.append(invite)
        elif relay:
            a += ["--relay", relay.address]
        if relay and not relay.tls:
            a.append("--no-tls")
        if create:
            a.append("--create")
        if headless:
            a.append("--headless")
        e = dict(os.environ, XDG_CONFIG_HOME=os.path.join(WORK, "config"))
        e.pop("DISPLAY", None)
        if display:
            e["DISPLAY"] = display
            e.pop("WAYLAND_DISPLAY", None)
        e.update(env or {})
        self.out = os.path.join(WORK, tag + ".out")
        self.p = start(a + list(args), tag + ".log", host, stdout=open(self.out, "wb"), env=e)
        self.s = None
        self.next = 0
        self.events = []  # what it has told between answers
        _clients.append(self)

    def connect(self):
        if self.s:
            return
        def reach():
            s = socket.socket(socket.AF_UNIX)
            try:
                s.connect(self.path)
                return s
            except OSError:
                s.close()
                check(self.p.poll() is None, "%s has ended with %s" % (self.name, self.p.poll()))
        self.s = wait_for(reach, "the IPC socket of " + self.name, 15)
        self.file = self.s.makefile("rb")

    def ask(self, *command, refused=False):
        """The answer's data; with `refused`, the sentence that says why not."""
        self.connect()
        self.next += 1
        try:
            self.s.sendall(json.dumps({"command": list(command), "request_id": self.next}).encode() + b"\n")
        except OSError:
            fail("%s does not listen any more; it ended with %s" % (self.name, self.p.poll()))
        while True:
            line = self.file.readline()
            check(line, "%s closed its IPC socket" % self.name)
            answer = json.loads(line)
            if "event" in answer:
                self.events.append(answer)
            if answer.get("request_id") == self.next:
                check((answer["error"] == "success") != refused, "%s: %s says %s" % (self.name, command, answer["error"]))
                return answer["error"] if refused else answer.get("data")

    def invite(self):
        def read():
            with open(self.out) as f:
                m = re.search(r"invite (parlour://\S+)", f.read())
            check(self.p.poll() is None, "%s has ended with %s" % (self.name, self.p.poll()))
            return m and m[1]
        return wait_for(read, "the invite of " + self.name, 15)

    def members(self):
        return self.ask("members")

    def others(self):
        return [m for m in self.members() if not m["self"] and not m.get("away")]

    def streams(self, slot="camera"):
        return [s for s in self.ask("stats")["streams"] if s["slot"] == slot]

    def picture(self, width, height):
        """What is on this client's screen, as bytes, 3 per pixel."""
        path = self.path + ".png"
        self.ask("screenshot", path)
        raw = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
                             stdout=subprocess.PIPE, stdin=subprocess.DEVNULL).stdout
        check(len(raw) == width * height * 3, "the screenshot of %s is not %d x %d" % (self.name, width, height))
        return raw

    def sees(self, count):
        """Pictures of `count` others are being shown."""
        return sum(1 for s in self.streams() if s["fps_shown"] > 1) >= count

    def quit(self, expected=0):
        self.ask("quit")
        try:
            code = self.p.wait(10 * SLOW)
        except subprocess.TimeoutExpired:
            fail("%s does not end" % self.name)
        check(code == expected, "%s ended with %d instead of %d" % (self.name, code, expected))


class Cameras(Client):
    """`parlour camera` with its IPC socket: names and sources in turn, and a room."""

    def __init__(self, *words, room=None, args=(), tls=False):
        self.name = "cameras"
        tag = "cameras%d" % len(_started)
        self.path = os.path.join(WORK, tag + ".sock")
        a = [os.path.join(BUILD, "parlour"), "camera"] + list(words) + [
            "--ipc", self.path, "--data-dir", os.path.join(WORK, tag + "-data")]
        a += (["--room", room] if room else []) + ([] if tls else ["--no-tls"])
        self.p = start(a + list(args), tag + ".log")
        self.s = None
        self.next = 0
        self.events = []

    def by_name(self, name):
        return next((c for c in self.ask("cameras") if c["name"] == name), None)


class Screen:
    """An Xvfb with a display number of its own."""

    def __init__(self, width=1920, height=1080):
        self.width, self.height = width, height
        r, w = os.pipe()
        self.p = start(["Xvfb", "-displayfd", str(w), "-screen", "0", "%dx%dx24" % (width, height), "-nolisten", "tcp"],
                       "xvfb.log", pass_fds=[w])
        os.close(w)
        with os.fdopen(r) as f:
            self.display = ":" + f.readline().strip()
        check(self.display != ":", "Xvfb does not start")

    def grab(self):
        """The screen as bytes, 3 per pixel."""
        raw = subprocess.run(
            ["ffmpeg", "-v", "error", "-f", "x11grab", "-video_size", "%dx%d" % (self.width, self.height), "-i",
             self.display, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL).stdout
        check(len(raw) == self.width * self.height * 3, "the screen cannot be read")
        return raw

    def keys(self, *names):
        subprocess.run(["xdotool", "key", "--delay", "40"] + list(names), check=True,
                       env=dict(os.environ, DISPLAY=self.display))

    def type(self, text):
        subprocess.run(["xdotool", "type", "--delay", "30", text], check=True,
                       env=dict(os.environ, DISPLAY=self.display))


def find_color(raw, width, rect, color, tolerance=48):
    """Bounding box (x, y, w, h) and number of pixels of a patch of a colour inside a rectangle of the screen. Rows and
    columns with a few pixels of it are of something else: films have reds of their own."""
    x0, y0, w, h = rect
    rows, columns = {}, {}
    r, g, b = color
    for y in range(y0, y0 + h):
        row = raw[(y * width + x0) * 3:(y * width + x0 + w) * 3]
        for i in range(0, len(row), 3):
            if abs(row[i] - r) < tolerance and abs(row[i + 1] - g) < tolerance and abs(row[i + 2] - b) < tolerance:
                x = x0 + i // 3
                rows[y], columns[x] = rows.get(y, 0) + 1, columns.get(x, 0) + 1
    if not rows:
        return None
    ys = [y for y, n in rows.items() if n > max(rows.values()) / 3]
    xs = [x for x, n in columns.items() if n > max(columns.values()) / 3]
    return (min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1, sum(rows.values()))


def difference(a, b, width, rect):
    """Mean absolute difference of two screens inside a rectangle, sampled."""
    x0, y0, w, h = rect
    total = n = 0
    for y in range(y0, y0 + h, 4):
        for x in range(x0, x0 + w, 4):
            i = (y * width + x) * 3 + 1
            total += abs(a[i] - b[i])
            n += 1
    return total / max(n, 1)


def tones(path, frequencies, seconds=2.0):
    """Amplitude (0..1) of each frequency in the last seconds of a recording (Goertzel)."""
    with open(path, "rb") as f:
        data = f.read()
    body = array.array("h")
    raw = data[44:]
    body.frombytes(raw[:len(raw) // 2 * 2])
    with wave.open(path) as w:
        rate, channels = w.getframerate(), w.getnchannels()
    body = body[::channels] if channels > 1 else body
    body = body[-int(rate * seconds):]
    check(len(body) >= int(rate * min(seconds, 0.5)), "the recording is too short")
    out = []
    for f in frequencies:
        k = 2 * math.cos(2 * math.pi * f / rate)
        s1 = s2 = 0.0
        for v in body:
            s1, s2 = v + k * s1 - s2, s1
        power = s1 * s1 + s2 * s2 - k * s1 * s2
        out.append(2 * math.sqrt(max(power, 0)) / len(body) / 32768)
    return out


def silence(path, since_s=0.0, least=0.02):
    """The longest stretch (s) of a recording of one steady tone without it, from `since_s` on; end of file left out."""
    with open(path, "rb") as f:
        raw = f.read()[44:]
    with wave.open(path) as w:
        rate, channels = w.getframerate(), w.getnchannels()
    body = array.array("h")
    body.frombytes(raw[:len(raw) // 2 * 2])
    body = body[::channels][int(since_s * rate):]
    block = rate // 100
    longest = now = 0
    for at in range(0, len(body) - block, block):
        part = body[at:at + block]
        quiet = max(part) < least * 32768
        now = now + 1 if quiet else 0
        longest = max(longest, now)
    return longest / 100


def log_of(client):
    with open(client.p.log) as f:
        return f.read()


def recorded(path):
    """Seconds in a recording that goes on."""
    with wave.open(path) as w:
        rate, channels = w.getframerate(), w.getnchannels()
    return (os.path.getsize(path) - 44) / 2 / channels / rate


SAMPLES = "/usr/share/doc/opencv-doc/examples/data"


def clip(name, start_s, color, width=640, height=360, seconds=6):
    """A natural moving clip with a square of one colour in its middle, cut from Debian's OpenCV samples."""
    path = os.path.join(WORK, "clip-%s-%d.mp4" % (name.split(".")[0], start_s))
    side = height // 4
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-ss", str(start_s), "-i", os.path.join(SAMPLES, name), "-t", str(seconds),
                    "-vf", "scale=%d:%d:force_original_aspect_ratio=increase,crop=%d:%d,fps=30,setsar=1,"
                    "drawbox=x=%d:y=%d:w=%d:h=%d:color=%s:t=fill" %
                    (width, height, width, height, width // 2 - side // 2, height // 2 - side // 2, side, side, color),
                    "-an", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "18", "-g", "30", path],
                   check=True, stdin=subprocess.DEVNULL)
    return path


def passed(text):
    print("PASS:", text)
