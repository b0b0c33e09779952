#!/usr/bin/env bash
# --digest and --unix-socket, against a server that is not ours, as curl does it.
source "$(dirname "$0")/_with_echo.sh"
is() { [ "$1" = "$2" ] || fail "$3: '$1' instead of '$2'"; }

exec 4< <(exec python3 "$here/_login_server.py")
servers+=($!)
exec 5< <(exec python3 "$here/_login_server.py" "$work/s")
servers+=($!)
read -r port <&4
read -r _ <&5
login=http://127.0.0.1:$port

is "$("$REDIAL" get -u ada:s3cret --digest "$login/a?b=c")" "127.0.0.1:$port" 'a Digest login'
is "$("$REDIAL" get -u ada:s3cret --digest --retry 0 -o /dev/null -w '%{attempts} %{num_retries}' "$login/")" '2 0' 'what it takes'
expect 3 'permanent_status' "$REDIAL" get -u ada:wrong --digest "$login/"
grep -q 'again with credentials' err || fail "the report: $(cat err)"
expect 3 'permanent_status' "$REDIAL" get -u ada:s3cret "$login/"         # Basic is another thing
expect 2 'needs -u' "$REDIAL" get --digest "$login/"
"$REDIAL" get -v -u ada:s3cret --digest --report report "$login/" >out 2>err || fail '-v'
grep -q 'Authorization: \*\*\*' err || fail "-v: $(cat err)"
! grep -q 'response=\|s3cret\|ada' err report || fail "a secret is shown: $(cat err report)"

is "$("$REDIAL" get --unix-socket "$work/s" -u ada:s3cret --digest http://docker.invalid/)" docker.invalid 'a Unix socket'
expect 3 "$work/none" "$REDIAL" get --unix-socket "$work/none" --retry 0 http://docker.invalid/
expect 2 'not together' "$REDIAL" get --unix-socket "$work/s" -x http://127.0.0.1:9 http://docker.invalid/
if command -v curl >/dev/null; then
  is "$(curl -s -u ada:s3cret --digest --unix-socket "$work/s" http://docker.invalid/x)" docker.invalid "curl's own"
fi
exit $((failures > 0))
