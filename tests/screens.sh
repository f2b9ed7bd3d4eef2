#!/bin/bash
# Pictures of every screen and state, without a relay: 1280x720, 1920x1080, 3840x2160, and 1920x1080 with text of 200 %.
#   tests/screens.sh [DIR]     default build/screens; sheets of 20 to look through are in DIR/sheets
#   tests/screens.sh --readme  only the pictures of client/README.md, into assets/screens
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/.."
galleries=${PARLOUR_BUILD:-build/release}/tests
out=${1:-build/screens}
[ -x "$galleries/ui_gallery" ] || { echo "screens.sh: $galleries/ui_gallery is missing. Build first: cmake --preset release && cmake --build --preset release" >&2; exit 1; }

if [ "$out" = --readme ]; then
    shots=$(mktemp -d)
    trap 'rm -rf "$shots"' EXIT
    mkdir -p assets/screens
    for part in home settings; do UI_GALLERY=$part "$galleries/ui_gallery" "$shots" 1280x720 100 >/dev/null; done
    for name in home_invite ringing_auto_2 high_home settings-screen; do
        ffmpeg -y -v error -i "$shots/$name.png" -q:v 4 -map_metadata -1 -fflags +bitexact "assets/screens/${name//_/-}.jpg" </dev/null
    done
    exit
fi

mkdir -p "$out/sheets"
for set in "720p 1280x720 100" "1080p 1920x1080 100" "2160p 3840x2160 100" "text-200 1920x1080 200"; do
    read -r name size scale <<<"$set"
    mkdir -p "$out/$name"
    "$galleries/ui_gallery" "$out/$name" "$size" "$scale" >"$out/$name.log"
    # Sheets of 4 x 5, in the order of the names.
    ffmpeg -y -v error -pattern_type glob -framerate 1 -i "$out/$name/*.png" \
        -vf "scale=480:270,tile=4x5:padding=6:margin=6:color=gray" "$out/sheets/$name-%d.png" </dev/null
    echo "$out/$name: $(find "$out/$name" -name '*.png' | wc -l) screens"
done
