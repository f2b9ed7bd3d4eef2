#!/usr/bin/env python3
"""A live camera that stops in the middle without a word: within three seconds it is found out, said, and opened anew;
the call goes on in the same process. One that takes the connection and then says nothing is given up after eight seconds,
said, and tried again."""
import threading

from kit import *

clip_path = os.path.join(WORK, "live.ts")
subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30", "-t", "60", "-c:v", "libx264",
                "-preset", "ultrafast", "-g", "15", "-f", "mpegts", clip_path], check=True, stdin=subprocess.DEVNULL)
with open(clip_path, "rb") as f:
    film = f.read()
stalled = []  # when a connection was left in the middle
opened = []


def serve(listener):
    """The first connection gets three seconds of film and then nothing; those after it everything, as it is due."""
    while True:
        c, _ = listener.accept()
        opened.append(time.monotonic())
        threading.Thread(target=send, args=(c, len(opened) == 1), daemon=True).start()


def send(c, stops):
    step = len(film) // 600  # a tenth of a second
    try:
        for i in range(600):
            if stops and i == 30:
                stalled.append(time.monotonic())
                time.sleep(600)
            c.sendall(film[i * step:(i + 1) * step])
            time.sleep(0.1)
    except OSError:
        pass


silent_opened = []


def say_nothing(listener):
    connections = []
    while True:
        connections.append(listener.accept()[0])
        silent_opened.append(time.monotonic())


silent = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=say_nothing, args=(silent,), daemon=True).start()
listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()

relay = Relay()
ear = Client("Ear", relay, create=True, camera="mpegts:tcp://127.0.0.1:%d" % silent.getsockname()[1])
wait_for(lambda: ear.ask("room")["code"], "Ear is in")
ann = Client("Ann", relay, invite=ear.invite(), camera="tcp://127.0.0.1:%d" % listener.getsockname()[1])
wait_for(lambda: ear.sees(1), "Ann is seen", 20)
wait_for(lambda: stalled, "her camera stops", 20)
wait_for(lambda: len(opened) > 1, "it is opened anew", 3 + 3 * max(SLOW, 1))
took = opened[1] - stalled[0]
with open(ann.p.log) as f:
    check("The camera stopped sending pictures." in f.read(), "it is said")
wait_for(lambda: ear.sees(1), "and she is seen again", 20)
check(all(m["camera"] for m in ear.others()), "with her camera on")
wait_for(lambda: len(silent_opened) > 1, "the one that says nothing is tried again", 10 + 3 * max(SLOW, 1))
with open(ear.p.log) as f:
    check("The camera cannot be opened." in f.read(), "it is said that it does not open")
gave_up = silent_opened[1] - silent_opened[0]
check(7.5 < gave_up, "it was given time")
ann.quit()
ear.quit()
passed("a camera that hangs is opened anew after %.1f s, one that says nothing is given up after %.1f s" % (took, gave_up))
