#!/usr/bin/env bash
# An hour of the real service on a real sandbox, with faults and load: does memory stay, does the store hold what happened, is anyone refused?
# MINUTES, SPEED, RATE (requests a second), READERS and SEED change what their names say. Ends with 1 when a check fails.
set -euo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_gcServer=0
for project in src/Remora.Cli src/Remora.ClickHouseHost bench/soak/Remora.Soak; do dotnet build "$project" -c Release -v q -nologo; done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for program in Remora.Cli Remora.ClickHouseHost Remora.Soak; do cp -r "artifacts/bin/$program/release" "$folder/$program"; done # a build meanwhile must not change what runs
library=${REMORA_LIBCHDB:-node_modules/@chdb/lib-linux-x64-gnu/libchdb.so}
cp -l "$library" "$folder/libchdb.so" 2>/dev/null || cp "$library" "$folder/libchdb.so"
cd "$folder"
export REMORA_CLICKHOUSE_HOST=$folder/Remora.ClickHouseHost/Remora.ClickHouseHost.dll REMORA_LIBCHDB=$folder/libchdb.so
dotnet Remora.Soak/Remora.Soak.dll \
  Remora.Cli/remora-cli.dll "${MINUTES:-60}" "${SPEED:-60}" "${RATE:-40}" "${READERS:-40}" "${SEED:-1}"
