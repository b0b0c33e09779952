#!/usr/bin/env bash
# -n, --netrc-file, --netrc-optional.
source "$(dirname "$0")/_with_echo.sh"
export HOME=$work
unset NETRC
basic=$(printf 'ada:hidden-word' | base64)

expect 2 'no ~/.netrc' "$REDIAL" get -n "$base/"
expect 0 '' "$REDIAL" get --netrc-optional "$base/"
printf 'machine 127.0.0.1\nlogin ada\npassword hidden-word\n' >.netrc
expect 0 '' "$REDIAL" get "$base/"
said '"authorization" not in e["headers"]'  # as curl: nobody asked
for flag in -n --netrc --netrc-optional; do
  expect 0 '' "$REDIAL" get $flag "$base/go/x"
  said "e['headers']['authorization'] == 'Basic $basic'"
done
expect 0 'Authorization: \*\*\*' "$REDIAL" get -n -v --report report "$base/"
! grep -q "hidden-word\|$basic" err report || fail 'a password was told'
expect 0 '' "$REDIAL" get -n -u me:mine "$base/"
said "'$basic' not in e['headers']['authorization']"
expect 0 '' "$REDIAL" get -n "${base/\/\//\/\/ada@}/"  # as curl: the URL's user has that user's password
said "e['headers']['authorization'] == 'Basic $basic'"
expect 0 '' "$REDIAL" get -n "${base/\/\//\/\/eve@}/"
said "e['headers']['authorization'] == 'Basic $(printf eve: | base64)'"
mv .netrc other
expect 0 '' "$REDIAL" get --netrc-file other "$base/"
said "e['headers']['authorization'] == 'Basic $basic'"
NETRC=$work/other expect 0 '' "$REDIAL" get -n "$base/"
said "e['headers']['authorization'] == 'Basic $basic'"
expect 2 'cannot read none' "$REDIAL" get --netrc-file none "$base/"
printf 'machine a login b\npasswort hidden-word\n' >wrong
expect 2 'wrong, line 2' "$REDIAL" get --netrc-file wrong "$base/"
! grep -q hidden-word err || fail 'a password was told'
exit $((failures > 0))
