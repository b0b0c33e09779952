# Sourced: starts the echo server; $base is its URL, $work a folder that goes away. `check NAME COMMAND…` counts failures.
set -u
failures=0
work=$(mktemp -d)
exec 3< <(exec python3 "$(dirname "${BASH_SOURCE[0]}")/_echo_server.py")
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
read -r port <&3
base=http://127.0.0.1:$port

fail() { echo "FAIL: $*"; failures=$((failures + 1)); }
# expect CODE WORDS COMMAND…: exit code, and words that stderr must hold
expect() {
  local code=$1 words=$2; shift 2
  "$@" >"$work/out" 2>"$work/err"
  local got=$?
  if [ "$got" != "$code" ] || { [ -n "$words" ] && ! grep -q -- "$words" "$work/err"; }; then
    fail "($got instead of $code, or no '$words'): $*"
    cat "$work/err"
  fi
}
# said EXPRESSION: of the echo `e` in $work/out, with its body as `body`
said() {
  python3 - "$1" "$work/out" <<'P' || fail "$1 of $(cat "$work/out")"
import base64, json, sys
e = json.load(open(sys.argv[2]))
body = base64.b64decode(e["body"])
sys.exit(0 if eval(sys.argv[1]) else 1)
P
}
