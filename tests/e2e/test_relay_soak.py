#!/usr/bin/env python3
"""People come and go for minutes, by goodbye, by leaving and by silence, through restarts: the relay's memory, descriptors
and threads stay what they were. Ten minutes with --full, a quarter of one otherwise."""
from peer import *

FULL = bool(os.environ.get("PARLOUR_FULL"))
LIVES, LIFE_S = (2, 200) if FULL else (2, 7)
FAST_ROOMS = 2500 if FULL else 60
ROOMS_PER_S, MEMBERS = 4, 4


class Room:
    """One call of four, over quickly; each ends in its own way."""

    def __init__(self, relay, number):
        self.number = number
        self.sockets = [hello(relay, "M%d" % i, "127.%d.%d.%d" % (40 + i, number // 200 % 200, 1 + number % 200))
                        for i in range(MEMBERS)]
        create(self.sockets[0])
        first = self.sockets[0].until("room")
        rooms = [first] + [join(w, first["code"]) for w in self.sockets[1:]]
        check(all(r["type"] == "room" for r in rooms), "all get in: %s" % rooms)
        self.members = [Member(relay, r) for r in rooms]
        for m in self.members:
            m.handshake()

    def talk(self):
        for m in self.members:
            for _ in range(3):
                m.send_media()
        check(self.members[1].hears(self.members[0].send_media()), "they hear each other")

    def end(self):
        way = self.number % 3
        for w, m in zip(self.sockets, self.members):
            if way == 0:
                m.sealed(8, b"\x06\0")
            elif way == 1:
                w.send(type="leave")
                w.send(type="leave", request=9)  # an error once the first was taken; closing before could undo it
                w.k.shutdown(socket.SHUT_WR)
                check(w.closes(), "it ends")
            w.k.close()  # way 2: without a word
            m.k.close()


def threads(relay):
    return len(os.listdir("/proc/%d/task" % relay.p.pid))


def slope(points):
    """KiB per minute, by least squares."""
    n, mx, my = len(points), sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
    below = sum((x - mx) ** 2 for x, _ in points)
    return 60 * sum((x - mx) * (y - my) for x, y in points) / below if n > 1 and below else 0.0


relay = Relay(args=["--history-mb", "1"])
number = 0
for life in range(LIVES):
    if life:
        time.sleep(1)
        relay.kill()
        relay.run()
        time.sleep(5.5)  # no new room right after a cold start
    files, lanes = relay.open_files(), threads(relay)
    cold = relay.resident_kib()
    half = cold
    for i in range(FAST_ROOMS):
        Room(relay, number // 2 * 3 + number % 2).end()  # no silent ones: they stay for 30 s
        number += 1
        if i == FAST_ROOMS // 2:
            half = relay.resident_kib()
    grown = relay.resident_kib() - half
    print("life %d: %d rooms one after the other, memory %+d KiB in the second half of them" % (life + 1, FAST_ROOMS, grown))
    if SLOW == 1:  # a leak of 64 bytes a member would be 300 KiB in the long form
        check(grown < (256 if FULL else 1024), "memory climbs with each room")
    begun, points = time.monotonic(), []
    while time.monotonic() - begun < LIFE_S:
        due = time.monotonic() + 1 / ROOMS_PER_S
        room = Room(relay, number)
        room.talk()
        room.end()
        number += 1
        points.append((time.monotonic() - begun, relay.resident_kib()))
        time.sleep(max(0, due - time.monotonic()))
    # Silence takes 30 s to be leaving: only then has memory seen all it will see.
    settled = [p for p in points if p[0] > min(60, LIFE_S / 2)]
    rate = slope(settled)
    wait_for(lambda: relay.open_files() <= files, "no descriptor is left: %d, %d before" % (relay.open_files(), files), 10)
    print("life %d: %d rooms, memory %d KiB empty, %d KiB at the end, slope %+.1f KiB/min; %d descriptors, %d threads" %
          (life + 1, FAST_ROOMS + len(points), cold, points[-1][1], rate, files, lanes))
    check(threads(relay) == lanes, "no thread is left")
    check(points[-1][1] - cold < 12288 * SLOW, "memory grows")
relay.p.terminate()
check(relay.p.wait(10) == 0, "the relay ends well")
passed("%d rooms came and went" % number)
