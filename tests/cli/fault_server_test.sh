#!/usr/bin/env bash
# `redial fault-server --fault NAME` against a client that is not ours: what curl sees, and what the ledger tells.
source "$(dirname "$0")/_support.sh"

start() {  # flags of fault-server…; sets url and ca
  rm -f hello  # the last server's: who looks now must not take it for this one's
  "$REDIAL" fault-server "$@" --ledger ledger >hello 2>/dev/null &
  server=$!
  for _ in $(seq 600); do [ -s hello ] && break; sleep 0.05; done
  url=$(sed -n 's/.*listening on //p' hello)
  ca=$(sed -n 's/^authority //p' hello)
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
start --fault F44-502; is "$(curls -x "$url" -w '%{http_code}' http://origin.test/)" 502 'what a proxy answers'; stop
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
