#!/usr/bin/env bash
# `redial report` over results of a real run, of a history, and of a file that nobody should trust.
source "$(dirname "$0")/_support.sh"

holds() { grep -q -- "$2" "$1" || { fail "$1 lacks: $2"; cat "$1"; }; }

cat >script.json <<'S'
{"routes": {"/ok": {"body": "fine"}, "/blip": [{"status": 503}, {"body": "fine"}], "/gone": [{"status": 404}, {"body": "fine"}],
            "POST /lost": {"acts": true, "fault": "reset_after_read"}}}
S
serve --script script.json
base=$url
cat >jobs.jsonl <<J
$base/ok
{"id": "blip", "url": "$base/blip"}
{"id": "gone", "url": "$base/gone"}
{"id": "lost", "method": "POST", "url": "$base/lost", "body": "x"}
J
"$REDIAL" run -s jobs.jsonl -o results.jsonl --backoff 0.01

# --- the summary
expect 0 '' "$REDIAL" report results.jsonl
holds out '4 jobs'
holds out '^  ok  *2 '
holds out '1 × status_404'
holds out "curl -g -i $base/gone"
holds out '^  lost  POST'
expect 0 '' "$REDIAL" report - <results.jsonl
holds out 'standard input: 4 jobs'

# --- the three files at once
expect 0 '' "$REDIAL" report results.jsonl --html page.html --md table.md --junit cases.xml
[ ! -s out ] || fail "with files nothing is printed"
holds page.html 'prefers-color-scheme: dark'
grep -qE '<script|(src|href)=' page.html && fail "the page loads or runs something"
holds page.html '<svg'
holds table.md '| 4 | 2 | 1 | 1 | 0 | 0 |'
python3 - <<'P' || fail "cases.xml"
import xml.etree.ElementTree as tree
suite = tree.parse("cases.xml").getroot()
assert suite.tag == "testsuite" and suite.get("tests") == "4" and suite.get("failures") == "2" and suite.get("errors") == "0", suite.attrib
cases = {c.get("name"): [e.tag for e in c] for c in suite}
assert cases == {"L1": [], "blip": [], "gone": ["failure"], "lost": ["failure"]}, cases
P
expect 0 '' "$REDIAL" report results.jsonl --md -
cmp -s out table.md || fail "--md - is another table than --md FILE"
expect 2 'only one report' "$REDIAL" report results.jsonl --md - --html -

# --- a history: the last line about a job counts
"$REDIAL" retry -s jobs.jsonl results.jsonl --failed -o results.jsonl 2>err
expect 0 '' "$REDIAL" report results.jsonl
holds out '4 jobs in 5 calls'
holds out '^  ok  *3 '

# --- text from outside stays text
python3 - <<'P' >hostile.jsonl
import json
evil = "</code><script>alert(1)</script>\u202e\u001b[2J'\"&|`"
print(json.dumps({"id": evil, "line": 1, "method": "GET", "url": "http://a.test/'$(id)", "outcome": "in_doubt", "attempts": 1,
                  "elapsed_s": 1, "key": None, "reason": {"code": evil, "text": evil}, "t": {"first": None, "last": None,
                  "queued_ms": 0, "backoff_ms": 0, "net_ms": 0}}))
P
expect 0 '' "$REDIAL" report hostile.jsonl --html page.html --md table.md --junit cases.xml
grep -q '<script' page.html table.md cases.xml && fail "a script came through"
python3 - <<'P' || fail "hostile text"
import xml.etree.ElementTree as tree
from html.parser import HTMLParser
name = tree.parse("cases.xml").getroot()[0].get("name")
assert "<script>" in name and "\u202e" not in name and "\x1b" not in name, name
shown = []
class Page(HTMLParser):
    def handle_starttag(self, tag, attrs): shown.append(tag)
Page().feed(open("page.html", encoding="utf-8").read())
assert "script" not in shown
P
expect 0 '' "$REDIAL" report hostile.jsonl
command=$(grep -o 'curl .*' out) && grep -q "'http://a.test/'\\\\''\$(id)'" <<<"$command" || fail "curl: $(cat out)"

# --- what is no result line
echo '{"id": "a"}' >>results.jsonl
cp page.html before.html
expect 2 'results.jsonl, line 6, byte 1 (offset [0-9]*): not a result line of redial run: method is missing' "$REDIAL" report results.jsonl --html page.html
cmp -s page.html before.html || fail "a page that could not be made replaced one that was"
expect 2 'line 1, byte 1' "$REDIAL" report jobs.jsonl
expect 2 'No such file' "$REDIAL" report nowhere.jsonl
: >empty.jsonl
expect 0 '' "$REDIAL" report empty.jsonl --html empty.html
holds empty.html '0 jobs'

# --- what would be replaced: the results, or another report
cp hostile.jsonl kept.jsonl
ln -s hostile.jsonl link.jsonl
mkdir folder
for flags in '--html hostile.jsonl' '--junit ./hostile.jsonl' '--md folder/../hostile.jsonl' '--html link.jsonl' "--md $work/hostile.jsonl"; do
  # shellcheck disable=SC2086  # words are wanted
  expect 2 'is the results file itself' "$REDIAL" report hostile.jsonl $flags
done
expect 2 'link.jsonl is the results file itself' "$REDIAL" report - --html link.jsonl <hostile.jsonl
cmp -s hostile.jsonl kept.jsonl || fail "results were replaced by a report"
for other in both ./both "$work/both" folder/../both; do
  expect 2 "--md: $other is where --html goes" "$REDIAL" report hostile.jsonl --html both --md "$other"
done
expect 2 '--junit: both is where --md goes' "$REDIAL" report hostile.jsonl --html page.html --md both --junit both
[ ! -e both ] || fail "one of two reports was written"
expect 0 '' "$REDIAL" report hostile.jsonl --html /dev/null --md /dev/null

# --- a run that was killed leaves half a line: as for `retry`, it is told and left out
head -n 5 results.jsonl >cut.jsonl
printf '{"id":"half \\"x' >>cut.jsonl
expect 0 'redial: cut.jsonl: its last line is cut and left out: find out what became of that job$' "$REDIAL" report cut.jsonl
holds out '4 jobs in 5 calls'
expect 0 'standard input: its last line is cut' "$REDIAL" report - --md cut.md <cut.jsonl
holds cut.md '| 4 | 3 |'
expect 4 'cut.jsonl: its last line is cut' "$REDIAL" retry -s jobs.jsonl cut.jsonl --failed
printf '{"id":"\\q","x' >odd.jsonl
expect 0 'became of that job$' "$REDIAL" report odd.jsonl
echo >>cut.jsonl
expect 2 'cut.jsonl, line 6' "$REDIAL" report cut.jsonl
head -c -1 kept.jsonl >unended.jsonl
expect 0 '' "$REDIAL" report unended.jsonl
holds out '1 job'
grep -q cut err && fail "a whole last line without its end was left out"

# --- Ctrl-C, however often, while the results do not come: half a page is taken away
mkfifo endless
for signals in INT 'INT INT' 'TERM INT'; do
  "$REDIAL" report endless --html gone.html 2>err &
  pid=$!
  exec 7>endless
  until ls | grep -q 'gone.html.redial'; do [ -d "/proc/$pid" ] || break; done
  for signal in $signals; do kill -s "$signal" "$pid"; done
  wait "$pid"
  code=$?
  exec 7>&-
  [ "$code" -gt 128 ] || fail "$signals: $code $(cat err)"
  ls | grep 'gone.html' && fail "$signals: half a page was left"
done

# --- reports that cannot be written
expect 74 'No such file' "$REDIAL" report hostile.jsonl --html none/page.html
expect 74 'No space left' "$REDIAL" report hostile.jsonl --html /dev/full
(ulimit -f 1; trap '' XFSZ; "$REDIAL" report hostile.jsonl --html page.html 2>err; echo $? >code)
[ "$(cat code)" = 74 ] || fail "full disk: $(cat code) $(cat err)"
cmp -s page.html before.html || fail "half a page replaced one that was"
ls | grep -q 'page.html.redial' && fail "half a page was left"

exit $((failures > 0))
