#!/usr/bin/env bash
# -x, -U, --noproxy and the variables, told apart by which proxy is named when it cannot be reached. Port 9 of loopback:
# nobody listens there; the URL's name is known to nobody, so only a proxy could be what is named.
source "$(dirname "$0")/_support.sh"
get=("$REDIAL" get --retry 0 --report "$work/report")

expect() {  # exit code, words that stderr must hold, command…
  local code=$1 words=$2; shift 2
  "$@" >"$work/out" 2>"$work/err"
  local got=$?
  if [ "$got" != "$code" ] || ! grep -qF -- "$words" "$work/err"; then
    echo "FAIL ($got instead of $code, or no '$words'): $*"
    cat "$work/err"
    failures=$((failures + 1))
  fi
}

origin=http://127.0.0.1:9/
expect 3 'connecting to http://127.0.0.2:9' "${get[@]}" -x 127.0.0.2:9 "$origin"
expect 3 'connecting to http://127.0.0.2:9' "${get[@]}" -x http://127.0.0.2:9/ https://127.0.0.1:9/
expect 3 'connecting to http://127.0.0.2:1080' "${get[@]}" --proxy http://me:secret@127.0.0.2 "$origin"
grep -q secret "$work/err" "$work/report" && { echo "FAIL: a secret is shown"; failures=$((failures + 1)); }
grep -q '"error":"proxy_unreachable"' "$work/report" || { echo "FAIL: report"; cat "$work/report"; failures=$((failures + 1)); }
expect 3 'connecting to http://127.0.0.1:9' "${get[@]}" -x 127.0.0.2:9 --noproxy 'x.test, 127.0.0.0/8' "$origin"
expect 3 'connecting to http://127.0.0.1:9' env http_proxy=127.0.0.2:9 "${get[@]}" -x '' "$origin"
expect 3 'connecting to http://127.0.0.2:9' env http_proxy=127.0.0.2:9 "${get[@]}" "$origin"
expect 3 'connecting to http://127.0.0.2:9' env ALL_PROXY=127.0.0.2:9 "${get[@]}" "$origin"
expect 3 'connecting to http://127.0.0.1:9' env ALL_PROXY=127.0.0.2:9 NO_PROXY='*' "${get[@]}" "$origin"
expect 3 'connecting to http://127.0.0.1:9' env NO_PROXY=127.0.0.1 "${get[@]}" -x 127.0.0.2:9 "$origin"
expect 3 'connecting to http://127.0.0.2:9' env NO_PROXY=127.0.0.1 "${get[@]}" -x 127.0.0.2:9 --noproxy '' "$origin"
expect 3 'connecting to http://127.0.0.2:9' env http_proxy=127.0.0.2:9 "${get[@]}" -U me:secret "$origin"
expect 2 '-x: SOCKS proxies are not supported' "${get[@]}" -x socks5://127.0.0.2:9 "$origin"
expect 2 '-U: expected user:password' "${get[@]}" -x 127.0.0.2:9 -U me "$origin"
expect 2 "the environment's proxy for http" env http_proxy=ftp://x "${get[@]}" "$origin"
exit $((failures > 0))
