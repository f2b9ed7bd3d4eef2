#!/usr/bin/env python3
"""A kiosk joins the room of its config file at start, by itself, also when the relay comes later; no key quits it or
strands it; hanging up leads home, and its room can be entered again."""
from kit import *

relay = Relay()
host = Client("Host", relay, create=True)
invite = host.invite()
relay.kill()

conf = os.path.join(WORK, "kiosk.conf")
with open(conf, "w") as f:
    f.write("name = Lobby\nroom = %s\nkiosk = yes\ntls = no\n" % invite)
screen = Screen(1280, 720)
sock = os.path.join(WORK, "kiosk.sock")
kiosk = Client.__new__(Client)
kiosk.name, kiosk.path, kiosk.s, kiosk.next, kiosk.events = "Lobby", sock, None, 0, []
env = dict(os.environ, DISPLAY=screen.display, XDG_CONFIG_HOME=os.path.join(WORK, "kiosk-config"))
kiosk.p = start([os.path.join(BUILD, "parlour"), "--config", conf, "--ipc", sock, "--data-dir",
                 os.path.join(WORK, "kiosk-data"), "--camera", "test", "--microphone", "none", "--speaker", "none"],
                "kiosk.log", env=env)
kiosk.connect()
time.sleep(1)
check(not kiosk.members(), "nobody is there without a relay")
waiting = screen.grab()
check(len(set(waiting[::997])) > 3, "the screen says something while it waits")
for key in ("ctrl+q", "Escape", "Escape", "Escape"):
    screen.keys(key)
time.sleep(0.3)
check(kiosk.p.poll() is None, "a key ended the kiosk")
state = kiosk.ask("screen")["screen"]

relay.run()
check(state == "home", "Esc stops the joining: %s" % state)
screen.keys("Return")  # the way back to its room is one key
wait_for(lambda: len(kiosk.others()) == 1 and kiosk.sees(1), "the kiosk is in its room", 20)
for key in ("ctrl+q", "Escape", "c", "Escape", "t", "t", "question", "Escape", "w", "w", "Right", "Escape"):
    screen.keys(key)
check(kiosk.p.poll() is None, "a key ended the kiosk")
wait_for(lambda: kiosk.ask("screen") == {"screen": "call", "panel": ""}, "back in the plain call", 5)
check(len(kiosk.others()) == 1, "no key left the call")
screen.keys("ctrl+d")
wait_for(lambda: kiosk.ask("screen")["screen"] == "home" and not host.others(), "hanging up leads home", 5)
screen.keys("Return")
wait_for(lambda: len(kiosk.others()) == 1 and kiosk.sees(1), "one key goes back to the room", 10)
kiosk.p.terminate()
check(kiosk.p.wait(10 * SLOW) == 0, "SIGTERM ends the kiosk well")
host.quit()
passed("kiosk")
