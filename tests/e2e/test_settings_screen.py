#!/usr/bin/env python3
"""The settings screen at a box (1280x720 under Xvfb), by key presses alone: colours, text and language really change at once,
are kept through a restart, and nothing in their file keeps the box from starting. What the screen shows is found in its
pixels."""
import stat

from kit import *

WALL, BLACK, WHITE, FOCUS = (18, 21, 26), (0, 0, 0), (255, 255, 255), (245, 242, 235)
EMPTY = (20, 690, 60, 8)  # nothing is ever written there
ROWS = (1110, 100, 8, 540)  # at the right end of every row, whatever its size

relay = Relay()
screen = Screen(1280, 720)
data = os.path.join(WORK, "hall")
path = os.path.join(data, "settings")


def box(*args, env=None):
    return Client("Hall", relay, "--fullscreen", "--data-dir", data, *args, display=screen.display, headless=False,
                  env=env)


def at(c, name):
    wait_for(lambda: c.ask("screen")["screen"] == name, "at %s" % name)


def ground(color):
    """The whole of an empty place has this colour."""
    found = find_color(screen.grab(), 1280, EMPTY, color, 2)
    return found and found[4] == EMPTY[2] * EMPTY[3]


def focus(color=FOCUS):
    return find_color(screen.grab(), 1280, ROWS, color, 3)


def keys(*names):
    screen.keys(*names)


def settled(read):
    """What it reads twice in a row."""
    before = None
    for _ in range(100):
        now = read()
        if now and now == before:
            return now
        before = now
        time.sleep(0.1)
    fail("the screen does not come to rest")


def written(name):
    try:
        with open(path, encoding="utf-8") as f:
            return dict(line.strip().split(" = ", 1) for line in f if " = " in line).get(name)
    except FileNotFoundError:  # not yet, or put aside
        return None


c = box()
at(c, "home")
keys("ctrl+comma")
at(c, "settings")
wait_for(lambda: ground(WALL), "the settings have the dark wall")

# Screen is the fourth group. Its first row is the text size: each step makes the focused row higher.
keys("Down", "Down", "Down", "Return")
wait_for(focus, "a row has the focus")
first = settled(focus)
keys("Right", "Right")
larger = wait_for(lambda: (focus() or (0,) * 5)[3] > first[3] * 1.35 and focus(), "150 %% makes the row higher than %s" % (first,))
keys("Left")
wait_for(lambda: first[3] < (focus() or (0,) * 5)[3] < larger[3], "and 125 % lower again")
keys("ctrl+0")
wait_for(lambda: focus() and focus()[3] == first[3], "Ctrl 0 is 100 % here, too")
keys("Right")
passed("the text grows")

# High contrast: black, and white where something is focused; a black line inside it.
keys("Down", "Right")
wait_for(lambda: ground(BLACK), "high contrast is black")
wait_for(lambda: focus(WHITE), "and the focus white")
keys("Left")
wait_for(lambda: ground(WALL), "and dark again")
keys("Right")
wait_for(lambda: ground(BLACK), "and high contrast at last")
passed("the colours change")

# The edges: 5 % a side of 1280 x 720 are 64 x 36, with a frame there.
keys("Down", "Down", *["Right"] * 6)
frame = (255, 216, 61)
line = wait_for(lambda: find_color(screen.grab(), 1280, (0, 300, 200, 4), frame, 8), "the frame of the screen's edges")
wait_for(lambda: (find_color(screen.grab(), 1280, (0, 300, 200, 4), frame, 8) or (0,))[0] == 64, "it stands at 5 %%, not %s" % (line,))
keys(*["Left"] * 5)
wait_for(lambda: (find_color(screen.grab(), 1280, (0, 300, 200, 4), frame, 8) or (9,))[0] == 0, "and at the very edge again")
passed("the edges move")

# German, then what is kept: within a second or so, for nobody else to read.
english = settled(screen.grab)
keys("Down", "Right", "Right")
wait_for(lambda: difference(english, screen.grab(), 1280, (60, 140, 200, 260)) > 0.3, "the groups have other words")
wait_for(lambda: os.path.exists(path) and written("language") == "de", "the file says so", 5)
check(written("theme") == "high-contrast" and written("text-scale") == "125", "and what else was chosen")
check(stat.S_IMODE(os.stat(path).st_mode) == 0o600, "nobody else reads it")

# A name is typed; letters are letters there and open nothing.
keys("Escape", "Up", "Up", "Up", "Return", "Return")
time.sleep(0.3)
keys("ctrl+u")
screen.type("Cellar")
keys("Return")
wait_for(lambda: c.ask("identity")["name"] == "Cellar", "the box has another name")
other = Client("Guest", relay)
wait_for(lambda: [p["name"] for p in other.ask("people")["people"]] == ["Cellar"], "and others see it", 10)
other.quit()
keys("Escape", "Escape")
at(c, "home")
c.quit()
passed("a name, and German")

# All of it is there after a restart; the command line outranks it.
c = box()
at(c, "home")
keys("ctrl+comma")
at(c, "settings")
wait_for(lambda: ground(BLACK), "high contrast after a restart")
german = settled(screen.grab)
c.quit()
c = box("--theme", "dark", "--language", "en")
at(c, "home")
keys("ctrl+comma")
wait_for(lambda: ground(WALL), "the command line outranks it")
c.quit()
c = box("--language", "en")
at(c, "home")
keys("ctrl+comma")
wait_for(lambda: ground(BLACK), "once more in English")
check(difference(german, settled(screen.grab), 1280, (60, 100, 200, 300)) > 0.3, "it spoke German after the restart")
c.quit()

# A file that is none keeps nothing from starting, and is not lost.
with open(path, "wb") as f:
    f.write(b"\0\1\2 theme = high-contrast\n")
c = box()
at(c, "home")
keys("ctrl+comma")
wait_for(lambda: ground(WALL), "dark, as nothing else is said")
keys("Down", "Down", "Down", "Return", "Down", "Right")
wait_for(lambda: written("theme") == "high-contrast", "a new file", 5)
check(open(path + ".bad", "rb").read().startswith(b"\0\1\2"), "the old one was put aside")
c.quit()
with open(path, "w") as f:
    f.write("theme = pink\ntext-scale = 900\nquiet-hours = soon\nlanguage = xx\nrelay = elsewhere:1\n")
c = box()
at(c, "home")
c.quit()
passed("any file")

# A locked box asks for its number first: another one opens nothing, the right one does.
os.unlink(path)
c = box("--settings-pin", "4281")
at(c, "home")
keys("ctrl+comma")
at(c, "settings")
pad = settled(screen.grab)
keys("5", "2", "8", "1")
wait_for(lambda: difference(pad, screen.grab(), 1280, (300, 60, 680, 600)) > 0, "it says that this is another number")
keys("Down", "Down", "Down", "Return", "Right")
time.sleep(0.5)
check(not os.path.exists(path), "nothing can be changed behind the pad")
keys("Escape")
at(c, "home")
keys("ctrl+comma")
at(c, "settings")
keys("4", "2", "8", "1", "Down", "Down", "Return", "Down", "Left")
wait_for(lambda: os.path.exists(path) and written("speaker") not in (None, "none"), "the right number opens the settings, and the loudspeaker is chosen", 5)
c.quit()
passed("a locked box")
