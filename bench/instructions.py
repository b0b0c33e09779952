#!/usr/bin/env python3
"""Where the time of a request goes: instructions of each client of build/bench/crowd for a keep-alive GET of 200 bytes, by the
library and by the function that runs them (valgrind's callgrind: exact, whatever else the machine does), and its user and
system time. A short run is taken off a long one, so that only requests are left.

Usage: instructions.py [--at-once 64] [--tls] [--functions 0] [CLIENT…]"""

import argparse, collections, os, re, resource, shutil, subprocess, sys

import peer_nginx

PROGRAM = os.environ.get("CROWD", "build/bench/crowd")
CLIENTS = ["redial", "beast", "curl-poll", "curl-socket", "httplib"]
FEW, MANY = 1000, 3000
LINE = re.compile(r"^\s*([\d,]+) \([ \d.]+%\)\s+(.*)$")
CORES = sorted(os.sched_getaffinity(0))


def counted(command, folder):
    """Instructions by (library, function)."""
    out = f"{folder}/callgrind.out"
    subprocess.run(["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}", *command], check=True,
                   stdout=subprocess.DEVNULL)
    listed = subprocess.run(["callgrind_annotate", "--threshold=100", "--show-percs=yes", "--auto=no", out], check=True,
                            capture_output=True, text=True).stdout
    counts = collections.Counter()
    for line in listed.splitlines():
        found = LINE.match(line)
        if not found or "PROGRAM TOTALS" in line:
            continue
        what = found[2]
        library = re.search(r" \[(.*)\]$", what)
        name = os.path.basename(library[1]) if library else "?"
        function = re.sub(r" \[.*\]$", "", what).split(":", 1)[-1]
        counts[(re.sub(r"\.so.*|-2\.\d+", "", name), function)] += int(found[1].replace(",", ""))
    return counts


def timed(command):
    """User and system seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime


def measure(client, server, options):
    url = server.tls_url if options.tls else server.url
    command = lambda count: [PROGRAM, client, url, server.ca_file, str(count), str(options.at_once)]
    long, short = counted(command(MANY), server.folder), counted(command(FEW), server.folder)
    each = {what: (count - short[what]) / (MANY - FEW) for what, count in long.items()}
    libraries = collections.Counter()
    for (library, _), count in each.items():
        libraries[library] += count
    pinned = ["taskset", "-c", str(CORES[1])] if len(CORES) > 1 else []
    (user, system), (user_0, system_0) = (timed([*pinned, *command(n)]) for n in (60_000, 10_000))
    parts = ", ".join(f"{library} {count:.0f}" for library, count in libraries.most_common(6) if count >= 50)
    print(f"{client:<12} {sum(each.values()):8.0f} instructions a request ({parts}); "
          f"{(user - user_0) / 0.05:.1f} us user, {(system - system_0) / 0.05:.1f} us system", flush=True)
    for (library, function), count in sorted(each.items(), key=lambda one: -one[1])[:options.functions]:
        print(f"    {count:7.0f}  {library}: {function[:150]}")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("clients", nargs="*", default=CLIENTS)
    options.add_argument("--at-once", type=int, default=64)
    options.add_argument("--tls", action="store_true")
    options.add_argument("--functions", type=int, default=0)
    given = options.parse_args()
    for tool in ("valgrind", "callgrind_annotate"):
        if not shutil.which(tool):
            sys.exit(f"{tool} not found (Debian: valgrind)")
    with peer_nginx.serving(CORES[0] if len(CORES) > 1 else None) as server:
        for client in given.clients:
            measure(client, server, given)


main()
