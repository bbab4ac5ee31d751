#!/usr/bin/env bash
# A shell guard: ./guard.sh BTC/USDT ./enter.sh    runs the command unless the market is not safe.
# 'remora ask --quiet' has the exit codes 0 safe, 1 not safe, 2 invalid use, 3 no response, 4
# unknown.
set -u
remora=${REMORA:-remora}
pair=$1
shift

"$remora" ask --quiet "$pair"
case $? in
  0) exec "$@" ;;
  1) echo "$pair is not safe to trade now: not entering" >&2; exit 1 ;;
  3) echo "no response from Remora: entering (fail open)" >&2; exec "$@" ;;
  4) echo "Remora has no data of $pair: entering (fail open)" >&2; exec "$@" ;;
  *) echo "'remora ask' failed for '$pair'; see above" >&2; exit 2 ;;
esac
