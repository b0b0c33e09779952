#!/usr/bin/env bash
# -b and -c: strings, files, redirects, what a jar looks like on disk.
source "$(dirname "$0")/_with_echo.sh"

expect 0 '' "$REDIAL" get -b 'a=1; b=x=y' "$base/"
said 'e["headers"]["cookie"] == "a=1; b=x=y"'
# The first run has no jar yet; a redirect sends what it set; the jar is written although it was a redirect that set it.
expect 0 '' "$REDIAL" get -b jar -c jar "$base/go/set"
said 'e["headers"]["cookie"] == "other=2"'
grep -q $'^#HttpOnly_127.0.0.1\tFALSE\t/\tFALSE\t0\tother\t2$' jar || fail "jar: $(cat jar)"
[ "$(stat -c %a jar)" = 600 ] || fail 'the jar is readable by others'
expect 0 '' "$REDIAL" get -b jar "$base/go/x"
said 'e["headers"]["cookie"] == "other=2"'
expect 0 '' "$REDIAL" get -b jar -b other=mine "$base/"
said 'e["headers"]["cookie"] == "other=mine"'
# curl reads what we write, and we read what curl writes.
[ "$(curl -s -b jar "$base/go" -o /dev/null -w x)" = x ] || fail 'curl'
curl -s -b jar "$base/" >out && said 'e["headers"]["cookie"] == "other=2"'
curl -s -c curl_jar "$base/set" >/dev/null
expect 0 '' "$REDIAL" get -b curl_jar "$base/"
said '"id=secret-value" in e["headers"]["cookie"] and "other=2" in e["headers"]["cookie"]'
# A refused call, too, leaves a jar.
expect 3 'attempts_exhausted' "$REDIAL" get -c failed --retry 0 http://127.0.0.1:9/
[ -s failed ] || fail 'no jar after a failure'
expect 0 '' "$REDIAL" get -c - -o body "$base/set"
grep -q 'secret-value' out || fail '-c -'
# Values are in the jar, and nowhere else.
expect 0 'Cookie: \*\*\*' "$REDIAL" get -v -b 'a=secret-value' --report report "$base/set"
! grep -q 'secret-value' err report || fail 'a cookie was told'
echo "$base/" >jobs
expect 0 '' "$REDIAL" run -b curl_jar jobs
grep -q 'other=2' out || fail 'run does not read -b FILE'
# Jobs are many users' calls: each begins with what -b says, and what its answers set goes with it.
printf '%s\n' "$base/set" "$base/go/set" "$base/" "{\"url\": \"$base/\", \"headers\": {\"Cookie\": \"mine=3\"}}" >jobs
sent_by() {  # flags…; the Cookie fields of the jobs, by their lines
  expect 0 '4 ok' "$REDIAL" run jobs --concurrency 1 "$@"
  python3 -c "
import json, sys
rows = sorted((json.loads(line) for line in open('out')), key=lambda row: row['line'])
print(*(json.loads(row['response']['body'])['headers'].get('cookie', 'none') for row in rows), sep='|')"
}
[ "$(sent_by)" = 'none|other=2|none|mine=3' ] || fail "jobs share cookies: $(sent_by)"
[ "$(sent_by -b a=1)" = 'a=1|other=2; a=1|a=1|mine=3' ] || fail "a job's own Cookie does not win: $(sent_by -b a=1)"
printf '127.0.0.1\tFALSE\t/\tFALSE\t0\tf\t1\n' >file_jar
[ "$(sent_by -b file_jar)" = 'f=1|f=1; other=2|f=1|mine=3' ] || fail "jobs share a file's cookies: $(sent_by -b file_jar)"
expect 2 'not together with -H Cookie' "$REDIAL" run -b a=1 -H 'Cookie: b=2' jobs
printf 'broken\n' >>jar
expect 0 'jar: line 6 is no cookie' "$REDIAL" get -b jar "$base/"
expect 2 'cannot read none' "$REDIAL" get -b none "$base/"
expect 2 'RequestOptions' "$REDIAL" get -b a=1 -H 'Cookie: b=2' "$base/"
expect 74 'none/jar' "$REDIAL" get -c none/jar "$base/"
exit $((failures > 0))
