#!/usr/bin/env python3
"""A long run of `redial run` through faults: a stream of jobs, 256 in flight, at least 30 % of the requests struck, and the
fault server's ledger held against every result line.

    soak.py [--redial build/redial] [--minutes 30 | --jobs N] [--concurrency 256] [--seed 1]

Held, or exit code 1: each job has one line and no more; nobody's request acted twice, with a key or without; who is `ok`
acted once; who acted is `ok`, in doubt, or not said to be safe to send again; who is safe to send again did not act; no
more requests were read than attempts were told; and (with --minutes) memory is flat: the last quarter's peak is no more
than the second's, but for 16 bytes a job and 4 MiB."""

import argparse, collections, json, os, subprocess, sys, tempfile, threading, time

LAG = 15  # seconds after its result until a job is judged: a request may be read after its caller gave up

# Struck: about a third of the requests, whoever sends them again.
RULES = [
    (0.06, {"status": 503}),
    (0.05, {"status": 429}),
    (0.0001, {"status": 429, "headers": {"Retry-After": "1"}}),  # every call to the host then waits
    (0.04, {"status": 500}),
    (0.02, {"status": 502}),
    (0.04, {"fault": "close_after_head"}),
    (0.04, {"fault": "reset_after_read"}),
    (0.03, {"fault": "close_after_read"}),
    (0.03, {"fault": "cut_head", "cut_after": 20}),
    (0.03, {"fault": "cut_body", "cut_after": 3}),
    (0.02, {"fault": "reset_in_body", "cut_after": 3}),
    (0.01, {"fault": "stall"}),
    (0.01, {"delay_head_ms": 300}),
    (0.02, {"idle": "close"}),
]


def script(seed):
    rules = []
    for share, reply in RULES:
        struck = dict(reply)
        if struck.get("status", 200) in (429, 503):
            struck["acts"] = False  # they turn a request away
        rules.append({"when": {"probability": share}, "reply": struck})
    # Chance goes by the request's number: a request that comes again has another.
    return {"seed": seed, "id_header": "X-Nobody", "routes": {"GET /": {"body": "0123456789"}, "": {"body": "0123456789", "acts": True}},
            "rules": rules}


class Judge:
    """Both files as they grow; a job is forgotten when it was judged."""

    def __init__(self):
        self.lock = threading.Lock()
        self.read = collections.defaultdict(lambda: [0, 0])  # of jobs without a verdict: requests, effects
        self.ended = collections.deque()
        self.judged = set()  # only those beyond `all_below`
        self.all_below = 0
        self.counts = collections.Counter()
        self.requests = self.effects = self.struck = 0
        self.broken = []

    def complain(self, text):
        if len(self.broken) < 20:
            print("BROKEN:", text, flush=True)
        self.broken.append(text)

    def arrived(self, line):
        entry = json.loads(line)
        job = next(int(value) for name, value in entry["headers"] if name == "X-Request-Id")
        with self.lock:
            self.requests += 1
            self.struck += entry["fault"] not in (None, "none") or entry["status"] != 200
            if job < self.all_below or job in self.judged:
                return self.complain(f"job {job}: a request was read long after its result")
            self.read[job][0] += 1
            self.read[job][1] += bool(entry["acted"] and not entry["replayed"])
            self.effects += bool(entry["acted"] and not entry["replayed"])

    def told(self, line):
        with self.lock:
            self.ended.append((time.monotonic(), json.loads(line)))

    def judge(self, everything=False):
        with self.lock:
            while self.ended and (everything or self.ended[0][0] + LAG < time.monotonic()):
                self.judge_one(self.ended.popleft()[1])

    def judge_one(self, result):
        job = int(result["id"])
        if job < self.all_below or job in self.judged:
            return self.complain(f"job {job}: a second line")
        self.judged.add(job)
        while self.all_below in self.judged:
            self.judged.remove(self.all_below)
            self.all_below += 1
        requests, effects = self.read.pop(job, (0, 0))
        outcome, resend = result["outcome"], result["resend"]
        self.counts[outcome] += 1
        told = f"job {job}: {outcome}, resend {resend}, {result['attempts']} attempts; {requests} requests read, {effects} effects"
        posts = result["method"] == "POST"
        if effects > 1:
            self.complain("a duplicate: " + told)
        if posts and outcome == "ok" and effects != 1:
            self.complain("a success that did not happen: " + told)
        if effects and not (outcome in ("ok", "in_doubt") or resend != "safe"):
            self.complain("an effect nobody tells: " + told)
        if requests > result["attempts"]:
            self.complain("more requests than attempts: " + told)
        if outcome == "ok" and result["response"].get("body") != "0123456789":
            self.complain("a foreign answer: " + told)


def follow(path, take, over):
    """Every whole line of a file that somebody else still writes, until it is over and read."""
    while not os.path.exists(path) and not over.is_set():
        time.sleep(0.05)
    rest = b""
    with open(path, "rb") as file:
        while True:
            last = over.is_set()
            piece = file.read(1 << 20)
            lines = (rest + piece).split(b"\n")
            rest = lines.pop()
            for line in lines:
                take(line)
            if not piece:
                if last:
                    return
                time.sleep(0.2)


def rss(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--redial", default="build/redial")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--concurrency", default="256")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if given.jobs is None and given.minutes is None:
        given.minutes = 30
    with tempfile.TemporaryDirectory(prefix="redial-soak-") as folder:
        sys.exit(soak(given, folder))


def soak(given, folder):
    with open(f"{folder}/script.json", "w") as file:
        json.dump(script(given.seed), file)
    server = subprocess.Popen([given.redial, "fault-server", "--script", f"{folder}/script.json", "--ledger", f"{folder}/ledger.jsonl"],
                              stdout=subprocess.PIPE, text=True)
    url = server.stdout.readline().split()[-1]
    run = subprocess.Popen([given.redial, "run", "-", "--stream", "-s", "-o", f"{folder}/out.jsonl", "--concurrency", given.concurrency,
                            "--attempt-timeout", "5"], stdin=subprocess.PIPE)
    judge, over = Judge(), threading.Event()
    threads = [threading.Thread(target=follow, args=(f"{folder}/ledger.jsonl", judge.arrived, over)),
               threading.Thread(target=follow, args=(f"{folder}/out.jsonl", judge.told, over))]
    for thread in threads:
        thread.start()

    begin, jobs, memory = time.monotonic(), 0, []
    until = begin + 60 * given.minutes if given.minutes else float("inf")
    shapes = [("GET", ""), ("POST", ""), ("POST", ',"key":"soak-%d"'), ("POST", "")]
    looked = begin
    while (given.jobs is None or jobs < given.jobs) and time.monotonic() < until:
        batch = []
        for _ in range(100):
            method, key = shapes[jobs % len(shapes)]
            body = ',"body":"pay"' if method == "POST" else ""
            batch.append('{"id":"%d","method":"%s","url":"%s","headers":{"X-Request-Id":"%d"}%s%s}\n'
                         % (jobs, method, url, jobs, key % jobs if key else "", body))
            jobs += 1
        run.stdin.write("".join(batch).encode())  # waits while the run is busy
        run.stdin.flush()
        if time.monotonic() > looked + 1:
            looked = time.monotonic()
            memory.append((jobs, rss(run.pid)))
            judge.judge()
    run.stdin.close()
    code = run.wait()
    wall = time.monotonic() - begin
    server.terminate()
    server.wait()
    over.set()
    for thread in threads:
        thread.join()
    judge.judge(everything=True)

    if judge.all_below != jobs:
        judge.complain(f"{jobs - judge.all_below} of {jobs} jobs have no line")
    if judge.read:
        judge.complain(f"requests of {len(judge.read)} jobs that nobody sent")
    if judge.counts.total() == judge.counts["ok"] or code not in (3, 4, 75):
        judge.complain(f"the run ended with {code}")
    struck = judge.struck / max(judge.requests, 1)
    if struck < 0.3:
        judge.complain(f"only {struck:.0%} of the requests were struck")
    flat = ""
    if len(memory) >= 40:
        quarter = len(memory) // 4
        early = max(size for _, size in memory[quarter:2 * quarter])
        late = max(size for _, size in memory[3 * quarter:])
        grown = late - early - 16 * (memory[-1][0] - memory[quarter][0])
        flat = f"; memory {early / 2**20:.1f} MiB in the second quarter, {late / 2**20:.1f} MiB in the last"
        if grown > 4 << 20:
            judge.complain(f"memory grew by {grown / 2**20:.1f} MiB beyond 16 bytes a job")
    outcomes = ", ".join(f"{name} {count}" for name, count in sorted(judge.counts.items()))
    print(f"{jobs} jobs, {given.concurrency} in flight, {wall:.0f} s, {jobs / wall:.0f}/s: {judge.requests} requests read, {struck:.0%} struck, "
          f"{judge.effects} effects; {outcomes}{flat}; {len(judge.broken)} broken promises")
    return 1 if judge.broken else 0


main()
