#!/usr/bin/env bash
# Runs the service on a sandbox for an hour with faults and load. Checks memory, the content of the
# store, and the responses. Variables: MINUTES, SPEED, RATE (requests per second), READERS, SEED.
# Exit code 1 if a check fails.
set -euo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_gcServer=0
for project in src/Remora.Cli src/Remora.ClickHouseHost bench/soak/Remora.Soak; do
  dotnet build "$project" -c Release -v q -nologo
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Copies, so that a build does not change the running programs.
for program in Remora.Cli Remora.ClickHouseHost Remora.Soak; do
  cp -r "artifacts/bin/$program/release" "$folder/$program"
done
library=${REMORA_LIBCHDB:-node_modules/@chdb/lib-linux-x64-gnu/libchdb.so}
cp -l "$library" "$folder/libchdb.so" 2>/dev/null || cp "$library" "$folder/libchdb.so"
cd "$folder"
export REMORA_CLICKHOUSE_HOST=$folder/Remora.ClickHouseHost/Remora.ClickHouseHost.dll REMORA_LIBCHDB=$folder/libchdb.so
dotnet Remora.Soak/Remora.Soak.dll \
  Remora.Cli/remora-cli.dll "${MINUTES:-60}" "${SPEED:-60}" "${RATE:-40}" "${READERS:-40}" "${SEED:-1}"
