#!/usr/bin/env python3
"""Media through the WebSocket: only a member's own, in its own room; it moves there and back; sizes are held; what a slow
client does not read is dropped and not kept; sockets are given back."""
from peer import *

for tls, args in ((False, []), (True, ["--workers", "2"])):
    relay = Relay(tls=tls, name="relay%d" % tls, args=args)
    ann = hello(relay, "Ann")
    create(ann)
    room = ann.until("room")
    a = Member(relay, room)
    a.handshake()
    idle = relay.open_files()

    bob = hello(relay, "Bob", receive_buffer=32768)
    bob.frame(os.urandom(200), first=0x82)  # in no room yet: goes nowhere
    b = Member(relay, join(bob, room["code"]), Bridge(bob))
    check(relay.open_files() == idle + 1, "no socket before he has sent media")
    b.handshake()
    check(relay.open_files() == idle + 2, "one socket for it: %d" % (relay.open_files() - idle))
    wait_for(lambda: b.hears(a.send_media(), 0.3), "Bob hears Ann through the WebSocket", 5)
    check(a.hears(b.send_media(size=1180)), "Ann hears Bob")
    passed("media through the WebSocket, %s" % ("TLS" if tls else "plain"))

    stray = Member(relay, dict(room), Bridge(bob))
    stray.me, stray.up, stray.media = a.me, a.up, a.media + 100  # Ann's own key, from Bob's connection
    check(not b.hears(stray.send_media(), 0.5), "no other member's datagrams go through")

    k = b.k
    b.k = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    b.k.connect((relay.listen, relay.media))
    b.k.settimeout(5)
    b.handshake()
    wait_for(lambda: b.hears(a.send_media(), 0.3), "Bob hears Ann by UDP", 5)
    b.k, b.media, b.other = k, 0, 0
    b.handshake()
    wait_for(lambda: b.hears(a.send_media(), 0.3), "and through the WebSocket again", 5)
    passed("there and back")

# A client that does not read: what waits for it is bounded, and when it reads again the newest comes. Sound at the most a
# sender may send to all, so that nothing but this queue drops any.
sent, seconds, room_in_kernel = [], 4, 300
before = relay.resident_kib()
for i in range(200 * seconds):
    sent.append(a.send_media(slot=0, size=1180)[20:])
    time.sleep(0.005)
    if i % 100 == 0:
        a.ping()
        b.ping()
check(relay.resident_kib() - before < 4096, "memory is bounded: %d KiB more" % (relay.resident_kib() - before))
heard = set()


def read_on():
    b.ping()
    newest = a.send_media(slot=0, size=1180)[20:]
    b.k.settimeout(0.5)
    try:
        while newest not in heard:
            heard.add(b.k.recv(2000)[20:])
    except TimeoutError:
        return False
    return True


wait_for(read_on, "the newest arrives", 5)
got = sum(d in heard for d in sent)
print("unread for %d seconds: %d of %d datagrams arrived, then the newest" % (seconds, got, len(sent)))
check(got < len(sent) - room_in_kernel, "and what is too old was dropped")
passed("a client that does not read")

for size, text in ((19, "too short"), (1201, "too long"), (70000, "announced too long")):
    eve = hello(relay, "Eve")
    join(eve, room["code"])
    eve.frame(os.urandom(min(size, 5000)), announced=size, first=0x82)
    check(eve.closes(), text + ": closed")
eve = hello(relay, "Eve")
join(eve, room["code"])
eve.frame(os.urandom(100), first=0x02)  # the first of several fragments
eve.frame(os.urandom(100), first=0x80)
check(eve.closes(), "a datagram in pieces: closed")
eve.k.close()
passed("sizes")

time.sleep(1)  # the others' are closed
before = relay.open_files()
bob.send(type="leave")
wait_for(lambda: relay.open_files() == before - 1, "its socket is given back when he leaves", 5)
bob.k.close()
wait_for(lambda: relay.open_files() == before - 2, "and all else when he goes", 5)
check(a.hears(a.send_media(), 0.1) is False and relay.p.poll() is None, "the relay serves on")
passed("sockets are given back")
