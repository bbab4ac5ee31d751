#!/usr/bin/env bash
# Measures /risk at a constant rate while the store works, is stopped, is killed at every start, and
# has no disk space (with its journal). The service is real, with a market of the sandbox, and
# records its requests. The conditions alternate in every round; ratios are computed within a round.
# Requires root, for a small file system. Variables: RATE, SECONDS_MEASURE, ROUNDS.
set -euo pipefail
cd "$(dirname "$0")/../.."
rate=${RATE:-2000} measure=${SECONDS_MEASURE:-10} rounds=${ROUNDS:-5} port=18005
dotnet build bench/load/Remora.Load -c Release -v q -nologo
dotnet build src/Remora.Cli -c Release -v q -nologo
load=artifacts/bin/Remora.Load/release/Remora.Load.dll
disk=$(mktemp -d) results=$(mktemp) service='' killer=''
end() {
  for process in $killer $service; do kill "$process" 2>/dev/null || true; done
  wait 2>/dev/null || true
  umount -l "$disk" 2>/dev/null || true
  rm -rf "$disk" "$results"
}
trap end EXIT
mount -t tmpfs -o size=600m none "$disk"
dotnet artifacts/bin/Remora.Cli/release/remora-cli.dll serve --sandbox --pairs BTC/USDT --data "$disk/data" \
  --port $port --store true >/dev/null 2>&1 &
service=$!
url=http://127.0.0.1:$port
says() { curl -fsS "$url/api/v1/store" 2>/dev/null | grep -q "$1"; }
answers() { curl -fsS "$url/api/v1/risk?pair=BTC/USDT" 2>/dev/null | grep -q '"as_of":"'; }
until answers && says '"ready":true'; do sleep 0.3; done
engine() { sed 's/.*"pid":\([0-9]*\).*/\1/' "$disk"/data/sandbox/clickhouse/endpoint 2>/dev/null; }
ask() { dotnet "$load" rate "$url/api/v1/risk?pair=BTC/USDT" "$rate" "$measure" 32; }
kill_repeatedly() {
  while :; do
    kill -9 "$(engine)" 2>/dev/null || true
    sleep 0.3
  done
}
condition() {
  case $1 in
    stopped)
      kill -STOP "$(engine)"
      ask
      kill -CONT "$(engine)"
      ;;
    killed)
      kill_repeatedly & killer=$!
      sleep 15
      ask
      kill "$killer"
      killer=''
      ;;
    full)
      dd if=/dev/zero of="$disk/fill" bs=1M 2>/dev/null || true
      ask
      curl -fsS "$url/api/v1/store" | grep -o '"last_error":"[^"]*"' >&2
      rm "$disk/fill"
      ;;
    *) ask ;;
  esac
  # All waiting rows are in the store before the next condition.
  for _ in $(seq 600); do
    says '"journal_batches":0' && break
    sleep 0.1
  done
}
for _ in 1 2 3; do ask >/dev/null; done
for ((round = 1; round <= rounds; round++)); do
  for name in well stopped killed full; do
    line=$(condition $name)
    echo "round $round, $name: $line"
    echo "$round $name $(sed 's/.*p50 \([0-9.]*\).*p99 \([0-9.]*\) .*/\1 \2/' <<<"$line")" >>"$results"
  done
done
awk '{ p50[$1, $2] = $3; p99[$1, $2] = $4; if ($1 > n) n = $1 }
  function median(a, count,  i, j, t) {
    for (i = 1; i <= count; i++)
      for (j = i + 1; j <= count; j++)
        if (a[j] < a[i]) { t = a[i]; a[i] = a[j]; a[j] = t }
    return a[int((count + 1) / 2)]
  }
  END {
    split("well stopped killed full", names, " ")
    for (k = 1; k <= 4; k++) {
      name = names[k]
      for (i = 1; i <= n; i++) {
        a[i] = p50[i, name]
        b[i] = p99[i, name]
        r[i] = p99[i, name] / p99[i, "well"]
      }
      printf "%-8s median p50 %.3f ms, p99 %.3f ms, ", name, median(a, n), median(b, n)
      printf "p99 beside well %.2f\n", median(r, n)
    }
  }' "$results"
curl -fsS "$url/api/v1/store" | grep -o '"written_rows":{[^}]*},"dropped_rows":[0-9]*'
