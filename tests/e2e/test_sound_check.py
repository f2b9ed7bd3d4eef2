#!/usr/bin/env python3
"""The screen on which camera and sound are tried, by keys: a tone is not the loudspeaker's chime and silence is told from
it; where the microphone is in one room with the loudspeaker (a private sound server), sound works; one hears oneself. In a
call it does not open, who calls ends it, and with it everything is closed."""
import wave

from sound_server import *

relay = Relay()


def press(c, *keys):
    for key in keys:
        c.ask("key", key)


def trial(c):
    return c.ask("trial")


def opened(c, key="s"):
    time.sleep(0.2)
    press(c, key)
    wait_for(lambda: trial(c)["open"] and c.ask("screen")["screen"] == "trial", "%s tries camera and sound" % c.name, 5)
    time.sleep(1.5 * SLOW)  # devices open


def comes_to(c, result, *keys):
    press(c, *keys)
    wait_for(lambda: trial(c)["step"] != "ready", "a step begins", 3)
    wait_for(lambda: trial(c)["step"] == "ready", "and ends", 15 * SLOW)
    check(trial(c)["result"] == result, "%s, not %s" % (result, trial(c)["result"]))


def picture(c, name):
    if os.environ.get("PARLOUR_KEEP"):
        time.sleep(0.4)
        c.ask("screenshot", os.path.join(WORK, name + ".png"))


# A tone; and hearing oneself, in a file.
heard = os.path.join(WORK, "heard.wav")
ada = Client("Ada", relay, microphone="tone:1000", speaker="file:" + heard)
ada.connect()
wait_for(lambda: ada.ask("screen")["screen"] == "home", "Ada is at home", 10)
opened(ada)
wait_for(lambda: trial(ada)["level"] > 0.1, "the bars move", 5)
comes_to(ada, "not-heard", "Return")
picture(ada, "not-heard")
check(tones(heard, [1000])[0] < 0.01, "nobody hears himself by the way")
press(ada, "Right", "Return")
wait_for(lambda: trial(ada)["step"] == "plays", "what was said is played", 15)
wait_for(lambda: trial(ada)["result"] == "played", "to its end", 10)
check(max(tones(heard, [1000], 5.0)) > 0.05, "and is heard")
press(ada, "Escape")
wait_for(lambda: not trial(ada)["open"] and ada.ask("screen")["screen"] == "home", "Back leads home", 5)
passed("a tone is no chime, and a voice is heard")

# Nothing at all.
silence_file = os.path.join(WORK, "silence.wav")
with wave.open(silence_file, "wb") as w:
    w.setnchannels(1), w.setsampwidth(2), w.setframerate(48000)
    w.writeframes(bytes(96000))
bea = Client("Bea", relay, microphone="file:" + silence_file)
bea.connect()
opened(bea)
comes_to(bea, "silent", "Return")
check(trial(bea)["level"] == 0, "the bars stand still")
passed("silence is said")

# Somebody calls: the trial is over, and everything is closed until one answers.
wait_for(lambda: any(p["name"] == "Bea" for p in ada.ask("people")["people"]), "Bea can be called", 10)
ada.ask("call", "Bea")
wait_for(lambda: bea.ask("ring")["state"] == "ringing" and not trial(bea)["open"], "a call ends the trial", 10)
wait_for(lambda: bea.ask("screen")["screen"] == "ringing", "it rings", 5)  # from the next picture on
bea.ask("answer")
wait_for(lambda: ada.ask("screen")["screen"] == "call", "they talk", 15)
time.sleep(1)
press(ada, "s")
time.sleep(0.3)
check(not trial(ada)["open"] and ada.ask("screen")["screen"] == "call", "nothing is tried where others hear it")
ada.ask("hangup")
wait_for(lambda: ada.ask("screen")["screen"] == "home", "Ada is at home again", 10)
ada.quit()
bea.quit()
passed("a call and a trial")

# One room with a loudspeaker and a microphone: what is played there is heard there.
server = SoundServer(["load-module module-null-sink sink_name=room rate=48000 channels=1",
                      "load-module module-remap-source source_name=microphone master=room.monitor",
                      "set-default-sink room", "set-default-source microphone"])


def listens():
    return server.streams("source-outputs") > 0


cleo = Client("Cleo", relay, microphone="auto", speaker="auto", env=server.env)
cleo.connect()
wait_for(lambda: cleo.ask("screen")["screen"] == "home", "Cleo is at home", 10)
check(not listens(), "no microphone is open at home")
opened(cleo)
wait_for(listens, "it is while one tries", 5)
comes_to(cleo, "works", "Return")
picture(cleo, "works")
press(cleo, "-", "-", "-")  # half as loud, and less
comes_to(cleo, "works", "Return")
press(cleo, *["-"] * 7)  # the loudspeaker is off
time.sleep(1.5 * SLOW)  # the last drop is over
comes_to(cleo, "silent", "Return")
press(cleo, "Escape")
wait_for(lambda: not listens(), "it is closed with the screen", 5)
cleo.quit()
passed("the microphone hears the loudspeaker")
