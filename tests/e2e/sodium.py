"""What a client can compute, for one who plays a client: libsodium by ctypes, join statements, pair keys, boxes, the grant at
the door (PROTOCOL.md §6, §12)."""
import base64
import ctypes
import hashlib
import os
import struct

_S = ctypes.CDLL("libsodium.so.23")
assert _S.sodium_init() >= 0


def b64(b):
    return base64.urlsafe_b64encode(b).rstrip(b"=").decode()


def unb64(s):
    return base64.urlsafe_b64decode(s + "=" * (-len(s) % 4))


def kdf(key, label, data=b""):
    return hashlib.blake2b(bytes([len(label)]) + label.encode() + data, key=key, digest_size=32).digest()


def _pair(function, public, secret):
    a, b = ctypes.create_string_buffer(public), ctypes.create_string_buffer(secret)
    function(a, b)
    return a.raw, b.raw


def sign(label, data, secret):
    out, m = ctypes.create_string_buffer(64), label.encode() + data
    _S.crypto_sign_detached(out, None, m, ctypes.c_ulonglong(len(m)), secret)
    return out.raw


def signed(label, data, signature, public):
    m = label.encode() + data
    return _S.crypto_sign_verify_detached(signature, m, ctypes.c_ulonglong(len(m)), public) == 0


def encrypt(key, nonce, aad, clear):
    out = ctypes.create_string_buffer(len(clear) + 16)
    _S.crypto_aead_xchacha20poly1305_ietf_encrypt(out, None, clear, ctypes.c_ulonglong(len(clear)), aad,
                                                  ctypes.c_ulonglong(len(aad)), None, nonce, key)
    return out.raw


def decrypt(key, nonce, aad, sealed):
    """The clear bytes, or None."""
    out = ctypes.create_string_buffer(max(len(sealed) - 16, 1))
    bad = _S.crypto_aead_xchacha20poly1305_ietf_decrypt(out, None, None, sealed, ctypes.c_ulonglong(len(sealed)), aad,
                                                        ctypes.c_ulonglong(len(aad)), nonce, key)
    return None if bad else out.raw[:len(sealed) - 16]


class Person:
    """An identity and a join key; of others only the public halves."""

    def __init__(self, name, join=0, identity=None, key=None):
        self.name, self.join = name, join
        self.secret = self.key_secret = None
        if identity:
            self.identity, self.key = identity, key
        else:
            self.identity, self.secret = _pair(_S.crypto_sign_keypair, 32, 64)
            self.key, self.key_secret = _pair(_S.crypto_kx_keypair, 32, 32)

    def statement(self, key=None):
        name = self.name.encode()
        return sign("parlour join 1", (key or self.key) + bytes([len(name)]) + name, self.secret)

    def entry(self, id, **more):
        """As the roster lists it."""
        return dict(id=id, join="%016x" % self.join, name=self.name, identity=b64(self.identity), key=b64(self.key),
                    signature=b64(self.statement()), **more)

    def kx(self, them, client):
        rx, tx = ctypes.create_string_buffer(32), ctypes.create_string_buffer(32)
        f = _S.crypto_kx_client_session_keys if client else _S.crypto_kx_server_session_keys
        return None if f(rx, tx, self.key, self.key_secret, them.key) else (rx.raw, tx.raw)

    def pair(self, them, room, invite_key=bytes(16)):
        """(rx, tx) with another member."""
        low, high = sorted((self, them), key=lambda p: p.join)
        data = invite_key + struct.pack(">I", room) + b"".join(struct.pack(">Q", p.join) + p.identity + p.key
                                                               for p in (low, high))
        return [kdf(k, "pair", data) for k in self.kx(them, low is self)]

    def grant(self, knocker, code, invite_key, isk=bytes(32)):
        """Let somebody in, as the host: the data of the door message."""
        where = code.to_bytes(3, "big") + knocker.identity + knocker.key
        key = kdf(self.kx(knocker, False)[1], "door", isk + where + self.identity + self.key)
        nonce = os.urandom(24)
        return (b"\4" + self.identity + self.key + sign("parlour admit 1", where + self.key, self.secret) + nonce +
                encrypt(key, nonce, b"parlour grant 1", invite_key + bytes(33)))

    def open_grant(self, host, code, data):
        """Of the one who knocked: (invite key, root), or None."""
        where = code.to_bytes(3, "big") + self.identity + self.key
        key = kdf(self.kx(host, True)[0], "door", bytes(32) + where + host.identity + host.key)
        clear = decrypt(key, data[129:153], b"parlour grant 1", data[153:])
        return clear and (clear[:16], clear[17:])


# ---- boxes ----

def _address(room, frm, to, n):
    return struct.pack(">IHHQ", room, frm, to, n)


def box_seal(key, room, frm, to, n, clear, number=None):
    """`number` of the base, when it is for all: then `key` is that base's message key."""
    head = b"" if number is None else bytes([number])
    sealed = encrypt(key, bytes(16) + struct.pack(">Q", n), _address(room, frm, to, n) + head, clear)
    return b64(head + struct.pack(">Q", n) + sealed)


def box_open(key, room, frm, to, data, to_all=False):
    """(n, clear), or None."""
    raw = unb64(data)
    head, raw = (raw[:1], raw[1:]) if to_all else (b"", raw)
    n = int.from_bytes(raw[:8], "big")
    clear = decrypt(key, bytes(16) + raw[:8], _address(room, frm, to, n) + head, raw[8:])
    return clear and (n, clear)


def message_key(base):
    return kdf(base, "message")


def signed_text(person, room, frm, to, n, text):
    text = text.encode() if isinstance(text, str) else text
    text += b" " * (-len(text) % 64)
    return b"\6" + sign("parlour box 1", struct.pack(">IH", room, frm) + person.key + struct.pack(">HQ", to, n) + text, person.secret) + text
