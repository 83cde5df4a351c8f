#!/usr/bin/env bash
# Hostile input through every door, for some seconds each: run.sh SECONDS [TARGET…]
# Finds go to fuzz/artifacts; what is learned on the way stays in target/fuzz, the seeds in fuzz/corpus stay as they are.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(playbook messages csv mail webhook dialogue links)

tools=$PWD/target/tools
if ! [ -x "$tools/bin/cargo-fuzz" ]; then
    cargo install cargo-fuzz --locked --root "$tools"
fi
# The sanitizer is a flag that the stable compiler keeps to itself unless told so.
export RUSTC_BOOTSTRAP=1 PATH=$tools/bin:$PATH

for target in "${targets[@]}"; do
    learned=target/fuzz/$target
    mkdir -p "$learned"
    echo "--- $target, $seconds s"
    cargo fuzz run --target-dir target/fuzz-build "$target" "$learned" "fuzz/corpus/$target" -- \
        -dict="fuzz/dictionaries/$target.dict" \
        -max_total_time="$seconds" -max_len=8192 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
done
