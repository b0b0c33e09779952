#!/usr/bin/env bash
# Ctrl-C and its kind before anything was sent, however slowly the input comes, and files that may not grow.
source "$(dirname "$0")/_support.sh"

# interrupt SIGNAL CODE COMMAND…: the signal comes while the command waits for the rest of its standard input.
interrupt() {
  python3 - "$@" <<'P' || fail "$*"
import os, signal, subprocess, sys
number, code, command = getattr(signal, sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
ours, theirs = os.pipe()
process = subprocess.Popen(command, stdin=ours, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
if command[1] not in ("report", "retry"): os.write(theirs, b"http://127.0.0.1:9/\n")
def blocked():  # from then on signals are requests
    words = [line.split() for line in open(f"/proc/{process.pid}/status")]
    return any(w[0] == "SigBlk:" and int(w[1], 16) & 1 << number - 1 for w in words)
while not blocked(): assert process.poll() is None, process.communicate()
process.send_signal(number)
try:
    out, err = process.communicate(timeout=20)
except subprocess.TimeoutExpired:
    process.kill()
    raise
assert process.returncode == code, (process.returncode, out, err)
assert b"there is no job" not in err, err
P
}
nobody=http://127.0.0.1:9/
interrupt SIGINT 130 "$REDIAL" run - -o out
[ ! -e out ] || fail "a results file of a run that was not begun"
interrupt SIGTERM 143 "$REDIAL" run - --save-jobs jobs
interrupt SIGHUP 129 "$REDIAL" run -
interrupt SIGINT 130 "$REDIAL" plan -
interrupt SIGINT 130 "$REDIAL" post "$nobody" -d @-
interrupt SIGINT 130 "$REDIAL" post "$nobody" -F f=@-
interrupt SIGINT 130 "$REDIAL" get "$nobody" -H @-
interrupt SIGINT 130 "$REDIAL" report -
echo "$nobody" >jobs
interrupt SIGINT 130 "$REDIAL" retry jobs - --failed
interrupt SIGINT 130 "$REDIAL" run jobs --template /dev/stdin


[ $failures = 0 ]
