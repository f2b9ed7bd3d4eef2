#!/usr/bin/env python3
"""A host and two guests at their screens, with key presses only: people are made to wait at the door, let in and sent away;
a picture is pinned by its number and by the arrows; a hand goes up; a guest is muted, made host and removed, and nothing of
that without being asked once more; the other host locks the room and ends it. Guests have none of these buttons."""
from kit import *

GUARD = 2 * SLOW  # a card that has only just come takes no keys: more than the 0.8 s it waits

relay = Relay()
left, right = Screen(1280, 720), Screen(1280, 720)
nora = Client("Nora", relay, "--fullscreen", create=True, display=left.display, headless=False)
invite = nora.invite()
robert = Client("Robert", relay, "--fullscreen", invite=invite, display=right.display, headless=False,
                microphone="tone:440")


def member(c, name):
    return next((m for m in c.members() if m["name"] == name), None)


def knocks():
    return [k["name"] for k in nora.ask("room")["knocks"]]


def look(c, name):
    if os.environ.get("PARLOUR_KEEP"):
        time.sleep(0.5)
        c.ask("screenshot", os.path.join(WORK, "host-" + name + ".png"))


def tile(c, name):
    """Where a picture stands once nothing slides any more."""
    def still():
        at = []
        for _ in range(2):
            m = member(c, name)
            at.append(m and next((t for t in c.ask("tiles") if t["id"] == m["id"]), None))
            time.sleep(0.1)
        return at[0] if at[0] and at[0] == at[1] else None
    return wait_for(still, "%s has %s on the screen" % (c.name, name), 10)


def room_card(screen, people, of_room=0):
    """Bar, More, Room, and on to the button; with two people there is no other view and nobody to pin."""
    screen.keys("Right", *["Right"] * (5 if people > 2 else 4), "Return", *["Right"] * (4 if people > 2 else 3), "Return",
                *["Right"] * of_room)


wait_for(lambda: nora.sees(1) and robert.sees(1), "they see each other", 20)

# The door: from the host's card of the room.
room_card(left, 2)
look(nora, "room")
left.keys("Return")
wait_for(lambda: nora.ask("room")["lobby"] and robert.ask("room")["lobby"], "people wait at the door from now on", 10)
left.keys("Escape", "Escape")
grete = Client("Grete", relay, invite=invite)
wait_for(lambda: knocks() == ["Grete"], "Grete knocks", 15)
time.sleep(GUARD)
left.keys("Return")
wait_for(lambda: member(robert, "Grete") and nora.sees(2), "one key lets her in", 20)
olu = Client("Olu", relay, invite=invite)
wait_for(lambda: knocks() == ["Olu"], "Olu knocks", 15)
time.sleep(GUARD)
left.keys("Right", "Return")
olu.p.wait(15)
check(olu.p.returncode == 3 and not member(nora, "Olu"), "two keys send him away")
passed("the door")

# Pinned by its number at one screen, by the arrows at the other.
wait_for(lambda: robert.sees(2), "Robert sees both", 15)
small = tile(robert, "Grete")["w"]
right.keys("2")
wait_for(lambda: tile(robert, "Grete")["w"] > 1.2 * tile(robert, "Nora")["w"], "2 pins the second picture", 10)
look(robert, "pinned")
check(tile(nora, "Grete")["w"] == tile(nora, "Robert")["w"], "at his screen alone")
right.keys("2")
wait_for(lambda: tile(robert, "Grete")["w"] == small, "and lets it go", 10)
left.keys("Right", "Up", "Up", "Left", "Return")
look(nora, "tile-card")
left.keys("Return")
wait_for(lambda: tile(nora, "Robert")["w"] > 1.2 * tile(nora, "Grete")["w"], "the arrows pin the first", 10)
left.keys("1")
passed("pinned pictures")

# A hand goes up, and is seen on its tile and on nobody else's.
at = tile(nora, "Robert")


def chip():
    """The corner of the tile lies under the dark ground of words; the test picture itself is bright there."""
    raw, dark = left.grab(), 0
    for y in range(at["y"] + 16, at["y"] + 34):
        row = raw[(y * 1280 + at["x"] + 16) * 3:(y * 1280 + at["x"] + 76) * 3]
        dark += sum(1 for i in range(0, len(row), 3) if max(row[i:i + 3]) < 90)
    return dark > 18 * 60 * 0.5


check(not chip(), "no hand is up yet")
right.keys("r")
wait_for(chip, "Robert's hand is up", 10)
look(nora, "hand")
right.keys("r")
wait_for(lambda: not chip(), "and down", 10)
passed("a raised hand")

# Guests are offered nothing a host does: what would remove there closes the card.
right.keys("p", "Return", "Right", "Right", "Right", "Right", "Right")
look(robert, "guest-card")
right.keys("Return", "Escape", "Escape")
time.sleep(1)
check(len(nora.members()) == 3, "a guest removes nobody")

wait_for(lambda: member(nora, "Robert")["muted"] is False, "Robert's microphone is on", 10)
left.keys("p", "Return", "Right", "Right", "Right")
look(nora, "host-card")
left.keys("Return")
wait_for(lambda: member(nora, "Robert")["muted"] and member(robert, "Robert")["muted"], "Nora turns it off", 10)
look(robert, "muted")
check(not member(robert, "Robert")["host"], "Robert is a guest")
left.keys("Return", "Right", "Right", "Right", "Right", "Return")
wait_for(lambda: member(robert, "Robert")["host"] and member(grete, "Robert")["host"], "Robert is host, too", 10)
look(robert, "host-now")
passed("muted, and made host")

right.keys("Escape")
room_card(right, 3, 1)
right.keys("Return")
wait_for(lambda: nora.ask("room")["locked"], "the new host locks the room", 10)
look(robert, "locked")
right.keys("Escape", "Escape")
passed("locked")

left.keys("Down", "Return", "Right", "Right", "Right", "Right", "Right", "Right", "Return")
look(nora, "removing")
left.keys("Return")  # "Not now" is where the focus is
time.sleep(1)
check(member(nora, "Grete") and grete.p.poll() is None, "nobody is removed by pressing on")
left.keys("Right", "Right", "Right", "Right", "Right", "Right", "Return", "Right", "Return")
grete.p.wait(15)
check(grete.p.returncode == 3, "she is told that it is final")
wait_for(lambda: not member(nora, "Grete") and not member(robert, "Grete"), "Grete is removed", 10)
look(robert, "removed")
passed("removed, after being asked once more")

room_card(right, 2, 4)
right.keys("Return")
look(robert, "ending")
right.keys("Return")
time.sleep(1)
check(nora.ask("screen")["screen"] == "call", "pressing on ends nothing")
right.keys("Right", "Right", "Right", "Right", "Return", "Right", "Return")
wait_for(lambda: "call" not in (nora.ask("screen")["screen"], robert.ask("screen")["screen"]), "it is over for all", 10)
look(nora, "ended")
passed("ended for all")
