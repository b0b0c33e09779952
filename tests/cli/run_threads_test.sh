#!/usr/bin/env bash
# `redial run` on several event loops: what one loop promises holds, with the ledger as the judge.
source "$(dirname "$0")/_support.sh"

cat >script.json <<'S'
{"routes": {"": {"body": "fine", "acts": true}, "/gone": {"status": 404}},
 "rules": [{"when": {"every": 7}, "reply": {"status": 503}},
           {"when": {"every": 11}, "reply": {"fault": "reset_after_read"}}]}
S
serve --script script.json --ledger ledger

for i in $(seq 600); do
  if [ $((i % 3)) = 0 ]; then echo "{\"id\": \"j$i\", \"method\": \"POST\", \"url\": \"$url/$i\", \"body\": \"x\"}"
  else echo "{\"id\": \"j$i\", \"url\": \"$url/$i\"}"; fi
done >jobs.jsonl

judge() {  # results, ledger: each job has one line, which says how often it was sent; no POST twice
  python3 - "$1" "$2" <<'P' || fail "$1 $2"
import collections, json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
lines = [row["line"] for row in rows]
assert sorted(lines) == list(range(1, 601)), "a job with no line, or with more than one"
sent = collections.Counter(json.loads(line)["target"] for line in open(sys.argv[2]))
for row in rows:
    target = "/" + row["id"][1:]
    assert sent[target] == row["attempts"], (row, sent[target])
    if row["method"] == "POST":
        assert row["attempts"] == 1, row
assert any(row["outcome"] == "in_doubt" for row in rows) and any(row["attempts"] > 1 for row in rows)
P
}

"$REDIAL" run jobs.jsonl -o out.jsonl --threads 3 --concurrency 24 --backoff 0.01 2>err
[ $? = 4 ] || fail "not 4: $(cat err)"
judge out.jsonl ledger
"$REDIAL" run jobs.jsonl -o ordered.jsonl --threads 3 --concurrency 24 --backoff 0.01 --ordered --per-host 9 2>err
[ $? = 4 ] || fail "ordered, not 4: $(cat err)"
python3 - <<'P' || fail "order"
import json
assert [json.loads(line)["line"] for line in open("ordered.jsonl")] == list(range(1, 601))
P

# One rate for all loops, not one each: 60 requests at 100/s, of which ten may come at once, take half a second at least.
for i in $(seq 60); do echo "$url/gone?$i"; done >paced.jsonl
"$REDIAL" run paced.jsonl -o paced.out --threads 3 --concurrency 12 --rate 100/s --retry 0 2>err
[ "$(wc -l <paced.out)" = 60 ] || fail "--rate: $(cat err)"
python3 - <<'P' || fail "--rate: each loop has one of its own"
import datetime, json
begun = sorted(datetime.datetime.fromisoformat(json.loads(line)["t"]["first"].replace("Z", "+00:00")) for line in open("paced.out"))
assert (begun[-1] - begun[0]).total_seconds() > 0.4, begun[-1] - begun[0]
P

# The first failure is the last job: what is in flight ends, nothing else is sent.
{ echo "$url/gone"; for i in $(seq 400); do echo "$url/late$i"; done; } >fast.jsonl
"$REDIAL" run fast.jsonl -o fast.out --threads 2 --concurrency 4 --fail-fast --backoff 0.01 2>err
code=$?
[ $code = 3 ] || [ $code = 4 ] || fail "--fail-fast: $code $(cat err)"
[ "$(wc -l <fast.out)" -lt 300 ] || fail "--fail-fast went on: $(wc -l <fast.out)"
[ "$(wc -l <fast.out)" = "$(sort -u fast.out | wc -l)" ] || fail "--fail-fast: a line twice"

# The first Ctrl-C sends nothing more, the second cancels what is in flight; every job that was begun has its line.
echo '{"routes": {"": {"fault": "stall"}}}' >stall.json
serve --script stall.json --ledger stalled
for i in $(seq 50); do echo "$url/stall"; done >stalls.jsonl
"$REDIAL" run stalls.jsonl -o stalls.out --threads 2 --concurrency 6 --attempt-timeout 60 2>err & run=$!
until [ "$(grep -c '"/stall"' stalled)" -ge 6 ]; do kill -0 $run || break; done
kill -INT $run
until grep -q 'finishing 6 calls' err; do kill -0 $run 2>/dev/null || { fail "gone: $(cat err)"; break; }; done
kill -INT $run
wait $run
code=$?
[ $code = 130 ] || fail "two Ctrl-C: $code $(cat err)"
[ "$(wc -l <stalls.out)" = 6 ] || fail "two Ctrl-C: $(cat stalls.out)"
[ $failures = 0 ]
