#!/usr/bin/env python3
"""Writes one source file with every ```cpp block of the given Markdown files, so that they are compiled.

A block becomes a function; its #include lines go to the top, `main` gets another name. A block that does not declare
`session` finds one there. A fragment that cannot compile is marked ```cpp no-compile. Errors name the file and line of
the documentation.
"""
import re
import sys

includes = ["redial/redial.hpp", "redial/json.hpp", "redial/testing/fault_server.hpp",
            "redial/testing/scripted_transport.hpp"]
header = "".join(f"#include <{name}>\n" for name in includes) + "#include <iostream>\n"
preamble = """
using namespace std::chrono_literals;
using redial::testing::Scripted;
"""


def blocks(path):
    lines = open(path, encoding="utf-8").read().split("\n")
    start = None
    for number, line in enumerate(lines, 1):
        if start is None and re.fullmatch(r"```cpp", line):
            start = number + 1
        elif start is not None and line == "```":
            yield start, lines[start - 1:number - 1]
            start = None


def main(output, paths):
    found, body = [], []
    for path in paths:
        for start, lines in blocks(path):
            name = f"snippet_{len(body)}"
            found += [line for line in lines if line.startswith("#include")]
            text = "\n".join("" if line.startswith("#include") else line for line in lines)
            if "int main(" in text or re.search(r"^redial::Session \w+\(", text, re.M):
                text = text.replace("int main(", f"int {name}_main(")
                body.append(f'namespace {name} {{\n#line {start} "{path}"\n{text}\n}}\n')
            else:
                own = "redial::Session session" in text
                parameter = "" if own else "[[maybe_unused]] redial::Session& session"
                body.append(f'void {name}({parameter}) {{\n#line {start} "{path}"\n{text}\n}}\n')
    with open(output, "w", encoding="utf-8") as file:
        file.write("// Made from the documentation by tests/docs/snippets.py.\n" + header + "\n".join(found) + preamble)
        file.write("\n".join(body))


main(sys.argv[1], sys.argv[2:])
