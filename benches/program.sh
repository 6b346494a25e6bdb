# What the measurements of the whole program begin with. A script sources it with its own arguments and goes on in a new
# folder, with the program's path in BINARY and benches/process.py within reach of Python.

if [ "${1:-}" = --help ] || [ "${1:-}" = -h ]; then
  sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0"
  exit 0
fi
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BINARY=${1:-${CARGO_TARGET_DIR:-$ROOT/target}/release/cloud-billing}
if [ ! -x "$BINARY" ]; then
  echo "there is no program $BINARY: build it with cargo build --release, or name another one" >&2
  exit 2
fi
BINARY=$(cd "$(dirname "$BINARY")" && pwd)/$(basename "$BINARY")
export PYTHONPATH=$ROOT/benches PYTHONDONTWRITEBYTECODE=1

FOLDER=$(mktemp -d)
trap 'rm -rf "$FOLDER"' EXIT
cd "$FOLDER"
