#!/usr/bin/env bash
# Measures when a change reaches each of 2,000 readers of the event stream, alone and with readers
# that never read. Readers and service share the machine. Variables: READERS, STALLED,
# SECONDS_MEASURE. Requires an open-files limit of 10,000.
set -euo pipefail
cd "$(dirname "$0")/../.."
readers=${READERS:-2000} stalled=${STALLED:-200} measure=${SECONDS_MEASURE:-30} port=18004
ulimit -n "$(ulimit -Hn)"
dotnet build bench/load/Remora.Load -c Release -v q -nologo
program=artifacts/bin/Remora.Load/release/Remora.Load.dll
dotnet "$program" stream $port & server=$!
trap 'kill $server 2>/dev/null || true' EXIT
until curl -fsS -o /dev/null "http://127.0.0.1:$port/readyz" 2>/dev/null; do sleep 0.2; done
for round in 1 2 3; do
  dotnet "$program" readers "http://127.0.0.1:$port" "$readers" 0 "$measure"
  dotnet "$program" readers "http://127.0.0.1:$port" "$readers" "$stalled" "$measure"
  awk '/VmRSS|Threads/ { printf "%s %s %s  ", $1, $2, $3 } END { print "" }' /proc/$server/status
done
