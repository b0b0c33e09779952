#!/usr/bin/env bash
# `redial fault-server --fault NAME` against a client that is not ours: what curl sees, and what the ledger tells.
source "$(dirname "$0")/_support.sh"

start() {  # flags of fault-server…; sets url and ca
  rm -f said  # the last server's: who looks now must not take it for this one's
  "$REDIAL" fault-server "$@" --ledger ledger >said 2>/dev/null &
  server=$!
  for _ in $(seq 600); do [ -s said ] && break; sleep 0.05; done
  url=$(sed -n 's/.*listening on //p' said)
  ca=$(sed -n 's/^authority //p' said)
}
stop() { kill "$server"; wait "$server" 2>/dev/null; }
is() {  # what is, what should be, about what
  [ "$1" = "$2" ] || fail "$3: $1 instead of $2"
}
curls() { curl -s -m 5 -o body "$@"; }
acted() { python3 -c 'import json, sys; print(sum(json.loads(line)["acted"] for line in open("ledger")))'; }

start --fault F16-rst
curls -d pay "$url/"; is $? 56 'a reset after the request was read, curl says'
is "$(acted)" 1 'effects of a POST that was reset'
stop
python3 - <<'P' || failures=$((failures + 1))
import json
line = json.loads(open("ledger").readline())
assert line["method"] == "POST" and line["body"] == "pay" and line["complete"] and line["acted"], line
assert line["status"] is None and line["fault"] == "reset_after_read" and line["bytes"] > 50, line
P
start --fault F26 --times 1                      # a number alone is its first variant
curls "$url/"; is $? 18 'half a body, curl says'
curls "$url/"; is $? 0 'after --times 1'
is "$(cat body)" hello 'what a good answer holds'
stop
start --fault F1; curls "$url/"; is $? 7 'a refused connection, curl says'; stop
start --fault F9-expired; curls --cacert "$ca" "$url/"; is $? 60 'an expired certificate, curl says'; stop
start --fault F36-503 --every 2 --tls
is "$(for _ in 1 2 3 4; do curls --cacert "$ca" -w '%{http_code} ' "$url/"; done)" '200 503 200 503 ' 'each second'
stop
# What a fault does to connections it does so many times too, and then all is well.
codes() {  # how many calls, curl's flags…: its exit codes
  local count=$1; shift
  for _ in $(seq "$count"); do curls "$@"; printf '%s ' $?; done
}
start --fault F9-expired --times 1; is "$(codes 3 --cacert "$ca" "$url/")" '60 0 0 ' 'an expired certificate, --times 1'; stop
start --fault F8-old --every 2; is "$(codes 3 --cacert "$ca" "$url/")" '0 35 0 ' 'TLS 1.1, --every 2'; stop
start --fault F4-rst --probability 0; is "$(codes 2 "$url/")" '0 0 ' 'never'; stop
# A proxy goes where it is asked once it is well, and says in its ledger what it answered itself.
echo '{"routes": {"": {"body": "from the origin"}}}' >origin.json
serve --script origin.json; origin=$url
start --fault F44-502 --times 1
is "$(for _ in 1 2 3; do curls -x "$url" -w '%{http_code} ' "$origin/"; done)" '502 200 200 ' 'a proxy, --times 1'
is "$(cat body)" 'from the origin' 'what comes through it'
stop
is "$(python3 -c 'import json
for line in map(json.loads, open("ledger")): print(line["status"], line["fault"], line["on_connection"])')" \
  $'502 none 1\nNone none 1\nNone none 1' "a proxy's ledger"
start --fault F44-speaks-out --tls
curls --proxy-cacert "$ca" -x "$url" https://origin.test/; is $? 35 'a tunnel that speaks out, over TLS, curl says'
stop
start --fault F44-rst --every 2; is "$(codes 4 -p -x "$url" "$origin/")" '0 56 0 56 ' 'tunnels, --every 2'; stop
echo '{"proxy": true, "rules": [{"when": {"requests": {"from": 2, "until": 3}}, "named": "F44-407"}]}' >proxy.json
start --script proxy.json
is "$(for _ in 1 2 3; do curls -x "$url" -w '%{http_code} ' "$origin/"; done)" '200 407 200 ' 'a scripted proxy'
stop
start --fault F44-502 --times 1
curls -x "$url" "$origin/" && curls -x "$url" -w '%{http_code}' http://127.0.0.9:1/ >code
is "$(cat code) $(cat body)" '502 nobody answers at 127.0.0.9:1' 'a host that does not answer'
stop
# Raw bytes are an answer with a status, if they say one.
start --fault F29-204; curls "$url/"; stop
is "$(python3 -c 'import json; line = json.loads(open("ledger").readline()); print(line["status"], line["fault"])')" \
  '204 raw' "raw bytes' ledger"
start --fault F14-417 # only who expects is disappointed: curl says it again without Expect
head -c 2000000 /dev/zero >large # for which curl expects
is "$(curls --data-binary @large -w '%{http_code}' "$url/")" 200 '417, and the right reaction'
stop
is "$(python3 -c 'import json; print(*(json.loads(line)["status"] for line in open("ledger")))')" '417 200' '417 once'
# The port that is asked for, if it is free.
port=$(python3 -c 'import socket; one = socket.socket(); one.bind(("127.0.0.1", 0)); print(one.getsockname()[1])')
start --fault F36-503 --port "$port"
is "$(cat said)" "listening on http://127.0.0.1:$port" '--port'
is "$(curls -w '%{http_code}' "http://127.0.0.1:$port/")" 503 'at --port'
expect 2 "port $port: Address already in use" "$REDIAL" fault-server --fault F36-503 --port "$port"
stop
expect 2 '--port = 65536' "$REDIAL" fault-server --fault F36-503 --port 65536
for flag in '--times 1' '--every 2' '--probability 0.5' --tls; do
  expect 2 "${flag% *}: not with F2-black-hole" "$REDIAL" fault-server --fault F2 $flag
done
expect 2 '--times: not with F1-refused: nobody listens' "$REDIAL" fault-server --fault F1 --times 1
for bad in F5-nxdomain F99; do
  "$REDIAL" fault-server --fault "$bad" >/dev/null 2>err; is $? 2 "--fault $bad"
done
"$REDIAL" fault-server >/dev/null 2>err; is $? 2 'no flags'
"$REDIAL" fault-server --list | grep -q '^F21-rst ' || { echo 'FAIL: --list'; failures=$((failures + 1)); }
# Every fault has its line in the docs, and no other.
page=$here/../../docs/fault-catalogue.md
is "$(sed -n 's/^| `\(F[^`]*\)`.*/\1/p' "$page" | sort | md5sum)" \
  "$("$REDIAL" fault-server --list | cut -d' ' -f1 | sort | md5sum)" 'docs/fault-catalogue.md beside --list'
exit $((failures > 0))
