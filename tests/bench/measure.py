"""How the benches look at processes and numbers: CPU, memory by mapping, percentiles, builds. Standard library only."""
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
import wave

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import kit  # noqa: E402  (relays, clients and screens; ends all it started)

TICK = os.sysconf("SC_CLK_TCK")
# What SDL maps to ask for a GPU; on a machine with one it is the vendor's driver instead.
GL = re.compile(r"lib(LLVM|GL|EGL|GLX|GLdispatch|GLESv2|glapi|gbm|drm|gallium|Z3|z3|sensors|elf)[-_.a-zA-Z0-9]*\.so|_dri\.so")


def tool(name):
    """A program of tests/bench, built."""
    path = os.path.join(kit.BUILD, "tests", name)
    if not os.path.exists(path):
        sys.exit("%s is missing: cmake --build %s" % (path, kit.BUILD))
    return path


def cpu_ms(pid):
    """user + system of a process so far, ms."""
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000.0 / TICK


def cpu_rate(pid, seconds):
    """CPU ms a second over the next seconds."""
    began, before = time.monotonic(), cpu_ms(pid)
    time.sleep(seconds)
    return (cpu_ms(pid) - before) / (time.monotonic() - began)


def threads(pid):
    """{thread name: CPU ms so far}"""
    out = {}
    for tid in os.listdir("/proc/%d/task" % pid):
        try:
            with open("/proc/%d/task/%s/stat" % (pid, tid)) as f:
                text = f.read()
        except OSError:
            continue
        name, fields = text[text.index("(") + 1:text.rindex(")")], text.rpartition(")")[2].split()
        key = re.sub(r" ?\d+$", "", name)
        out[key] = out.get(key, 0) + (int(fields[11]) + int(fields[12])) * 1000.0 / TICK
    return out


def memory(pid):
    """PSS in KiB by mapping name."""
    pss, name = {}, ""
    with open("/proc/%d/smaps" % pid) as f:
        for line in f:
            words = line.split()
            if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                name = words[5] if len(words) > 5 else "[anonymous]"
            elif line.startswith("Pss:"):
                pss[name] = pss.get(name, 0) + int(words[1])
    return pss


def is_gl(name):
    return bool(GL.search(os.path.basename(name)))


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(part * len(values)))]


def spread(values, form="%.2f"):
    """median (least to most)"""
    if len(values) == 1:
        return form % values[0]
    return ("%s (%s to %s)" % (form, form, form)) % (statistics.median(values), min(values), max(values))


def natural_clip(name, start_s):
    """A moving 640x360 clip at 30 pictures a second, 5 s, cut from Debian's OpenCV samples."""
    path = os.path.join(kit.WORK, "natural-%s-%d.mp4" % (name.split(".")[0], start_s))
    if not os.path.exists(path):
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-ss", str(start_s), "-i", os.path.join(kit.SAMPLES, name), "-t",
                        "5", "-vf", "scale=640:360:force_original_aspect_ratio=increase,crop=640:360,fps=30,setsar=1",
                        "-an", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-crf", "18", "-g", "150",
                        "-pix_fmt", "yuv420p", path], check=True, stdin=subprocess.DEVNULL)
    return path


def silence():
    """A second of it, as a sound file."""
    path = os.path.join(kit.WORK, "silence.wav")
    with wave.open(path, "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(48000)
        w.writeframes(bytes(96000))
    return path


def copied_libraries():
    """A folder with copies of every library the client links: other files, so other pages."""
    folder = os.path.join(kit.WORK, "libraries")
    os.mkdir(folder)
    listed = subprocess.run(["ldd", os.path.join(kit.BUILD, "parlour")], stdout=subprocess.PIPE, check=True, text=True)
    for path in re.findall(r"=> (/\S+)", listed.stdout):
        shutil.copy(path, folder)
    return folder


CLIPS = [("Megamind.avi", 0), ("vtest.avi", 3), ("Megamind.avi", 5), ("vtest.avi", 20)]  # the last is our own camera


def call_of_four(relay):
    """Three people with natural clips, headless. Returns (people, how the fourth is started)."""
    people = []
    for i, name in enumerate(("Amina", "Robert", "Samuel")):
        people.append(kit.Client(name, relay, "--window", "320x180", invite=people[0].invite() if people else None,
                                 create=not people, camera="file:" + natural_clip(*CLIPS[i]),
                                 microphone="tone:%d" % (500 + 300 * i)))
    kit.wait_for(lambda: all(len(p.others()) == 2 for p in people), "the three are together", 20)

    def fourth(display, env=None):
        nora = kit.Client("Nora", relay, "--window", "1920x1080", "--fullscreen", "--display-path", "surface",
                          invite=people[0].invite(), display=display, headless=False,
                          camera="file:" + natural_clip(*CLIPS[3]),
                          microphone="tone:2000", env=env)
        kit.wait_for(lambda: nora.sees(3), "the fourth sees the three", 20)
        return nora

    return people, fourth
