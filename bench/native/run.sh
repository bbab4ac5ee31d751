#!/usr/bin/env bash
# Compares the native executable with the ordinary build: size, start, and a backtest of a year.
#   bench/native/run.sh CANDLES [REPEATS]    CANDLES: a 5m file of BTC/USDT that covers 2022
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
candles=$(readlink -f "${1:?a candle file}")
repeats=${2:-15}
cd "$root"

dotnet publish src/Remora.Cli -c Release -v quiet -nologo -o artifacts/bench-native/ordinary
dotnet publish src/Remora.Cli -r linux-x64 -p:PublishAot=true --artifacts-path artifacts/native -v quiet -nologo
native=artifacts/native/publish/Remora.Cli/release_linux-x64

# Prints the median of the seconds that a command takes, and its largest resident memory in MB.
measure() {
  local name=$1 i
  shift
  for ((i = 0; i < repeats; i++)); do
    python3 -c '
import resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)' "$@"
  done | python3 -c '
import statistics, sys
seconds, memory = zip(*(map(float, line.split()) for line in sys.stdin))
median, best = statistics.median(seconds), min(seconds)
print(f"{sys.argv[1]:28} {median:7.3f} s (best {best:.3f} s)  {max(memory):5.0f} MB")' "$name"
}

echo "load $(cut -d' ' -f1 /proc/loadavg), $(nproc) cores, $repeats runs each, median"
ordinary=artifacts/bench-native/ordinary
dotnet_folder=$(dirname "$(readlink -f "$(command -v dotnet)")")
ordinary_size=$(du -sm --exclude=ccxt-bridge.mjs --exclude=ccxt $ordinary | cut -f1)
dotnet_size=$(du -smc "$dotnet_folder"/shared/Microsoft.*Core.App | tail -n 1 | cut -f1)
megabytes() { echo $(($(stat -c %s "$1") / 1000000)); }
echo "ordinary: $ordinary_size MB in files, and .NET ($dotnet_size MB)"
echo "native:   $(megabytes $native/remora-cli) MB," \
  "its engine host $(megabytes $native/engine/Remora.ClickHouseHost) MB"
backtest=(backtest --strategy RSIEMA --candles "$candles" --from 2022-01-01 --to 2022-12-31 --json)
for round in "" ", gated"; do
  [[ -n $round ]] && backtest+=(--gate remora-1)
  cmp <(dotnet $ordinary/remora-cli.dll "${backtest[@]}" 2>/dev/null) \
    <($native/remora-cli "${backtest[@]}" 2>/dev/null)
  measure "a year$round: ordinary" dotnet $ordinary/remora-cli.dll "${backtest[@]}"
  measure "a year$round: native" $native/remora-cli "${backtest[@]}"
done
measure "--version: ordinary" dotnet $ordinary/remora-cli.dll --version
measure "--version: native" $native/remora-cli --version
