#!/usr/bin/env bash
# Compares rebuilding history with pandas, which recomputes a window of 200 candles for each row.
# Each runs on one core, one after the other.
#   bench/history/run.sh CANDLES.csv.gz
# Needs: taskset, and a python3 that has pandas (Debian: apt-get install python3-pandas util-linux).
set -euo pipefail
candles=$(readlink -f "${1:?usage: run.sh CANDLES}")
cd "$(dirname "$0")/../.."
python=${PYTHON:-python3}
"$python" -c 'import pandas' 2>/dev/null || python=/usr/bin/python3
dotnet build bench/Remora.Benchmarks -c Release -v q -nologo
engine=$(taskset -c 0 dotnet artifacts/bin/Remora.Benchmarks/release/Remora.Benchmarks.dll history "$candles")
pandas=$(OMP_NUM_THREADS=1 taskset -c 0 "$python" bench/history/window.py "$candles")
echo "engine: $engine"
echo "pandas: $pandas"
awk -v e="${engine##*rows_per_second=}" -v p="${pandas##*rows_per_second=}" \
  'BEGIN { printf "the engine is %.0f times as fast\n", e / p }'
