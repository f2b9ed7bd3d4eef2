#!/usr/bin/env python3
"""Files between two people at their screens, with key presses only: a file is found in its folder by its first letters and
sent, the other takes it by one key on the card that comes by itself, but not with a key that was meant for something else;
a second one is refused, a third one is stopped by two presses. A kiosk sends nothing, and says so."""
import hashlib
import random

from kit import *

GUARD = 1.2 * SLOW  # a card that has only just come takes no keys: more than the 0.8 s it waits


def home(name):
    folder = os.path.join(WORK, name)
    for part in ("Documents", "Downloads"):
        os.makedirs(os.path.join(folder, part))
    return folder, {"HOME": folder, "XDG_CONFIG_HOME": os.path.join(folder, ".config")}


def write(path, size):
    data = random.Random(size).randbytes(size)
    with open(path, "wb") as f:
        f.write(data)
    return data


def look(c, name):
    if os.environ.get("PARLOUR_KEEP"):
        time.sleep(0.5)
        c.ask("screenshot", os.path.join(WORK, "files-" + name + ".png"))


def files(c):
    answer = c.ask("files")
    return answer["files"] if isinstance(answer, dict) else answer


def state(c, name):
    return next((f["state"] for f in files(c) if f["name"] == name), None)


def panel(c):
    return c.ask("screen")["panel"]


relay = Relay()
left, right = Screen(1280, 720), Screen(1280, 720)
hers, env = home("nora")
his, his_env = home("robert")
plan = write(os.path.join(hers, "Documents", "Garden plan.pdf"), 1500000)
write(os.path.join(hers, "Documents", "Minutes.odt"), 3000)
write(os.path.join(hers, "Documents", "gate.txt"), 100)
big = write(os.path.join(hers, "Documents", "Summer house.mp4"), 60000000)
nora = Client("Nora", relay, "--fullscreen", create=True, display=left.display, headless=False, env=env)
robert = Client("Robert", relay, "--fullscreen", "--kiosk", invite=nora.invite(), display=right.display, headless=False,
                env=his_env)
wait_for(lambda: nora.sees(1) and robert.sees(1), "they see each other", 20)


def choose(letters):
    """Ctrl+O, Documents, the first letters of the name; with one other person there is nobody to choose among."""
    left.keys("ctrl+o")
    wait_for(lambda: panel(nora) == "files", "the chooser opens", 5)
    time.sleep(0.5)  # its list is read beside the screen
    left.type("doc")
    left.keys("Return")
    time.sleep(0.5)
    left.type(letters)
    look(nora, "choose")
    left.keys("Return", "Return")


choose("gar")
wait_for(lambda: state(robert, "Garden plan.pdf") == "asked", "he is asked", 10)
wait_for(lambda: panel(robert) == "files", "the card comes by itself", 5)
right.keys("Return")  # meant for something else: it has only just come
check(state(robert, "Garden plan.pdf") == "asked", "a key just now takes nothing")
time.sleep(GUARD)
look(robert, "asked")
look(nora, "offered")
right.keys("Return")
wait_for(lambda: state(robert, "Garden plan.pdf") == "done" and state(nora, "Garden plan.pdf") == "done",
         "one key takes it", 20)
with open(os.path.join(his, "Downloads", "Garden plan.pdf"), "rb") as f:
    check(hashlib.sha256(f.read()).digest() == hashlib.sha256(plan).digest(), "it is the same file")
look(robert, "done")
passed("a file is found, sent and taken by keys alone")

choose("min")
wait_for(lambda: state(robert, "Minutes.odt") == "asked", "he is asked again", 10)
time.sleep(GUARD)
right.keys("Escape")
wait_for(lambda: state(nora, "Minutes.odt") == "refused", "Back says not now", 10)
check(not os.path.exists(os.path.join(his, "Downloads", "Minutes.odt")), "nothing of it is there")
look(nora, "refused")
passed("and refused")

choose("sum")
wait_for(lambda: state(robert, "Summer house.mp4") == "asked", "he is asked a third time", 20)
time.sleep(GUARD)
right.keys("Return")
wait_for(lambda: state(nora, "Summer house.mp4") == "running", "it is on its way", 10)
left.keys("Up", "Up", "Up", "Return")
look(nora, "stop")
if state(nora, "Summer house.mp4") == "running":  # on a fast machine it may be there by now
    left.keys("Return")
    wait_for(lambda: state(nora, "Summer house.mp4") in ("cancelled", "done"), "two presses stop it", 10)
passed("and stopped")

# The kiosk: no chooser, and the panel says why.
wait_for(lambda: state(robert, "Summer house.mp4") in ("cancelled", "done", "failed"), "it is over for him, too", 10)
right.keys("Escape")
wait_for(lambda: panel(robert) == "", "the panel has gone", 5)
right.keys("ctrl+o")
wait_for(lambda: panel(robert) == "files", "the panel opens", 5)
right.keys("Return", "Return")
look(robert, "kiosk")
check(not [f for f in files(robert) if f["out"]], "a kiosk sends nothing")
passed("a kiosk takes files and sends none")
