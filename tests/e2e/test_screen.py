#!/usr/bin/env python3
"""A screen is shown: another one sees it large and sharp, as often as it changes; what stands still costs next to nothing;
a window is followed, and when it is closed that is said; who stops is no longer seen at once."""
import math
from kit import *

WIDTH, HEIGHT = 1536, 864  # as large as the large tile of a window of 1920x1080: seen pixel for pixel


class Page:
    """A window of text."""

    def __init__(self, screen, title, x, y, width, height):
        self.p = start([os.path.join(BUILD, "tests/text_page"), title, str(x), str(y), str(width), str(height)], "page.log",
                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ, DISPLAY=screen.display))
        check(self.p.stdout.readline() == b"ready\n", "the page does not come up")

    def do(self, *words, wait=True):
        self.p.stdin.write((" ".join(map(str, words)) + "\n").encode())
        self.p.stdin.flush()
        if wait:
            self.p.stdout.readline()


def psnr(seen, truth, rect):
    """Of the brightness, dB: `seen` is a screenshot of 1920 pixels a line, `truth` the screen that is shown."""
    total = 0
    for y in range(0, rect["h"], 2):
        at = ((rect["y"] + y) * 1920 + rect["x"]) * 3 + 1
        a, b = seen[at:at + rect["w"] * 3:3], truth[y * WIDTH * 3 + 1:(y + 1) * WIDTH * 3:3]
        total += sum((p - q) ** 2 for p, q in zip(a, b))
    mean = total / (rect["w"] * math.ceil(rect["h"] / 2))
    return 99.0 if mean == 0 else 10 * math.log10(255 * 255 / mean)


def shown(client):
    return next(iter(client.streams("screen")), {})


def tile():
    return next((t for t in robert.ask("tiles") if t.get("screen")), None)


relay, screen = Relay(), Screen(WIDTH, HEIGHT)
page = Page(screen, "A page", 0, 0, WIDTH, HEIGHT)
amina = Client("Amina", relay, "--video-bitrate", "1200", create=True, display=screen.display)
robert = Client("Robert", relay, "--window", "1920x1080", invite=amina.invite(), camera="none")
wait_for(lambda: robert.sees(1), "he sees her", 20)
check(not tile(), "nothing is shown yet")
amina.ask("share")
wait_for(lambda: [m["screen"] for m in robert.others()] == [True], "he hears that a screen is shown", 5)
wait_for(lambda: shown(robert).get("width") == WIDTH, "and all of it comes", 10)
large = wait_for(lambda: (tile() or {}).get("w", 0) > 1500 and tile(), "large", 5)
wait_for(lambda: amina.ask("stats")["call"]["screen"], "who shows it knows that", 5)
if os.environ.get("PARLOUR_KEEP"):
    time.sleep(3)
    robert.ask("screenshot", os.path.join(WORK, "viewer.png"))
    amina.ask("screenshot", os.path.join(WORK, "sharer.png"))
rect = dict(x=large["x"] + (large["w"] - WIDTH) // 2, y=large["y"] + (large["h"] - HEIGHT) // 2, w=WIDTH, h=HEIGHT)
truth = screen.grab()

# Nothing moves: one picture a second, each as sharp as the last or sharper, until nothing is gained any more.
wait_for(lambda: 0.5 < shown(robert)["fps_in"] < 3, "what stands still is sent once a second", 40)
now, same, seen = 0, 0, 0
while now < 34 and same < 5:
    seen = wait_for(lambda: shown(robert)["frames_decoded"] > seen and shown(robert)["frames_decoded"], "a picture", 10)
    before, now = now, psnr(robert.picture(1920, 1080), truth, rect)
    same = 0 if abs(now - before) > 0.05 else same + 1
print("text: %.1f dB" % now)
check(now >= 34, "the text is sharp: %.1f dB" % now)
print("still: %s" % amina.ask("stats")["call"]["screen"])
recorder = Client("Recorder", relay, "--record", WORK + "/screen.mkv", invite=amina.invite(), camera="none")
page.do("busy", 100, wait=False)
wait_for(lambda: shown(robert)["fps_in"] > 8, "what moves comes often", 10)
print("busy: %.0f fps" % shown(robert)["fps_in"])
page.p.stdout.readline()
comes = wait_for(lambda: shown(recorder), "a recorder has it, too", 10)
check(comes["layer"] == 1 or comes["reason"] != "size", "all of it, whatever its tiles are like: %s" % comes)
recorder.quit()

# It is over at once.
since = time.time()
amina.ask("unshare")
wait_for(lambda: not tile(), "it is gone", 5)
print("gone after %.2f s" % (time.time() - since))
check(time.time() - since < 1 * SLOW, "within a second")

# A window alone: of its own size, also when that changes, and closed it is over, with a word.
window = Page(screen, "A window", 100, 100, 640, 480)
amina.ask("share", "window:a window")
wait_for(lambda: (shown(robert).get("width"), shown(robert).get("height")) == (640, 480), "a window comes", 10)
window.do("lower")
window.do("page", 7)


def brightness():
    """In the middle of the large tile."""
    seen, t = robert.picture(1920, 1080), tile()
    at = ((t["y"] + t["h"] // 2) * 1920 + t["x"] + t["w"] // 2 - 100) * 3
    return sum(seen[at:at + 600]) / 600


wait_for(lambda: brightness() > 120, "also what lies behind another window", 10)
window.do("move", 200, 150)
window.do("size", 800, 400)
wait_for(lambda: (shown(robert).get("width"), shown(robert).get("height")) == (800, 400), "and is followed", 10)
window.do("quit", wait=False)
wait_for(lambda: not tile(), "closed, it is over", 5)
check([e["text"] for e in amina.events + (amina.members() and amina.events) if e.get("event") == "share-over"][-1:] ==
      ["The window you were showing has been closed."], "which is said: %s" % amina.events)
passed("screens")
