#!/bin/bash
# All sentences for people, out of the sources: make_pot.sh [FILE] (default: build/parlour.pot). With --merge every .po
# here is brought up to date with it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
mkdir -p build
out=build/parlour.pot
[ "${1:-}" ] && [ "$1" != --merge ] && out=$1
find client -name '*.[ch]' | LC_ALL=C sort | xgettext --files-from=- --from-code=UTF-8 --language=C --keyword=_ --keyword=N_ \
    --keyword=WORDS_COUNT:1,2 --add-location=file --no-wrap --package-name=parlour --output="$out"
# A date would make every run another file.
sed -i '/^"POT-Creation-Date/d; s/charset=CHARSET/charset=UTF-8/; s/^# SOME DESCRIPTIVE TITLE\./# Sentences for people in parlour./' "$out"
[ "${1:-}" = --merge ] || exit 0
for po in "$here"/*.po; do
    msgmerge --quiet --no-wrap --no-fuzzy-matching --update --backup=none "$po" "$out"
    msgattrib --no-obsolete --no-wrap --output-file="$po" "$po"
done
