#!/usr/bin/env python3
"""Thousands of requests at once: redial's AsyncSession against what others offer for it. A keep-alive GET of 200 bytes, over
TCP and TLS, with so many in flight; the same nginx, a process a measurement, the clients in turn, round after round. CPU (user
and system, of the whole client) and time for each request, medians; ratios are medians of each round's.

Every client verifies the certificate, reads the whole body, looks at the status, keeps its connections and limits each request
to 10 s; but for wrk, which is a load generator and stands for the ceiling. nginx counts the connections: as many as are in
flight, no more, or the run is void. With two processors, server and client have one each.

Usage: crowd.py [FILE] [--long] [--at-once 1,16,…] [--rounds N]: adds its rows to FILE (build/bench.json)."""

import argparse, json, os, re, shutil, statistics, subprocess, sys, time

import peer_nginx, rows

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.environ.get("CROWD", "build/bench/crowd")
PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's packages
CORES = sorted(os.sched_getaffinity(0))


def pinned(command, both=False):
    """On another core than the server's, if there is one."""
    if len(CORES) < 2:
        return command
    return ["taskset", "-c", ",".join(map(str, CORES)) if both else str(CORES[1]), *command]


class Refused(Exception):
    """A client that cannot do what is asked of it."""


class OwnProgram:
    """A client that counts for itself, from when all its connections are open: build/bench/crowd, or a script here."""

    runs = 1

    def __init__(self, command, few, many, both=False, most=None, why=""):
        self.command, self.few, self.many, self.both, self.most, self.why = command, few, many, both, most, why

    def measure(self, url, ca_file, at_once, scale):
        if self.most is not None and at_once > self.most:
            raise Refused(f"at most {self.most} at once: {self.why}")
        count = scale * (self.few if at_once == 1 else max(self.many, at_once))
        done = subprocess.run(pinned([*self.command, url, ca_file, str(count), str(at_once)], self.both), capture_output=True,
                              timeout=120, text=True)
        if done.returncode != 0:
            raise Refused((done.stderr.strip().splitlines() or ["no reason given"])[-1])
        told = json.loads(done.stdout)
        return told["cpu_us"], told["wall_us"]


class Foreign:
    """A program that cannot be asked: what a longer run takes more than a shorter one, which has the same connections to open."""

    runs = 2

    def difference(self, short, long):
        requests = long[0] - short[0]
        if requests < 1000:
            raise Refused("a longer run answered no more than a shorter one")
        return (long[1] - short[1]) / requests * 1e6, (long[2] - short[2]) / requests * 1e6


def child(command):
    """CPU and wall seconds of a process, and what it prints."""
    started = time.monotonic()
    process = subprocess.Popen(pinned(command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    printed = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status != 0:
        raise RuntimeError(f"{command[0]} ended with {status}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - started, printed


class CurlZ(Foreign):
    most = 300  # curl 7.88's own bound on --parallel-max

    def measure(self, url, ca_file, at_once, scale):
        if at_once > self.most:
            raise Refused(f"at most {self.most} at once")
        if at_once == 1:
            raise Refused("that is curl without -Z")
        return self.difference(self.run(url, ca_file, at_once, 2 * at_once),
                               self.run(url, ca_file, at_once, 2 * at_once + scale * 10_000))

    def run(self, url, ca_file, at_once, count):
        conf = os.path.join(os.path.dirname(ca_file), "curl.conf")
        with open(conf, "w") as file:
            file.write(f'url = "{url}"\noutput = "/dev/null"\n' * count)
        cpu, wall, _ = child(["curl", "-sSf", "-Z", "--parallel-max", str(at_once), "--parallel-immediate", "--max-time", "10",
                              "--cacert", ca_file, "-K", conf])
        return count, cpu, wall


class Wrk(Foreign):
    def measure(self, url, ca_file, at_once, scale):
        return self.difference(self.run(url, at_once, 2), self.run(url, at_once, 3 + scale))

    def run(self, url, at_once, seconds):
        cpu, _, printed = child(["wrk", "-t1", f"-c{at_once}", f"-d{seconds}s", "--timeout", "10s", url])
        if re.search(r"Socket errors|Non-2xx", printed):
            raise RuntimeError("wrk: " + printed)
        count, took = re.search(r"(\d+) requests in ([\d.]+)s", printed).groups()
        return int(count), cpu, float(took)


def has_module(name):
    return subprocess.run([PYTHON, "-c", f"import {name}"], stderr=subprocess.DEVNULL).returncode == 0


def script(name):
    return [PYTHON, f"{HERE}/{name}"]


def clients():
    """Those whose tools are here; redial first. The second half is slow and measured every other round."""
    fast = {"redial": OwnProgram([PROGRAM, "redial"], 3000, 12_000),
            "hand-written Beast coroutines": OwnProgram([PROGRAM, "beast"], 3000, 12_000),
            "libcurl multi, poll": OwnProgram([PROGRAM, "curl-poll"], 3000, 12_000),
            "libcurl multi, socket": OwnProgram([PROGRAM, "curl-socket"], 3000, 12_000),
            "cpp-httplib, threads": OwnProgram([PROGRAM, "httplib"], 3000, 12_000, most=1000,
                                               why="it waits by select(), which knows no descriptor above 1023"),
            "redial, two threads": OwnProgram([PROGRAM, "redial-2"], 3000, 12_000, both=True)}
    slow = {"Python aiohttp": OwnProgram(script("peer_aiohttp.py"), 500, 2000),
            "Python requests, threads": OwnProgram(script("peer_requests.py"), 300, 1000),
            "curl -Z": CurlZ(), "wrk": Wrk()}
    there = {"Python aiohttp": ("python3-aiohttp", has_module("aiohttp")),
             "Python requests, threads": ("python3-requests", has_module("requests")),
             "curl -Z": ("curl", shutil.which("curl")), "wrk": ("wrk", shutil.which("wrk"))}
    for name, (package, here) in there.items():
        if not here:
            print(f"{name} is missing (Debian: {package}): no row for it")
            del slow[name]
    return fast, slow


# Their locks let fewer than so many threads wait for answers, so that fewer connections are ever needed at once.
FEWER_CONNECTIONS = ("Python requests, threads",)


def one(server, name, client, tls, at_once, scale):
    before = server.connections()
    figures = client.measure(server.tls_url if tls else server.url, server.ca_file, at_once, scale)
    opened = server.connections() - before
    # One more a run for those that first try whether the server is there.
    if opened > client.runs * (1.05 * at_once + 1) or (opened < client.runs * at_once and name not in FEWER_CONNECTIONS):
        sys.exit(f"crowd: {name} opened {opened} connections for {at_once} in flight")
    return figures


def cell(server, fast, slow, tls, at_once, rounds, scale):
    """Samples of each client: by round, (CPU, wall) in µs."""
    samples, refused = {}, {}
    for number in range(rounds):
        for name, client in (fast | slow if number % 2 == 0 else fast).items():
            if name in refused or (name == "redial, two threads" and at_once == 1):
                continue
            try:
                samples.setdefault(name, {})[number] = one(server, name, client, tls, at_once, scale)
            except (Refused, subprocess.SubprocessError) as why:
                if name == "redial":
                    raise
                refused[name] = why
                print(f"{name}, {at_once} in flight: {why}")
    return samples


def rows_of(samples, tls, at_once):
    ours = samples.pop("redial")
    what = f"async GET over {'TLS' if tls else 'TCP'}, {at_once} in flight"
    yield rows.row(f"{what}, rounds", len(ours))
    for name, theirs in samples.items():
        for index, unit, of in ((0, "us CPU a request", lambda us: us), (1, "requests/s", lambda us: 1e6 / us)):
            yield rows.row(f"{what}, {unit}", statistics.median(of(one[index]) for one in ours.values()), name,
                           statistics.median(of(one[index]) for one in theirs.values()),
                           statistics.median(of(ours[number][index]) / of(one[index]) for number, one in theirs.items()))


def tell(samples, tls, at_once):
    print(f"\n{'TLS' if tls else 'TCP'}, {at_once} in flight{'us CPU':>33}{'from':>8}{'to':>9}{'requests/s':>12}{'redial/it':>11}", flush=True)
    ours = samples["redial"]
    for name, by_round in samples.items():
        cpu, wall = zip(*by_round.values())
        ratio = statistics.median(ours[number][0] / one[0] for number, one in by_round.items())
        print(f"{name:<40}{statistics.median(cpu):9.2f}{min(cpu):9.2f}{max(cpu):9.2f}{1e6 / statistics.median(wall):12.0f}{ratio:11.3f}", flush=True)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("file", nargs="?", default="build/bench.json")
    options.add_argument("--long", action="store_true", help="three times the requests, eleven rounds")
    options.add_argument("--at-once", default="1,16,64,256,1024")
    options.add_argument("--rounds", type=int)
    options.add_argument("--only", choices=("tcp", "tls"))
    given = options.parse_args()
    rounds = given.rounds or (11 if given.long else 3)
    fast, slow = clients()
    with peer_nginx.serving(CORES[0] if len(CORES) > 1 else None) as server:
        for tls in [False, True] if given.only is None else [given.only == "tls"]:
            for at_once in map(int, given.at_once.split(",")):
                samples = cell(server, fast, slow, tls, at_once, rounds, 3 if given.long else 1)
                tell(samples, tls, at_once)
                rows.put(given.file, list(rows_of(samples, tls, at_once)))


main()
