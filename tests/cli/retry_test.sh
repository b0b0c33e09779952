#!/usr/bin/env bash
# `redial retry` where something changed since the run: it sends again only what is surely the same, and nothing twice.
source "$(dirname "$0")/_support.sh"
sends() { grep -c "\"$1\"" ledger; }

cat >script.json <<'S'
{"routes": {"POST /pay": [{"acts": true, "body": "paid"}, {"status": 404}, {"acts": true, "body": "paid"}],
            "POST /keyed": [{"status": 500, "acts": true}],
            "/ok": {"body": "fine"}},
 "keys": {"honoured": false}}
S
serve --script script.json --ledger ledger

# A job without an id is known by its line: whoever puts another there does not get that one sent.
for who in ann bob; do echo "{\"method\": \"POST\", \"url\": \"$url/pay\", \"body\": \"$who\"}"; done >jobs.jsonl
expect 3 '1 failed' "$REDIAL" run jobs.jsonl -o out.jsonl --concurrency 1
tac jobs.jsonl >swapped.jsonl
expect 2 'line 2 is not the one any more' "$REDIAL" retry swapped.jsonl out.jsonl --failed
[ "$(sends /pay)" = 2 ] || fail "another job was sent: $(sends /pay)"
expect 0 '1 job: 1 ok' "$REDIAL" retry jobs.jsonl out.jsonl --failed -o again.jsonl

# A result that was being written when the run was killed is left out, and said.
printf '{"id":"L2","outc' >>out.jsonl
expect 0 'its last line is cut' "$REDIAL" retry jobs.jsonl out.jsonl --failed -o again.jsonl
cp out.jsonl odd.jsonl
printf '\n' >>odd.jsonl
expect 2 'odd.jsonl, line 3' "$REDIAL" retry jobs.jsonl odd.jsonl --failed

# Appended to, such a file stays one that can be read: what was left of the line goes, a whole line is ended.
cp out.jsonl history.jsonl
expect 0 'find out what became of job L2$' "$REDIAL" retry jobs.jsonl history.jsonl --failed -o history.jsonl
expect 0 '' "$REDIAL" report history.jsonl
[ ! -s err ] && [ "$(wc -l <history.jsonl)" = 3 ] || fail "half a line was left inside: $(cat err history.jsonl)"
head -n 2 out.jsonl | head -c -1 >whole.jsonl
expect 0 '1 job: 1 ok' "$REDIAL" retry jobs.jsonl whole.jsonl --failed -o whole.jsonl
[ "$(wc -l <whole.jsonl)" = 3 ] || fail "a whole line was not ended: $(cat whole.jsonl)"

# The key of a result is the key, whatever it reads, and stays as it was written by hand.
echo "{\"id\": \"a\", \"method\": \"POST\", \"url\": \"$url/keyed\", \"headers\": {\"Idempotency-Key\": \"auto\"}}" >keyed.jsonl
"$REDIAL" run keyed.jsonl --retry 0 -o keyed.out 2>/dev/null
"$REDIAL" retry keyed.jsonl keyed.out --failed --retry 0 -o keyed2.out 2>err || true
python3 - <<'P' || fail "another key: $(cat err)"
import json
keys = [value for line in open("ledger") if '"/keyed"' in line
        for name, value in json.loads(line)["headers"] if name == "Idempotency-Key"]
assert len(keys) >= 2 and set(keys) == {"auto"}, keys
P

# A server that has forgotten the key by now would act again.
cat >policy.toml <<'T'
default = "short"
[policies.short]
idempotency.lifetime = "10m"
T
expect 3 'failed' "$REDIAL" retry keyed.jsonl keyed.out --failed --policy policy.toml --retry 0 -o keyed3.out
sed 's/"first":"20[0-9][0-9]/"first":"2020/' keyed.out >old.out
before=$(sends /keyed)
expect 3 "its key's lifetime is over" "$REDIAL" retry keyed.jsonl old.out --failed --policy policy.toml --retry 0 -o keyed4.out
[ "$(sends /keyed)" = "$before" ] || fail "sent with a key that is over"

# No input is lost to an output.
echo "$url/ok" >plain.jsonl
expect 0 '1 ok' "$REDIAL" run plain.jsonl -o o.jsonl
cp plain.jsonl o.jsonl.bak
expect 2 'o.jsonl.bak, which is an input, would be replaced' "$REDIAL" run o.jsonl.bak -o o.jsonl
cp o.jsonl r.jsonl.bak
cp o.jsonl r.jsonl
expect 2 'r.jsonl.bak, which is an input' "$REDIAL" retry plain.jsonl r.jsonl.bak --failed -o r.jsonl
for there in yes no; do
  [ $there = yes ] || rm -f both.jsonl
  expect 2 'is where --save-jobs puts the jobs' "$REDIAL" run - --save-jobs both.jsonl -o both.jsonl <plain.jsonl
done
cmp -s plain.jsonl o.jsonl.bak || fail "the jobs are gone"

# What a table gives as meta stays on the result's line.
printf 'n,m\n1,"{""a"":\n1}"\n' >table.csv
expect 0 '1 ok' "$REDIAL" run table.csv --template "{\"url\": \"$url/ok\", \"id\": \"{{n}}\", \"meta\": \"{{json:m}}\"}" -o table.out
[ "$(wc -l <table.out)" = 1 ] || fail "a result on two lines: $(cat table.out)"
[ $failures = 0 ]
