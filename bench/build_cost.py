#!/usr/bin/env python3
"""What redial costs those who compile it: the processor time of g++'s front end for `#include <redial/redial.hpp>` (user
time: what else the machine does, and the kernel's reading of files, is not the header's), and a rebuild after a change to
one policy file and its test.

Usage: build_cost.py [FILE [BUILD_FOLDER]]: adds its rows to FILE (build/bench.json)."""

import os, pathlib, resource, statistics, subprocess, sys, time

import rows

target = sys.argv[1] if len(sys.argv) > 1 else "build/bench.json"
build = sys.argv[2] if len(sys.argv) > 2 else "build"
compiler = os.environ.get("CXX", "g++")
ROUNDS = 5


def seconds_of(command, **options):
    begin = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)
    return time.monotonic() - begin


def front_end(source):
    command = [compiler, "-std=c++20", "-fsyntax-only", "-Iinclude", "-x", "c++", "-"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(command, check=True, input=source.encode())
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def include_cost():
    """Rounds take turns; the compiler's own start is taken off."""
    with_it, without = [], []
    for _ in range(ROUNDS):
        with_it.append(front_end("#include <redial/redial.hpp>\n"))
        without.append(front_end(""))
    return statistics.median(with_it) - statistics.median(without)


def rebuild():
    """Compiler, archiver and linker after two files changed, without ccache's help."""
    environment = dict(os.environ, CCACHE_DISABLE="1")
    command = ["cmake", "--build", build, "--target", "unit_policy"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    for file in ("src/policy/call.cpp", "tests/unit/policy/call_test.cpp"):
        pathlib.Path(file).touch()
    return seconds_of(command, env=environment)


def main():
    told = [rows.row("include cost of redial/redial.hpp, s of front end", include_cost()),
            rows.row("rebuild of one policy file and its test, s", rebuild())]
    rows.tell(told)
    rows.put(target, told)


main()
