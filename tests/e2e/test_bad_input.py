#!/usr/bin/env python3
"""Bad input gets its clear sentence and exit code, or is survived."""
import random
from kit import *

relay = Relay()


def run(args, code, words, program="parlour", env=None):
    e = dict(os.environ, XDG_CONFIG_HOME=os.path.join(WORK, "config"), XDG_DATA_HOME=os.path.join(WORK, "data"))
    e.pop("DISPLAY", None)
    e.update(env or {})
    r = subprocess.run([os.path.join(BUILD, program)] + args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True, env=e, timeout=40 * SLOW)
    text = r.stderr + r.stdout
    check(r.returncode == code, "%s %s: exit code %d instead of %d: %s" % (program, args, r.returncode, code, text))
    check(words in text, "%s %s: says not '%s' but: %s" % (program, args, words, text))
    check("Traceback" not in text and "Sanitizer" not in text, text)


quiet = ["--headless", "--camera", "none", "--microphone", "none", "--speaker", "none", "--no-tls"]
run(["--nonsense"], 64, "unknown option '--nonsense'")
run(["--window", "banana"], 64, "window")
run(["parlour://127.0.0.1/r/123"], 64, "")
run(["123456"], 64, "needs its relay")
run(["--nonsense"], 64, "unknown option", "parlour-relay")
run(["--control-port", "99999"], 64, "control-port", "parlour-relay")
conf = os.path.join(WORK, "bad.conf")
with open(conf, "w") as f:
    f.write("name = Lobby\nbananas = 3\n")
run(["--config", conf], 78, "line 2")
run(quiet + ["--create", "--relay", "127.0.0.1:1", "--connect-timeout", "2"], 1, "cannot reach")
run(["--window", "640x360", "--relay", relay.address], 69, "", env={"DISPLAY": ":7654", "SDL_VIDEODRIVER": "x11"})

host = Client("Host", relay, create=True)
invite = host.invite()
code = re.search(r"/r/(\d{6})", invite)[1]
other = "%06d" % ((int(code) + 1) % 1000000)
run(quiet + [invite.replace("/r/" + code, "/r/" + other)], 3, "No room has this number")
key = re.search(r"k=([\w-]+)", invite)[1]
run(quiet + [invite.replace(key, "A" * len(key))], 3, "No room has this number")

# A wrong relay key: nothing is said to it.
tls = Relay(tls=True, name="tls")
run([a for a in quiet if a != "--no-tls"] +
    ["--create", "--relay", tls.address, "--relay-fingerprint", "A" * 43, "--connect-timeout", "5"], 3, "")

# No camera, no sound device: said in words, and the call goes on.
poor = Client("Poor", relay, invite=invite, camera="/dev/video77", microphone="auto", speaker="auto",
              env={"SDL_AUDIODRIVER": "pulseaudio", "PULSE_SERVER": "/nonexistent"})
wait_for(lambda: len(poor.others()) == 1 and poor.sees(1), "without camera and sound one is in the call", 15)
check(not [m for m in host.members() if m["name"] == "Poor"][0]["camera"], "the others know that there is no camera")

# Garbage on both ports is silence and changes nothing.
rng = random.Random(1)
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(20000):
    u.sendto(rng.randbytes(rng.choice((0, 1, 19, 20, 36, 100, 400, 1200, 1400))), ("127.0.0.1", relay.media))
u.settimeout(0.3)
try:
    check(not u.recv(2000), "a stranger was answered")
except socket.timeout:
    pass
for size in (1, 100, 100000):
    t = socket.create_connection(("127.0.0.1", relay.control))
    t.settimeout(3)
    try:
        t.sendall(rng.randbytes(size))
        t.recv(1000)
    except OSError:
        pass
    t.close()
check(relay.p.poll() is None, "the relay died of garbage")
wait_for(lambda: poor.sees(1), "the call goes on", 5)
third = Client("Third", relay, invite=invite)
wait_for(lambda: len(third.others()) == 2, "the door still opens", 10)
third.quit()
poor.quit()
host.quit()
passed("bad input")
