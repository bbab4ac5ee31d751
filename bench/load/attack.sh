#!/usr/bin/env bash
# Sends a million requests with wrong keys, oversized headers, path tricks and header injection,
# with 5,000 idle connections (half with incomplete headers) and a regular caller. Prints the
# responses, and memory and handles of the service before, after each round, and after the idle
# connections end. Variables: REQUESTS, IDLE, ROUNDS. Requires an open-files limit of 12,000.
set -euo pipefail
cd "$(dirname "$0")/../.."
requests=${REQUESTS:-1000000} idle=${IDLE:-5000} rounds=${ROUNDS:-1} port=18005
ulimit -n "$(ulimit -Hn)"
dotnet build bench/load/Remora.Load -c Release -v q -nologo
dotnet build src/Remora.Cli -c Release -v q -nologo
program=artifacts/bin/Remora.Load/release/Remora.Load.dll folder=$(mktemp -d)
key=$(dotnet artifacts/bin/Remora.Cli/release/remora-cli.dll keys add honest --data "$folder" 2>/dev/null)
dotnet "$program" guarded $port "$folder" & server=$!
trap 'kill $server 2>/dev/null || true; rm -rf "$folder"' EXIT
until curl -fsS -o /dev/null "http://127.0.0.1:$port/healthz" 2>/dev/null; do sleep 0.2; done
state() {
  local memory handles
  memory=$(awk '/VmRSS/ { print int($2 / 1024) " MB" }' /proc/$server/status)
  handles=$(find /proc/$server/fd -type l | wc -l)
  printf '%s: %s, %d handles\n' "$1" "$memory" "$handles"
}
state before
for ((round = 1; round <= rounds; round++)); do
  dotnet "$program" attack "http://127.0.0.1:$port" "$key" "$requests" "$idle"
  state "after round $round"
done
sleep 15
state "at rest"
