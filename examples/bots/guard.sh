#!/usr/bin/env bash
# A shell guard: ./guard.sh BTC/USDT ./enter.sh    runs the command unless Remora says the market is not safe.
# 'remora ask --quiet' answers by its exit code: 0 safe, 1 not safe, 2 wrong use, 3 no answer, 4 nothing is known.
set -u
remora=${REMORA:-remora}
pair=$1
shift

"$remora" ask --quiet "$pair"
case $? in
  0) exec "$@" ;;
  1) echo "$pair is not safe to trade now: not entering" >&2; exit 1 ;;
  3) echo "no answer from Remora: entering as if there were none" >&2; exec "$@" ;;
  4) echo "Remora knows nothing of $pair: entering as if there were none" >&2; exec "$@" ;;
  *) echo "remora could not be asked about '$pair'; see above" >&2; exit 2 ;;
esac
