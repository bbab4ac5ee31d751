#!/usr/bin/env bash
# Measures the rollups of examples/vehicles at three sizes of one store, each three times the last.
# The arguments are those of the program: bench/vehicles/run.sh --help. BUILD=0 skips the build.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
if [[ ${BUILD:-1} != 0 ]]; then
  (cd "$root" && dotnet build bench/vehicles -c Release -v q -nologo)
fi
# A copy, so that a build does not change the running programs.
programs=$(mktemp -d)
trap 'rm -rf "$programs"' EXIT
for program in Remora.Vehicles.Bench Remora.ClickHouseHost; do
  cp -r "$root/artifacts/bin/$program/release" "$programs/$program"
done
library=${REMORA_LIBCHDB:-$root/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so}
cp -lL "$library" "$programs/libchdb.so" 2>/dev/null || cp -L "$library" "$programs/libchdb.so"
export REMORA_CLICKHOUSE_HOST=$programs/Remora.ClickHouseHost/Remora.ClickHouseHost.dll
export REMORA_LIBCHDB=$programs/libchdb.so
dotnet "$programs/Remora.Vehicles.Bench/Remora.Vehicles.Bench.dll" "$@"
