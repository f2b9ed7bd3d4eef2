"""A camera that speaks RTSP 1.0 (RFC 2326) with its pictures in the same connection: H.264 of a file, again and again, at its
own speed (RFC 6184: single NAL units and FU-A). Like a camera it goes on whether somebody watches or not, so who comes
sees it from the middle of a stretch between two keyframes; parameter sets are in its description alone. It can be ended
and begun again on its port, ask for a password (digest), and be one of the bad ones."""
import base64
import hashlib
import os
import re
import socket
import struct
import threading
import time

from nals import slices_of, split

REALM, NONCE = "camera", "c0ffee"
PIECE = 1400  # of a NAL unit that does not fit


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


class RtspServer:
    """`manner`: "good", "silent" (takes connections, never answers), "rubbish" (noise instead of answers), "noise" (noise
    instead of pictures), "no" (there is no such stream)."""

    def __init__(self, annexb, fps, manner="good", user=None, password=None):
        with open(annexb, "rb") as f:
            nals = split(f.read())
        self.sets = [next(n for n in nals if n[0] & 31 == kind) for kind in (7, 8)]
        self.units = slices_of(nals)  # one slice each
        self.fps, self.manner, self.user, self.password = fps, manner, user, password
        self.began = time.monotonic()
        self.port = 0
        self.asked = []  # (when, method, address, authorization) of all requests
        self.opened = []  # when connections came
        self.start()

    @property
    def url(self):
        who = "%s:%s@" % (self.user, self.password) if self.user else ""
        return "rtsp://%s127.0.0.1:%d/stream" % (who, self.port)

    def start(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        self.connections = []
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def kill(self):
        """As when its cable is pulled and it says so: nobody listens any more, connections are reset."""
        for s in [self.listener] + self.connections:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()

    def until_keyframe(self):
        """Seconds until the next keyframe."""
        at = (time.monotonic() - self.began) * self.fps
        keys = [i for i, u in enumerate(self.units) if u[0] & 31 == 5]
        n = len(self.units)
        return min((k - at) % n for k in keys) / self.fps

    def _accept(self, listener):
        while True:
            try:
                s = listener.accept()[0]
            except OSError:
                return
            self.opened.append(time.monotonic())
            self.connections.append(s)
            threading.Thread(target=self._serve, args=(s,), daemon=True).start()

    def _serve(self, s):
        try:
            if self.manner == "rubbish":
                s.sendall(os.urandom(200000))
            if self.manner in ("silent", "rubbish"):
                while s.recv(65536):
                    pass
            else:
                self._converse(s)
        except OSError:
            pass
        s.close()

    def _converse(self, s):
        lock, buffer = threading.Lock(), b""
        while True:
            while b"\r\n\r\n" not in buffer:
                piece = s.recv(4096)
                if not piece:
                    return
                buffer += piece
                while len(buffer) >= 4 and buffer[:1] == b"$":  # RTCP of who watches
                    buffer = buffer[4 + struct.unpack(">H", buffer[2:4])[0]:]
            head, buffer = buffer.split(b"\r\n\r\n", 1)
            lines = head.decode().split("\r\n")
            method, address, _ = lines[0].split(" ")
            fields = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:])}
            self.asked.append((time.monotonic(), method, address, fields.get("authorization", "")))
            status, more, body = self._answer(method, address, fields)
            text = "RTSP/1.0 %s\r\nCSeq: %s\r\n%s" % (status, fields.get("cseq", "0"), more)
            text += "Content-Length: %d\r\n\r\n%s" % (len(body), body) if body else "\r\n"
            with lock:
                s.sendall(text.encode())
            if method == "PLAY" and status.startswith("200"):
                threading.Thread(target=self._play, args=(s, lock), daemon=True).start()
            if method == "TEARDOWN":
                return

    def _answer(self, method, address, fields):
        if self.user and method != "OPTIONS" and not self._known(method, fields.get("authorization", "")):
            return "401 Unauthorized", 'WWW-Authenticate: Digest realm="%s", nonce="%s"\r\n' % (REALM, NONCE), ""
        if method == "OPTIONS":
            return "200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n", ""
        if method == "DESCRIBE" and self.manner == "no":
            return "404 Not Found", "", ""
        if method == "DESCRIBE":
            sets = ",".join(base64.b64encode(s).decode() for s in self.sets)
            return "200 OK", "Content-Base: %s/\r\nContent-Type: application/sdp\r\n" % address, (
                "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
                "a=fmtp:96 packetization-mode=1;sprop-parameter-sets=%s\r\na=control:track1\r\n"
                "m=audio 0 RTP/AVP 8\r\na=control:track2\r\n"
                "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\na=control:track3\r\n" % sets)
        if method == "SETUP" and "interleaved=" not in fields.get("transport", ""):
            return "461 Unsupported Transport", "", ""
        if method == "SETUP":
            return "200 OK", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 4711;timeout=60\r\n", ""
        return "200 OK", "Session: 4711\r\n", ""

    def _known(self, method, given):
        part = dict(re.findall(r'(\w+)="([^"]*)"', given))
        secret = md5("%s:%s:%s" % (self.user, REALM, self.password))
        return part.get("response") == md5("%s:%s:%s" % (secret, NONCE, md5("%s:%s" % (method, part.get("uri")))))

    def _play(self, s, lock):
        number = 4000
        at = int((time.monotonic() - self.began) * self.fps)
        try:
            while True:
                time.sleep(max(self.began + at / self.fps - time.monotonic(), 0))
                unit = self.units[at % len(self.units)]
                if self.manner == "noise":
                    unit = os.urandom(len(unit))
                pieces = list(fragments(unit))
                stamp = at * 90000 // self.fps & 0xffffffff
                data = b""
                for i, piece in enumerate(pieces):
                    last = i + 1 == len(pieces)
                    rtp = struct.pack(">BBHII", 0x80, 96 | 0x80 * last, number & 0xffff, stamp, 0x11223344) + piece
                    data += b"$\0" + struct.pack(">H", len(rtp)) + rtp
                    number += 1
                with lock:
                    s.sendall(data)
                at += 1
        except OSError:
            pass


def fragments(nal):
    """A NAL unit as RTP payloads."""
    if len(nal) <= PIECE:
        yield nal
        return
    head, rest = nal[0], nal[1:]
    for at in range(0, len(rest), PIECE):
        begins, ends = at == 0, at + PIECE >= len(rest)
        yield bytes([head & 0xe0 | 28, 0x80 * begins | 0x40 * ends | head & 31]) + rest[at:at + PIECE]
