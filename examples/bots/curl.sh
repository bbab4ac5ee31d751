#!/usr/bin/env bash
# curl and jq: the verdict of a pair, failing open. Prints one line; exit code 0 to enter, 1 not to.
set -u
pair=${1:-BTC/USDT}
url=${REMORA_URL:-http://127.0.0.1:8000}

# --fail turns every status but a success into 'no answer'; jq -e insists on a plain true or false, and on a service that knows the market.
if answer=$(curl --silent --fail --max-time 2 --get --data-urlencode "pair=$pair" "$url/api/v1/risk") &&
  jq -e '(.safe_to_trade | type == "boolean") and (.safe_to_trade == false or .state != "unknown")' >/dev/null 2>&1 <<<"$answer"; then
  jq -r '"\(.pair): \(if .safe_to_trade then "safe" else "not safe: " + (.blocked_by | join(", ")) end), risk \(.risk_score)"' <<<"$answer"
  jq -e '.safe_to_trade' >/dev/null <<<"$answer"
else
  echo "$pair: no answer, entering as if there were no Remora"
fi
