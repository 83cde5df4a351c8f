#!/usr/bin/env bash
# Repeats tests of the server beside busy loops. A test that fails once in fifty runs under load is a fault.
#
#   tests/again.sh [--busy LOOPS] [TEST[:FILTER] RUNS]…
#
# TEST is a test of crates/server, FILTER a part of the names of its cases. The default is serve:life 50, serve:takeover 50
# (two servers on one database, if there is PostgreSQL), failures 10, kill 10. LOOPS is the number of processes that each keep a
# core busy; the default is 2. The tests are built once and their binaries run directly. The script prints a line for each
# run and a table at the end. If a run failed, the exit status is 1, and its output is kept in a file that the script names.
set -euo pipefail
cd "$(dirname "$0")/.."

busy=2
if [ "${1:-}" = --busy ]; then
  busy=${2:?"--busy takes a number"}
  shift 2
fi
[ $# -gt 0 ] || set -- serve:life 50 serve:takeover 50 failures 10 kill 10
[ $(($# % 2)) -eq 0 ] || { echo "again: each TEST[:FILTER] is followed by how often it runs" >&2; exit 2; }

wanted=()
for ((place = 1; place <= $#; place += 2)); do
  test=${!place}
  wanted+=(--test "${test%%:*}")
done
cargo test --locked --workspace --no-run "${wanted[@]}"
built=$(cargo test --locked --workspace --no-run "${wanted[@]}" 2>&1)

binary_of() {
  local path
  path=$(sed -nE "s|.*Executable tests/$1(/main)?\.rs \((.*)\)|\2|p" <<<"$built")
  [ -n "$path" ] || { echo "again: there is no test $1" >&2; exit 2; }
  case $path in /*) echo "$path" ;; *) echo "$PWD/$path" ;; esac
}

kept=$(mktemp -d "${TMPDIR:-/tmp}/attractor-again.XXXXXX")
loops=()
finish() {
  [ ${#loops[@]} -eq 0 ] || kill "${loops[@]}" 2>/dev/null || true
  # Only if no output was kept.
  rmdir "$kept" 2>/dev/null || true
}
trap finish EXIT
for ((loop = 0; loop < busy; loop++)); do
  (while :; do :; done) &
  loops+=($!)
done

table=()
failed=0
while [ $# -gt 0 ]; do
  name=$1 runs=$2
  shift 2
  test=${name%%:*} filter=()
  [ "$test" = "$name" ] || filter=("${name#*:}")
  binary=$(binary_of "$test")
  bad=0 began=$SECONDS
  for ((run = 1; run <= runs; run++)); do
    out=$kept/${name//[:\/]/-}-$run
    from=$SECONDS
    # The folder in which cargo runs the crate's tests.
    if (cd crates/server && "$binary" "${filter[@]}") >"$out" 2>&1; then
      result=ok
      rm "$out"
    else
      result="FAILED, see $out"
      bad=$((bad + 1))
    fi
    printf '%-16s %3d of %-3d %4d s  %s\n' "$name" "$run" "$runs" $((SECONDS - from)) "$result"
  done
  table+=("$(printf '%-16s %6d %8d %8d s' "$name" "$runs" "$bad" $((SECONDS - began)))")
  failed=$((failed + bad))
done

printf '\n%-16s %6s %8s %10s\n' test runs failed took
printf '%s\n' "${table[@]}"
[ "$failed" -eq 0 ] || { echo "what failed runs printed is in $kept" >&2; exit 1; }
