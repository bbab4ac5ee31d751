#!/usr/bin/env bash
# How long a service takes that was killed and is started again: until it answers at all, until /risk answers from the candles it kept, and until the past is answered from the
# store. A sandbox stands in for the exchanges, and refuses everything from the kill on, so that nothing comes from them. ROUNDS changes what its name says.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${ROUNDS:-5} port=18006 world=18007
dotnet build src/Remora.Cli -c Release -v q -nologo >/dev/null
folder=$(mktemp -d) url=http://127.0.0.1:$port
remora() { exec dotnet artifacts/bin/Remora.Cli/release/remora-cli.dll "$@" 2>>"$folder/log"; }
remora sandbox --port $world --speed 60 & sandbox=$!
trap 'kill $sandbox 2>/dev/null || true; kill -9 ${service:-} 2>/dev/null || true; sleep 3; rm -rf "$folder"' EXIT
serve() { remora serve --sandbox "http://127.0.0.1:$world" --port $port --data "$folder/data" & service=$!; }
now() { date +%s%3N; }
used() { cat "/proc/$service/stat" $(for child in $(cat /proc/"$service"/task/*/children); do echo "/proc/$child/stat"; done) 2>/dev/null | awk '{ sum += $14 + $15 } END { print sum * 10 }'; } # its children's too, in ms
answers() { curl -fsS -m 1 "$url$1" 2>/dev/null | grep -q "$2"; }
until curl -fsS -o /dev/null "http://127.0.0.1:$world/sandbox/clock" 2>/dev/null; do sleep 0.2; done
serve
until answers '/api/v1/history?pair=BTC/USDT&from=-1d' '"rows":\[{'; do sleep 0.2; done
sleep 20 # more than a batch of everything
for ((round = 1; round <= rounds; round++)); do
  kill -9 "$service"; wait "$service" 2>/dev/null || true
  curl -fsS -o /dev/null -X POST -d '{"kind":"refused"}' "http://127.0.0.1:$world/sandbox/faults"
  sleep 2 # the engine notices that it is alone, and ends
  began=$(now); serve; first='' risk='' past=''
  while [[ -z $first || -z $risk || -z $past ]]; do
    [[ -n $first ]] || { answers /healthz . && first=$(($(now) - began)); } || true
    [[ -n $risk ]] || { answers '/api/v1/risk?pair=BTC/USDT' '"risk_score":0' && risk=$(($(now) - began)); } || true
    [[ -n $past ]] || { answers '/api/v1/history?pair=BTC/USDT&from=-1d' '"rows":\[{' && past=$(($(now) - began)) cpu=$(used); } || true
    sleep 0.02
  done
  echo "start $round: answers after $first ms, /risk from the store after $risk ms, the past after $past ms and $cpu ms of processor time; load $(cut -d' ' -f1 /proc/loadavg)"
  curl -fsS -o /dev/null -X DELETE "http://127.0.0.1:$world/sandbox/faults"
done
