#!/usr/bin/env python3
"""Four people, one of them full screen at 1920x1080 under Xvfb: every picture stands where the layout says, in true
aspect, moving; the speaker has the other three tones and not its own; real key presses open the chat, type and send;
T shows and hides the statistics, whose bit rate and pictures per second agree with a capture within 10 % over 10 s."""
import struct
from kit import *

COLORS = {"Amina": ((230, 40, 40), "0xE62828"), "Robert": ((40, 90, 230), "0x285AE6"), "Samuel": ((40, 200, 60), "0x28C83C")}
CLIPS = {"Amina": ("Megamind.avi", 0), "Robert": ("vtest.avi", 3), "Samuel": ("Megamind.avi", 5)}
TONES = {"Amina": 500, "Robert": 800, "Samuel": 1300, "Nora": 2000}

relay = Relay()
screen = Screen()
people = {}
for name in COLORS:
    camera = "file:" + clip(*CLIPS[name], COLORS[name][1])
    invite = people["Amina"].invite() if people else None
    people[name] = Client(name, relay, "--window", "640x360", invite=invite, create=not people, camera=camera,
                          microphone="tone:%d" % TONES[name])
invite = people["Amina"].invite()
recording = os.path.join(WORK, "nora.wav")
nora = Client("Nora", relay, "--fullscreen", invite=invite, display=screen.display, headless=False,
              microphone="tone:%d" % TONES["Nora"], speaker="file:" + recording)
wait_for(lambda: len(nora.others()) == 3, "Nora has the others", 15)
wait_for(lambda: nora.sees(3), "Nora sees the others", 20)
time.sleep(1)

# Pictures: where the layout says, in true aspect, moving.
ids = {m["name"]: m["id"] for m in nora.members()}
tiles = {t["id"]: (t["x"], t["y"], t["w"], t["h"]) for t in nora.ask("tiles")}
check(len(tiles) == 4, "four tiles: %s" % tiles)
first = screen.grab()
time.sleep(0.4)
second = screen.grab()
if os.environ.get("PARLOUR_KEEP"):
    nora.ask("screenshot", os.path.join(WORK, "call.png"))
for name, (color, _) in COLORS.items():
    tile = tiles[ids[name]]
    box = find_color(second, 1920, tile, color)
    check(box and box[4] > 200, "%s's picture is in its tile %s" % (name, tile))
    x, y, w, h, _ = box
    check(0.9 < w / h < 1.1, "%s's square is %d x %d: the picture is stretched" % (name, w, h))
    centre = (x + w / 2, y + h / 2)
    check(abs(centre[0] - tile[0] - tile[2] / 2) < 8 and abs(centre[1] - tile[1] - tile[3] / 2) < 8,
          "%s's picture is not centred in its tile" % name)
    check(abs(h - tile[3] / 4) < 12, "%s's picture does not fill its tile: square %d of tile %d" % (name, h, tile[3]))
    check(difference(first, second, 1920, tile) > 0.5, "%s's picture does not move" % name)
    for other, (foreign, _) in COLORS.items():
        if other != name:
            stray = find_color(second, 1920, tile, foreign, 30)
            check(not stray or stray[4] < 400, "%s is seen in %s's tile" % (other, name))

# Sound: the other three, not my own.
time.sleep(1.5)
heard = dict(zip(TONES, tones(recording, TONES.values())))
for name in COLORS:
    check(heard[name] > 0.02, "%s is not heard: %s" % (name, heard))
check(heard["Nora"] < 0.2 * min(heard[n] for n in COLORS), "Nora hears herself: %s" % heard)

# Statistics against a capture of the relay's port.
screen.keys("t")
wait_for(lambda: nora.ask("screen")["panel"] == "connection", "T shows the statistics", 5)
pcap = os.path.join(WORK, "media.pcap")
dump = start(["tcpdump", "-i", "lo", "-s", "64", "-U", "-w", pcap, "udp", "and", "port", str(relay.media)], "tcpdump.log")
wait_for(lambda: os.path.exists(pcap) and os.path.getsize(pcap) >= 24, "tcpdump runs", 5)
time.sleep(0.5)


def snapshot():
    stats = nora.ask("stats")
    return (stats["call"]["bitrate_down_kbps"], stats["call"]["bitrate_up_kbps"],
            {s["member"]: s["fps_in"] for s in stats["streams"] if s["slot"] == "camera"})


# Each snapshot is of the second before it: what is compared begins and ends where ten of them do, also on a busy machine.
samples, last, times = [], snapshot(), []
while len(times) < 11:
    time.sleep(0.05)
    now = snapshot()
    if now != last:
        times.append(time.time())
        samples.append(now)
        last = now
began, ended = times[0], times[-1]
samples = samples[1:]
time.sleep(0.3)
dump.terminate()
dump.wait(5)
data = open(pcap, "rb").read()
at, to_port, frames = 24, {}, {}
ports = {}
while at + 16 <= len(data):
    sec, usec, kept, _ = struct.unpack_from("<IIII", data, at)
    p = data[at + 16:at + 16 + kept]
    at += 16 + kept
    when = sec + usec / 1e6
    if not began <= when < ended:
        continue
    udp = p[14 + (p[14] & 15) * 4:]  # ethernet, IPv4
    src, dst, length = struct.unpack_from(">HHH", udp)
    body = udp[8:]
    if src == relay.media:
        to_port[dst] = to_port.get(dst, 0) + length - 8
        if body[0] == 4 and body[19] >> 4 == 1 and body[1] & 0x80:  # MEDIA, camera, start of a frame (or of its train)
            sender = struct.unpack_from(">H", body, 2)[0]
            frames.setdefault(dst, {}).setdefault(sender, 0)
            frames[dst][sender] += 1
    elif dst == relay.media:
        ports.setdefault(src, [0, set()])
        ports[src][0] += length - 8
        ports[src][1].add(struct.unpack_from(">H", body, 2)[0])
mine = [port for port, (_, senders) in ports.items() if ids["Nora"] in senders][0]
span = ended - began
wire_down, wire_up = to_port[mine] * 8 / 1000 / span, ports[mine][0] * 8 / 1000 / span
lengths = [b - a for a, b in zip(times, times[1:])]
average = lambda values: sum(v * t for v, t in zip(values, lengths)) / span
said_down, said_up = average([s[0] for s in samples]), average([s[1] for s in samples])
check(abs(said_down - wire_down) < 0.1 * wire_down, "received: stats %.0f, wire %.0f kbit/s" % (said_down, wire_down))
check(abs(said_up - wire_up) < 0.1 * wire_up, "sent: stats %.0f, wire %.0f kbit/s" % (said_up, wire_up))
for name in COLORS:
    said = average([s[2].get(ids[name], 0) for s in samples])
    wire = frames[mine][ids[name]] / span
    check(abs(said - wire) < 0.1 * wire, "%s: stats %.1f, wire %.1f pictures per second" % (name, said, wire))
screen.keys("t")
wait_for(lambda: nora.ask("screen")["panel"] == "", "T hides the statistics", 5)

# Keys: chat opens, takes text, sends; it appears on another screen.
robert = people["Robert"]
robert.ask("key", "c")  # his panel is open, 211 of 640 wide at the right
time.sleep(0.6)
before = robert.picture(640, 360)
screen.keys("c")
wait_for(lambda: nora.ask("screen")["panel"] == "chat", "C opens the chat", 5)
screen.type("mama")  # M types, it does not mute
screen.keys("Return")
wait_for(lambda: any(l["text"] == "mama" and l["from"] == "Nora" for l in people["Robert"].ask("chat-log")),
         "Nora's words arrive", 5)
time.sleep(0.6)
after = robert.picture(640, 360)
changed = difference(before, after, 640, (440, 200, 190, 100))
check(changed > 2, "Nora's words are not on Robert's screen: %.2f" % changed)
check(not [m for m in nora.members() if m["self"]][0]["muted"] and ids, "typing M did not mute")
screen.keys("Escape")
wait_for(lambda: nora.ask("screen")["panel"] == "", "Esc closes the chat", 5)
time.sleep(0.4)
screen.keys("m")
wait_for(lambda: [m for m in people["Amina"].members() if m["name"] == "Nora"][0]["muted"], "M mutes", 5)
screen.keys("m")
wait_for(lambda: not [m for m in people["Amina"].members() if m["name"] == "Nora"][0]["muted"], "M unmutes", 5)
screen.keys("v")
wait_for(lambda: not [m for m in people["Amina"].members() if m["name"] == "Nora"][0]["camera"], "V ends the camera", 5)
screen.keys("v")
wait_for(lambda: [m for m in people["Amina"].members() if m["name"] == "Nora"][0]["camera"], "V starts the camera", 5)
screen.keys("ctrl+q")
check(nora.p.wait(10 * SLOW) == 0, "Ctrl+Q ends")
for p in people.values():
    p.quit()
passed("four people, one screen: stats %.0f wire %.0f kbit/s down" % (said_down, wire_down))
