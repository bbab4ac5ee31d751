#!/usr/bin/env bash
# Compares the service as the native executable and as the ordinary build: start, first answer,
# resident memory, rates. The two alternate in every round and ratios are computed within a round,
# so that other work on the machine has little effect. The service runs on one core, wrk on another.
#   bench/native/serve.sh NATIVE [ORDINARY_DLL]    NATIVE: the path of remora-cli
# Needs wrk and taskset. Variables: ROUNDS, SECONDS_WARM, SECONDS_MEASURE, PATHS.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
native=$(readlink -f "${1:?the native executable}")
ordinary=${2:-$root/artifacts/bin/Remora.Cli/release/remora-cli.dll}
rounds=${ROUNDS:-5} warm=${SECONDS_WARM:-20} measure=${SECONDS_MEASURE:-4}
work=$(mktemp -d) pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
export REMORA_STORE=false REMORA_POLICY=remora-1 DOTNET_TieredPGO=1

remora() { # native or ordinary, then the arguments
  if [[ $1 == native ]]; then exec "$native" "${@:2}"; else exec dotnet "$ordinary" "${@:2}"; fi
}
remora native sandbox --port 28510 --speed 60 --seed 7 2>"$work/sandbox.log" &
pids+=($!)
until curl -fs -o "$work/null" http://127.0.0.1:28510/sandbox/clock; do sleep 0.1; done

serve() { # native or ordinary, and the port; sets 'pid'
  (
    taskset -cp 0 $BASHPID >"$work/null"
    remora "$1" serve --sandbox http://127.0.0.1:28510 --port "$2" 2>"$work/$1.log"
  ) &
  pid=$!
  pids+=("$pid")
}
now() { date +%s%3N; }
resident() { awk '/VmRSS/ { print int($2 / 1024) }' "/proc/$1/status"; }
median() { sort -n | awk '{ a[NR] = $1 } END { print (NR % 2) ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2 }'; }

echo "load $(cut -d' ' -f1 /proc/loadavg), $rounds rounds"
for ((round = 0; round <= rounds; round++)); do # the first fills the caches of the system
  for kind in ordinary native; do
    began=$(now)
    serve $kind 28511
    until curl -fs -o "$work/null" http://127.0.0.1:28511/healthz; do sleep 0.01; done
    answered=$(($(now) - began))
    until curl -fs 'http://127.0.0.1:28511/api/v1/risk?pair=BTC/USDT' | grep -q '"risk_score":0'; do sleep 0.01; done
    assessed=$(($(now) - began))
    sleep 1
    ((round == 0)) || echo "$kind $answered $assessed $(resident "$pid")" >>"$work/starts"
    kill "$pid"
    wait "$pid" || true
  done
done
for kind in ordinary native; do
  echo "start, $kind: answers after $(awk -v k=$kind '$1 == k { print $2 }' "$work/starts" | median) ms," \
    "/risk after $(awk -v k=$kind '$1 == k { print $3 }' "$work/starts" | median) ms," \
    "$(awk -v k=$kind '$1 == k { print $4 }' "$work/starts" | median) MB resident"
done

# Processor time of a process in ticks of 10 ms.
used() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
# Loads a path of a server for some seconds. Prints requests per second, and per second of the
# server's processor time, which other work on the machine hardly changes.
rate() { # native or ordinary, path, seconds
  local before total
  before=$(used "${served[$1]}")
  total=$(taskset -c 1 wrk -t1 -c64 -d"$3s" "http://127.0.0.1:${port[$1]}$2" |
    awk '/requests in/ { print $1 } /Non-2xx|Socket errors/ { print > "/dev/stderr" }')
  awk -v n="$total" -v s="$3" -v t="$(($(used "${served[$1]}") - before))" \
    'BEGIN { print int(n / s), int(n / t * 100) }'
}
declare -A port=([ordinary]=28512 [native]=28513) served=([ordinary]="" [native]="")
risk='/api/v1/risk?pair=BTC/USDT' batch='/api/v1/risk/batch?pairs=BTC/USDT,ETH/USDT,SOL/USDT'
read -ra paths <<<"${PATHS:-$risk $batch /api/v1/forecast?pair=BTC/USDT /metrics}"
for kind in ordinary native; do
  serve $kind "${port[$kind]}"
  served[$kind]=$pid
  until curl -fs "http://127.0.0.1:${port[$kind]}$risk" | grep -q '"risk_score":0'; do sleep 0.1; done
  read -r first per_second < <(rate $kind "${paths[0]}" "$measure")
  echo "first $measure s of /risk, $kind: $first requests/s, $per_second per second of processor time"
done
for path in "${paths[@]}"; do
  for kind in ordinary native; do rate $kind "$path" "$warm" >"$work/null"; done
  : >"$work/rates"
  for ((round = 1; round <= rounds; round++)); do
    read -r a a_used < <(rate ordinary "$path" "$measure")
    read -r b b_used < <(rate native "$path" "$measure")
    awk -v a="$a" -v b="$b" -v c="$a_used" -v d="$b_used" 'BEGIN { print a, b, b / a, c, d, d / c }' >>"$work/rates"
  done
  of() { cut -d' ' -f"$1" "$work/rates" | median; }
  echo "$path: ordinary $(of 1), native $(of 2) requests/s, ratio $(of 3);" \
    "per second of processor time $(of 4), $(of 5), ratio $(of 6)" \
    "($(cut -d' ' -f6 "$work/rates" | sort -n | sed -n '1p;$p' | paste -sd' '))"
done
for kind in ordinary native; do echo "after the load, $kind: $(resident "${served[$kind]}") MB resident"; done
