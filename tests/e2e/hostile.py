"""A relay whose operator is hostile, between real clients and a real relay. Clients know its own certificate by its
fingerprint; it reads, changes, drops and invents every control message, and every datagram goes through its own sockets: it
was told the hop keys and room secrets, as any relay is, so it can tag whatever it likes. Attacks are small classes with
hooks; one attack at a time is on. Standard library only; one thread."""
import asyncio
import ssl
import threading
import traceback

from peer import *
from sodium import *


class Attack:
    """Hooks take one message (a dict) or datagram (bytes) and give what goes on: the same, a changed one, several as a list,
    or None = nothing. They run in the relay's thread."""

    def on_control_up(self, leg, m):
        return m

    def on_control_down(self, leg, m):
        return m

    def on_datagram_up(self, leg, d):
        return d

    def on_datagram_down(self, leg, d):
        return d


def several(x):
    return x if isinstance(x, list) else [] if x is None else [x]


def texts(value):
    """All texts in a message, however deep."""
    if isinstance(value, str):
        yield value
    for x in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from texts(x)


def noise(data, what):
    """Nothing of structure is left: chi-square of its bytes (255 degrees: mean 255, deviation 23)."""
    check(len(data) > 2000, "too little to judge of %s: %d bytes" % (what, len(data)))
    counts = [0] * 256
    for x in data:
        counts[x] += 1
    chi = sum((c - len(data) / 256) ** 2 for c in counts) * 256 / len(data)
    check(chi < 420, "%s do not look like noise: chi-square %.0f" % (what, chi))


class Together(Attack):
    """Several attacks at once; each changes what the one before it lets through."""

    def __init__(self, *attacks):
        self.attacks = attacks

    def through(self, hook, leg, x):
        left = [x]
        for a in self.attacks:
            left = [z for y in left for z in several(getattr(a, hook)(leg, y))]
        return left

    def on_control_up(self, leg, m):
        return self.through("on_control_up", leg, m)

    def on_control_down(self, leg, m):
        return self.through("on_control_down", leg, m)

    def on_datagram_up(self, leg, d):
        return self.through("on_datagram_up", leg, d)

    def on_datagram_down(self, leg, d):
        return self.through("on_datagram_down", leg, d)


class Boxes(Attack):
    """Control messages are left alone; each box, up and down, goes through `box`."""

    def on_control_up(self, leg, m):
        if m["type"] != "box":
            return m
        kept = [x for b in m["boxes"] for x in several(self.box(leg, b, True))]
        return dict(m, boxes=kept) if kept else None

    def on_control_down(self, leg, m):
        return self.box(leg, m, False) if m["type"] == "box" else m


class Record:
    """All that he was told, before he changed anything: control messages both ways, datagrams up; and by client, what the real
    relay had for it: boxes and media."""

    def __init__(self):
        self.control, self.datagrams, self.boxes, self.media = [], [], {}, {}

    def learned_nothing(self, secrets, names):
        """No 16 bytes of any secret (all of a shorter one) stand in what was said, decoded from base64 or not; `names` do:
        they are no secret and show that it is looked for rightly. Boxes and sealed media look like noise."""
        pieces, short = set(), [s for s in secrets if len(s) < 16]
        for s in secrets:
            for i in range(0, len(s) - 15, 16):
                if len(set(s[i:i + 16])) > 4:  # a run of equal bytes may occur by itself
                    pieces.add(s[i:i + 16])
        said = [json.dumps(m).encode() for m in self.control]
        said += [unb64(t) for m in self.control for t in texts(m) if re.fullmatch(r"[\w-]{8,}", t) and len(t) % 4 != 1]
        for d in said + self.datagrams:
            found = [d[i:i + 16] for i in range(len(d) - 15) if d[i:i + 16] in pieces] or [s for s in short if s in d]
            check(not found, "he has read %r in %r" % (found[:1], d[:200]))
        check(len(pieces) > 100 and all(any(n in d for d in said) for n in names), "it was looked for in the right place")
        noise(b"".join(unb64(b["data"])[9:] for m in self.control for b in m.get("boxes", [])), "boxes")
        noise(b"".join(d[29:] for d in self.datagrams if d[0] in (4, 5, 9)), "sealed media")


def frame(data, op, mask):
    """One WebSocket frame."""
    m = 0x80 if mask else 0
    n = len(data)
    head = bytes([0x80 | op, m | n]) if n < 126 else struct.pack(">BBH", 0x80 | op, m | 126, n) if n < 65536 else \
        struct.pack(">BBQ", 0x80 | op, m | 127, n)
    if mask:
        key = os.urandom(4)
        data = (int.from_bytes(data, "big") ^ int.from_bytes((key * (n // 4 + 1))[:n], "big")).to_bytes(n, "big") if n else b""
        head += key
    return head + data


async def read_frame(reader):
    """(opcode, data, final)"""
    a, b = await reader.readexactly(2)
    n = b & 127
    if n >= 126:
        n = int.from_bytes(await reader.readexactly(2 if n == 126 else 8), "big")
    key = await reader.readexactly(4) if b & 0x80 else None
    data = await reader.readexactly(n)
    if key and n:
        data = (int.from_bytes(data, "big") ^ int.from_bytes((key * (n // 4 + 1))[:n], "big")).to_bytes(n, "big")
    return a & 15, data, bool(a & 0x80)


class Way:
    """The datagrams of one join: a socket the client sends to, and one towards the relay."""

    def __init__(self, relay, media_port):
        self.relay, self.client = relay, None
        self.front, self.back = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        self.front.bind(("127.0.0.1", 0))
        self.back.connect(("127.0.0.1", media_port))
        self.hop_key, self.secrets, self.boot_nonce = None, [], None
        self.newest = {}  # (sender, slot) -> number of the last datagram that went down
        for k, f in ((self.front, self.up), (self.back, self.down)):
            k.setblocking(False)
            k.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            relay.loop.add_reader(k, relay.guarded, f)

    def close(self):
        for k in (self.front, self.back):
            self.relay.loop.remove_reader(k)
            k.close()

    def up(self):
        for _ in range(64):
            try:
                d, self.client = self.front.recvfrom(2048)
            except OSError:
                return
            self.relay.tap.datagrams.append(d)
            for x in several(self.relay.attack.on_datagram_up(self.leg, d)):
                self.to_relay(x)

    def down(self):
        for _ in range(64):
            try:
                d = self.back.recv(2048)
            except OSError:
                return
            if d[0] == 8 and d[20] == 2:  # CHALLENGE: all hop keys follow from it
                self.boot_nonce = d[29:45]
            if d[0] in (4, 5, 9):
                at = (int.from_bytes(d[2:4], "big"), d[19])
                self.newest[at] = max(self.newest.get(at, 0), int.from_bytes(d[12:16], "big"))
                self.relay.tap.media.setdefault(self.leg.name, []).append(d)
            for x in several(self.relay.attack.on_datagram_down(self.leg, d)):
                self.to_client(x)

    def to_relay(self, d):
        try:
            self.back.send(d)
        except OSError:
            pass

    def to_client(self, d):
        if self.client:
            try:
                self.front.sendto(d, self.client)
            except OSError:
                pass

    def tag(self, d, number):
        """Stamp a media datagram for this client, as its relay may."""
        d = bytearray(d)
        key = kdf(self.secrets[0], "room down", self.boot_nonce)[:16]
        struct.pack_into(">I", d, 12, number & 0xFFFFFFFF)
        seen = number.to_bytes(6, "big") + struct.pack(">H", len(d)) + bytes(d[:8]) + bytes(d[16:29])
        d[8:12] = siphash(key, seen, 8)[:4]
        return bytes(d)

    def ahead(self, d, sender=None, slot=None, number=None, ts=None):
        """The same sealed bytes under another sender, slot or time, numbered so that the hop takes it."""
        d = bytearray(d)
        d[0] = 4
        if sender is not None:
            struct.pack_into(">H", d, 2, sender)
        if slot is not None:
            d[19] = slot
        if ts is not None:
            struct.pack_into(">I", d, 20, ts)
        at = (int.from_bytes(d[2:4], "big"), d[19])
        self.forged = getattr(self, "forged", {})
        if number is None:  # one never used here, well inside the window and ahead of what will come
            self.forged[at] = max(self.forged.get(at, 0), self.newest.get(at, 0) + 500) + 1
            number = self.forged[at]
        return self.tag(d, number)


class Leg:
    """One client's control connection, and what the relay has learned of it."""

    def __init__(self, relay, writer):
        self.relay, self.writer, self.behind, self.way = relay, writer, None, None
        self.name, self.me, self.code, self.room, self.signature = "", Person("?", identity=bytes(32), key=bytes(32)), 0, 0, None
        self.id = 0
        self.roster = {}  # what the real relay said: id -> entry

    def send(self, m):
        """To the client, past the attack's hooks."""
        if not self.writer.is_closing():
            self.writer.write(frame(json.dumps(m).encode(), 1, False))

    def say(self, m):
        """To the relay behind."""
        if self.behind and not self.behind.is_closing():
            self.behind.write(frame(json.dumps(m).encode(), 1, True))

    def learn_up(self, m):
        if m["type"] == "hello":
            self.name = self.me.name = m["name"]
            self.me.identity = unb64(m["identity"])
        if m.get("key"):
            self.me.key = unb64(m["key"])
        if m["type"] == "join":
            self.code = int(m["code"])
        self.signature = m.get("signature", self.signature)

    def learn_down(self, m):
        kind = m["type"]
        if kind == "room":
            self.id, self.room, self.code = m["self"], m["room"], int(m.get("code", 0))  # a call has none
            self.me.join = int(m["join"], 16)
            if m["join"] not in self.relay.ways:
                self.relay.ways[m["join"]] = Way(self.relay, m["media_port"])
            self.way = self.relay.ways[m["join"]]
            self.way.leg = self
            self.way.hop_key = unb64(m["hop_key"])
            m["media_host"], m["media_port"] = "127.0.0.1", self.way.front.getsockname()[1]
        if "room_secret" in m:
            self.way.secrets = [unb64(m["room_secret"])] + self.way.secrets[:1]
        for e in m["members"] if kind == "room" else [m] if kind == "joined" else []:
            self.roster[e["id"]] = dict(e)
        if kind == "left":
            self.roster.pop(m["id"], None)


class Hostile:
    """It looks like kit.Relay to a Client. `behind`: the real relay, without TLS."""
    tls, listen = True, "127.0.0.1"

    def __init__(self, behind):
        self.behind, self.attack, self.legs, self.ways, self.broken = behind, Attack(), [], {}, None
        self.tap = Record()
        key, certificate = (os.path.join(WORK, "hostile." + x) for x in ("key", "crt"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                        key, "-out", certificate, "-days", "30", "-subj", "/CN=hostile"], check=True, capture_output=True)
        public = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], check=True, capture_output=True).stdout
        der = base64.b64decode(b"".join(public.split(b"\n")[1:-2]))
        self.fingerprint = b64(hashlib.sha256(der).digest())
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.ready = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()
        self.ready.wait()

    @property
    def address(self):
        return "127.0.0.1:%d" % self.control

    def _run(self):
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self._client, "127.0.0.1", 0, ssl=self.context))
        self.control = server.sockets[0].getsockname()[1]
        self.ready.set()
        self.loop.run_forever()

    def guarded(self, f, *a):
        """A mistake in an attack must fail the test, not hang it."""
        try:
            return f(*a)
        except Exception:
            self.broken = traceback.format_exc()
            print(self.broken)

    def do(self, f, *a):
        """Run f in the relay's thread; gives what it gives."""
        check(not self.broken, "the attack itself is broken: %s" % self.broken)
        done, out = threading.Event(), []
        self.loop.call_soon_threadsafe(lambda: (out.append(self.guarded(f, *a)), done.set()))
        check(done.wait(10 * SLOW), "the hostile relay does not answer")
        check(not self.broken, "the attack itself is broken: %s" % self.broken)
        return out[0]

    def use(self, attack=None):
        """From now on this attack (none: honest); gives it."""
        attack = attack or Attack()
        self.do(lambda: setattr(self, "attack", attack))
        return attack

    def later(self, seconds, f, *a):
        self.loop.call_later(seconds, self.guarded, f, *a)

    def leg(self, name):
        """The newest connection of the client who says this name."""
        return [x for x in self.legs if x.name == name][-1]

    async def _client(self, reader, writer):
        leg = Leg(self, writer)
        behind = None
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            key = re.search(r"(?i)sec-websocket-key: *(\S+)", head)[1]
            accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
            writer.write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Protocol: parlour.1\r\nSec-WebSocket-Accept: %s\r\n\r\n" % accept).encode())
            behind, leg.behind = await asyncio.open_connection(self.behind.listen, self.behind.control)
            leg.behind.write(("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Protocol: parlour.1\r\nSec-WebSocket-Key: %s\r\n\r\n" % key).encode())
            await behind.readuntil(b"\r\n\r\n")
            self.legs.append(leg)
            pumps = [asyncio.ensure_future(self._pump(leg, *x)) for x in ((reader, writer, True), (behind, leg.behind, False))]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for p in pumps:
                p.cancel()
        except (OSError, EOFError, asyncio.IncompleteReadError):
            pass
        for w in (writer, leg.behind):
            if w and not w.is_closing():
                w.write(frame(struct.pack(">H", 1000), 8, w is leg.behind))
                w.close()

    async def _pump(self, leg, reader, writer, up):
        text = b""
        try:
            while True:
                op, data, final = await read_frame(reader)
                if op == 9:
                    writer.write(frame(data, 10, not up))
                elif op == 8:
                    return
                elif op == 2:  # datagrams over TCP
                    hook, out = (self.attack.on_datagram_up, leg.behind) if up else (self.attack.on_datagram_down, leg.writer)
                    for d in several(self.guarded(hook, leg, data)):
                        out.write(frame(d, 2, up))
                elif op in (0, 1):
                    text += data
                    if final:
                        self.guarded(self._message, leg, json.loads(text), up)
                        text = b""
        except (OSError, EOFError, asyncio.IncompleteReadError):
            pass

    def alive(self):
        """Who is in the room, by their newest connections."""
        return [x for x in {x.name: x for x in self.legs}.values() if x.way and not x.writer.is_closing()]

    def hang_up(self):
        """All control connections end."""
        for leg in self.legs:
            leg.writer.close()

    def _message(self, leg, m, up):
        self.tap.control.append(json.loads(json.dumps(m)))
        if m["type"] == "box" and not up:
            self.tap.boxes.setdefault(leg.name, []).append(m)
        if up:
            leg.learn_up(m)
            for x in several(self.attack.on_control_up(leg, m)):
                leg.say(x)
        else:
            leg.learn_down(m)
            for x in several(self.attack.on_control_down(leg, m)):
                leg.send(x)


# ---- a call through it ----

CAMERAS = {"Ann": "testsrc", "Bob": "testsrc2", "Cat": "smptebars", "Dan": "rgbtestsrc", "Eve": "yuvtestsrc", "Fay": "pal75bars"}


def enter(hostile, name, *args, **kw):
    """A client who knows the hostile relay's certificate. Small pictures, six a second; `dump`: what it opened."""
    c = Client(name, hostile, "--relay-fingerprint", hostile.fingerprint, "--rtp-dump", os.path.join(WORK, name + ".pcap"), *args,
               camera="lavfi:%s=size=160x90:rate=6" % CAMERAS[name], microphone="tone:%d" % (300 + 200 * ord(name[0]) % 1000), **kw)
    c.dump = os.path.join(WORK, name + ".pcap")
    return c


def opened(client):
    """What it opened: (sender and slot, time, sequence, mark, payload). Whole once it has ended."""
    data, at = open(client.dump, "rb").read(), 24
    while at + 16 <= len(data):
        size = struct.unpack_from(">I", data, at + 8)[0]
        p = data[at + 44:at + 16 + size]
        at += 16 + size
        sequence, ts, source = struct.unpack_from(">HII", p, 2)
        yield source, ts, sequence, p[1] & 0x80, p[12:]


def never_twice(client):
    """Everything it opened; no packet came more than once. It has ended."""
    packets = list(opened(client))
    again = len(packets) - len({x[:3] for x in packets})
    check(len(packets) > 200 and not again, "%s was given %d of %d packets twice" % (client.name, again, len(packets)))
    return packets


def all_see(who, text, seconds=20):
    for c in who:
        wait_for(lambda: len(c.others()) >= len(who) - 1 and c.sees(len(who) - 1), "%s sees everybody: %s" % (c.name, text), seconds)


def lines(c):
    return [x["text"] for x in c.ask("chat-log")]


def said(speaker, text, readers):
    speaker.ask("chat", text)
    for c in readers:
        wait_for(lambda: text in lines(c), "%s reads %r" % (c.name, text))


def heard_again(speaker, text, readers):
    """Boxes were lost: a line may fall into the gap, but soon one is read by all."""
    said = []

    def all_read():
        said.append("%s %d" % (text, len(said)))
        speaker.ask("chat", said[-1])
        time.sleep(0.3)
        return any(all(x in lines(c) for c in readers) for x in said)

    wait_for(all_read, "all read %s again" % speaker.name, 20)


def member(c, name):
    """As this client lists it, or {}."""
    return next((m for m in c.members() if m["name"] == name), {})
