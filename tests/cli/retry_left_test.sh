#!/usr/bin/env bash
# What `redial retry --failed` leaves alone is said, and no success; the command to type next is one that can be typed.
source "$(dirname "$0")/_support.sh"
sends() { grep -c "\"$1\"" ledger; }

cat >script.json <<'S'
{"routes": {"/ok": {"body": "fine"}, "/gone": {"status": 404},
            "POST /lost": {"acts": true, "fault": "reset_after_read"},
            "POST /broken": {"status": 500, "acts": true},
            "/later": [{"status": 503, "headers": {"Retry-After": "3600"}}, {"body": "back"}]}}
S
serve --script script.json --ledger ledger
job() { echo "{\"id\": \"$1\", \"method\": \"$2\", \"url\": \"$url/$3\"}"; }

# --- in doubt: 4; failed and unsafe: 3
job a POST lost >jobs; job b POST broken >>jobs
expect 4 '' "$REDIAL" run jobs -o res
expect 4 'nothing to send again' "$REDIAL" retry jobs res --failed
expect 3 'nothing to send again' "$REDIAL" retry jobs res --failed --where 'outcome=failed'
job c GET gone >>jobs
expect 4 '' "$REDIAL" run jobs -o res
expect 4 '1 job: 0 ok, 1 failed' "$REDIAL" retry jobs res --failed -o again

# --- no result line: counted, with what sends those that were never sent
for i in 1 2 3 4 5 6; do job $i GET ok; done >many
expect 0 '' "$REDIAL" run many -o res
sed -i '/"id":"[346]"/d' res
expect 4 '3 jobs have no result: never sent, or under way' "$REDIAL" retry many res --failed
grep -q 'next: redial run many --lines 3-4,6 -o NEW.jsonl$' err || fail "no command: $(cat err)"
expect 0 '3 jobs: 3 ok' "$REDIAL" run many --lines 3-4,6 -o rest
cat rest >>res
expect 0 'nothing to send again' "$REDIAL" retry many res --failed

for i in $(seq 900); do job $i GET ok; done >many
sed -n 'n;s/.*"id": \("[0-9]*"\).*/{"id":\1,"outcome":"ok","resend":"safe"}/p' many >res
expect 4 '450 jobs have no result: .*; the first is on line 1$' "$REDIAL" retry many res --failed

# --- a run that ends on a full disk says how to go on
for i in $(seq 40); do job $i GET ok; done >many
(ulimit -f 2; "$REDIAL" run many --concurrency 1 -m 9 -o full 2>err; echo $? >code)
written=$(wc -l <full)
[ "$(cat code)" = 74 ] && grep -q "next: redial run many --from-line $((written + 2)) -o NEW.jsonl -m 9 --concurrency 1$" err ||
  fail "full disk after $written: $(cat code err)"

# --- as the server asked: not before its time, but by name
job w PUT later >jobs; job c GET gone >>jobs
expect 3 'next: redial retry jobs res --failed  # 1 of them not before 20..-..-..T' "$REDIAL" run jobs -o res
cp res before
expect 3 '  w  not before 20..-..-..T' "$REDIAL" retry jobs res --failed -o again
expect 75 'w  not before' "$REDIAL" retry jobs res --failed --where 'outcome=later'
[ "$(sends /later)" = 1 ] || fail "sent again at once: $(sends /later)"
expect 0 '1 ok' "$REDIAL" retry jobs res w -o again
sed 's/"retry_at":"20[0-9][0-9]/"retry_at":"2020/' before >past
expect 3 '2 jobs: 1 ok, 1 failed' "$REDIAL" retry jobs past --failed -o again

# --- the next command has the flags that the calls need, and no secret
printf '[policies.p]\ntotal = 0\n' >policy.toml
expect 3 '' "$REDIAL" run jobs --policy policy.toml#p --rate 50/s --retry-on 500,503 -k -u u:s3cret -H 'X-Key: s3cret' -H 'X-Key2: s3cret' \
  -m 5 -x http://127.0.0.1:1 --noproxy '*' -o res
next=$(grep 'next: redial retry jobs res --failed' err)
for flag in "--policy 'policy.toml#p'" '--rate 50/s' '--retry-on 500,503' '-k' '-m 5' '-x http://127.0.0.1:1' "--noproxy '\*'"; do
  grep -q -- " $flag " <<<"$next" || fail "without $flag: $next"
done
grep -q '  # with the same -H -u$' <<<"$next" || fail "$next"
grep -q s3cret err && fail "a secret is shown: $(cat err)"
job c GET gone >jobs; job d GET gone >>jobs
expect 3 'next: redial run jobs --from-line 2 -o NEW.jsonl .*--fail-fast  # with the same -x$' \
  "$REDIAL" run jobs -x http://u:s3cret@127.0.0.1:1 --noproxy '*' -o res --fail-fast --concurrency 1

[ $failures = 0 ]
