#!/usr/bin/env python3
"""Two people at their screens (1280x720 under Xvfb), with real key presses only: one types a room's number on the home
screen and waits to be let in; the host's card takes no key that was meant for the chat and lets him in; both compare
numbers; one says they differ; somebody comes under the name of somebody else and is neither seen nor heard until a person
says that it is all right. What asks is never in the way of what is being written."""
from kit import *

GUARD = 2 * SLOW  # a card that has only just come takes no keys: more than the 0.8 s it waits

relay = Relay()
left, right = Screen(1280, 720), Screen(1280, 720)
nora = Client("Nora", relay, "--fullscreen", create=True, display=left.display, headless=False)
code = re.search(r"/r/(\d{6})", nora.invite())[1]
wait_for(lambda: nora.ask("screen")["screen"] == "waiting", "Nora waits in her room", 15)
robert = Client("Robert", relay, "--fullscreen", display=right.display, headless=False)
wait_for(lambda: robert.ask("screen")["screen"] == "home", "Robert is at home", 15)


def picture(c, name):
    if os.environ.get("PARLOUR_KEEP"):
        time.sleep(0.5)
        c.ask("screenshot", os.path.join(WORK, name + ".png"))


def knocks():
    return nora.ask("room")["knocks"]


def compare(c):
    return c.ask("safety")["compare"]


def trust(c, name):
    return [m["trust"] for m in c.ask("safety")["members"] if m["name"] == name]


# By the number, while Nora writes: what she types goes where she types it.
left.keys("c")
left.type("be")
right.keys("Right", "Down", "Return")  # over the line of the people, and to the number
right.type(code[:3] + " " + code[3:])
right.keys("Return")
picture(robert, "passphrase")
check(robert.ask("screen")["screen"] == "home", "a number alone asks for a passphrase first")
right.keys("Return")
wait_for(lambda: robert.ask("screen")["screen"] == "lobby" and knocks(), "Robert waits at the door", 15)
left.type("autif")
left.keys("Left", "Right")
time.sleep(GUARD)
check(knocks(), "writing lets nobody in")
picture(robert, "lobby")
picture(nora, "knock")
left.keys("Tab", "Return")
wait_for(lambda: robert.ask("screen")["screen"] == "call" and not knocks(), "Tab and Enter let him in", 15)
left.type("ul")
left.keys("Return")
wait_for(lambda: [l["text"] for l in robert.ask("chat-log")] == ["beautiful"], "not a letter of the line is lost", 10)
left.keys("Escape")
passed("the door while writing")

# Comparing, from the list of people here and from the safety code there.
wait_for(lambda: trust(nora, "Robert") == ["new"] and trust(robert, "Nora") == ["new"], "they know each other", 15)
wait_for(lambda: nora.sees(1) and robert.sees(1), "and see each other", 15)
wait_for(lambda: nora.ask("safety")["code"] == robert.ask("safety")["code"] != "",
         "both have the same safety code", 10)
left.keys("p")
wait_for(lambda: nora.ask("screen")["panel"] == "people", "P opens the list of people", 5)
picture(nora, "people")
left.keys("Return")
picture(nora, "person")
left.keys("Return")
wait_for(lambda: compare(nora)["state"] == compare(robert)["state"] == "number", "both have a number", 10)
check(compare(nora)["number"] == compare(robert)["number"], "and the same")
time.sleep(GUARD)
picture(nora, "compare")
picture(robert, "compare-asked")
for screen in (left, right):
    screen.keys("Left", "Return")
wait_for(lambda: trust(nora, "Robert") == trust(robert, "Nora") == ["verified"], "both have compared", 10)
picture(nora, "compared")
left.keys("Escape")
passed("comparing")

right.keys("y")
picture(robert, "safety")
right.keys("Return")
wait_for(lambda: compare(nora)["state"] == compare(robert)["state"] == "number", "once more", 10)
time.sleep(GUARD)
left.keys("Return")  # "It is different" is where the focus is
wait_for(lambda: compare(nora)["state"] == "none", "it is over", 10)
time.sleep(GUARD)
picture(nora, "listening")
left.keys("Return")
right.keys("Escape")
wait_for(lambda: compare(robert)["state"] == "none", "Esc ends it without a word", 10)
check(trust(robert, "Nora") == ["verified"], "another time is no reason to forget")
check(nora.sees(1) and robert.sees(1), "and the call goes on")
passed("a number that differs")

# The name is Nora's friend's, the key is not.
other = Client("Robert", relay, invite=nora.invite())
wait_for(lambda: sorted(trust(nora, "Robert")) == ["changed", "verified"], "Nora's box knows that it is another one", 15)
time.sleep(GUARD)
picture(nora, "changed")
left.keys("Return")  # "Not now"
time.sleep(1)
check(sorted(trust(nora, "Robert")) == ["changed", "verified"], "pressing on trusts nobody")
check(not nora.sees(2) and not [s for s in other.streams() if s["fps_shown"] > 1 and nora.ask("members")[-1]["id"] == s["member"]],
      "neither sees the other")
left.keys("p", "Down")
picture(nora, "people-changed")
left.keys("Return")
picture(nora, "person-changed")
left.keys("Right", "Return")
wait_for(lambda: "changed" not in trust(nora, "Robert"), "it is all right", 10)
wait_for(lambda: nora.sees(2), "now he is seen", 20)
picture(nora, "trusted")
passed("somebody else under a known name")
for c in (other, robert, nora):
    c.quit()
