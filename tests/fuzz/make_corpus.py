#!/usr/bin/env python3
"""Seeds for the fuzz targets, written to OUT/TARGET/seeds: one well-formed input of each kind. make_corpus.py OUT"""
import os
import struct
import sys

K = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"
MEMBER = '"id":7,"join":"00000000000000ff","name":"Ada","identity":"%s","key":"%s"' % (K, K)


def header(kind, mark=0, slot=0):
    return struct.pack(">BBHIIII", kind, mark, 7, 0x01020304, 0, 1, slot)


def ctrl(op, body):
    return header(8) + bytes([op]) + body + bytes(16)


def block(kind, body):
    return struct.pack(">BH", kind, len(body)) + body


ticket = bytes(range(150))
challenge = bytes(8) + bytes(16) + bytes(4) + bytes(16)
hello = bytes(8) + struct.pack(">H", len(ticket)) + ticket
feedback = {
    "arrivals": block(1, struct.pack(">BIH", 0, 1, 3) + bytes(3) + struct.pack(">HHH", 0x8001, 0x1FFF, 0x9FFF)),
    "layers": block(3, b"\x01" + struct.pack(">HBBHH", 7, 0xA1, 0, 500, 0) + b"\x01" + struct.pack(">HB", 7, 0x30)),
    "refresh": block(4, struct.pack(">HBBI", 7, 0x18, 1, 9)),
    "watched": block(5, b"\x01" + struct.pack(">BBH", 0x18, 2, 500)),
    "heads": block(6, b"\x01" + struct.pack(">HB", 7, 0xFF) + bytes(12)),
}
feedback["all"] = b"".join(feedback.values())
control = {
    "hello": '{"type":"hello","version":"1.0","name":"Ada","identity":"%s","key":"%s","ticket":"AQID"}' % (K, K),
    "welcome": '{"type":"welcome","version":"1.0","resumed":true}',
    "create": '{"type":"create","request":1,"key":"%s","admit_hash":"%s"}' % (K, K),
    "join": '{"type":"join","request":1,"code":"428193","key":"%s","token":"%s"}' % (K, K),
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
    "error": '{"type":"error","request":2,"code":"no-room","text":"No room has this number."}',
}
clear_ticket = struct.pack(">BI", 1, 5) + b"\x06\x88\xa1" + struct.pack(">HQBBIQ", 7, 1, 1, 4, 3, 5000) + bytes(96) + b"\x03Ada"
SEEDS = {
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
    "fuzz_options": {
        "both": b"\x15flag=no\nnumber = 4\n--text\nhello\n-fc\n--number=5\n--no-flag\n--\nx",
        "help": b"\x02#\n--help",
    },
    "fuzz_addr": {"v4": b"1.2.3.4:5", "v6": b"[2001:db8::1]:443", "bare": b"::ffff:1.2.3.4", "name": b"example.org:1"},
}

if __name__ == "__main__":
    for target, seeds in SEEDS.items():
        folder = os.path.join(sys.argv[1], target, "seeds")
        os.makedirs(folder, exist_ok=True)
        for name, data in seeds.items():
            with open(os.path.join(folder, name), "wb") as f:
                f.write(data)
