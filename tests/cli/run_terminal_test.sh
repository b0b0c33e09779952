#!/usr/bin/env bash
# What `redial run` shows on a terminal while it works: two lines, at most ten times a second, gone at the end.
source "$(dirname "$0")/_support.sh"

cat >script.json <<'S'
{"routes": {"/ok": {"body": "fine"}, "/blip": [{"status": 503}, {"body": "fine"}],
            "POST /lost": {"acts": true, "fault": "reset_after_read"},
            "/tomorrow": {"status": 503, "headers": {"Retry-After": "86400"}}}}
S
serve --script script.json
other=$url  # a host that asks everybody for a day
serve --script script.json
cat >jobs.jsonl <<J
$url/ok
$url/ok
{"id": "lost", "method": "POST", "url": "$url/lost"}
{"id": "blip", "url": "$url/blip"}
{"id": "tomorrow", "url": "$other/tomorrow"}
J

python3 - <<'P'
import fcntl, json, os, pty, re, struct, subprocess, sys, termios, time

failures = 0
def fail(*words):
    global failures
    failures += 1
    print("FAIL:", *words)

def run(*flags, stdout=subprocess.DEVNULL, **environment):
    """Exit code, what a terminal of 100 columns was shown, seconds."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    begin = time.monotonic()
    process = subprocess.Popen([os.environ["REDIAL"], "run", "jobs.jsonl", "--jitter", "none", *flags], stderr=side,
                               stdout=side if stdout is None else stdout, stdin=subprocess.DEVNULL,
                               env={**os.environ, "TERM": "xterm", **environment})
    os.close(side)
    shown = b""
    try:
        while piece := os.read(main, 65536):
            shown += piece
    except OSError:  # nobody writes any more
        pass
    return process.wait(), shown.decode(), time.monotonic() - begin

# The blip waits for 0.7 s: all that while four of five are over, each under the name that the summary has for it.
code, shown, took = run("--backoff", "0.7", "-o", "out.jsonl")
rows = [json.loads(line) for line in open("out.jsonl")]
if code != 4 or len(rows) != 5:
    fail("code", code, "rows", len(rows))
frames = re.findall(r"(\d[^\r\n]*)\r\n(waiting on: [^\r\n]*)\r", shown)
if not 1 <= len(frames) <= 10 * took + 1:
    fail(len(frames), "frames in", took, "s", repr(shown))
# Before it the blip is sent once and after it once more: on a busy machine frames show that, too.
waiting = re.compile(r"4/5  80%  ok 2  waiting 1  failed 0  in doubt 1  later 1  \d+/s(  ETA \d\d:\d\d)?")
during = [second for first, second in frames if waiting.fullmatch(first)]
if not during or not all(re.fullmatch(r"waiting on: servers 0, backoff 1; next 127\.0\.0\.1 in 0\.[0-7] s", second)
                         for second in during):
    fail("no frame of the wait, or another second line:", frames)
gone = "\r\x1b[K\x1b[A\r\x1b[K"
if shown.count(gone) != len(frames):
    fail("lines that stay", repr(shown))
left = shown.rsplit(gone, 1)[-1]
if not left.startswith("redial: 5 jobs: 3 ok, 1 in doubt, 1 later; ") or "\x1b" in left:
    fail("what stays", repr(left))
if "in doubt: find out which of these happened" not in left or left.count("\n") > 12:
    fail("summary", repr(left))

# Nothing moves on a dumb terminal, or when results come in between; and with -s nothing is said at all.
for name, flags, stdout, environment in (("dumb", ["-o", "o"], subprocess.DEVNULL, {"TERM": "dumb"}),
                                         ("results on the terminal", [], None, {})):
    code, shown, _ = run(*flags, stdout=stdout, **environment)
    if code != 4 or "\x1b" in shown or "redial: 5 jobs" not in shown:
        fail(name, code, repr(shown))
code, shown, _ = run("-s", "-o", "o")
if code != 4 or shown:
    fail("-s", code, repr(shown))
sys.exit(failures > 0)
P
