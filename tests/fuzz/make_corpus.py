#!/usr/bin/env python3
"""Seeds for the fuzz targets, written to OUT/TARGET/seeds: one well-formed input of each kind. make_corpus.py OUT"""
import hashlib
import json
import os
import struct
import sys
import zlib

K = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"
S = "A" * 86  # a signature
RAW = b"a block that is short, a block that is short" * 20  # of a file
SIGNED = '"key":"%s","signature":"%s"' % (K, S)
MEMBER = '"id":7,"join":"00000000000000ff","name":"Ada","identity":"%s",%s' % (K, SIGNED)


def header(kind, mark=0, slot=0):
    return struct.pack(">BBHIIII", kind, mark, 7, 0x01020304, 0, 1, slot)


def ctrl(op, body):
    return header(8) + bytes([op]) + body + bytes(16)


def file_record(body, raw=RAW, number=0):
    return struct.pack(">II", number, len(body)) + hashlib.blake2b(raw, digest_size=32).digest() + body


def block(kind, body):
    return struct.pack(">BH", kind, len(body)) + body


ticket = bytes(range(150))
challenge = bytes(8) + bytes(16) + bytes(4) + bytes(16)
hello = bytes(8) + struct.pack(">H", len(ticket)) + ticket
nack = block(2, struct.pack(">HBBIIII", 7, 0xFF, 2, 1, 0x7F, 40, 0))
feedback = {
    "nack": nack,
    "arrivals": block(1, struct.pack(">BIH", 0, 1, 3) + bytes(3) + struct.pack(">HHH", 0x8001, 0x1FFF, 0x9FFF)),
    "layers": block(3, b"\x01" + struct.pack(">HBBHH", 7, 0xA1, 0, 500, 0) + b"\x01" + struct.pack(">HB", 7, 0x30)),
    "refresh": block(4, struct.pack(">HBBI", 7, 0x18, 1, 9)),
    "watched": block(5, b"\x01" + struct.pack(">BBH", 0x18, 2, 500)),
    "path": block(7, struct.pack(">HBBH", 0x1999, 12, 0, 180)),
    "heads": block(6, b"\x01" + struct.pack(">HB", 7, 0xFF) + bytes(12)),
}
feedback["all"] = b"".join(feedback.values())
control = {
    "hello": '{"type":"hello","version":"1.0","name":"Ada","identity":"%s",%s,"ticket":"AQID"}' % (K, SIGNED),
    "welcome": '{"type":"welcome","version":"1.0","resumed":true}',
    "create": '{"type":"create","request":1,%s,"admit_hash":"%s"}' % (SIGNED, K),
    "join": '{"type":"join","request":1,"code":"428193",%s,"token":"%s"}' % (SIGNED, K),
    "room": '{"type":"room","room":1,"code":"428193","epoch":3,"self":1,"join":"fedcba9876543210","resumed":false,'
            '"more":true,"media_host":"","media_port":5001,"hop_key":"%s","room_secret":"%s","ticket":"AQID",'
            '"members":[{%s,"away":true}]}' % (K, K, MEMBER),
    "joined": '{"type":"joined",%s}' % MEMBER,
    "away": '{"type":"away","id":7,"away":true}',
    "left": '{"type":"left","id":7,"reason":"lost"}',
    "leave": '{"type":"leave"}',
    "boxes": '{"type":"box","boxes":[{"to":0,"data":"AAAA"},{"to":9,"data":"BBBB"}]}',
    "box": '{"type":"box","from":7,"to":0,"data":"AAAA"}',
    "ticket": '{"type":"ticket","epoch":4,"room_secret":"%s","ticket":"AQID"}' % K,
    "prove": '{"type":"join","request":1,"code":"428193",%s,"token":"%s","proof":"%s","descriptor":"%s"}'
             % (SIGNED, K, S, "A" * 243),
    "challenge": '{"type":"welcome","version":"1.0","resumed":false,"challenge":"%s"}' % K,
    "state": '{"type":"room-state","epoch":2,"created":17,"lobby":true,"locked":false,"hosts":[7],"host_keys":["%s"]}' % K,
    "descriptor": '{"type":"descriptor","descriptor":"%s"}' % ("A" * 286),
    "register": '{"type":"register","request":2,%s,"proof":"%s","away":true,"answers":true}' % (SIGNED, S),
    "presence": '{"type":"presence","away":true}',
    "people": '{"type":"people","whole":true,"more":true,"people":[{"identity":"%s","state":"free","name":"Ada",%s,'
              '"answers":true},{"identity":"%s","state":"gone"}]}' % (K, SIGNED, K),
    "call": '{"type":"call","request":3,"to":"%s",%s,"data":"AQID"}' % (K, SIGNED),
    "calling": '{"type":"calling","request":3,"call":7}',
    "ringing": '{"type":"ringing","call":7,"name":"Ada","identity":"%s",%s,"data":"AQID"}' % (K, SIGNED),
    "answer": '{"type":"answer","call":7,%s}' % SIGNED,
    "hangup": '{"type":"hangup","call":7,"reason":"busy"}',
    "call-ended": '{"type":"call-ended","call":7,"reason":"no-answer"}',
    "missed": '{"type":"missed","name":"Ada","identity":"%s",%s}' % (K, SIGNED),
    "knock": '{"type":"knock","knock":7,"name":"Eve","identity":"%s",%s}' % (K, SIGNED),
    "admit": '{"type":"admit","knock":7}', "deny": '{"type":"deny","knock":7}',
    "gone": '{"type":"knock-gone","knock":7}', "waiting": '{"type":"waiting","request":3}',
    "kick": '{"type":"kick","id":7}', "lock": '{"type":"lock","on":true}', "lobby": '{"type":"lobby","on":false}',
    "role": '{"type":"role","id":7,"host":true}', "end": '{"type":"end"}',
    "draining": '{"type":"draining"}',
    "alone": '{"type":"box","from":7,"data":"AAAA"}',
    "at_the_door": '{"type":"join","code":"428193",%s,"door":"AQID"}' % SIGNED,
    "door_host": '{"type":"door","knock":7,"data":"AQID"}', "door_knocker": '{"type":"door","id":7,"data":"AQID"}',
    "error": '{"type":"error","request":2,"code":"no-room","text":"No room has this number."}',
}
clear_ticket = struct.pack(">BI", 1, 5) + b"\x06\x88\xa1" + struct.pack(">HQBBIQ", 7, 1, 1, 4, 3, 5000) + bytes(96) + b"\x03Ada"


# ---- sequences for the stateful targets, in their own little languages ----

def step(op, who, body=b""):
    return bytes([op, who]) + body


def train(who, count, size, slot=0x10, mark=0xE0, spoil=0):
    return step(10, who, bytes([slot, mark, spoil, count - 1]) + struct.pack(">H", size - 45))


def told(who, *blocks):  # kind 0 LAYERS, 1 NACK, 2 HEADS, 3 REFRESH, 4 PATH; slot, a, b
    return step(8, who, bytes([len(blocks) - 1]) + b"".join(bytes(b) for b in blocks))


def passes(ms):
    return b"".join(step(4, 0, bytes([min(250, ms - at)])) for at in range(0, ms, 250))


three = step(2, 0) + step(2, 1) + step(2, 2) + told(1, (0, 0x01, 0, 0x80)) + told(2, (0, 0x10, 1, 0x81))
RELAY_CORE = {
    "call": three + train(0, 8, 1100) + train(0, 1, 160, slot=0) + passes(100) + train(1, 4, 1188, slot=0x14),
    "lost": three + train(0, 8, 1100) + told(1, (1, 0x10, 0, 1), (2, 0xFF, 0, 8)) + passes(50) + told(2, (1, 0xFF, 0, 1)),
    "refresh": three + told(1, (3, 0x10, 0, 0), (4, 9, 9, 20)) + passes(500) + told(1, (3, 0x14, 0, 1)),
    "move": three + step(3, 10) + train(0, 2, 200) + step(2, 0) + passes(1200) + train(0, 2, 200),
    "again": three + train(0, 8, 300) + b"".join(step(12, k) for k in range(16)),
    "broken": three + train(0, 8, 300, spoil=0x83) + train(1, 16, 1188, spoil=0x60),
    "restart": three + step(6, 255, b"\x05") + step(2, 0) + step(2, 3) + step(2, 4) + train(0, 2, 500),
    "removed": three + step(5, 0x40, b"\x01") + step(5, 0x30, b"\x02") + step(2, 0) + train(1, 2, 99) + step(4, 255),
    "stranger": step(0, 0, struct.pack(">H", 60) + header(8) + b"\x01" + bytes(39)) + step(7, 0) + step(7, 4),
    "full": step(6, 1) + three + passes(250) + step(6, 0) + passes(250),
}


def say(who, text):
    return bytes([16 + who]) + text.encode() + b"\n"


def does(what, who):  # 0 closes, 1 time passes, 2 the worker's word, 3 restart
    return bytes([what * 4 + who]) + b"\n"


greet = say(3, '{"type":"hello","version":"1.0","name":"Cy","identity":"%s"}' % K)
joins = '{"type":"join","request":2,"code":"%%C",%s,"token":"%%R"}' % SIGNED
anew = '{"type":"join","code":"%%C",%s,"token":"%%R","descriptor":"%%D"}' % SIGNED
as_ann = '{"type":"hello","version":"1.0","name":"Ann","identity":"%I"}'
registers = '{"type":"register","key":"%Z","signature":"%S","proof":"%P"}'
calls = '{"type":"call","request":3,"to":"%%%s","key":"%%Z","signature":"%%S","data":"AQID"}'
answers = '{"type":"answer","request":4,"call":%N,"key":"%Z","signature":"%S"}'
rings = say(2, calls % "J")
CONTROL_LOGIC = {
    "door": say(0, '{"type":"lobby","on":true}') + say(1, joins) + say(0, '{"type":"admit","knock":%K}'),
    "deny": say(1, '{"type":"join","code":"%%C",%s}' % SIGNED) + say(0, '{"type":"deny","knock":%K}') + say(1, joins),
    "talk": say(1, '{"type":"join","code":"%%C",%s,"door":"AQID"}' % SIGNED) +
            say(0, '{"type":"door","knock":%K,"data":"AAAA"}') * 18 + say(1, '{"type":"door","id":%A,"data":"BBBB"}') * 18 +
            say(0, '{"type":"admit","knock":%K}') + say(1, '{"type":"door","id":%A,"data":"BBBB"}'),
    "guest": say(1, joins) + greet + say(3, '{"type":"join","code":"%%C",%s}' % SIGNED) +
             say(3, '{"type":"door","id":%B,"data":"AAAA"}') + say(1, '{"type":"door","knock":%K,"data":"AAAA"}'),
    "kick": say(1, joins) + say(0, '{"type":"kick","id":%B}') + say(1, joins),
    "roles": say(1, joins) + say(0, '{"type":"role","id":%B,"host":true}') + say(1, '{"type":"role","id":%A,"host":false}') +
             say(0, '{"type":"lock","on":true}') + say(1, '{"type":"end"}'),
    "lost": say(0, '{"type":"descriptor","descriptor":"%D"}') + does(3, 0)[:-1] + b"k\n" + say(0, as_ann) + say(0, anew) +
            say(0, '{"type":"lock","on":true}'),
    "join": say(1, joins) + greet + say(3, joins) + say(1, '{"type":"box","boxes":[{"to":0,"data":"AAAA"}]}'),
    "wrong": b"".join(say(1, '{"type":"join","request":2,"code":"%06d",%s}' % (n, SIGNED)) for n in range(12)),
    "back": does(0, 0) + say(0, '{"type":"hello","version":"1.0","name":"Ann","identity":"%I","ticket":"%T"}'),
    "restart": does(3, 0) + say(0, '{"type":"hello","version":"1.0","name":"Ann","identity":"%I","ticket":"%T"}'),
    "leave": say(1, joins) + say(0, '{"type":"leave"}') + say(1, '{"type":"leave"}') + say(1, joins),
    "answered": rings + say(1, answers) + say(0, '{"type":"leave"}') + does(1, 1) + say(1, '{"type":"leave"}'),
    "cancelled": rings + say(2, '{"type":"hangup","call":%N,"reason":"cancelled"}') + say(1, answers),
    "refused": rings + say(1, '{"type":"hangup","call":%N,"reason":"not-now"}') + say(1, '{"type":"presence","away":true}') +
               does(1, 0),
    "rung out": rings + does(1, 61) * 2 + say(1, answers),
    "both": rings + say(1, calls % "L") + say(2, calls % "I") + say(1, answers),
    "elsewhere": rings + say(1, joins) + say(2, answers),
    "cut": rings + does(0, 2) + say(2, '{"type":"hello","version":"1.0","name":"Cat","identity":"%L"}') + say(2, registers) +
           rings + say(1, answers) + does(3, 0) + say(2, '{"type":"hello","version":"1.0","name":"Cat","identity":"%L"}') +
           say(2, registers) + does(1, 3),
    "name": say(3, '{"type":"hello","version":"1.0","name":"bOB","identity":"%L"}') + say(3, registers),
    "again": say(3, '{"type":"hello","version":"1.0","name":"Bob","identity":"%J"}') + rings + say(3, registers),
    "worker": say(1, joins) + does(2, 0) + does(2, 1) + does(2, 2) + does(1, 3) + does(0, 1),
    "late": does(1, 2) * 40 + say(2, "{}") + say(3, "x"),
}



def from_relay(kind, after_ms, body):  # fuzz_session: 1 CTRL, 5 FEEDBACK, 2 MEDIA, 6 RTX; header and trailer are made there
    piece = bytes(20) + body + bytes(16)
    return bytes([after_ms << 3 | kind]) + struct.pack(">H", len(piece)) + piece


camera = struct.pack(">IBI", 3000, 0x18, 1 << 24) + bytes(40)
SESSION = {
    "nack": from_relay(5, 31, nack) + from_relay(5, 31, nack) * 4,
    "told": b"".join(from_relay(5, 10, feedback[k]) for k in ("arrivals", "heads", "watched", "refresh", "nack")),
    "media": from_relay(2, 5, camera) + from_relay(6, 5, camera) + from_relay(1, 5, b"\x04" + bytes(28)),
}

def sealed(which, mark, body, ts=2, comes=True):  # fuzz_member: which = of its slots; short bodies
    return bytes([0 if comes else 1, which, mark, len(body), ts % 256]) + body


def word(op, body):  # 4 FEEDBACK, 12 CTRL, 20 PROBE
    body += bytes(-len(body) % 4)
    return bytes([op, len(body) // 4]) + body


def waits(ms):
    return bytes([5, ms])


def meta(*layers, missed=b"\x00", us=2000000, offset=0):  # slot, width, height
    slots = [struct.pack(">BBIHHBH", 0, 1, 960, 0, 0, 0, 0)]
    slots += [struct.pack(">BBIHHBH", slot, 1, 5000, w, h, 30, 500) for slot, w, h in layers]
    return sealed(4, 0xE0, b"\x01" + struct.pack(">QqB", us, offset, len(slots)) + b"".join(slots) + missed)


def picture(which, count, ts=18, keyframe=True, skip=None):  # ts: 480 ticks each
    return b"".join(sealed(which, (0x28 if keyframe else 0) | (0x80 if i == 0 else 0) | (0x40 if i == count - 1 else 0),
                           bytes([0x7C, (0x80 if i == 0 else 0) | (0x40 if i == count - 1 else 0) | 5]) + bytes([i] * 90),
                           ts if i == 0 else 0, i != skip) for i in range(count))


def row(which, k, how=0, damage=b""):
    return bytes([3, which, k - 1, how]) + damage


def arrivals(base, count, lost=()):
    items = [0 if i in lost else 0x8000 | i * 40 for i in range(count)]
    return block(1, struct.pack(">BIH", 0, base, count) + bytes(3) + struct.pack(">%dH" % count, *items))


def heads(*items):
    return block(6, bytes([len(items)]) + b"".join(struct.pack(">HB", who, slot) + first.to_bytes(6, "big") +
                                                   newest.to_bytes(6, "big") for who, slot, first, newest in items))


own_sound = bytes([6 | 1 << 3, 60])
own_picture = bytes([6 | 2 << 3 | 1 << 5, 40])
MEMBERS = {
    "layers": b"\1" + meta((0x10, 320, 180), (0x14, 640, 360), (0x18, 1280, 720)) + bytes([15, 90]) + waits(250) +
              picture(2, 4) + waits(30) + picture(3, 6) + waits(30) + bytes([15, 20]) + waits(250) + picture(1, 2),
    "odd_meta": b"\1" + meta((0x10, 65535, 65535), (0x10, 0, 0), (0x1C, 1, 9999), (0x22, 7, 7), us=1 << 63, offset=-1 << 63) +
                waits(250) + meta(missed=b"\x02\x00\x07\xff\x00\x09\x01") + own_sound * 6 + meta(missed=b"\xff") + waits(100),
    "copies": b"\0" + b"".join(sealed(0, 0xE8, b"\x81" + bytes([i % 4 + 1, 0, 2, 0]) + b"ab" + b"own", skip)
                       for i, skip in enumerate((2, 2, 2, -4, 2))) + sealed(0, 0x60, b"plain") + bytes([2, 0, 1, 2, 3, 0]),
    "mended": b"\0" + picture(1, 6, skip=3) + row(1, 6) + row(1, 6, 1) + waits(20) + picture(1, 5, keyframe=False, skip=2) +
              row(1, 5, 0x40, b"\x09\x55") + row(1, 5, 1) + waits(200),
    "repaired": b"\0" + picture(1, 6, skip=2) + waits(40) + bytes([2, 3, 0]) + waits(20) + bytes([2, 3, 0, 2, 0, 1, 2, 0, 0xFE]),
    "reports": b"\0" + (own_sound + own_picture + waits(20)) * 8 + word(4, arrivals(1, 40, (3, 9, 10))) + waits(30) +
               word(4, block(2, struct.pack(">HBBIIII", 7, 0xFF, 2, 1, 0x7F, 20, 0xFFFFFFFF)) + feedback["path"]) + waits(60) +
               (own_sound + own_picture + waits(20)) * 4 + word(4, arrivals(41, 20)) + waits(100),
    "watched": b"\1" + word(4, block(5, b"\x02" + struct.pack(">BBHBBH", 0x10, 2, 100, 0x18, 1, 3000))) + own_picture * 3 + waits(100) +
               word(4, block(5, b"\x01" + struct.pack(">BBH", 0x18, 1, 60))) + own_sound * 8 + waits(200) +
               word(4, block(4, struct.pack(">HBB", 7, 0x18, 0))) + word(4, block(5, b"\x00")) + waits(250) * 5,
    "heads": b"\1" + picture(1, 2) + sealed(0, 0xE0, b"sound") + word(4, heads((9, 0, 2, 9), (9, 0x10, 5, 40), (9, 0, 0, 1 << 40))) +
             waits(100) + word(4, heads((9, 0, 0, 11))) + waits(250) + picture(1, 2) + sealed(0, 0x60, b"sound") * 3,
    "lossy": b"\1" + b"".join((own_sound + own_picture + waits(15)) * 4 + word(4, arrivals(1 + 12 * i, 12, (2, 3, 7))) + waits(20)
                              for i in range(8)) + waits(250),
    "probes": b"\0" + word(20, b"\x02" + bytes(300)) * 4 + waits(10) + word(20, b"\x01" + bytes(6)) + word(12, b"\x04" + bytes(28)) + waits(250) * 8,
    "ways": b"\0" + bytes([7 | 16]) + picture(1, 3) + own_sound * 3 + waits(100) + bytes([7]) + picture(1, 3, skip=1) + waits(250),
}

DOOR = {  # how it begins, then steps: op, size or which
    "passphrase": b"\x03" + b"\x03\x00" + b"\x02\x01" + b"\x03\x02" + b"\x07\x03" + b"\x02\x03",
    "person": b"\x01" + b"\x07\x01" + b"\x02\x00",
    "later": b"\x01" + b"\x01\x00" + b"\x02\x00" + b"\x06\x01" + b"\x03\x01" + b"\x02\x02" + b"\x03\x03" + b"\x07\x01",
    "wrong": b"\x02" + b"\x03\x00" * 12 + b"\x06\xfe" * 3 + b"\x07\x00",
    "damaged": b"\x03" + b"\x05\x00\x04\x10" + b"\x03\x00" + b"\x04\x01\x70\x01" + b"\x02\x01",
    "own": b"\x02" + b"\x01\x21\x01" + bytes(32) + b"\x01\x21\x03" + bytes(32) + b"\x00\x01\x05",
}


def calls(*steps):  # what, which (of a call: its number times 8, and which was made), how
    return b"".join(bytes(s) for s in steps)


CALLS = {
    "ours": calls((0, 0, 0), (4, 40, 0), (6, 0, 12), (1, 0, 9), (7, 0, 0)),
    "theirs": calls((3, 40, 0), (0, 1, 0), (6, 0, 12), (6, 0, 60), (8, 0, 1), (6, 0, 12), (0, 2, 0)),
    "both": calls((0, 0, 0), (3, 41, 0), (7, 1, 27), (6, 0, 44), (8, 0, 0)),
    "again": calls((3, 40, 0), (5, 40, 0), (3, 48, 0), (3, 50, 3), (3, 59, 4), (3, 68, 8), (1, 0, 255), (1, 0, 255)),
    "taken_back": calls((0, 0, 0), (0, 2, 0), (0, 0, 0), (4, 40, 0), (4, 48, 1), (5, 48, 6), (2, 1, 1), (2, 0, 14)),
}


def compare_line(step, **fields):
    return ("j1" + json.dumps(dict(kind="compare", step=step, **fields)) + "\n").encode()


COMPARE = {
    "answers": compare_line(1, commit=K) + compare_line(3, nonce=K) + compare_line(0),
    "begins": b"s1\n" + compare_line(2, commit=K, nonce=K) + b"m\x01\x02\nx1\ng1\n",
    "both": b"s1\n" + compare_line(1, commit=K) + b"s2\nt\n" * 5,
}

LINE = ('{"from":"%%s","name":"Ada","text":"hello","id":"0123456789abcdef","at":1700000000000,"signature":"%s"}'
        % ("A" * 86))
SEEDS = {
    "fuzz_door": DOOR,
    "fuzz_fec": {
        "honest": b"\x00\x0a\x00\x0b\x02\x0a\x03\x01\x02\x0a\x03\x00\x00\x0d",
        "lie": b"\x00\x0a\x03\x0a\x02\x01\x00\x02\x00\x00\x00\x64",
    },
    "fuzz_copies": {
        "one": b"\x81\x0f\x00\x02\x00" + b"\x01\x01" + b"\x02\x02\x02",
        "two": b"\x82\x1e\x00\x01\x81\x0f\x00\x02\x00" + b"\x01" + b"\x02\x02" + b"\x03",
    },
    "fuzz_calls": CALLS,
    "fuzz_call_offer": {"short": b"\x01", "whole": bytes(122), "long": bytes(range(140))},
    "fuzz_compare": COMPARE,
    "fuzz_member": MEMBERS,
    "fuzz_session": SESSION,
    "fuzz_relay_core": RELAY_CORE,
    "fuzz_control_logic": CONTROL_LOGIC,
    "fuzz_wire": {str(t): header(t, 0xE0, 0x18) + bytes(range(60)) for t in range(4, 11)},
    "fuzz_ctrl": {
        "hello": (header(8) + b"\x01" + hello).ljust(400, b"\0"),
        "challenge": ctrl(2, challenge),
        "proof": ctrl(3, challenge + struct.pack(">H", len(ticket)) + ticket),
        "ping": ctrl(4, bytes(28)), "pong": ctrl(5, bytes(24)), "bye": ctrl(6, b"\x03"),
    },
    "fuzz_feedback": feedback,
    "fuzz_control": {k: v.encode() for k, v in control.items()},
    "fuzz_ticket": {"good": clear_ticket},
    "fuzz_seal": {"short": b"\x0b\x01\0\0\0" + bytes(30), "long": b"\xff" + bytes(40)},
    "fuzz_box": {"text": b'{"kind":"chat","text":"hello"}', "key": b"\x01\x03" + bytes(32), "ack": b"\x02\x03"},
    "fuzz_chat": {
        "line": (LINE % K).encode(), "page": ('{"kind":"history","lines":[%s],"more":true}' % (LINE % K)).encode(),
        "ask": b'{"kind":"history-ask","have":["0123456789abcdef"]}',
        "said": ('{"kind":"chat","text":"hello","id":"0123456789abcdef","at":5,"signature":"%s"}' % ("A" * 86)).encode(),
    },
    "fuzz_identities": {
        "met": ("# Whom\n%s 1000 2000 - Living room\n%s 0 0 p\n%s 5 6 vp Ad\u00e9\nnonsense\n" % (K, K, K)).encode(),
        "short": b"oewd-rjg3-he62-cblf", "long": K.encode(), "name": "A\u200b\u00a0d\u202ea\U0001f419".encode(),
    },
    "fuzz_settings": {
        "all": "# notes\ntheme = high-contrast\nname = Ad\u00e9 ; x\nquiet-hours = 22:00-07:00\nlanguage=de\n".encode(),
        "bad": b"theme = pink\r\n = \nno line\ntext-scale = 99999999\ncamera=\n\0",
    },
    "fuzz_record": {
        "all": bytes([0, 1, 3, 1, 0, 0, 0x2b, 1, 0, 0, 0, 27]) + bytes.fromhex("000000016742000af841a20000000168ce38800000000165888040")[:27]
               + bytes([4, 1, 0, 0, 0, 1, 9, 2, 1, 0, 1, 9, 100, 10, 1, 0, 1, 9, 100, 4, 0x81, 0, 9, 0, 1, 9, 1, 1, 0, 0, 0, 0]),
    },
    "fuzz_file_blocks": {  # size, length of the pieces, map or stream
        "plain": struct.pack(">IBB", len(RAW), 40, 0) + file_record(RAW),
        "deflated": struct.pack(">IBB", len(RAW), 255, 0) + file_record(zlib.compress(RAW, 1)),
        "second": struct.pack(">IBB", (1 << 20) + 9, 0, 0) + file_record(b"nine byte", b"nine byte", 1),
        "map": struct.pack(">IBB", 3 << 20, 0, 1) + b"parlour file 1\n" + bytes(32) + struct.pack(">Q", 3 << 20)
               + struct.pack(">I32sI32s", 2, b"x", 0, b"y"),
    },
    "fuzz_files": {  # a box, or what it is of and the bytes
        "offer": ('{"kind":"file-offer","n":3,"key":"%s","root":"%s","name":"a.pdf","size":9}' % ("A" * 43, "B" * 42 + "A")).encode(),
        "accept": b'{"kind":"file-accept","file":"0123456789abcdef","n":1,"turn":7,"have":"gA"}',
        "start": b'{"kind":"file-start","file":"0123456789abcdef","turn":7,"first":99,"of":2}',
        "done": b'{"kind":"file-done","file":"0123456789abcdef","ok":true}',
        "chunks": b"\x01" + struct.pack(">I", 5) + b"".join(struct.pack(">HB", i ^ 1, 9) for i in range(40)),
        "acks": b"\x02" + b"".join(bytes([0x10 + i % 3, i % 3]) + struct.pack(">II", i, 0x80000000) for i in range(30)),
    },
    "fuzz_session_files": {  # op and its bytes, as the target reads them
        "in": bytes([0, 1, 0x70, 1, 5, 0, 200, 1, 3, 2, 8, 60]) + bytes([3, 1, 68, 2, 0, 0, 8, 50]) * 2 + bytes([5, 0, 9]),
        "asked": bytes(x for i in range(8) for x in (0, i, 0x10 + i, i)) + bytes([5, 2, 0, 1, 4, 4]),
        "out": bytes([6, 1, 0, 0, 0, 0, 0, 8, 60, 71, 9, 4, 0, 1, 0, 0]) + bytes([71, 9, 4, 0, 3]) * 4 + bytes([1, 0, 0x45]),
        "full": bytes([6, 1, 0, 0, 0, 0, 0, 8, 60, 71, 9, 4, 0, 1, 0, 0]) + bytes([8, 9, 4, 0, 2, 152, 250, 4, 0, 2]) * 3,
        "odd": b"\x07\x01\x08{\"id\":7}" + b"\x07\x02\x09{\"do\":\"\"}" + b"\x07\x05\x08\"camera\"",
    },
    "fuzz_volumes": {
        "two": ("%s 50\n%s 200\n%s 0\n" % ("a" * 64, "0b" * 32, "a" * 64)).encode(),
        "bad": ("%s 201\n%s -1\n%s\n\n%s 100\n%s 7" % ("a" * 64, "b" * 64, "c" * 64, "d" * 64, "e" * 64)).encode(),
    },
    "fuzz_films": {
        "list": b'{"do":"film-list","from":3}', "play": b'{"do":"film-play","film":5,"for":"room"}',
        "seek": b'{"do":"film-seek","ms":5000}', "error": b'{"do":"film-error","why":"full","film":9}',
        "started": b'{"do":"film-started","film":5,"member":3}',
        "page": b'{"do":"film-page","from":0,"total":1,"films":[{"id":5,"title":"Hill","ms":9,"has":[{"q":1,"way":"made",'
                b'"why":"keyframes","w":1280,"h":720,"ms":9,"sound":true}],"single":true}]}',
        "about": b'{"title":"Hill","by":3,"for":[3],"ms":5,"of":9,"paused":true,"has":["240p","720p"]}',
        "name": "h\u00fcgel_720p.mp4".encode(),
    },
    "fuzz_film_boxes": {
        "track": b"".join(struct.pack(">I4s", n, t) for n, t in ((92, b"moov"), (84, b"trak"), (76, b"mdia"), (68, b"minf"), (60, b"stbl"))) +
                 struct.pack(">I4sIIII", 24, b"stts", 0, 1, 9, 512) + struct.pack(">I4sIII", 20, b"stsz", 0, 5, 9) + b"\0\0\0\x08free",
        "piece": struct.pack(">I4sI4sI4sIIII", 40, b"moof", 32, b"traf", 24, b"trun", 1, 9, 0, 0) + struct.pack(">I4sQ", 1, b"mdat", 16),
    },
    "fuzz_options": {
        "both": b"\x15flag=no\nnumber = 4\n--text\nhello\n-fc\n--number=5\n--no-flag\n--\nx",
        "help": b"\x02#\n--help",
    },
    "fuzz_orders": {
        "orders": b"\n".join(b"1" + o.encode() for o in (
            '{"kind":"order","order":"admit","key":"%s"}' % K,
            '{"kind":"order","order":"kick","id":3,"join":"00000000000000ff","identity":"%s"}' % K,
            '{"kind":"order","order":"mute","id":0}', '{"kind":"order","order":"role","identity":"%s","host":true}' % K,
            '{"kind":"order","order":"lock","on":true}', '{"kind":"order","order":"lobby","on":false}',
            '{"kind":"order","order":"pass","hashes":["%s"]}' % K)),
        "claim": b'1{"kind":"hosts","identities":["%s"],"admitted":["%s"],"kicked":["%s"],"lobby":true,"locked":false}'
                 % ((K.encode(),) * 3),
        "guest": b'0{"kind":"order","order":"lock","on":true}',
    },
    "fuzz_descriptor": {"none": bytes([1, 0, 0, 0, 5, 6, 0x88, 0xA1, 1, 0, 0, 0, 2]) + bytes(8) + bytes(33),
                        "two": bytes([1, 0, 0, 0, 5, 6, 0x88, 0xA1, 3, 0, 0, 0, 2]) + bytes(8) + bytes(32) + b"\x02" + bytes(64)},
    "fuzz_addr": {"v4": b"1.2.3.4:5", "v6": b"[2001:db8::1]:443", "bare": b"::ffff:1.2.3.4", "name": b"example.org:1"},
}

if __name__ == "__main__":
    for target, seeds in SEEDS.items():
        folder = os.path.join(sys.argv[1], target, "seeds")
        os.makedirs(folder, exist_ok=True)
        for name, data in seeds.items():
            with open(os.path.join(folder, name), "wb") as f:
                f.write(data)
