#!/usr/bin/env bash
# The command as a user meets it: exit codes, outputs, messages. $REDIAL is the binary. No server but `redial demo`'s.
source "$(dirname "$0")/_support.sh"

expect 2 'scheme must be http or https' "$REDIAL" get ftp://a/
expect 2 'scheme must be http or https' "$REDIAL" get htp:/typo
expect 2 'the command already says GET' "$REDIAL" get -X POST http://127.0.0.1:9/
expect 2 'a GET has no body' "$REDIAL" get -d x http://127.0.0.1:9/
expect 2 'one of none, full' "$REDIAL" get --jitter some http://127.0.0.1:9/
expect 2 'between 100 and 599' "$REDIAL" get --retry-on 99 http://127.0.0.1:9/
expect 2 'total' "$REDIAL" get --retry -1 http://127.0.0.1:9/
expect 2 'cannot open' "$REDIAL" post -d @"$work/none" http://127.0.0.1:9/
expect 2 'Is a directory' "$REDIAL" post --data-binary @"$work" http://127.0.0.1:9/
expect 2 'TlsOptions.ca_file' "$REDIAL" get --cacert "$work/none" https://127.0.0.1:9/
expect 2 'control character' "$REDIAL" get -H "$(printf 'X: a\001b')" http://127.0.0.1:9/
expect 74 'No such file' "$REDIAL" get -o "$work/none/x" http://127.0.0.1:9/
expect 74 'No such file' "$REDIAL" get --report "$work/none/x" http://127.0.0.1:9/
# Port 9 of loopback: nobody listens there.
expect 3 'attempts_exhausted' "$REDIAL" post -d x --retry 1 --backoff 0.01 --report "$work/report" http://127.0.0.1:9/
python3 - "$work/report" <<'P' || failures=$((failures + 1))
import json, sys
report = json.load(open(sys.argv[1]))
assert report["method"] == "POST" and report["outcome"] == "failed" and report["resend"] == "safe", report
assert report["status"] is None and report["retry_at"] is None, report
assert [a["evidence"] for a in report["attempts"]] == ["not_sent", "not_sent"], report
assert [a["decision"] for a in report["attempts"]] == ["retry", "stop"], report
for key in "n url evidence status error retry_after_s decision wait_s connection_reused elapsed_s".split():
    assert key in report["attempts"][0], key
P
"$REDIAL" get -s -w '%{http_code}' --retry 0 http://127.0.0.1:9/ >"$work/out" 2>"$work/err"
[ "$(cat "$work/out")" = 000 ] && [ ! -s "$work/err" ] || { echo "FAIL: -s -w"; failures=$((failures + 1)); }
"$REDIAL" --help | grep -q 'Three flags differ' || { echo "FAIL: --help"; failures=$((failures + 1)); }

# The demo: the jobs, their stories in the same order, what a one-shot client got, what the server counted.
expect 0 '' "$REDIAL" demo
shows() { grep -qE -- "$1" out || { fail "the demo does not show: $1"; cat out; }; }
shows '^\{"id": "/orders", "url": "http://127.0.0.1:[0-9]+/orders", "method": "POST", "json": \{"item": 7\}\}$'
shows '^  a one-shot client: reset, and no idea whether it happened$'
shows "^  the server's own count: 2 requests read, 1 made\$"
shows '^No order was made twice, and no failure passed for success\.$'
told=$(sed -n 's|^  redial: [A-Z]* http://[^/]*||p' out)
asked=$(sed -n 's|^{"id": "\([^"]*\)".*|\1|p' out)
[ -n "$told" ] && [ "$told" = "$asked" ] || fail "the demo tells its stories in another order: $told"
grep -q 'held back' out && fail "a story of the demo is held up by another: $(grep 'held back' out)"
exit $((failures > 0))
