#!/usr/bin/env bash
# Compares /risk with Kestrel 'hello world' on one core, and measures latency at 10,000 requests/s.
# Needs: wrk and taskset (Debian: apt-get install wrk util-linux), and two idle cores. Variables:
# SECONDS_WARM, SECONDS_MEASURE, ROUNDS, CONNECTIONS. The servers alternate in every round, and
# ratios are computed within a round, so that changes of the machine's speed have little effect.
set -euo pipefail
cd "$(dirname "$0")/../.."
for tool in wrk taskset dotnet; do
  command -v "$tool" >/dev/null || { echo "$tool is missing" >&2; exit 1; }
done
warm=${SECONDS_WARM:-40} measure=${SECONDS_MEASURE:-5} rounds=${ROUNDS:-9} connections=${CONNECTIONS:-64}
server_core=0 load_core=1

dotnet build bench/load/Remora.Load -c Release -v q -nologo
program=artifacts/bin/Remora.Load/release/Remora.Load.dll
servers=() log=$(mktemp)
trap 'kill "${servers[@]}" 2>/dev/null || true; rm -f "$log"' EXIT
serve() { taskset -c $server_core dotnet "$program" "$1" "$2" & servers+=($!); }
serve hello 18001
serve hello-inline 18002
serve risk 18003
declare -A url=(
  [hello]=http://127.0.0.1:18001/
  [hello_inline]=http://127.0.0.1:18002/
  [risk]='http://127.0.0.1:18003/api/v1/risk?pair=BTC/USDT'
)
names=(hello hello_inline risk)
for name in "${names[@]}"; do
  until curl -fsS -o /dev/null "${url[$name]}" 2>/dev/null; do sleep 0.2; done
done
bytes=$(curl -fsS "${url[risk]}" | wc -c)

load() {
  taskset -c $load_core wrk -t1 -c"$connections" -d"$2s" "${url[$1]}" |
    awk '/Requests\/sec/ { print $2 } /Non-2xx|Socket errors/ { print > "/dev/stderr" }'
}
echo "warming up each server for $warm s; a response of /risk has $bytes bytes"
for name in "${names[@]}"; do load "$name" "$warm" >/dev/null; done


declare -A rates
for ((round = 1; round <= rounds; round++)); do
  for name in "${names[@]}"; do rates[$name]=$(load "$name" "$measure"); done
  awk -v n="$round" -v h="${rates[hello]}" -v i="${rates[hello_inline]}" -v r="${rates[risk]}" 'BEGIN {
    printf "round %d: hello %.0f, hello with inline scheduling %.0f, /risk %.0f requests/s; ", n, h, i, r
    printf "/risk is %.3f and %.3f of them\n", r / h, r / i
  }' | tee -a "$log"
done
median() { sort -n | awk '{ a[NR] = $1 } END { print (NR % 2) ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2 }'; }
of_hello=$(sed 's/.*is \([0-9.]*\) and.*/\1/' "$log" | median)
of_inline=$(sed 's/.*and \([0-9.]*\) of.*/\1/' "$log" | median)
echo "median ratio: $of_hello of hello, $of_inline of hello with inline scheduling"

echo "at 10,000 requests/s, measured from when each was due:"
for ((round = 0; round <= 5; round++)); do
  for name in hello risk; do
    line=$(taskset -c $load_core dotnet "$program" rate "${url[$name]}" 10000 10 "$connections")
    ((round == 0)) || printf '%-6s%s\n' "$name" "$line" # the first is the load's own warm-up
  done
done
