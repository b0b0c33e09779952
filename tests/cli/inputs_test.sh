#!/usr/bin/env bash
# `redial run` on OpenAI batch lines, vegeta targets and CSV with a template; `redial retry` on their results.
source "$(dirname "$0")/_support.sh"

check() { python3 -c "
import json
rows = [json.loads(l) for l in open('$1')]
by = {r['id']: r for r in rows}
ledger = [json.loads(l) for l in open('ledger')]
$2" || fail "$1: $2"; }

cat >script.json <<'S'
{"routes": {
  "/ok": {"body": "fine"},
  "POST /v1/chat/completions": [{"status": 429, "times": 4}, {"body": "{}"}],
  "POST /items": {"status": 201, "acts": true},
  "/gone/1": {"status": 404},
  "": {"body": "any"}
}}
S
serve --script script.json --ledger ledger
base=$url

# --- OpenAI batch lines: recognised, paths need a base, a result is sent again
cat >batch.jsonl <<'J'
{"custom_id": "r-1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "m", "n": 1.50}}
{"custom_id": "r-2", "method": "GET", "url": "/ok"}
J
expect 2 'line 1, byte [0-9]* .*--base-url' "$REDIAL" run batch.jsonl
expect 3 'next: redial retry batch.jsonl --base-url' "$REDIAL" run batch.jsonl --base-url "$base" --backoff 0.01 -o batch.out
check batch.out "
assert by['r-1']['status'] == 429 and by['r-2']['outcome'] == 'ok'
sent = [r for r in ledger if r['target'] == '/v1/chat/completions'][0]
assert sent['body'] == '{\"model\": \"m\", \"n\": 1.50}', sent
assert ['Content-Type', 'application/json'] in sent['headers'], sent"
expect 0 '1 ok' bash -c "$(grep -o 'redial retry.*' err | sed "s|^redial|$REDIAL|") -o again.out"
check again.out "assert set(by) == {'r-1'} and by['r-1']['outcome'] == 'ok'"
expect 2 'another call' "$REDIAL" retry batch.jsonl batch.out --failed --base-url "$base/other"

# --- vegeta's targets, recognised by `header`, or by the flag
cat >targets.json <<J
{"method":"POST","url":"$base/items","header":{"X-A":["1","2"]},"body":"aGVsbG8="}
{"method":"GET","url":"$base/ok"}
J
expect 0 '2 ok' "$REDIAL" run targets.json -o targets.out
check targets.out "
sent = [r for r in ledger if r['target'] == '/items'][-1]
assert sent['body'] == 'hello' and [f for f in sent['headers'] if f[0] == 'X-A'] == [['X-A', '1'], ['X-A', '2']], sent
assert set(by) == {'L1', 'L2'}"
sed -i 1s/.\"header.*}/,\"body\":\"aGk=\"}/ targets.json
expect 0 '2 ok' "$REDIAL" run targets.json --input-format vegeta -o targets.out
check targets.out "assert [r for r in ledger if r['target'] == '/items'][-1]['body'] == 'hi'"

# --- CSV: quotes, line ends inside, CRLF, a byte order mark, as Python writes them
python3 - <<'P'
import csv
with open("jobs.csv", "w", newline="", encoding="utf-8-sig") as file:
    csv.writer(file).writerows([["id", "n", "note"], ["a/b", 1, 'say "hi", then\r\nleave'], ["ö", 2.5, ""], ["c d", "null", "x,y"]])
P
cat >template.json <<J
{"id": "job-{{id}}", "method": "PUT", "url": "$base/things/{{id}}?note={{note}}",
 "json": {"n": "{{json:n}}", "text": "{{n}}", "note": "{{note}}"}}
J
expect 0 '3 ok' "$REDIAL" run jobs.csv --template template.json -o csv.out
check csv.out "
assert {r['id']: r['line'] for r in rows} == {'job-a/b': 2, 'job-ö': 4, 'job-c d': 5}, rows
sent = {r['target']: json.loads(r['body']) for r in ledger if r['target'].startswith('/things/')}
assert sent == {
  '/things/a%2Fb?note=say%20%22hi%22%2C%20then%0D%0Aleave': {'n': 1, 'text': '1', 'note': 'say \"hi\", then\r\nleave'},
  '/things/%C3%B6?note=': {'n': 2.5, 'text': '2.5', 'note': ''},
  '/things/c%20d?note=x%2Cy': {'n': None, 'text': 'null', 'note': 'x,y'}}, sent"
expect 0 '2 ok' "$REDIAL" run jobs.csv --template template.json --lines 4- -o csv.out
# What is left or failed is said with the template.
cat >gone.json <<J
{"url": "$base/gone/{{id}}"}
J
printf 'id\n1\n2\n' >gone.csv
expect 3 '1 failed' "$REDIAL" run gone.csv --template gone.json -o gone.out
grep -q 'next: redial retry gone.csv --template gone.json gone.out --failed' err || fail "no next command: $(cat err)"
expect 3 '1 failed' "$REDIAL" retry gone.csv --template gone.json gone.out --failed -o gone2.out
check gone2.out "assert set(by) == {'L2'}"

# --- from a pipe: copied, or streamed; the copy's lines are those of the results
printf 'id\n\n1\n"2"\n' | expect 3 '2 jobs' "$REDIAL" run - --template gone.json -o pipe.out
printf 'id\n\n1\n"2"\n' | expect 3 '2 jobs' "$REDIAL" run - --stream --save-jobs saved.csv --template gone.json -o pipe.out
check pipe.out "assert set(by) == {'L3', 'L4'}"
expect 3 '1 failed' "$REDIAL" retry saved.csv --template gone.json pipe.out --failed

# --- what is wrong is told with line and column, and nothing is sent
sent=$(wc -l <ledger)
bad() {  # words, template, line…
  local words=$1 template=$2; shift 2
  printf '%s\n' "$@" >bad.csv
  expect 2 "$words" "$REDIAL" run bad.csv --template "$template" -o bad.out
}
bad 'line 1.*asks for column colour; the columns are id, n' '{"url": "http://a.test/{{colour}}"}' id,n 1,2
bad 'line 3.*missing is n' '{"url": "http://a.test/{{id}}"}' id,n 1,2 3
bad 'line 3.*3 fields, but the header names 2' '{"url": "http://a.test/{{id}}"}' id,n 1,2 3,4,5
bad 'line 5.*column id: empty' '{"url": "http://a.test/{{id}}"}' id,n '"1",' '2,"' '"' ',4'
bad 'line 1.*id is there twice' '{"url": "http://a.test/{{id}}"}' id,id 1,2
bad 'line 2.*not closed' '{"url": "http://a.test/{{id}}"}' id '"1' 2
bad 'line 3.*id "1" repeats the one of line 2' '{"id": "{{id}}", "url": "http://a.test/"}' id 1 1
bad '--template, byte 9' '{"url": }' id 1
bad 'line 2.*unknown key' '{"url": "http://a.test/", "color": 1}' id 1
expect 2 'needs --template' "$REDIAL" run bad.csv --input-format csv
expect 2 'only for CSV' "$REDIAL" run bad.csv --input-format openai --template '{}'
expect 2 'input-format' "$REDIAL" run bad.csv --input-format xml
[ ! -e bad.out ] || fail "results of a run that sent nothing"
[ "$(wc -l <ledger)" = "$sent" ] || fail "something was sent"

exit $((failures > 0))
