#!/usr/bin/env bash
# curl and jq: the verdict of a pair, fail open. Prints one line; exit code 0: enter, 1: do not
# enter.
set -u
pair=${1:-BTC/USDT}
url=${REMORA_URL:-http://127.0.0.1:8000}

# A verdict of true or false, and known market data.
usable='(.safe_to_trade | type == "boolean") and (.safe_to_trade == false or .state != "unknown")'
line='(if .safe_to_trade then "safe" else "not safe: " + (.blocked_by | join(", ")) end) as $verdict
  | "\(.pair): \($verdict), risk \(.risk_score)"'

# --fail ignores responses with an error status.
if answer=$(curl --silent --fail --max-time 2 --get --data-urlencode "pair=$pair" "$url/api/v1/risk") &&
  jq -e "$usable" >/dev/null 2>&1 <<<"$answer"; then
  jq -r "$line" <<<"$answer"
  jq -e '.safe_to_trade' >/dev/null <<<"$answer"
else
  echo "$pair: no answer, entering (fail open)"
fi
