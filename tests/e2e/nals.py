"""H.264 as bytes: NAL units of a file, and of what --rtp-dump saw."""
import struct


def split(annexb):
    """The NAL units between start codes."""
    return [n for n in annexb.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if n]


def slices_of(nals):
    return [n for n in nals if n[0] & 31 in (1, 5)]


def slices(annexb):
    """The coded slices of H.264 with start codes."""
    return slices_of(split(annexb))


def received(path):
    """{SSRC of who sent it: NAL units in their order} of all pictures that --rtp-dump saw (RFC 6184)."""
    with open(path, "rb") as f:
        data = f.read()
    at, out, part = 24, {}, {}
    while at + 16 <= len(data):
        size = struct.unpack(">I", data[at + 8:at + 12])[0]
        p = data[at + 16:at + 16 + size]
        at += 16 + size
        if len(p) < 42 or struct.unpack(">H", p[22:24])[0] != 5006:
            continue
        who, rtp = p[36:40], p[40:]
        to, kind = out.setdefault(who, []), rtp[0] & 31
        if kind == 28:
            if rtp[1] & 0x80:
                part[who] = bytes([rtp[0] & 0xe0 | rtp[1] & 31])
            part[who] = part.get(who, b"") + rtp[2:]
            if rtp[1] & 0x40:
                to.append(part[who])
        elif kind == 24:
            i = 1
            while i + 2 <= len(rtp):
                n = struct.unpack(">H", rtp[i:i + 2])[0]
                to.append(rtp[i + 2:i + 2 + n])
                i += 2 + n
        else:
            to.append(rtp)
    return out
