#!/usr/bin/env bash
# What is refused before anything is sent, in words that name it; logins by hand, as curl has them.
source "$(dirname "$0")/_with_echo.sh"

echo '{"routes": {"": {"body": "fine"}}}' >script.json
serve --script script.json --ledger ledger
echo "$url/ok" >jobs

# --- flags
for seconds in 1e10 nan inf -1; do
  expect 2 '--backoff: must be a positive number of seconds' "$REDIAL" get "$url/" --backoff=$seconds
done
expect 2 '-x: SOCKS proxies are not supported' "$REDIAL" get "$url/" -x socks5://127.0.0.1:1
expect 2 '-x: SOCKS proxies are not supported' "$REDIAL" run jobs -x socks5h://127.0.0.1:1
expect 2 '--resolve: not an address: notanip' "$REDIAL" get http://a.test:8090/ --resolve a.test:8090:notanip
expect 2 '--resolve: not an address: 1.2.3' "$REDIAL" get http://a.test/ --resolve a.test:80:127.0.0.1,1.2.3
expect 0 '' "$REDIAL" get "http://a.test:${url##*:}/" --resolve "a.test:${url##*:}:127.0.0.1,[::1]"
expect 2 'there is no command bogus;' "$REDIAL" bogus "$url/"
expect 2 'A subcommand is required' "$REDIAL"
for command in 'run jobs --from-line' 'fault-server --fault F21-rst --every' 'fault-server --fault F21-rst --times'; do
  expect 2 'not in range 1 to [0-9]*$' "$REDIAL" $command 0
  [ "$(wc -c <err)" -lt 200 ] || fail "a range of many digits: $(cat err)"
done
for where in 'status>abc' 'status=' 'status=abc' 'attempts>=null'; do
  expect 2 '--where: ' "$REDIAL" retry jobs jobs --failed --where "$where"
done
expect 2 'status is a number' "$REDIAL" retry jobs jobs --failed --where 'status>abc'
echo '{"id":"L1","outcome":"failed","resend":"unsafe","status":null,"method":"GET","url":"u","stop_reason":""}' >res
expect 3 'L1  failed' "$REDIAL" retry jobs res --failed --where "status=null && id!='' && status!=500"

# --- the body's own fields, comments
for field in 'Content-Length: 9' 'transfer-encoding: chunked'; do
  expect 2 'is made by redial' "$REDIAL" post "$url/" -d x -H "$field"
done
echo "{\"url\": \"$url/\", \"headers\": {\"Content-Length\": \"9\"}}" >framed
expect 2 'framed, line 1, byte .*Content-Length is made by redial' "$REDIAL" run framed
printf '# a comment\n%s\n' "$url/" >commented
expect 2 'commented, line 1, byte 1 .*there are no comments' "$REDIAL" run commented

# --- outputs
for command in demo --help 'get --help' --version; do
  "$REDIAL" $command >/dev/full 2>err
  [ $? = 74 ] && grep -q 'standard output' err || fail "$command: $(cat err)"
done
expect 74 'TMPDIR=/nonexistent' env TMPDIR=/nonexistent "$REDIAL" run - <jobs
expect 74 'TMPDIR=/nonexistent' env TMPDIR=/nonexistent "$REDIAL" demo
cp res before
expect 2 '--attempts-out: res is the results file itself' "$REDIAL" retry jobs res L1 --attempts-out res
cmp -s res before || fail 'the results are gone'
echo old >saved
expect 0 '1 ok' "$REDIAL" run - --save-jobs saved -o new <jobs
[ "$(cat saved.bak)" = old ] && cmp -s saved jobs || fail 'a saved file is not kept'
expect 2 'saved.bak is the input itself' "$REDIAL" run saved.bak --save-jobs saved
expect 3 '--max-filesize' "$REDIAL" get "$url/" --max-filesize 2

# --- fault-server scripts
script() { printf "$2" >bad.json; expect 2 "$1" "$REDIAL" fault-server --script bad.json; }
script '"status" is given twice' '{"routes": {"/a": {"status": 200, "status": 500}}}'
script '"seed" is given twice' '{"seed": 1, "seed": 2, "routes": {"/a": {}}}'
script 'body: not together with body_base64' '{"routes": {"/a": {"body": "x", "body_base64": "eA=="}}}'
script '"route" is given twice' '{"routes": {"": {}}, "rules": [{"when": {"route": "/a", "route": "/b"}, "accept": "reset"}]}'
printf '\xef\xbb\xbf%s' '{"routes": {"": {"body": "marked"}}}' >marked.json
serve --script marked.json
[ "$("$REDIAL" get "$url/")" = marked ] || fail 'a byte order mark'

# --- logins: as curl, a field by hand counts instead of -u, and an empty one is none
login() {  # what is sent, flags…
  local wanted=$1; shift
  expect 0 '' "$REDIAL" "$@"
  python3 -c '
import json, sys
said = json.load(open("out"))
if "response" in said: said = json.loads(said["response"]["body"])
sent = said["headers"].get("authorization", "none")
assert sent == sys.argv[1], sent' "$wanted" || fail "$*"
}
printf 'machine 127.0.0.1 login n password p\n' >netrc
login 'Basic dTpw' get "$base/" -u u:p
login mine get "$base/" -u u:p -H 'Authorization: mine'
login none get "$base/" -u u:p -H 'authorization:'
login none get "$base/" --netrc-file netrc -H 'Authorization:'
echo "{\"url\": \"$base/\", \"headers\": {\"Authorization\": null}}" >null
login none run null -u u:p
login none run null --netrc-file netrc
echo "{\"url\": \"${base/\/\//\/\/n:p@}/\", \"headers\": {\"authorization\": null}}" >null
login none run null
echo "{\"url\": \"$base/\", \"headers\": {\"Authorization\": \"own\"}}" >own
login own run own -u u:p -H 'Authorization:'

[ $failures = 0 ]
