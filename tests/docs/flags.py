#!/usr/bin/env python3
"""flags.py COMMAND PAGES…: every flag that the pages give to `redial` in ```sh blocks and code spans exists in that command's --help.

Blocks with curl in them are curl's. Not executed, only looked at: the URLs are other people's.
"""
import re
import subprocess
import sys

command, pages = sys.argv[1], sys.argv[2:]
SPLIT = re.compile(r"'[^']*'|\"[^\"]*\"|[^\s'\"]+")
helps = {}


def help_of(words):
    if words not in helps:
        told = subprocess.run([command, *words, "--help"], capture_output=True, text=True)
        helps[words] = told.stdout if told.returncode == 0 else None
    return helps[words]


def uses(text):
    for block in re.split(r"(^```.*?^```)", text, flags=re.S | re.M):
        if block.startswith("```"):
            if block.startswith("```sh"):
                yield from re.findall(r"(?:^|[|&;(] *)redial ([^|&;#\n]*)", block.replace("\\\n", " "), re.M)
        else:
            yield from re.findall(r"`redial ([^`]*)`", block)
            yield from re.findall(r"^    redial ([^|&;#\n]*)", block, re.M)


bad, seen = [], 0
for page in pages:
    for use in uses(open(page, encoding="utf-8").read()):
        words = SPLIT.findall(use)
        verbs = []
        while words and re.fullmatch(r"[a-z][a-z-]*", words[0]) and help_of(tuple(verbs + [words[0]])) is not None:
            verbs.append(words.pop(0))
        if not verbs:
            if words and re.fullmatch(r"[a-z][a-z-]*", words[0]):
                bad.append(f"{page}: redial {use}: no command {words[0]}")
            continue
        for flag in (word.split("=")[0] for word in words if re.match(r"--?[A-Za-z]", word)):
            seen += 1
            if not re.search(rf"(?<![\w-]){re.escape(flag)}(?![\w-])", help_of(tuple(verbs))):
                bad.append(f"{page}: redial {use}: {' '.join(verbs)} has no {flag}")
print("\n".join(bad + [f"{len(pages)} pages, {seen} flags, {len(bad)} unknown"]))
sys.exit(1 if bad else 0)
