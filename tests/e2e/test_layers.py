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


relay = Relay()
line = BadLine(relay, "delay=5")
amina = Client("Amina", relay, "--window", "1280x720", create=True, microphone="tone:440")
invite = amina.invite()
robert = Client("Robert", relay, "--window", "1280x720", invite=line.invite(invite), microphone="tone:550")
wait_for(lambda: amina.sees(1) and robert.sees(1), "the two see each other", 20)
wait_for(lambda: list(sent(amina)) == [2], "two need one layer", 10)

# The third has a small window: his tiles are no higher than the smallest layer.
samuel = Client("Samuel", relay, "--window", "480x270", invite=invite)
wait_for(lambda: samuel.sees(2), "Samuel sees both", 40)
wait_for(lambda: amina.sees(2) and robert.sees(2), "and both see him", 40)
wait_for(lambda: camera(samuel, "Amina").get("layer") == 0 and camera(samuel, "Amina")["reason"] == "size",
         "a small tile has the small layer", 10)
check(camera(samuel, "Amina")["height"] == 180, "and it is small: %s" % camera(samuel, "Amina"))
wait_for(lambda: camera(robert, "Amina").get("layer") == 1, "a larger tile has a larger one", 15)
wait_for(lambda: sorted(sent(amina)) == [0, 1], "what nobody watches is not encoded", 15)

# Pinned it is larger, for him alone.
robert.ask("key", "1")
wait_for(lambda: camera(robert, "Amina").get("layer") == 2 or camera(robert, "Samuel").get("layer") == 2,
         "the pinned one rises as far as it is offered", 25)
robert.ask("key", "1")
wait_for(lambda: 2 not in [camera(robert, n).get("layer") for n in ("Amina", "Samuel")], "and sinks again", 10)

# Robert's way down gets weak: he gets less, of the same sender the other gets what he did.
wait_for(lambda: camera(robert, "Samuel").get("layer") == 1 == camera(amina, "Samuel").get("layer"), "both have the same", 10)
line.set("down.rate=480")
wait_for(lambda: camera(robert, "Samuel").get("layer") == 0, "he gets the small one", 20)
check(camera(robert, "Samuel")["reason"] == "budget", "and it is told why: %s" % camera(robert, "Samuel"))
check(camera(amina, "Samuel")["layer"] == 1, "the other keeps the larger: %s" % camera(amina, "Samuel"))
check(camera(amina, "Samuel")["fps_in"] > 10, "and all of it: %s" % camera(amina, "Samuel"))

# Nothing fits: words, sound, and by itself back.
line.set("down.rate=150")
paused = lambda: [m["name"] for m in robert.members() if m["paused"]]
wait_for(lambda: sorted(paused()) == ["Amina", "Samuel"], "no picture fits", 40)
wait_for(lambda: camera(robert, "Amina")["reason"] == "paused", "and the reason is told", 5)
if os.environ.get("PARLOUR_KEEP"):
    robert.ask("screenshot", os.path.join(WORK, "paused.png"))
time.sleep(3)
check(max(s["bitrate_kbps"] for s in robert.streams("audio")) > 15, "the sound goes on: %s" % robert.streams("audio"))
check(camera(amina, "Samuel")["fps_in"] > 10, "and the others notice nothing: %s" % camera(amina, "Samuel"))
line.set("down.rate=5000")
wait_for(lambda: not paused() and robert.sees(2), "the pictures come back", 40)
line.end()
passed("layers by size and by line")
