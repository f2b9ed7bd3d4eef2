"""A member behind a bad line: tests/netem between him and the relay, on an address of its own with the relay's media port.
The client looks for media where it found control, so all of it goes through, as behind a router. Standard library only."""
import json
import threading

from kit import *


class BadLine:
    """Both directions of one line to a relay on 127.0.0.1. `settings`: words for netem, such as "delay=25 up.loss=5"."""

    def __init__(self, relay, *settings, address="127.0.0.2", seed=1):
        self.relay, self.address, self.lines, self.seed = relay, address, [], seed
        with socket.socket() as s:
            s.bind((address, 0))
            self.control = s.getsockname()[1]
        through = ["%s:%d=127.0.0.1:%d" % (address, at, to)
                   for at, to in ((self.control, relay.control), (relay.media, relay.media))]
        self.p = start([os.path.join(BUILD, "tests", "netem"), "--tcp", through[0], "--udp", through[1], "--seed",
                        str(seed), *settings], "line%d.log" % len(os.listdir(WORK)), stdin=subprocess.PIPE,
                       stdout=subprocess.PIPE)
        check(self.p.stdout.readline() == b"ready\n", "netem is not ready")
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.p.stdout:
            self.lines.append(json.loads(line))

    def set(self, words):
        """From now on; or "plan ...", which begins now."""
        self.p.stdin.write(words.encode() + b"\n")
        self.p.stdin.flush()

    def invite(self, invite):
        """The same room, through the line."""
        return invite.replace("127.0.0.1:%d" % self.relay.control, "%s:%d" % (self.address, self.control), 1)

    def end(self):
        """(stretches, summary)"""
        self.p.terminate()
        check(self.p.wait(5) == 0, "netem ended with %s" % self.p.returncode)
        self.reader.join(5)
        check(self.lines and "summary" in self.lines[-1], "netem told nothing")
        summary = self.lines[-1]["summary"]
        check(summary["overflows"] == 0 and summary["up"]["no_room"] == summary["down"]["no_room"] == 0,
              "netem lost what it was not asked to: %s" % summary)
        return self.lines[:-1], summary
