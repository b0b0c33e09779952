#!/usr/bin/env bash
# `redial run --per-host`, `--ordered`, `--fail-fast`, `--max-body`, `--attempts-out`, `--lines`, as a user meets them.
source "$(dirname "$0")/_support.sh"

cat >script.json <<'S'
{"routes": {
  "/ok": {"body": "0123456789"},
  "/blip": [{"status": 503}, {"body": "fine"}],
  "/moved": {"status": 302, "headers": {"Location": "/ok?token=s3cret"}},
  "/gone": {"status": 404},
  "POST /lost": {"acts": true, "fault": "reset_after_read"}
}}
S
serve --script script.json --ledger ledger
export url

python3 - <<'P'
import http.server, json, os, signal, subprocess, sys, threading

failures = 0
def check(true, *words):
    global failures
    if not true:
        failures += 1
        print("FAIL:", *words)

url = os.environ["url"]
def write(name, jobs):
    with open(name, "w") as file:
        file.writelines(json.dumps(job) + "\n" for job in jobs)
def rows(name):
    return [json.loads(line) for line in open(name)]
def run(*flags, jobs="jobs.jsonl", verb="run", **more):
    done = subprocess.run([os.environ["REDIAL"], verb, jobs, "--backoff", "0.01", *flags], stderr=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, text=True, timeout=100, **more)
    return done.returncode, done.stderr

# --- one host of two answers nothing before the other has served all: it gets two places, no more
class Host:
    def __init__(self, wait_for=None, status=204, fields={}):
        host = self
        self.lock, self.now, self.most, self.paths, self.served = threading.Lock(), 0, 0, [], threading.Semaphore(0)
        self.asked = threading.Semaphore(0)
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_GET(self):
                with host.lock:
                    host.now += 1
                    host.most = max(host.most, host.now)
                    host.paths.append(self.path)
                host.asked.release()
                if wait_for:
                    wait_for()
                with host.lock:
                    host.now -= 1
                self.send_response(status)
                for field in fields.items():
                    self.send_header(*field)
                if status != 204:
                    self.send_header("Content-Length", "0")
                self.end_headers()
                host.served.release()
            def log_message(self, *args):
                pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:%d" % server.server_address[1]

fast = Host()
go = threading.Event()
def all_of_fast():
    for _ in range(30):
        fast.served.acquire()
    go.set()
threading.Thread(target=all_of_fast, daemon=True).start()
slow = Host(go.wait)
write("hosts.jsonl", [{"id": f"s{i}", "url": f"{slow.url}/{i}"} for i in range(12)] +
                     [{"id": f"f{i}", "url": f"{fast.url}/{i}"} for i in range(30)])
code, told = run("--concurrency", "4", "--per-host", "2", "--attempt-timeout", "60", "-o", "hosts.out", jobs="hosts.jsonl")
check(code == 0 and go.is_set(), "per-host: a slow host took the places of another:", code, told)
check(slow.most == 2 and fast.most <= 2, "per-host: at once", slow.most, fast.most)
check(sorted(slow.paths) == sorted(f"/{i}" for i in range(12)), slow.paths)
check(len(rows("hosts.out")) == 42, "every job has a line")

# --- a sick host's jobs wait, and take no place from others; it is not sent one after the other
sick, well = Host(status=503, fields={"Retry-After": "30"}), Host()
write("sick.jsonl", [{"url": f"{sick.url}/{i}"} for i in range(20)] + [{"url": f"{well.url}/{i}"} for i in range(20)])
process = subprocess.Popen([os.environ["REDIAL"], "run", "sick.jsonl", "--concurrency", "3", "-o", "sick.out"],
                           stderr=subprocess.PIPE, text=True)
for _ in range(20):
    well.served.acquire()
while len(rows("sick.out")) < 20 and process.poll() is None:
    pass  # the client has still to read the last ones, and to write them down
process.send_signal(signal.SIGINT)
first = process.stderr.readline()
check("finishing 3 calls in flight" in first, first)
process.send_signal(signal.SIGINT)
told = process.communicate()[1]
check(process.returncode == 130, process.returncode, told)
check(len(sick.paths) <= 3, "a host that asked for a pause was sent on", sick.paths)
check(sum(row["outcome"] == "ok" for row in rows("sick.out")) == 20, "the others went on", told)
check(all(row["line"] <= 20 for row in rows("sick.out") if row["outcome"] != "ok"), rows("sick.out"))

# --- when all waits end at once, no more requests are on the wire than may be; with pools of their own, too
many, ended = Host(status=503, fields={"Retry-After": "1"}), threading.Event()
port = many.url.rsplit(":", 1)[1]
names = [f"h{i}.test" for i in range(12)]
resolve = [word for name in names for word in ("--resolve", f"{name}:{port}:127.0.0.1")]
write("names.jsonl", [{"url": f"http://{name}:{port}/"} for name in names])
open("pool.toml", "w").write("[policies.p]\npool.idle_per_origin = 8\n")
for more in ([], ["--policy", "pool.toml#p"]):
    many.most = 0
    code, told = run("--concurrency", "2", "--retry", "1", *resolve, *more, "-o", "names.out", jobs="names.jsonl")
    check(code in (3, 75) and many.most <= 2, "at once:", many.most, code, told)
    check(len(rows("names.out")) == 12, told)

# --- what waits for its first turn keeps its place: a queue of such jobs would outlast their deadlines
well = Host()
port = well.url.rsplit(":", 1)[1]
resolve = [word for name in names for word in ("--resolve", f"{name}:{port}:127.0.0.1")]
write("names.jsonl", [{"url": f"http://{name}:{port}/"} for name in names])
open("all.toml", "w").write('[policies.p]\nrate = "10/s"\nburst = 1\nrate_per = "all"\ntimeouts.deadline = "500ms"\n')
code, told = run("--policy", "all.toml#p", "--concurrency", "2", *resolve, "-o", "all.out", jobs="names.jsonl")
check(code == 0 and "12 ok" in told, "a rate over all hosts", code, told)

# --- the summary says what the limit cost, if anything
write("spaced.jsonl", [{"url": f"{well.url}/{i}"} for i in range(3)])
code, told = run("--rate", "10/s", "--burst", "1", "-o", "spaced.out", jobs="spaced.jsonl")
held = sum(row["t"]["limit_ms"] for row in rows("spaced.out")) / 1000
check(code == 0 and f"; held back for {held:.1f} s in all, by --rate" in told, held, told)
code, told = run("-o", "spaced.out", jobs="spaced.jsonl")
check(code == 0 and "held back" not in told, told)

# --- the first Ctrl-C gives up what only waited for its turn: nothing of it is sent
paced = Host()
write("paced.jsonl", [{"url": f"{paced.url}/{i}"} for i in range(10)])
process = subprocess.Popen([os.environ["REDIAL"], "run", "paced.jsonl", "--rate", "1/h", "-m", "100000", "-o", "paced.out"],
                           stderr=subprocess.PIPE, text=True)
paced.served.acquire()
while not rows("paced.out"):
    if process.poll() is not None: break
process.send_signal(signal.SIGINT)
told = process.communicate()[1]
check(process.returncode == 75 and "finishing 0 calls in flight" in told and "9 not sent" in told, process.returncode, told)
check(len(paced.paths) == 1 and len(rows("paced.out")) == 1, paced.paths)

# --- a stream that was saved names what is left of it, too
paced = Host()
process = subprocess.Popen([os.environ["REDIAL"], "run", "-", "--stream", "--save-jobs", "saved.jsonl", "--rate", "1/h",
                            "-m", "100000", "-o", "stream.out"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
process.stdin.write("".join(f"{paced.url}/{i}\n" for i in range(6)))
process.stdin.flush()
paced.served.acquire()
while not rows("stream.out"):
    if process.poll() is not None: break
process.send_signal(signal.SIGINT)
process.stdin.close()
told = process.stderr.read()
check(process.wait() == 75 and "next: redial run saved.jsonl --from-line 2 -o" in told, process.returncode, told)

# --- stopped in between, the lines that are left are named, and no job is sent twice
go.clear()
held = Host(go.wait)
free = Host()
write("stop.jsonl", [{"url": f"{held.url}/{i}"} for i in range(4)] + [{"url": f"{free.url}/{i}"} for i in range(5)] +
                    [{"url": f"{held.url}/late"}])
process = subprocess.Popen([os.environ["REDIAL"], "run", "stop.jsonl", "--per-host", "1", "--attempt-timeout", "60",
                            "-o", "stop.out"], stderr=subprocess.PIPE, text=True)
for _ in range(5):
    free.served.acquire()
held.asked.acquire()
process.send_signal(signal.SIGINT)
first = process.stderr.readline()
check("finishing" in first, first)
go.set()
told = process.communicate()[1]
check(process.returncode == 75 and "4 not sent" in told, process.returncode, told)
check("redial run stop.jsonl --lines 2-4,10- -o" in told, "what is left:", told)
code, told = run("--lines", "2-4,10-", "-o", "rest.out", jobs="stop.jsonl")
check(code == 0, told)
check(sorted(held.paths) == ["/0", "/1", "/2", "/3", "/late"] and len(free.paths) == 5, held.paths, free.paths)
check(sorted(row["line"] for row in rows("stop.out") + rows("rest.out")) == list(range(1, 11)), "each line once")
for lines in ("3,2", "0", "x", ""):
    code, told = run("--lines", lines, jobs="stop.jsonl")
    check(code == 2 or lines == "", lines, code, told)

# --- ordered: the first job ends last, and its line still comes first
go.clear()
slow, fast = Host(go.wait), Host()
def all_of_fast():
    for _ in range(20):
        fast.served.acquire()
    go.set()
threading.Thread(target=all_of_fast, daemon=True).start()
write("ordered.jsonl", [{"url": slow.url + "/"}] + [{"url": f"{fast.url}/{i}"} for i in range(20)])
code, told = run("--ordered", "--attempt-timeout", "60", "-o", "ordered.out", jobs="ordered.jsonl")
check(code == 0 and [row["line"] for row in rows("ordered.out")] == list(range(1, 22)), "order", code, told)
# What is held when the results cannot be written is named, too.
write("full.jsonl", [{"id": f"j{i}", "method": "PUT", "url": url + "/ok"} for i in range(20)])
code, told = run("--ordered", "-o", "/dev/full", jobs="full.jsonl")
check(code == 74 and "j0  PUT" in told, code, told)

# --- attempts: one line a send, before the job's result, no secrets
write("jobs.jsonl", [{"id": "blip", "url": url + "/blip"}, {"id": "moved", "url": url + "/moved?api_key=s3cret"},
                     {"id": "lost", "method": "POST", "url": url + "/lost", "body": "x"},
                     {"id": "refused", "url": "http://127.0.0.1:1/"}])
code, told = run("-o", "out.jsonl", "--attempts-out", "attempts.jsonl", "--retry", "1")
check(code == 4, code, told)
by = {}
for row in rows("attempts.jsonl"):
    by.setdefault(row["id"], []).append(row)
check([row["status"] for row in by["blip"]] == [503, 200] and by["blip"][0]["decision"] == "retry", by["blip"])
check([row["status"] for row in by["moved"]] == [302, 200] and by["moved"][1]["url"].endswith("token=***"), by["moved"])
check(by["lost"][0]["evidence"] == "maybe" and by["lost"][0]["error"] == "reset", by["lost"])
check(all(row["evidence"] == "not_sent" and row["status"] is None for row in by["refused"]), by["refused"])
for row in rows("out.jsonl"):
    check(row["attempts"] == len(by[row["id"]]), row)
    check(row["t"]["first"] == by[row["id"]][0]["started"], row)
check("s3cret" not in open("attempts.jsonl").read(), "a secret")
code, told = run("-o", "out.jsonl", "--attempts-out", "/dev/full")
check(code == 74 and "/dev/full: No space left" in told and "no result line" in told, code, told)
check(rows("out.jsonl") == [], "a result without its attempts")
os.system("""(ulimit -f 1; trap '' XFSZ; "$REDIAL" run full.jsonl -o /dev/null --attempts-out cut.jsonl 2>/dev/null; echo $? >code)""")
check(open("code").read() == "74\n" and 0 < len(rows("cut.jsonl")) < 20, "a full disk")
for attempts, output, words in (("out.jsonl", "out.jsonl", "results go there"), ("-", "-", "results go there"),
                                ("jobs.jsonl", "o", "is the jobs file itself")):
    code, told = run("-o", output, "--attempts-out", attempts)
    check(code == 2 and words in told, code, told)
code, told = run("out.jsonl", "lost", "-o", "out.jsonl", "--attempts-out", "attempts.jsonl", verb="retry")
check(code == 2 and "no result line" in told, code, told)
code, told = run("-o", "out.jsonl", "--attempts-out", "attempts.jsonl", "--retry", "1")
before = len(rows("attempts.jsonl"))
code, told = run("out.jsonl", "lost", "-o", "out.jsonl", "--attempts-out", "attempts.jsonl", verb="retry")
check(code == 4 and len(rows("attempts.jsonl")) == before + 1, "retry appends to both", code, told)

# --- fail-fast: the first that is not ok is the last that begins
write("fast.jsonl", [{"url": url + "/ok"}, {"id": "gone", "url": url + "/gone"}] + [{"url": url + "/ok"}] * 7)
code, told = run("--fail-fast", "--concurrency", "1", "-o", "fast.out", jobs="fast.jsonl")
check(code == 3 and len(rows("fast.out")) == 2, code, told)
check("--fail-fast: job gone ended failed (status_404); no other job is begun" in told and "7 not sent" in told, told)
check("--from-line 3" in told, told)
code, told = run("--concurrency", "1", "-o", "fast.out", jobs="fast.jsonl")
check(code == 3 and len(rows("fast.out")) == 9 and "fail-fast" not in told, code, told)
write("last.jsonl", [{"url": url + "/ok"}, {"url": url + "/gone"}])
code, told = run("--fail-fast", "--concurrency", "1", jobs="last.jsonl")
check(code == 3 and "not sent" not in told and "from-line" not in told, "nothing was left:", code, told)
# What is in flight may end well.
go.clear()
slow = Host(go.wait)
write("flight.jsonl", [{"id": "slow", "url": slow.url + "/"}, {"id": "gone", "url": url + "/gone"}] + [{"url": url + "/ok"}] * 3)
process = subprocess.Popen([os.environ["REDIAL"], "run", "flight.jsonl", "--fail-fast", "--concurrency", "2",
                            "--attempt-timeout", "60", "-o", "flight.out"], stderr=subprocess.PIPE, text=True)
slow.asked.acquire()
first = process.stderr.readline()
check("1 calls in flight end" in first, first)
go.set()
told = process.communicate()[1]
check(process.returncode == 3 and {row["id"]: row["outcome"] for row in rows("flight.out")} ==
      {"slow": "ok", "gone": "failed"}, process.returncode, told)

# --- max-body
for size, body, cut in (("0", "", True), ("4", "0123", True), ("1k", "0123456789", False)):
    code, told = run("--max-body", size, "-o", "body.out", jobs="full.jsonl")
    check(code == 0 and all(row["response"]["body"] == body and row["response"]["truncated"] == cut
                            for row in rows("body.out")), size, code, told)
code, told = run("--max-body", "much", jobs="full.jsonl")
check(code == 2 and "--max-body: not a size" in told, code, told)
sys.exit(failures > 0)
P
