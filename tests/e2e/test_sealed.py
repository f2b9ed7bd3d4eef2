#!/usr/bin/env python3
"""No 16-byte piece of what was opened, nor of the chat, occurs in a capture of the relay's traffic; what --rtp-dump
writes opens in stock tools as H.264 and Opus."""
import struct
from kit import *

relay = Relay(tls=True)
pcap = os.path.join(WORK, "wire.pcap")
tcpdump = start(["tcpdump", "-i", "lo", "-s", "0", "-U", "-w", pcap, "port", str(relay.media), "or", "port",
                 str(relay.control)], "tcpdump.log")
wait_for(lambda: os.path.exists(pcap) and os.path.getsize(pcap) >= 24, "tcpdump runs", 5)
rtp = os.path.join(WORK, "opened.pcap")
a = Client("Amina", relay, create=True, microphone="tone:440")
b = Client("Robert", relay, "--rtp-dump", rtp, invite=a.invite(), microphone="tone:700")
wait_for(lambda: b.sees(1) and a.sees(1), "both see each other", 15)
secret = "Nobody on the way may read this sentence, not even a piece of it."
a.ask("chat", secret)
wait_for(lambda: len(b.ask("chat-log")) == 1, "the chat arrives")
time.sleep(3)
b.quit()
a.quit()
tcpdump.terminate()
tcpdump.wait(5)

wire = open(pcap, "rb").read()
check(len(wire) > 200000, "the capture is too small: %d" % len(wire))
for i in range(0, len(secret) - 16):
    check(secret[i:i + 16].encode() not in wire, "the chat is on the wire")
opened = open(rtp, "rb").read()
at, pieces = 24, set()
while at + 16 <= len(opened):
    kept = struct.unpack_from("<IIII", opened, at)[2]
    payload = opened[at + 16 + 20 + 8 + 12:at + 16 + kept]  # IPv4, UDP, RTP
    at += 16 + kept
    for k in range(0, len(payload) - 15, 16):
        piece = payload[k:k + 16]
        if len(set(piece)) > 4:  # a run of equal bytes may occur by itself
            pieces.add(piece)
check(len(pieces) > 5000, "too little was opened: %d pieces" % len(pieces))
windows = {wire[i:i + 16] for i in range(len(wire) - 15)}
shared = pieces & windows
check(not shared, "%d pieces of opened media are on the wire" % len(shared))


def tshark(*args):
    # Only what is named below is to be guessed at: whatever comes to lie on a port that Wireshark knows is no QUIC.
    return subprocess.run(["tshark", "-r", rtp, "--disable-protocol", "quic"] + list(args), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          stdin=subprocess.DEVNULL, text=True).stdout


video = tshark("-d", "udp.port==5006,rtp", "-o", "h264.dynamic.payload.type:96", "-Y", "h264")
audio = tshark("-d", "udp.port==5004,rtp", "-o", "opus.dynamic.payload.type:111", "-Y", "opus")
bad = tshark("-d", "udp.port==5006,rtp", "-o", "h264.dynamic.payload.type:96", "-Y", "_ws.malformed")
check(video.count("\n") > 50, "tshark sees no H.264")
check(audio.count("\n") > 50, "tshark sees no Opus")
check(not bad.strip(), "tshark calls the video malformed: " + bad[:300])
passed("%d opened pieces, none on the wire" % len(pieces))
