"""A PulseAudio of a test's own, in memory: loudspeakers are null sinks, microphones are null sinks seen from the other
side, so that a tone can be played into them. Works as root; nobody else's sound server is touched."""
import signal

from kit import *


class SoundServer:
    """`env` brings a client to it. Devices are described by their names. `script`: what is there from the beginning,
    `config`: of its daemon.conf."""

    # As every system configures it: with no loudspeaker there is one that nobody hears.
    def __init__(self, script=("load-module module-always-sink",), config=""):
        self.home = os.path.join(WORK, "sound%d" % id(self))
        os.makedirs(self.home, 0o700)
        self.private = dict(os.environ, HOME=self.home, PULSE_RUNTIME_PATH=self.home, XDG_RUNTIME_DIR=self.home, DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent",
                            PULSE_SERVER="unix:%s/native" % self.home)
        self.env = {"PULSE_SERVER": self.private["PULSE_SERVER"], "PULSE_COOKIE": self.home + "/cookie",
                    "SDL_AUDIODRIVER": "pulseaudio"}
        self.script = os.path.join(self.home, "script.pa")
        with open(self.script, "w") as f:
            f.write("\n".join(["load-module module-native-protocol-unix socket=%s/native auth-anonymous=1" % self.home,
                               *script, ""]))
        if config:
            self.private["PULSE_CONFIG"] = os.path.join(self.home, "daemon.conf")
            with open(self.private["PULSE_CONFIG"], "w") as f:
                f.write(config)
        self.p = None
        self.airs, self.tones = {}, {}
        self.start()

    def start(self):
        self.p = start(["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
                        "--system=false", "--disallow-exit", "-F", self.script], "pulseaudio.log", env=self.private)
        wait_for(lambda: self.ask("info"), "the sound server", 15)

    def kill(self):
        self.p.kill()
        self.p.wait()

    def stop(self):
        self.p.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.p.send_signal(signal.SIGCONT)

    def ask(self, *words):
        r = subprocess.run(["pactl"] + list(words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, env=self.private, timeout=20)
        return r.stdout.decode() if r.returncode == 0 else ""

    def load(self, *words):
        n = self.ask("load-module", *words).strip()
        check(n, "the sound server does not take " + " ".join(words))
        return n

    def speaker(self, name):
        """A loudspeaker; returns what `unload` takes."""
        return [self.load("module-null-sink", "sink_name=" + name, "rate=48000", "norewinds=1",
                          'sink_properties=device.description="%s"' % name)]

    def microphone(self, name):
        """One that hears what is played into NAME-air."""
        modules = [self.load("module-null-sink", "sink_name=%s-air" % name, "rate=48000", "channels=1", "norewinds=1",
                             'sink_properties=device.description="%s-air"' % name),
                   self.load("module-remap-source", "source_name=" + name, "master=%s-air.monitor" % name,
                             'source_properties=device.description="%s"' % name)]
        self.airs[modules[0]] = name
        return modules

    def unload(self, modules):
        self.hush(self.airs.pop(modules[0], ""))  # or it would be said into another one
        for m in reversed(modules):
            self.ask("unload-module", m)

    def say(self, name, frequency):
        """A tone into a microphone, until it is unloaded. Is there at once: else two seconds of it wait in the server, and
        the microphone gives nothing before they are over."""
        self.hush(name)
        self.tones[name] = start(["ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", "sine=%d:sample_rate=48000" % frequency,
                                  "-f", "pulse", "-buffer_duration", "100", "-device", name + "-air", "tone"],
                                 "say.log", env=self.private)

    def hush(self, name):
        p = self.tones.pop(name, None)
        if p:
            p.terminate()
            p.wait()

    def restart(self):
        """Killed and started again; what was plugged in is to be plugged in anew."""
        self.kill()
        self.start()

    def streams(self, kind):
        """How many of "source-outputs" or "sink-inputs" are ours."""
        return self.ask("list", kind).count('application.name = "Parlour"')
