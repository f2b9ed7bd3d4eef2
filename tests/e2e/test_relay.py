#!/usr/bin/env python3
"""The relay alone, met from outside with what any stock tool could send: entry, garbage, limits, a killed relay."""
from peer import *

relay = Relay(tls=True, args=["--history-mb", "1"])  # more fills up with media, as it should
ann = hello(relay, "Ann")
check(ann.tls == "TLSv1.3", "TLS 1.3: " + ann.tls)
create(ann)
room_a = ann.until("room")
bob = hello(relay, "Bob")
room_b = join(bob, room_a["code"])
check(room_b["type"] == "room" and ann.until("joined")["name"] == "Bob", "Bob is in the room")
eve = hello(relay, "Eve")
wrong = "%06d" % ((int(room_a["code"]) + 1) % 1000000)
answers = [join(eve, wrong), join(eve, room_a["code"], os.urandom(32))]
check(answers[0] == answers[1] and answers[0]["code"] == "no-room", "a wrong code and a wrong token are answered alike")
a, b = Member(relay, room_a), Member(relay, room_b)
a.handshake()
b.handshake()
check(b.hears(a.send_media()), "sound flows")
passed("entry and forwarding")

before = relay.resident_kib()
for junk in (b"{", b"\xff\xfe", b"[]", b"{}", b'{"type":"welcome","version":"1.0","resumed":false}', b"x" * 2000):
    w = WebSocket(relay)
    w.frame(junk)
    check(w.closes(), "junk before the hello closes: %r" % junk[:20])
for protocol in (None, "other"):
    try:
        check(WebSocket(relay, protocol).closes(), "another sub-protocol closes")
    except (EOFError, ConnectionError):
        pass
w = hello(relay, "Big")
w.frame(b"x" * 100, announced=1 << 30)
check(w.closes(), "an oversized message is refused by its announced length")
for _ in range(10):
    with socket.create_connection(("127.0.0.1", relay.control)) as k:
        k.sendall(os.urandom(5000))
stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
stranger.connect(("127.0.0.1", relay.media))
for i in range(20000):
    stranger.send(os.urandom(i % 1400) if i % 2 else a.head(4 + i % 7, i & 255, i) + os.urandom(i % 1100))
stranger.settimeout(0.5)
try:
    check(not stranger.recv(2000), "a stranger was answered")
except TimeoutError:
    pass
for i in range(3000):  # a member's garbage under his good key
    if i % 3:
        body = os.urandom(1 + i % 300)
        a.sealed(7 + i % 3 % 2, body if body[0] != 6 else b"\xff" + body)  # not a goodbye
    else:
        a.send_media(slot=i & 255, size=45 + i % 1100, kind=(4, 5)[i % 2], mark=i & 255)
check(relay.p.poll() is None, "the relay lives")


def flows():
    b.ping()  # the garbage may have taken so long that he is taken for away
    return b.hears(a.send_media(), 0.5)


wait_for(flows, "sound flows after all the garbage", 10)
check(relay.resident_kib() - before < 4096 * SLOW, "garbage costs no memory: %d KiB" % (relay.resident_kib() - before))
passed("garbage on both ports, and from a member")

sitting = [socket.create_connection(("127.0.0.1", relay.control)) for _ in range(60)]
time.sleep(12 * SLOW)
check(hello(relay, "Late"), "those who only sit are gone after their time")
for k in sitting:
    k.close()
passed("silent connections")

relay.kill()
relay.run()
begun = time.time()
a, b = Member(relay, room_a), Member(relay, room_b)
a.handshake()
b.handshake()
check(b.hears(a.send_media()), "sound flows after the restart")
print("media again %.0f ms after the port was open" % ((time.time() - begun) * 1000))
ann = hello(relay, "Ann", ticket=room_a["ticket"], **signed_key("Ann"))
again = ann.until("room")
check(again["resumed"] and again["code"] == room_a["code"] and again["self"] == room_a["self"], "same room, code and id")
check([m["name"] for m in again["members"]] == ["Bob"], "Bob is in it, by his datagrams alone")
new = hello(relay, "New")
create(new)
check(new.recv()["code"] == "not-now", "no new room right after a cold start")
check(join(new, room_a["code"])["type"] == "room", "the old code lets a new one in")
begun = time.time()
while time.time() - begun < 3.5:
    a.ping()
    time.sleep(0.2)
m = ann.until("away", 10)
check(m["id"] == room_b["self"] and m["away"], "silence is away")
check(time.time() - begun < 5 * SLOW, "within 5 s")
relay.p.terminate()
check(relay.p.wait(10) == 0, "the relay ends well")
passed("a killed relay gets everything back from tickets")

relay = Relay()
for host in ("127.0.0.2", "::1"):
    try:
        socket.create_connection((host, relay.control), 5).close()
        fail("told to listen on %s, the relay answers on %s" % (relay.listen, host))
    except OSError:
        pass
socket.create_connection((relay.listen, relay.control), 5).close()
passed("it listens where it was told to, and nowhere else")

for args, code in ((["--frobnicate"], 64), (["--control-port", "70000"], 64), (["--listen", "no.such.host"], 64),
                   (["--config", "/nonexistent"], 78), (["--tls-cert", "/nonexistent", "--tls-key", "/nonexistent"], 78)):
    p = subprocess.run([os.path.join(BUILD, "parlour-relay"), "--state-dir", os.path.join(WORK, "s"), *args],
                       capture_output=True, text=True, timeout=20)
    check(p.returncode == code and p.stderr.count("\n") >= 1, "exit %d for %s: %s" % (code, args, p.stderr))
os.chmod(os.path.join(relay.state, "ticket.key"), 0o644)
p = subprocess.run([os.path.join(BUILD, "parlour-relay"), "--state-dir", relay.state], capture_output=True, timeout=20)
check(p.returncode == 78, "a key others can read is refused")
passed("exit codes")
