#!/usr/bin/env bash
# Runs the fuzz targets, each for a time (default 600 seconds), and prints a line for each: `fuzz/run.sh [SECONDS] [TARGET…]`.
# Installs cargo-fuzz where it is missing. Findings lie in fuzz/artifacts, what was learnt in fuzz/corpus.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
SECONDS_EACH=${1:-600}
shift || true
TARGETS=("$@")
[ ${#TARGETS[@]} -gt 0 ] || TARGETS=(csv json parquet packed manifest rates)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/cloud-billing
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/fuzz}
export PATH=$PATH:$CACHE/tools/fuzz/bin
cargo fuzz --version >/dev/null 2>&1 || cargo install -q cargo-fuzz --version 0.13.2 --locked --root "$CACHE/tools/fuzz"

# Without a sanitizer: our own code has no `unsafe`, and panics, overflows, endless loops and memory are found all the
# same. Debug assertions are on.
for target in "${TARGETS[@]}"; do
  mkdir -p "corpus/$target" "$CACHE/fuzz-corpus/$target"
  log=$(mktemp)
  code=0
  cargo fuzz run -s none -a "$target" "$CACHE/fuzz-corpus/$target" "corpus/$target" -- \
    -max_total_time="$SECONDS_EACH" -rss_limit_mb=1024 -timeout=10 -max_len=65536 -print_final_stats=1 >"$log" 2>&1 || code=$?
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  covered=$(grep -o 'cov: [0-9]*' "$log" | tail -n 1 || true)
  echo "$(date -u +%F) | $target | $SECONDS_EACH s | ${runs:-0} runs | ${covered:-cov: ?} | $([ $code = 0 ] && echo "no finding" || echo "FINDING, see $log")"
done
