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
expect 2 "--resolve: 'abc' is not a port" "$REDIAL" get http://a.test/ --resolve a.test:abc:127.0.0.1
expect 2 "--resolve: 'a b' is not a host" "$REDIAL" get http://a.test/ --resolve 'a b:80:127.0.0.1'
for list in '' ,; do expect 2 '--resolve: no address' "$REDIAL" get http://a.test/ --resolve "a.test:80:$list"; done
expect 2 "--retry-on: ',' is an empty list" "$REDIAL" get "$url/" --retry-on ,
expect 2 "--retry-methods: ',' is an empty list" "$REDIAL" get "$url/" --retry-methods ,
expect 2 '--retry-methods: any stands alone' "$REDIAL" get "$url/" --retry-methods any,PUT
expect 0 '' "$REDIAL" get "$url/" --retry-methods ANY
expect 2 'not a size: 1.5k$' "$REDIAL" get "$url/" --max-filesize 1.5k
expect 2 '-e: ;auto' "$REDIAL" get "$url/" -e 'http://b.test/;auto'
mkdir folder
expect 2 '--cacert: folder is a directory' "$REDIAL" get "$url/" --cacert folder
expect 2 'FILE:PASSWORD is not supported' "$REDIAL" get "$url/" --cert cert.pem:hidden-word
! grep -q hidden-word err || fail 'a password was told'
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

# --- bodies from what is no file: read before anything is sent, in a file of no name when they are large
expect 0 '' "$REDIAL" post "$base/" --data-binary @<(printf piped)
said 'body == b"piped"'
printf 'from\ninput' | "$REDIAL" post "$base/" --data-binary @/dev/stdin >out || fail '@/dev/stdin'
said 'body == b"from\ninput"'
expect 0 '' "$REDIAL" post "$base/" --data-binary @/dev/null
said 'body == b"" and e["headers"]["content-length"] == "0"'
expect 0 '' "$REDIAL" post "$base/" --data-binary @/proc/self/status
said 'b"Pid:" in body'
for given in '--data-binary @-' '-d @-' '--json @-' '--data-urlencode @-' '-d a -d @-'; do
  head -c 3000000 /dev/zero | tr '\0' x | "$REDIAL" post "$base/" $given >out || fail "$given"
  said 'body.endswith(b"x" * 3000000) and int(e["headers"]["content-length"]) == len(body)'
done
head -c 3000000 /dev/zero | "$REDIAL" post "$base/" -F f=@- -F 'g=<-' >out || fail '-F @-'
said 'b"\0" * 3000000 in body'
before=$(wc -l <ledger)
head -c 3000000 /dev/zero | (ulimit -f 1; "$REDIAL" post "$url/" --data-binary @- >out 2>err)
[ $? = 74 ] && grep -q 'temporary file in .*: File too large' err || fail "a full disk: $(cat err)"
head -c 3000000 /dev/zero | expect 74 'TMPDIR=/nonexistent' env TMPDIR=/nonexistent "$REDIAL" post "$url/" -F f=@-
[ "$(wc -l <ledger)" = "$before" ] || fail 'something was sent'

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
