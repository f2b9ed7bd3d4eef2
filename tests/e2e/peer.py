"""The protocol by hand, so that malformed messages and datagrams can be sent too: WebSocket, UDP handshake, media."""
import base64
import hashlib
import ssl
import struct

from kit import *
from sodium import *

M = (1 << 64) - 1


class WebSocket:
    """RFC 6455 by hand, so that malformed frames can be sent too."""

    def __init__(self, relay, protocol="parlour.1", source=None, receive_buffer=None):
        self.buf = b""
        family = socket.AF_INET6 if ":" in relay.listen else socket.AF_INET
        self.k = socket.socket(family, socket.SOCK_STREAM)
        # Before the connection stands, and with a real network's segments: a window that shrinks under what was promised,
        # or that one of loopback's 64 KiB segments never fits, opens again only when TCP's timers fire, seconds later.
        self.k.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
        if receive_buffer:
            self.k.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.k.settimeout(5)
        if source:
            self.k.bind((source, 0))
        self.k.connect((relay.listen, relay.control))
        if relay.tls:
            c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
            self.k = c.wrap_socket(self.k)
            self.tls = self.k.version()
        key = base64.b64encode(os.urandom(16)).decode()
        head = ["GET / HTTP/1.1", "Host: x", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: " + key] + (["Sec-WebSocket-Protocol: " + protocol] if protocol else [])
        self.k.sendall("\r\n".join(head + ["", ""]).encode())
        while b"\r\n\r\n" not in self.buf:
            self._more()
        self.buf = self.buf.split(b"\r\n\r\n", 1)[1]

    def _more(self):
        d = self.k.recv(65536)
        if not d:
            raise EOFError
        self.buf += d

    def _need(self, n):
        while len(self.buf) < n:
            self._more()

    def frame(self, d, announced=None, first=0x81):
        n, mask = announced or len(d), os.urandom(4)
        head = bytes([first, 0x80 | n]) if n < 126 else bytes([first, 0xFE]) + struct.pack(">H", n) if n < 65536 else \
            bytes([first, 0xFF]) + struct.pack(">Q", n)
        self.k.sendall(head + mask + bytes(x ^ mask[i % 4] for i, x in enumerate(d)))

    def send(self, **message):
        self.frame(json.dumps(message).encode())

    def message(self):
        """The next one: (opcode, bytes)."""
        self._need(2)
        n, at = self.buf[1] & 127, 2
        if n >= 126:
            at = 4 if n == 126 else 10
            self._need(at)
            n = int.from_bytes(self.buf[2:at], "big")
        self._need(at + n)
        op, d, self.buf = self.buf[0] & 15, self.buf[at:at + n], self.buf[at + n:]
        if op == 8:
            raise EOFError
        if op == 9:
            self.frame(d, first=0x8A)
        return op, d

    def recv(self, timeout=5):
        self.k.settimeout(timeout * SLOW)
        while True:
            op, d = self.message()
            if op == 1:
                return json.loads(d)

    def until(self, kind, timeout=5):
        while True:
            m = self.recv(timeout)
            if m["type"] == kind:
                return m
            check(m["type"] != "error", "an error instead of %s: %s" % (kind, m))

    def closes(self):
        try:
            while True:
                self.recv(15)
        except (EOFError, ConnectionError, ssl.SSLError):
            return True


def siphash(key, data, size):
    v = [a ^ b for a, b in zip(struct.unpack("<QQ", key) * 2, (0x736F6D6570736575, 0x646F72616E646F6D,
                                                                0x6C7967656E657261, 0x7465646279746573))]

    def rounds(n):
        rot = lambda x, b: ((x << b) | (x >> (64 - b))) & M
        for _ in range(n):
            for a, b, c, d, r1, r2 in ((0, 1, 2, 3, 13, 16), (2, 1, 0, 3, 17, 21)):
                v[a] = (v[a] + v[b]) & M
                v[b] = rot(v[b], r1) ^ v[a]
                v[a] = rot(v[a], 32)
                x, y = (2, 3) if a == 0 else (0, 3)
                v[x] = (v[x] + v[y]) & M
                v[y] = rot(v[y], r2) ^ v[x]

    v[1] ^= 0xEE if size == 16 else 0
    data += b"\0" * (-(len(data) + 1) % 8) + bytes([len(data) & 255])
    for (m,) in struct.iter_unpack("<Q", data):
        v[3] ^= m
        rounds(2)
        v[0] ^= m
    v[2] ^= 0xEE if size == 16 else 0xFF
    rounds(4)
    out = struct.pack("<Q", v[0] ^ v[1] ^ v[2] ^ v[3])
    if size == 16:
        v[1] ^= 0xDD
        rounds(4)
        out += struct.pack("<Q", v[0] ^ v[1] ^ v[2] ^ v[3])
    return out


class Bridge:
    """Datagrams over a WebSocket, with the methods of a socket that are used here. Text that comes meanwhile is dropped."""

    def __init__(self, websocket):
        self.w = websocket

    def settimeout(self, seconds):
        self.w.k.settimeout(seconds)

    def send(self, d):
        self.w.frame(bytes(d), first=0x82)

    def recv(self, n):
        while True:
            d = self.w.message()
            if d[0] == 2:
                return d[1]


class Member:
    """The datagrams of one member, by UDP or through `bridge`."""

    def __init__(self, relay, room, bridge=None):
        self.k = bridge or socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        if not bridge:
            self.k.connect((relay.listen, relay.media))
        self.k.settimeout(5 * SLOW)
        self.room, self.me = room["room"], room["self"]
        self.hop, self.ticket = unb64(room["hop_key"]), unb64(room["ticket"])
        self.other = self.media = 0

    def head(self, kind, slot=0, number=0, mark=0):
        return struct.pack(">BBHIII3xB", kind, mark, self.me, self.room, 0, number & 0xFFFFFFFF, slot)

    def handshake(self):
        nonce = struct.pack(">Q", int(time.time() * 1e6))
        ticket = struct.pack(">H", len(self.ticket)) + self.ticket
        c = None
        while not c:  # again each 250 ms, as a client does
            self.hellos = getattr(self, "hellos", 0) + 1
            check(self.hellos < 30 * SLOW, "a hello is answered")
            self.k.send((self.head(8) + b"\1" + nonce + ticket).ljust(400, b"\0"))
            c = self.link_answer(b"\2" + nonce, 0.25)
        check(len(c) <= 400, "a challenge is no longer than its hello")
        kdf = hashlib.blake2b(b"\x06hop up" + nonce + c[29:45], key=self.hop, digest_size=32)
        self.up = kdf.digest()[:16]
        proof = self.head(8) + b"\3" + nonce + c[29:65] + ticket
        self.k.send(proof + siphash(self.up, bytes(6) + proof, 16))
        check(self.link_answer(b"\5", 5 * SLOW), "the proof is answered")
        self.k.settimeout(5 * SLOW)

    def link_answer(self, begins, timeout):
        """The next datagram of the link itself whose body begins so; what was on its way before the handshake, as media
        or a second challenge, is passed over. None after `timeout` seconds."""
        end = time.time() + timeout
        while (left := end - time.time()) > 0:
            self.k.settimeout(left)
            try:
                d = self.k.recv(2000)
            except TimeoutError:
                return None
            if d[0] == 8 and d[20:].startswith(begins):
                return d
        return None

    def sealed(self, kind, body):
        self.other += 1
        d = self.head(kind, number=self.other) + body
        self.k.send(d + siphash(self.up, self.other.to_bytes(6, "big") + d, 16))

    def ping(self):
        self.sealed(8, struct.pack(">BQQIQ", 4, self.media + 1, self.other + 2, 1, 0))

    def send_media(self, slot=0, size=200, kind=4, mark=0):
        self.media += 1
        d = bytearray(self.head(kind, slot, self.media, mark) + os.urandom(size - 20))
        seen = self.media.to_bytes(6, "big") + struct.pack(">H", size) + bytes(d[:8]) + bytes(d[16:29])
        d[8:12] = siphash(self.up, seen, 8)[:4]
        self.k.send(d)
        return bytes(d)

    def hears(self, datagram, timeout=5):
        end = time.time() + timeout * SLOW
        while time.time() < end:
            self.k.settimeout(max(0.01, end - time.time()))
            try:
                d = self.k.recv(2000)
            except TimeoutError:
                return False
            if d[0] == 4 and d[20:] == datagram[20:] and d[1:8] == datagram[1:8]:
                return True
        return False


TOKEN = os.urandom(32)
ADMIT = b64(hashlib.blake2b(TOKEN, digest_size=32).digest())


PEOPLE = {}  # everybody keeps his identity


def signed_key(name):
    """A fresh join key and the statement that goes with it, as fields of a message."""
    key = os.urandom(32)
    return {"key": b64(key), "signature": b64(PEOPLE.setdefault(name, Person(name)).statement(key))}


def states(entry):
    """Has who is called so in a roster entry or a knock signed his key?"""
    name, key = entry["name"].encode(), unb64(entry["key"])
    return signed("parlour join 1", key + bytes([len(name)]) + name, unb64(entry["signature"]), unb64(entry["identity"]))


def hello(relay, name, source=None, receive_buffer=None, **more):
    w = WebSocket(relay, source=source, receive_buffer=receive_buffer)
    w.send(type="hello", version="1.0", name=name, identity=b64(PEOPLE.setdefault(name, Person(name)).identity), **more)
    w.name = name
    check(w.recv()["type"] == "welcome", name + " is welcome")
    return w


def create(w, **more):
    """Ask for a room; its `room` is still to be heard."""
    w.send(type="create", request=1, admit_hash=ADMIT, **signed_key(w.name), **more)


def join(w, code, token=TOKEN, **more):
    """With the invite's token, or (None) by the code alone."""
    more.update({"token": b64(token)} if token else {})
    w.send(type="join", request=2, code=code, **signed_key(w.name), **more)
    return w.recv()
