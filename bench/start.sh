#!/usr/bin/env bash
# Measures the restart of a killed service: until it responds, until /risk works from stored
# candles, and until history is available. The sandbox refuses all requests after the kill, so that
# no candles come from exchanges. Variable: ROUNDS.
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
# Processor time of the service and its children, in ms.
used() {
  local process
  for process in "$service" $(cat /proc/"$service"/task/*/children); do
    cat "/proc/$process/stat" 2>/dev/null || true
  done | awk '{ sum += $14 + $15 } END { print sum * 10 }'
}
# One process that asks, since a hundred of them would be part of what is measured.
waiting=$folder/waiting.py
cat >"$waiting" <<'PYTHON'
import http.client, sys, threading, time
url, began = sys.argv[1].removeprefix("http://"), int(sys.argv[2])
wanted = {
    "/healthz": b"",
    "/api/v1/risk?pair=BTC/USDT": b'"risk_score":0',
    "/api/v1/history?pair=BTC/USDT&from=-1d": b'"rows":[{',
}
found = {}

def wait_for(path):
    while path not in found:
        connection = http.client.HTTPConnection(url, timeout=1)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            if wanted[path] in answer.read() and answer.status == 200:
                found[path] = round(time.time() * 1000) - began
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.01)

waiting = [threading.Thread(target=wait_for, args=[path]) for path in wanted]
for thread in waiting: thread.start()
for thread in waiting: thread.join()
print(*(found[path] for path in wanted))
PYTHON
answers() { curl -fsS -m 1 "$url$1" 2>/dev/null | grep -q "$2"; }
until curl -fsS -o /dev/null "http://127.0.0.1:$world/sandbox/clock" 2>/dev/null; do sleep 0.2; done
serve
until answers '/api/v1/history?pair=BTC/USDT&from=-1d' '"rows":\[{'; do sleep 0.2; done
sleep 20 # more than a batch of everything
for ((round = 1; round <= rounds; round++)); do
  kill -9 "$service"; wait "$service" 2>/dev/null || true
  curl -fsS -o /dev/null -X POST -d '{"kind":"refused"}' "http://127.0.0.1:$world/sandbox/faults"
  sleep 2 # the engine notices that it is alone, and ends
  began=$(now); serve
  read -r first risk past < <(python3 "$waiting" "$url" "$began")
  echo "start $round: responds after $first ms, /risk from the store after $risk ms, history after $past ms;" \
    "$(used) ms of processor time; load $(cut -d' ' -f1 /proc/loadavg)"
  curl -fsS -o /dev/null -X DELETE "http://127.0.0.1:$world/sandbox/faults"
done
