#!/bin/bash
# Every check of the sources: one "PASS name" or "FAIL name" line each, findings before it. run.sh [BUILD]
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${1:-$here/../../build/release}
bad=0

one() { # name, command...
    local name=$1 out
    shift
    if out=$("$@" 2>&1); then
        [ -n "$out" ] && echo "$out"
        echo "PASS lint/$name"
    else
        echo "$out"
        echo "FAIL lint/$name"
        bad=1
    fi
}

for check in includes banned sizes literals; do
    one "$check-self-test" python3 "$here/$check.py" --self-test
    one "$check" python3 "$here/$check.py"
done
one format "$here/format.sh"
one hardening "$here/hardening.sh" "$build"
one systemd "$here/systemd.sh"
exit $bad
