#!/usr/bin/env bash
# Kills the store (kill -9) under load and restarts it after a minute. Checks that it then contains
# every request once and in order, and that the rollups agree. The store is a separate engine with a
# port, like a server. Variables: RATE, SECONDS_AWAY. Exit code 1 if something is missing.
set -euo pipefail
cd "$(dirname "$0")/../.."
rate=${RATE:-500} away=${SECONDS_AWAY:-60} port=18010 store=18011
for project in bench/load/Remora.Load src/Remora.Cli src/Remora.ClickHouseHost; do
  dotnet build "$project" -c Release -v q -nologo >/dev/null
done
folder=$(mktemp -d) service='' engine=''
end() {
  for process in $service $engine; do kill -9 "$process" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap end EXIT
remora() { exec dotnet artifacts/bin/Remora.Cli/release/remora-cli.dll "$@"; }
open_store() {
  dotnet artifacts/bin/Remora.ClickHouseHost/release/Remora.ClickHouseHost.dll --path "$folder/clickhouse" \
    --port $store --standalone --libchdb node_modules/@chdb/lib-linux-x64-gnu/libchdb.so >/dev/null &
  engine=$!
}
open_store
url=http://127.0.0.1:$port
store_url=http://127.0.0.1:$store
remora serve --sandbox --pairs BTC/USDT --data "$folder/data" --clickhouse $store_url --port $port 2>"$folder/log" &
service=$!
says() { curl -fsS "$url/api/v1/store" 2>/dev/null | grep -q "$1"; }
risk_url="$url/api/v1/risk?pair=BTC/USDT"
answers() { curl -fsS "$risk_url" 2>/dev/null | grep -q '"as_of":"'; }
until answers && says '"ready":true'; do sleep 0.3; done
ask() { dotnet artifacts/bin/Remora.Load/release/Remora.Load.dll rate "$risk_url" "$rate" "$1" 16; }
count() {
  curl -fsS "$store_url/?database=remora_sandbox" \
    --data-binary "SELECT $1 FROM api_requests WHERE route = '/api/v1/risk'"
}
sleep 5
before=$(count 'count()')
echo "store available:        $(ask 10)"
kill -9 "$engine"
wait "$engine" 2>/dev/null || true
echo "unavailable for $away s: $(ask "$away")"
shown='"journal_batches":[0-9]*\|"last_error":"[^"]*"\|"dropped_rows":[0-9]*'
curl -fsS "$url/api/v1/store" | grep -o "$shown" | tr '\n' ' '
echo
open_store
began=$(date +%s%3N)
echo "available again:        $(ask 10)"
until says '"journal_batches":0' && says '"queued_rows":0'; do sleep 0.1; done
echo "all waiting rows were inserted $(($(date +%s%3N) - began)) ms after the restart"
sent=$(((10 + away + 10) * rate)) found=$(($(count 'count()') - before))
each_once='uniqExact(sequence) = count()'
rows='groupArray((ingested, sequence))'
in_order="arraySort($rows) = arraySort(x -> x.2, $rows)"
found_is=$(count "concat(toString($each_once), ' for each once, ', toString($in_order), ' for in order')")
echo "sent $sent requests, found $found; $found_is"
(remora rollup verify src/Remora.Store/Rollups --clickhouse $store_url --database remora_sandbox) 2>>"$folder/log"
[[ $sent == "$found" ]]
