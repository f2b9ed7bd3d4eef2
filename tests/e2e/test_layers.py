#!/usr/bin/env python3
"""Three people and the layers of their pictures: a small tile gets a small layer, a pinned one a larger, and what nobody
watches is not encoded; a weak way down gets little while the other's stays large; where no picture fits the tile says so,
the sound goes on, and the picture comes back by itself."""
from bad_line import BadLine
from kit import *


def camera(client, of):
    """What `client` gets of the picture of `of`."""
    ids = {m["name"]: m["id"] for m in client.members()}
    return next((s for s in client.streams() if s["member"] == ids.get(of)), {})


def sent(client):
    """Layers that it encodes: pictures a second, by layer."""
    return {l["layer"]: l["fps"] for l in client.ask("stats")["call"]["layers"] if l["fps"] > 0.5}


def audio_lost(client):
    return max([s["concealed_pct"] for s in client.streams("audio")] or [0])


relay = Relay()
line = BadLine(relay, "delay=5")
amina = Client("Amina", relay, "--window", "1280x720", create=True, microphone="tone:440")
invite = amina.invite()
robert = Client("Robert", relay, "--window", "1280x720", invite=invite, microphone="tone:550")
wait_for(lambda: amina.sees(1) and robert.sees(1), "the two see each other", 20)
wait_for(lambda: list(sent(amina)) == [2], "two need one layer", 10)

# The third has a small window: his tiles are no higher than the smallest layer.
samuel = Client("Samuel", relay, "--window", "480x270", invite=line.invite(invite), speaker="none")
wait_for(lambda: samuel.sees(2), "Samuel sees both", 20)
wait_for(lambda: amina.sees(2) and robert.sees(2), "and both see him", 20)
wait_for(lambda: camera(samuel, "Amina").get("layer") == 0 and camera(samuel, "Amina")["reason"] == "size",
         "a small tile has the small layer", 10)
check(camera(samuel, "Amina")["height"] == 180, "and it is small: %s" % camera(samuel, "Amina"))
wait_for(lambda: camera(robert, "Amina").get("layer") == 1, "a larger tile has a larger one", 15)
wait_for(lambda: sorted(sent(amina)) == [0, 1], "what nobody watches is not encoded", 15)

# Pinned it is larger, for him alone.
robert.ask("key", "1")
wait_for(lambda: camera(robert, "Amina").get("layer") == 2 or camera(robert, "Samuel").get("layer") == 2,
         "the pinned one rises as far as it is offered", 25)
freezes = sum(s["freezes"] for s in robert.streams())
robert.ask("key", "1")
wait_for(lambda: 2 not in [camera(robert, n).get("layer") for n in ("Amina", "Samuel")], "and sinks again", 10)

# A weak way down: he gets less, the other does not.
line.set("down.rate=300")
time.sleep(6)
wait_for(lambda: camera(samuel, "Amina").get("wanted_layer") == 0, "little is asked for", 10)
check(camera(robert, "Amina")["layer"] >= 1, "the other keeps the larger: %s" % camera(robert, "Amina"))
check(camera(robert, "Amina")["fps_in"] > 10, "and all of it: %s" % camera(robert, "Amina"))

# Nothing fits: words, sound, and by itself back.
line.set("down.rate=110")
paused = lambda: [m["name"] for m in samuel.members() if m["paused"]]
wait_for(lambda: sorted(paused()) == ["Amina", "Robert"], "no picture fits", 40)
check(camera(samuel, "Amina")["reason"] == "paused", "the reason is told: %s" % camera(samuel, "Amina"))
if os.environ.get("PARLOUR_KEEP"):
    samuel.ask("screenshot", os.path.join(WORK, "paused.png"))
time.sleep(2)
before = {s["member"]: s["concealed_pct"] for s in samuel.streams("audio")}
time.sleep(4)
check(audio_lost(samuel) < 10, "the sound is hurt: %s" % samuel.streams("audio"))
check(camera(robert, "Amina")["fps_in"] > 10, "and the others notice nothing: %s" % camera(robert, "Amina"))
line.set("down.rate=5000")
wait_for(lambda: not paused() and samuel.sees(2), "the pictures come back", 40)
line.end()
passed("layers by size and by line")
