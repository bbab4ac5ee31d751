#!/usr/bin/env bash
# Makes the data folder of a version for UpgradeTests: VERSION.tar.xz beside this file, with the
# folder, a key, and what that version answers from it. Run it when a version is cut.
#   make.sh VERSION PROGRAM...    PROGRAM: that version's command line
set -euo pipefail
version=$1 folder=$(cd "$(dirname "$0")" && pwd) work=$(mktemp -d) url=http://127.0.0.1:28501
shift
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
[[ $("$@" --version) == "$version"* ]] || { echo "the program has version $("$@" --version)" >&2; exit 1; }
history="$url/api/v1/history?pair=BTC/USDT&interval=each&from=2026-05-30&to=2027-07-01&limit=1000"

serve() {
  "$program" "${arguments[@]}" serve --sandbox --pairs BTC/USDT --timeframe 1h --sources false --speed 3600 \
    --seed 7 --port 28501 "${@:2}" --data "$1" 2>"$work/log" &
}
# Waits until the history has at least so many rows, and writes it to a file.
rows() {
  local i
  for ((i = 0; i < 600; i++)); do
    if curl -fs "$history" -o "$2" && [[ $(grep -o '"time"' "$2" | wc -l) -ge $1 ]]; then return; fi
    sleep 0.2
  done
  cat "$work/log" >&2
  return 1
}
stop() { kill -TERM $!; wait $!; }

program=$1 arguments=("${@:2}")
"$@" keys add bot --data "$work/data" 2>/dev/null >"$work/key"
serve "$work/data" --start 2026-06-01T00:30:00Z
rows 10 "$work/history.json"
stop
# What a restart answers, on a copy: every row, whether or not the first run showed it.
cp -r "$work/data" "$work/copy"
start=(--start 2026-07-01T00:30:00Z)
[[ ! -e $work/data/sandbox/sandbox.json ]] || start=()
serve "$work/copy" "${start[@]}" --fault refused
rows 10 "$work/history.json"
stop
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --exclude=lock --exclude=pipes --exclude=desk \
  -cf - data key history.json | xz -9e >"$folder/$version.tar.xz"
ls -l "$folder/$version.tar.xz"
