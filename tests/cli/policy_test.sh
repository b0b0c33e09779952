#!/usr/bin/env bash
# Policy files on the command line: --policy, and `redial policy check`. $REDIAL is the binary. Port 9 of loopback:
# nobody listens there, so that each attempt fails at once.
source "$(dirname "$0")/_support.sh"
export LC_ALL=C.UTF-8 COLUMNS=80

# exit code, words that the output must hold, command…
expect() {
  local code=$1 words=$2; shift 2
  "$@" >"$work/out" 2>&1
  local got=$?
  if [ "$got" != "$code" ] || ! grep -qF -- "$words" "$work/out"; then
    fail "($got instead of $code, or no '$words'): $*"; cat "$work/out"
  fi
}
# number of attempts, words of the command
attempts() {
  local number=$1 got; shift
  got=$("$REDIAL" get "$@" --backoff 0.001 -s -w '%{attempts}')
  [ "$got" = "$number" ] || fail "$got attempts instead of $number: $*"
}

cat >"$work/p.toml" <<'T'
default = "none"
[policies.none]
total = 0
[policies.one]
total = 1
[policies.two]
inherits = "one"
total = 2
[[routes]]
match = "http://127.0.0.1:9/one"
policy = "one"
[[routes]]
match = "http://127.0.0.1:9/one/two"
policy = "two"
T
cp "$work/p.toml" "$work/with#mark.toml"
attempts 1 --policy "$work/p.toml" http://127.0.0.1:9/
attempts 2 --policy "$work/p.toml" http://127.0.0.1:9/one/x
attempts 3 --policy "$work/p.toml" http://127.0.0.1:9/one/two
attempts 3 --policy "$work/p.toml#two" http://127.0.0.1:9/
attempts 1 --policy "$work/with#mark.toml" http://127.0.0.1:9/
attempts 2 --policy "$work/with#mark.toml#one" http://127.0.0.1:9/
# Flags override the file, its routes too.
attempts 2 --policy "$work/p.toml" --retry 1 http://127.0.0.1:9/one/two
# Of many calls, each has the policy of its own route.
printf '%s\n' http://127.0.0.1:9/ http://127.0.0.1:9/one/x http://127.0.0.1:9/one/two >"$work/jobs"
made() {  # attempts of each job, results
  python3 -c '
import json, sys
made = {row["line"]: row["attempts"] for row in map(json.loads, open(sys.argv[2]))}
sys.exit([made[line] for line in sorted(made)] != json.loads(sys.argv[1]))' "$1" "$2" || fail "not $1: $(cat "$2")"
}
expect 3 '3 jobs: 0 ok, 3 failed' "$REDIAL" run "$work/jobs" -o "$work/first" --policy "$work/p.toml" --backoff 0.001
made '[1, 2, 3]' "$work/first"
expect 3 '3 jobs: 0 ok, 3 failed' "$REDIAL" retry "$work/jobs" "$work/first" --failed --policy "$work/p.toml" --backoff 0.001 -o "$work/again"
made '[1, 2, 3]' "$work/again"
expect 3 '3 jobs' "$REDIAL" run "$work/jobs" -o "$work/named" --policy "$work/p.toml#one" --backoff 0.001
made '[2, 2, 2]' "$work/named"
expect 3 '3 jobs' "$REDIAL" run "$work/jobs" -o "$work/over" --policy "$work/p.toml" --retry 0
made '[1, 1, 1]' "$work/over"
for verb in "run $work/jobs" "retry $work/jobs $work/first --failed"; do
  expect 2 'no policy "tow"' "$REDIAL" $verb --policy "$work/p.toml#tow"
done
expect 2 'no policy "tow"; did you mean "two"?' "$REDIAL" get --policy "$work/p.toml#tow" http://127.0.0.1:9/
expect 2 'none.toml:1:1: error: cannot read it: No such file' "$REDIAL" get --policy "$work/none.toml" http://127.0.0.1:9/
printf '[policies.p]\ntotl = 1\nbackoff_factor = 2\n' >"$work/bad.toml"
expect 2 'bad.toml:2:1: error: p.totl: there is no such field; did you mean total?' "$REDIAL" get --policy "$work/bad.toml" http://127.0.0.1:9/
expect 2 'bad.toml:3:18: error: p.backoff_factor: a duration needs its unit' "$REDIAL" get --policy "$work/bad.toml" http://127.0.0.1:9/

expect 0 'p.toml: 3 policies, 2 routes; 0 errors, 0 warnings, 0 notes' "$REDIAL" policy check "$work/p.toml"
expect 2 'bad.toml: 2 errors, 0 warnings, 0 notes' "$REDIAL" policy check "$work/bad.toml"
expect 2 'none.toml:1:1: error' "$REDIAL" policy check "$work/none.toml"
expect 2 'FILE is required' "$REDIAL" policy check
cat >"$work/warn.toml" <<'T'
[policies.p]
allowed_methods = "any"
timeouts = { attempt = "10s", deadline = "30s" }
T
cat >"$work/expected" <<T
$work/warn.toml:2:1: warning: p.allowed_methods
$work/warn.toml:3:31: warning: p.timeouts.deadline
T
expect 0 '0 errors, 2 warnings, 0 notes' "$REDIAL" policy check "$work/warn.toml"
grep "^$work/warn.toml:[0-9]" "$work/out" | diff "$work/expected" - || fail 'policy check: places'
sed -n '/^Production checklist/,/^$/p' "$work/out" | sed '1d;$d' >"$work/points"
diff - "$work/points" <<'T' || fail 'policy check: the checklist'
  a small retry cap               ok
  backoff and jitter              ok
  server signals obeyed           ok
  time-outs on every call         1 finding
  attempts and failures logged    not in a policy: --log-level, or a redial::Log
                                  on the session
  writes handled                  1 finding
  servers verified                ok
T
# Every line fits a narrow terminal, but for places that are longer themselves.
COLUMNS=44 "$REDIAL" policy check "$work/warn.toml" | grep -v "^$work" | awk 'length($0) > 44 { print; bad = 1 } END { exit bad }' ||
  fail 'policy check: wider than the terminal'
# A wait that fills the deadline is an error, not a warning.
printf '[policies.p]\nbackoff_factor = "40s"\nbackoff_jitter = "none"\ntimeouts.deadline = "30s"\n' >"$work/never.toml"
expect 2 'can never start' "$REDIAL" policy check "$work/never.toml" "$work/p.toml"
grep -qF 'p.toml: 3 policies' "$work/out" || fail 'policy check: the second file was left out'
"$REDIAL" policy check --json "$work/warn.toml" "$work/bad.toml" >"$work/json"
[ $? = 2 ] || fail 'policy check --json: exit code'
python3 - "$work/json" <<'P' || fail 'policy check --json'
import json, sys
warn, bad = [json.loads(line) for line in open(sys.argv[1])]
assert (warn["errors"], warn["warnings"], warn["notes"]) == (0, 2, 0), warn
assert [(f["line"], f["field"], f["point"], f["severity"]) for f in warn["findings"]] == [
    (2, "allowed_methods", "writes", "warning"), (3, "timeouts.deadline", "timeouts", "warning")], warn
assert [f["line"] for f in bad["findings"]] == [2, 3], bad
P
printf '[policies.p]\nrate = "200/s"\nburst = 20\n' >"$work/rate.toml"
expect 0 '' "$REDIAL" policy check "$work/rate.toml"
grep -qF 'p: attempts start at most 200/s to each host, 20 at once' "$work/out" || fail 'policy check: no rate'
expect 0 '' "$REDIAL" explain --policy "$work/rate.toml#p"
grep -qF 'at most 200/s to each host' "$work/out" || fail 'explain: no rate'
expect 0 '' "$REDIAL" explain --rate 5/m
grep -qF 'at most 5/m to each host, 1 at once' "$work/out" || fail 'explain --rate: no rate'
exit $((failures > 0))
