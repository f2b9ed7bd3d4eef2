#!/usr/bin/env python3
"""Cameras without a screen: members of a room by a command line of their own, that come, are shown, change, and go."""
from kit import *

relay = Relay()
viewer = Client("Vera", relay, "--window", "1280x720", create=True, camera="none")
cameras = Cameras("Door", "test", "Yard", "lavfi:testsrc2=size=320x180:rate=10", "Gate", "rtsp://127.0.0.1:9/none",
                  room=viewer.invite(), args=["--camera-id", "7"])


def seen(name):
    return next((m for m in viewer.others() if m["name"] == name), None)


def about(name):
    return (seen(name) or {}).get("about") or {}


wait_for(lambda: len(viewer.others()) == 3, "three cameras in the room", 15)
wait_for(lambda: viewer.sees(2), "both that have pictures are seen", 15)
door, yard, gate = [cameras.by_name(n) for n in ("Door", "Yard", "Gate")]
check([c["id"] for c in (door, yard, gate)] == [7, 8, 9], "they are numbered in their order")
check(all(m["kind"] == "camera" and m["muted"] for m in viewer.others()), "they are cameras, without sound")
wait_for(lambda: 9 <= about("Yard").get("fps", 0) <= 11, "the room knows the rate of the yard's")
check((about("Yard")["w"], about("Yard")["h"], about("Yard")["id"]) == (320, 180, 8), "and its size and number")
check(not gate["up"] and gate["sentence"] and about("Gate")["up"] is False, "the dead one is said to be")


def listed(number):
    return next((c for c in viewer.ask("cameras") if c["id"] == number), None)


wait_for(lambda: listed(8)["seq"] > 0 and listed(8)["age_ms"] >= 0, "the list says which picture is shown, and how old it is")
wait_for(lambda: abs(cameras.by_name("Yard")["seq"] - listed(8)["seq"]) <= 5, "by the number the camera gives it")
wait_for(lambda: 0 <= listed(8)["age_ms"] < 1000 * SLOW, "not a second old")
check((listed(9)["up"], listed(9)["seq"], listed(9)["age_ms"]) == (False, 0, -1), "of the dead one there is none")
check(any(s["seq"] > 0 and s["age_ms"] >= 0 for s in viewer.streams()), "the statistics say so, too")


def width(number):
    member = listed(number)["member"]
    return next(t["w"] for t in viewer.ask("tiles") if t["id"] == member)


viewer.ask("watch", 8)
wait_for(lambda: width(8) > width(7) * 1.5, "what is watched is large", 3)
viewer.ask("unwatch", 8)
check(viewer.ask("watch", 99, refused=True), "what is not there cannot be watched")
gate = Cameras("Hall", "test", room=viewer.invite())
wait_for(lambda: about("Hall").get("id") == 1, "another program counts from 1")
more = Cameras("Attic", "test", room=viewer.invite())
wait_for(lambda: about("Attic").get("id") == 2, "and one more goes on behind it", 5)
for c in (gate, more):
    c.quit()
wait_for(lambda: len(viewer.others()) == 3, "both have gone")
cameras.ask("update", 7, "size", "640x360")
wait_for(lambda: about("Door").get("w") == 640, "the door's is smaller now")
cameras.ask("update", 8, "name", "Garden")
wait_for(lambda: seen("Garden") and not seen("Yard"), "the yard's has another name")
check(about("Garden")["id"] == 8, "and its number")
check("another" in cameras.ask("update", 8, "name", "Door", refused=True), "no two are called the same")
check(cameras.ask("remove", 99, refused=True), "what is not there cannot be removed")
cameras.ask("remove", 9)
wait_for(lambda: len(viewer.others()) == 2, "the gate's has gone")

viewer.ask("kick", seen("Door")["id"])
wait_for(lambda: [c["name"] for c in cameras.ask("cameras")] == ["Garden"], "who is removed from the room does not come again")
viewer.ask("kick", seen("Garden")["id"])
check(cameras.p.wait(10 * SLOW) == 3, "with the last of them the program ends, refused")

coded = os.path.join(WORK, "coded.mp4")
subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25", "-t", "6", "-c:v", "libx264",
                "-preset", "veryfast", "-g", "50", "-b:v", "600k", "-pix_fmt", "yuv420p", coded], check=True, stdin=subprocess.DEVNULL)
passes = Cameras("Street", "file:" + coded, room=viewer.invite())
wait_for(lambda: seen("Street") and about("Street").get("direct"), "what is coded already is passed on as it is")
wait_for(lambda: listed(1)["seq"] > 5 and 0 <= listed(1)["age_ms"] < 1000 * SLOW and listed(1)["width"] == 640, "and seen", 5)
check(passes.ask("update", 1, "size", "320x180", refused=True), "its size is its own")
passes.quit()

one = Cameras("Door", "test", room=viewer.invite(), args=["--microphone", "tone:440"])
wait_for(lambda: seen("Door") and not seen("Door")["muted"], "one with a microphone")
one.p.terminate()
check(one.p.wait(5 * SLOW) == 0, "it ends well when it is told to")
wait_for(lambda: not viewer.others(), "and says goodbye", 3)
passed("cameras without a screen")
