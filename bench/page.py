#!/usr/bin/env python3
"""Writes the figures of build/bench.json into docs/performance.md: each table stands between `<!-- table: NAME -->` and
`<!-- end -->`, and this script says what belongs there.

Usage: page.py [FILE [PAGE]]"""

import json, os, platform, re, subprocess, sys

source = sys.argv[1] if len(sys.argv) > 1 else "build/bench.json"
page = sys.argv[2] if len(sys.argv) > 2 else "docs/performance.md"
CROWD = re.compile(r"async GET over (TCP|TLS), (\d+) in flight, (us CPU a request|requests/s|rounds)$")


def table(head, lines):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(line) + " |" for line in lines)])


def number(value):
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def crowd(rows, transport, unit):
    """A line a client, a column for each number in flight; in brackets how many times the client's is ours."""
    cells, columns = {}, []
    for row in rows:
        found = CROWD.match(row["name"])
        if not found or found[1] != transport or found[3] != unit:
            continue
        if found[2] not in columns:
            columns.append(found[2])
        cells.setdefault("redial", {})[found[2]] = f'**{number(row["ours"])}**'
        cells.setdefault(row["peer"], {})[found[2]] = f'{number(row["theirs"])} ({row["ratio"]:.2f})'
    return table(["in flight", *columns], ([name, *(line.get(column, "—") for column in columns)] for name, line in cells.items()))


def others(rows):
    lines = []
    for row in rows:
        if CROWD.match(row["name"]):
            continue
        beside = ["—"] * 3 if row["theirs"] is None else [row["peer"], number(row["theirs"]), f'{row["ratio"]:.2f}']
        lines.append([row["name"], number(row["ours"]), *beside])
    return table(["what", "redial", "beside", "theirs", "ratio"], lines)


def first_line(command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0].strip()
    except (OSError, IndexError):
        return ""


def machine(rows):
    with open("/proc/cpuinfo") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    versions = {package: first_line(["dpkg-query", "-W", "-f", "${Version}", package])
                for package in ("g++", "libboost1.81-dev", "libcurl4", "libcpp-httplib-dev", "python3-aiohttp", "python3-requests", "wrk", "nginx-light")}
    told = ", ".join(f"{package} {version}" for package, version in versions.items() if version)
    rounds = sorted({row["ours"] for row in rows if row["name"].endswith(" in flight, rounds")})
    made = f"; medians over {' to '.join(map(str, rounds))} rounds" if rounds else ""
    return (f"Measured on {model[1] if model else platform.machine()}, {len(os.sched_getaffinity(0))} processors, "
            f"Linux {platform.release()}{made}; Debian's {told}.")


with open(source) as file:
    rows = json.load(file)
tables = {"machine": machine(rows), "others": others(rows)}
for transport in ("TCP", "TLS"):
    tables[f"CPU over {transport}"] = crowd(rows, transport, "us CPU a request")
    tables[f"requests over {transport}"] = crowd(rows, transport, "requests/s")
with open(page) as file:
    text = file.read()
for name, body in tables.items():
    text, count = re.subn(rf"(<!-- table: {re.escape(name)} -->\n).*?(<!-- end -->)", lambda found: f"{found[1]}\n{body}\n\n{found[2]}", text, flags=re.S)
    if count != 1:
        sys.exit(f"page.py: {page} has {count} places for the table {name!r}")
with open(page, "w") as file:
    file.write(text)
