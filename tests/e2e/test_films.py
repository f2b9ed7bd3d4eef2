#!/usr/bin/env python3
"""A library of films: what it says of its files, a film for everybody and one for one person, pause, seek, quality, to the
end with its sound."""
from film_files import *
from kit import *

FILMS = os.path.join(WORK, "films")
for lines in (240, 720, 1440):
    put(FILMS, "The_hill_%dp.mp4" % lines, film(lines))
put(FILMS, "Lake_240p.mp4", film(240))
put(FILMS, "Old.mp4", other_codec())
with open(os.path.join(FILMS, "Bad_720p.mp4"), "w") as f:
    f.write("no film")

relay = Relay()
wav = os.path.join(WORK, "vera.wav")
vera = Client("Vera", relay, "--window", "640x360", create=True, camera="none", speaker="file:" + wav)
tom = Client("Tom", relay, "--window", "640x360", invite=vera.invite(), camera="none")
library = Library(FILMS, vera.invite(), "--films", "2")


def films():
    return {f["title"]: f for f in vera.ask("films")}


def playing(c, title):
    return next((p for p in c.ask("playing") if p["title"] == title), None)


def stream(c, member, slot="camera"):
    return next((s for s in c.streams(slot) if s["member"] == member), None)


def told(c, name):
    c.ask("members")  # events come between answers
    return [e for e in c.events if e["event"] == name]


wait_for(lambda: len(films()) == 4, "the list", 15)
hill, lake, old, bad = [films()[t] for t in ("The hill", "Lake", "Old", "Bad")]
check([q["way"] for q in hill["qualities"]] == ["direct"] * 3 and not hill["missing"], "three qualities as they are")
check(abs(hill["ms"] - 8000) < 100 and all(q["sound"] for q in hill["qualities"]), "how long, and with sound")
check(lake["missing"] == ["720p", "1440p"], "what is missing is said")
check((old["qualities"][0]["way"], old["qualities"][0]["why"]) == ("made", "codec"), "what is no H.264 is made anew")
check(not bad["playable"] and bad["qualities"][0]["why"] == "unreadable", "what cannot be read is said")

# One for Tom alone, that is no H.264.
wait_for(lambda: tom.ask("films"), "Tom's list", 10)
tom.ask("play", "Old", "me")
mine = wait_for(lambda: playing(tom, "Old"), "Tom's film", 15)["member"]
vera.ask("play", "The hill", "room")
film_id = wait_for(lambda: playing(vera, "The hill"), "the film for all", 15)["member"]
wait_for(lambda: (stream(tom, mine) or {}).get("fps_shown", 0) > 1, "Tom sees his, made anew", 15)
wait_for(lambda: playing(tom, "The hill") and (stream(tom, film_id) or {}).get("fps_shown", 0) > 1, "Tom sees the other", 15)
wait_for(lambda: (stream(vera, film_id) or {}).get("fps_shown", 0) > 1, "Vera, too", 15)
check(not playing(vera, "Old") and not (stream(vera, mine) or {}).get("frames_decoded") and not stream(vera, mine, "audio"), "Vera has nothing of Tom's")
check(mine not in [t["id"] for t in vera.ask("tiles")] and film_id in [t["id"] for t in vera.ask("tiles")], "nor its tile")
vera.ask("play", "Lake", "me")
wait_for(lambda: [e for e in told(vera, "film-error") if e["why"] == "full"], "more than may play is refused")

# Who has not begun it and is no host may not.
tom.ask("film", "pause", film_id)
wait_for(lambda: [e for e in told(tom, "film-error") if e["why"] == "not-yours"], "it is not Tom's")
check(not playing(vera, "The hill")["paused"], "and it goes on")

frozen = stream(vera, film_id)["freezes"]
vera.ask("film", "pause", film_id)
wait_for(lambda: playing(tom, "The hill")["paused"], "it stands still for both")
at = playing(tom, "The hill")["ms"]
time.sleep(0.6)
check(playing(tom, "The hill")["ms"] == at, "where it is")
vera.ask("film", "resume", film_id)
wait_for(lambda: not playing(tom, "The hill")["paused"], "it goes on")
at = stream(vera, film_id)["frames_decoded"]
wait_for(lambda: stream(vera, film_id)["frames_decoded"] > at + 10, "with pictures")
soon = time.time() + 0.8  # the pause mostly counts as a freeze, once a picture is shown again
wait_for(lambda: stream(vera, film_id)["freezes"] > frozen or time.time() > soon, "what the pause counts as")

before = stream(vera, film_id)
vera.ask("film", "quality", 1, film_id)
wait_for(lambda: stream(vera, film_id)["height"] == 720, "a quality that was asked for", 5)
vera.ask("film", "quality", 0, film_id)
wait_for(lambda: stream(vera, film_id)["height"] == 240, "and another", 5)
now = stream(vera, film_id)
check(now["freeze_ms"] - before["freeze_ms"] < 300 * max(1, os.getloadavg()[0] / os.cpu_count()) or SLOW > 1, "the picture did not stop for that: %s" % now)
check("no such quality" in vera.ask("film", "quality", 3, film_id, refused=True), "there is no fourth")

vera.ask("film", "seek", 4000, film_id)
wait_for(lambda: 3900 <= playing(tom, "The hill")["ms"] <= 6000, "it is where it was sent")
wait_for(lambda: abs((stream(vera, film_id, "audio") or {}).get("av_skew_ms") or 99) <= 60, "sound and picture together", 8)
wait_for(lambda: told(vera, "film-ended"), "it ends", 15)
check(tones(wav, [440], 2.5)[0] > 0.02, "it was heard: %s" % tones(wav, [440], 2.5))
check(stream(vera, film_id)["frames_decoded"] > 60, "and seen")
wait_for(lambda: not library.ask("playing"), "those that have ended leave", 15)
library.quit()
wait_for(lambda: not tom.ask("films"), "the list goes with the library")
passed("films")
