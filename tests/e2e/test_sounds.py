#!/usr/bin/env python3
"""What a box sounds, found in recordings of its loudspeaker sample by sample: who joins, leaves, writes, what a key does;
nothing in quiet hours or without sounds; and what others hear of it is its microphone alone."""
import subprocess

from kit import *

MAKE = os.path.join(ROOT, "assets", "sounds", "make_sounds.py")
SOUNDS = os.path.join(WORK, "sounds")


def run_make(*args):
    subprocess.run([sys.executable, MAKE] + list(args), check=True, stdin=subprocess.DEVNULL)


def same_every_time():
    again = os.path.join(WORK, "again.c")
    run_make(again)
    with open(again, "rb") as f, open(os.path.join(BUILD, "sounds_data.c"), "rb") as g:
        check(f.read() == g.read(), "the sounds are the same whenever they are made")


def pcm(name):
    with wave.open(os.path.join(SOUNDS, name + ".wav")) as w:
        return w.readframes(w.getnframes())


def recording(client):
    with open(client.wav, "rb") as f:
        return f.read()[44:]


def heard(client, name):
    """How often a sound is in what this client's loudspeaker played; it is there whole when nobody speaks."""
    return recording(client).count(pcm(name))


def listener(name, *args, **kw):
    wav = os.path.join(WORK, name + ".wav")
    c = Client(name, relay, "--sound-volume", "100", *args, speaker="file:" + wav, camera="none", **kw)
    c.wav = wav
    return c


def later(client, seconds=0.7):
    """Until the recording is that much longer: what was to sound has sounded."""
    end = recorded(client.wav) + seconds
    wait_for(lambda: recorded(client.wav) >= end, "%s records" % client.name, 15)


run_make("--wav", SOUNDS)
same_every_time()
relay = Relay()
screen = Screen(640, 360)
ann = listener("Ann", create=True, headless=False, display=screen.display)
wait_for(lambda: ann.ask("room")["code"], "Ann is in")
invite = ann.ask("room")["invite"] if "invite" in ann.ask("room") else ann.invite()
later(ann)
check(not any(recording(ann)), "coming into a room sounds of nothing")

ben = listener("Ben", invite=invite)
wait_for(lambda: heard(ann, "joined") == 1, "Ann hears that Ben has joined")
quiet = listener("Quiet", "--quiet-hours", "00:00-24:00", invite=invite)
wait_for(lambda: heard(ann, "joined") == 2 and heard(ben, "joined") == 1, "and who comes in quiet hours of his own")
mute = listener("Mute", "--no-sounds", invite=invite)
wait_for(lambda: heard(ann, "joined") == 3 and heard(ben, "joined") == 2, "and who has no sounds")
later(ben)
check(heard(ben, "joined") == 2, "Ben hears nobody who was there before him")

ben.ask("chat", "Hallo Ann")
wait_for(lambda: heard(ann, "message") == 1, "a message is a drop")
later(ben)
check(heard(ben, "message") == 0, "nobody hears a drop for his own words")
screen.keys("c")
wait_for(lambda: ann.ask("screen")["panel"] == "chat", "the chat opens")
screen.type("Hallo")
ben.ask("chat", "one more")
wait_for(lambda: len(ann.ask("chat-log")) == 2, "it arrives")
later(ann)
check(heard(ann, "message") == 1, "never while I write")
screen.keys("Return")
wait_for(lambda: heard(ben, "message") == 1, "Ben hears Ann's")
screen.keys("Escape")
wait_for(lambda: ann.ask("screen")["panel"] == "", "the chat closes")

later(ann, 1.5)  # a letter that comes right after the field has closed was meant for it
screen.keys("m")
wait_for(lambda: heard(ann, "microphone_on") + heard(ann, "microphone_off") == 1, "a switch clicks")
check(heard(ann, "joined") == 3 and heard(ben, "left") == 0, "everybody is announced once")
ann.quit()
wait_for(lambda: heard(ben, "left") == 1, "Ben hears that she has left")
for c in (quiet, mute):
    later(c)
    check(not any(recording(c)), "%s makes no sound" % c.name)
    check(recorded(c.wav) > 2, "%s has listened" % c.name)

# The way out: Tina's box sounds all the time while she speaks; who hears her, hears her alone.
quiet.quit()
ear = listener("Ear", "--no-sounds", invite=invite)
tina = listener("Tina", invite=invite, microphone="tone:440")
wait_for(lambda: any(m["name"] == "Tina" for m in ear.others()), "Tina is in")
later(ear, 1.2)
wait_for(lambda: tones(ear.wav, [440], 1.0)[0] > 0.05, "she is heard", 15)
start_s = recorded(ear.wav)
for i in range(12):
    ben.ask("chat", "drop %d" % i)
    time.sleep(0.17)
tina.ask("key", "v")
later(ear, 0.5)
seconds = recorded(ear.wav) - start_s
note = dict(zip(("tone", "drop", "switch"), tones(ear.wav, [440, 1350, 1760], seconds)))
check(note["tone"] > 0.05 and note["drop"] < note["tone"] / 300 and note["switch"] < note["tone"] / 300,
      "who hears Tina hears none of her sounds: %s" % note)
own = dict(zip(("tone", "drop"), tones(tina.wav, [440, 1350], seconds)))
check(own["drop"] > 10 * note["drop"] and own["tone"] < 0.01, "Tina hears drops and not herself: %s" % own)
passed("a box sounds when it should, and only where it should")
