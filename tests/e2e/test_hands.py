#!/usr/bin/env python3
"""What hands do about sound, with real keys under Xvfb: Space held turns the microphone around for as long as it is down -
repeats are no presses, a tap is told what it is for, while writing it is a space - and whatever takes the key away leaves
the microphone off: another window, a panel, the room left, a host."""
import contextlib

from kit import *

relay = Relay()
screen = Screen(1280, 720)
ada = Client("Ada", relay, "--fullscreen", create=True, display=screen.display, headless=False, camera="none", microphone="tone:440")
link = ada.invite()
bea = Client("Bea", relay, invite=link, camera="none", speaker="file:" + os.path.join(WORK, "bea.wav"))
wait_for(lambda: ada.ask("screen")["screen"] == "call", "the two are together", 20)
env = dict(os.environ, DISPLAY=screen.display)


def do(*args):
    subprocess.run(["xdotool"] + list(args), check=True, env=env)


def muted(c=ada, who="Ada"):
    return [m["muted"] for m in c.ask("members") if m["name"] == who] == [True]


def is_now(wanted, text):
    wait_for(lambda: muted() == wanted and muted(bea) == wanted, text, 6)


def stays(wanted, text, seconds=0.8):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        check(muted() == wanted, text)
        time.sleep(0.05)


def picture(name):
    if os.environ.get("PARLOUR_KEEP"):
        ada.ask("screenshot", os.path.join(WORK, name + ".png"))


@contextlib.contextmanager
def held():
    do("keydown", "space")
    yield
    do("keyup", "space")


# To be silent, and to talk.
is_now(False, "Ada is heard")
with held():
    is_now(True, "she is silent while she holds Space")
    stays(True, "the repeats of a held key are no presses", 1.5)
    picture("silent")
is_now(False, "she is heard again")
do("key", "m")
is_now(True, "M turns it off")
with held():
    is_now(False, "she talks while she holds Space")
    stays(False, "the repeats of a held key are no presses", 1.5)
    picture("talk")
is_now(True, "her microphone is off again")
time.sleep(0.2)
do("key", "space")
is_now(True, "a tap leaves it as it was")
picture("tap")
passed("a held key")

# What takes the key away.
def loses(text, how, back):
    """Held twice, talking and silent: both end with the microphone off, also when the key comes up much later."""
    for talks in (True, False):
        time.sleep(0.6 * SLOW)  # no key that was meant for what was there before
        if muted() != talks:
            do("key", "m")
        is_now(talks, "as it was before: " + text)
        with held():
            is_now(not talks, "held: " + text)
            how()
            is_now(True, "off: " + text)
            stays(True, "and off it stays: " + text)
        stays(True, "also when the key comes up: " + text)
        back()


def asked(*args):
    return subprocess.run(["xdotool"] + list(args), env=env, stdout=subprocess.PIPE).stdout.decode().split()


def focus(name):
    do("windowfocus", asked("search", "--class", name)[-1])
    time.sleep(0.5 * SLOW)  # SDL waits a moment before it believes it


other = start(["ffplay", "-v", "error", "-f", "lavfi", "-i", "color=c=gray:s=200x100:r=1"], "ffplay.log", env=env)
wait_for(lambda: asked("getwindowfocus") == asked("search", "--class", "ffplay")[-1:], "another window takes the keys", 20)
focus("parlour")
loses("another window", lambda: focus("ffplay"), lambda: focus("parlour"))
other.kill()
loses("the list of people", lambda: do("key", "p"), lambda: do("key", "p"))
loses("the chat", lambda: do("key", "c"), lambda: do("key", "Escape"))
loses("the help", lambda: do("key", "F1"), lambda: do("key", "Escape"))
loses("the settings", lambda: do("key", "ctrl+comma"), lambda: do("key", "Escape"))
passed("what takes the key away")

# A host's word beats a held key.
if not muted():
    do("key", "m")
is_now(True, "off")
with held():
    is_now(False, "held")
    ada_id = [m["id"] for m in bea.ask("members") if m["name"] == "Ada"][0]
    bea_id = [m["id"] for m in ada.ask("members") if m["name"] == "Bea"][0]
    ada.ask("role", bea_id, "host")
    wait_for(lambda: [m["host"] for m in bea.ask("members") if m["name"] == "Bea"] == [True], "Bea is host", 10)
    bea.ask("mute", ada_id)
    is_now(True, "the host's mute ends the hold")
    stays(True, "the key is still down")
stays(True, "and up")
passed("a host and a held key")

# While one writes it is a space.
do("key", "c")
do("key", "a", "space", "b", "Return")
wait_for(lambda: [l["text"] for l in bea.ask("chat-log")] == ["a b"], "a space is written", 10)
stays(True, "and nothing but written")
do("key", "Escape")
passed("a space in a line")

# How loud: the loudspeaker, kept; and one of the others.
def kept(name):
    try:
        with open(ada.path.replace(".sock", "-data/settings")) as f:
            return dict(l.strip().split(" = ") for l in f if " = " in l).get(name)
    except OSError:
        return None


do("key", "minus", "minus", "XF86AudioLowerVolume")
wait_for(lambda: kept("volume") == "70", "three steps down are kept", 5)
picture("volume")
do("key", "plus")
wait_for(lambda: kept("volume") == "80", "and one up", 5)
do("key", "p", "Right", "Right", "Left")
wait_for(lambda: [m["volume"] for m in ada.ask("members") if m["name"] == "Bea"] == [125], "Bea alone is louder", 5)
picture("volume-person")
do("key", "Escape")
ada.quit()
ada = Client("Ada", relay, "--data-dir", ada.path.replace(".sock", "-data"), invite=link, camera="none")
wait_for(lambda: [m["volume"] for m in ada.ask("members") if m["name"] == "Bea"] == [125], "and is when they meet again", 15)
passed("volumes")
ada.quit()
bea.quit()

# Who speaks while his microphone is off is told so, if he wants to be; nothing of it is heard.
wav = os.path.join(WORK, "hears.wav")
cleo = Client("Cleo", relay, "--listen-while-muted", "--fullscreen", create=True, display=screen.display, headless=False,
              camera="none", microphone="tone:440")
link = cleo.invite()
dora = Client("Dora", relay, invite=link, camera="none", speaker="file:" + wav)
wait_for(lambda: cleo.ask("screen")["screen"] == "call", "they are together", 20)
time.sleep(3)  # so much is looked at
wait_for(lambda: tones(wav, [440])[0] > 0.01, "Cleo is heard", 15)
cleo.ask("key", "m")
wait_for(lambda: tones(wav, [440])[0] < 0.001, "and no longer", 15)
wait_for(lambda: 'device=microphone sentence="Your microphone is off. M turns it on."' in log_of(cleo), "she is told", 10)
time.sleep(3 * SLOW)
if os.environ.get("PARLOUR_KEEP"):
    cleo.ask("screenshot", os.path.join(WORK, "told.png"))
check(tones(wav, [440], 5.0)[0] < 0.001, "nothing is heard while it listens")
cleo.quit()
dora.quit()
passed("a microphone that listens")
