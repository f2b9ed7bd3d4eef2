#!/usr/bin/env python3
"""Two people at the home screens of their boxes (1280x720 under Xvfb), by key presses alone: one sees the other come and
calls; it rings there, whatever was on the screen; not now, stopped, missed and called back, answered without picture; a
call that would be answered by itself is stopped by any key, which does nothing else; a number typed there opens its field.
What the screens show is found in their pixels."""
from kit import *

WHITE, LAMP, RAISED = (245, 242, 235), (255, 192, 98), (40, 48, 58)
DEAF = 1.0 * SLOW  # a ringing screen takes no keys for 0.8 s
LIST, MIDDLE = (640, 80, 600, 560), (480, 40, 320, 320)

relay = Relay()
left, right = Screen(1280, 720), Screen(1280, 720)
nora = Client("Nora", relay, "--fullscreen", display=left.display, headless=False)
amina = Client("Amina", relay, "--fullscreen", "--auto-answer", "--auto-answer-delay", "6", display=right.display,
               headless=False)


def screen(c):
    return c.ask("screen")["screen"]


def arrive(c, name, text, seconds=10):
    wait_for(lambda: screen(c) == name, "%s: %s is at %s, not %s" % (text, c.name, name, screen(c)), seconds)


def keep(c, name):
    if os.environ.get("PARLOUR_KEEP"):
        time.sleep(0.5)
        c.ask("screenshot", os.path.join(WORK, name + ".png"))


def sees(c):
    return [p["name"] for p in c.ask("people")["people"]]


def focus_row(s):
    """Top of the white row in the list: nothing else is white so near its edge."""
    box = find_color(s.grab(), 1280, (671, 80, 10, 560), WHITE, 6)
    return box[1] if box and box[4] > 300 else None


wait_for(lambda: sees(nora) == ["Amina"] and sees(amina) == ["Nora"], "both stand in each other's list", 15)
arrive(nora, "home", "at first")
top = wait_for(lambda: focus_row(left), "a white row has the focus", 5)
keep(nora, "home")
left.keys("Down")
wait_for(lambda: (focus_row(left) or 0) > top + 40, "an arrow takes the focus down", 5)
left.keys("Up")
wait_for(lambda: focus_row(left) == top, "and back to the person", 5)

# It rings over the help page; keys that come with the ring do nothing; Esc is not now.
right.keys("question")
arrive(amina, "help", "?")
time.sleep(DEAF)
left.keys("Return")
arrive(nora, "calling", "OK calls")
arrive(amina, "ringing", "over the help")
right.keys("Return")
check(screen(amina) == "ringing", "a key that came with the ring has answered it")
time.sleep(DEAF)
box = find_color(right.grab(), 1280, MIDDLE, LAMP)
check(box and box[4] > 15000 and abs(box[0] + box[2] / 2 - 640) < 8, "a disc of lamp light in the middle: %s" % (box,))
box = find_color(left.grab(), 1280, MIDDLE, RAISED, 4)
check(box and box[4] > 10000, "who calls sees the same disc, dark: %s" % (box,))
keep(amina, "ringing")
keep(nora, "calling")
before = right.grab()
wait_for(lambda: difference(before, right.grab(), 1280, MIDDLE) > 0.3, "the rings brighten in turn", 5)
right.keys("Escape")
arrive(nora, "home", "not now")
arrive(amina, "home", "not now")
passed("a call, and not now")

# Called, and stopped: it stands at the top over there, and one key calls back. The focus was on the same person here.
time.sleep(DEAF)
left.keys("Return")
arrive(amina, "ringing", "again")
time.sleep(DEAF)
left.keys("Return")  # the only button
arrive(nora, "home", "stop calling")
arrive(amina, "home", "stopped there")
wait_for(lambda: [m["name"] for m in amina.ask("missed") if not m["seen"]] == ["Nora"], "Nora's call was missed", 5)
time.sleep(DEAF)
keep(amina, "missed")
right.keys("Return")
arrive(nora, "ringing", "called back")
check(all(m["seen"] for m in amina.ask("missed")), "who calls back has seen it")
time.sleep(DEAF)
left.keys("Right", "Return")  # without picture
arrive(nora, "call", "answered", 15)
arrive(amina, "call", "answered", 15)
wait_for(lambda: [m["camera"] for m in amina.members() if m["name"] == "Nora"] == [False], "Nora sends no picture", 5)
check(not nora.ask("room").get("invite"), "a call of two has no invite")
left.keys("ctrl+d")
arrive(nora, "home", "hung up")
arrive(amina, "home", "over there, too")
passed("missed, called back, answered without picture")

# Paired, it would be answered by itself: any key stops that, and only that.
amina.ask("pair", amina.ask("people")["people"][0]["fingerprint"])
time.sleep(DEAF)
left.keys("Return")
arrive(amina, "ringing", "to be answered by itself")
wait_for(lambda: amina.ask("ring")["answers_itself"], "it would be answered by itself", 5)
keep(amina, "answering")
right.keys("Escape")
check(screen(amina) == "ringing" and not amina.ask("ring")["answers_itself"], "the key stops the answering alone")
time.sleep(DEAF)
right.keys("a")
arrive(nora, "call", "A answers", 15)
right.keys("ctrl+d")
arrive(nora, "home", "hung up there")
time.sleep(DEAF)
left.keys("Return")
arrive(amina, "ringing", "nobody is there")
arrive(amina, "call", "answered by itself", 15)
left.keys("ctrl+d")
arrive(amina, "home", "and over")
passed("answered by itself, unless a key is pressed")

# A number, wherever the focus is; Esc leads out.
before = left.grab()
left.type("428193")
time.sleep(0.5)
check(difference(before, left.grab(), 1280, LIST) > 3, "the field for the number is open")
check(screen(nora) == "home", "a number alone goes nowhere")
keep(nora, "number")
left.keys("Escape", "Escape")
wait_for(lambda: focus_row(left), "back in the list", 5)
amina.quit()
wait_for(lambda: sees(nora) == [], "who has gone is not in the list", 15)
keep(nora, "alone")
nora.quit()
passed("a number typed at home")
