#!/usr/bin/env python3
"""Who may include whom (DESIGN: layout and include rules). `includes.py [TREE]`; `--self-test` plants violations."""
import os
import re
import tempfile

import findings

SDL = r"SDL"
FFMPEG = r"lib(av|sw)[a-z]*/"
SOCKETS = r"(sys/socket|sys/un|netinet/\w+|arpa/inet|netdb|sys/epoll|libwebsockets|ifaddrs|linux/netlink|linux/rtnetlink)\.h"
THREADS = r"(pthread|threads)\.h"
# header pattern -> files that may include it (rule 4); a name covers name.c, name.h and name_*.
USERS = [
    (SDL, r"client/(ui/\w+|send/mic\w*|sound_\w+|app\w*|main)"),
    (FFMPEG, r"client/(feed|ts_mux|send/(camera|screen)\w*|\w+/\w+_(en|de)coder\w*|recv/frame_queue\w*|ui/canvas\w*|ui/texture\w*"
             r"|library/film_(probe|sound|input)|record_(file|order)"  # a film's file, its sound, and a recording: no camera's
             r"|send/(stream_source|stream_time|direct\w*))"),  # what is coded already and passed on
    (SOCKETS, r"client/(net/(transport|link|media_socket|udp_out|route_watch)\w*|ipc\w*"
              r"|tcp_feed)"  # stock viewers connect to it: no room, no relay, nothing of net
              r"|relay/(udp\w*|control_(server|out|socket)|bridge|admin\w*|worker\w*|notify|sandbox)"
              r"|shared/(addr|stamp)"),  # addr is the address type itself, stamp reads a message; worker holds udp's descriptors
]
PURE_PARTS = r"client/(send/(packetiser|pacer|encoded_frame)|recv/(assembler|playout|audio_jitter|mixer|frame_queue))\.h"
HEAR = r"client/(app_\w+|sound\w*|recv/speaker)"  # who may know our own sounds
MEETING = r"client/(messages|call|stats|mailbox|invite|recv/frame_queue)\.h"  # where net and ui meet


def includes(path):
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            m = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if m:
                yield number, m.group(1) == '"', m.group(2)


def resolve(tree, here, name):
    for path in (os.path.join(os.path.dirname(here), name), name):
        if os.path.exists(os.path.join(tree, path)):
            return os.path.normpath(path)
    return None


def part(path):
    words = path.split("/")
    return "/".join(words[:2]) if words[0] == "client" and len(words) > 2 else words[0]


def ours(source, target):
    """Why `source` may not include our own file `target`, or None."""
    a, b = part(source), part(target)
    if a == "shared" and b != "shared":
        return "rule 1: shared includes nothing of ours"
    if {a.split("/")[0], b.split("/")[0]} == {"relay", "client"}:
        return "rule 1: relay and client never include each other"
    if target in ("client/sounds.h", "client/sounds_data.h") and not re.fullmatch(HEAR, os.path.splitext(source)[0]):
        return "rule 5: our own sounds go to the loudspeaker alone, never towards the microphone's way out"
    if source.startswith("client/app") or source == "client/main.c":
        return None
    if a in ("client/send", "client/recv") and b in ("client/send", "client/recv", "client/net", "client/ui") and a != b:
        return "rule 2: send and recv include neither each other, nor net, nor ui"
    if a == "client/net" and b in ("client/send", "client/recv") and not re.fullmatch(PURE_PARTS, target):
        return "rule 3: net may use only the pure parts of send and recv"
    if {a, b} == {"client/net", "client/ui"}:
        return "rule 3: net and ui meet only in messages, call, stats, frame_queue"
    if a == "client/ui" and b in ("client/send", "client/recv") and not re.fullmatch(MEETING, target):
        return "rule 3: ui takes pictures from frame_queue, and nothing else of send and recv"
    if a == "client" and b == "client/ui":
        return "rule 3: nothing but ui and app knows ui"
    return None


def check(tree):
    bad = []
    for top in ("shared", "relay", "client"):
        for folder, _, names in os.walk(os.path.join(tree, top)):
            for name in sorted(names):
                if not name.endswith((".c", ".h", ".cc", ".cpp")):
                    continue
                path = os.path.relpath(os.path.join(folder, name), tree)
                stem = os.path.splitext(path)[0]
                for number, _, header in includes(os.path.join(tree, path)):
                    target = resolve(tree, path, header)
                    why = None
                    if target:
                        why = ours(path, target)
                    elif path.startswith("shared/") and (re.match(SDL, header) or re.match(FFMPEG, header)):
                        why = "rule 1: shared knows neither SDL nor FFmpeg"
                    elif path.startswith("shared/") and re.fullmatch(THREADS, header) and stem != "shared/log":
                        why = "rule 1: shared has no threads (log has its one lock)"
                    else:
                        for pattern, users in USERS:
                            if re.match(pattern, header) and not re.fullmatch(users, stem):
                                why = "rule 4: %s is not for this file" % header
                    if why:
                        bad.append("%s:%d: %s: %s" % (path, number, header, why))
    return bad


PLANTED = [
    ("shared/x.c", '#include "relay/room.h"'), ("shared/x.c", "#include <SDL.h>"),
    ("shared/x.c", "#include <sys/socket.h>"), ("shared/x.c", "#include <pthread.h>"),
    ("relay/x.c", '#include "client/call.h"'), ("client/x.c", '#include "relay/room.h"'),
    ("relay/room.c", "#include <netinet/in.h>"), ("relay/core.c", "#include <libwebsockets.h>"),
    ("client/send/x.c", '#include "client/recv/mixer.h"'), ("client/recv/x.c", '#include "client/net/hop.h"'),
    ("client/recv/x.c", '#include "../net/hop.h"'), ("client/send/x.c", '#include "client/ui/tile.h"'),
    ("client/net/x.c", '#include "client/recv/video_decoder.h"'), ("client/net/x.c", '#include "client/ui/tile.h"'),
    ("client/ui/x.c", '#include "client/net/hop.h"'), ("client/ui/tile.c", "#include <libavutil/frame.h>"),
    ("client/net/session.c", "#include <SDL2/SDL.h>"), ("client/call.c", "#include <SDL.h>"),
    ("client/send/mic.c", '#include "client/sounds.h"'), ("client/recv/mixer.c", '#include "client/sounds.h"'),
    ("client/net/session.c", "# include <sys/socket.h>"), ("client/recv/mixer.c", "#include <libavcodec/avcodec.h>"),
]
ALLOWED = [
    ("shared/x.c", '#include "shared/wire.h"'), ("client/net/x.c", '#include "client/recv/assembler.h"'),
    ("client/ui/canvas_surface.c", "#include <libswscale/swscale.h>"), ("client/ui/x.c", "#include <SDL.h>"),
    ("client/app.c", '#include "client/ui/tile.h"'), ("client/recv/speaker.c", '#include "client/sounds.h"'), ("client/net/transport.c", "#include <sys/socket.h>"),
    ("client/ui/x.c", '#include "client/recv/frame_queue.h"'), ("relay/udp.c", "#include <netinet/udp.h>"),
    ("client/send/video_encoder_x264.c", "#include <libavcodec/avcodec.h>"), ("relay/x.c", '#include "room.h"'),
]
EXIST = ["relay/room.h", "client/sounds.h", "client/call.h", "client/recv/mixer.h", "client/net/hop.h", "client/ui/tile.h",
         "client/recv/video_decoder.h", "client/recv/assembler.h", "client/recv/frame_queue.h", "shared/wire.h"]


def self_test():
    for cases, expected in ((PLANTED, 1), (ALLOWED, 0)):
        for path, text in cases:
            with tempfile.TemporaryDirectory() as tree:
                for name in EXIST:
                    os.makedirs(os.path.join(tree, os.path.dirname(name)), exist_ok=True)
                    open(os.path.join(tree, name), "w").close()
                os.makedirs(os.path.join(tree, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(tree, path), "w") as f:
                    f.write(text + "\n")
                if len(check(tree)) != expected:
                    print("self-test: %s with %s: expected %d findings" % (path, text, expected))
                    return 1
    return 0


if __name__ == "__main__":
    findings.run(check, self_test)
