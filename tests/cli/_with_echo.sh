# Sourced, in place of _support.sh: the same, and an echo server; $base is its URL.
source "$(dirname "${BASH_SOURCE[0]}")/_support.sh"
exec 3< <(exec python3 "$here/_echo_server.py")
servers+=($!)
read -r port <&3
base=http://127.0.0.1:$port

# said EXPRESSION: of the echo `e` in $work/out, with its body as `body`
said() {
  python3 - "$1" "$work/out" <<'P' || fail "$1 of $(cat "$work/out")"
import base64, json, sys
e = json.load(open(sys.argv[2]))
body = base64.b64decode(e["body"])
sys.exit(0 if eval(sys.argv[1]) else 1)
P
}
