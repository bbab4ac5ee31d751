#!/usr/bin/env bash
# Tests the Python package, the examples and the tutorial against a real service; ends with
# 'N passed, N failed, N skipped'.
#   ./test.sh                       all on this system's Python, then what uses pandas with the real
#                                   Freqtrade and its pandas
#   ./test.sh tests.test_watcher    one module; a class or a test of it works too
# PYTHON names one interpreter to run on, instead of the two.
# Tests of the packages need hatchling, from the same place as Freqtrade.
# Freqtrade is installed into artifacts/freqtrade-venv (800 MB): from ../shared/wheels if that
# folder exists, otherwise from PyPI. FREQTRADE_VENV names another virtual environment that has it.
set -uo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
root=$(cd "$here/../.." && pwd)
freqtrade=freqtrade[hyperopt]==2026.9
freqai=(datasieve lightgbm)
with_pandas=(tests.test_freqtrade tests.test_history tests.test_examples.WithPandas tests.real_freqtrade
  tests.real_tutorial tests.real_pairlists tests.test_engine.Kinds tests.test_python_page tests.test_pandas
  tests.test_inside tests.test_forecasts tests.test_decisions)
beside=(tests.real_dry_run tests.real_decisions) # bots that mostly wait, so they run beside the others
passed=0 failed=0 skipped=0

skip() {
  echo "skipped: $1: $2"
  skipped=$((skipped + 1))
}

finish() {
  echo "$passed passed, $failed failed, $skipped skipped"
  [[ $failed -eq 0 ]]
  exit
}

# Runs the tests on an interpreter and adds up what they say.
run() {
  local output
  output=$(mktemp)
  execute "$@" >"$output" 2>&1
  add_up "$output"
}

# Runs the tests on an interpreter.
execute() {
  local python=$1
  shift
  echo "-- $python: $("$python" -c 'import platform; print("Python", platform.python_version(), end="")
try:
  import pandas; print(", pandas", pandas.__version__)
except ImportError: print(", no pandas")')"
  (cd "$here" && PYTHONPATH="$here/src:$here" "$python" -m tests "$@")
  echo "status $?"
}

# Shows an output and adds up what it says.
add_up() {
  local output=$1 status summary
  grep -vE '^([0-9]+ passed, |status [0-9]+$)' "$output"
  status=$(sed -nE 's/^status ([0-9]+)$/\1/p' "$output" | tail -n 1)
  summary=$(grep -oE '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped' "$output" | tail -n 1)
  if [[ $summary =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped ]]; then
    passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2])) skipped=$((skipped + BASH_REMATCH[3]))
    [[ $status -eq 0 || ${BASH_REMATCH[2]} -gt 0 ]] || failed=$((failed + 1))
  else
    echo "the tests ended without a summary (status $status)"
    failed=$((failed + 1))
  fi
  rm -f "$output"
}

# Installs Freqtrade into the virtual environment; does nothing where it is there already. Modules
# are compiled when they are imported, into artifacts/pycache; the tests import few of them.
install_freqtrade() {
  local venv=$1 wheels=${REMORA_SHARED:-$root/../shared}/wheels from=() python
  mkdir -p "$root/artifacts"
  exec 9>"$root/artifacts/freqtrade-venv.lock"
  flock 9
  [[ $(cat "$venv/installed" 2>/dev/null) == "$freqtrade ${freqai[*]}" ]] && return
  if [[ ! -x $venv/bin/pip ]]; then
    for python in "$system" python3; do "$python" -m venv --clear "$venv" && break; done
  fi
  [[ -d $wheels ]] && from=(--no-index --find-links "$wheels")
  "$venv/bin/pip" install --quiet --disable-pip-version-check --no-compile --retries 0 --timeout 30 "${from[@]}" \
    "$freqtrade" "${freqai[@]}" &&
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-compile --retries 0 --timeout 30 "${from[@]}" \
      --no-deps xgboost-cpu && # without 300 MB for GPUs; FreqAI imports it whatever model it runs
    echo "$freqtrade ${freqai[*]}" >"$venv/installed"
}

system=${PYTHON:-}
[[ -n $system ]] || { [[ -x /usr/bin/python3 ]] && system=/usr/bin/python3 || system=$(command -v python3); }
if [[ -z $system ]]; then
  skip "the Python package" "python3 is not installed"
  finish
fi
if ! "$system" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  skip "the Python package" "$("$system" --version) is older than 3.11"
  finish
fi
"$root/remora" --version >/dev/null || { failed=1; finish; } # builds it if need be, before tests wait for it
PYTHONDONTWRITEBYTECODE=1 run "$system" "$@"
if [[ -z ${PYTHON:-} ]]; then
  venv=${FREQTRADE_VENV:-$root/artifacts/freqtrade-venv}
  if [[ -n ${FREQTRADE_VENV:-} ]] || log=$(install_freqtrade "$venv" 2>&1); then
    export PYTHONDONTWRITEBYTECODE='' PYTHONPYCACHEPREFIX=$root/artifacts/pycache
    if [[ $# -gt 0 ]]; then
      run "$venv/bin/python" "$@"
    else
      output=$(mktemp)
      execute "$venv/bin/python" "${beside[@]}" >"$output" 2>&1 &
      run "$venv/bin/python" "${with_pandas[@]}"
      wait $!
      add_up "$output"
    fi
  else
    skip "the tests with the real Freqtrade" "$freqtrade could not be installed: $(tail -n 1 <<<"$log")"
  fi
fi
finish
