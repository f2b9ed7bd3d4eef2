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
    """How often a sound is in what this client's loudspeaker played: sample by sample when nobody speaks, but for the
    first 10 ms, in which another may fade out."""
    return recording(client).count(pcm(name)[2 * 480:])


def listener(name, *args, camera="none", volume="100", **kw):
    wav = os.path.join(WORK, name + ".wav")
    c = Client(name, relay, "--sound-volume", volume, *args, speaker="file:" + wav, camera=camera, **kw)
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
ann = listener("Ann", create=True, camera="test", headless=False, display=screen.display)
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
screen.keys("v")
wait_for(lambda: heard(ann, "camera_off") == 1, "a switch clicks")
later(ann)
screen.keys("v")
wait_for(lambda: heard(ann, "camera_on") == 1, "high for on")
screen.keys("m")
wait_for(lambda: heard(ann, "not_possible") == 1, "a tap on felt: there is no microphone to switch")
check(heard(ann, "microphone_on") + heard(ann, "microphone_off") == 0, "and no switch")
check(heard(ann, "joined") == 3 and heard(ben, "left") == 0, "everybody is announced once")
ann.quit()
wait_for(lambda: heard(ben, "left") == 1, "Ben hears that she has left")
for c in (quiet, mute):
    later(c)
    check(not any(recording(c)), "%s makes no sound" % c.name)
    check(recorded(c.wav) > 2, "%s has listened" % c.name)

# The way out: Tina's box sounds all the time while she speaks; who hears her, hears her alone.
quiet.quit()
mute.quit()
ear = listener("Ear", "--no-sounds", "--audio-codec", "l16", invite=invite)
tina = listener("Tina", "--audio-codec", "l16", invite=invite, microphone="tone:440", camera="test")
wait_for(lambda: any(m["name"] == "Tina" for m in ear.others()), "Tina is in")
later(ear, 1.2)
wait_for(lambda: tones(ear.wav, [440], 1.0)[0] > 0.05, "she is heard", 15)
start = len(recording(ear)), len(recording(tina))
for i in range(4):
    ben.ask("chat", "drop %d" % i)
    time.sleep(0.3)
tina.ask("key", "v")
wait_for(lambda: heard(tina, "message") >= 3 and heard(tina, "camera_off") == 1, "Tina hears drops and her switch")
later(tina)
later(ear)


def beside_tone(samples):
    """Blocks of 10 ms in which there is more than the tone of 440 Hz, which these three taps take away."""
    k = 2 * math.cos(2 * math.pi * 440 / 48000)
    blocks = 0
    for at in range(2, len(samples) - 480, 480):
        rest = [samples[i] - k * samples[i - 1] + samples[i - 2] for i in range(at, at + 480)]
        blocks += sum(v * v for v in rest) / 480 > 8 ** 2
    return blocks


through, own = (array.array("h", recording(c)[at:]) for c, at in zip((ear, tina), start))
leaked = [x + y for x, y in zip(through, own)]  # what it would be if her sounds were sent along
check(max(through) > 3000 and tones(tina.wav, [440], 1.0)[0] < 0.01, "Ear hears Tina, and she not herself")
print("beside the tone: %d blocks, would be %d" % (beside_tone(through), beside_tone(leaked)))
check(beside_tone(leaked) > 20, "that could be told: %d" % beside_tone(leaked))
check(beside_tone(through) < 8, "who hears Tina hears none of her sounds: %d" % beside_tone(through))

# A call of two: it rings here and there until it is answered, refused or given up, and stops at once.
def rings(client):
    """Whole rings at full volume, and whether the first one, at half, has begun."""
    half = array.array("h", pcm("ring"))[:24000]
    begun = array.array("h", (round(v / 2) for v in half)).tobytes()
    return heard(client, "ring"), recording(client).count(begun)


def still(client, mark):
    """Nothing sounds from `mark` (bytes) on."""
    return not any(recording(client)[mark:])


oma, kim = listener("Oma"), listener("Kim", "--quiet-hours", "00:00-24:00")
lea = listener("Lea")
everybody = {"Oma", "Kim", "Lea"}
wait_for(lambda: everybody - {"Lea"} <= {p["name"] for p in lea.ask("people")["people"]}, "Lea can call", 10)
lea.ask("call", "Oma")
wait_for(lambda: oma.ask("ring")["state"] == "ringing", "it rings at Oma's")
wait_for(lambda: rings(oma) == (1, 1), "softly first, then at full volume", 15)
check(heard(lea, "calling") >= 1, "Lea hears that it rings there")
oma.ask("answer")
wait_for(lambda: heard(oma, "answered") == 1 and heard(lea, "answered") == 1, "both hear that it is answered")
marks = [len(recording(c)) for c in (oma, lea)]
later(oma, 4.2)
check(still(oma, marks[0]) and still(lea, marks[1]), "and no more of ringing")
lea.ask("hangup")
wait_for(lambda: heard(oma, "ended") == 1 and heard(lea, "ended") == 1, "both hear that it is over")
check(heard(oma, "joined") + heard(oma, "left") + heard(lea, "joined") + heard(lea, "left") == 0, "and nothing else")
wait_for(lambda: {p["name"]: p["state"] for p in lea.ask("people")["people"]}.get("Kim") == "free", "Kim is free")
lea.ask("call", "Kim")
wait_for(lambda: kim.ask("ring")["state"] == "ringing", "it rings at Kim's")
wait_for(lambda: heard(lea, "calling") >= 2, "Lea hears it")
kim.ask("refuse")
wait_for(lambda: heard(lea, "ended") == 2, "and that nobody answers")
later(kim)
check(not any(recording(kim)), "in quiet hours nothing rings")

# A box that answers by itself says so: three steps, one a second, and only then it is open.
def places(client, name):
    """Where a sound begins, in seconds of the recording."""
    body, wanted, out, at = recording(client), pcm(name)[2 * 480:], [], -1
    while (at := body.find(wanted, at + 1)) >= 0:
        out.append(at / 2 / 48000)
    return out


nana = listener("Nana", "--auto-answer", "--auto-answer-delay", "3")
nana.ask("pair", lea.ask("identity")["fingerprint"])
wait_for(lambda: "Nana" in {p["name"] for p in lea.ask("people")["people"]}, "Nana can be called")
wait_for(lambda: {p["name"]: p["state"] for p in nana.ask("people")["people"]}.get("Lea") == "free", "Lea is free")
lea.ask("call", "Nana")
wait_for(lambda: heard(nana, "answered") == 1, "it is answered by itself", 15)
steps = [places(nana, name) for name in ("step_1", "step_2", "step_3", "answered")]
check(all(len(s) == 1 for s in steps), "three steps, each once: %s" % steps)
check(all(0.7 < b[0] - a[0] < 1.3 for a, b in zip(steps, steps[1:-1])) and steps[3] > steps[2],
      "one a second, and then it is open: %s" % steps)
lea.ask("hangup")

# Who waits at the door knocks once, at hosts'. A relay that goes and comes back has its two sounds.
host = listener("Host", "--lobby", create=True)
link = host.invite()
guest = listener("Guest", invite=link)
wait_for(lambda: heard(host, "knock") == 1, "the host hears a knock")
later(guest)
check(heard(guest, "knock") == 0, "who knocks does not hear it from his box")
host.ask("admit", host.ask("room")["knocks"][0]["knock"])
wait_for(lambda: heard(host, "joined") == 1 and guest.others(), "and who comes in")
relay.kill()
wait_for(lambda: heard(host, "lost") == 1 and heard(guest, "lost") == 1, "the connection is lost", 15)
relay.run()
wait_for(lambda: heard(host, "back") == 1 and heard(guest, "back") == 1, "and is back", 25)
later(host)
check(heard(host, "joined") == 1 and heard(host, "left") == 0, "coming back is neither leaving nor joining")


def sound_threads(client):
    """SDL's playback thread: there while the device is open."""
    tasks, names = "/proc/%d/task" % client.p.pid, []
    for task in os.listdir(tasks):
        try:
            with open(os.path.join(tasks, task, "comm")) as f:
                names.append(f.read())
        except OSError:
            pass  # it has just ended
    return sum("SDLAudio" in name for name in names)


# Who turns the volume hears how loud it is now; who takes the sounds away, nothing.
turn = listener("Turn", volume="90")
turn.connect()
for key in ("Ctrl+,", "Down", "Down", "Right", "Down", "Down", "Down", "Down", "Right"):
    turn.ask("key", key)
wait_for(lambda: heard(turn, "message") == 1, "a drop at full volume")
for key in ("Up", "Left", "Down", "Left"):
    turn.ask("key", key)
mark = len(recording(turn))
later(turn)
check(not any(recording(turn)[mark + 960:]), "no drop without sounds")


# A device is open in a call, and as long as something sounds.
home = Client("Home", relay, speaker="auto", camera="none", env={"SDL_AUDIODRIVER": "dummy"})
home.connect()
time.sleep(1)
check(sound_threads(home) == 0, "at home the loudspeaker is closed")
home.ask("create")
wait_for(lambda: sound_threads(home) == 1, "it opens for a call", 10)
home.ask("leave")
wait_for(lambda: sound_threads(home) == 0, "and closes after it", 10)
passed("a box sounds when it should, and only where it should")
