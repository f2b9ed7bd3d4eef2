#!/bin/bash
# Everything that proves Parlour, on a fresh Debian 12: packages, build, lint, unit, simulation, end to end, sanitizers,
# fuzzing. The last line is "N passed, N failed"; the exit code is 0 when none failed.
#
#   tests/run.sh                 what fits in 15 minutes on 2 cores
#   tests/run.sh --full          longer fuzzing and soaks, every end-to-end test under the sanitizers too
#   tests/run.sh --only PART     lint, unit, e2e, asan, tsan or fuzz; may be given several times
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
exec </dev/null

full=0
parts=()
while [ $# -gt 0 ]; do
    case $1 in
    --full) full=1 ;;
    --only)
        case ${2:-} in
        lint | unit | e2e | asan | tsan | fuzz) parts+=("$2") ;;
        *) echo "run.sh: --only takes lint, unit, e2e, asan, tsan or fuzz." >&2; exit 64 ;;
        esac
        shift
        ;;
    *) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
    esac
    shift
done
[ ${#parts[@]} -gt 0 ] || parts=(lint unit e2e asan tsan fuzz)
wanted() { [[ " ${parts[*]} " == *" $1 "* ]]; }

fuzz_s=2
[ $full = 1 ] && fuzz_s=60 && export PARLOUR_FULL=1
logs=$PWD/build/logs
mkdir -p "$logs" build/home
export CCACHE_DIR=${CCACHE_DIR:-${HOME:-/root}/.cache/ccache}
export HOME=$PWD/build/home XDG_CONFIG_HOME=$PWD/build/home/config XDG_CACHE_HOME=$PWD/build/home/cache
unset DISPLAY WAYLAND_DISPLAY

# ---- results ----

passed=0
failed=0
table=()
began=$SECONDS
record() { # PASS|FAIL|SKIP, name, seconds
    case $1 in PASS) passed=$((passed + 1)) ;; FAIL) failed=$((failed + 1)) ;; esac
    table+=("$(printf '%-4s %-52s %6s s' "$1" "$2" "$3")")
    printf '%-4s %-52s %6s s\n' "$1" "$2" "$3"
}
show() { # of a log, what helps
    echo "---- $1"
    tail -n "${2:-80}" "$1"
    echo "----"
}
finish() {
    echo
    echo "Summary (${parts[*]}; $((SECONDS - began)) s)"
    printf '%s\n' "${table[@]}"
    echo
    echo "$passed passed, $failed failed"
    [ $failed = 0 ] && [ $passed -gt 0 ]
    exit
}

# A command in a process group of its own, ended with whatever it left behind. Returns its exit code.
job=
bounded() { # seconds, log, command...
    local limit=$1 log=$2 code
    shift 2
    timeout -k 10 "$limit" "$@" >"$log" 2>&1 &
    job=$!
    wait $job
    code=$?
    kill -KILL -- -$job 2>/dev/null
    job=
    return $code
}
others=() # lanes beside each other
fuzzing=
trap '[ -n "$job" ] && kill -TERM -- -$job 2>/dev/null; [ ${#others[@]} -gt 0 ] && kill "${others[@]}" 2>/dev/null; [ -n "$fuzzing" ] && kill "$fuzzing" 2>/dev/null; exit 130' INT TERM

# ---- packages ----

packages() {
    local list missing sudo=
    list=$(grep -hv '^#' assets/packages-build.txt assets/packages-test.txt)
    # shellcheck disable=SC2086
    missing=$(comm -23 <(sort -u <<<"$list") <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' $list 2>/dev/null |
        sed -n 's/^installed //p' | sort -u))
    [ -z "$missing" ] && return 0
    [ "$(id -u)" = 0 ] || sudo="sudo -n"
    echo "installing:" $missing
    export DEBIAN_FRONTEND=noninteractive
    $sudo apt-get -qq update >"$logs/apt.log" 2>&1
    # shellcheck disable=SC2086
    $sudo apt-get -qq -y -o Dpkg::Use-Pty=0 install --no-install-recommends $missing >>"$logs/apt.log" 2>&1
}
if ! packages; then
    show "$logs/apt.log" 30
    record FAIL packages $((SECONDS - began))
    finish
fi

# ---- parts ----

launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)

compile() { # preset, what goes before cmake
    local benches=ON threaded=OFF
    # A sanitizer measures nothing; and where there is but one thread, that for threads finds nothing.
    [ "$1" = release ] || [ $full = 1 ] || benches=OFF
    [ "$1" = tsan ] && [ $full = 0 ] && threaded=ON
    "${@:2}" cmake --preset "$1" -DPARLOUR_TESTS=ON -DPARLOUR_BENCHES=$benches \
        -DPARLOUR_THREADED_ONLY=$threaded "${launcher[@]}" &&
        "${@:2}" cmake --build --preset "$1" -j2
}

build() { # preset
    local from=$SECONDS
    if compile "$1" >"$logs/build-$1.log" 2>&1; then
        record PASS "build/$1" $((SECONDS - from))
        return 0
    fi
    show "$logs/build-$1.log" 60
    record FAIL "build/$1" $((SECONDS - from))
    return 1
}

lint() {
    local from=$SECONDS line out
    out=$(tests/lint/run.sh build/release 2>&1)
    while IFS= read -r line; do
        case $line in
        "PASS lint/"* | "FAIL lint/"*) record "${line%% *}" "${line#* }" $((SECONDS - from)) ;;
        *) echo "$line" ;;
        esac
    done <<<"$out"
}

# Every ctest test of one build, prefixed with the preset unless it is release.
unit() { # preset
    local prefix="" log=$logs/ctest-$1.log count=0 status name seconds
    [ "$1" = release ] || prefix="$1 "
    SDL_VIDEODRIVER=dummy SDL_AUDIODRIVER=dummy bounded 600 "$log" "${wrap[@]}" \
        ctest --test-dir "build/$1" -j2 --output-on-failure
    while read -r name status seconds; do
        count=$((count + 1))
        record "$status" "$prefix$name" "$seconds"
    done < <(sed -nE 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: +([^ ]+) [ .]*(Passed|\*\*\*[A-Za-z ]*[^0-9]*) +([0-9.]+) sec.*/\1 \2 \3/p' "$log" |
        sed -E 's/ Passed / PASS /; t; s/ \*\*\*.* ([0-9.]+)$/ FAIL \1/')
    if [ $count = 0 ] || ! grep -q '100% tests passed' "$log"; then
        show "$log" 150
    fi
    [ $count -gt 0 ] || record FAIL "${prefix}unit (no test ran)" 0
}

e2e_script() { # preset, script, how much slower: its exit code and seconds into a file
    local log=$logs/e2e-$1-$(basename "$2").log from=$SECONDS runner=bash
    case $2 in *.py) runner=python3 ;; esac
    PARLOUR_BUILD=$PWD/build/$1 PARLOUR_SLOW=$3 bounded $(((full ? 900 : 300) * $3)) "$log" "${wrap[@]}" "$runner" "$2"
    echo "$? $((SECONDS - from))" >"$log.result"
}

e2e_record() { # preset, script
    local name log code seconds prefix=""
    name=$(basename "$2") log=$logs/e2e-$1-$name.log
    [ "$1" = release ] || prefix="$1 "
    read -r code seconds <"$log.result" || code=1 seconds=0
    case $code in
    0) record PASS "${prefix}e2e/$name" "$seconds" ;;
    77) record SKIP "${prefix}e2e/$name: $(grep -m1 '^SKIP' "$log")" "$seconds" ;;
    *)
        show "$log" 120
        record FAIL "${prefix}e2e/$name" "$seconds"
        ;;
    esac
}

# While scripts wait for each other, the sanitizers are built with what is left of the machine.
build_ahead() {
    local preset
    for preset in asan tsan; do
        wanted $preset && compile $preset nice -n 19 >/dev/null 2>&1
    done &
    others+=($!)
}

lane() { # preset, how much slower, scripts...: those that no other lane has taken
    local preset=$1 slower=$2 script
    shift 2
    trap '[ -n "$job" ] && kill -TERM -- -$job 2>/dev/null; exit 130' INT TERM
    for script in "$@"; do
        mkdir "$logs/e2e-$preset-$(basename "$script").taken" 2>/dev/null && e2e_script "$preset" "$script" "$slower"
    done
}

e2e() { # preset, pattern, how much slower
    local script count=0 together=() alone=() i
    for script in tests/e2e/$2; do
        [ -e "$script" ] || continue
        count=$((count + 1))
        rm -rf "$logs/e2e-$1-$(basename "$script")".{log.result,taken}
        case $(basename "$script") in # those that load the machine or measure; the others mostly wait: four at a time
        test_camera_wall.py | test_moving.py | test_screen.py | test_relay_flood.py | test_relay_guess.py | test_relay_slowloris.py | test_tcp_path.py)
            alone+=("$script")
            ;;
        test_calls.py | test_hands.py | test_hostile_lies.py | test_restart.py | test_sound_check.py | test_sounds.py)
            together=("$script" "${together[@]}") # the longest first, so that no lane waits for them at the end
            ;;
        *) together+=("$script") ;;
        esac
    done
    others=()
    [ "$1" = release ] && build_ahead
    for i in 1 2 3 4; do
        lane "$1" "$3" "${together[@]}" &
        others+=($!)
    done
    wait "${others[@]}"
    others=()
    for script in "${together[@]}"; do e2e_record "$1" "$script"; done
    for script in "${alone[@]}"; do
        e2e_script "$1" "$script" "$3"
        e2e_record "$1" "$script"
    done
    [ $count -gt 0 ] || record FAIL "e2e/$2 on $1 (no such test)" 0
}

smoke='test_smoke*'
[ $full = 1 ] && smoke='test_*.[ps][yh]'
wrap=()

sanitized() { # preset, slower
    build "$1" || return
    wrap=()
    # The shadow of TSan has no place for everything that a kernel may spread in the address space.
    [ "$1" = tsan ] && setarch -R true 2>/dev/null && wrap=(setarch -R)
    PARLOUR_SEEDS=1 unit "$1" # the simulator is many times slower
    e2e "$1" "$smoke" "$2"
    [ "$1" = tsan ] && [ $full = 0 ] && e2e "$1" test_relay_flood.py "$2" # clean under load
    wrap=()
}

fuzz_one() { # target
    local name=$1 dir=$PWD/build/fuzz/$1 max=1300 from=$SECONDS code
    case $name in fuzz_control) max=4096 ;; fuzz_options | fuzz_addr) max=512 ;; fuzz_relay_core | fuzz_control_logic) max=8192 ;; esac
    mkdir -p "$dir/corpus" "$dir/seeds"
    nice -n 19 timeout -k 10 $((fuzz_s + 60)) "build/asan/tests/$name" -max_total_time=$fuzz_s -max_len=$max -timeout=10 \
        -rss_limit_mb=2048 -artifact_prefix="$dir/" "$dir/corpus" "$dir/seeds" >"$logs/$name.log" 2>&1
    code=$?
    echo "$code $((SECONDS - from))" >"$dir/result"
}

# Fuzzing takes the time that the tests of threads, which mostly wait, leave: begun before them, and told after.
fuzz_begin() {
    wanted asan || build asan || return # with asan it was built, or has failed, just now
    [ -x build/asan/parlour-relay ] || { record FAIL "fuzz (not built)" 0; return; }
    python3 tests/fuzz/make_corpus.py build/fuzz || record FAIL "fuzz/make_corpus" 0
    rm -f build/fuzz/*/result
    (
        running=()
        for target in tests/fuzz/fuzz_*.c; do
            fuzz_one "$(basename "$target" .c)" &
            running+=($!)
            if [ ${#running[@]} -ge 2 ]; then
                wait "${running[0]}"
                running=("${running[@]:1}")
            fi
        done
        wait "${running[@]}"
    ) &
    fuzzing=$!
}

fuzz_end() {
    local target name code seconds
    [ -n "$fuzzing" ] || return
    wait "$fuzzing"
    for target in tests/fuzz/fuzz_*.c; do
        name=$(basename "$target" .c)
        read -r code seconds <"build/fuzz/$name/result" 2>/dev/null || { code=1; seconds=0; }
        if [ "$code" = 0 ]; then
            record PASS "fuzz/$name" "$seconds"
        else
            show "$logs/$name.log" 60
            record FAIL "fuzz/$name" "$seconds"
        fi
    done
}

export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:abort_on_error=0
export LSAN_OPTIONS=suppressions=$PWD/tests/lint/lsan.supp:print_suppressions=0
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:ignore_noninstrumented_modules=1
export ASAN_SYMBOLIZER_PATH=/usr/bin/llvm-symbolizer-14

built=0
if wanted lint || wanted unit || wanted e2e; then build release && built=1; fi
wanted lint && lint
if wanted unit; then [ $built = 1 ] && unit release || record FAIL "unit (not built)" 0; fi
if wanted e2e; then [ $built = 1 ] && e2e release 'test_*.[ps][yh]' 1 || record FAIL "e2e (not built)" 0; fi
wanted asan && sanitized asan 3
wanted fuzz && fuzz_begin
wanted tsan && sanitized tsan 5
wanted fuzz && fuzz_end
finish
