#!/usr/bin/env python3
"""Microphone, loudspeaker and camera are chosen by their names on the settings screen, by keys alone, in a call: the
sound is there at once, what is plugged in meanwhile can be chosen, too, and no choice opens what is off."""
from sound_server import *


def at(kind, device):
    """There is one stream of ours of this kind ("source-outputs", "sink-inputs"), at this source or sink."""
    place = {"source-outputs": "source", "sink-inputs": "sink"}[kind]
    places = dict(line.split("\t")[:2] for line in server.ask("list", "short", place + "s").splitlines())
    ours = [s for s in server.ask("list", kind).split("\n\n") if 'application.name = "Parlour"' in s]
    return [places.get(re.search(r"\t%s: (\d+)" % place.title(), s).group(1)) for s in ours] == [device]


def names(title):
    out = subprocess.run([os.path.join(BUILD, "parlour"), "--list-devices"], stdin=subprocess.DEVNULL, timeout=20,
                         stdout=subprocess.PIPE, env=dict(os.environ, DISPLAY="", **server.env)).stdout.decode()
    return [line.strip() for line in out.split(title + ":")[1].split(":")[0].splitlines() if line.startswith("  ")]


def keys(*names):
    for name in names:
        ann.ask("key", name)


def seen(what):
    wait_for(lambda: open(ann.p.log).read().count(what) > 0, "the settings know " + what, 10)


def go(title, name, wanted):
    """From one of the devices to another one."""
    order = names(title)
    way = order.index(wanted) - order.index(name)
    keys(*["Right" if way > 0 else "Left"] * abs(way))


def me():
    return [m for m in ann.members() if m["self"]][0]


server = SoundServer()
mics = [server.microphone("desk"), server.microphone("room")]
speakers = [server.speaker("table"), server.speaker("wall")]
server.say("desk", 440)
server.say("room", 880)  # exact silence would be looked into
relay = Relay()
ear = Client("Ear", relay, create=True)
wait_for(lambda: ear.ask("room")["code"], "Ear is in")
ann = Client("Ann", relay, "--no-audio-processing", invite=ear.invite(), microphone="desk", speaker="table", env=server.env)
wait_for(lambda: at("source-outputs", "desk") and at("sink-inputs", "table"), "the configured ones are open", 20)

# Sound is the third group; its first rows are microphone and loudspeaker.
keys("Ctrl+,", "Down", "Down", "Return")
wait_for(lambda: ann.ask("screen")["screen"] == "settings", "the settings are open", 5)
seen("microphones=2 speakers=4")  # where tones are played into the microphones is one, too
go("Microphones", "desk", "room")
wait_for(lambda: at("source-outputs", "room"), "the second microphone is the one that is open")
keys("Down")
go("Loudspeakers", "table", "wall")
wait_for(lambda: at("sink-inputs", "wall"), "and the second loudspeaker")

# What is plugged in while the screen is open.
hall = server.speaker("hall")
seen("microphones=2 speakers=5")
go("Loudspeakers", "wall", "hall")
wait_for(lambda: at("sink-inputs", "hall"), "a new one can be chosen")
go("Loudspeakers", "hall", "table")
wait_for(lambda: at("sink-inputs", "table"), "and left")

# Off stays off, whatever is chosen.
keys("Escape", "Escape", "m", "v")
wait_for(lambda: me()["muted"] and not me()["camera"], "both are off")
wait_for(lambda: server.streams("source-outputs") == 0, "off is closed")
keys("Ctrl+,", "Down", "Down", "Return")
go("Microphones", "room", "desk")
keys("Escape", "Up", "Return", "Left", "Right")  # the camera: none, and what it was
end_s = time.monotonic() + 1.2
while time.monotonic() < end_s:
    check(server.streams("source-outputs") == 0, "a microphone that is off is not opened by choosing another one")
    check(me()["muted"] and not me()["camera"], "nor is a camera")
    time.sleep(0.05)
keys("Escape", "Escape", "m")
wait_for(lambda: at("source-outputs", "desk"), "turned on, it is the one that was chosen")
with open(os.path.join(WORK, os.path.basename(ann.path)[:-5] + "-data", "settings")) as f:
    kept = f.read()
check("microphone = desk\n" in kept and "speaker = table\n" in kept, "the names are kept: " + kept)
ann.quit()
ear.quit()
passed("devices are chosen by name, at once, and nothing that is off is opened")
