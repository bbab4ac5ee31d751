#!/usr/bin/env bash
# Tests the Python package, the examples and the tutorial against a real service; ends with 'N passed, N failed, N skipped'.
#   ./test.sh                       all
#   ./test.sh tests.test_watcher    one module; a class or a test of it works too
# PYTHON names the interpreter: Debian's, where there is one, because its pandas is the one that ../../test installs.
set -uo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
python=${PYTHON:-}
[[ -n $python ]] || { [[ -x /usr/bin/python3 ]] && python=/usr/bin/python3 || python=$(command -v python3); }
if [[ -z $python ]]; then
  echo "skipped: the Python package: python3 is not installed"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi
"$here/../../remora" --version >/dev/null || { echo "0 passed, 1 failed, 0 skipped"; exit 1; } # builds it if need be, before tests wait for it
cd "$here" || exit 1
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$here/src:$here" exec "$python" -m tests "$@"
