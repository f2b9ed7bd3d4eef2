#!/usr/bin/env python3
"""Recording: what members send ends up in Matroska files as it was sent, with everybody told; nothing is lost but the
last moment when the recorder is killed."""
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import time

import kit


def probe(path, *what):
    out = subprocess.run(["ffprobe", "-v", "error", "-of", "json", *what, path], stdout=subprocess.PIPE, check=True,
                         stdin=subprocess.DEVNULL).stdout
    return json.loads(out)


def tracks(path):
    """Of each track: who, of what, when it begins and ends (s), its packets, the longest hole in it (s)."""
    found = {}
    streams = probe(path, "-show_streams")["streams"]
    for s in streams:
        found[s["index"]] = {"who": s["tags"]["title"], "codec": s["codec_name"], "times": []}
    for p in probe(path, "-show_packets", "-show_entries", "packet=stream_index,pts_time")["packets"]:
        found[p["stream_index"]]["times"].append(float(p["pts_time"]))
    for t in found.values():
        times = t["times"]
        t["hole"] = max((b - a for a, b in zip(times, times[1:])), default=0)
        kit.check(times == sorted(times), "the times of a track do not rise")
    return list(found.values())


def track(path, who, codec):
    return next((t for t in tracks(path) if t["who"] == who and t["codec"] == codec), None)


def decodes(path):
    p = subprocess.run(["ffmpeg", "-v", "error", "-xerror", "-i", path, "-map", "0", "-fps_mode", "passthrough", "-enc_time_base", "-1",
                        "-f", "null", "-"],
                       stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    kit.check(p.returncode == 0 and not p.stderr, "%s does not decode: %s" % (path, p.stderr.decode()[-300:]))


def recording(client):
    return client.ask("stats").get("recording")


def file(name):
    return os.path.join(kit.WORK, name)


def main():
    relay = kit.Relay()
    anna = kit.Client("Anna", relay, create=True, microphone="tone:440")
    invite = anna.invite()
    bert = kit.Client("Bert", relay, invite=invite, microphone="tone:600")
    recorder = kit.Client("Recorder", relay, "--record", file("room.mkv"), invite=invite)
    kit.wait_for(lambda: recorder.p.poll() is None and recording(recorder), "a recording", 5)
    kit.wait_for(lambda: recording(recorder)["parts"] == 1, "a file that has begun", 5)
    seen = kit.wait_for(lambda: [m for m in anna.members() if m["recording"]], "somebody who is said to record")
    kit.check(seen[0]["name"] == "Recorder" and seen[0]["kind"] == "recorder", "another one records")
    kit.check(len(anna.ask("tiles")) == 2, "a recorder has a tile")
    time.sleep(4)
    print(recording(recorder))
    recorder.quit()
    for t in tracks(file("room.mkv")):
        print(t["who"], t["codec"], len(t["times"]), t["times"][:2], t["times"][-1:], t["hole"])
    decodes(file("room.mkv"))


if __name__ == "__main__":
    main()
