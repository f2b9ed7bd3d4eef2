#!/bin/bash
# Both binaries: position independent, read-only relocations bound at start, no executable stack, stack canaries.
# hardening.sh [BUILD]
set -u
build=${1:-$(dirname "$0")/../../build/release}
bad=0

check() { # what, whether
    if ! eval "$2"; then
        echo "$binary: no $1"
        bad=1
    fi
}

for binary in "$build/parlour" "$build/parlour-relay"; do
    if [ ! -x "$binary" ]; then
        echo "$binary is not built"
        bad=1
        continue
    fi
    header=$(readelf -hW "$binary")
    segments=$(readelf -lW "$binary")
    dynamic=$(readelf -dW "$binary")
    symbols=$(readelf -sW --dyn-syms "$binary")
    check "PIE" 'grep -q "Type: *DYN" <<<"$header" && grep -q "FLAGS_1.*PIE" <<<"$dynamic"'
    check "RELRO" 'grep -q GNU_RELRO <<<"$segments"'
    check "NOW" 'grep -qE "BIND_NOW|FLAGS_1.*NOW" <<<"$dynamic"'
    check "NX stack" 'grep -qE "GNU_STACK.* RW " <<<"$segments"'
    check "canary" 'grep -q __stack_chk_fail <<<"$symbols"'
    check "clean library path" '! grep -qE "RPATH|RUNPATH" <<<"$dynamic"'
done
exit $bad
