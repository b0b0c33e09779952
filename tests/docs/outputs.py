#!/usr/bin/env python3
"""outputs.py COMMAND PAGES…: what a block of the pages that begins with `$ redial ` shows is what that command prints.

A ```toml block whose first line is `# NAME.toml` is the file NAME.toml of the commands below it on its page. Only what prints the
same every time is shown like this: `explain` and `policy`, which send nothing.
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

command, pages = Path(sys.argv[1]).resolve(), sys.argv[2:]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.S | re.M)
NAME = re.compile(r"# (\w+\.toml)\n")
environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}

bad, seen = [], 0
for page in pages:
    text = Path(page).read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        for block in BLOCK.finditer(text):
            language, content = block.groups()
            if language == "toml" and (name := NAME.match(content)):
                (Path(folder) / name[1]).write_text(content, encoding="utf-8")
            if language or not content.startswith("$ redial "):
                continue
            seen += 1
            line, shown = content.split("\n", 1)
            ran = subprocess.run([command, *shlex.split(line.removeprefix("$ redial "))], cwd=folder, env=environment,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
            if ran.stdout != shown:
                number = text.count("\n", 0, block.start()) + 2
                bad.append(f"{page}:{number}: {line}\nprints\n{ran.stdout}")
print("\n".join(bad + [f"{seen} outputs, {len(bad)} otherwise"]))
sys.exit(1 if bad or not seen else 0)
