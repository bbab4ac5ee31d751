#!/usr/bin/env bash
# Measures what recording costs: /risk of a service that records its requests, of one that does not,
# and a bare Kestrel handler that returns as many bytes. Service and engine share one core; wrk is
# on the other. Then: how many seconds of load a new service needs to reach its full rate.
#   bench/load/recording.sh [NATIVE]    NATIVE: the path of remora-cli; else the ordinary build
# The servers alternate in every round, and ratios are computed within a round. Needs wrk and
# taskset. Variables: SECONDS_WARM, SECONDS_MEASURE, ROUNDS, CONNECTIONS.
set -euo pipefail
cd "$(dirname "$0")/../.."
warm=${SECONDS_WARM:-30} measure=${SECONDS_MEASURE:-10} rounds=${ROUNDS:-5} connections=${CONNECTIONS:-64}
dotnet build bench/load/Remora.Load -c Release -v q -nologo
load=artifacts/bin/Remora.Load/release/Remora.Load.dll
if [[ -n ${1:-} ]]; then
  program=("$(readlink -f "$1")")
else
  dotnet build src/Remora.Cli -c Release -v q -nologo
  program=(dotnet artifacts/bin/Remora.Cli/release/remora-cli.dll)
fi
work=$(mktemp -d) pids=()
end() {
  kill "${pids[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap end EXIT
on_server_core() { # sets 'pid'
  taskset -c 0 "$@" >"$work/out" 2>>"$work/log" &
  pid=$!
  pids+=("$pid")
}
"${program[@]}" sandbox --port 28520 --speed 1 --seed 7 2>"$work/sandbox.log" &
pids+=($!)
until curl -fs -o "$work/out" http://127.0.0.1:28520/sandbox/clock; do sleep 0.1; done
serve() { # port, store, data folder
  on_server_core "${program[@]}" serve --sandbox http://127.0.0.1:28520 --pairs BTC/USDT --port "$1" --store "$2" \
    --data "$work/$3"
  until curl -fs "http://127.0.0.1:$1/api/v1/risk?pair=BTC/USDT" | grep -q '"risk_score":0'; do sleep 0.1; done
}
serve 28521 true recorded
recorded=$pid
serve 28522 false plain
plain=$pid
bytes=$(curl -fs 'http://127.0.0.1:28521/api/v1/risk?pair=BTC/USDT' | wc -c)
on_server_core dotnet "$load" hello-inline 28523 "$bytes"
hello=$pid
until curl -fs -o "$work/out" http://127.0.0.1:28523/; do sleep 0.1; done

# Processor time of a process and its children, in ticks of 10 ms.
used() {
  local process
  for process in "$1" $(cat /proc/"$1"/task/*/children); do
    cat "/proc/$process/stat" 2>/dev/null || true
  done | awk '{ sum += $14 + $15 } END { print sum }'
}
# Prints requests per second, and requests per second of processor time of server and engine.
rate() { # process, url, seconds
  local before after requests
  before=$(used "$1")
  requests=$(taskset -c 1 wrk -t1 -c"$connections" -d"$3s" "$2" |
    awk '/requests in/ { n = $1 } /Requests\/sec/ { rate = $2 } /Non-2xx|Socket errors/ { print > "/dev/stderr" }
      END { print n, rate }')
  after=$(used "$1")
  awk -v spent=$((after - before)) '{ printf "%.0f %.0f\n", $2, $1 * 100 / spent }' <<<"$requests"
}
ask=/api/v1/risk?pair=BTC/USDT
echo "load $(cut -d' ' -f1 /proc/loadavg); an answer has $bytes bytes; warming up for $warm s each"
rate "$hello" "http://127.0.0.1:28523/" "$warm" >"$work/out"
rate "$plain" "http://127.0.0.1:28522$ask" "$warm" >"$work/out"
rate "$recorded" "http://127.0.0.1:28521$ask" "$warm" >"$work/out"
for ((round = 1; round <= rounds; round++)); do
  read -r h hc <<<"$(rate "$hello" "http://127.0.0.1:28523/" "$measure")"
  read -r p pc <<<"$(rate "$plain" "http://127.0.0.1:28522$ask" "$measure")"
  read -r r rc <<<"$(rate "$recorded" "http://127.0.0.1:28521$ask" "$measure")"
  awk -v n="$round" -v h="$h" -v p="$p" -v r="$r" -v hc="$hc" -v pc="$pc" -v rc="$rc" 'BEGIN {
    printf "round %d: bare %d, /risk %d, recorded %d requests/s; ratios %.3f and %.3f; ", n, h, p, r, p / h, r / h
    printf "per second of processor time %d, %d, %d: ratios %.3f and %.3f\n", hc, pc, rc, pc / hc, rc / hc
  }' | tee -a "$work/rounds"
done
median() { sort -n | awk '{ a[NR] = $1 } END { print (NR % 2) ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2 }'; }
ratios='ratios \([0-9.]*\) and \([0-9.]*\)'
column() { sed "s/.*s; $ratios; .*: $ratios/\\$1/" "$work/rounds" | median; }
echo "median: /risk $(column 1), recorded $(column 2) of bare; by processor time $(column 3) and $(column 4)"
curl -fs http://127.0.0.1:28521/api/v1/store | grep -o '"dropped_rows":[0-9]*'

kill "$recorded"
wait "$recorded" || true
serve 28521 true started
for ((second = 1; second <= 40; second++)); do
  rate "$pid" "http://127.0.0.1:28521$ask" 1 | cut -d' ' -f1
done >"$work/start"
awk '{ a[NR] = $1 } END {
  for (i = NR - 9; i <= NR; i++) full += a[i] / 10
  for (i = 1; i <= NR - 2; i++) if ((a[i] + a[i + 1] + a[i + 2]) / 3 >= 0.9 * full) break
  printf "0.9 of the full rate (%d) after %d s under load:", full, i
  for (i = 1; i <= NR; i++) printf " %d", a[i]
  print ""
}' "$work/start"
