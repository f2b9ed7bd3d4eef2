"""A sound server of our own with one room in it: what is said at its mouth comes out of the microphone, and what the
loudspeaker plays is recorded beside what was said, sample for sample by the same clock. Needs pulseaudio and its
utilities; works as root."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import kit  # noqa: E402
from sound_server import SoundServer  # noqa: E402

FORMAT = ["--raw", "--format=s16le", "--rate=48000"]
# The ruler's own streams are far from the sink's shortest block, so they do not make anybody else's shorter.
UNHURRIED = "--latency-msec=500"
SCRIPT = ["load-module module-null-sink sink_name=room rate=48000 channels=2 channel_map=mono,aux0",
          "load-module module-remap-source source_name=microphone master=room.monitor channels=1 "
          "master_channel_map=aux0 channel_map=mono remix=no",
          "set-default-sink room", "set-default-source microphone"]


class Room:
    """One sink: what clients play stands in its channel "mono", what is said at the mouth in "aux0", which is also the
    microphone. `env` brings a client into it."""

    def __init__(self):
        self.server = SoundServer(SCRIPT, "enable-remixing = no\n")
        self.p, self.env, self.home = self.server.p, self.server.env, self.server.home
        self.all_env = dict(self.server.private, **self.env)
        kit.wait_for(lambda: "microphone" in self.server.ask("list", "short", "sources"), "the microphone", 10)

    def start(self, args, log):
        return kit.start(args, log, env=self.all_env)

    def say(self, path, seconds, channels="aux0"):
        """(ms from mouth to ear, how alike 0..1) of each chirp in a sound file of this length, None where not heard."""
        recording = os.path.join(self.home, "heard.raw")
        with open(recording, "wb") as out:
            ears = kit.start(["parec", "-d", "room.monitor", *FORMAT, "--channels=2", "--channel-map=mono,aux0", UNHURRIED],
                             "parec.log", stdout=out, env=self.all_env)
            time.sleep(1)
            subprocess.run(["pacat", *FORMAT, "--channels=%d" % (channels.count(",") + 1), "--channel-map=" + channels,
                            UNHURRIED, path], check=True, env=self.all_env, stdin=subprocess.DEVNULL,
                           timeout=seconds + 30)
            time.sleep(2)
            ears.terminate()
            ears.wait()
        with open(recording, "rb") as heard:
            found = subprocess.run([os.path.join(kit.BUILD, "tests", "chirps"), "find"], stdin=heard, check=True,
                                   stdout=subprocess.PIPE, text=True).stdout.splitlines()
        return [None if v == "none" else tuple(map(float, v.split())) for v in found]


def chirps(count, gap_ms, noise):
    """(path, seconds) of that many chirps over noise of this amplitude (of 32767)."""
    path = os.path.join(kit.WORK, "chirps-%d-%d-%d.raw" % (count, gap_ms, noise))
    with open(path, "wb") as out:
        subprocess.run([os.path.join(kit.BUILD, "tests", "chirps"), "make", str(count), str(gap_ms), str(noise)], stdout=out,
                       check=True)
    return path, os.path.getsize(path) / 96000


def ruler(path, offset):
    """The same sound in both channels, the first so many samples late: what is to be found is known."""
    with open(path, "rb") as f:
        said = f.read()
    both = bytearray(2 * len(said))
    late = bytes(2 * offset) + said[:len(said) - 2 * offset]
    for at in (0, 1):
        both[at::4] = late[at::2]
        both[at + 2::4] = said[at::2]
    out = path + ".ruler"
    with open(out, "wb") as f:
        f.write(both)
    return out
