#!/usr/bin/env python3
"""`redial run` of very many small GETs against nginx: each job has one line, and memory does not grow with them but for
16 bytes a job. Too long for `./dev bench`: run it when the machine has nothing else to do.

Usage: run_million.py [JOBS [CONCURRENCY [BODY [FLAGS...]]]]: a million jobs, 64 in flight, each with a body of so many bytes
(0); further flags go to the run. `run_million.py 10000000 64 1000` reads 10 GB and needs 16 GB of disk in TMPDIR. Exit code
1 when a promise is broken."""

import os, sys, time

import peer_nginx

jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
parallel = sys.argv[2] if len(sys.argv) > 2 else "64"
body = int(sys.argv[3]) if len(sys.argv) > 3 else 0
flags = sys.argv[4:]
redial = os.environ.get("REDIAL", "build/redial")


def run(folder, url, count):
    """Wall seconds, CPU seconds, peak KiB of one run, whose results are then looked through."""
    content = f'"body":"{"x" * body}",' if body else ""
    with open(f"{folder}/jobs.jsonl", "w") as lines:
        for i in range(count):
            lines.write(f'{{"id":"job-{i}","method":"GET",{content}"url":"{url}?{i}"}}\n')
    size = os.path.getsize(f"{folder}/jobs.jsonl")
    begin = time.monotonic()
    child = os.spawnlp(os.P_NOWAIT, redial, redial, "run", f"{folder}/jobs.jsonl", "-o", f"{folder}/out.jsonl",
                       "--concurrency", parallel, *flags)
    _, status, usage = os.wait4(child, 0)
    wall = time.monotonic() - begin
    if status != 0:
        sys.exit(f"run_million: redial ended with {status}")
    told = bytearray(count)  # lines a job
    with open(f"{folder}/out.jsonl", "rb") as results:
        for line in results:
            assert line.startswith(b'{"id":"job-') and b'"outcome":"ok"' in line and line.endswith(b"}\n"), line
            told[int(line[11:line.index(b'"', 11)])] += 1
    if any(one != 1 for one in told):
        sys.exit("run_million: a job with no line, or with more than one")
    os.remove(f"{folder}/out.jsonl")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, size


with peer_nginx.serving() as server:
    _, _, small, _ = run(server.folder, server.url, 1_000)
    wall, cpu, peak, size = run(server.folder, server.url, jobs)
each = (peak - small) * 1024 / jobs
print(f"{jobs} jobs, {size / 1e9:.2f} GB, {parallel} in flight: one line each; {wall:.1f} s, {jobs / wall:.0f}/s, "
      f"{cpu / jobs * 1e6:.1f} us CPU a job; peak {peak / 1024:.1f} MiB, {small / 1024:.1f} MiB with 1000 jobs: {each:.1f} bytes a job")
sys.exit(each > 16)
