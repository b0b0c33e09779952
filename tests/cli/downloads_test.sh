#!/usr/bin/env bash
# -o and -O: whole files, and a progress bar on a terminal alone.
source "$(dirname "$0")/_with_echo.sh"

# on_terminal COMMAND…: with standard error on a terminal; what it showed is in $work/shown.
on_terminal() {
  python3 - "$work/shown" "$@" <<'P'
import os, pty, subprocess, sys
main, side = pty.openpty()
process = subprocess.Popen(sys.argv[2:], stderr=side, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
os.close(side)
shown = b""
try:
    while piece := os.read(main, 65536):
        shown += piece
except OSError:
    pass
open(sys.argv[1], "wb").write(shown)
sys.exit(process.wait())
P
}
export TERM=xterm

on_terminal "$REDIAL" get -O "$base/big/3000000" || fail "-O: $(cat shown)"
[ "$(stat -c %s 3000000)" = 3000000 ] || fail 'size'
grep -q '3000000  3.0 MB in 0:0' shown || fail "no last line: $(cat shown)"
on_terminal "$REDIAL" get -o named "$base/big/3000000" || fail "-o: $(cat shown)"
[ "$(stat -c %s named)" = 3000000 ] || fail 'size of -o'
grep -q 'named  3.0 MB in 0:0' shown || fail "no last line of -o: $(cat shown)"
for quiet in "env TERM=dumb" "env -u TERM"; do
  on_terminal $quiet "$REDIAL" get -o f "$base/big/10" || fail "$quiet"
  [ ! -s shown ] || fail "$quiet shows $(cat shown)"
done
for flag in -s --no-progress-meter; do
  on_terminal "$REDIAL" get $flag -o f "$base/big/10" || fail "$flag"
  [ ! -s shown ] || fail "$flag shows $(cat shown)"
done
on_terminal "$REDIAL" get "$base/big/10" || fail 'stdout'
[ ! -s shown ] || fail "a bar beside standard output: $(cat shown)"
expect 0 '' "$REDIAL" get -o f "$base/big/10"
[ ! -s err ] || fail "a bar in a file: $(cat err)"
on_terminal "$REDIAL" get -o f --retry 0 http://127.0.0.1:9/ && fail 'refused'
grep -q '^redial: ' shown || fail "no message: $(cat shown)"

# A body that breaks off is gone on with, and counted on.
python3 -c 'import json
whole = {"headers": {"ETag": "\"v1\""}, "body": "0123456789" * 30000, "ranges": True}
cut = dict(whole, fault="cut_body", cut_after=100000)
json.dump({"routes": {"/f": [cut, whole], "/lies": {"status": 206, "body": "part"}}}, open("script.json", "w"))'
"$REDIAL" fault-server --script script.json >hello 2>/dev/null &
faulty=$!
for _ in $(seq 600); do [ -s hello ] && break; sleep 0.05; done
from=$(sed -n 's/.*listening on //p' hello)
on_terminal "$REDIAL" get -o resumed --backoff 0 --report report.json "$from/f" || fail "resumed: $(cat shown)"
[ "$(md5sum <resumed)" = "$(python3 -c 'print("0123456789" * 30000, end="")' | md5sum)" ] || fail 'the resumed file'
grep -q '"resumed_at":100000' report.json || fail "$(cat report.json)"
grep -q 'resumed  300.0 kB in 0:0' shown || fail "counts wrong: $(cat shown)"
expect 3 'body_mismatch' "$REDIAL" get -o lies --retry 0 "$from/lies"
[ ! -e lies ] || fail 'a part under the name of the whole'
[ "$(find . -name '*.redial-*')" = '' ] || fail 'a sibling is left'
kill "$faulty"
exit $((failures > 0))
