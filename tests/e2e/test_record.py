#!/usr/bin/env python3
"""Recording: what members send is in Matroska files as they sent it, sound and pictures on one clock, and everybody is
told. Who comes later, a relay that starts again and a recorder that is killed lose no more than their moment."""
import atexit
import functools
import json
import os
import shutil
import subprocess
import tempfile
import time

import kit
import nals

FILE = os.path.join(kit.WORK, "room.mkv")
SMALL = ("--video-bitrate", "300", "--window", "320x180")  # what is in a picture is not what is tested
FIRST, SECOND = FILE.replace(".mkv", " (2).mkv"), FILE.replace(".mkv", " (2)-2.mkv")


# ---- what is in a file ----

def probe(path, *what):
    out = subprocess.run(["ffprobe", "-v", "error", "-of", "json", *what, path], stdout=subprocess.PIPE, check=True,
                         stdin=subprocess.DEVNULL).stdout
    return json.loads(out)


@functools.lru_cache
def tracks(path):
    """{(who, codec): (number of the track, the times of its packets in s)}"""
    names = {s["index"]: (s["tags"]["title"], s["codec_name"]) for s in probe(path, "-show_streams")["streams"]}
    times = {i: [] for i in names}
    for p in probe(path, "-show_packets", "-show_entries", "packet=stream_index,pts_time")["packets"]:
        times[p["stream_index"]].append(float(p["pts_time"]))
    for t in times.values():
        kit.check(t == sorted(t), "the times of a track do not rise")
    return {names[i]: (i, times[i]) for i in names}


def hole(times):
    return max(b - a for a, b in zip(times, times[1:]))


def decodes(path):
    p = subprocess.run(["ffmpeg", "-v", "error", "-xerror", "-i", path, "-map", "0", "-fps_mode", "passthrough",
                        "-enc_time_base", "-1", "-f", "null", "-"], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    kit.check(p.returncode == 0 and not p.stderr, "%s does not decode: %s" % (path, p.stderr.decode()[-300:]))


def made_at(path, track, count):
    """When the first pictures of a test camera were made, ms of CLOCK_MONOTONIC: it stands in them."""
    strip = "crop=iw*0.8:ih*0.08:iw*0.1:ih*0.9,scale=40:2:flags=area,format=gray"
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-map", "0:%d" % track, "-frames:v", str(count),
                          "-fps_mode", "passthrough", "-enc_time_base", "-1", "-vf", strip, "-f", "rawvideo", "-"], stdout=subprocess.PIPE,
                         stdin=subprocess.DEVNULL).stdout
    bits = ["".join("1" if v > 128 else "0" for v in raw[i:i + 80]) for i in range(0, len(raw), 80)]
    return [int(b[32:64], 2) for b in bits]


# ---- a room ----

def recording(client):
    return client.ask("stats").get("recording") or {}


def coming(client, count):
    return sum(s["fps_in"] > 5 for s in client.streams()) == count


def speak(client, times):
    """The microphone off and on: when it went on each time, ms of CLOCK_MONOTONIC."""
    on = []
    for _ in range(times):
        client.ask("key", "m")
        time.sleep(0.25)
        on.append(time.monotonic() * 1000)
        client.ask("key", "m")
        time.sleep(0.3)
    return on


def clock_of(path, track):
    """What a file's times are ahead of CLOCK_MONOTONIC, ms: most of the first pictures can be read."""
    number, pictures = track
    made = made_at(path, number, 30)
    return sorted(t * 1000 - ms for t, ms in zip(pictures, made))[len(made) // 2]


def check_sync(path, on):
    """Sound begins where the pictures of that moment are. How much later, ms."""
    here = tracks(path)
    ahead = clock_of(path, here["Anna", "h264"])
    _, sound = here["Anna", "opus"]
    begins = [b * 1000 for a, b in zip(sound, sound[1:]) if b - a > 0.15]
    kit.check(len(begins) == len(on), "%d stretches of sound, not %d" % (len(begins), len(on)))
    late = [b - (t + ahead) for b, t in zip(begins, on)]
    # A loaded machine may turn it on late, never before it was asked to.
    kit.check(abs(min(late, key=abs)) < 40 and min(late) > -40, "sound is off from its picture by %s ms" % late)
    return min(late, key=abs)


def check_bytes(path):
    """What was recorded is what was sent."""
    number = tracks(path)["Bert", "h264"][0]
    raw = subprocess.run(["ffmpeg", "-v", "quiet", "-i", path, "-map", "0:%d" % number, "-c", "copy", "-f", "h264", "-"],
                         stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=True).stdout
    recorded, received = nals.slices(raw), {n for of in nals.received(FILE + ".pcap").values() for n in of}
    kit.check(len(recorded) > 60 and all(s in received for s in recorded), "other pictures than those that came")


def check_disk_full(invite, anna):
    """Before it begins, and in the middle: that is said, and what there is can be played."""
    folder = tempfile.mkdtemp(dir="/dev/shm")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path, disk = folder + "/room.mkv", os.statvfs(folder)
    filled = kit.Client("Filled", None, "--no-tls", "--record", path, "--file-floor-mb",
                        str((disk.f_bavail * disk.f_frsize >> 20) - 48), invite=invite)
    full = kit.Client("Full", None, "--no-tls", "--record", kit.WORK + "/full.mkv", "--file-floor-mb", "1048576", invite=invite)
    kit.check(full.p.wait(10 * kit.SLOW) == 78, "it ended with %s" % full.p.returncode)
    kit.check("The disk is too full to record." in kit.log_of(full), "a full disk is not told")
    kit.check(not os.path.exists(kit.WORK + "/full.mkv"), "an empty file is left behind")
    kit.wait_for(lambda: os.path.exists(path) and os.path.getsize(path) > 100000, "pictures are on the disk")
    kit.check([m["name"] for m in anna.others() if m["recording"]] == ["Filled"], "who records is not told")
    with open(folder + "/other", "w") as f:
        os.posix_fallocate(f.fileno(), 0, 96 << 20)
    kit.check(filled.p.wait(10 * kit.SLOW) == 2, "it ended with %s" % filled.p.returncode)
    kit.check("The disk is full. The recording has ended." in kit.log_of(filled), "a disk that fills is not told")
    kit.wait_for(lambda: not any(m["recording"] for m in anna.others()), "nobody records any more")
    decodes(path)
    kit.check(len(tracks(path)["Bert", "h264"][1]) > 20, "little is left of it")


def told(client, on):
    """What its last word of its own recording was, when it was that."""
    client.ask("stats")
    last = ([None] + [e for e in client.events if e["event"] == "recording"])[-1]
    return last if last and last["on"] == on else None


def check_person(bert, anna, downloads):
    """One who is in the call himself: nothing where nothing can be, else what he sees and sends, in a folder made for it."""
    bert.ask("record", kit.WORK + "/nowhere/it.mkv")
    why = kit.wait_for(lambda: told(bert, False), "that nothing can be recorded there is told")["sentence"]
    kit.check(why == "The recording cannot be written there.", "it says: %s" % why)
    kit.check(not any(m["recording"] for m in anna.others()), "told as recording without a file")
    bert.ask("record")
    path = kit.wait_for(lambda: told(bert, True), "a person records")["file"]
    kit.check(os.path.dirname(path) == downloads, "it is at %s" % path)
    kit.wait_for(lambda: [m["name"] for m in anna.others() if m["recording"]] == ["Bert"], "others are told")
    kit.wait_for(lambda: recording(bert).get("parts"), "a file that has begun")
    bert.ask("record-stop")
    why = kit.wait_for(lambda: told(bert, False), "the end is told")["sentence"]
    kit.check(not why, "it says: %s" % why)
    kit.check({n for n, _ in tracks(path)} >= {"Anna", "Bert"}, "tracks: %s" % set(tracks(path)))
    decodes(path)


def main():
    with open(FILE, "w") as f:
        f.write("mine")
    relay = kit.Relay()
    anna = kit.Client("Anna", relay, *SMALL, create=True, microphone="tone:440")
    invite = anna.invite()
    downloads = kit.WORK + "/downloads/of/bert"
    bert = kit.Client("Bert", relay, *SMALL, "--download-dir", downloads, invite=invite)
    recorder = kit.Client("Recorder", relay, "--record", FILE, "--rtp-dump", FILE + ".pcap", invite=invite)
    kit.wait_for(lambda: recording(recorder).get("parts") == 1, "a file that has begun")
    kit.check(recording(recorder)["file"] == FIRST, "it is called %s" % recording(recorder)["file"])
    seen = [m for m in anna.members() if m["recording"]]
    kit.check([(m["name"], m["kind"]) for m in seen] == [("Recorder", "recorder")], "who records is not told")
    kit.check(len(anna.ask("tiles")) == 2, "a recorder has a tile")
    kit.check(not recorder.streams()[0]["frames_decoded"], "a recorder decodes")
    on = speak(anna, 3)

    carl = kit.Client("Carl", relay, *SMALL, invite=invite, microphone="tone:600")
    kit.wait_for(lambda: recording(recorder)["parts"] == 2, "a file with the newcomer")
    kit.check(recording(recorder)["file"] == SECOND, "it is called %s" % recording(recorder)["file"])
    time.sleep(1)  # all have gone over to it
    relay.kill()
    relay.run()
    time.sleep(1.5)  # figures are of the last second: now of one after it
    kit.wait_for(lambda: coming(recorder, 3), "recording goes on with another relay", 15)
    time.sleep(2.5)  # until what has come is in the file
    kit.check(recording(recorder)["parts"] == 2 and not recording(recorder)["dropped"], "it goes on somewhere else")
    recorder.p.kill()
    killed = time.monotonic() * 1000
    recorder.p.wait()
    kit.wait_for(lambda: not any(m["recording"] for m in anna.others()), "nobody records any more")

    check_disk_full(invite, anna)
    check_person(bert, anna, downloads)
    first, second = tracks(FIRST), tracks(SECOND)
    kit.check(set(first) == {(n, c) for n in ("Anna", "Bert") for c in ("h264", "opus")}, "first file: %s" % set(first))
    kit.check(set(second) == set(first) | {("Carl", "h264"), ("Carl", "opus")}, "second file: %s" % set(second))
    decodes(SECOND)
    late = check_sync(FIRST, on)
    check_bytes(FIRST)
    times = second["Carl", "h264"][1]
    lost = killed - (times[-1] * 1000 - clock_of(SECOND, second["Carl", "h264"]))
    kit.check(lost < 3000, "%.0f ms are lost with the recorder" % lost)
    kit.check(hole(second["Carl", "opus"][1]) < 6 * kit.SLOW, "the relay's restart is a long hole")
    with open(FILE) as f:
        kit.check(f.read() == "mine", "a file was written over")
    for c in (anna, bert, carl):
        c.quit()
    kit.passed("two files, sound %.0f ms after its picture, %.0f ms lost with a killed recorder" % (late, lost))


if __name__ == "__main__":
    main()
