#!/usr/bin/env bash
# `redial run`, `retry` and `fault-server` as a user meets them, against the fault server and its ledger.
source "$(dirname "$0")/_support.sh"

check() { python3 -c "
import json, sys
rows = [json.loads(l) for l in open('$1')]
by = {r['id']: r for r in rows}
$2" || fail "$1: $2"; }

# --- the server from a file
cat >script.json <<'S'
{"routes": {
  "/ok": {"body": "fine", "headers": {"Set-Cookie": "s=s3cret"}},
  "/blip": [{"status": 503}, {"body": "fine"}],
  "/gone": {"status": 404},
  "POST /lost": {"acts": true, "fault": "reset_after_read"},
  "POST /keyed": [{"acts": true, "fault": "close_after_read"}, {"acts": true, "status": 201}],
  "POST /broken": {"status": 500, "acts": true},
  "/down": [{"status": 503, "times": 4}, {"body": "up"}],
  "POST /safe": [{"status": 429, "times": 4}, {"status": 201, "acts": true}],
  "/big": {"body": "0123456789012345678901234567890123456789"},
  "/stall": {"fault": "stall"}
}}
S
expect 2 'line 2: status' "$REDIAL" fault-server --script <(printf '{"routes": {"/":\n{"status": "x"}}}')
serve --script script.json --ledger ledger
base=$url
port=${base##*:}

# --- a run: each job one line, the outcomes, the codes
cat >jobs.jsonl <<J
$base/ok?token=s3cret
{"id": "blip", "url": "$base/blip", "meta": {"row": 1.50}}
{"id": "gone", "url": "$base/gone"}

{"id": "lost", "method": "POST", "url": "$base/lost", "json": {"n": 1}}
{"id": "keyed", "method": "POST", "url": "$base/keyed", "body": "x", "key": "auto"}
{"id": "broken", "method": "POST", "url": "$base/broken", "body": "x"}
{"id": "down", "url": "$base/down"}
{"id": "limited", "method": "POST", "url": "$base/safe", "body": "x"}
{"id": "big", "url": "$base/big"}
J
expect 4 '9 jobs' "$REDIAL" run jobs.jsonl -o results.jsonl --concurrency 4 --backoff 0.01 --max-body 10
grep -q 'next: redial retry jobs.jsonl results.jsonl --failed' err || fail "no next command: $(cat err)"
grep -q 'status_' err || fail "no reasons: $(cat err)"
grep -q "for example gone, GET $base/gone\$" err || fail "no example with its URL: $(cat err)"
[ "$(wc -l <err)" -le 12 ] || fail "a summary of more than 12 lines: $(cat err)"
check results.jsonl "
assert len(rows) == 9 and len(by) == 9, rows
assert by['L1']['outcome'] == 'ok' and by['L1']['line'] == 1 and by['L1']['url'].endswith('token=***')
assert by['blip']['attempts'] == 2 and by['blip']['meta'] == {'row': 1.5}
assert by['gone']['outcome'] == 'failed' and by['gone']['status'] == 404
assert by['lost']['outcome'] == 'in_doubt' and by['lost']['resend'] == 'unsafe' and by['lost']['attempts'] == 1
assert by['keyed']['outcome'] == 'ok' and by['keyed']['status'] == 200 and by['keyed']['key']
assert by['broken']['resend'] == 'unsafe' and by['broken']['status'] == 500
assert by['down']['outcome'] == 'failed' and by['down']['resend'] == 'safe'
assert by['limited']['resend'] == 'safe' and by['limited']['outcome'] == 'failed'
assert by['big']['response']['body'] == '0123456789' and by['big']['response']['truncated']
assert by['L1']['response']['headers']['Set-Cookie'] == '***'
"
grep -q s3cret results.jsonl err && fail "a secret in results or messages"

# --- the ledger is the judge: one effect a key, no unkeyed POST twice
python3 - <<'P' || fail "ledger"
import json
rows = [json.loads(l) for l in open('ledger')]
sent = lambda target: [r for r in rows if r['target'] == target]
assert len(sent('/lost')) == 1 and len(sent('/broken')) == 1
assert len(sent('/keyed')) == 2 and sum(r['acted'] for r in sent('/keyed')) == 1
keys = {v for r in sent('/keyed') for n, v in r['headers'] if n.lower() == 'idempotency-key'}
result = [json.loads(l) for l in open('results.jsonl') if '"keyed"' in l][0]
assert keys == {result['key']}, (keys, result['key'])
P

# --- retry: safe ones by themselves, the others listed and only by name
lost_before=$(grep -c '"/lost"' ledger)
expect 4 'lost  in_doubt, resend unsafe' "$REDIAL" retry jobs.jsonl results.jsonl --failed --backoff 0.01 -o again.jsonl
grep -q 'broken  failed, resend unsafe' err || fail "broken is not listed: $(cat err)"
check again.jsonl "assert set(by) == {'gone', 'down', 'limited'}, by; assert by['down']['outcome'] == 'ok' and by['limited']['status'] == 201"
[ "$(grep -c '"/lost"' ledger)" = "$lost_before" ] || fail "an unsafe job was sent again unasked"
expect 3 '1 job' "$REDIAL" retry jobs.jsonl results.jsonl --failed --where 'status=404' --backoff 0.01 -o where.jsonl
check where.jsonl "assert set(by) == {'gone'}"
expect 4 '1 job' "$REDIAL" retry jobs.jsonl results.jsonl lost --backoff 0.01 -o named.jsonl
check named.jsonl "assert set(by) == {'lost'}"
broken_before=$(grep -c '"/broken"' ledger)
expect 3 '1 job' "$REDIAL" retry jobs.jsonl results.jsonl broken --backoff 0.01 -o named.jsonl
check named.jsonl "assert set(by) == {'broken'} and by['broken']['resend'] == 'unsafe'"
[ "$(grep -c '"/broken"' ledger)" = $((broken_before + 1)) ] || fail "an unsafe job that was named is sent once"
expect 2 'ended ok' "$REDIAL" retry jobs.jsonl results.jsonl blip
expect 2 'no result line' "$REDIAL" retry jobs.jsonl results.jsonl nobody
expect 2 'say --failed' "$REDIAL" retry jobs.jsonl results.jsonl
expect 2 'no such field' "$REDIAL" retry jobs.jsonl results.jsonl --failed --where 'colour=1'
sed 's|/gone|/other|' jobs.jsonl >edited.jsonl
expect 2 'another call' "$REDIAL" retry edited.jsonl results.jsonl --failed
expect 4 '3 jobs' "$REDIAL" retry jobs.jsonl results.jsonl --failed --backoff 0.01 -o results.jsonl
check results.jsonl "assert len(rows) == 12"
expect 4 '1 job' "$REDIAL" retry jobs.jsonl results.jsonl --failed --backoff 0.01 -o last.jsonl
check last.jsonl "assert set(by) == {'gone'}"

# same_key: the key of the result line goes out again
cat >keyed.jsonl <<J
{"id": "k", "method": "POST", "url": "http://127.0.0.1:$port/keyfail", "body": "x", "key": "auto"}
J
cat >script2.json <<'S'
{"routes": {"POST /keyfail": [{"acts": true, "fault": "reset_after_read", "times": 2}, {"status": 500, "times": 2}, {"acts": true, "status": 201}]}}
S
serve --script script2.json --ledger ledger2
sed -i "s|http://127.0.0.1:$port|$url|" keyed.jsonl
expect 4 'in doubt' "$REDIAL" run keyed.jsonl -o k1.jsonl --retry 1 --backoff 0.01
check k1.jsonl "assert by['k']['resend'] == 'same_key' and by['k']['outcome'] == 'in_doubt'"
expect 4 'nothing to send again' "$REDIAL" retry keyed.jsonl k1.jsonl --failed
grep -q 'k  in_doubt, resend same_key' err || fail "an in-doubt job is not listed"
expect 0 '1 job' "$REDIAL" retry keyed.jsonl k1.jsonl k -o k2.jsonl --retry 3 --backoff 0.01
python3 - <<'P' || fail "the key changed"
import json
rows = [json.loads(l) for l in open('ledger2')]
keys = {v for r in rows for n, v in r['headers'] if n.lower() == 'idempotency-key'}
assert len(keys) == 1 and sum(r['acted'] for r in rows) == 1, (keys, rows)
P

# --- bad input: place and reason, exit 2, nothing sent
sent=$(wc -l <ledger)
bad() {  # words, line…
  local words=$1; shift
  printf '%s\n' "$base/ok" "$@" >bad.jsonl
  expect 2 "$words" "$REDIAL" run bad.jsonl -o bad.out
  grep -q 'line [23], byte [0-9]* (offset [0-9]*)' err || fail "no place: $(cat err)"
}
bad 'syntax error' '{"url": "http://a.test/",}'
bad 'unknown key' '{"url": "http://a.test/", "colour": 1}'
bad 'scheme must be http or https' 'ftp://a.test/'
bad 'repeats the one of line 2' '{"id": "a", "url": "http://a.test/"}' '{"id": "a", "url": "http://a.test/"}'
bad 'repeats the one of line 1' '{"id": "L1", "url": "http://a.test/"}'
[ ! -e bad.out ] || fail "results of a run that sent nothing"
expect 2 'No such file' "$REDIAL" run nowhere.jsonl
expect 2 'only auto' "$REDIAL" run jobs.jsonl --idempotency-key k
expect 2 '-H idempotency-key; one key' "$REDIAL" run jobs.jsonl -H 'idempotency-key: k'
expect 2 'line 1, byte .*: key must not be blank' "$REDIAL" run - <<<"{\"url\": \"$base/lost\", \"method\": \"POST\", \"key\": \" \"}"
expect 2 'idempotency-key: is blank' "$REDIAL" post -d x --idempotency-key ' ' "$base/lost"
expect 2 'is the jobs file itself' "$REDIAL" run jobs.jsonl -o jobs.jsonl
# What is of one call is no flag of many: a job says it itself.
for verb in run retry; do
  "$REDIAL" $verb --help >help
  grep -q -- '--concurrency' help || fail "$verb --help"
  for one in request data data-binary data-urlencode json form form-string get cookie-jar remote-name include head verbose \
    no-buffer write-out report no-progress-meter; do
    grep -qE "^  (-[A-Za-z],)?--$one( |,|\$)" help && fail "$verb takes --$one"
  done
done
expect 2 '' "$REDIAL" run jobs.jsonl -F a=1
printf '{"url": "x"' | expect 2 'standard input, line 1' "$REDIAL" run -
[ "$(wc -l <ledger)" = "$sent" ] || fail "something was sent"

# --- policy flags hold for every job
printf '%s\n' "$base/gone" "$base/gone" >flags.jsonl
expect 3 '2 jobs' "$REDIAL" run flags.jsonl -o flags.out -H 'X-Run: 1' --retry-on 404 --retry 1 --backoff 0.01
check flags.out "assert [r['attempts'] for r in rows] == [2, 2]"
grep -c '"X-Run","1"' ledger | grep -qx 4 || fail "-H did not reach every request"

# --- a body from a file, whole and as it is
head -c 30000 /dev/urandom | base64 -w 0 >body
echo "{\"id\": \"file\", \"method\": \"PUT\", \"url\": \"$base/ok\", \"body_file\": \"body\"}" >file.jsonl
expect 0 '1 job' "$REDIAL" run file.jsonl -o file.out
python3 - <<'P' || fail "body_file: $(cat file.out)"
import json
sent = [line for line in map(json.loads, open("ledger")) if line["method"] == "PUT"]
assert [line["body"] for line in sent] == [open("body").read()], [len(line["body"]) for line in sent]
P

# --- standard input: spooled and checked, kept with --save-jobs; --stream
printf '%s\n' "$base/ok" "$base/down" | expect 0 '2 jobs' "$REDIAL" run - --save-jobs saved.jsonl -o stdin.out
[ "$(wc -l <saved.jsonl)" = 2 ] || fail "--save-jobs"
printf '%s\n' "$base/ok" '{"id":"s","url":"'"$base"'/ok"}' | expect 0 '2 jobs' "$REDIAL" run - --stream -o stream.out
check stream.out "assert set(by) == {'L1', 's'}"
printf '%s\n' "$base/ok" 'nonsense' "$base/ok" | expect 2 'line 2' "$REDIAL" run - --stream -o stream.out
check stream.out "assert set(by) == {'L1'}"
[ -e stream.out.bak ] || fail "earlier results were not kept"
# What was sent before a bad line does not hide behind it.
printf '%s\n' '{"method": "POST", "url": "'"$base"'/lost"}' 'nonsense' | expect 4 'line 2' "$REDIAL" run - --stream -o stream.out
check stream.out "assert by['L1']['outcome'] == 'in_doubt'"
printf '%s\n' "$base/gone" 'nonsense' | expect 3 'line 2' "$REDIAL" run - --stream -o stream.out
# Backpressure: what nobody has asked for stays in the pipe. The server keeps its first answer until nothing more is read.
python3 - <<'P' || fail "--stream reads ahead"
import http.server, json, os, subprocess, sys, threading
asked, answer = threading.Event(), threading.Event()
class Slow(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        asked.set()
        answer.wait()
        self.send_response(204)
        self.end_headers()
    def log_message(self, *args):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
url = "http://127.0.0.1:%d/" % server.server_address[1]
lines = [json.dumps({"url": url, "meta": "x" * 16000}) + "\n" for _ in range(200)]
run = subprocess.Popen([os.environ["REDIAL"], "run", "-", "--stream", "--concurrency", "1", "-s", "-o", "pressure.out"],
                       stdin=subprocess.PIPE, text=True)
written = 0
def write():
    global written
    for line in lines:
        run.stdin.write(line)
        run.stdin.flush()
        written += 1
    run.stdin.close()
writer = threading.Thread(target=write, daemon=True)
writer.start()
asked.wait()
before = -1
while writer.is_alive() and before != written:  # it stands still: the pipe is full
    before = written
    writer.join(0.5)
held = written
answer.set()
writer.join()
code = run.wait()
rows = [json.loads(line) for line in open("pressure.out")]
# A pipe holds 64 KiB, the reader's buffer 128 KiB, and 64 jobs are read ahead.
sys.exit(f"{held} lines were read while one was asked for" if held > 100 else code or len(rows) != 200)
P

# --- outputs that cannot be written
expect 74 'No space left' "$REDIAL" run jobs.jsonl -o /dev/full
expect 74 'No such file' "$REDIAL" run jobs.jsonl -o none/x
"$REDIAL" run flags.jsonl >/dev/full 2>err
[ $? = 74 ] && grep -q 'standard output: No space left' err || fail "full standard output: $(cat err)"
for _ in $(seq 40); do echo "$base/big"; done >many.jsonl
(ulimit -f 1; trap '' XFSZ; "$REDIAL" run many.jsonl -o full.out >/dev/null 2>full.err; echo $? >full.code)
[ "$(cat full.code)" = 74 ] || fail "full disk: $(cat full.code) $(cat full.err)"
check full.out "assert 0 < len(rows) < 40"
# Who only reads is counted, who may have acted is named.
for _ in 1 2 3; do echo "$base/ok"; done >pipe.jsonl
echo "{\"id\": \"acts\", \"method\": \"POST\", \"url\": \"$base/ok\"}" >>pipe.jsonl
python3 - <<'P' || fail "closed pipe"
import os, re, subprocess
def untold(jobs):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([os.environ["REDIAL"], "run", jobs, "--concurrency", "4"], stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert done.returncode == 74 and "Broken pipe" in done.stderr, done
    return done.stderr
said = untold("many.jsonl")
assert re.search("redial: 4 jobs were in flight and have no result line; by their methods they only read", said) and "GET" not in said, said
said = untold("pipe.jsonl")
assert re.search(r"; 3 of them only read; this one may have happened:\n  acts  POST http://127.0.0.1:\d+/ok\n", said) and "GET" not in said, said
P

# --- nothing to send is no failure, but it is said
: >none.jsonl
expect 0 'there is no job in none.jsonl;' "$REDIAL" run none.jsonl
expect 0 'there is no job in many.jsonl, lines 99-;' "$REDIAL" run many.jsonl --from-line 99
"$REDIAL" run -s none.jsonl 2>err
[ ! -s err ] || fail "-s: $(cat err)"

# --- a rate spaces the attempts of all jobs; one that cannot be kept within the deadlines is refused
for _ in 1 2 3 4 5 6; do echo "$base/ok"; done >rate.jsonl
expect 0 '6 ok' "$REDIAL" run rate.jsonl -o rate.out --concurrency 6 --rate 20/s --burst 1
check rate.out "
from datetime import datetime
starts = sorted(datetime.fromisoformat(r['t']['first'].replace('Z', '+00:00')).timestamp() for r in rows)
assert starts[-1] - starts[0] >= 0.24, starts"
expect 2 'with 16 calls in flight the last waits 900 s' "$REDIAL" run rate.jsonl --rate 1/m
expect 2 'expected a number and a time' "$REDIAL" run rate.jsonl --rate fast
expect 2 'RateLimit.rate.count' "$REDIAL" run rate.jsonl --rate 0/s
expect 2 'needs --rate' "$REDIAL" run rate.jsonl --burst 5

# --- Ctrl-C: first finishes what is in flight, second ends it
printf '%s\n' "$base/stall" "$base/stall" "$base/ok" "$base/ok" >stall.jsonl
waited() {  # until the ledger holds so many stalled requests
  for _ in $(seq 400); do [ "$(grep -c '"/stall"' ledger)" -ge "$1" ] && return; read -rt 0.05 _ <>hello; done; fail "nothing arrived"; }
before=$(grep -c '"/stall"' ledger)
"$REDIAL" run stall.jsonl -o int.out --concurrency 2 --retry 0 --attempt-timeout 2 2>int.err & run=$!
waited $((before + 2)); kill -INT $run; wait $run; code=$?
[ $code = 75 ] || fail "first Ctrl-C: $code $(cat int.err)"
grep -q 'finishing 2 calls in flight' int.err && grep -q '2 not sent' int.err || fail "Ctrl-C said: $(cat int.err)"
grep -q 'from-line 3' int.err || fail "no command to go on with: $(cat int.err)"
check int.out "assert len(rows) == 2 and all(r['outcome'] == 'failed' for r in rows)"
expect 0 '2 jobs' "$REDIAL" run stall.jsonl --from-line 3 -o rest.out
before=$(grep -c '"/stall"' ledger)
printf '%s\n' '{"method": "POST", "url": "'"$base"'/stall"}' "$base/ok" >doubt.jsonl
"$REDIAL" run doubt.jsonl -o int.out --concurrency 1 --attempt-timeout 2 2>int.err & run=$!
waited $((before + 1)); kill -INT $run; wait $run; code=$?
[ $code = 4 ] || fail "first Ctrl-C over a job in doubt: $code $(cat int.err)"
before=$(grep -c '"/stall"' ledger)
printf '%s\n' "$base/stall" "{\"id\":\"p\",\"method\":\"POST\",\"url\":\"$base/stall\"}" >stall2.jsonl
"$REDIAL" run stall2.jsonl -o int2.out --retry 0 --attempt-timeout 60 2>int.err & run=$!
waited $((before + 2)); kill -USR1 $run
for _ in $(seq 400); do grep -q 'servers 2' int.err && break; read -rt 0.05 _ <>hello; done
grep -q '^redial: 0/2  0%  ok 0  waiting 0 .* waiting on: servers 2$' int.err || fail "SIGUSR1: $(cat int.err)"
kill -INT $run
for _ in $(seq 400); do grep -q finishing int.err && break; read -rt 0.05 _ <>hello; done
kill -INT $run; wait $run; code=$?
[ $code = 130 ] || fail "second Ctrl-C: $code $(cat int.err)"
check int2.out "assert by['L1']['outcome'] == 'cancelled' and by['p']['outcome'] == 'in_doubt'"

# --- however many calls wait for an answer, they are no threads
before=$(grep -c '"/stall"' ledger)
for _ in $(seq 64); do echo "$base/stall"; done >crowd.jsonl
"$REDIAL" run crowd.jsonl -o crowd.out --concurrency 64 --retry 0 --attempt-timeout 60 2>crowd.err & run=$!
waited $((before + 64))
[ "$(ls /proc/$run/task | wc -l)" -le 8 ] || fail "64 calls on threads: $(ls /proc/$run/task)"
kill -INT $run
for _ in $(seq 400); do grep -q finishing crowd.err && break; read -rt 0.05 _ <>hello; done
kill -INT $run; wait $run; code=$?
[ $code = 130 ] || fail "a crowd, second Ctrl-C: $code $(cat crowd.err)"

exit $((failures > 0))
