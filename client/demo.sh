#!/usr/bin/env bash
# Shows a real call on this machine with no set-up: installs what is missing (Debian), builds, starts a relay on
# loopback and three other participants made of real moving pictures and speech, and opens the call full screen.
# Without a display it runs under Xvfb and says where its screenshot lies. Everything it starts ends with it.
#   client/demo.sh [--seconds N] [--screenshot FILE]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build/release
seconds=0
shot=/tmp/parlour-demo.png
while [ $# -gt 0 ]; do
    case $1 in
    --seconds) seconds=${2:?--seconds needs a number}; shift 2 ;;
    --screenshot) shot=$(realpath -m "${2:?--screenshot needs a file}"); shift 2 ;;
    *) echo "demo.sh: unknown option '$1'. Usage: demo.sh [--seconds N] [--screenshot FILE]" >&2; exit 64 ;;
    esac
done

# ---- packages and build ----
packages=$(sed 's/#.*//' "$root/assets/packages-build.txt" "$root/assets/packages-demo.txt")
missing=
for p in $packages; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing="$missing $p"
done
if [ -n "$missing" ]; then
    as_root=; [ "$(id -u)" = 0 ] || as_root=sudo
    echo "Installing:$missing"
    $as_root apt-get update -qq
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi
echo "Building…"
(cd "$root" && cmake --preset release -DPARLOUR_TESTS=OFF >/dev/null && cmake --build --preset release >/dev/null)

# ---- a place that goes away with us ----
work=$(mktemp -d /tmp/parlour-demo-XXXXXX)
pids=
finish() {
    for p in $pids; do kill "$p" 2>/dev/null || true; done
    for p in $pids; do wait "$p" 2>/dev/null || true; done
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM
export XDG_CONFIG_HOME=$work/config

# ---- people: pictures from Debian's OpenCV samples, voices from espeak-ng ----
samples=/usr/share/doc/opencv-doc
picture() { # NAME SOURCE: a clip, or the test picture where there is none
    local out=$work/$1.mp4
    case $2 in
    *.gz) zcat "$2" >"$work/$1.src" 2>/dev/null || true ;;
    *) cp "$2" "$work/$1.src" 2>/dev/null || true ;;
    esac
    if [ -s "$work/$1.src" ] && ffmpeg -v quiet -y -i "$work/$1.src" -an -vf \
        "fps=30,scale=1280:720:force_original_aspect_ratio=increase:flags=bicubic,crop=1280:720" \
        -c:v libx264 -preset ultrafast -crf 17 -g 30 "$out" </dev/null; then
        echo "file:$out"
    else
        echo test
    fi
}
voice() { # NAME VOICE TEXT
    espeak-ng -v "$2" -s 150 -w "$work/$1.wav" "$3" 2>/dev/null && echo "file:$work/$1.wav" || echo none
}
echo "Inviting three people…"
amina_sees=$(picture amina "$samples/examples/data/vtest.avi")
robert_sees=$(picture robert "$samples/opencv4/html/cup.mp4.gz")
samuel_sees=$(picture samuel "$samples/opencv4/html/box.mp4.gz")
amina_says=$(voice amina en-gb+f3 "Hello! I am down at the gate. ... Can you hear me? It is a lovely morning. ... ... ... ...")
robert_says=$(voice robert en-us+m3 "... ... ... ... ... Look at this cup. I have had it for twenty years. ... ... ...")

ready=$work/relay.ready
"$build/parlour-relay" --listen 127.0.0.1 --admin none --drain 0 --control-port 0 --media-port 0 --state-dir "$work/relay" -q >"$ready" \
    2>"$work/relay.log" &
pids="$pids $!"
for _ in $(seq 100); do grep -q '^ready' "$ready" && break; sleep 0.05; done
relay=$(sed -n 's/^ready control=\([^ ]*\).*/\1/p' "$ready")
[ -n "$relay" ] || { echo "demo.sh: the relay did not start:" >&2; cat "$work/relay.log" >&2; exit 1; }

person() { # NAME CAMERA MICROPHONE [OPTION...]
    local name=$1 camera=$2 microphone=$3
    shift 3
    "$build/parlour" --headless --window 640x360 --name "$name" --camera "$camera" --microphone "$microphone" \
        --speaker none --data-dir "$work/$name" --ipc "$work/$name.sock" -q "$@" >"$work/$name.out" 2>"$work/$name.log" &
    pids="$pids $!"
}
person "Amina" "$amina_sees" "$amina_says" --relay "$relay" --create
for _ in $(seq 200); do grep -q '^invite' "$work/Amina.out" && break; sleep 0.05; done
invite=$(sed -n 's/^invite //p' "$work/Amina.out")
[ -n "$invite" ] || { echo "demo.sh: no room was made:" >&2; cat "$work/Amina.log" >&2; exit 1; }
person "Robert" "$robert_sees" "$robert_says" "$invite"
person "Samuel" "$samuel_sees" none "$invite"

# ---- you ----
camera=test
ls /dev/video* >/dev/null 2>&1 && camera=auto
headless_display=
if [ -z "${DISPLAY:-}" ] && [ -z "${WAYLAND_DISPLAY:-}" ]; then
    headless_display=yes
    mkfifo "$work/display"
    Xvfb -displayfd 3 -screen 0 1920x1080x24 -nolisten tcp 3>"$work/display" 2>"$work/xvfb.log" &
    pids="$pids $!"
    read -r number <"$work/display"
    export DISPLAY=:$number
fi
speaker=auto; microphone=auto
if [ -n "$headless_display" ]; then speaker=none; microphone=none; fi
"$build/parlour" --name "$(hostname)" --camera "$camera" --microphone "$microphone" --speaker "$speaker" \
    --data-dir "$work/me" --ipc "$work/me.sock" --fullscreen -q "$invite" 2>"$work/me.log" &
me=$!
pids="$pids $me"

say() { # SOCKET JSON: one command to a running client
    python3 - "$1" "$2" <<'PY' 2>/dev/null || true
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(10)
s.connect(sys.argv[1])
s.sendall(sys.argv[2].encode() + b"\n")
s.makefile().readline()
PY
}
sleep 4
say "$work/Robert.sock" '{"command":["chat","Good to see you all 😊"]}'
sleep 1
say "$work/Samuel.sock" '{"command":["chat","My microphone is broken, but I can type. 你好!"]}'

if [ -n "$headless_display" ]; then
    say "$work/me.sock" '{"command":["key","c"]}'
    sleep 2
    rm -f "$shot"
    say "$work/me.sock" "{\"command\":[\"screenshot\",\"$work/shot.png\"]}"
    kill -0 "$me" 2>/dev/null || { echo "demo.sh: the call ended by itself:" >&2; cat "$work/me.log" >&2; exit 1; }
    [ -s "$work/shot.png" ] || { echo "demo.sh: no screenshot could be taken" >&2; cat "$work/me.log" >&2; exit 1; }
    case $shot in
    *.jpg) ffmpeg -v error -y -i "$work/shot.png" -vf scale=1280:-2 -q:v 4 "$shot" </dev/null ;; # as the README has it
    *) cp "$work/shot.png" "$shot" ;;
    esac
    echo "There is no display here. The call ran on a virtual one; its screenshot: $shot"
    [ "$seconds" = 0 ] || sleep "$seconds"
    exit 0
fi
echo "You are in the call. C chat, T connection, ? all keys, Ctrl+Q ends. Invite another machine's parlour with:"
echo "  $invite   (this relay answers on loopback only)"
if [ "$seconds" != 0 ]; then
    sleep "$seconds"
else
    wait "$me" || true
fi
