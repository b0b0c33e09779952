#!/usr/bin/env bash
# `redial explain` says what the rules say: every expectation here is worked out from docs/reference/policy.md by hand.
# $REDIAL is the binary. Nothing is sent.
source "$(dirname "$0")/_support.sh"
export LC_ALL=C COLUMNS=80
unset TERM

# words that the output must hold (one line each), flags…
says() {
  local words=$1; shift
  LC_ALL=C.UTF-8 COLUMNS=120 "$REDIAL" explain "$@" >"$work/out" 2>&1 || fail "exit $?: $*"
  tr '\n' ' ' <"$work/out" | tr -s ' ' >"$work/flat"
  while IFS= read -r line; do
    grep -qF -- "$line" "$work/flat" || { fail "no '$line': $*"; cat "$work/out"; }
  done <<<"$words"
}
never() {  # words that the output must not hold, flags…
  local words=$1; shift
  LC_ALL=C.UTF-8 COLUMNS=120 "$REDIAL" explain "$@" >"$work/out" 2>&1 || fail "exit $?: $*"
  tr '\n' ' ' <"$work/out" | tr -s ' ' | grep -qF -- "$words" && { fail "'$words': $*"; cat "$work/out"; }
}
refuses() {  # words, flags…
  local words=$1; shift
  "$REDIAL" explain "$@" >"$work/out" 2>"$work/err"
  [ $? = 2 ] && grep -qF -- "$words" "$work/err" || { fail "not refused with '$words': $*"; cat "$work/err"; }
}
golden() {  # flags…, expected on standard input
  "$REDIAL" explain "$@" >"$work/out" 2>&1
  diff - "$work/out" || fail "explain $*"
}

# --- after one outcome

# A POST goes again only when it was not processed; 503 does not say so. The hint lies ahead: later, 75.
# With a key: at least 7 s, and a spread of a tenth of it.
golden --method POST --status 503 --header 'Retry-After: 7' <<'T'
POST under redial's defaults, attempt 1: answered 503 with Retry-After: 7

  redial stops: not_idempotent.
  The call ends later; exit code 75; sending it again would be unsafe.

Why
  - 503 does not say that the request was not processed, and POST is not
    idempotent, and nothing says that repeating it is harmless: sent again, it
    could act twice. [RFC 9110 sec. 9.2.2]

What would change it
  - with an idempotency key (--idempotency-key auto): sends it again after 7 s
    to 7.7 s, typically 7.35 s
  - declared harmless to repeat (--idempotent): sends it again after 7 s to 7.7
    s, typically 7.35 s

Next
  come back 7 s later, after finding out whether it happened
T
says 'sends it again after 0 s to 0.5 s, typically 0.25 s.
GET is idempotent: two have the effect of one. [RFC 9110 §9.2.2]
a POST without an idempotency key: stops: in_doubt' --error reset --sent
says 'redial stops: in_doubt.
ends in_doubt; exit code 4; sending it again would be unsafe
[RFC 9110 §9.2.2]
had it failed before anything was sent (--not-sent): sends it again' --method POST --error reset --sent
says 'sends it again after 0 s to 0.5 s
No byte of the request left this machine' --method POST --error reset --not-sent
says 'sends it again after 0 s to 0.5 s
No byte of the request left this machine' --method POST --error refused
says '429 says that the request was not processed: any method is sent again. [RFC 6585 §4]' --method POST --status 429
# The third retry waits up to 0.5 s · 2^2.
says 'sends it again after 0 s to 2 s, typically 1 s
backoff_factor, 0.5 s, doubles with each retry, to at most 20 s; the wait is a random part of that (full jitter).' --status 503 --attempt 3
says 'redial stops: attempts_exhausted.
ends failed; exit code 3; sending it again would be safe
total = 3 makes at most 4 attempts
at the first attempt: sends it again' --status 503 --attempt 4
says 'There is no attempt 5: after the same outcome the call stopped at attempt 4 (attempts_exhausted).' --status 503 --attempt 5
says 'redial stops: permanent_status.
404 says that the request is at fault
with this status in status_forcelist (--retry-on): sends it again' --status 404
says 'redial ends well.
ends ok; exit code 0' --status 204
# 59.9 s of 60 s are gone: only a wait below 0.1 s ends in time.
says 'redial stops: deadline.
With the shortest waits it is sent again.
without a deadline: sends it again' --status 503 --elapsed 59.9
says 'redial stops: deadline.' --status 503 --elapsed 61
says 'redial stops: retry_after_too_long.
ends later; exit code 75
The server asks for 2 s, and the deadline, 1 s, comes before it ends.
[RFC 9110 §10.2.3]
without Retry-After: sends it again' --status 503 --header 'Retry-After: 2' -m 1
says 'retry_after_max is 6 h' --status 503 --header 'Retry-After: 25000' -m 100000
says 'sends it again after 0 s to 0.5 s' --status 503 --header 'Retry-After: soon'
says 'redial stops: permanent_error.
The server could not prove who it is.' --error certificate
says 'dns_not_found is worth one more try, not two.' --error dns --attempt 2
says 'follows the redirect at once.
[RFC 9110 §15.4]' --status 302 --header 'Location: /there'
says 'redial stops: redirect_refused.' --status 302 --header 'Location: http://api.example.com/'
says 'ends ok' --status 302 --header 'Location: /there' --no-redirect
says 'sends it again at once.
[RFC 9110 §15.5.20]' --method POST --status 421
says 'redial stops: method_not_allowed.' --method DELETE --error reset --retry-methods GET
says 'redial stops: body_lost.
exit code 4' --method POST --error body
says 'it carries an idempotency key, by which the server acts once' --method POST --error reset --idempotency-key auto
says 'POST is listed in allowed_methods' --method POST --error reset --retry-methods GET,POST
says 'the caller declared that repeating it is harmless (--idempotent)' --method POST --status 500 --idempotent
# The attempt takes its limit of 10 s, so that the deadline of 10.1 s leaves no time for a typical wait.
says 'redial stops: deadline.' --error timeout -m 10.1
says 'sends it again after 0 s to 0.5 s' --error timeout

# Who asked for the wait is named.
says '30 s (X-RateLimit-Reset). It is never asked earlier
[server_signals]' --status 429 --header 'X-RateLimit-Remaining: 0' --header 'X-RateLimit-Reset: 30'
says '1.5 s (retry-after-ms). It is never asked earlier
[server_signals]' --status 429 --header 'Retry-After: 1' --header 'retry-after-ms: 1500'
says '30 s (RateLimit). It is never asked earlier
[draft-ietf-httpapi-ratelimit-headers]' --status 429 --header 'RateLimit: "a";r=0;t=30'
says '7 s (Retry-After). It is never asked earlier
[RFC 9110 §10.2.3]' --status 429 --header 'Retry-After: 7'
says 'redial stops: retry_after_too_long.
[server_signals]
without X-RateLimit-Reset: sends it again' --status 429 --header 'X-RateLimit-Remaining: 0' --header 'X-RateLimit-Reset: 30' -m 9
says '"-1" is not a valid Retry-After: ignored. [RFC 9110 §10.2.3]' --status 429 --header 'Retry-After: -1'
says '"-1" is not a valid Retry-After: ignored.' --method POST --status 503 --header 'Retry-After: -1'
# What turned the request away has not acted: what is said of a second send agrees.
says 'redial stops: body_lost.
sending it again would be safe
404 turned the request away; POST is not idempotent' --method POST --status 404 --error body
never 'acted on' --method POST --status 404 --error body
says 'It has acted on the request' --method POST --status 200 --error body
says 'It may have acted on the request' --method POST --status 501 --error body
says 'redial stops: not_idempotent.
sending it again would be safe
404 turned the request away, but is none of the statuses after which any method is sent again; POST is not idempotent' --method POST --status 404 --retry-on 404
never 'act twice' --method POST --status 404 --retry-on 404
# Worth one more try.
says '421 is worth one more try, over a new connection, not two. [RFC 9110 §15.5.20]' --status 421 --attempt 2
says '425 is worth one more try, not two. [RFC 8470 §5.2]' --status 425 --attempt 2
# A status that the policy leaves out is not at fault.
says '503 is not in status_forcelist. [status_forcelist]
it is safe to send it again' --status 503 --retry-on 404
never 'answered the same' --status 503 --retry-on 404
never 'correct the request' --status 503 --retry-on 404
says '429 is not in status_forcelist. [status_forcelist]' --status 429 --retry-on 404
says '501 is not in status_forcelist: another try would be answered the same.' --status 501
# How a redirect goes on.
says '302 leads elsewhere, as GET, without the body; a redirect spends no retry' --status 302 --method POST --header 'Location: /x'
says '307 leads elsewhere, with the same method and body; a redirect' --status 307 --method POST --header 'Location: /x'
says '302 leads elsewhere; a redirect' --status 302 --header 'Location: /x'
# No wait has a reason too.
policies=$(dirname "$0")/../../examples/policies
says 'sends it again at once.
The first retry does not wait. [first_wait_free]' --status 503 --policy "$policies/urllib3.toml"
says 'backoff_factor, 2 s, doubles' --status 503 --attempt 2 --policy "$policies/urllib3.toml"
says 'Retries do not wait: backoff_factor is 0 s. [backoff_factor]' --status 503 --backoff 0
says 'redial stops: server_forbids.
do not send it again as it is: the server asked not to' --status 503 --header 'X-Should-Retry: false'
never 'it is safe to send it again' --status 503 --header 'X-Should-Retry: false'
says 'total = 0 makes at most 1 attempt,' --retry 0 --status 500

# --- the schedule

golden <<'T'
GET under redial's defaults

  At most 4 attempts (3 retries) within 60 s (the default deadline); each at
  most 5 s to connect, then at most 10 s.

When every attempt fails, and how
  nothing was sent                  4 attempts, failed (attempts_exhausted)
  sent, no complete answer          4 attempts, failed (attempts_exhausted)
  the answer's body is lost         4 attempts, failed (attempts_exhausted)
  answered 408 429 500 502 503 504  4 attempts, failed (attempts_exhausted)
  answered 421 425                  2 attempts, failed (permanent_status)

Waits before  shortest  typical  longest
  attempt 2   0 s       0.25 s   0.5 s
  attempt 3   0 s       0.5 s    1 s
  attempt 4   0 s       1 s      2 s
  together    0 s       1.75 s   3.5 s

Worst case
  Every attempt uses up its limits, and no answer comes, and every wait is the
  longest: 60 s, cut by the deadline.
  1  ##############                                          |  0 s - 15 s
  2                ##############                            |  15.5 s - 30.5 s
  3                              .##############             |  31.5 s - 46.5 s
  4                                             ..###########|  48.5 s - 60 s
     # attempt   . wait   | deadline, 60 s
T
# What may be done depends on the method.
COLUMNS=120 "$REDIAL" explain --method POST | sed -n '/^When/,/^$/p' >"$work/out"
diff - "$work/out" <<'T' || fail 'explain --method POST'
When every attempt fails, and how
  nothing was sent           4 attempts, failed (attempts_exhausted)
  sent, no complete answer   1 attempt, in_doubt (in_doubt)
  the answer's body is lost  1 attempt, in_doubt (body_lost)
  answered 408 429           4 attempts, failed (attempts_exhausted)
  answered 421 425           2 attempts, failed (permanent_status)
  answered 500 503           1 attempt, failed (not_idempotent)
  answered 502 504           1 attempt, in_doubt (not_idempotent)

T
# 4 × 10 s and waits in a deadline of 30 s.
says 'At most 4 attempts (3 retries) within 30 s;
cut by the deadline; only 2 of 4 attempts start' -m 30 --jitter none --connect-timeout 5
# The longest waits, 10 and 20 s before attempts 2 and 3 of 15 s each, end a call of 100 s with its fourth attempt.
says 'and every wait is the longest: 100 s, cut by the deadline; only 4 of 10 attempts start' --method PUT --retry 9 --backoff 10 -m 100
says 'One attempt, no retry within 60 s' --retry 0
says 'At most 2147483647 attempts (2147483647 retries)' --retry 2147483647
"$REDIAL" explain --json --backoff 1 --jitter none -m 100 >"$work/json"
"$REDIAL" explain --json --method POST --status 503 --header 'Retry-After: 7' >"$work/json2"
"$REDIAL" explain --json --error reset >"$work/json3"
"$REDIAL" explain --json --status 503 --rate 10/s >"$work/json4"
python3 - "$work" <<'P' || fail 'explain --json'
import json, sys
schedule, stop, again, paced = [json.load(open(f"{sys.argv[1]}/json{n}")) for n in ("", "2", "3", "4")]
assert schedule["attempts"] == 4 and schedule["deadline_s"] == 100, schedule
assert [(w["before_attempt"], w["min"], w["typical"], w["max"]) for w in schedule["waits_s"]] == [
    (2, 1, 1, 1), (3, 2, 2, 2), (4, 4, 4, 4)], schedule
worst = schedule["worst_case"]
assert [(a["starts_s"], a["ends_s"]) for a in worst["attempts"]] == [(0, 15), (16, 31), (33, 48), (52, 67)], worst
assert worst["ends_s"] == 67 and worst["stop_reason"] == "attempts_exhausted", worst
assert (stop["decision"], stop["stop_reason"], stop["outcome"], stop["resend"], stop["exit_code"]) == (
    "stop", "not_idempotent", "later", "unsafe", 75), stop
assert stop["wait_s"] is None and stop["why"][0]["rule"] == "RFC 9110 §9.2.2", stop
assert again["decision"] == "retry" and again["stop_reason"] is None and again["evidence"] == "maybe", again
assert again["limits"] is None and "10/s" in paced["limits"] and paced["wait_s"] == again["wait_s"], paced
assert again["wait_s"] == {"min": 0, "typical": 0.25, "max": 0.5}, again
P

# --- policies

cat >"$work/p.toml" <<'T'
default = "one"
[policies.one]
total = 1
[policies.slow]
total = 2
backoff_factor = "10s"
timeouts.deadline = "2m"
[[routes]]
match = "https://slow.test/"
policy = "slow"
[policies.paced]
rate = "10/s"
T
says 'GET under policy one of
At most 2 attempts (1 retry)' --policy "$work/p.toml"
says 'policy slow of
At most 3 attempts (2 retries) within 120 s' https://slow.test/x --policy "$work/p.toml"
says 'policy slow of
At most 3 attempts' --policy "$work/p.toml#slow"
says 'At most 8 attempts' --policy "$work/p.toml#slow" --retry 7
says 'sends it again after 0 s to 10 s, typically 5 s' --policy "$work/p.toml#slow" --status 503

# A limit on starts is told with an outcome as it is with the schedule.
for with in '' '--status 503' '--status 204' '--error reset --method POST'; do
  # shellcheck disable=SC2086  # words are wanted
  says 'Attempts start at most 10/s' $with --rate 10/s
  # shellcheck disable=SC2086
  says 'Attempts start at most 10/s' $with --policy "$work/p.toml#paced"
done
"$REDIAL" explain --status 503 | grep -q 'Attempts start' && fail 'a limit that is not there'

# --- what makes no sense

refuses 'no such failure: rest' --error rest
refuses 'connect_refused happens before anything is sent' --error refused --sent
refuses 'attempt_timeout happens after the request was sent' --error timeout --not-sent
refuses 'an answer proves that the request was sent' --status 503 --not-sent
refuses 'reset means that no answer came' --status 503 --error reset
refuses 'between 200 and 599, not 600' --status 600
refuses "expected 'Name: value'" --status 503 --header nonsense
refuses 'speak of an outcome' --header 'Retry-After: 7'
refuses 'speak of an outcome' --sent
refuses '--attempt: must be between 1 and 99' --status 503 --attempt 0
refuses 'not a token' --method 'GE T'
refuses 'scheme must be http or https' ftp://a/
refuses 'no policy "slwo"; did you mean "slow"?' --policy "$work/p.toml#slwo"
refuses "--policy: $work/p.toml#: FILE#NAME without a name" --policy "$work/p.toml#"
refuses '--policy: nofile' --policy nofile
refuses '--policy: nofile' --policy nofile#one --status 503
refuses 'backoff_max' --backoff 5 --backoff-max 1

# --- terminals: narrow ones are not overrun, UTF-8 has bars, dumb ones have none

for width in 40 60 100; do
  for flags in '' '--method POST' '--method POST --error reset' '--status 503 --retry 20' '-m 9999999'; do
    # shellcheck disable=SC2086  # words are wanted
    COLUMNS=$width LC_ALL=C.UTF-8 "$REDIAL" explain $flags |
      python3 -c "
import sys
wide = [line for line in sys.stdin.read().splitlines() if len(line) > $width]
sys.exit('\n'.join(['wider than $width:'] + wide) if wide else 0)" || fail "width $width: $flags"
  done
done
LC_ALL=C.UTF-8 TERM=xterm "$REDIAL" explain | grep -q '█' || fail 'no bars in UTF-8'
LC_ALL=C.UTF-8 TERM=dumb "$REDIAL" explain | grep -q '█' && fail 'bars on a dumb terminal'
# What never ends is said so, and does not hang.
printf '[policies.p]\ntotal = "unlimited"\ntimeouts = { connect = "unlimited", attempt = "unlimited", deadline = "unlimited" }\n' >"$work/ever.toml"
says 'again and again
The call never ends' --policy "$work/ever.toml#p"
refuses 'has no limit' --policy "$work/ever.toml#p" --error timeout
says 'sends it again' --policy "$work/ever.toml#p" --error reset
exit $((failures > 0))
