#!/usr/bin/env python3
"""Hundreds of connections that send one byte a second, stopped at every stage: somebody who joins does not notice, what they
hold is bounded, and each is cut off when its time is over."""
import select
import threading

from peer import *

CONNECTIONS, STAGES = 500, ("silent", "tls", "upgrade", "hello", "message")
# Seconds each stage may last at most: 5 for TLS, 5 more for the hello, 10 for a message; and what a loaded machine takes.
ALLOWED = {"silent": 5, "tls": 5, "upgrade": 10, "hello": 10, "message": 10}
SLACK = 2.5 * SLOW
LONG = 60 if os.environ.get("PARLOUR_FULL") else 12


def client_hello():
    """The bytes of a TLS ClientHello, without sending them."""
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
    out = ssl.MemoryBIO()
    try:
        c.wrap_bio(ssl.MemoryBIO(), out).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


HELLO_TLS = client_hello()


class Dribbler:
    """One connection that got as far as its stage and now sends one byte a second."""

    def __init__(self, relay, number):
        self.stage, self.closed, self.at = STAGES[number % len(STAGES)], False, 0
        source = "127.%d.0.%d" % (10 + number // 25, 1 + number // 25)
        if self.stage in ("silent", "tls"):
            self.k = socket.create_connection((relay.listen, relay.control), 5, (source, 0))
            self.rest = HELLO_TLS if self.stage == "tls" else b""
        elif self.stage == "upgrade":
            self.k = socket.create_connection((relay.listen, relay.control), 5, (source, 0))
            c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
            self.k = c.wrap_socket(self.k)
            self.rest = b"GET / HTTP/1.1\r\nHost: x\r\nX-Padding: " + b"x" * 1000
        else:
            w = WebSocket(relay, source=source) if self.stage == "hello" else hello(relay, "Slow", source)
            self.k = w.k
            self.rest = b"\x81\xfe" + struct.pack(">H", 900) + bytes(4) + b'{"type":"hello",' + b" " * 800
            if self.stage == "message":
                self.k.send(self.rest[:8])  # the header; a message is under way from there on
                self.at = 8
        self.born = time.monotonic()
        self.life = None
        self.k.setblocking(False)

    def step(self):
        """One more byte; notices the end."""
        try:
            if self.at < len(self.rest):
                self.k.send(self.rest[self.at:self.at + 1])
                self.at += 1
            while self.k.recv(4096):
                pass
            self.end()
        except (ssl.SSLWantReadError, BlockingIOError):
            pass
        except OSError:
            self.end()

    def end(self):
        self.closed, self.life = True, time.monotonic() - self.born
        self.k.close()


class Crowd(threading.Thread):
    """Keeps that many dribblers alive: who is cut off is replaced."""

    def __init__(self, relay):
        super().__init__(daemon=True)
        self.relay, self.again, self.ending = relay, True, False
        self.all = [None] * CONNECTIONS
        self.lives = {s: [] for s in STAGES}
        self.refused = self.made = 0

    def turn(self):
        for i, d in enumerate(self.all):
            if d:
                d.step()
                if d.closed:
                    self.lives[d.stage].append(d.life)
                    self.all[i] = d = None
            if not d and self.again and not self.ending:
                try:
                    self.all[i] = Dribbler(self.relay, i)
                    self.made += 1
                except (OSError, EOFError, SystemExit):
                    self.refused += 1

    def run(self):
        while not self.ending:
            begun = time.monotonic()
            self.turn()
            time.sleep(max(0.05, 1 - (time.monotonic() - begun)))

    def alive(self):
        return sum(1 for d in self.all if d)


def join_time(relay, code):
    begun = time.monotonic()
    w = hello(relay, "Guest")
    room = join(w, code)
    check(room["type"] == "room", "the guest is in: %s" % room)
    Member(relay, room).handshake()
    took = time.monotonic() - begun
    w.send(type="leave")
    w.k.close()
    return took


relay = Relay(tls=True)
host = hello(relay, "Host")
create(host)
room = host.until("room")
a = Member(relay, room)
a.handshake()
without = max(join_time(relay, room["code"]) for _ in range(5))
files = relay.open_files()
crowd = Crowd(relay)
crowd.start()
wait_for(lambda: crowd.made + crowd.refused >= CONNECTIONS, "the crowd", 60)
print("crowd: %d made, %d refused" % (crowd.made, crowd.refused))
times, cpu, most, begun = [], relay.cpu_s(), 0, time.monotonic()
while time.monotonic() - begun < LONG:
    times.append(join_time(relay, room["code"]))
    most = max(most, relay.open_files())
    a.ping()
    time.sleep(0.5)
share = (relay.cpu_s() - cpu) / (time.monotonic() - begun)
print("join: at most %.0f ms without, %.0f ms with %d slow connections (%d tries); open files %d -> %d; %.0f %% of a core; "
      "%d connections made, %d refused" % (without * 1000, max(times) * 1000, crowd.alive(), len(times), files, most,
                                          share * 100, crowd.made, crowd.refused))
check(max(times) < without + 1 * SLOW, "a join takes %.2f s longer" % (max(times) - without))
# Beyond those that may wait and those that are welcome: what has come in or is being closed in one turn of the loop.
check(most <= files + 256 + CONNECTIONS // len(STAGES) + 40, "open files are bounded: %d" % most)
crowd.again = False
wait_for(lambda: crowd.alive() == 0, "all of them are cut off", 25)
crowd.ending = True
crowd.join()
for stage, lives in crowd.lives.items():
    print("%-8s %3d cut off after %.1f to %.1f s" % (stage, len(lives), min(lives, default=0), max(lives, default=0)))
for stage, lives in crowd.lives.items():
    check(max(lives, default=0) < ALLOWED[stage] + SLACK, "%s lasts %.1f s" % (stage, max(lives, default=0)))
wait_for(lambda: relay.open_files() <= files + 2, "no descriptor is left behind: %d" % relay.open_files())
check(join_time(relay, room["code"]) < without + 1 * SLOW, "afterwards all is as before")
passed("slow connections")
