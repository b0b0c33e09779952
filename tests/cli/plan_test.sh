#!/usr/bin/env bash
# `redial plan` as a user meets it: what it says, what it refuses, and that it sends and writes nothing.
source "$(dirname "$0")/_support.sh"

plan() {  # exit code, flags…; what it says is in `out`
  local code=$1; shift
  "$REDIAL" plan "$@" >out 2>err
  local got=$?
  [ "$got" = "$code" ] || { fail "$got instead of $code: plan $*"; cat out err; }
}
says() { grep -qE -- "$1" out || { fail "no '$1' in:"; cat out; }; }

# Nobody listens there: what is sent fails.
cat >jobs.jsonl <<'J'
{"url": "http://127.0.0.1:1/x"}
{"id": "keyed", "method": "POST", "url": "http://127.0.0.1:1/x", "body": "1", "key": "auto"}
{"id": "once", "method": "POST", "url": "https://b.test/x", "body": "1"}

{"id": "declared", "method": "POST", "url": "https://b.test/x", "body": "1", "idempotent": true}
{"id": "never", "method": "PUT", "url": "https://b.test/x", "body": "1", "idempotent": false}
J
plan 0 jobs.jsonl
says '^5 jobs in jobs.jsonl; nothing was sent$'
says '^  http://127.0.0.1:1 +2 +8$'
says '^  https://b.test:443 +3 +12$'
says '^  all +5 +20$'
says '^  GET +1 +repeatable$'
says '^  POST +1 +repeatable$'
says '^  POST +1 +with a key$'
says '^  POST +1 +once only$'
says '^  PUT +1 +once only$'
says '^policy \(5 jobs\): 4 attempts at most, again on 408 425 429 500 502 503 504; waits from 0.5 s'
grep -q 'rate limit\|refused' out && fail "words about nothing: $(cat out)"

# Flags are those of a run, and so are their errors; outputs are not touched.
echo kept >results
plan 0 jobs.jsonl --retry 1 --rate 1/s --burst 1 --concurrency 2 -o results --attempts-out attempts --per-host 2
says '^policy \(5 jobs\): 2 attempts at most.*1/s'
says '^time at the rate limit: at least 2 s, 5 s if every attempt is needed$'
[ "$(cat results)" = kept ] && [ ! -e attempts ] && [ ! -e results.bak ] || fail "something was written"
plan 2 jobs.jsonl --rate fast
plan 2 jobs.jsonl --idempotency-key mine
plan 2 nowhere.jsonl
plan 2 - --stream </dev/null
plan 0 jobs.jsonl --lines 2-3
says '^2 jobs'
printf '%s\n' http://a.test/ http://a.test/ | plan 0 -
says '^2 jobs in standard input'

# A policy file: each prefix with its words.
cat >policies.toml <<'T'
default = "calm"
[policies.calm]
total = 1
[policies.eager]
total = 7
rate = "10/s"
[[routes]]
match = "https://b.test/"
policy = "eager"
T
plan 0 jobs.jsonl --policy policies.toml
says '^policy, elsewhere \(2 jobs\): 2 attempts at most'
says '^policy of https://b.test/ \(3 jobs\): 8 attempts at most'
says '^  all +5 +28$'

# What a run would refuse: all of it, with its place; `run` stops at the first.
cat >bad.jsonl <<'J'
http://a.test/
ftp://a.test/
{"id": "a", "url": "http://a.test/"}
{"id": "a", "url": "http://a.test/"}
{"url": "http://a.test/", "colour": 1}
J
plan 2 bad.jsonl
says '^2 jobs in bad.jsonl'
says '^3 jobs would be refused, and nothing sent:$'
says '^  bad.jsonl, line 2, byte 1 .*scheme'
says '^  bad.jsonl, line 4, .*repeats the one of line 3'
says '^  bad.jsonl, line 5, .*unknown key'
for _ in $(seq 300); do echo '{"id": "same", "url": "http://a.test/"}'; done >same.jsonl
plan 2 same.jsonl
says '^299 jobs would be refused'
says '^  and 279 more$'

# Other inputs
printf 'id,n\n1,2\n"3\n4",5\n6\n' >rows.csv
plan 2 rows.csv --template '{"url": "http://a.test/{{id}}"}'
says '^2 jobs'
says 'rows.csv, line 5, .*missing is n'
plan 2 rows.csv --template '{"url": "http://a.test/{{colour}}"}'
grep -q 'asks for column colour' err || fail "the header's error: $(cat err)"

# For machines
"$REDIAL" plan jobs.jsonl --json --rate 1/s --burst 1 --concurrency 2 >out || fail "--json: $?"
python3 - <<'P' || fail "--json: $(cat out)"
import json
plan = json.load(open("out"))
assert plan["jobs"] == 5 and plan["attempts_at_most"] == 20
assert {h["host"]: h["jobs"] for h in plan["hosts"]} == {"http://127.0.0.1:1": 2, "https://b.test:443": 3}
assert sum(m["jobs"] for m in plan["methods"] if m["safety"] == "once only") == 2
assert plan["rate_limit"] == {"least_s": 2, "worst_s": 11} and plan["refused"] == {"jobs": 0, "why": []}
P
"$REDIAL" plan jobs.jsonl >/dev/full 2>err
[ $? = 74 ] || fail "a full disk: $(cat err)"

exit $((failures > 0))
