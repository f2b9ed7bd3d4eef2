#!/usr/bin/env python3
"""The bad line itself: what it carries comes whole, in its time and as often as was asked for; and a call goes through it,
clean and with a loss."""
import random

from bad_line import *

# ---- plain sockets ----


class Echo:
    """A relay in shape only: one UDP and one TCP port that send back what comes."""

    def __init__(self):
        self.udp, self.tcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket()
        for s in (self.udp, self.tcp):
            s.bind(("127.0.0.1", 0))
        self.tcp.listen()
        self.media, self.control = self.udp.getsockname()[1], self.tcp.getsockname()[1]
        for f in (self.by_udp, self.by_tcp):
            threading.Thread(target=f, daemon=True).start()

    def by_udp(self):
        while True:
            data, who = self.udp.recvfrom(2000)
            self.udp.sendto(data, who)

    def by_tcp(self):
        while True:
            s, _ = self.tcp.accept()
            with s:
                for data in iter(lambda: s.recv(65536), b""):
                    s.sendall(data)


def there_and_back(line, echo, count, every_s):
    """{number: s it took} of datagrams of 1000 bytes"""
    s, out, sent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), {}, {}
    s.connect((line.address, echo.media))

    def receive():
        while True:
            n = int(s.recv(2000)[:8])
            out[n] = time.monotonic() - sent[n]

    threading.Thread(target=receive, daemon=True).start()
    begin = time.monotonic()
    for i in range(count):
        time.sleep(max(0, begin + i * every_s - time.monotonic()))
        sent[i] = time.monotonic()
        s.send(b"%08d" % i + bytes(992))
    time.sleep(0.5 * SLOW)
    return out


def through_tcp(line, echo, data):
    """s until all of it has come back"""
    s = socket.create_connection((line.address, line.control))
    began, back = time.monotonic(), bytearray()
    writer = threading.Thread(target=lambda: (s.sendall(data), s.shutdown(socket.SHUT_WR)), daemon=True)
    writer.start()
    for part in iter(lambda: s.recv(65536), b""):
        back += part
    check(bytes(back) == data, "TCP: %d bytes came back of %d, or not the same" % (len(back), len(data)))
    return time.monotonic() - began


echo = Echo()
line = BadLine(echo, "delay=20", "up.delay=10")
took = there_and_back(line, echo, 200, 0.005)
check(len(took) == 200, "%d of 200 came back" % len(took))
check(min(took.values()) >= 0.030, "not before 30 ms: %.1f" % (1000 * min(took.values())))
line.set("up.loss=20 delay=2")
lost = 500 - len(there_and_back(line, echo, 500, 0.002))
line.set("up.loss=0 rate=4000 queue=50 late=20 late-by=30")
data = random.Random(1).randbytes(500000)
rate = through_tcp(line, echo, data)
check(rate >= 0.95, "500 kB at 4 Mbit/s take a second: %.2f s" % rate)
line.set("cut=1")
late = time.monotonic()
threading.Timer(0.5, line.set, ["cut=0 rate=0"]).start()
through_tcp(line, echo, b"after the outage")
check(time.monotonic() - late >= 0.5, "TCP waits for the end of an outage")
stretches, summary = line.end()
check(lost == stretches[1]["up"]["lost"] and 60 <= lost <= 140, "of 500 a fifth is lost, and counted: %d" % lost)
print("late by p50 %.2f p99 %.2f max %.2f ms" % tuple(summary["late_ms"][k] for k in ("p50", "p99", "max")))
passed("the line does what it says")

# ---- a call ----

relay = Relay()
line = BadLine(relay, "delay=15")
a = Client("Amina", relay, create=True, microphone="tone:440", speaker="file:" + os.path.join(WORK, "a.wav"))
b = Client("Robert", relay, invite=line.invite(a.invite()), microphone="tone:700",
           speaker="file:" + os.path.join(WORK, "b.wav"))
wait_for(lambda: a.sees(1) and b.sees(1), "both see each other", 15)
time.sleep(4)


def told():
    return [p.streams()[0] for p in (a, b)]


before = told()
check(b.ask("stats")["call"]["rtt_ms"] >= 30 and b.ask("stats")["call"]["path"] == "udp", "Robert by UDP through the line")
check(sum(s["lost"] for s in before) == 0, "nothing is lost on a clean line: %s" % before)
line.set("loss=5")
time.sleep(5)
after = told()
stretches, summary = line.end()
bad = stretches[-1]
check(summary["udp_clients"] >= 1 and summary["tcp_connections"] >= 1, "all of it went through the line: %s" % summary)
for way in ("up", "down"):
    share = bad[way]["lost"] / bad[way]["in"]
    check(0.01 < share < 0.12, "5 %% are lost: %.3f of %d %s" % (share, bad[way]["in"], way))
for name, x, y in zip(("Amina", "Robert"), before, after):
    check(y["frames_decoded"] > x["frames_decoded"] + 20, "%s still sees pictures" % name)
check(after[1]["repaired"] > before[1]["repaired"], "what Robert lost was repaired")  # Amina's line is clean
a.quit()
b.p.terminate()  # without a relay he would wait
passed("a call through a bad line")
