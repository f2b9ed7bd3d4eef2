#!/usr/bin/env python3
"""A kiosk whose keys are pressed at random for a while (PARLOUR_CRAWL seconds, 25; 600 with PARLOUR_FULL), while others
call it, knock, write, come and go. Whatever was pressed: the program answers, Back leads out of every screen in a few
steps, and then an arrow moves something that can be seen. PARLOUR_SEED repeats a walk as far as time lets it."""
import random

from kit import *

SECONDS = float(os.environ.get("PARLOUR_CRAWL", 600 if os.environ.get("PARLOUR_FULL") else 25))
SEED = int(os.environ.get("PARLOUR_SEED", random.SystemRandom().randrange(1 << 32)))
HOLD_S = 0.85 * SLOW  # a card or a ring that has only just come takes no keys
STEPS_BACK = 8
BASES = ("home", "call", "waiting")

print("seed", SEED)
chance = random.Random(SEED)
relay = Relay()
screen = Screen(1280, 720)
# Nothing moves by itself: no cameras, no sound. What changes on the screen is what a key did.
kiosk = Client("Kiosk", relay, "--fullscreen", display=screen.display, headless=False, camera="none")
others, born = [None, None], [0, 0]
kiosk.connect()
wait_for(lambda: kiosk.ask("screen")["screen"] == "home", "the home screen", 15)

# What a person may press: a remote's keys mostly, the single keys, what moves in lists and pages, letters into fields.
KEYS = (["Up", "Down", "Left", "Right"] * 6 + ["Return"] * 10 + ["Escape"] * 4 + ["Prior", "Next", "Tab", "BackSpace", "space",
        "F1", "question", "ctrl+plus", "ctrl+minus", "ctrl+0", "ctrl+comma", "ctrl+d", "XF86Back"] +
        ["plus", "minus", "XF86AudioRaiseVolume", "XF86AudioLowerVolume"] + list("mvcptwyfrda0123456789") + ["Home", "End", "Delete", "F11", "XF86AudioMute", "a", "b"])
seen = {}


def where():
    began = time.monotonic()
    at = kiosk.ask("screen")
    check(time.monotonic() - began < 3 * SLOW, "the kiosk takes its time to answer")
    name = at["screen"] + ("/" + at["panel"] if at["panel"] else "")
    seen[name] = seen.get(name, 0) + 1
    return at["screen"]


def company(c, *command):
    """The answer, if any, to what may or may not be possible now; None from who has gone home meanwhile."""
    try:
        c.connect()
        c.next += 1
        c.s.sendall(json.dumps({"command": list(command), "request_id": c.next}).encode() + b"\n")
        while True:
            answer = json.loads(c.file.readline() or "null")
            if not answer or answer.get("request_id") == c.next:
                return answer and answer.get("data")
    except OSError:
        return None


def link_of(c):
    """An invite to where somebody is, or was."""
    try:
        with open(c.out) as f:
            return re.findall(r"invite (parlour://\S+)", f.read())[-1]
    except (AttributeError, IndexError):
        return "parlour://%s/r/123456" % relay.address


def others_live():
    i = chance.randrange(2)
    if not others[i] or others[i].p.poll() is not None:  # was sent away; comes again
        born[i] += 1  # another box: a name stays that of the first
        others[i] = Client("%s %d" % (("Ada", "Bea")[i], born[i]), relay, *(("--lobby",) if i else ()), create=True, camera="none")
    c = others[i]
    what = chance.choice(["call"] * 4 + ["hangup", "chat", "chat", "come", "come", "go", "back", "hand", "answer", "answer",
                                         "refuse", "lobby", "admit", "mute", "invited", "invited"])
    if what == "call":
        company(c, "leave")
        time.sleep(0.2)
        company(c, "call", "Kiosk")
    elif what == "chat":
        company(c, "chat", "Is anybody there?\nI am.")
    elif what == "come":
        company(c, "join", link_of(chance.choice(others + [kiosk])))
    elif what == "go":
        company(c, "leave")
    elif what == "back":
        company(c, "create")
    elif what == "lobby":
        company(c, "lobby", chance.random() < 0.5)
    elif what == "admit":
        for k in (company(c, "room") or {"knocks": []})["knocks"]:
            company(c, "admit", k["knock"])
    elif what == "mute":
        company(c, "mute", "all")
    elif what == "invited":  # the kiosk's own doing, by a button box
        company(kiosk, chance.choice(["create", "join"]), link_of(c))
    else:
        company(c, what)


def moves():
    """An arrow changes something that can be seen."""
    for key in ("Down", "Right", "Up", "Left", "Down"):
        before = screen.grab()
        screen.keys(key)
        for _ in range(4):
            time.sleep(0.12 * SLOW)
            if screen.grab() != before:
                return True
    return False


def leads_out():
    """Back, until nothing more comes of it: a screen one can live on."""
    for _ in range(STEPS_BACK):
        time.sleep(0.1 * SLOW)
        at = where()
        if at in BASES and not kiosk.ask("screen")["panel"]:
            return at
        if at in ("ringing", "joining", "calling"):
            time.sleep(HOLD_S)
        screen.keys("Escape")
    return None


def pressed(count):
    keys = [chance.choice(KEYS) for _ in range(count)]
    try:
        screen.keys(*keys)
    except subprocess.CalledProcessError:
        fail("a key could not be pressed: " + " ".join(keys))
    return keys


walk, rounds, presses = [], 0, 0
end = time.monotonic() + SECONDS
while time.monotonic() < end:
    keys = pressed(chance.randrange(4, 16))
    presses += len(keys)
    walk = (walk + keys)[-80:]
    check(kiosk.p.poll() is None, "the kiosk ended with %s after %s" % (kiosk.p.poll(), " ".join(walk)))
    where()
    if chance.random() < 0.7:
        others_live()
    rounds += 1
    if rounds % 4 == 0:
        at = leads_out()
        if not at:
            company(kiosk, "screenshot", os.path.join(WORK, "stuck.png"))
            fail("Back leads nowhere from %s after %s" % (kiosk.ask("screen"), " ".join(walk)))
        if not moves():
            company(kiosk, "screenshot", os.path.join(WORK, "stuck.png"))
            fail("no arrow moves anything on %s after %s" % (kiosk.ask("screen"), " ".join(walk)))
print("%d presses, %d rounds; screens: %s" % (presses, rounds, " ".join("%s %d" % x for x in sorted(seen.items()))))
check(len(seen) > 1, "the walk has never left the house")
kiosk.quit()
passed("a walk through every screen")
