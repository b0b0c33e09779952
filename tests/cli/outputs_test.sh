#!/usr/bin/env bash
# What must not be lost without a word: an answer to another output, a flag to an unset variable, a line to a full disk.
source "$(dirname "$0")/_support.sh"

echo '{"routes": {"POST /a": {"acts": true, "body": "the answer"}, "/name": {"body": "the answer"}}}' >script.json
serve --script script.json --ledger ledger

# --- two outputs of a call that are one file: nothing is sent
expect 2 '--report: same is where -o goes' "$REDIAL" post "$url/a" -d x -o same --report same
expect 2 '-c: ./same is where -o goes' "$REDIAL" post "$url/a" -d x -o same -c ./same
expect 2 '-c: same is where --report goes' "$REDIAL" post "$url/a" -d x --report same -c same
expect 2 '--report: name is where -O goes' "$REDIAL" get "$url/name" -O --report name
touch there; ln -s there link
expect 2 '--report: link is where -o goes' "$REDIAL" post "$url/a" -d x -o there --report link
[ ! -s ledger ] && [ ! -e same ] || fail "something was sent: $(cat ledger)"
expect 0 '' "$REDIAL" post "$url/a" -d x -o /dev/null --report /dev/null
expect 0 '' "$REDIAL" post "$url/a" -d x -o one --report two -c three

# --- a value that is empty is not one that was not given
echo "$url/name" >jobs
before=$(wc -l <ledger)
for flag in --lines --idempotency-key --policy --rate -u --cacert --cert --key --retry-on --retry-methods --jitter -o \
  --save-jobs --attempts-out --base-url --template --netrc-file --unix-socket -U --max-time --retry --log-level; do
  expect 2 'must not be empty' "$REDIAL" run jobs $flag ''
done
expect 2 '--lines: must not be empty' "$REDIAL" run jobs --lines ''
expect 2 '--report: must not be empty' "$REDIAL" get "$url/name" --report ''
expect 2 'cookie-jar: must not be empty' "$REDIAL" get "$url/name" -c ''
expect 2 'max-filesize: must not be empty' "$REDIAL" get "$url/name" --max-filesize ''
echo '{}' >results
for flag in --html --md --junit; do expect 2 'must not be empty' "$REDIAL" report results $flag ''; done
expect 2 'IDS: must not be empty' "$REDIAL" retry jobs results ''
[ "$(wc -l <ledger)" = "$before" ] || fail "something was sent"
expect 0 '' "$REDIAL" get "$url/name" -x '' --noproxy '' -A '' -e '' -b '' -w ''
expect 0 '' "$REDIAL" post "$url/a" -d ''

# --- descriptors that are closed are not taken by what is opened next
sent=$(wc -l <ledger)
expect 2 'cannot open -\|cannot read standard input' bash -c '"$0" post "$1" -d @- <&-' "$REDIAL" "$url/a"
expect 2 'standard input' bash -c '"$0" run - <&-' "$REDIAL"
for command in "get $url/name" "get -N $url/name" "post $url/a -d x -o /dev/null -w done" "run jobs" \
  "post $url/a -d x -o /dev/null --report -"; do
  expect 74 'standard output: it is closed; nothing was sent' bash -c '"$@" >&-' - "$REDIAL" $command
done
[ "$(wc -l <ledger)" = "$sent" ] || fail "something was sent"
expect 0 '' bash -c '"$0" get "$1" -o there >&-' "$REDIAL" "$url/name"
bash -c '"$0" get "$1" -v 2>&-' "$REDIAL" "$url/name" | grep -qx 'the answer' || fail 'a closed standard error'

# --- results that go nowhere are not offered for a retry
echo "$url/missing" >jobs
expect 3 'failed' "$REDIAL" run jobs -o /dev/null --retry 0
! grep -q /dev/null err || fail "$(cat err)"

# --- what others say cannot steer a terminal
echo '{"routes": {"": {"status": 404, "headers": {"Content-Type": "text/plain; charset=utf-8"}, "body": "a\u009b31mb\u00e9"}}}' >steer.json
serve --script steer.json
expect 3 'the server said: a 31mbé' "$REDIAL" get "$url/"

# --- a file that may not grow is a full disk: no half a line, and no death by SIGXFSZ
for i in $(seq 40); do echo "$url/name"; done >many
(ulimit -f 2; "$REDIAL" run many --concurrency 1 -o full 2>err; echo $? >code)
[ "$(cat code)" = 74 ] && [ "$(tail -c 1 full | od -An -c | tr -d ' ')" = '\n' ] || fail "$(cat code err full)"

[ $failures = 0 ]
