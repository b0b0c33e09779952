#!/usr/bin/env python3
"""`redial run` against `curl -Z`: CPU a job for the same small GETs, same parallelism, same nginx, interleaved.

Usage: run_vs_curl.py [FILE [JOBS [ROUNDS]]]: adds its row to FILE (build/bench.json)."""

import json, os, resource, shutil, statistics, subprocess, sys

import peer_nginx, rows

target = sys.argv[1] if len(sys.argv) > 1 else "build/bench.json"
jobs = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
parallel = "64"
redial = os.environ.get("REDIAL", "build/redial")
NAME = "redial run, 64 in flight, us CPU a job"


def cpu_of(command):
    """User and system seconds of a child, from start to end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main():
    if not shutil.which("curl"):
        sys.exit("run_vs_curl: curl not found")
    with peer_nginx.serving() as server:
        folder, url = server.folder, server.url
        with open(f"{folder}/jobs.jsonl", "w") as lines, open(f"{folder}/curl.conf", "w") as conf:
            for i in range(jobs):
                lines.write(json.dumps({"id": f"job-{i}", "url": f"{url}?{i}"}) + "\n")
                conf.write(f'url = "{url}?{i}"\noutput = "/dev/null"\n')
        ours = [redial, "run", f"{folder}/jobs.jsonl", "-o", f"{folder}/out.jsonl", "--concurrency", parallel, "-s"]
        theirs = ["curl", "-s", "-Z", "--parallel-max", parallel, "-K", f"{folder}/curl.conf"]
        samples = {"redial run": [], "curl -Z": []}
        for number in range(rounds + 1):
            for name, command in (("redial run", ours), ("curl -Z", theirs)):
                cpu = cpu_of(command)
                if number > 0:  # the first round warms up
                    samples[name].append(cpu / jobs * 1e6)
        with open(f"{folder}/out.jsonl") as results:
            told = [json.loads(line) for line in results]
        assert len(told) == jobs == len({one["id"] for one in told}), "a job without its line"
        assert all(one["outcome"] == "ok" for one in told)
    medians = {name: statistics.median(values) for name, values in samples.items()}
    for name, values in samples.items():
        print(f"{name:<32} median {medians[name]:6.2f} us CPU a job ({min(values):.2f} to {max(values):.2f})")
    row = rows.row(NAME, medians["redial run"], "curl -Z", medians["curl -Z"])
    rows.tell([row])
    rows.put(target, [row])


main()
