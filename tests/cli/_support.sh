# Sourced: a folder that goes away to work in, servers that are stopped at the end, and failures that are counted.
# $REDIAL is the binary, $here where the tests are.
set -u
failures=0
servers=()
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap '[ ${#servers[@]} -eq 0 ] || kill "${servers[@]}" 2>/dev/null; wait; rm -rf "$work"' EXIT
cd "$work" || exit 1

fail() { echo "FAIL: $*"; failures=$((failures + 1)); }

expect() {  # exit code, words that stderr must hold, command…; what it writes is in `out` and `err`
  local code=$1 words=$2; shift 2
  "$@" >"$work/out" 2>"$work/err"
  local got=$?
  if [ "$got" != "$code" ] || { [ -n "$words" ] && ! grep -q -- "$words" "$work/err"; }; then
    fail "($got instead of $code, or no '$words'): $*"
    cat "$work/err"
  fi
}

serve() {  # flags of fault-server…; sets $url and $server
  [ -p "$work/hello" ] || mkfifo "$work/hello"
  "$REDIAL" fault-server "$@" >"$work/hello" 2>/dev/null &
  server=$!
  servers+=("$server")
  read -r _ _ url <"$work/hello"
}
