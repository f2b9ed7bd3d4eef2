#!/bin/bash
# The relay's systemd unit: every line is understood, and its exposure is at most 1.5 (of 10).
set -u
cd "$(dirname "$0")/../.." || exit 1
unit=assets/systemd/parlour-relay.service
bad=0
command -v systemd-analyze >/dev/null || { echo "systemd-analyze is missing (package systemd)"; exit 1; }
copy=$(mktemp -d) && trap 'rm -rf "$copy"' EXIT
sed 's:^ExecStart=[^ ]*:ExecStart=/bin/true:' "$unit" >"$copy/parlour-relay.service"
said=$(systemd-analyze verify "$copy/parlour-relay.service" 2>&1 | grep parlour-relay)
[ -z "$said" ] || { echo "$said"; bad=1; }
report=$(systemd-analyze security --offline=yes --no-pager "$unit" 2>&1)
exposure=$(sed -n 's/.*Overall exposure level[^:]*: \([0-9.]*\).*/\1/p' <<<"$report")
awk -v e="${exposure:-99}" 'BEGIN { exit !(e <= 1.5) }' || { echo "exposure '$exposure' is above 1.5"; bad=1; }
exit $bad
